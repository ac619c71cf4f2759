from django.urls import include, path

from contacts.api import joining, views

urlpatterns = [
    path("", include("contacts.api.base_urls")),
    path("contacts/", views.Contacts.as_view(), name="contacts"),
    path("contacts/<int:contact_id>/", views.ContactDetail.as_view(), name="contact"),
    path("contacts/<int:contact_id>/merges/", joining.Merges.as_view(), name="contact-merges"),
    path("contacts/<int:contact_id>/merges/preview/", joining.MergePreview.as_view(), name="contact-merge-preview"),
    path("contacts/<int:contact_id>/twins/", joining.Twins.as_view(), name="contact-twins"),
    path("contacts/merges/<int:merge_id>/parting/", joining.Parting.as_view(), name="contact-parting"),
    path("contacts/merge-suggestions/", joining.MergeSuggestions.as_view(), name="merge-suggestions"),
    path(
        "contacts/merge-suggestions/<int:suggestion_id>/dismissal/",
        joining.Dismissal.as_view(),
        name="merge-suggestion-dismissal",
    ),
]
