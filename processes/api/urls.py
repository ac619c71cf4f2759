from django.urls import path

from processes.api import runs

urlpatterns = [
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/<int:bulk_run_id>/", runs.OneRun.as_view(), name="run"),
    path("runs/<int:bulk_run_id>/preview/", runs.Preview.as_view(), name="run-preview"),
    path("runs/<int:bulk_run_id>/start/", runs.Start.as_view(), name="run-start"),
    path("runs/<int:bulk_run_id>/pause/", runs.Pause.as_view(), name="run-pause"),
    path("runs/<int:bulk_run_id>/resume/", runs.Resume.as_view(), name="run-resume"),
    path("runs/<int:bulk_run_id>/cancel/", runs.Cancel.as_view(), name="run-cancel"),
    path("runs/<int:bulk_run_id>/undo/", runs.Undo.as_view(), name="run-undo"),
]
