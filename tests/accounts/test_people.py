"""Accounts are let in, changed and shut; an admin is always left."""

import pytest

from accounts import people
from accounts.people import ImpossibleAccountError
from store import mongo, users
from store.documents.user import Role
from tests.clock import NOW


def test_the_last_admin_stays_one(db: mongo.Db) -> None:
    people.invite(db, "Asha", Role.ADMIN, NOW)
    people.invite(db, "Chen", Role.MARKETER, NOW)

    with pytest.raises(ImpossibleAccountError, match="last admin"):
        people.set_role(db, "Asha", Role.VIEWER)
    with pytest.raises(ImpossibleAccountError, match="last admin"):
        people.shut(db, "Asha", NOW)

    people.set_role(db, "Chen", Role.ADMIN)
    people.shut(db, "Asha", NOW)
    with pytest.raises(ImpossibleAccountError, match="last admin"):
        people.shut(db, "Chen", NOW)


def test_a_reset_keeps_the_role(db: mongo.Db) -> None:
    first = people.invite(db, "Chen", Role.MARKETER, NOW)

    assert people.reset(db, "Chen", NOW) != first
    user = users.find(db, "Chen")
    assert user is not None
    assert (user["role"], user["password_hash"]) == ("marketer", None)


def test_nobody_is_made_by_changing_somebody_who_is_not_there(db: mongo.Db) -> None:
    with pytest.raises(ImpossibleAccountError):
        people.end_sessions(db, "Bilal")
    assert users.find(db, "Bilal") is None
