"""Every page of the admin is accessible and fits its window. The routes say which pages there are."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from rotation.models import Credential
from tests.browser.axe import TWO_LOOKS, faults_in_every_look
from tests.browser.long_rows import insert_long_rows
from tests.browser.monitor import Monitor
from tests.browser.test_traces import sign_in
from tests.operators.conftest import Keys, keys
from tests.operators.test_matrix import address, admin_routes

__all__ = ["keys"]

# A script, and what only redirects.
NO_PAGES = {"admin/jsi18n/", "admin/logout/", "admin/login/"}
ROUTES = sorted({*admin_routes()} - NO_PAGES)
SECTIONS = sorted({route.split("/")[1] for route in ROUTES})
MODELS = [(model._meta.app_label, model._meta.model_name) for model in admin.site._registry]
# Of the styles that it injects.
NOTES_OF_AXE = ("Applying inline style", "Couldn't load preload assets")
# They send a form without its values, and the deletion of every row.
SEND_EMPTY = (
    """form => { for (const each of form.elements) if (each.type != "hidden") each.value = ""; form.submit() }"""
)
CHOOSE_ALL = """form => {
  for (const box of form.querySelectorAll("[name=_selected_action]")) box.checked = true;
  form.action.value = "delete_selected";
  form.submit();
}"""


@pytest.fixture
def credential(site: str) -> Credential:
    """One of the demo's, for the fixture `keys`."""
    return Credential.objects.get(account_id="acct_10234")


@pytest.fixture
def operator_page(page: Page, site: str, keys: Keys, admin_client: Client, monitor: Monitor) -> Page:
    """A page of a superuser, with rows in every list."""
    insert_long_rows()
    sign_in(page, site, admin_client)
    # Of a page that refuses, of the page of another user's password, and of a form that comes back with faults.
    monitor.expect("status of 4", "autocomplete attributes", "Autofocus processing was blocked")
    return page


@pytest.mark.parametrize("section", SECTIONS)
def test_every_page_is_accessible_and_fits(
    operator_page: Page, site: str, keys: Keys, monitor: Monitor, section: str, subtests: pytest.Subtests
) -> None:
    addresses = [site + address(route, keys) for route in ROUTES if route.split("/")[1] == section]
    for each in addresses:
        operator_page.goto(each)
    assert monitor.unexpected() == []
    monitor.expect(*NOTES_OF_AXE)

    for each in addresses:
        with subtests.test(each):
            operator_page.goto(each)
            assert faults_in_every_look(operator_page, TWO_LOOKS) == []


@pytest.mark.parametrize("model", MODELS, ids="/".join)
def test_every_form_with_faults_and_every_deletion_is_accessible(
    operator_page: Page, site: str, monitor: Monitor, model: tuple[str, str]
) -> None:
    monitor.expect(*NOTES_OF_AXE)
    name = "admin:{}_{}".format(*model)
    for page, form, send in (("add", "#content form", SEND_EMPTY), ("changelist", "#changelist-form", CHOOSE_ALL)):
        operator_page.goto(site + reverse(f"{name}_{page}"))
        if operator_page.locator(f"{form} [name=_save], {form} option[value=delete_selected]").count():
            with operator_page.expect_navigation():
                operator_page.locator(form).evaluate(send)
            assert operator_page.locator(".errornote, .delete-confirmation").count()
            assert faults_in_every_look(operator_page, TWO_LOOKS) == []


def test_every_list_fits_a_wide_screen_with_long_values(operator_page: Page, site: str) -> None:
    for app, model in MODELS:
        everything = "?status__exact=all" if model == "tracerecord" else ""
        operator_page.goto(site + reverse(f"admin:{app}_{model}_changelist") + everything)
        table = operator_page.locator(".results")
        assert table.evaluate("each => each.scrollWidth - each.clientWidth") == 0, model
        assert table.locator("tbody tr").count() >= 2, model
