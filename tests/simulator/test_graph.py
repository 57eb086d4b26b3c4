"""The rest of Meta's API that Drumbeat uses: numbers, templates, media, subscriptions."""

import hashlib

import pytest

from tests.simulator.conftest import Business, Sim, code


def test_templates_are_listed_page_by_page(sim: Sim) -> None:
    url: str | None = f"{sim.graph}/{sim.handle.config.waba_id}/message_templates?limit=3"
    names, pages = [], 0
    while url:
        page = sim.http.get(url, timeout=5).json()
        names += [each["name"] for each in page["data"]]
        url, pages = page["paging"].get("next"), pages + 1
    assert names == ["price_list", "order_update", "club_news", "diwali_offer", "hello_world"]
    assert pages == 2


def test_only_the_asked_for_fields_are_listed(sim: Sim) -> None:
    url = f"{sim.graph}/{sim.handle.config.waba_id}/message_templates"
    answer = sim.http.get(url, params={"fields": "name,status", "name": "price_list"}, timeout=5)
    (row,) = answer.json()["data"]
    assert set(row) == {"id", "name", "status"}


@pytest.mark.parametrize(
    ("query", "expected"), [({"after": "nonsense"}, 131059), ({"limit": "0"}, 100)]
)
def test_a_bad_cursor_or_limit_is_refused(sim: Sim, query: dict[str, str], expected: int) -> None:
    url = f"{sim.graph}/{sim.handle.config.waba_id}/message_templates"
    assert code(sim.http.get(url, params=query, timeout=5)) == expected


def test_a_number_tells_its_quality_and_throughput(sim: Sim) -> None:
    url = f"{sim.graph}/{sim.handle.config.phone_number_id}"
    sim.control("PUT", "/settings", {"throughput": 80})
    found = sim.http.get(url, timeout=5).json()
    assert found["quality_rating"] == "GREEN"
    assert found["throughput"] == {"level": "STANDARD"}
    assert set(sim.http.get(url, params={"fields": "id"}, timeout=5).json()) == {"id"}
    assert code(sim.http.get(f"{sim.graph}/4711", timeout=5)) == 100
    assert sim.http.get(f"{sim.graph}/{sim.handle.config.waba_id}", timeout=5).json()["name"]


def test_an_upload_can_be_described_fetched_and_sent(sim: Sim) -> None:
    number = f"{sim.graph}/{sim.handle.config.phone_number_id}"
    files = {"file": ("offer.png", b"\x89PNG-bytes", "image/png")}
    data = {"messaging_product": "whatsapp"}
    media_id = sim.http.post(f"{number}/media", data=data, files=files, timeout=5).json()["id"]

    found = sim.http.get(f"{sim.graph}/{media_id}", timeout=5).json()

    assert found["mime_type"] == "image/png"
    assert found["sha256"] == hashlib.sha256(b"\x89PNG-bytes").hexdigest()
    assert sim.http.get(found["url"], timeout=5).content == b"\x89PNG-bytes"
    assert code(sim.http.post(f"{number}/media", data=data, timeout=5)) == 100


def test_a_new_webhook_address_must_answer_the_challenge(sim: Sim, business: Business) -> None:
    url = f"{sim.graph}/{sim.handle.config.waba_id}/subscribed_apps"
    wanted = {"override_callback_uri": f"{business.url}?new", "verify_token": "right"}
    assert sim.http.post(url, json={**wanted, "verify_token": "no"}, timeout=5).status_code == 400
    assert sim.http.post(url, json=wanted, timeout=5).json() == {"success": True}
    assert sim.control("GET", "/settings")["webhook_url"] == f"{business.url}?new"
    assert len(sim.http.get(url, timeout=5).json()["data"]) == 1


def test_a_path_without_a_version_is_no_graph_path(sim: Sim) -> None:
    url = f"{sim.handle.url}/x/{sim.handle.config.phone_number_id}/messages"
    assert code(sim.http.post(url, json={}, timeout=5)) == 100
