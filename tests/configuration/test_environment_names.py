"""A name of ENV_FILE that nothing reads is warned of, with the nearest one, and no value is shown."""

import re
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from config import boot
from config.environment import BASE_DIR, environment_file
from config.environment_names import KNOWN, unknown_names
from config.examination import Examination
from config.settings_checks import environment
from tests.configuration.conftest import Exported

pytestmark = pytest.mark.any_database

MISSPELT = "OPENAI_MODLE=canary\nweb_thread=canary\nCANARY_OF_OTHERS='canary\nof two lines'\n"
SENTENCE = (
    "Nothing reads these names of ENV_FILE: CANARY_OF_OTHERS, OPENAI_MODLE (did you mean OPENAI_MODEL?),"
    " WEB_THREAD (did you mean WEB_THREADS?)."
)


@pytest.fixture
def file(exported: Exported, tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.touch()
    exported(ENV_FILE=str(path))
    return path


def test_each_unknown_name_is_shown_with_the_nearest_known_one(file: Path) -> None:
    file.write_text(MISSPELT)

    assert unknown_names() == SENTENCE


@pytest.mark.parametrize(
    "line", ["sk-canary-7d1e\n", "Q0FOQVJZ7d1eQ0FOQVJZ7d1e==\n", f"{'CANARY' * 7}=\n", "canarycanary\n"]
)
def test_what_may_be_a_piece_of_a_secret_is_not_shown(file: Path, line: str) -> None:
    file.write_text(line)

    assert unknown_names() == "Nothing reads these names of ENV_FILE: one that is not shown here."


@pytest.mark.parametrize("line", ["EMAIL_PASSWORD:s3cretPw\n", "EMAIL_PASSWORD:CANARY=\n", "EMAIL_PASSWORD7D1E=\n"])
def test_a_value_that_is_joined_to_a_name_is_not_shown(file: Path, line: str) -> None:
    file.write_text(line)

    sentence = "Nothing reads these names of ENV_FILE: one that is not shown here (did you mean EMAIL_PASSWORD?)."
    assert unknown_names() == sentence


def test_the_example_and_what_compose_reads_are_known(file: Path) -> None:
    of_compose = {
        name for path in BASE_DIR.glob("compose*.yaml") for name in re.findall(r"\$\{([A-Z_]+)", path.read_text())
    }

    file.write_text((BASE_DIR / ".env.example").read_text() + "COMPOSE_FILE=compose.yaml\nrelease=1\n")

    assert unknown_names() is None
    assert of_compose - set(KNOWN) == set()


def test_without_a_file_nothing_is_unknown(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(ENV_FILE="")
    assert (environment_file(), unknown_names()) == (None, None)

    monkeypatch.delenv("ENV_FILE")
    assert environment_file() == BASE_DIR / ".env"


def test_doctor_warns_of_it(file: Path, settings: Settings) -> None:
    settings.HTTPS, settings.DEBUG = True, False
    assert environment(Examination(timezone.now()))[0] == "ok"

    file.write_text(MISSPELT)

    level, sentence = environment(Examination(timezone.now()))
    assert (level, sentence.partition(". ")[2][-len(SENTENCE) :]) == ("warn", SENTENCE)


def test_the_first_worker_warns_of_it_once(file: Path, caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    file.write_text(MISSPELT)

    for is_first in (True, False):
        boot.check_worker(threads=1000, graceful_timeout=200, is_first=is_first)

    assert [record.getMessage() for record in caplog.records if record.name == "config.boot"] == [SENTENCE]
