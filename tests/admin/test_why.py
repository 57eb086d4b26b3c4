"""Their page says why somebody did, or did not, get a campaign, when it is asked."""

from flask.testing import FlaskClient

from store import mongo
from store.documents.campaign import CampaignState
from store.documents.delivery import DeliveryStatus
from tests.makers import ASHA
from tests.reports import rows


def test_one_campaign_or_all_are_answered_for(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db)
    rows.campaign(db, "prices", state=CampaignState.DRAFT)
    person = rows.contact(db, ASHA, "Asha")
    rows.brought(db, rows.run(db), DeliveryStatus.READ, person["_id"])
    page = f"/contacts/{person['_id']}"

    assert 'data-testid="answer"' not in asha.get(page).text
    one, every = asha.get(f"{page}?why=prices").text, asha.get(f"{page}?why=").text

    assert one.count('data-testid="answer"') == 1
    assert "No: nothing was ever owed." in one
    assert "It was never started." in one
    assert every.count('data-testid="answer"') == 2
    assert "Yes: it was delivered and read." in every


def test_a_campaign_that_is_not_there_is_said_not_to_be(asha: FlaskClient, db: mongo.Db) -> None:
    person = rows.contact(db, ASHA, "Asha")

    assert "no campaign of this name" in asha.get(f"/contacts/{person['_id']}?why=nowhere").text
    assert "There is no campaign yet." in asha.get(f"/contacts/{person['_id']}?why=").text
