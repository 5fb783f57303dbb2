"""docs/deploy.md agrees with the code about variables, commands, services and metrics."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class

from config.environment import BASE_DIR, Environment
from config.metrics import REGISTRY
from rotation.models import Credential
from tools.environment_table import BEGIN, DOCUMENT, END, EXAMPLE, rewritten, table

pytestmark = pytest.mark.any_database

TEXT = DOCUMENT.read_text()
GUNICORN = BASE_DIR / "gunicorn.conf.py"


def rows_under(heading: str) -> dict[str, str]:
    """Return the first two cells of each row of the table with this heading."""
    rows = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return {name.strip(" `"): value.strip(" `") for _, name, value, *_ in (row.split("|") for row in rows)}


def test_table_of_variables_is_up_to_date() -> None:
    assert rewritten(TEXT) == TEXT, "make environment-table"


def test_table_has_every_variable_once() -> None:
    names = re.findall(r"^\| `(\w+)` \|", table(EXAMPLE.read_text()), re.MULTILINE)

    assert sorted(names) == sorted([*(name.upper() for name in Environment.model_fields), "SECRETS_DIR", "ENV_FILE"])


def test_changed_default_changes_the_table() -> None:
    example = EXAMPLE.read_text()
    row = next(line for line in table(example).splitlines() if "`DATABASE_POOL_SIZE`" in line)

    changed = table(example.replace("SIZE=8", "SIZE=9"))

    assert row == "| `DATABASE_POOL_SIZE` | a whole number, 1 to 200 | `8` |"
    assert row.replace("`8`", "`9`") in changed


def test_secrets_are_named_as_such_in_the_table() -> None:
    rows = table("SECRET_KEY=\nDATABASE_URL=\nOPENAI_API_KEY=\n").splitlines()[2:]

    assert rows == [
        "| `SECRET_KEY` | secret, 50 characters or more | **must be set** |",
        "| `DATABASE_URL` | secret | **must be set** |",
        "| `OPENAI_API_KEY` | secret | empty |",
    ]


def test_document_without_markers_is_refused() -> None:
    for document in ("", BEGIN, END):
        with pytest.raises(ValueError, match="needs"):
            rewritten(document)


def test_variables_of_the_web_server_have_their_defaults() -> None:
    read = {
        ast.literal_eval(call.args[0]): ast.literal_eval(call.args[1])
        for call in ast.walk(ast.parse(GUNICORN.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "os.environ.get"
    }

    assert rows_under("of the web server") == read


def test_commands_in_containers_have_valid_options() -> None:
    shown = re.findall(r"^docker compose (?:exec|run) (.*?)python manage\.py ([^<\n]+)", TEXT, re.MULTILINE)

    for _, command in shown:
        name, *options = command.split()
        loaded = load_command_class(get_commands()[name], name)
        assert loaded.create_parser("manage.py", name).parse_args(options)
    assert len(shown) > 5
    assert {words.split()[-1] for words, _ in shown} == {"web"}


def test_named_services_and_scripts_exist() -> None:
    services = set(re.findall(r"^  (\w+):$", (BASE_DIR / "compose.yaml").read_text(), re.MULTILINE))
    whole = re.findall(r"^docker compose (?:up|stop)(?: --[\w-]+)*((?: [a-z]+)*)$", TEXT, re.MULTILINE)
    first = re.findall(r"^docker compose (?:exec|run)(?: -?-[\w-]+)* ([a-z]+)", TEXT, re.MULTILINE)

    assert {name for names in whole for name in names.split()} | set(first) <= services
    assert len(whole) + len(first) > 10
    assert [path for path in re.findall(r"\bdeploy/[\w/]+\.?\w*", TEXT) if not (BASE_DIR / path).exists()] == []


def test_settings_of_a_servers_log_are_those_of_compose() -> None:
    shown = re.findall(r"^ALTER ROLE rotation SET (\w+) = (\w+);$", TEXT, re.MULTILINE)
    composed = re.findall(r"-c, (log_\w+)=(\w+)", (BASE_DIR / "compose.yaml").read_text())

    assert len(shown) == 3
    assert shown == composed


@pytest.mark.django_db
def test_example_records_load_and_are_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)
    (tmp_path / "records.json").write_text(example)

    call_command("loaddata", tmp_path / "records.json", verbosity=0)

    Credential.objects.get().full_clean()


def test_metrics_named_for_alarms_exist() -> None:
    named = set(re.findall(r"^\| `((?:decision|check|http)\w*?)(?:_total|_count)?`", TEXT, re.MULTILINE))

    assert len(named) > 5
    assert named <= {family.name for family in REGISTRY.collect()} | {"decisions_oldest_running_seconds"}
