from django.urls import include, path

from contacts.views import editing, joining, listing, setup_companies

urlpatterns = [
    path("", include("contacts.detail_urls")),
    path("contacts/", listing.contact_list, name="contacts"),
    path("contacts/new/", editing.new_contact, name="contact-new"),
    path("contacts/<int:contact_id>/", listing.contact_page, name="contact"),
    path("contacts/<int:contact_id>/edit/", editing.edit_page, name="contact-edit"),
    path("contacts/checks/points/", editing.points_check, name="contact-check-points"),
    path("contacts/checks/document/", editing.document_check, name="contact-check-document"),
    path("contacts/companies/found/", setup_companies.company_search, name="company-search"),
    path("contacts/views/", listing.save, name="contact-view-new"),
    path("contacts/views/<int:view_id>/rename/", listing.rename, name="contact-view-rename"),
    path("contacts/views/<int:view_id>/delete/", listing.delete, name="contact-view-delete"),
    path("settings/contacts/", include("contacts.setup_urls")),
    path("contacts/duplicates/", joining.suggestions, name="merge-suggestions"),
    path("contacts/duplicates/<int:suggestion_id>/dismiss/", joining.dismissal, name="merge-suggestion-dismiss"),
    path("contacts/<int:contact_id>/join/", joining.choose, name="contact-join"),
    path("contacts/<int:contact_id>/join/<int:other_id>/", joining.merge, name="contact-merge"),
    path("contacts/<int:contact_id>/joined/", joining.joined, name="contact-joined"),
    path("contacts/merges/<int:merge_id>/part/", joining.part, name="contact-part"),
    path("", include("contacts.base_urls")),
]
