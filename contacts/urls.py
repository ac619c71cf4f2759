from django.urls import include, path

from contacts.views import editing

urlpatterns = [
    path("contacts/new/", editing.new_contact, name="contact-new"),
    path("contacts/<int:contact_id>/edit/", editing.edit_page, name="contact-edit"),
    path("contacts/checks/points/", editing.points_check, name="contact-check-points"),
    path("contacts/checks/document/", editing.document_check, name="contact-check-document"),
    path("settings/contacts/", include("contacts.setup_urls")),
]
