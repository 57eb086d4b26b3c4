"""What a process holds, built once and passed in; importing a module connects to nothing."""

from dataclasses import dataclass

from config import clock
from config.settings import Settings
from store import mongo, redis
from store.pace import Pace
from whatsapp.client import WhatsApp


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings and the three that are outside: MongoDB, Redis, Meta."""

    settings: Settings
    db: mongo.Db
    redis: redis.RedisClient
    whatsapp: WhatsApp
    pace: Pace


def build(settings: Settings, *, db_timeout_s: float = 10.0) -> Runtime:
    """A runtime for this process. Connects when first used; not to be shared across a fork."""
    clock.follow(settings.clock_file)
    client = redis.connect(settings.redis_url)
    return Runtime(
        settings=settings,
        db=mongo.connect(settings.mongodb_uri, timeout_s=db_timeout_s),
        redis=client,
        whatsapp=WhatsApp(
            settings.graph_api_url,
            settings.graph_api_version,
            settings.whatsapp_access_token.get_secret_value(),
            settings.whatsapp_phone_number_id,
            settings.whatsapp_business_account_id,
        ),
        pace=Pace(client, settings.whatsapp_phone_number_id, settings.messages_per_s),
    )
