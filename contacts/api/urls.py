from django.urls import path

from contacts.api import views

urlpatterns = [
    path("contacts/", views.Contacts.as_view(), name="contacts"),
    path("contacts/<int:contact_id>/", views.ContactDetail.as_view(), name="contact"),
]
