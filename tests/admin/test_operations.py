"""How the machinery is stands on one page, with and without Redis."""

from flask.testing import FlaskClient

from config import metrics
from runtime import publisher
from runtime.publisher import Publisher
from store import mongo, queue, redis, senders
from tests.clock import NOW
from tests.conftest import PHONE_NUMBER_ID


def test_queues_processes_and_the_number_are_told(
    asha: FlaskClient, db: mongo.Db, red: redis.RedisClient
) -> None:
    queue.wake_sender(red)
    metrics.SWEEPS.inc()
    Publisher(red, publisher.CLOCK).push()
    senders.note(db, PHONE_NUMBER_ID, {"at": NOW, "field": "phone_number_quality_update"}, NOW)

    page = asha.get("/operations")

    assert page.status_code == 200
    assert '<th scope="row">sends</th><td>1</td>' in page.text
    assert "clock:" in page.text
    assert "quality update" in page.text
