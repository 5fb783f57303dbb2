"""compose.yaml and the settings, the web server and the proxy that it starts agree with one another."""

import re

import pytest
from pydantic import SecretStr

from config.environment import Environment
from tests.deploy.compose import (
    COMPOSE,
    GUNICORN,
    LOCAL_MODEL,
    OURS,
    OUTSIDE_SETTINGS,
    OWN_DATABASE,
    read,
    seconds,
    service,
    upper_bound,
)

pytestmark = pytest.mark.any_database

FILES = pytest.mark.parametrize(
    "files",
    [(COMPOSE,), (COMPOSE, LOCAL_MODEL), (COMPOSE, OWN_DATABASE)],
    ids=["compose", "local model", "own database"],
)
# Those that settings never print, and those that hold a secret among others.
SECRETS = {name for name, field in Environment.model_fields.items() if field.annotation is SecretStr}
SECRETS |= {"database_url", "fingerprint_keys"}


@pytest.mark.parametrize("name", OURS)
def test_every_setting_comes_by_the_environment_or_as_a_file_of_its_name(name: str) -> None:
    ours = service(name)

    variables = set(ours["environment"]) - OUTSIDE_SETTINGS
    files = {secret["source"] for secret in ours["secrets"]}

    assert {variable.lower() for variable in variables} | files == set(Environment.model_fields) - (
        set() if name == "web" else {"forwarded_allow_ips"}
    )
    assert files == SECRETS
    assert {secret["target"] for secret in ours["secrets"]} == {f"/run/secrets/{secret}" for secret in SECRETS}


def test_the_release_is_the_version_of_this_code() -> None:
    release = Environment.model_fields["release"].default

    assert service("web")["environment"]["RELEASE"] == release
    assert {service(name)["image"] for name in OURS} == {f"rotation-decisions:{release}"}
    assert service("web")["build"]["args"] == {"VERSION": release}


@FILES
def test_nothing_writes_to_its_image_or_gains_rights_or_grows_without_bound(files: tuple[str, ...]) -> None:
    services = read(*files)["services"].items()
    confined = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}

    assert [name for name, each in services if {rule: each.get(rule) for rule in confined} != confined] == []
    assert [name for name, each in services if not (int(each["mem_limit"]) and each["pids_limit"])] == []
    assert [name for name, each in services if not all("size=" in mount for mount in each["tmpfs"])] == []


@FILES
def test_nothing_is_root_and_all_but_migrate_comes_back(files: tuple[str, ...]) -> None:
    services = read(*files)["services"].items()

    # The user of our own image is its own, 10001.
    assert [name for name, each in services if name not in OURS and each.get("user", "root") in {"root", "0"}] == []
    assert [name for name, each in services if each["restart"] != "unless-stopped"] == ["migrate"]


@FILES
def test_every_image_is_pinned_to_a_version(files: tuple[str, ...]) -> None:
    images = {name: each["image"] for name, each in read(*files)["services"].items()}

    assert {name for name, image in images.items() if not re.search(r":[0-9]+\.[0-9]+", image)} == set()


def test_only_who_needs_the_database_reaches_it_and_only_nginx_is_reached() -> None:
    services = read()["services"]

    back = {name for name, each in services.items() if "back" in each["networks"]}
    front = {name for name, each in services.items() if "front" in each["networks"]}
    published = {name for name, each in services.items() if "ports" in each}

    assert (back, front, published) == ({"postgres", *OURS}, {"nginx", "web"}, {"nginx"})
    assert read()["networks"]["back"]["internal"]


def test_only_the_network_of_nginx_is_believed_about_who_asks() -> None:
    [subnet] = read()["networks"]["front"]["ipam"]["config"]

    assert service("web")["environment"]["FORWARDED_ALLOW_IPS"] == subnet["subnet"]


def test_a_model_of_ones_own_is_asked_on_a_network_without_a_way_out() -> None:
    model = read(COMPOSE, LOCAL_MODEL)
    web = service("web", COMPOSE, LOCAL_MODEL)

    assert set(model["services"]["model"]["networks"]) == {"model"}
    assert model["networks"]["model"]["internal"]
    assert set(web["networks"]) == {"back", "front", "model"}
    assert (web["environment"]["DECISION_PROVIDER"], web["environment"]["OPENAI_MODEL"]) == ("openai", "small:1b")


@FILES
def test_all_processes_of_the_service_read_the_same_settings(files: tuple[str, ...]) -> None:
    """An upkeep with a shorter deadline would close decisions that a web still waits for."""
    web, upkeep = (service(name, *files)["environment"] for name in ("web", "upkeep"))
    model = {name for name in web if name.startswith(("OPENAI_", "DECISION_PROVIDER"))}

    assert {name for name, value in upkeep.items() if web[name] != value} <= model


def test_a_database_of_ones_own_is_reached_by_all_that_need_it_and_waited_for_by_none() -> None:
    services = read(COMPOSE, OWN_DATABASE)["services"]

    assert "postgres" not in services
    assert [name for name in OURS if "front" not in services[name]["networks"]] == []
    assert [name for name in services if "postgres" in services[name].get("depends_on", {})] == []


def test_each_starts_when_what_it_needs_is_there() -> None:
    waits = {
        name: {needed: rule["condition"] for needed, rule in each.get("depends_on", {}).items()}
        for name, each in read()["services"].items()
    }
    ready = {"postgres": "service_healthy", "migrate": "service_completed_successfully"}

    assert waits == {
        "postgres": {},
        "migrate": {"postgres": "service_healthy"},
        "web": ready,
        "upkeep": ready,
        "nginx": {"web": "service_healthy"},
    }
    assert [name for name in OURS if service(name).get("healthcheck", {}).get("disable")] == ["migrate", "upkeep"]


def test_a_stop_waits_for_the_server_and_the_server_for_the_deadline() -> None:
    graceful = GUNICORN["graceful_timeout"]

    assert seconds(service("web")["stop_grace_period"]) >= graceful + 10
    assert seconds(service("nginx")["stop_grace_period"]) >= graceful + 10
    assert graceful >= upper_bound("decision_deadline_seconds") + 5


def test_the_pools_of_two_releases_side_by_side_fit_into_the_database() -> None:
    web = service("web")
    [connections] = [part.removeprefix("max_connections=") for part in service("postgres")["command"] if "max_" in part]
    workers, pool = (int(web["environment"][name]) for name in ("WEB_CONCURRENCY", "DATABASE_POOL_SIZE"))

    assert 2 * web["deploy"]["replicas"] * workers * pool + 10 <= int(connections)


def test_a_process_may_have_all_its_threads() -> None:
    web = service("web")
    workers, threads = (int(web["environment"][name]) for name in ("WEB_CONCURRENCY", "WEB_THREADS"))

    assert web["pids_limit"] >= workers * (threads + 32)
    assert threads > int(web["environment"]["DECISIONS_IN_FLIGHT"])
