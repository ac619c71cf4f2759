from django.urls import path

from inbox import guests, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("media/<uuid:attachment_id>/", views.media, name="media"),
    path("media/<uuid:attachment_id>/thumbnail/", views.thumbnail, name="thumbnail"),
    path("settings/guests/typification-uses/", guests.typification_uses, name="typification-uses"),
    path("settings/guests/accounts/<int:account_id>/sending/", guests.account_sending, name="account-sending"),
    path("media/resources/<int:resource_id>/", views.resource_file, name="resource-file"),
    path("media/resources/<int:resource_id>/thumbnail/", views.resource_thumbnail, name="resource-thumbnail"),
]
