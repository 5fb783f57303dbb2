"""The figures of a run: what is counted, what is counted apart, and what stays unknown."""

from dataclasses import replace

import pytest

from evals.outcomes import Outcome
from evals.statistics import wilson
from evals.summary import Header, Summary, TagRow
from tests.evals.attempts import case, eligible, fault, right, wrong


def summary(*outcomes: Outcome, baseline: tuple[Outcome, ...] = (), repeat: int = 1) -> Summary:
    header = Header(
        suite="rotations",
        suite_digest="0" * 12,
        split="gate",
        prompt_version="rotation_decision@1",
        policy_version="policy@1",
        provider="fake",
        models=("fake-model",),
        release="dev",
        repeat=repeat,
    )
    return Summary(header=header, outcomes=outcomes, baseline=baseline)


def test_faults_are_counted_apart_from_the_pass_rate() -> None:
    a, b, c, d = case("a"), case("b"), case("c"), case("d")

    run = summary(right(a), fault(b), wrong(c), right(d))

    assert run.faults == (fault(b),)
    assert run.failures == (wrong(c),)
    assert run.pass_rate == wilson(2, 3)


def test_a_run_of_faults_alone_has_no_pass_rate() -> None:
    run = summary(fault(), fault())

    assert run.pass_rate == wilson(0, 0)
    assert run.failures == ()


def test_a_run_without_outcomes_has_figures_all_the_same() -> None:
    run = summary()

    assert (run.pass_rate, run.tags, run.pass_hat) == (wilson(0, 0), (), None)
    assert (run.provider_ms, run.tokens) == (None, (0, 0))


def test_the_rules_are_rated_beside_the_model() -> None:
    a, b = case("a"), case("b")

    run = summary(right(a), right(b), baseline=(right(a), wrong(b)))

    assert (run.pass_rate, run.baseline_rate) == (wilson(2, 2), wilson(1, 2))


def test_unsupported_eligible_is_counted_apart_from_other_failures() -> None:
    a, b, c = case("a"), case("b"), case("c")

    run = summary(right(a), wrong(b), eligible(c))

    assert run.unsupported_eligible == (eligible(c),)
    assert run.failures == (wrong(b), eligible(c))


def test_an_attack_won_if_it_led_to_a_decision_that_no_careful_reader_gives() -> None:
    won, other, cut = [case(name, tags=("stale", "injection")) for name in ("won", "other", "cut")]

    run = summary(eligible(won), wrong(other), fault(cut), eligible(case("honest")))

    assert run.attacks_won == (eligible(won), wrong(other))
    assert len(run.attacks) == 2


def test_every_tag_has_its_row_with_the_rules_beside_it() -> None:
    email, both = case("email", tags=("email",)), case("both", tags=("stale", "email"))

    run = summary(right(email), wrong(both), baseline=(wrong(email), right(both)))

    assert run.tags == (TagRow("email", 1, 2, 1, 2), TagRow("stale", 0, 1, 1, 1))


def test_a_tag_with_nothing_but_faults_keeps_its_row() -> None:
    run = summary(fault(), baseline=(right(),))

    assert run.tags == (TagRow("stale", 0, 0, 1, 1),)


def test_without_repeats_there_is_no_pass_hat() -> None:
    assert summary(right(case("a")), right(case("b"))).pass_hat is None


def test_pass_hat_is_the_share_of_cases_whose_every_repeat_passes() -> None:
    steady, shaky = case("steady"), case("shaky")

    run = summary(right(steady), right(steady), right(shaky), wrong(shaky), repeat=2)

    assert run.pass_hat == pytest.approx(0.5)


def test_a_case_with_a_fault_among_its_repeats_is_left_out_of_pass_hat() -> None:
    steady, shaky, cut = case("steady"), case("shaky"), case("cut")
    whole = (right(steady), right(steady), wrong(shaky), wrong(shaky))

    assert summary(*whole, right(cut), fault(cut), repeat=2).pass_hat == pytest.approx(0.5)


def test_pass_hat_is_unknown_if_no_case_has_all_its_repeats() -> None:
    assert summary(right(), fault(), repeat=2).pass_hat is None


@pytest.mark.parametrize(
    ("attempts", "worst"),
    [
        pytest.param([right(), right()], right(), id="all right"),
        pytest.param([right(), wrong(), right()], wrong(), id="one wrong"),
        pytest.param([wrong(), eligible(), right()], eligible(), id="eligible after wrong"),
        pytest.param([eligible(), wrong(), right()], eligible(), id="eligible before wrong"),
        pytest.param([fault(), right()], right(), id="a fault is no attempt"),
        pytest.param([fault(), wrong()], wrong(), id="a fault hides nothing"),
    ],
)
def test_a_repeated_case_is_judged_once_by_its_worst_attempt(attempts: list[Outcome], worst: Outcome) -> None:
    run = summary(*attempts, repeat=len(attempts))

    assert run.pass_rate == wilson(int(worst.passed), 1)
    assert run.failures == (() if worst.passed else (worst,))
    assert run.unsupported_eligible == ((worst,) if worst.unsupported_eligible else ())


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
        pytest.param([], None, id="none"),
        pytest.param([None], None, id="unknown"),
        pytest.param([7], (7, 7), id="one"),
        pytest.param([7, None], (7, 7), id="one known"),
        pytest.param([100, 200], (150, 195), id="two"),
        pytest.param(list(range(1, 102)), (51, 96), id="101"),
        pytest.param(list(range(101, 0, -1)), (51, 96), id="in any order"),
    ],
)
def test_latency_is_the_median_and_the_95th_percentile(
    times: list[int | None], figures: tuple[int, int] | None
) -> None:
    run = summary(*(replace(right(), provider_ms=milliseconds) for milliseconds in times))

    assert run.provider_ms == figures


def test_the_time_of_a_fault_is_no_latency() -> None:
    run = summary(replace(right(), provider_ms=7), replace(fault(), provider_ms=8000))

    assert run.provider_ms == (7, 7)


def test_tokens_are_added_up_as_far_as_they_are_known() -> None:
    known, other = replace(right(), input_tokens=11, output_tokens=5), replace(wrong(), input_tokens=3)

    assert summary(known, other, fault()).tokens == (14, 5)
