"""The files of `--output` and `--report`: refused before any cost, and never overwritten silently."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from evals.models import EvalRun
from tests.evals.conftest import RightProvider, Run, run
from tests.fakes import FakeProvider
from traces.models import TraceRecord

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.mark.parametrize("option", ["--output", "--report"])
def test_a_file_that_cannot_be_written_is_refused_before_any_call(
    suite: Path, gate: Callable[..., None], provider: FakeProvider, tmp_path: Path, option: str
) -> None:
    for path in ("no-such-folder/file", "."):
        ended = run(suite, option, tmp_path / path)

        assert ended.code == 2
        assert "cannot be written" in ended.output
    assert not provider.calls


@pytest.mark.parametrize("option", ["--output", "--report"])
def test_a_file_that_is_there_is_overwritten_by_force_alone(
    suite: Path, gate: Callable[..., None], right: RightProvider, tmp_path: Path, option: str
) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")

    assert run(suite, option, path, provider="right") == Run(2, f"{path} is there already; --force overwrites it.")
    assert (path.read_text(), TraceRecord.objects.count()) == ("mine", 0)

    assert run(suite, option, path, "--force", provider="right").code == 0
    assert path.read_text() != "mine"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("option", ["--output", "--report"])
def test_a_file_that_cannot_be_written_to_its_end_is_named_and_the_run_is_kept(
    suite: Path, gate: Callable[..., None], right: RightProvider, option: str
) -> None:
    output = StringIO()

    with pytest.raises(CommandError, match=r"^/dev/full: cannot be written: No space left on device$") as refused:
        call_command("eval", str(suite), option, "/dev/full", provider="right", stdout=output, stderr=StringIO())

    assert refused.value.returncode == 2
    assert "The gate holds." in output.getvalue()
    assert EvalRun.objects.get().gate_holds


def test_one_file_for_output_and_report_is_refused(suite: Path, right: RightProvider, tmp_path: Path) -> None:
    same = tmp_path / "run"

    ended = run(suite, "--output", same, "--report", same, provider="right")

    assert ended == Run(2, "--output and --report name the same file.")
    assert not same.exists()
