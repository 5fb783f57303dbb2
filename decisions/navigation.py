"""The links between the workflows' forms, for every page."""

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from decisions.registry import workflows


class FormLink(NamedTuple):
    title: str
    address: str


def form_links(_request: HttpRequest) -> dict[str, tuple[FormLink, ...]]:
    """Give every template the forms of the registered workflows as `form_links`."""
    return {"form_links": tuple(FormLink(each.words.title, reverse(f"{each.name}:form")) for each in workflows())}
