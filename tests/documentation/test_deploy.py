"""docs/deploy.md tells variables, commands, services and figures as the code has them."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands, load_command_class

from config.environment import BASE_DIR, Environment
from config.metrics import REGISTRY
from rotation.models import Credential
from tools.environment_table import BEGIN, DOCUMENT, END, EXAMPLE, rewritten, table

TOLD = DOCUMENT.read_text()
GUNICORN = BASE_DIR / "gunicorn.conf.py"


def rows_under(heading: str) -> dict[str, str]:
    """Read the first two cells of each row of the table whose header line starts so."""
    rows = TOLD.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return {name.strip(" `"): told.strip(" `") for _, name, told, *_ in (row.split("|") for row in rows)}


def test_the_table_of_variables_is_what_the_code_and_the_example_say() -> None:
    assert rewritten(TOLD) == TOLD, "make environment-table"


def test_the_table_holds_every_variable_once() -> None:
    names = re.findall(r"^\| `(\w+)` \|", table(EXAMPLE.read_text()), re.MULTILINE)

    assert sorted(names) == sorted([*(name.upper() for name in Environment.model_fields), "SECRETS_DIR", "ENV_FILE"])


def test_a_changed_bound_default_or_word_changes_the_table() -> None:
    example = EXAMPLE.read_text()
    row = next(line for line in table(example).splitlines() if "`DATABASE_POOL_SIZE`" in line)

    changed = table(example.replace("# Connections per process", "# Links a process").replace("SIZE=8", "SIZE=9"))

    assert row.startswith("| `DATABASE_POOL_SIZE` | a whole number, 1 to 200 | `8` | Connections per process on ")
    assert row.replace("`8` | Connections per process", "`9` | Links a process") in changed


def test_a_secret_is_called_one_and_must_be_set() -> None:
    told = table("SECRET_KEY=\nDATABASE_URL=\nOPENAI_API_KEY=\n").splitlines()[2:]

    assert told == [
        "| `SECRET_KEY` | secret, 50 characters or more | **must be set** |  |",
        "| `DATABASE_URL` | secret | **must be set** |  |",
        "| `OPENAI_API_KEY` | secret | empty |  |",
    ]


@pytest.mark.parametrize("document", ["", BEGIN, END])
def test_a_document_without_markers_is_not_touched(document: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        rewritten(document)


def test_what_the_web_server_reads_is_told_with_its_defaults() -> None:
    read = {
        ast.literal_eval(call.args[0]): ast.literal_eval(call.args[1])
        for call in ast.walk(ast.parse(GUNICORN.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "os.environ.get"
    }

    assert rows_under("of the web server") == read


def test_every_command_in_a_container_takes_its_options() -> None:
    shown = re.findall(r"^docker compose (?:exec|run) (.*?)python manage\.py ([^<\n]+)", TOLD, re.MULTILINE)

    for _, command in shown:
        name, *options = command.split()
        loaded = load_command_class(get_commands()[name], name)
        assert loaded.create_parser("manage.py", name).parse_args(options)
    assert len(shown) > 5
    assert {words.split()[-1] for words, _ in shown} == {"web"}


def test_every_service_and_script_it_names_is_there() -> None:
    services = set(re.findall(r"^  (\w+):$", (BASE_DIR / "compose.yaml").read_text(), re.MULTILINE))
    whole = re.findall(r"^docker compose (?:up|stop)(?: --[\w-]+)*((?: [a-z]+)*)$", TOLD, re.MULTILINE)
    first = re.findall(r"^docker compose (?:exec|run)(?: -?-[\w-]+)* ([a-z]+)", TOLD, re.MULTILINE)

    assert {name for names in whole for name in names.split()} | set(first) <= services
    assert len(whole) + len(first) > 10
    assert [path for path in re.findall(r"\bdeploy/[\w/]+\.?\w*", TOLD) if not (BASE_DIR / path).exists()] == []


@pytest.mark.django_db
def test_its_first_records_load_and_are_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"```json\n(.+?)```", TOLD, re.DOTALL)
    (tmp_path / "records.json").write_text(example)

    call_command("loaddata", tmp_path / "records.json", verbosity=0)

    Credential.objects.get().full_clean()


def test_every_figure_to_alarm_on_is_one_that_is_counted() -> None:
    told = set(re.findall(r"^\| `((?:decision|check|http)\w*?)(?:_total|_count)?`", TOLD, re.MULTILINE))

    assert len(told) > 5
    assert told <= {family.name for family in REGISTRY.collect()} | {"decisions_oldest_running_seconds"}
