from django.urls import path

from typification.api import views

urlpatterns = [path("typifications/", views.Typifications.as_view(), name="typifications")]
