"""The image and compose.yaml run what the Procfile says, and open no more than they must."""

import re
import shlex
from typing import Any

import pytest
import yaml

from app import create_app
from config.settings import ROOT, Settings
from demo.stack import procfile
from tests.house.test_settings import REQUIRED, SETTINGS, server_settings
from workers import worker

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = set(procfile())
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
STAGES = DOCKERFILE.split("\nFROM ")[1:]
KNOWN = SETTINGS | set(server_settings())
SECRETS = {name for name in REQUIRED if name not in ("MONGODB_URI", "REDIS_URL")}
PINNED = re.compile(r"[\w./-]+:\d+(\.\d+)*(-[\w.]+)*")


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def ignored() -> set[str]:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    return {line.rstrip("/") for line in lines if line and not line.startswith("#")}


def test_each_process_of_the_procfile_is_a_service_with_the_same_command() -> None:
    for name, command in procfile().items():
        assert SERVICES[name]["command"] == shlex.split(command)
        assert SERVICES[name]["build"] == "."


def test_every_variable_of_the_services_is_one_that_is_read() -> None:
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= KNOWN
        assert SERVICES[name]["env_file"] == ".env"
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert set(re.findall(r"\$\{(\w+)", text)) <= KNOWN


def test_no_secret_stands_in_compose() -> None:
    for service in SERVICES.values():
        assert not SECRETS & set(service.get("environment", {}))


def test_only_web_is_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    port = SERVICES["web"]["environment"]["PORT"]
    assert published["web"][0].endswith(f":{port}")


def test_the_stores_are_on_a_network_that_leads_nowhere() -> None:
    assert COMPOSE["networks"]["stores"]["internal"] is True
    for name in set(SERVICES) - OURS:
        assert SERVICES[name]["networks"] == ["stores"]


def test_every_service_is_started_again() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == (
            "on-failure" if name == "mongodb-initiate" else "unless-stopped"
        )


def test_what_is_stopped_gets_the_time_it_needs() -> None:
    gunicorn = (ROOT / "gunicorn.conf.py").read_text("utf-8")
    graceful = re.search(r"^graceful_timeout = (\d+)", gunicorn, re.MULTILINE)
    assert graceful
    assert seconds(SERVICES["web"]["stop_grace_period"]) > int(graceful[1])
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > worker._STOP_S
    assert all("stop_grace_period" in SERVICES[name] for name in {*OURS, "mongodb", "redis"})


def test_mongodb_is_the_replica_set_that_the_processes_ask_for() -> None:
    uri = SERVICES["web"]["environment"]["MONGODB_URI"]
    name = SERVICES["mongodb"]["command"][SERVICES["mongodb"]["command"].index("--replSet") + 1]
    initiate = SERVICES["mongodb-initiate"]
    assert f"replicaSet={name}" in uri
    assert f'rs.initiate({{_id: "{name}"' in initiate["command"][0]
    assert "isWritablePrimary" in initiate["command"][0]
    for process in OURS:
        waits = SERVICES[process]["depends_on"]
        assert waits["mongodb-initiate"]["condition"] == "service_completed_successfully"
        assert waits["redis"]["condition"] == "service_healthy"


def test_redis_keeps_what_it_holds() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert {"mongodb", "redis"} == set(COMPOSE["volumes"])


def test_only_web_is_asked_for_its_health_over_http() -> None:
    assert "healthcheck" not in SERVICES["web"]
    for name in OURS - {"web"}:
        assert SERVICES[name]["healthcheck"] == {"disable": True}


def test_every_image_is_pinned_by_a_tag() -> None:
    images = [stage.split()[0] for stage in STAGES]
    images += [service["image"] for name, service in SERVICES.items() if name not in OURS]
    for image in images:
        assert PINNED.fullmatch(image), image


def test_the_image_has_a_python_that_we_support_and_that_builds_the_engine() -> None:
    versions = set(re.findall(r"^FROM python:(\d+\.\d+)-slim-bookworm", DOCKERFILE, re.MULTILINE))
    assert len(versions) == 1
    version = tuple(map(int, versions.pop().split(".")))
    assert (3, 11) <= version < (3, 13)
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_compiler_stays_in_the_stage_that_needs_it() -> None:
    builder, image = STAGES
    assert "gcc" in builder
    assert "--require-hashes -r requirements.txt" in builder
    assert "apt-get" not in image
    assert "pip install" not in image


def test_the_image_runs_web_as_nobody_special() -> None:
    image = STAGES[-1]
    users = re.findall(r"^USER (\S+)", image, re.MULTILINE)
    assert users == ["drumbeat"]
    command = re.search(r"^CMD (\[.*\])", image, re.MULTILINE)
    assert command
    assert yaml.safe_load(command[1]) == shlex.split(procfile()["web"])
    assert not {name for name in SECRETS if name in DOCKERFILE}


def test_the_images_health_is_a_route_of_ours(settings: Settings) -> None:
    check = re.search(r"^HEALTHCHECK .*?/(\w+)'", STAGES[-1], re.MULTILINE)
    assert check
    app = create_app(settings)
    assert app.test_client().get(f"/{check[1]}").status_code == 200
    app.extensions["drumbeat"].db.client.close()


def test_neither_secrets_nor_data_get_into_the_image() -> None:
    assert {".env", ".env.*", ".git", ".data", ".venv"} <= ignored()


@pytest.mark.parametrize("part", ["app.py", "gunicorn.conf.py", "requirements.txt", "rules"])
def test_what_runs_gets_into_the_image(part: str) -> None:
    assert (ROOT / part).exists()
    assert part not in ignored()


def test_every_package_that_runs_gets_into_the_image() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages & ignored() == {"bench", "demo", "simulator", "tests"}
