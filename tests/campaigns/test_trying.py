"""A campaign's message can be tried on people by name, and copied, before it goes out."""

import pytest

from campaigns import trying
from campaigns.service import ImpossibleStepError
from contacts import consent
from contacts.identity import Identity
from store.documents.suppression import Scope
from tests.campaigns.conftest import Market


def test_a_test_reaches_those_named_and_no_report(market: Market) -> None:
    asha = market.person(1, consent={"state": "unknown", "source": "import", "at": market.now})
    market.person(2)
    market.define()

    [owed] = trying.send_test(market.rt, "diwali_offer", [f"+{asha['wa_id']}"], "asha", market.now)
    market.send()

    assert market.got() == {asha["wa_id"]: 1}
    assert owed["triggered_by"]["test_of"] == "diwali_offer"
    assert owed["campaign"] is None


def test_whoever_said_stop_gets_no_test_either(market: Market) -> None:
    asha = market.person(1)
    consent.suppress(
        market.rt.db, Identity(asha["wa_id"]), scope=Scope.ALL, until=None, source="keyword",
        reason=None, evidence="1", now=market.now,
    )  # fmt: skip
    market.define()

    trying.send_test(market.rt, "diwali_offer", [str(asha["wa_id"])], "asha", market.now)
    market.send()

    assert market.got() == {}


def test_where_one_of_them_is_not_known_nobody_gets_it(market: Market) -> None:
    asha = market.person(1)
    market.define()

    with pytest.raises(ImpossibleStepError, match="number 2: nobody is known"):
        trying.send_test(
            market.rt, "diwali_offer", [str(asha["wa_id"]), "+6591234567"], "asha", market.now
        )

    assert market.rt.db.deliveries.count_documents({}) == 0


def test_a_copy_is_a_draft_of_its_own(market: Market) -> None:
    market.people(1)
    market.start()
    market.tick()

    copy = trying.duplicate(market.rt.db, "diwali_offer", "holi_offer", "bilal", market.now)

    assert (copy["_id"], copy["state"], copy["version"]) == ("holi_offer", "draft", 1)
    assert copy["definition"]["message"] == market.campaign()["definition"]["message"]
    with pytest.raises(ImpossibleStepError, match="there is a campaign holi_offer already"):
        trying.duplicate(market.rt.db, "diwali_offer", "holi_offer", "bilal", market.now)
