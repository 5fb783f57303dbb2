"""Secrets of a closed list of shapes are refused on every interface and never stored; ordinary words pass."""

import pytest

from rotation.models import Credential
from tests.conftest import Decide, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import PostForm, faults, problem
from traces.models import TraceRecord

BODY = "q7" * 20

# Written in halves, so that no scanner of this repository reports them as real secrets.
SECRETS = {
    "PEM": "-----BEGIN " + "PRIVATE KEY-----",
    "PEM of RSA": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "PEM of OpenSSH": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "PEM, encrypted": "-----BEGIN ENCRYPTED " + "PRIVATE KEY-----",
    "AWS": "AKIA" + "Q7Q7Q7Q7Q7Q7Q7Q7",
    "AWS, temporary": "ASIA" + "Q7Q7Q7Q7Q7Q7Q7Q7",
    **{f"GitHub {kind}": f"gh{kind}_" + BODY for kind in "pousr"},
    "GitHub, fine-grained": "github_pat_" + BODY,
    "GitLab": "glpat-" + BODY[:20],
    "model provider": "sk-" + BODY,
    "model provider, project": "sk-proj-" + BODY,
    "payments, live": "sk_live_" + BODY,
    "payments, restricted": "rk_test_" + BODY,
    "Google": "AIza" + BODY[:35],
    "Slack": "xoxb-" + BODY,
    "API token of our own": "rot_" + "q7" * 26,
    "JSON web token": ".".join(["eyJ" + BODY[:16], "eyJ" + BODY[:16], BODY[:16]]),
}
KINDS = {
    "PEM": "a private key",
    "AWS": "an AWS access key id",
    "GitHub": "a GitHub token",
    "GitLab": "a GitLab token",
    "model": "the key of a model provider",
    "payments": "the key of a payment provider",
    "Google": "a Google API key",
    "Slack": "a Slack token",
    "API": "a token of this service",
    "JSON": "a signed web token",
}
ORDINARY = {
    "prefixes alone": "The prefixes are sk-, AKIA, ghp_, glpat- and AIza.",
    "task-force": "The task-force-for-service-account-keys says it is stale.",
    "risk-assessment": "The risk-assessment-of-service-accounts calls it stale.",
    "skeleton": "The monkey sk-eleton key is stale.",
    "AKIA alone": "AKIA is how such ids begin; this stale key has none.",
    "AKIA, short": "The id AKIAQ7Q7 is cut; the key is stale.",
    "AKIA, long": "Not an id: AKIA" + "Q7" * 12,
    "public key": "-----BEGIN PUBLIC KEY----- of a stale service account",
    "certificate": "-----BEGIN CERTIFICATE----- of a stale service account",
    "ghp in a word": "The graph ghp_ and the word highp_lane are in the stale key's label.",
    "sk_test, short": "The name sk_test_key of a stale key",
    "rot_ in a label": "The stale key rot_key_for_the_service_account_of_billing_in_europe",
    "xox": "Written xoxo, with love, on a stale key",
    "eyJ": "A stale key whose value begins with eyJ, as all do",
    "UUID": "The stale key 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "hash": "The stale key with fingerprint 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


@pytest.mark.parametrize("field", ["credential_report", "item"])
def test_secret_is_refused(
    decide: Decide, credential: Credential, provider: FakeProvider, field: str, subtests: pytest.Subtests
) -> None:
    for name, secret in SECRETS.items():
        with subtests.test(name):
            response = decide(report() | {field: f"the key\n{secret} x"})
            assert faults(response) == [(field, "looks_like_secret")]
            assert secret not in response.text

    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_refusal_names_the_kind_and_the_line_alike_in_json_and_on_the_page(
    decide: Decide, post_form: PostForm, credential: Credential, subtests: pytest.Subtests
) -> None:
    for name, secret in SECRETS.items():
        with subtests.test(name):
            sent = report(text=f"\r\nthe key\r\nof a robot\r\n is {secret}")
            [error] = problem(decide(sent), 422)["errors"]
            page = post_form(sent)
            assert error["message"].startswith(
                f"Line 3 of this text looks like {KINDS[name.partition(',')[0].split()[0]]}. "
            )
            assert f'<p><span class="visually-hidden">Error: </span>{error["message"]}</p>' in page.text


def test_ordinary_words_are_not_secrets(decide: Decide, credential: Credential, provider: FakeProvider) -> None:
    statuses = {name: decide(report(text=text)).json()["status"] for name, text in ORDINARY.items()}

    assert statuses == dict.fromkeys(ORDINARY, "completed")


def test_secret_is_named_beside_other_faults(decide: Decide, db: None) -> None:
    response = decide(report("wrong", SECRETS["AWS"]))

    assert faults(response) == [("account_id", "account_id_shape"), ("credential_report", "looks_like_secret")]


def test_page_refuses_a_secret(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    response = post_form(report(text=f"the key is {SECRETS['GitHub p']}"))

    assert response.status_code == 422
    assert (
        "Line 1 of this text looks like a GitHub token. Remove it. If it was sent, consider it exposed" in response.text
    )
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_secret_is_refused_as_idempotency_key(
    decide: Decide, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    for name in ("AWS", "GitHub p", "model provider", "payments, live"):
        with subtests.test(name):
            response = decide(None, **{"Idempotency-Key": SECRETS[name]})
            assert faults(response) == [("Idempotency-Key", "invalid")]
            assert SECRETS[name] not in response.text

    assert not TraceRecord.objects.exists()
