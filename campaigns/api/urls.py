from django.urls import path

from campaigns.api import views

urlpatterns = [path("templates/", views.Templates.as_view(), name="templates")]
