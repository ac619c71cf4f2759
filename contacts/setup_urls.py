"""Addresses of the configuration of contacts, under /settings/contacts/."""

from django.urls import path

from contacts.views import setup_companies, setup_documents, setup_fields, setup_groups, setup_tags

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
    path("groups/", setup_groups.group_list, name="group-list"),
    path("groups/new/", setup_groups.new_group, name="group-new"),
    path("groups/count/", setup_groups.rule_count, name="group-rule-count"),
    path("groups/<int:pk>/", setup_groups.group_page, name="group"),
    path("groups/<int:pk>/archive/", setup_groups.archive, name="group-archive"),
    path("groups/<int:pk>/restore/", setup_groups.restore, name="group-restore"),
    path("companies/", setup_companies.company_list, name="company-list"),
    path("companies/new/", setup_companies.new_company, name="company-new"),
    path("companies/<int:pk>/", setup_companies.company_page, name="company"),
    path("companies/<int:pk>/archive/", setup_companies.archive, name="company-archive"),
    path("companies/<int:pk>/restore/", setup_companies.restore, name="company-restore"),
    path("companies/<int:pk>/delete/", setup_companies.delete, name="company-delete"),
]
