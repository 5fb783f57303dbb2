"""A foreseen failure carries its code and what the call cost, and no text at all."""

from tests.ledger.rows import USAGE
from traces.codes import ErrorCode
from traces.entries import Usage
from traces.failures import NamedFailure


class ProviderFellOver(NamedFailure):
    code = ErrorCode.PROVIDER_ERROR


def test_a_failure_has_no_text() -> None:
    assert str(ProviderFellOver(usage=USAGE)) == ""
    assert ProviderFellOver(usage=USAGE).args == ()


def test_a_failure_tells_what_the_call_cost() -> None:
    assert ProviderFellOver(usage=USAGE).usage == USAGE


def test_a_failure_before_any_call_cost_nothing() -> None:
    assert ProviderFellOver().usage == Usage()
