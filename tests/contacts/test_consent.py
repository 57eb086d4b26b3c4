"""Do not disturb: kept by identity, with its history, and only ever as narrow as was asked."""

from datetime import timedelta
from typing import Any

import pytest

from contacts import consent
from contacts.identity import Identity
from store import mongo, suppressions
from store.documents.suppression import Scope
from tests.clock import NOW

ASHA = Identity("919812345670")


def suppress(db: mongo.Db, scope: Scope, who: Identity = ASHA, **fields: Any) -> None:
    given = {"until": None, "source": "keyword", "reason": None, "evidence": "wamid.1", "now": NOW}
    consent.suppress(db, who, scope=scope, **{**given, **fields})


def lift(db: mongo.Db, **fields: Any) -> None:
    given = {"source": "keyword", "reason": None, "evidence": "wamid.2", "now": NOW}
    consent.lift(db, ASHA, **{**given, **fields})


def stands(db: mongo.Db, at: timedelta = timedelta(0), who: Identity = ASHA) -> Scope | None:
    return consent.standing_scope(db, who, NOW + at)


def history(db: mongo.Db) -> list[str]:
    found = suppressions.find(db, ["wa_id:919812345670"])
    return [line["change"] for line in found["wa_id:919812345670"]["history"]]


def test_what_was_stopped_is_held_back_until_it_is_lifted(db: mongo.Db) -> None:
    assert stands(db) is None
    suppress(db, Scope.ALL)
    assert stands(db) is Scope.ALL
    lift(db)
    assert stands(db) is None
    assert history(db) == ["suppressed", "lifted"]


def test_turning_marketing_off_does_not_narrow_a_stop(db: mongo.Db) -> None:
    suppress(db, Scope.ALL)
    suppress(db, Scope.MARKETING)

    assert stands(db) is Scope.ALL


def test_marketing_that_comes_back_leaves_a_stop_standing(db: mongo.Db) -> None:
    suppress(db, Scope.ALL)
    lift(db, only=Scope.MARKETING)

    assert stands(db) is Scope.ALL


def test_a_time_that_is_over_is_over(db: mongo.Db) -> None:
    suppress(db, Scope.MARKETING, until=NOW + timedelta(days=30))

    assert stands(db, timedelta(days=29)) is Scope.MARKETING
    assert stands(db, timedelta(days=30)) is None


def test_a_repeat_is_kept_once(db: mongo.Db) -> None:
    suppress(db, Scope.ALL)
    suppress(db, Scope.ALL)

    assert history(db) == ["suppressed"]


@pytest.mark.parametrize(
    ("source", "own"), [("keyword", True), ("preference", True), ("rule", False), ("api", False)]
)
def test_a_persons_own_wish_is_told_apart(db: mongo.Db, source: str, own: bool) -> None:
    suppress(db, Scope.MARKETING, source=source)

    assert consent.asked_for_it(db, ASHA) is own


def test_both_names_of_a_person_are_held(db: mongo.Db) -> None:
    suppress(db, Scope.ALL, Identity("919812345670", "IN.1"))

    assert stands(db, who=Identity(None, "IN.1")) is Scope.ALL
    assert stands(db, who=ASHA) is Scope.ALL


def test_the_number_itself_is_no_key(db: mongo.Db) -> None:
    suppress(db, Scope.ALL)
    suppressions.anonymise(db, ["wa_id:919812345670"])

    assert stands(db) is Scope.ALL
    assert "9812345670" not in str(list(db.suppressions.find()))


def test_two_names_that_turn_out_to_be_one_share_the_wider_scope(db: mongo.Db) -> None:
    suppress(db, Scope.ALL, Identity(None, "IN.1"))
    suppress(db, Scope.MARKETING, ASHA)

    suppressions.share(db, ["wa_id:919812345670", "bsuid:IN.1"])

    assert stands(db, who=ASHA) is Scope.ALL


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("source", ["rule", "api"])
def test_thirty_days_of_a_rules_do_not_end_what_a_person_asked_for(
    db: mongo.Db, source: str, scope: Scope
) -> None:
    suppress(db, scope)
    suppress(db, scope, source=source, until=NOW + timedelta(days=30), evidence="event:2")

    assert stands(db, timedelta(days=31)) is scope
    assert consent.asked_for_it(db, ASHA)


def test_a_persons_wish_outlasts_a_rules_thirty_days(db: mongo.Db) -> None:
    suppress(db, Scope.ALL, source="rule", until=NOW + timedelta(days=30))
    suppress(db, Scope.ALL, evidence="wamid.2")

    assert stands(db, timedelta(days=31)) is Scope.ALL
    assert history(db) == ["suppressed", "suppressed"]


def test_lifting_what_does_not_stand_leaves_no_trace(db: mongo.Db) -> None:
    lift(db)

    assert suppressions.find(db, ["wa_id:919812345670"]) == {}


def test_marketing_that_comes_back_is_lifted_alone(db: mongo.Db) -> None:
    suppress(db, Scope.MARKETING)
    lift(db, only=Scope.MARKETING)

    assert stands(db) is None
    assert history(db) == ["suppressed", "lifted"]


def test_what_the_shop_sets_for_a_day_does_not_end_what_the_person_asked_for(
    db: mongo.Db,
) -> None:
    suppress(db, Scope.MARKETING)
    tomorrow = NOW + timedelta(days=1)
    suppress(db, Scope.ALL, source="rule", until=tomorrow, evidence="event:1")

    assert stands(db) is Scope.ALL
    assert stands(db, timedelta(days=2)) is Scope.MARKETING


def test_a_wish_said_while_the_shop_holds_everything_back_is_kept(db: mongo.Db) -> None:
    suppress(db, Scope.ALL, source="rule", until=NOW + timedelta(days=1), evidence="event:1")
    suppress(db, Scope.MARKETING)

    assert stands(db) is Scope.ALL
    assert stands(db, timedelta(days=2)) is Scope.MARKETING


def test_a_wish_that_is_taken_back_leaves_what_the_shop_set(db: mongo.Db) -> None:
    suppress(db, Scope.MARKETING)
    suppress(db, Scope.ALL, source="rule", until=NOW + timedelta(days=1), evidence="event:1")
    lift(db, only=Scope.MARKETING)

    assert stands(db) is Scope.ALL
    assert stands(db, timedelta(days=2)) is None
