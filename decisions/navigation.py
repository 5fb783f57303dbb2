"""The links to the workflows' forms, for every page."""

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from decisions.registry import workflows


class FormLink(NamedTuple):
    """`is_current` where the page belongs to this workflow."""

    title: str
    address: str
    is_current: bool


def form_links(request: HttpRequest) -> dict[str, object]:
    """Give every template the forms of the registered workflows, and the one that the page belongs to, if any."""
    here = getattr(request.resolver_match, "app_name", "")
    links = [FormLink(each.words.title, reverse(f"{each.name}:form"), each.name == here) for each in workflows()]
    return {"form_links": links, "current_form": next((link for link in links if link.is_current), None)}
