"""An attribute is of one kind, which its first value gives it, whoever brings that."""

from typing import Any

import pytest

from contacts import attributes
from contacts.attributes import AttributeClashError, AttributeInUseError, Held
from store import attributes as stored
from store import mongo
from store.documents.attribute import AttributeKind
from tests.clock import NOW
from tests.makers import make_contact

TEXT, NUMBER, BOOLEAN, DATE, LIST = AttributeKind


@pytest.mark.parametrize(
    ("written", "kind", "kept"),
    [
        ("12", TEXT, "12"),
        ("true", TEXT, "true"),
        ("2026-01-31", TEXT, "2026-01-31"),
        ("12", NUMBER, 12),
        ("1.50", NUMBER, 1.5),
        ("Yes", BOOLEAN, True),
        ("0", BOOLEAN, False),
        ("2026-01-31", DATE, "2026-01-31"),
        ("2026-01-31 10:00", DATE, "2026-01-31T10:00:00Z"),
        ("tea; coffee;", LIST, ["tea", "coffee"]),
    ],
)
def test_a_cell_is_read_as_its_attribute_wants_it(
    written: str, kind: AttributeKind, kept: Any
) -> None:
    found = attributes.from_text(written, kind)

    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("written", "kind"),
    [("0091", NUMBER), ("1e5", NUMBER), ("yes", NUMBER), ("2", BOOLEAN), ("31/01/2026", DATE)],
)
def test_a_cell_that_cannot_be_read_so_is_refused(written: str, kind: AttributeKind) -> None:
    with pytest.raises(ValueError, match="must be") as told:
        attributes.from_text(written, kind)

    assert written not in str(told.value).replace("2026-01-31", "")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, TEXT), ("1", NUMBER), (True, NUMBER), (1, BOOLEAN), ("soon", DATE), (["a"], TEXT),
        ("a", LIST),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_a_clash(value: Any, kind: AttributeKind) -> None:
    with pytest.raises(ValueError, match="must be"):
        attributes.fitted(value, kind)


def test_the_first_value_decides_for_everybody(db: mongo.Db) -> None:
    first = attributes.hold(db, {"orders": 1, "likes": ("tea",)}, "rule", NOW)

    assert first == {"orders": 1, "likes": ["tea"]}
    assert attributes.hold(db, {"orders": 2.5}, "api", NOW) == {"orders": 2.5}
    with pytest.raises(AttributeClashError) as clash:
        attributes.hold(db, {"orders": "many"}, "api", NOW)
    assert clash.value.name == "orders"
    assert [(row["_id"], row["source"]) for row in stored.every(db)] == [
        ("likes", "rule"),
        ("orders", "rule"),
    ]


def test_of_two_first_values_at_once_one_decides(db: mongo.Db) -> None:
    one, other = Held(db, "import"), Held(db, "import")
    one.know(["pin"])
    other.know(["pin"])  # neither has seen it

    assert one.values({"pin": "0411"}, NOW) == {"pin": "0411"}
    with pytest.raises(AttributeClashError):
        other.values({"pin": 411001}, NOW)


def test_there_is_an_end_to_different_attributes(
    db: mongo.Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attributes, "MOST", 2)
    attributes.hold(db, {"a": 1, "b": 1}, "api", NOW)

    with pytest.raises(AttributeClashError, match="one more than 2"):
        attributes.hold(db, {"c": 1}, "api", NOW)


def test_a_kind_is_said_beforehand_and_changed_while_nobody_has_a_value(db: mongo.Db) -> None:
    attributes.define(db, "pin", NUMBER, "api", NOW)
    attributes.define(db, "pin", TEXT, "api", NOW)
    make_contact(db, attributes=attributes.hold(db, {"pin": "411001"}, "api", NOW))

    attributes.define(db, "pin", TEXT, "api", NOW)
    with pytest.raises(AttributeInUseError, match="pin is a text"):
        attributes.define(db, "pin", NUMBER, "api", NOW)
