from django.urls import path

from accounts.api import views

urlpatterns = [
    path("me/aux-state/", views.MyAuxState.as_view(), name="my-aux-state"),
    path("me/preferences/", views.MyPreferences.as_view(), name="my-preferences"),
    path("aux-states/", views.AuxStates.as_view(), name="aux-states"),
    path("users/", views.Users.as_view(), name="users"),
]
