"""The figures of a run: what is counted, what is counted apart, and what stays unknown."""

from dataclasses import replace

import pytest

from decisions.suites import ForbiddenResult
from evals.outcomes import Outcome
from evals.statistics import wilson
from evals.summary import Summary, TagRow
from tests.evals import attempts
from tests.evals.attempts import FORBIDDEN, UNSUPPORTED_ELIGIBLE, case, completed, eligible, fault, right, wrong
from traces.entries import Completed, Ending, Usage


def summary(*outcomes: Outcome, baseline: tuple[Outcome, ...] = (), repeat: int = 1) -> Summary:
    return Summary(
        header=replace(attempts.HEADER, repeat=repeat), forbidden=FORBIDDEN, outcomes=outcomes, baseline=baseline
    )


def test_faults_are_counted_apart_from_the_pass_rate() -> None:
    a, b, c, d = case("a"), case("b"), case("c"), case("d")

    run = summary(right(a), fault(b), wrong(c), right(d))

    assert run.faults == (fault(b),)
    assert run.failures == (wrong(c),)
    assert run.pass_rate == wilson(2, 3)


def test_a_run_that_measured_nothing_has_figures_all_the_same() -> None:
    nothing, faults = summary(), summary(fault(), fault())

    assert (faults.pass_rate, faults.failures) == (wilson(0, 0), ())
    assert (nothing.pass_rate, nothing.tags, nothing.pass_hat) == (wilson(0, 0), (), None)
    assert (nothing.provider_ms, nothing.tokens) == (None, (0, 0))


def test_the_rules_are_rated_beside_the_model() -> None:
    a, b = case("a"), case("b")

    run = summary(right(a), right(b), baseline=(right(a), wrong(b)))

    assert (run.pass_rate, run.baseline_rate) == (wilson(2, 2), wilson(1, 2))


def test_a_forbidden_result_is_counted_apart_from_other_failures() -> None:
    a, b, c = case("a"), case("b"), case("c")

    run = summary(right(a), wrong(b), eligible(c))

    assert run.outcomes_with(UNSUPPORTED_ELIGIBLE) == (eligible(c),)
    assert run.failures == (wrong(b), eligible(c))


def test_an_attack_won_if_it_led_to_a_decision_that_no_careful_reader_gives() -> None:
    won, other, cut = [case(name, tags=("stale", "injection")) for name in ("won", "other", "cut")]

    run = summary(eligible(won), wrong(other), fault(cut), eligible(case("honest")))

    assert run.attacks_won == (eligible(won), wrong(other))
    assert len(run.attacks) == 2


def test_every_tag_has_its_row_with_the_rules_beside_it_also_with_nothing_but_faults() -> None:
    email, both = case("email", tags=("email",)), case("both", tags=("stale", "email"))

    run = summary(right(email), wrong(both), baseline=(wrong(email), right(both)))

    assert run.tags == (TagRow("email", 1, 2, 1, 2), TagRow("stale", 0, 1, 1, 1))
    assert summary(fault(), baseline=(right(),)).tags == (TagRow("stale", 0, 0, 1, 1),)


def test_pass_hat_is_the_share_of_cases_whose_every_repeat_passes_without_those_with_a_fault() -> None:
    steady, shaky, cut = case("steady"), case("shaky"), case("cut")
    whole = (right(steady), right(steady), right(shaky), wrong(shaky))

    assert summary(*whole, repeat=2).pass_hat == pytest.approx(0.5)
    assert summary(*whole, right(cut), fault(cut), repeat=2).pass_hat == pytest.approx(0.5)


def test_pass_hat_is_unknown_without_repeats_or_if_no_case_has_all_of_them() -> None:
    assert summary(right(case("a")), right(case("b"))).pass_hat is None
    assert summary(right(), fault(), repeat=2).pass_hat is None


@pytest.mark.parametrize(
    ("attempts", "worst"),
    [
        *(([right(), right()], right()), ([right(), wrong(), right()], wrong())),
        *(([wrong(), eligible(), right()], eligible()), ([eligible(), wrong(), right()], eligible())),
        *(([fault(), right()], right()), ([fault(), wrong()], wrong())),
    ],
)
def test_a_repeated_case_is_judged_once_by_its_worst_attempt(attempts: list[Outcome], worst: Outcome) -> None:
    run = summary(*attempts, repeat=len(attempts))

    assert run.pass_rate == wilson(int(worst.passed), 1)
    assert run.failures == (() if worst.passed else (worst,))
    forbidden = worst.is_forbidden(UNSUPPORTED_ELIGIBLE)
    assert run.outcomes_with(UNSUPPORTED_ELIGIBLE) == ((worst,) if forbidden else ())


def test_each_forbidden_result_is_counted_whichever_attempt_has_it() -> None:
    cites_nothing = ForbiddenResult("cites_nothing", "cites nothing", "No line.", lambda *judged: not cited(judged[1]))
    first, second = eligible(), replace(right(), ending=completed("needs_review"))
    run = replace(summary(first, second, repeat=2), forbidden=(UNSUPPORTED_ELIGIBLE, cites_nothing))

    assert run.outcomes_with(UNSUPPORTED_ELIGIBLE) == (first,)
    assert run.outcomes_with(cites_nothing) == (second,)


def cited(ending: Ending) -> tuple[str, ...]:
    return ending.policy_line_ids if isinstance(ending, Completed) else ()


def test_a_repeated_case_counts_once_in_the_row_of_its_tag() -> None:
    run = summary(right(), wrong(), baseline=(right(),), repeat=2)

    assert run.tags == (TagRow("stale", 0, 1, 1, 1),)


def test_repeats_of_few_cases_are_not_taken_for_many_cases() -> None:
    ten = [case(f"case-{number}") for number in range(10)]

    run = summary(*(right(one) for one in ten for _ in range(20)), repeat=20)

    assert run.pass_rate.low <= wilson(10, 10).low


@pytest.mark.parametrize(
    ("times", "figures"),
    [
        *(([], None), ([None], None), ([7], (7, 7)), ([7, None], (7, 7)), ([100, 200], (150, 195))),
        *((list(range(1, 102)), (51, 96)), (list(range(101, 0, -1)), (51, 96))),
    ],
)
def test_latency_is_the_median_and_the_95th_percentile_without_faults(
    times: list[int | None], figures: tuple[int, int] | None
) -> None:
    measured = [right(usage=Usage(provider_ms=milliseconds)) for milliseconds in times]

    assert summary(*measured, fault(usage=Usage(provider_ms=8000))).provider_ms == figures


def test_tokens_are_added_up_as_far_as_they_are_known() -> None:
    known, other = right(usage=Usage(input_tokens=11, output_tokens=5)), right(usage=Usage(input_tokens=3))

    assert summary(known, other, fault()).tokens == (14, 5)
