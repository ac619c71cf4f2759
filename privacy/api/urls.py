from django.urls import path

from privacy.api import people, retention

urlpatterns = [
    path("privacy/people/<int:contact_id>/", people.Held.as_view(), name="privacy-person"),
    path("privacy/people/<int:contact_id>/exports/", people.Exports.as_view(), name="privacy-exports"),
    path("privacy/people/<int:contact_id>/holds/", people.Holds.as_view(), name="privacy-holds"),
    path("privacy/people/<int:contact_id>/erasures/", people.Erasures.as_view(), name="privacy-erasures"),
    path("privacy/exports/<uuid:export_id>/", people.OneExport.as_view(), name="privacy-export"),
    path("privacy/exports/<uuid:export_id>/file/", people.ExportFile.as_view(), name="privacy-export-file"),
    path("privacy/holds/<int:hold_id>/", people.OneHold.as_view(), name="privacy-hold"),
    path("privacy/erasures/<uuid:erasure_id>/", people.OneErasure.as_view(), name="privacy-erasure"),
    path("privacy/retention-rules/", retention.Rules.as_view(), name="retention-rules"),
    path("privacy/retention-rules/<int:rule_id>/", retention.OneRule.as_view(), name="retention-rule"),
    path("privacy/retention-rules/<int:rule_id>/counts/", retention.Counts.as_view(), name="retention-counts"),
    path("privacy/retention-rules/<int:rule_id>/runs/", retention.Runs.as_view(), name="retention-runs"),
    path("privacy/retention-runs/<uuid:run_id>/", retention.OneRun.as_view(), name="retention-run"),
]
