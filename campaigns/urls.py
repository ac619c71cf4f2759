from django.urls import path

from campaigns import guests

urlpatterns = [
    path(
        "settings/guests/typifications/<int:node_id>/campaigns/",
        guests.typification_campaigns,
        name="typification-campaigns",
    ),
]
