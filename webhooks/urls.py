from django.urls import path

from webhooks import guests, views

urlpatterns = [
    path("settings/dead-letters/", views.dead_letters, name="dead-letters"),
    path("settings/dead-letters/<int:letter_id>/", views.dead_letter, name="dead-letter"),
    path("settings/dead-letters/<int:letter_id>/replay/", views.replay, name="dead-letter-replay"),
    path("settings/dead-letters/<int:letter_id>/discard/", views.discard, name="dead-letter-discard"),
    path("settings/notices/", views.notices, name="provider-notices"),
    path("settings/guests/accounts/<int:account_id>/webhooks/", guests.account_webhooks, name="account-webhooks"),
    path("settings/guests/setups/<uuid:setup>/first-delivery/", guests.first_delivery, name="account-first-delivery"),
]
