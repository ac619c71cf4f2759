from django.urls import path

from inbox import contact_guests, guests, preview, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("media/<uuid:attachment_id>/", views.media, name="media"),
    path("media/<uuid:attachment_id>/thumbnail/", views.thumbnail, name="thumbnail"),
    path("preview/", preview.preview, name="preview"),
    path("preview/record/", preview.preview_record, name="preview-record"),
    path("preview/record/release/", preview.preview_release, name="preview-release"),
    path("preview/bases/<int:base_id>/take/", preview.preview_take, name="preview-take"),
    path("settings/guests/typification-uses/", guests.typification_uses, name="typification-uses"),
    path(
        "settings/guests/campaigns/<int:campaign_id>/open-work/", guests.campaign_open_work, name="campaign-open-work"
    ),
    path("settings/guests/accounts/<int:account_id>/sending/", guests.account_sending, name="account-sending"),
    path("media/resources/<int:resource_id>/", views.resource_file, name="resource-file"),
    path("media/resources/<int:resource_id>/thumbnail/", views.resource_thumbnail, name="resource-thumbnail"),
    # Guests of a contact's page: what is deeper than its own address belongs to whoever serves it.
    path("contacts/<int:contact_id>/openings/", contact_guests.contact_openings, name="contact-openings"),
    path("contacts/<int:contact_id>/interactions/", contact_guests.contact_interactions, name="contact-interactions"),
    path(
        "contacts/<int:contact_id>/interactions/conversations/<int:conversation_id>/",
        contact_guests.contact_conversation,
        name="contact-conversation",
    ),
    path(
        "contacts/<int:contact_id>/interactions/calls/<uuid:call_uuid>/",
        contact_guests.contact_call,
        name="contact-call",
    ),
    path("contacts/<int:contact_id>/files/", contact_guests.contact_files, name="contact-files"),
    path("contacts/<int:contact_id>/calls/", contact_guests.contact_calls, name="contact-calls"),
    path("contacts/<int:contact_id>/calls/<uuid:call_uuid>/outcome/", contact_guests.call_outcome, name="call-outcome"),
]
