from django.urls import path

from typification import views

urlpatterns = [
    path("settings/typifications/", views.typifications, name="typifications"),
    path("settings/typifications/add/", views.add, name="typification-add"),
    path("settings/typifications/<int:node_id>/", views.typification, name="typification"),
    path("settings/typifications/<int:node_id>/name/", views.rename, name="typification-rename"),
    path("settings/typifications/<int:node_id>/place/", views.place, name="typification-place"),
    path("settings/typifications/<int:node_id>/archive/", views.archive, name="typification-archive"),
    path("settings/typifications/<int:node_id>/restore/", views.restore, name="typification-restore"),
    path("settings/typifications/<int:node_id>/delete/", views.delete, name="typification-delete"),
]
