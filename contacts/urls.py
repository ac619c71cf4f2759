from django.urls import include, path

from contacts.views import listing

urlpatterns = [
    path("contacts/", listing.contact_list, name="contacts"),
    path("contacts/<int:contact_id>/", listing.contact_page, name="contact"),
    path("contacts/views/", listing.save, name="contact-view-new"),
    path("contacts/views/<int:view_id>/rename/", listing.rename, name="contact-view-rename"),
    path("contacts/views/<int:view_id>/delete/", listing.delete, name="contact-view-delete"),
    path("", include("contacts.base_urls")),
]
