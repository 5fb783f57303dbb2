from django.urls import path

from decisions.addresses import register_id
from tests.thanks.views import ThanksViews

register_id("note")
views = ThanksViews()

app_name = "thanks"
urlpatterns = [
    path("thanks/", views.form_view(), name="form"),
    path("thanks/ask", views.json_view(), name="decide"),
    path("thanks/<note_id:trace_id>", views.result_view(), name="result"),
]
