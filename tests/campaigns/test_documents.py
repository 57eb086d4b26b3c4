"""A campaign document's faults, each by its path, in a sentence, all at once."""

from typing import Any

import pytest

from campaigns.documents import InvalidCampaignError, TriggeredCampaign, read

GOOD: dict[str, Any] = {
    "campaign": "price_list",
    "type": "triggered",
    "message": {
        "template": "price_list",
        "language": "en",
        "parameters": {"first_name": "{{ contact.first_name | default('friend') }}"},
    },
}


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(InvalidCampaignError) as caught:
        read({**GOOD, **changes})
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_good_one_is_read() -> None:
    document = read(
        {
            **GOOD,
            "trigger": {"intent": "price_enquiry"},
            "delay": "30m",
            "reentry": {"cooldown": "24h"},
            "cancel_if": {"event": "order_placed"},
            "goal": {"event": "order_placed", "within": "7d"},
            "audience": {"segments": ["vip"], "exclude_segments": ["staff"]},
            "limits": {"ignore_quiet_hours": True},
            "reply_window": "48h",
        }
    )

    assert isinstance(document, TriggeredCampaign)
    assert (document.delay, document.reply_window) == (1800, 172_800)


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"campaign": "price list"}, "campaign", "is no name"),
        ({"type": "often"}, "type", "triggered"),
        ({"schedule": {}}, "schedule", "is no key of a campaign"),
        ({"delay": "soon"}, "delay", "is not a duration"),
        ({"trigger": {}}, "trigger", "exactly one of intent, event, button"),
        ({"trigger": {"intent": "a", "event": "b"}}, "trigger", "exactly one"),
        ({"trigger": {"event": "segment_entered"}}, "trigger", "written segment_entered: NAME"),
        ({"trigger": {"event": "e", "from": 1}}, "trigger", "go with `attribute_changed`"),
        ({"trigger": {"intent": "a", "where": {"b": 1}}}, "trigger", "goes with one"),
        ({"trigger": {"event": "e", "where": {"b": {"gtt": 1}}}}, "trigger.where", "no operator"),
        ({"trigger": {"event": "e", "where": {}}}, "trigger.where", "expected properties"),
        ({"cancel_if": {"intent": "a"}}, "cancel_if", "nothing that is said"),
        ({"active_hours": {"between": ["10:00", "10:00"]}}, "active_hours", "begin when they end"),
        ({"active_hours": {"between": ["10:00", "25:00"]}}, "active_hours.between.1", "no time"),
        ({"active_hours": {"between": ["1:00", "12:00"]}}, "active_hours.between.0", "no time"),
        ({"trigger": {"attribute_changed": "a", "to": None}}, "trigger", "written {exists: false}"),
        ({"message": {}}, "message", "needs a template or a text"),
        ({"message": {"template": "x"}}, "message", "needs its language"),
        ({"message": {"text": "hi", "language": "en"}}, "message", "belong to a template"),
        ({"message": {"text": "{{ contcat.name }}"}}, "message.text", "'contcat' is unknown"),
        (
            {"message": {"text": "hi", "buttons": [{"id": "a", "title": "x" * 21}]}},
            "message.buttons.0.title",
            "20",
        ),
        (
            {"message": {**GOOD["message"], "parameters": {"a": "{% for x in y %}"}}},
            "message.parameters.a",
            "is no template",
        ),
        (
            {"message": {**GOOD["message"], "header": {"text": "a", "image": {"id": "1"}}}},
            "message.header",
            "exactly one",
        ),
        (
            {"message": {**GOOD["message"], "header": {"image": {}}}},
            "message.header.image",
            "needs a link or an id",
        ),
        (
            {"message": {**GOOD["message"], "buttons": {"0": {}}}},
            "message.buttons.0",
            "exactly one",
        ),
        ({"goal": {"event": "x"}}, "goal.within", "required"),
        ({"message": {"text": "x" * 4097}}, "message.text", "is longer than 4096 characters"),
        ({"message": "hello"}, "message", "is no group of keys"),
        ({"audience": {"segments": "vip"}}, "audience.segments", "is no list"),
        ({"audience": {"segments": ["a b"]}}, "audience.segments.0", "is no name"),
        ({"limits": {"ignore_quiet_hours": "perhaps"}}, "limits.ignore_quiet_hours", "boolean"),
        ({"limits": {"stop_if_failing": 25}}, "limits.stop_if_failing", "a share such as 25%"),
        ({"limits": {"stop_if_failing": "0%"}}, "limits.stop_if_failing", "a share such as"),
        ({"limits": {"rate_per_s": 0}}, "limits.rate_per_s", "greater than or equal to 1"),
        ({"reentry": "sometimes"}, "reentry", "'once' or 'always'"),
        ({"reentry": {"cooldown": "soon"}}, "reentry.cooldown", "is not a duration"),
        ({"reentry": {"cooldown": "1d", "x": 1}}, "reentry.x", "is no key of a campaign"),
        (
            {"message": {**GOOD["message"], "parameters": {"a[0]": None}}},
            "message.parameters.a[0]",
            "expected a text",
        ),
        (
            {"message": {**GOOD["message"], "parameters": ["Asha", None]}},
            "message.parameters.1",
            "expected a text",
        ),
        (
            {"message": {**GOOD["message"], "buttons": {"first": {"payload": "X"}}}},
            "message.buttons.first",
            "is no number",
        ),
        (
            {"message": {"text": "x", "list": {"button": "b", "rows": []}}},
            "message.list.sections.0.rows",
            "is empty",
        ),
        (
            {
                "message": {
                    "text": "x",
                    "list": {"button": "b", "rows": [{"id": "1", "title": "t" * 25}]},
                }
            },
            "message.list.sections.0.rows.0.title",
            "is longer than 24 characters",
        ),
    ],
)
def test_each_fault_is_named_by_its_path(changes: dict[str, Any], path: str, says: str) -> None:
    found = faults(**changes)

    assert says in found.get(path, ""), found
    assert len(found) == 1, "and nothing else is wrong"


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(campaign="a b", delay="soon", nonsense=1)) == 3
