from django.contrib import admin
from django.http import Http404
from django.urls import include, path
from django.views.generic import RedirectView

from access.refusals import not_found
from access.second_factor import then_second_factor
from config.openapi import openapi
from config.workflows import packages
from decisions.mine import mine
from operators.dashboard import first_page
from operators.runbook_page import runbook

handler400 = "access.refusals.bad_request"
handler403 = "access.refusals.permission_denied"
handler404 = "access.refusals.not_found"
handler500 = "access.refusals.server_error"

# The home page has the same links, and a list of traces needs the room.
admin.site.enable_nav_sidebar = False

urlpatterns = [
    # The most frequent requests come first.
    *(path("", include(f"{package}.urls")) for package in packages()),
    # Before the admin's own patterns, which match every other address under /admin/.
    path("admin/", admin.site.admin_view(first_page)),
    path("admin/traces/overview/", admin.site.admin_view(RedirectView.as_view(pattern_name="admin:index"))),
    path("admin/runbook/", admin.site.admin_view(runbook), name="runbook"),
    path("admin/login/", then_second_factor(admin.site.login)),
    path("admin/password_change/", admin.site.admin_view(RedirectView.as_view(pattern_name="change_password"))),
    # No form of ours completes what is typed. Django's view for that fails at the names of some relations.
    path("admin/autocomplete/", admin.site.admin_view(not_found), {"exception": Http404()}),
    path("admin/", admin.site.urls),
    path("mine", mine, name="mine"),
    path("openapi.json", openapi, name="openapi"),
    path("", include("access.urls")),
]
