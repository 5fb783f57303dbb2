"""compose.yaml agrees with the settings, the web server and the proxy."""

import re

import pytest
from pydantic import SecretStr

from config.boot import SPARE_THREADS
from config.environment import Environment
from tests.deploy.compose import (
    COMPOSE,
    GUNICORN,
    LOCAL_MODEL,
    NOT_SETTINGS,
    OUR_SERVICES,
    OWN_DATABASE,
    read,
    seconds,
    service,
    upper_bound,
)

pytestmark = pytest.mark.any_database

ALL_FILES = ((COMPOSE,), (COMPOSE, LOCAL_MODEL), (COMPOSE, OWN_DATABASE))
# Settings that are never printed, and those that contain a secret.
SECRETS = {name for name, field in Environment.model_fields.items() if field.annotation is SecretStr}
SECRETS |= {"database_url", "fingerprint_keys"}


def test_every_setting_is_a_variable_or_a_secret_file() -> None:
    for name in OUR_SERVICES:
        ours = service(name)
        variables = {variable.lower() for variable in set(ours["environment"]) - NOT_SETTINGS}
        files = {secret["source"] for secret in ours["secrets"]}
        not_needed = set() if name == "web" else {"forwarded_allow_ips"}

        assert variables | files == set(Environment.model_fields) - not_needed, name
        assert files == SECRETS, name
        assert {secret["target"] for secret in ours["secrets"]} == {f"/run/secrets/{each}" for each in SECRETS}, name


def test_release_is_the_version_of_this_code() -> None:
    release = Environment.model_fields["release"].default

    assert service("web")["environment"]["RELEASE"] == release
    assert {service(name)["image"] for name in OUR_SERVICES} == {f"rotation-decisions:{release}"}
    assert service("web")["build"]["args"] == {"VERSION": release}


def test_services_are_read_only_confined_and_bounded() -> None:
    confined = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}

    for files in ALL_FILES:
        services = read(*files)["services"].items()
        assert [name for name, each in services if {rule: each.get(rule) for rule in confined} != confined] == [], files
        assert [name for name, each in services if not (int(each["mem_limit"]) and each["pids_limit"])] == [], files
        assert [name for name, each in services if not all("size=" in mount for mount in each["tmpfs"])] == [], files


def test_no_service_writes_a_core_dump() -> None:
    """A dump would hold customers' texts and secrets. Compose prints a limit of 0 as an empty object."""
    for files in ALL_FILES:
        limits = {name: each.get("ulimits", {}).get("core") for name, each in read(*files)["services"].items()}
        assert [name for name, core in limits.items() if core != {}] == [], files


def test_no_service_is_root_and_all_but_migrate_restart() -> None:
    for files in ALL_FILES:
        services = read(*files)["services"]
        # Our own image sets its user, 10001.
        others = {name: each.get("user", "root") for name, each in services.items() if name not in OUR_SERVICES}
        assert [name for name, user in others.items() if user in {"root", "0"}] == [], files
        assert [name for name, each in services.items() if each["restart"] != "unless-stopped"] == ["migrate"], files


def test_every_image_is_pinned_to_a_version() -> None:
    for files in ALL_FILES:
        images = {name: each["image"] for name, each in read(*files)["services"].items()}
        assert {name for name, image in images.items() if not re.search(r":[0-9]+\.[0-9]+", image)} == set(), files


def test_networks_connect_only_what_must_talk() -> None:
    services = read()["services"]

    back = {name for name, each in services.items() if "back" in each["networks"]}
    front = {name for name, each in services.items() if "front" in each["networks"]}
    published = {name for name, each in services.items() if "ports" in each}

    assert (back, front, published) == ({"postgres", *OUR_SERVICES}, {"nginx", "web"}, {"nginx"})
    assert read()["networks"]["back"]["internal"]


def test_only_the_network_of_nginx_may_set_client_addresses() -> None:
    [subnet] = read()["networks"]["front"]["ipam"]["config"]

    assert service("web")["environment"]["FORWARDED_ALLOW_IPS"] == subnet["subnet"]


def test_local_model_is_on_an_internal_network() -> None:
    model = read(COMPOSE, LOCAL_MODEL)
    web = service("web", COMPOSE, LOCAL_MODEL)

    assert set(model["services"]["model"]["networks"]) == {"model"}
    assert model["networks"]["model"]["internal"]
    assert set(web["networks"]) == {"back", "front", "model"}
    assert (web["environment"]["DECISION_PROVIDER"], web["environment"]["OPENAI_MODEL"]) == ("openai", "small:1b")


def test_web_and_upkeep_have_the_same_settings() -> None:
    """An upkeep with a shorter deadline would close decisions that are still being made."""
    for files in ALL_FILES:
        web, upkeep = (service(name, *files)["environment"] for name in ("web", "upkeep"))
        model = {name for name in web if name.startswith(("OPENAI_", "DECISION_PROVIDER"))}
        assert {name for name, value in upkeep.items() if web[name] != value} <= model, files


def test_own_database_is_reached_without_the_postgres_service() -> None:
    services = read(COMPOSE, OWN_DATABASE)["services"]

    assert "postgres" not in services
    assert [name for name in OUR_SERVICES if "front" not in services[name]["networks"]] == []
    assert [name for name in services if "postgres" in services[name].get("depends_on", {})] == []


def test_services_start_after_what_they_need() -> None:
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
    assert [name for name in OUR_SERVICES if service(name).get("healthcheck", {}).get("disable")] == [
        "migrate",
        "upkeep",
    ]


def test_stop_waits_for_the_server_and_the_deadline() -> None:
    graceful = GUNICORN["graceful_timeout"]

    assert seconds(service("web")["stop_grace_period"]) >= graceful + 10
    assert seconds(service("nginx")["stop_grace_period"]) >= graceful + 10
    assert graceful >= upper_bound("decision_deadline_seconds") + 5


def test_pools_of_two_releases_fit_into_the_database() -> None:
    web = service("web")
    [connections] = re.findall(r"max_connections=(\d+)", " ".join(service("postgres")["command"]))
    workers, pool = (int(web["environment"][name]) for name in ("WEB_CONCURRENCY", "DATABASE_POOL_SIZE"))

    assert 2 * web["deploy"]["replicas"] * workers * pool + 10 <= int(connections)


def test_process_limit_covers_all_threads() -> None:
    web = service("web")
    workers, threads = (int(web["environment"][name]) for name in ("WEB_CONCURRENCY", "WEB_THREADS"))

    assert web["pids_limit"] >= workers * (threads + 32)
    held = (int(web["environment"][name]) for name in ("DECISIONS_IN_FLIGHT", "READS_IN_FLIGHT"))
    assert threads >= sum(held) + SPARE_THREADS
