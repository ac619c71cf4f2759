from django.urls import path

from campaigns import guests
from campaigns.views import accounts, apps, setup, templates

urlpatterns = [
    path("settings/accounts/", accounts.accounts, name="channel-accounts"),
    path("settings/accounts/new/", setup.begin, name="account-setup"),
    path("settings/accounts/new/<uuid:setup>/access/", setup.access, name="account-setup-access"),
    path("settings/accounts/new/<uuid:setup>/numbers/", setup.numbers, name="account-setup-numbers"),
    path("settings/accounts/new/<uuid:setup>/campaign/", setup.campaign, name="account-setup-campaign"),
    path("settings/accounts/new/<uuid:setup>/webhook/", setup.webhook, name="account-setup-webhook"),
    path("settings/accounts/new/<uuid:setup>/test/", setup.test, name="account-setup-test"),
    path("settings/accounts/apps/", apps.apps, name="provider-apps"),
    path("settings/accounts/apps/<int:app_id>/", apps.app, name="provider-app"),
    path("settings/accounts/apps/<int:app_id>/drop/", apps.drop, name="provider-app-drop"),
    path("settings/accounts/apps/<int:app_id>/renew/", apps.renew, name="provider-app-renew"),
    path("settings/accounts/apps/<int:app_id>/remove/", apps.remove, name="provider-app-remove"),
    path("settings/accounts/<int:account_id>/", accounts.account, name="channel-account"),
    path("settings/accounts/<int:account_id>/refresh/", accounts.refresh, name="channel-account-refresh"),
    path("settings/accounts/<int:account_id>/edit/", accounts.edit, name="channel-account-edit"),
    path("settings/accounts/<int:account_id>/token/", accounts.token, name="channel-account-token"),
    path("settings/accounts/<int:account_id>/test/", accounts.test, name="channel-account-test"),
    path("settings/accounts/<int:account_id>/disconnect/", accounts.disconnect, name="channel-account-disconnect"),
    path("settings/accounts/<int:account_id>/reconnect/", accounts.reconnect, name="channel-account-reconnect"),
    path("settings/accounts/<int:account_id>/remove/", accounts.remove, name="channel-account-remove"),
    path("settings/templates/", templates.templates, name="message-templates"),
    path("settings/templates/<int:template_id>/", templates.template, name="message-template"),
    path("settings/templates/accounts/<int:account_id>/sync/", templates.sync, name="message-templates-sync"),
    path(
        "settings/guests/typifications/<int:node_id>/campaigns/",
        guests.typification_campaigns,
        name="typification-campaigns",
    ),
]
