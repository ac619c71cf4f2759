from django.urls import path

from inbox import views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("media/<uuid:attachment_id>/", views.media, name="media"),
    path("media/<uuid:attachment_id>/thumbnail/", views.thumbnail, name="thumbnail"),
    path("media/resources/<int:resource_id>/", views.resource_file, name="resource-file"),
    path("media/resources/<int:resource_id>/thumbnail/", views.resource_thumbnail, name="resource-thumbnail"),
]
