from django.urls import include, path

from contacts.api import views

urlpatterns = [
    path("", include("contacts.api.base_urls")),
    path("contacts/", views.Contacts.as_view(), name="contacts"),
    path("contacts/<int:contact_id>/", views.ContactDetail.as_view(), name="contact"),
]
