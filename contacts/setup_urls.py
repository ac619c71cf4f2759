"""Addresses of the configuration of contacts, under /settings/contacts/."""

from django.urls import path

from contacts.views import setup_documents, setup_fields, setup_tags

urlpatterns = [
    path("documents/", setup_documents.document_type_list, name="document-type-list"),
    path("documents/new/", setup_documents.new_document_type, name="document-type-new"),
    path("documents/order/", setup_documents.order, name="document-type-order"),
    path("documents/<int:pk>/", setup_documents.document_type_page, name="document-type"),
    path("documents/<int:pk>/archive/", setup_documents.archive, name="document-type-archive"),
    path("documents/<int:pk>/restore/", setup_documents.restore, name="document-type-restore"),
    path("fields/", setup_fields.field_list, name="field-list"),
    path("fields/new/", setup_fields.new_field, name="field-new"),
    path("fields/order/", setup_fields.order, name="field-order"),
    path("fields/<int:pk>/", setup_fields.field_page, name="field"),
    path("fields/<int:pk>/archive/", setup_fields.archive, name="field-archive"),
    path("fields/<int:pk>/restore/", setup_fields.restore, name="field-restore"),
    path("tags/", setup_tags.tag_list, name="tag-list"),
    path("tags/new/", setup_tags.new_tag, name="tag-new"),
    path("tags/<int:pk>/", setup_tags.tag_page, name="tag"),
    path("tags/<int:pk>/archive/", setup_tags.archive, name="tag-archive"),
    path("tags/<int:pk>/restore/", setup_tags.restore, name="tag-restore"),
]
