from django.contrib.admin.apps import AdminConfig


class VentanillaAdminConfig(AdminConfig):
    """Django's admin, for emergencies only: behind allauth's sign-in, so that its throttle and second factor hold there too."""

    default_site = "config.admin.EmergencyAdminSite"
