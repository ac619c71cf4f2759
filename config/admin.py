"""The emergency admin. Daily work has its own pages."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin


class EmergencyAdminSite(admin.AdminSite):
    site_header = site_title = "Ventanilla"
    login = secure_admin_login(admin.AdminSite.login)
