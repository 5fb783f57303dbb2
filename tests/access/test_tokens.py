"""Requests with the token of a program."""

import json
import re

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from access.fields import looks_like_secret
from access.tokens import digest_of, new_secret
from tests.access.conftest import OWN, Visitor, alike, bearing, issued, signed_in
from tests.conftest import report
from tests.interfaces.conftest import problem
from traces.models import TraceRecord

SECRET = re.compile(r"rot_[0-9a-hjkmnp-tv-z]{52}")


def test_every_refused_token_gets_the_same_answer_even_with_a_session() -> None:
    revoked, taken_back = issued("revoked", OWN)
    revoked.revoke(at=timezone.now())
    _, expired = issued("expired", OWN, days=-1)
    member = signed_in("ada", OWN)
    member.headers = bearing(new_secret()).headers
    strangers = [bearing(value) for value in (new_secret(), "", "ü", "a b", "x" * 8000)]

    answers = [alike(who.ask_json(OWN)) for who in (taken_back, expired, member, *strangers)]

    assert all(answer == answers[0] for answer in answers)
    refusal = taken_back.ask_json(OWN)
    assert problem(refusal, 401)["type"] == "urn:problem-type:invalid-token"
    assert refusal["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert not TraceRecord.objects.exists()


def test_a_token_counts_before_a_session_and_needs_no_csrf_token() -> None:
    token, job = issued("job", OWN)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("ada"))
    body = json.dumps(report(OWN))

    with_token = strict.post("/rotation/decide", body, content_type="application/json", headers=job.headers)
    without = strict.post("/rotation/decide", body, content_type="application/json")

    assert (with_token.status_code, without.status_code) == (200, 403)
    assert TraceRecord.objects.get().submitter == token.submitter


def test_another_scheme_is_no_token(settings: Settings) -> None:
    settings.ACCESS = "open"

    for authorization in ("Basic YTpi", "", "Bearers x"):
        answer = Visitor(headers={"Authorization": authorization}).ask_json(OWN)
        assert answer.json()["status"] == "completed", authorization


def test_a_token_costs_two_reads(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    _, job = issued("job", OWN)

    # And: the record is read, two writes, a savepoint around the first.
    with django_assert_num_queries(2 + 1 + 2 + 2):
        job.ask_json(OWN)


def test_a_token_looks_like_a_secret_and_its_beginning_does_not() -> None:
    token, job = issued("job", OWN)
    secret = job.headers["Authorization"].split()[1]

    assert SECRET.fullmatch(secret)
    assert looks_like_secret(secret)
    assert not looks_like_secret(str(token))
    assert (token.digest, token.prefix) == (digest_of(secret), secret[:12])
