"""The dashboard and the alerts ask for figures that a running shop tells, under labels it has."""

import json
import re
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import AggregateExpr, Expr, MatchOp, MatrixSelector, VectorSelector

from config.settings import ROOT
from tests.house import pages
from tests.ops.conftest import Watched

FOLDER = ROOT / "docs" / "monitoring"
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
SHOWN = [
    (f"{panel['title']} {target['refId']}", target["expr"], target["legendFormat"])
    for panel in PANELS
    for target in panel.get("targets", [])
]
EXPRESSIONS = {name: expr for name, expr, _ in SHOWN} | {r["alert"]: r["expr"] for r in RULES}

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def told(watched: Watched) -> dict[str, list[dict[str, str]]]:
    """{name: the labels of its series}, as a whole shop tells it after one answer to Asha."""
    series: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(watched.metrics):
        for sample in family.samples:
            series.setdefault(sample.name, []).append(sample.labels)
    return series


def parsed(expr: str) -> Expr:
    return promql_parser.parse(expr.replace("$__rate_interval", "5m"))


def selectors(expr: Expr) -> list[VectorSelector]:
    found: list[VectorSelector] = []

    def look(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            found.append(node)
        elif isinstance(node, MatrixSelector):
            found.append(node.vector_selector)

    promql_parser.walk(expr, look)
    return found


def grouped_by(expr: Expr) -> set[str]:
    labels: set[str] = set()

    def look(node: Expr) -> None:
        if isinstance(node, AggregateExpr) and node.modifier is not None:
            labels.update(node.modifier.labels)

    promql_parser.walk(expr, look)
    return labels


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_series_that_is_asked_for_is_told(
    told: dict[str, list[dict[str, str]]], name: str
) -> None:
    expr = parsed(EXPRESSIONS[name])
    asked = selectors(expr)
    assert asked
    labels: set[str] = set()
    for selector in asked:
        assert selector.name in told, selector.name
        series = told[selector.name]
        labels |= {label for one in series for label in one}
        for matcher in selector.matchers.matchers:
            assert matcher.op in (MatchOp.Equal, MatchOp.Re)
            regex = matcher.op == MatchOp.Re
            for value in matcher.value.split("|") if regex else [matcher.value]:
                assert any(one.get(matcher.name) == value for one in series), (matcher.name, value)
    assert grouped_by(expr) <= labels


@pytest.mark.parametrize(("name", "expr", "legend"), SHOWN)
def test_a_legend_names_labels_that_are_left(
    told: dict[str, list[dict[str, str]]], name: str, expr: str, legend: str
) -> None:
    named = set(re.findall(r"\{\{(\w+)\}\}", legend))
    by = grouped_by(parsed(expr))
    had = {key for one in selectors(parsed(expr)) for each in told[one.name or ""] for key in each}
    assert named <= (by or had) - {"le"}


def test_the_dashboard_has_the_shape_that_grafana_imports() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert {"uid", "title", "time", "refresh", "templating"} <= DASHBOARD.keys()
    assert "id" not in DASHBOARD, "an id of another Grafana makes the import fail"
    (variable,) = DASHBOARD["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    ids = [panel["id"] for panel in PANELS]
    assert len(ids) == len(set(ids))
    for panel in PANELS:
        if panel["type"] == "row":
            continue
        assert panel["type"] in {"timeseries", "stat", "bargauge"}
        assert panel["title"]
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(references) == len(set(references))
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"] == {"type": "prometheus", "uid": f"${{{variable['name']}}}"}
        assert {"defaults", "overrides"} == panel["fieldConfig"].keys()


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_figure_is_on_the_dashboard() -> None:
    told = set(re.findall(r"drumbeat_\w+", (ROOT / "docs" / "running.md").read_text("utf-8")))
    shown = {one.name or "" for _, expr, _ in SHOWN for one in selectors(parsed(expr))}
    bare = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert bare == told


def test_an_alert_is_whole() -> None:
    for rule in RULES:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        matched = set(re.findall(r"\{(\w+)=~", rule["expr"]))
        assert labels <= grouped_by(parsed(rule["expr"])) | matched
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))


def test_the_page_says_what_to_do_about_each_alert() -> None:
    told = pages.table(ROOT / "docs" / "running.md", "What to be woken for")
    assert set(told) == {rule["alert"] for rule in RULES}
