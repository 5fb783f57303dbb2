from django.urls import path

from decisions.addresses import register_id
from tickets import views
from tickets.workflow import TICKETS

register_id(TICKETS.id_prefix)

app_name = TICKETS.name
urlpatterns = [
    path("tickets/", views.ticket_page, name="form"),
    path("tickets/extract", views.extract_json, name="decide"),
    path("tickets/<task_id:trace_id>", views.result, name="result"),
    path("tickets/<task_id:trace_id>/feedback", views.feedback, name="feedback"),
]
