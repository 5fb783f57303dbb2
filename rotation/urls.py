from django.urls import path

from decisions.addresses import register_id
from rotation import views
from rotation.workflow import ROTATION

register_id(ROTATION.id_prefix)

app_name = ROTATION.name
urlpatterns = [
    path("", views.report_page, name="form"),
    path("rotation/decide", views.decide_json, name="decide"),
    path("rotation/<trace_id:trace_id>", views.result, name="result"),
    path("rotation/<trace_id:trace_id>/review", views.review, name="review"),
]
