"""Templates, accounts and new ids, as Meta tells us of them."""

from typing import Any

import pytest

from deliveries import send
from store import reach, senders, templates
from tests.events.conftest import ASHA, House, body


def tell(house: House, field: str, **value: Any) -> None:
    house.receive(body(field, value))


def template_event(house: House, event: str, **more: Any) -> None:
    tell(
        house,
        "message_template_status_update",
        event=event,
        message_template_id=594425479261501,
        message_template_name="price_list",
        message_template_language="en",
        **more,
    )


def test_a_paused_template_pauses_its_campaigns_and_says_why(house: House) -> None:
    template_event(house, "PAUSED", other_info={"title": "FIRST_PAUSE"})
    house.says(ASHA, "price")

    campaign = house.rt.db.campaigns.find_one({"_id": "price_list"})
    assert campaign is not None
    assert (campaign["state"], campaign["reason"]) == (
        "paused",
        "Meta: template price_list is paused",
    )
    assert house.texts() == []


def test_an_approved_template_is_usable_again(house: House) -> None:
    template_event(house, "PAUSED")
    template_event(house, "APPROVED", reason="NONE")

    template = templates.find(house.rt.db, "price_list", "en")
    assert template is not None
    assert template["status"] == "APPROVED"


def test_a_new_category_and_quality_are_kept(house: House) -> None:
    about = {"message_template_name": "price_list", "message_template_language": "en"}
    tell(
        house,
        "template_category_update",
        previous_category="MARKETING",
        new_category="UTILITY",
        **about,
    )
    tell(house, "message_template_quality_update", new_quality_score="RED", **about)

    template = templates.find(house.rt.db, "price_list", "en")
    assert template is not None
    assert (template["category"], template["quality"]) == ("UTILITY", "RED")


def test_an_impending_category_changes_nothing_yet(house: House) -> None:
    tell(
        house,
        "template_category_update",
        message_template_name="price_list",
        message_template_language="en",
        new_category="MARKETING",
        correct_category="UTILITY",
    )

    template = templates.find(house.rt.db, "price_list", "en")
    assert template is not None
    assert template["category"] == "MARKETING"


@pytest.mark.parametrize(
    "value",
    [
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
        {
            "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}],
        },
    ],
)
def test_a_banned_account_sends_nothing_and_keeps_everything(
    house: House, value: dict[str, Any]
) -> None:
    tell(house, "account_update", **value)
    house.says(ASHA, "price")

    assert house.texts() == []
    assert house.rt.db.deliveries.count_documents({"status": "pending"}) == 1

    senders.resume(house.rt.db, house.rt.whatsapp.phone_number_id, house.now)
    send.send_due(house.rt, house.clock)
    assert house.texts() == ["price_list"]


def test_news_of_the_number_are_kept_for_people_to_see(house: House) -> None:
    tell(
        house,
        "phone_number_quality_update",
        display_phone_number="15550783881",
        event="THROUGHPUT_UPGRADE",
        current_limit="TIER_UNLIMITED",
    )

    sender = senders.find(house.rt.db, house.rt.whatsapp.phone_number_id)
    assert sender is not None
    assert sender["notices"][0]["value"] == "TIER_UNLIMITED"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("business_capability_update", {"max_daily_conversations_per_business": 2000}),
        ("business_capability_update", {"max_daily_conversations_per_business": "TIER_2K"}),
        ("phone_number_quality_update", {"event": "ONBOARDING", "current_limit": "TIER_2K"}),
    ],
)
def test_a_new_messaging_limit_holds_from_then_on(
    house: House, field: str, value: dict[str, Any]
) -> None:
    tell(house, field, **value)

    row = reach.find(house.rt.db, house.rt.whatsapp.waba_id)
    assert row is not None
    assert row.get("limit") == 2000


def test_a_new_user_id_is_the_same_person(house: House) -> None:
    old, new = "IN.1349120865530274", "IN.2481730591287364"
    house.writes(ASHA, {"type": "text", "text": {"body": "STOP"}}, bsuid=old)
    tell(
        house,
        "user_id_update",
        user_id_update=[{"user_id": {"previous": old, "current": new}, "timestamp": "1795510000"}],
    )
    house.writes(None, {"type": "text", "text": {"body": "price"}}, bsuid=new)

    assert house.rt.db.contacts.count_documents({}) == 1
    assert house.contact(ASHA)["bsuid"] == new
    assert house.texts().count("price_list") == 0
