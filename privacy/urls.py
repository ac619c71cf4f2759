from django.urls import path

from privacy.views import people, retention

urlpatterns = [
    path("settings/privacy/", people.privacy_home, name="privacy"),
    path("settings/privacy/people/<int:contact_id>/", people.person_page, name="privacy-person"),
    path("settings/privacy/people/<int:contact_id>/export/", people.export, name="privacy-export"),
    path("settings/privacy/people/<int:contact_id>/exports/", people.export_progress, name="privacy-export-progress"),
    path("settings/privacy/people/<int:contact_id>/hold/", people.hold, name="privacy-hold"),
    path("settings/privacy/people/<int:contact_id>/erase/", people.erase, name="privacy-erase"),
    path("settings/privacy/holds/<int:hold_id>/lift/", people.lift, name="privacy-lift"),
    path("settings/privacy/erasures/<uuid:erasure_id>/", people.erasure_progress, name="privacy-erasure-progress"),
    path("settings/privacy/exports/<uuid:export_id>/file/", people.export_file, name="privacy-export-file"),
    path("settings/privacy/retention/", retention.retention, name="retention"),
    path("settings/privacy/retention/new/", retention.new_rule, name="retention-rule-new"),
    path("settings/privacy/retention/<int:rule_id>/", retention.rule_page, name="retention-rule"),
    path("settings/privacy/retention/<int:rule_id>/runs/", retention.rule_runs, name="retention-runs"),
    path("settings/privacy/retention/<int:rule_id>/count/", retention.count, name="retention-count"),
    path("settings/privacy/retention/<int:rule_id>/run/", retention.run, name="retention-run"),
    path("settings/privacy/retention/<int:rule_id>/remove/", retention.remove, name="retention-remove"),
]
