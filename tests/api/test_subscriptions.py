"""Systems subscribe through the API, and the secret is told once."""

from store import mongo
from store.documents.subscription import SubscriptionState
from tests.api.conftest import Caller

CRM = {"url": "https://crm.example/hook", "events": ["read", "failed"]}


def test_a_subscription_is_made_changed_and_dropped(call: Caller, db: mongo.Db) -> None:
    made = call("PUT", "/subscriptions/crm", json=CRM)
    changed = call("PUT", "/subscriptions/crm", json={**CRM, "events": ["read"]})

    assert (made.status_code, changed.status_code) == (201, 200)
    assert made.json is not None
    assert changed.json is not None
    assert len(made.json["secret"]) == 64
    assert (changed.json["secret"], changed.json["events"]) == (None, ["read"])
    assert made.json["secret"] not in str(list(db.subscriptions.find()))
    assert call("DELETE", "/subscriptions/crm").status_code == 204
    assert call("GET", "/subscriptions/crm").status_code == 404


def test_one_that_was_stopped_goes_on(call: Caller, db: mongo.Db) -> None:
    call("PUT", "/subscriptions/crm", json=CRM)
    db.subscriptions.update_one({}, {"$set": {"state": SubscriptionState.STOPPED}})

    answer = call("POST", "/subscriptions/crm/resume")

    assert answer.json is not None
    assert answer.json["state"] == "active"


def test_its_posts_come_page_by_page(call: Caller, db: mongo.Db) -> None:
    call("PUT", "/subscriptions/crm", json=CRM)
    at = db.subscriptions.find_one({})["told_until"]  # type: ignore[index]  # it was just made
    for count in range(1, 6):
        db.tellings.insert_one(
            {"subscription": "crm", "at": at, "since": at, "until": at, "count": count,
             "error": None, "again": False}
        )  # fmt: skip
    seen, cursor = [], ""
    while True:
        page = call("GET", f"/subscriptions/crm/posts?limit=2{cursor}").json
        assert page is not None
        seen += [post["count"] for post in page["posts"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert seen == [5, 4, 3, 2, 1]
    assert call("GET", "/subscriptions/crm/posts?cursor=x").status_code == 400


def test_where_it_cannot_be_the_sentence_says_why(call: Caller) -> None:
    answer = call("PUT", "/subscriptions/crm", json={**CRM, "url": "http://crm.example/"})

    assert answer.status_code == 422
    assert "https://" in answer.text
