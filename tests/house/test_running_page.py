"""The pages tell of every figure that is measured, every collection and every package."""

import re
import tomllib
from importlib import import_module

from prometheus_client.parser import text_string_to_metric_families

from config.settings import ROOT
from ops import figures
from runtime import Runtime
from store import migrations
from tests.house import pages

RUNNING = ROOT / "docs" / "running.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"


def test_every_metric_is_on_the_page(rt: Runtime) -> None:
    families = text_string_to_metric_families(figures.text(rt).decode())
    measured = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in families
        if family.name.startswith("drumbeat_") and not family.name.endswith("_created")
    }
    told = set(re.findall(r"drumbeat_\w+", RUNNING.read_text("utf-8")))
    assert told == measured


def test_every_collection_is_in_the_architecture() -> None:
    told = set(pages.table(ARCHITECTURE, "What MongoDB holds"))
    modules = [import_module(f"store.migrations.{name}") for name in migrations.names()]
    made = {name for module in modules for name in getattr(module, "COLLECTIONS", ())}
    assert told == {*made, "migrations"}


def test_the_architecture_has_the_packages_in_the_order_of_the_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    place = {name: depth for depth, layer in enumerate(layers) for name in layer.split(" | ")}
    text = ARCHITECTURE.read_text("utf-8").split("\n## Parts\n")[1].split("\n## ")[0]
    told = [
        name
        for names in re.findall(r"^\|[^|]*\| ([^|]+) \|", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    ]
    ours = [name for name in told if name in place]
    assert set(ours) == set(place)
    assert [place[name] for name in ours] == sorted(place[name] for name in ours)
