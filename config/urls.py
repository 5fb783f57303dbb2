from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.openapi import openapi
from traces.overview_page import overview

handler400 = "access.refusals.bad_request"
handler403 = "access.refusals.permission_denied"
handler404 = "access.refusals.not_found"
handler500 = "access.refusals.server_error"

# The home page has the same links, and a list of traces needs the room.
admin.site.enable_nav_sidebar = False

urlpatterns = [
    # What is asked for most is looked for first.
    path("", include("rotation.urls")),
    # In front of the admin's own, which answer every other address under it.
    path("admin/traces/overview/", admin.site.admin_view(overview), name="overview"),
    path("admin/password_change/", admin.site.admin_view(RedirectView.as_view(pattern_name="change_password"))),
    path("admin/", admin.site.urls),
    path("openapi.json", openapi, name="openapi"),
    path("", include("access.urls")),
]
