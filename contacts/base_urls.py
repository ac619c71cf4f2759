"""Bases and lots."""

from django.urls import path

from contacts.views import bases, lots, members

urlpatterns = [
    path("bases/", bases.base_list, name="bases"),
    path("bases/new/", bases.new_base, name="base-new"),
    path("bases/<int:base_id>/", members.base_page, name="base"),
    path("bases/<int:base_id>/edit/", bases.edit_page, name="base-edit"),
    path("bases/<int:base_id>/state/", bases.change_state, name="base-state"),
    path("bases/<int:base_id>/add/", members.add_page, name="base-add"),
    path("bases/<int:base_id>/detach/", members.detach, name="base-detach"),
    path("lots/", lots.lot_list, name="lots"),
    path("lots/new/", lots.new_lot, name="lot-new"),
    path("lots/<int:lot_id>/", lots.lot_page, name="lot"),
    path("lots/<int:lot_id>/rename/", lots.rename, name="lot-rename"),
    path("lots/<int:lot_id>/add/", lots.add_page, name="lot-add"),
    path("lots/<int:lot_id>/archive/", lots.archive, name="lot-archive"),
    path("lots/<int:lot_id>/restore/", lots.restore, name="lot-restore"),
    path("contacts/<int:contact_id>/bases/", members.contact_bases, name="contact-bases"),
]
