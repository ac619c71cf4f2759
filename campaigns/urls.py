from django.urls import path

from campaigns.views import resources, shortcuts

urlpatterns = [
    path("settings/shortcuts/", shortcuts.shortcut_list, name="shortcut-list"),
    path("settings/shortcuts/new/", shortcuts.new_shortcut, name="shortcut-new"),
    path("settings/shortcuts/<int:pk>/", shortcuts.shortcut_page, name="shortcut"),
    path("settings/shortcuts/<int:pk>/archive/", shortcuts.archive, name="shortcut-archive"),
    path("settings/shortcuts/<int:pk>/restore/", shortcuts.restore, name="shortcut-restore"),
    path("settings/resources/", resources.resource_list, name="resource-list"),
    path("settings/resources/new/", resources.new_resource, name="resource-new"),
    path("settings/resources/<int:pk>/", resources.resource_page, name="resource"),
    path("settings/resources/<int:pk>/archive/", resources.archive, name="resource-archive"),
    path("settings/resources/<int:pk>/restore/", resources.restore, name="resource-restore"),
]
