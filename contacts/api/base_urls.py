"""Bases and lots: the JSON door."""

from django.urls import path

from contacts.api import bases, lots

urlpatterns = [
    path("bases/", bases.Bases.as_view(), name="bases"),
    path("bases/<int:base_id>/", bases.BaseDetail.as_view(), name="base"),
    path("bases/<int:base_id>/state/", bases.BaseState.as_view(), name="base-state"),
    path("bases/<int:base_id>/members/", bases.BaseMembers.as_view(), name="base-members"),
    path("bases/<int:base_id>/members/<int:member_id>/", bases.BaseMemberDetail.as_view(), name="base-member"),
    path("bases/<int:base_id>/reservations/", bases.BaseReservations.as_view(), name="base-reservations"),
    path("bases/<int:base_id>/reservations/<int:member_id>/", bases.BaseReservation.as_view(), name="base-reservation"),
    path("lots/", lots.Lots.as_view(), name="lots"),
    path("lots/<int:lot_id>/", lots.LotDetail.as_view(), name="lot"),
    path("lots/<int:lot_id>/contacts/", lots.LotContacts.as_view(), name="lot-contacts"),
    path("contacts/<int:contact_id>/bases/", bases.ContactBases.as_view(), name="contact-bases"),
]
