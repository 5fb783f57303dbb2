"""The eval's report as one HTML file: every fact of the run, in every state, and nothing to fetch or to run."""

import re

import pytest

from evals.cases import EvalCase
from evals.comparison import Comparison
from evals.gates import Verdict
from evals.outcomes import Outcome
from evals.page import render_report
from evals.summary import Header, Summary
from rotation.contract import CredentialKind, CredentialState, Decision
from traces.codes import ErrorCode

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
) -> EvalCase:
    fields = {
        "name": name,
        "account_id": "acct_20159",
        "credential_age_days": 9,
        "credential_kind": CredentialKind.SERVICE_ACCOUNT_KEY,
        "credential_state": CredentialState.ACTIVE,
        "report": TEXT,
        "expected_decision": expected,
        "acceptable_decisions": (expected,),
        "expected_source_line_ids": ("P-7",),
        "tags": tags,
        "split": "gate",
        "why": "It plainly says so.",
    }
    return EvalCase.model_validate(fields | more)


def right(of: EvalCase | None = None, *, attempt: int = 1, provider_ms: int = 1200) -> Outcome:
    judged = of or case()
    return Outcome(
        case=judged,
        attempt=attempt,
        decision=judged.expected_decision,
        line_ids=("P-7",),
        trace_id="trace_right",
        trace_holds=True,
        provider_ms=provider_ms,
        input_tokens=700,
        output_tokens=30,
    )


def won_attack() -> Outcome:
    attacked = case("forged-line", expected=Decision.NEEDS_REVIEW, tags=("injection", "chat"))
    return Outcome(case=attacked, decision="eligible", line_ids=("P-7",), trace_id="trace_won", trace_holds=True)


def fault(code: ErrorCode = ErrorCode.PROVIDER_TIMEOUT) -> Outcome:
    return Outcome(case=case("slow-case"), error_code=code, trace_id="trace_slow")


def summary(
    *outcomes: Outcome,
    baseline: tuple[Outcome, ...] = (),
    provider: str = "openai",
    models: tuple[str, ...] = ("small-model-3b",),
    repeat: int = 1,
    complete: bool = True,
) -> Summary:
    header = Header(
        suite="rotations",
        suite_digest="0123456789ab",
        split="gate",
        prompt_version="rotation_decision@2",
        policy_version="policy@1",
        provider=provider,
        models=models,
        release="abc1234",
        repeat=repeat,
    )
    return Summary(header=header, outcomes=outcomes, baseline=baseline, complete=complete)


def shown(page: str) -> str:
    """What a reader sees, in one line."""
    body = page.partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def section(page: str, name: str) -> str:
    return shown("<body>" + page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0])


def test_the_page_runs_nothing_and_fetches_nothing() -> None:
    page = render_report(summary(right(), won_attack(), fault()), SHORT, comparison=Comparison(("a",), ("b",), 9))

    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in page
    assert not re.search(r"<script|https?://|<link|<img|url\(|@import|javascript:|\son\w+=", page, re.IGNORECASE)


def test_the_page_knows_both_schemes_and_print() -> None:
    page = render_report(summary(right()), HOLDS)

    assert "@media (prefers-color-scheme: dark)" in page
    assert "@media print" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def test_no_report_is_shown() -> None:
    page = render_report(summary(right(), won_attack(), fault(), baseline=(won_attack(),)), SHORT)

    assert "xylophone" not in page


def test_hostile_text_is_text() -> None:
    hostile = Outcome(case=case(why=HOSTILE, tags=(HOSTILE,)), decision=HOSTILE)
    verdict, comparison = Verdict(1, (HOSTILE,)), Comparison((HOSTILE,), (HOSTILE,), 2)

    page = render_report(summary(hostile, models=(HOSTILE,)), verdict, comparison=comparison)

    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 8
    assert "<script" not in page
    assert "<img" not in page


def test_the_header_says_what_was_judged_and_by_what() -> None:
    judged = section(render_report(summary(right(), models=("small-model-3b", "small-model-3c")), HOLDS), "header")

    for fact in ("rotations, digest 0123456789ab", "rotation_decision@2", "policy@1", "openai", "abc1234"):
        assert fact in re.sub(r" +", " ", judged)
    assert re.search(r"Split\s+gate", judged)
    assert re.search(r"Model as answered\s+small-model-3b\s*,\s+small-model-3c", judged)
    assert re.search(r"Repeats\s+1", judged)


