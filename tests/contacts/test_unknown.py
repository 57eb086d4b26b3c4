"""Names in a filter that nobody has: told, with what may have been meant."""

from typing import Any

import pytest

from campaigns import service
from contacts import attributes, segments, unknown
from contacts.filters.read import read
from store import mongo
from store.documents.attribute import AttributeKind
from store.documents.segment import SegmentKind
from tests.campaigns.test_documents import GOOD
from tests.clock import NOW
from tests.makers import make_contact


@pytest.fixture(autouse=True)
def known(db: mongo.Db) -> None:
    attributes.define(db, "city", AttributeKind.TEXT, "test", NOW)
    make_contact(db, segments=["vip"])
    segments.describe(db, "empty", SegmentKind.STATIC, None, NOW)
    service.define(db, "price_list", GOOD, "test", NOW)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"attributes.city": "Pune", "segments": {"has": "vip"}}, []),
        ({"segments": {"has": "empty"}, "campaign.price_list": "read"}, []),
        ({"attributes.citty": "Pune"}, ["nobody has an attribute 'citty'; did you mean 'city'?"]),
        ({"segments": {"lacks": "vpi"}}, ["there is no segment 'vpi'; did you mean 'vip'?"]),
        ({"campaign.zzz": "read"}, ["there is no campaign 'zzz'"]),
        ({"any": [{"attributes.x9": 1}, {"attributes.x9": 2}]}, ["nobody has an attribute 'x9'"]),
    ],
)
def test_what_nobody_has_is_told_once(db: mongo.Db, where: dict[str, Any], told: list[str]) -> None:
    assert unknown.warnings(db, read(where).tree) == told
