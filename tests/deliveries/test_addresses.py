"""A number that Meta writes in another form: kept as Meta has it, and written to as that."""

from deliveries import lanes, outbox, outcome, send
from store import contacts
from store.documents.contact import Contact
from store.documents.delivery import Delivery
from tests.deliveries.conftest import Shop
from tests.makers import make_contact, order
from whatsapp.client import Accepted

MEXICO, METAS = "525512345678", "5215512345678"


def claimed(shop: Shop, person: Contact) -> Delivery:
    """A message to them that is under way."""
    outbox.owe(shop.rt.db, order(person, "event:9", due_at=shop.now), shop.now)
    [row] = send.claim(shop.rt, lanes.lease(shop.rt, shop.now, 10), shop.now)
    return row


def test_what_meta_calls_a_number_is_where_the_next_message_goes(shop: Shop) -> None:
    person = make_contact(shop.rt.db, MEXICO)
    owed = claimed(shop, person)
    before = send.body_of(owed, person)

    outcome.record(shop.rt, [(owed, Accepted("wamid.1", METAS, held=False))], shop.now)

    known = contacts.by_ids(shop.rt.db, [person["_id"]])[person["_id"]]
    assert known["wa_id"] == MEXICO, "one person, whatever the number is called"
    assert (before["to"], send.body_of(owed, known)["to"]) == (f"+{MEXICO}", f"+{METAS}")


def test_a_usual_number_is_not_written_down_twice(shop: Shop) -> None:
    owed = claimed(shop, shop.chen)

    outcome.record(shop.rt, [(owed, Accepted("wamid.1", shop.chen["wa_id"], held=False))], shop.now)

    assert "meta_wa_id" not in contacts.by_ids(shop.rt.db, [shop.chen["_id"]])[shop.chen["_id"]]


def test_a_number_that_changed_since_is_not_written_to_as_before(shop: Shop) -> None:
    person = make_contact(shop.rt.db, "919812345670")
    person["meta_wa_id"] = METAS

    assert send.body_of(claimed(shop, person), person)["to"] == "+919812345670"
