"""Contacts' JSON door."""

from django.urls import include, path

from contacts.api import belongings, catalogue, joining, setup, views

ONE = "contacts/<int:contact_id>/"

urlpatterns = [
    path("", include("contacts.api.base_urls")),
    path("contacts/", views.Contacts.as_view(), name="contacts"),
    path(ONE, views.ContactDetail.as_view(), name="contact"),
    path(f"{ONE}points/", belongings.Points.as_view(), name="contact-points"),
    path(f"{ONE}points/<int:point_id>/", belongings.Point.as_view(), name="contact-point"),
    path(f"{ONE}addresses/", belongings.Addresses.as_view(), name="contact-addresses"),
    path(f"{ONE}addresses/<int:address_id>/", belongings.OneAddress.as_view(), name="contact-address"),
    path(f"{ONE}notes/", belongings.Notes.as_view(), name="contact-notes"),
    path(f"{ONE}notes/<int:note_id>/", belongings.Note.as_view(), name="contact-note"),
    path(
        f"{ONE}notes/<int:note_id>/restoration/", belongings.NoteRestoration.as_view(), name="contact-note-restoration"
    ),
    path(f"{ONE}tags/", belongings.Tags.as_view(), name="contact-tags"),
    path(f"{ONE}groups/<int:group_id>/", belongings.Group.as_view(), name="contact-group"),
    path(f"{ONE}consents/", belongings.Consents.as_view(), name="contact-consents"),
    path(f"{ONE}restrictions/", belongings.Restrictions.as_view(), name="contact-restrictions"),
    path(f"{ONE}merges/", joining.Merges.as_view(), name="contact-merges"),
    path(f"{ONE}merges/preview/", joining.MergePreview.as_view(), name="contact-merge-preview"),
    path(f"{ONE}twins/", joining.Twins.as_view(), name="contact-twins"),
    path("contacts/merges/<int:merge_id>/parting/", joining.Parting.as_view(), name="contact-parting"),
    path("contacts/merge-suggestions/", joining.MergeSuggestions.as_view(), name="merge-suggestions"),
    path(
        "contacts/merge-suggestions/<int:suggestion_id>/dismissal/",
        joining.Dismissal.as_view(),
        name="merge-suggestion-dismissal",
    ),
    path("companies/", catalogue.Companies.as_view(), name="companies"),
    path("companies/<int:company_id>/", catalogue.OneCompany.as_view(), name="company"),
    path("document-types/", setup.DocumentTypes.as_view(), name="document-types"),
    path("document-types/<int:document_type_id>/", setup.OneDocumentType.as_view(), name="document-type"),
    path("contact-fields/", setup.ContactFields.as_view(), name="contact-fields"),
    path("contact-fields/<int:field_id>/", setup.OneContactField.as_view(), name="contact-field"),
    path("tags/", setup.Tags.as_view(), name="tags"),
    path("tags/<int:tag_id>/", setup.OneTag.as_view(), name="tag"),
    path("contact-groups/", setup.ContactGroups.as_view(), name="contact-groups"),
    path("contact-groups/<int:group_id>/", setup.OneContactGroup.as_view(), name="contact-group-setup"),
]
