from django.urls import include, path

urlpatterns = [
    path("", include("contacts.base_urls")),
]
