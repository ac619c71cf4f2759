"""The addresses of one contact's section and its parts."""

from django.urls import path

from contacts.views import belongings, detail

urlpatterns = [
    path("contacts/<int:contact_id>/section/", detail.contact_section, name="contact-section"),
    path("contacts/<int:contact_id>/labels/", belongings.contact_labels, name="contact-labels"),
    path("contacts/<int:contact_id>/consent/", belongings.contact_consent, name="contact-consent"),
    path("contacts/<int:contact_id>/addresses/", belongings.contact_addresses, name="contact-addresses"),
    path("contacts/<int:contact_id>/notes/", belongings.contact_notes, name="contact-notes"),
]
