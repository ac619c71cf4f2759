from django.urls import path

from processes.views import callbacks, catalogue, files, formats, importing, made_files, runs

urlpatterns = [
    path("processes/", catalogue.process_list, name="processes"),
    path("processes/callbacks/", callbacks.callback_list, name="callbacks-of-teams"),
    path("processes/runs/", catalogue.run_list, name="runs"),
    path("processes/runs/<int:run_id>/", runs.run_page, name="run"),
    path("processes/runs/<int:run_id>/progress/", runs.run_progress, name="run-progress"),
    path("processes/runs/<int:run_id>/start/", runs.start, name="run-start"),
    path("processes/runs/<int:run_id>/again/", runs.again, name="run-again"),
    path("processes/runs/<int:run_id>/pause/", runs.pause, name="run-pause"),
    path("processes/runs/<int:run_id>/resume/", runs.resume, name="run-resume"),
    path("processes/runs/<int:run_id>/cancel/", runs.cancel, name="run-cancel"),
    path("processes/runs/<int:run_id>/undo/", runs.undo, name="run-undo"),
    path("processes/runs/<int:run_id>/left-out/", files.left_out, name="run-left-out"),
    path("processes/runs/<int:run_id>/retry/", files.retry, name="run-retry"),
    path("processes/formats/", formats.format_list, name="import-formats"),
    path("processes/formats/new/", formats.new_format, name="import-format-new"),
    path("processes/formats/<uuid:wanted>/workbook/", formats.workbook, name="import-format-workbook"),
    path("processes/formats/<uuid:wanted>/archive/", formats.archive, name="import-format-archive"),
    # Before the door of all processes: these begin with a file.
    path("processes/new/import-contacts/", importing.bring, name="import-contacts"),
    path("processes/new/import-contacts/<uuid:sheet>/", importing.columns, name="import-columns"),
    path("processes/files/<uuid:file_id>/", made_files.run_file, name="run-file"),
    path("processes/new/<slug:kind>/", catalogue.process_page, name="process"),
]
