from django.urls import path

from accounts.api import push, views

urlpatterns = [
    path("me/aux-state/", views.MyAuxState.as_view(), name="my-aux-state"),
    path("me/preferences/", views.MyPreferences.as_view(), name="my-preferences"),
    path("me/push-subscription/", push.MyPushSubscription.as_view(), name="my-push-subscription"),
    path("me/push-test/", push.MyPushTest.as_view(), name="my-push-test"),
    path("aux-states/", views.AuxStates.as_view(), name="aux-states"),
    path("users/", views.Users.as_view(), name="users"),
    path("users/<int:user_id>/aux-state/", views.AuxStateOf.as_view(), name="user-aux-state"),
]
