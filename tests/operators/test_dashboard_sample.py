"""Times, tokens and refusals on the dashboard."""

import pytest
from django.test import Client
from pytest_django.asserts import assertContains

from operators import dashboard_sample
from operators.story import page_address
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW
from tests.operators.dashboard import INVALID_ROW, PAGE, ago, cells, links, page_text, store
from tests.operators.operators_list import LIST, listed

pytestmark = pytest.mark.django_db


def test_times_are_by_nearest_rank_and_lead_to_the_request(admin_client: Client) -> None:
    slow, *_ = [store(COMPLETED_ROW, provider_ms=ms, latency_ms=ms + 12) for ms in (400, 100, 300, 200)]
    store(COMPLETED_ROW | {"workflow": "tickets"}, latency_ms=None)

    page = admin_client.get(PAGE)

    rows = cells(page.text, "Time and tokens")
    assert rows[1] == ["rotation", "4", "200", "400", "12", "12", "0", "0"]
    assert rows[2] == ["tickets", "1", *["-"] * 4, "0", "0"]
    assertContains(page, f'<a href="{page_address(slow.pk)}" aria-label="400 ms')


def test_own_time_is_never_less_than_nothing(admin_client: Client) -> None:
    store(COMPLETED_ROW, provider_ms=20, latency_ms=19)

    assert cells(page_text(admin_client), "Time and tokens")[1][4:6] == ["0", "0"]


def test_tokens_are_summed_up(admin_client: Client) -> None:
    store(COMPLETED_ROW, count=3, input_tokens=1_000, output_tokens=24)
    store(FAILED_ROW)

    assert cells(page_text(admin_client), "Time and tokens")[1][-2:] == ["3,000", "72"]


def test_each_prompt_and_model_has_its_share_of_refused_answers(admin_client: Client) -> None:
    store(COMPLETED_ROW, count=2)
    store(INVALID_ROW)
    store(INVALID_ROW, model="other-model")
    store(COMPLETED_ROW, prompt_version="rotation_decision@2", provider="rules", model=None)
    store(FAILED_ROW)

    assert cells(page_text(admin_client), "Answers")[1:] == [
        ["rotation_decision@1", "asked-model", "2", "1", "33.3 %"],
        ["rotation_decision@1", "other-model", "0", "1", "100.0 %"],
        ["rotation_decision@2", "rules", "1", "0", "0.0 %"],
    ]


def test_answers_of_no_named_model_lead_to_just_these(admin_client: Client) -> None:
    store(INVALID_ROW, model=None)
    store(INVALID_ROW, model="named")

    page = admin_client.get(PAGE).text

    refused = [(address, number) for address, number in links(page) if "model__exact" in address]
    assert len(refused) == 2
    for address, number in refused:
        assert len(listed(admin_client, address.removeprefix(LIST))) == number, address


def test_without_answers_nothing_was_checked(admin_client: Client) -> None:
    store(FAILED_ROW)

    assert cells(page_text(admin_client), "Answers")[1:] == [["No answer was checked."]]


def test_of_many_requests_the_latest_are_read_and_the_page_says_so(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_sample, "MOST_ROWS", 3)
    for minutes in range(1, 6):
        store(COMPLETED_ROW, **ago(seconds=minutes))

    page = admin_client.get(PAGE)

    assert cells(page.text, "Time and tokens")[1][:2] == ["rotation", "3"]
    assertContains(page, "Of the latest <a href=")
    assert "Of all these requests." not in page.text