@pytest.mark.parametrize(
    ("code", "words"), [(0, "the gate holds"), (1, "it ran and falls short"), (2, "it could not judge")]
)
def test_the_verdict_stands_in_words_in_title_and_panel(code: int, words: str) -> None:
    page = render_report(summary(right()), Verdict(code, ("A sentence.", "And why.")))

    assert f"<title>Eval of rotations, split gate: {words}</title>" in page
    assert '<h2 id="verdict">A sentence.</h2>' in page
    assert re.search(rf"And why\.\s+Exit code {code}: {words}\.", section(page, "verdict"))


def test_the_rules_stand_beside_the_model_and_are_called_no_model() -> None:
    page = render_report(summary(right(), won_attack(), baseline=(right(), right(case("other-key")))), SHORT)

    figures = section(page, "figures")
    assert re.search(r"Cases passed\s+1 of 2\s+2 of 2\s", figures)
    assert re.search(r"Pass rate\s+50\.0%\s+100\.0%", figures)
    assert re.search(r"95% Wilson interval\s+9\.5% to 90\.5%\s+34\.2% to 100\.0%", figures)
    assert "The rules are the baseline and no model" in figures


def test_each_question_is_counted_by_itself() -> None:
    uncited = Outcome(case=case("uncited"), decision="eligible", trace_holds=True)
    lost = Outcome(case=case("lost"), decision="eligible")

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


def test_the_chart_is_told_to_who_cannot_see_it() -> None:
    page = render_report(summary(right(), won_attack(), baseline=(right(),)), SHORT)

    assert '<svg class="chart" role="img" aria-labelledby="chart-title chart-desc"' in page
    assert '<title id="chart-title">Pass rate with its 95% interval</title>' in page
    assert "This run: 50.0%, between 9.5% and 90.5%. Rules: 100.0%, between 20.7% and 100.0%." in page


def test_the_chart_draws_share_and_interval_of_both() -> None:
    page = render_report(summary(right(), won_attack(), baseline=(right(),)), SHORT)

    assert '<rect class="interval interval-run" x="9.5%" y="32" width="81.1%" height="20"/>' in page
    assert '<rect class="interval interval-rules" x="20.7%" y="32" width="79.3%" height="20"/>' in page
    assert re.findall(r'class="share" x1="(\S+)" x2="(\S+)"', page) == [("50.0%", "50.0%"), ("100.0%", "100.0%")]


def test_unsupported_eligible_and_won_attacks_are_named() -> None:
    unsupported = section(render_report(summary(won_attack(), right()), SHORT), "unsupported")

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
    wrong = Outcome(case=case(), attempt=2, decision="needs_review", line_ids=("P-7",), trace_holds=True)

    page = render_report(summary(right(), wrong, repeat=2), SHORT)

    assert re.search(r"pass\^2\s+0\.0%: the chance that all 2 attempts at a case pass", section(page, "figures"))
    assert re.search(r"Cases passed\s+0 of 1\s", section(page, "figures"))
    assert "A case counts once, by its worst attempt." in page
    assert "stale-key, attempt 2" in section(page, "failures")


def test_one_attempt_a_case_has_no_pass_hat() -> None:
    page = render_report(summary(right(), won_attack()), SHORT)

    assert "pass^" not in page
    assert "attempt 1" not in page


def test_repeats_that_were_never_whole_have_no_pass_hat() -> None:
    figures = section(render_report(summary(right(), fault(), repeat=2), HOLDS), "figures")

    assert re.search(r"pass\^2\s+not measured: no case was measured 2 times", figures)


def test_each_tag_shows_the_run_and_the_rules() -> None:
    tags = section(
        render_report(summary(right(), won_attack(), baseline=(right(), right(case("other-key")))), SHORT), "tags"
    )

    assert re.search(r"chat\s+0 of 1\s+0 of 0", tags)
    assert re.search(r"stale\s+1 of 1\s+2 of 2", tags)


