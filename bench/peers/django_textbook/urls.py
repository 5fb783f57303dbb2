"""Both views; which middleware is in front of them is the settings' choice."""

from django.urls import path

from bench.peers.django_textbook import best, textbook

urlpatterns = [
    path("rotation/decide", textbook.decide),
    path("best", best.decide),
    path("healthz", textbook.healthz),
]
