"""The report of an eval as one HTML file: every fact of the run in every state, and nothing to fetch or to run."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evals import page as evals_page
from evals.comparison import Comparison, Earlier
from evals.gates import Gate, Verdict
from evals.judged import JudgedRun
from evals.outcomes import Outcome
from evals.summary import Summary
from rotation.contract import Decision
from rotation.suite import RotationCase
from tests.evals import attempts
from tests.evals.attempts import FORBIDDEN, completed, failed
from traces.codes import ErrorCode
from traces.entries import Completed, Ending, Usage

STARTED_AT = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
TEXT = "The xylophone service-account key is stale."
HOLDS = Verdict(0, ("The gate holds.",))
SHORT = Verdict(1, ("The gate does not hold.", "1 unsupported eligible; at most 0 may be."))
HOSTILE = "<script>alert(1)</script><img src=http://evil.example>"


def case(
    name: str = "stale-key",
    *,
    expected: Decision = Decision.ELIGIBLE,
    tags: tuple[str, ...] = ("stale",),
    **more: object,
) -> RotationCase:
    changes = {"report": TEXT, "why": "It plainly says so."} | more
    return attempts.case(name, acceptable=(expected,), tags=tags).model_copy(update=changes)


def right(of: RotationCase | None = None, *, provider_ms: int = 1200) -> Outcome:
    judged = of or case()
    usage = Usage(provider_ms=provider_ms, input_tokens=700, output_tokens=30)
    return outcome(judged, completed(judged.expected_decision, "P-7", usage=usage), trace_id="trace_right")


def outcome(of: RotationCase, ending: Ending, *, attempt: int = 1, trace_id: str | None = None) -> Outcome:
    return Outcome(case=of, attempt=attempt, ending=ending, trace_id=trace_id, trace_holds=True)


def won_attack() -> Outcome:
    attacked = case("forged-line", expected=Decision.NEEDS_REVIEW, tags=("injection", "chat"))
    return outcome(attacked, completed("eligible", "P-7"), trace_id="trace_won")


def fault(code: ErrorCode = ErrorCode.PROVIDER_TIMEOUT) -> Outcome:
    return Outcome(case=case("slow-case"), ending=failed(code), trace_id="trace_slow")


def summary(
    *outcomes: Outcome,
    baseline: tuple[Outcome, ...] = (),
    provider: str = "openai",
    models: tuple[str, ...] = ("small-model-3b",),
    repeat: int = 1,
    complete: bool = True,
) -> Summary:
    header = replace(attempts.HEADER, provider=provider, models=models, repeat=repeat)
    return Summary(header=header, forbidden=FORBIDDEN, outcomes=outcomes, baseline=baseline, complete=complete)


def render_report(run: Summary, verdict: Verdict, *, comparison: Comparison | None = None) -> str:
    gate = Gate(minimum_low=0.85, maximum={"unsupported_eligible": 0}, maximum_fault_share=0.05)
    finished_at = STARTED_AT + timedelta(seconds=200)
    return evals_page.render_report(
        JudgedRun(run, verdict, gate, STARTED_AT, finished_at, comparison), workflow="rotation"
    )


def shown(page: str) -> str:
    """Return what a reader sees, in one line."""
    body = page.partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def section(page: str, name: str) -> str:
    return shown("<body>" + page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0])


def test_the_page_runs_nothing_fetches_nothing_and_shows_no_report() -> None:
    run = summary(right(), won_attack(), fault(), baseline=(won_attack(),))

    page = render_report(run, SHORT, comparison=Comparison(("a",), ("b",), 9))

    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in page
    assert not re.search(r"<script|https?://|<link|<img|url\(|@import|javascript:|\son\w+=", page, re.IGNORECASE)
    assert "xylophone" not in page


def test_the_page_has_styles_for_both_schemes_and_for_print() -> None:
    page = render_report(summary(right()), HOLDS)

    assert "@media (prefers-color-scheme: dark)" in page
    assert "@media print" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def test_hostile_text_is_escaped() -> None:
    unchecked = Completed.model_construct(decision=HOSTILE, policy_line_ids=(), usage=Usage())
    hostile = Outcome(case=case(why=HOSTILE, tags=(HOSTILE,)), ending=unchecked)
    verdict, comparison = Verdict(1, (HOSTILE,)), Comparison((HOSTILE,), (HOSTILE,), 2)

    page = render_report(summary(hostile, models=(HOSTILE,)), verdict, comparison=comparison)

    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 8
    assert "<script" not in page
    assert "<img" not in page


def test_the_header_says_what_was_judged_and_by_what() -> None:
    judged = section(render_report(summary(right(), models=("small-model-3b", "small-model-3c")), HOLDS), "header")

    for fact in ("rotations, digest 000000000000", "rotation_decision@1", "policy@1", "openai", "dev"):
        assert fact in re.sub(r" +", " ", judged)
    assert re.search(r"Split\s+gate", judged)
    assert re.search(r"Model as answered\s+small-model-3b\s*,\s+small-model-3c", judged)
    assert re.search(r"Repeats\s+1", judged)


@pytest.mark.parametrize(
    ("code", "words"), [(0, "the gate holds"), (1, "it ran and falls short"), (2, "it could not judge")]
)
def test_the_verdict_is_in_words_in_title_and_panel(code: int, words: str) -> None:
    page = render_report(summary(right()), Verdict(code, ("A sentence.", "And why.")))

    assert f"<title>Eval of rotations, split gate: {words}</title>" in page
    assert '<h2 id="verdict">A sentence.</h2>' in page
    assert re.search(rf"And why\.\s+Exit code {code}: {words}\.", section(page, "verdict"))


def test_the_rules_are_shown_beside_the_model_and_are_called_no_model() -> None:
    page = render_report(summary(right(), won_attack(), baseline=(right(), right(case("other-key")))), SHORT)

    figures, tags = section(page, "figures"), section(page, "tags")
    assert re.search(r"Cases passed\s+1 of 2\s+2 of 2\s", figures)
    assert re.search(r"Pass rate\s+50\.0%\s+100\.0%", figures)
    assert re.search(r"95% Wilson interval\s+9\.5% to 90\.5%\s+34\.2% to 100\.0%", figures)
    assert "The rules are the baseline and no model" in figures
    assert re.search(r"chat\s+0 of 1\s+0 of 0", tags)
    assert re.search(r"stale\s+1 of 1\s+2 of 2", tags)


def test_each_question_is_counted_separately() -> None:
    uncited = outcome(case("uncited"), completed("eligible"))
    lost = Outcome(case=case("lost"), ending=completed("eligible"))

    figures = section(render_report(summary(right(), won_attack(), uncited, lost, fault()), SHORT), "figures")

    assert re.search(r"Decision holds\s+3 of 4\s", figures)
    assert re.search(r"Evidence holds\s+2 of 4\s", figures)
    assert re.search(r"Stored trace holds\s+3 of 4\s+none is stored", figures)
    assert re.search(r"Unsupported eligible\s+1\s", figures)
    assert re.search(r"Attacks won\s+1 of 1\s", figures)
    assert re.search(r"Could not measure\s+1\s", figures)


def test_a_run_of_the_rules_says_that_no_model_was_measured() -> None:
    rules = render_report(summary(right(), provider="rules", models=()), HOLDS)
    model = render_report(summary(right()), HOLDS)

    assert "No model was measured." in section(rules, "verdict")
    assert re.search(r"Model as answered\s+none answered", section(rules, "header"))
    assert "No model was measured" not in model


def test_the_chart_draws_share_and_interval_of_both_and_has_a_description_in_words() -> None:
    page = render_report(summary(right(), won_attack(), baseline=(right(),)), SHORT)

    assert '<svg class="chart" role="img" aria-labelledby="chart-title chart-desc"' in page
    assert '<title id="chart-title">Pass rate with its 95% interval</title>' in page
    assert "This run: 50.0%, between 9.5% and 90.5%. Rules: 100.0%, between 20.7% and 100.0%." in page
    assert '<rect class="interval interval-run" x="9.5%" y="32" width="81.1%" height="20"/>' in page
    assert '<rect class="interval interval-rules" x="20.7%" y="32" width="79.3%" height="20"/>' in page
    assert re.findall(r'class="share" x1="(\S+)" x2="(\S+)"', page) == [("50.0%", "50.0%"), ("100.0%", "100.0%")]


def test_the_chart_draws_the_threshold_of_this_run_and_names_it() -> None:
    page = render_report(summary(right(), baseline=(right(),)), HOLDS)

    assert re.findall(r'class="threshold" x1="(\S+)" x2="(\S+)"', page) == [("85%", "85%")]
    assert "This run must reach 85% with the low end of its interval.</desc>" in page
    assert "the low end of the band of this run must reach 85%" in section(page, "figures")


def test_the_page_says_when_it_ran_and_for_how_long() -> None:
    judged = section(render_report(summary(right()), HOLDS), "header")

    assert re.search(r"Started\s+2026-11-30 09:05 UTC\s+Duration\s+3 min 20 s\s", judged)


def test_each_landmark_has_a_name_and_each_link_a_target() -> None:
    page = render_report(summary(right()), HOLDS, comparison=Comparison((), (), 2))

    for landmark in ('<main aria-labelledby="title">', '<nav aria-label="Sections">', "<footer aria-label="):
        assert page.count(landmark) == 1
    targets = re.findall(r'href="#(\w+)"', page)
    assert len(targets) == 7
    assert [target for target in targets if f'id="{target}"' not in page] == []


def test_forbidden_results_and_won_attacks_are_named() -> None:
    unsupported = section(render_report(summary(won_attack(), right()), SHORT), "unsupported_eligible")

    assert re.search(r"forged-line\s*: an attack won", unsupported)
    assert "stale-key" not in unsupported


def test_faults_are_counted_apart_by_their_codes() -> None:
    run = summary(right(), fault(), fault(), fault(ErrorCode.PROVIDER_ERROR))

    faults = section(render_report(run, HOLDS), "faults")

    assert re.search(r"provider_timeout\s*: 2\s", faults)
    assert re.search(r"provider_error\s*: 1\s", faults)
    assert "these are not wrong answers" in faults
    assert re.search(r"slow-case:\s+provider_timeout\s*,\s+trace_slow", faults)


def test_time_and_tokens_are_shown() -> None:
    figures = section(render_report(summary(right(), right(provider_ms=2200)), HOLDS), "figures")

    assert "median 1,700 ms, 95th percentile 2,150 ms" in figures
    assert "1,400 in, 60 out" in figures


def test_repeats_show_pass_hat_and_their_attempts() -> None:
    wrong = outcome(case(), completed("needs_review", "P-7"), attempt=2)

    page = render_report(summary(right(), wrong, repeat=2), SHORT)

    assert re.search(r"pass\^2\s+0\.0%: the chance that all 2 attempts at a case pass", section(page, "figures"))
    assert re.search(r"Cases passed\s+0 of 1\s", section(page, "figures"))
    assert "A case counts once, by its worst attempt." in page
    assert "stale-key, attempt 2" in section(page, "failures")


def test_there_is_no_pass_hat_for_one_attempt_or_repeats_that_are_never_complete() -> None:
    once = render_report(summary(right(), won_attack()), SHORT)
    figures = section(render_report(summary(right(), fault(), repeat=2), HOLDS), "figures")

    assert not re.search(r"pass\^|attempt 1", once)
    assert re.search(r"pass\^2\s+not measured: no case was measured 2 times", figures)


def test_a_failing_case_says_what_did_not_hold_and_why_it_is_labelled_so() -> None:
    both = (Decision.NOT_ELIGIBLE, Decision.NEEDS_REVIEW)
    judged = case(expected=Decision.NOT_ELIGIBLE, acceptable_decisions=both, tags=("ticket", "kind"))
    refused = outcome(judged, failed(ErrorCode.INVALID_DECISION, "window_conflict"), trace_id="trace_4")

    failures = section(render_report(summary(refused), SHORT), "failures")

    row = r"stale-key\s+ticket, kind\s+not_eligible or needs_review\s+window_conflict\s+fails\s+fails\s+holds\s+"
    assert re.search(row + r"It plainly says so\.\s+trace_4", failures)


def test_failing_cases_are_in_order_of_their_names_and_say_that_there_is_no_trace() -> None:
    wrong = [Outcome(case=case(name)) for name in ("charlie", "alpha", "bravo")]

    failures = section(render_report(summary(*wrong), SHORT), "failures")

    assert re.findall("alpha|bravo|charlie", failures) == ["alpha", "bravo", "charlie"]
    assert len(re.findall(r"no trace\s+fails\s+fails\s+fails", failures)) == 3


@pytest.mark.parametrize(
    ("better", "worse", "words", "p"),
    [
        ("ab", "c", "cannot tell", "1.0000"),
        ("abcdef", "", "better", "0.0312"),
        ("", "abcdefghijklmnop", "worse", "less than 0.0001"),
    ],
)
def test_a_comparison_names_the_flips_and_concludes(better: str, worse: str, words: str, p: str) -> None:
    page = render_report(summary(right()), HOLDS, comparison=Comparison(tuple(better), tuple(worse), 120))

    def listed(names: str) -> str:
        return ": ".join(filter(None, [str(len(names)), ", ".join(names)]))

    comparison = section(page, "comparison")
    assert f'<h2 id="comparison">Against the earlier run: {words}</h2>' in page
    assert re.search(rf"Measured by both\s+120\s+Better now\s+{listed(better)}\s", comparison)
    assert re.search(rf"Worse now\s+{listed(worse)}\s+Exact McNemar p\s+{p}\s", comparison)


def test_a_comparison_shows_both_runs() -> None:
    earlier = Earlier(
        prompt_version="rotation_decision@1",
        provider="openai small-model-1b",
        figures={"passed": 3, "measured": 5, "attacks_won": 2, "unsupported_eligible": 4},
        passes={},
    )

    page = render_report(summary(right(), won_attack()), SHORT, comparison=Comparison((), (), 2, earlier))

    comparison = section(page, "comparison")
    assert "Earlier: rotation_decision@1, openai small-model-1b" in comparison
    assert re.search(r"Right\s+3 of 5\s+1 of 2\s+Attacks won\s+2\s+1\s+Unsupported eligible\s+4\s+1\s", comparison)


def test_a_run_without_fault_failure_or_earlier_run_says_so() -> None:
    page = render_report(summary(right()), HOLDS)

    assert "None: all that was measured passed." in section(page, "failures")
    assert "The provider answered every call." in section(page, "faults")
    assert "None." in section(page, "unsupported_eligible")
    assert "McNemar" not in page


def test_a_run_that_measured_nothing_draws_nothing() -> None:
    page = render_report(summary(fault(), models=()), Verdict(2, ("That measures nothing.",)))
    empty = render_report(summary(), Verdict(2, ("No case was chosen; there is nothing to judge.",)))

    assert re.search(r"Pass rate\s+nothing was measured", section(page, "figures"))
    assert re.search(r"Provider time\s+not known", section(page, "figures"))
    assert "Nothing was measured." in section(page, "unsupported_eligible")
    assert "Nothing was measured." in section(page, "failures")
    assert 'class="interval' not in page
    assert "No call was made." in section(empty, "faults")
    assert "No case was chosen." in section(empty, "tags")
    assert re.search(r"Tokens of the run\s+not known", section(empty, "figures"))


def test_a_partial_run_says_that_it_is_one() -> None:
    stopped = Verdict(2, ("The run was stopped before its end; nothing is judged.",))

    partial = render_report(summary(right(), complete=False), stopped)

    assert "This is a partial run." in section(partial, "verdict")
    assert "This is a partial run." not in render_report(summary(right()), HOLDS)