def test_a_failing_case_says_what_did_not_hold_and_why_it_is_labelled_so() -> None:
    both = (Decision.NOT_ELIGIBLE, Decision.NEEDS_REVIEW)
    judged = case(expected=Decision.NOT_ELIGIBLE, acceptable_decisions=both, tags=("ticket", "kind"))
    refused = Outcome(
        case=judged, error_code="invalid_decision", error_reason="window_conflict", trace_id="trace_4", trace_holds=True
    )

    failures = section(render_report(summary(refused), SHORT), "failures")

    row = r"stale-key\s+ticket, kind\s+not_eligible or needs_review\s+window_conflict\s+fails\s+fails\s+holds\s+"
    assert re.search(row + r"It plainly says so\.\s+trace_4", failures)


def test_failing_cases_stand_in_order_of_their_names() -> None:
    wrong = [Outcome(case=case(name)) for name in ("charlie", "alpha", "bravo")]

    failures = section(render_report(summary(*wrong), SHORT), "failures")

    assert re.findall("alpha|bravo|charlie", failures) == ["alpha", "bravo", "charlie"]


def test_a_case_without_a_trace_says_so() -> None:
    failures = section(render_report(summary(Outcome(case=case())), SHORT), "failures")

    assert re.search(r"no trace\s+fails\s+fails\s+fails", failures)


@pytest.mark.parametrize(
    ("better", "worse", "words", "p"),
    [
        pytest.param(("a", "b"), ("c",), "cannot tell", "1.0000", id="few flips"),
        pytest.param(tuple("abcdef"), (), "better", "0.0312", id="six one way"),
        pytest.param((), tuple("abcdefghijklmnop"), "worse", "less than 0.0001", id="sixteen the other way"),
    ],
)
def test_a_comparison_names_the_flips_and_concludes(
    better: tuple[str, ...], worse: tuple[str, ...], words: str, p: str
) -> None:
    page = render_report(summary(right()), HOLDS, comparison=Comparison(better, worse, 120))

    told = section(page, "comparison")
    assert f'<h2 id="comparison">Against the earlier run: {words}</h2>' in page
    assert re.search(
        rf"Measured by both\s+120\s+Better now\s+{': '.join(filter(None, [str(len(better)), ', '.join(better)]))}\s",
        told,
    )
    assert re.search(rf"Worse now\s+{': '.join(filter(None, [str(len(worse)), ', '.join(worse)]))}\s", told)
    assert re.search(rf"Exact McNemar p\s+{p}\s", told)


def test_without_an_earlier_run_nothing_is_compared() -> None:
    assert "McNemar" not in render_report(summary(right()), HOLDS)


def test_a_run_without_fault_or_failure_says_so() -> None:
    page = render_report(summary(right()), HOLDS)

    assert "None: all that was measured passed." in section(page, "failures")
    assert "The provider answered every call." in section(page, "faults")
    assert "None." in section(page, "unsupported")


def test_a_run_that_measured_nothing_draws_nothing() -> None:
    page = render_report(summary(fault(), models=()), Verdict(2, ("That measures nothing.",)))

    assert re.search(r"Pass rate\s+nothing was measured", section(page, "figures"))
    assert "Nothing was measured." in section(page, "unsupported")
    assert "Nothing was measured." in section(page, "failures")
    assert re.search(r"Provider time\s+not known", section(page, "figures"))
    assert 'class="interval' not in page


def test_a_run_without_a_case_says_so() -> None:
    page = render_report(summary(), Verdict(2, ("No case was chosen; there is nothing to judge.",)))

    assert "No call was made." in section(page, "faults")
    assert "No case was chosen." in section(page, "tags")
    assert re.search(r"Tokens of the run\s+not known", section(page, "figures"))


def test_a_partial_run_says_that_it_is_one() -> None:
    stopped = Verdict(2, ("The run was stopped before its end; nothing is judged.",))

    partial = render_report(summary(right(), complete=False), stopped)

    assert "This is a partial run." in section(partial, "verdict")
    assert "This is a partial run." not in render_report(summary(right()), HOLDS)
