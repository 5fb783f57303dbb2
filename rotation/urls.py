from django.urls import path, register_converter

from rotation import views
from traces.identifiers import TraceIdConverter

register_converter(TraceIdConverter, "trace_id")

urlpatterns = [
    path("", views.report_page, name="report"),
    path("rotation/decide", views.decide_json, name="decide"),
    path("rotation/<trace_id:trace_id>", views.result, name="result"),
]
