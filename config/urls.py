from django.contrib import admin
from django.urls import include, path

handler400 = "access.refusals.bad_request"
handler403 = "access.refusals.permission_denied"
handler404 = "access.refusals.not_found"
handler500 = "access.refusals.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("rotation.urls")),
]
