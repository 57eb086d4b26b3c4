"""What stays as it was started (`Config`) and what may be changed while running (`Settings`)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Loose(BaseModel):
    """JSON of ours: a key nobody knows is a mistake, but 1 is as good as 1.0."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Batch(Loose):
    """How updates are gathered into one POST. Meta puts up to 1,000 into one, and promises nothing.

    merge: whether neighbouring statuses share one `value`, as Meta sometimes does.
    """

    max: Annotated[int, Field(ge=1, le=1000)] = 1
    window_ms: Annotated[int, Field(ge=0)] = 0
    merge: bool = False


class PairRate(Loose):
    """One message per `every_s` to the same person, and a burst on top."""

    every_s: Annotated[float, Field(gt=0)] = 6.0
    burst: Annotated[int, Field(ge=1)] = 45


class Retry(Loose):
    """Waits after a webhook that was not answered with 200. Meta's are longer, not different."""

    first_s: Annotated[float, Field(ge=0)] = 0.5
    factor: Annotated[float, Field(ge=1)] = 2.0
    max_s: Annotated[float, Field(ge=0)] = 30.0
    give_up_s: Annotated[float, Field(gt=0)] = 7 * 86400.0


class Crowd(Loose):
    """How numbers nobody added by hand behave; drawn from the number itself, so runs repeat."""

    auto_read: Share = 0.0
    no_whatsapp: Share = 0.0
    offline: Share = 0.0


class Settings(Loose):
    """`PUT /sim/settings`. latency_ms: shortest and longest wait before each next status.

    pair_rate and throughput (messages a second): null turns the limit off.
    repeats: the probability that an acknowledged body is posted a second time.
    shuffle: statuses leave in random order. messaging_limit: what the number says it
    may; told, and not enforced.
    """

    webhook_url: str = ""
    latency_ms: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] = (20, 120)
    batch: Batch = Batch()
    repeats: Share = 0.0
    shuffle: bool = False
    window_hours: Annotated[float, Field(gt=0)] = 24.0
    pair_rate: PairRate | None = PairRate()
    throughput: Annotated[int, Field(ge=1)] | None = 80
    messaging_limit: Annotated[str, Field(pattern=r"^TIER_(UNLIMITED|NOT_SET|[1-9]\d*K?)$")] = (
        "TIER_UNLIMITED"
    )
    retry: Retry = Retry()
    webhook_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    crowd: Crowd = Crowd()


@dataclass(frozen=True)
class Config:
    """Who we pretend to be and where we listen.

    port: 0 picks a free one. data: a folder that remembers people, templates and conversations;
    None keeps all in memory. keep: how many messages are remembered (counts stay exact beyond it).
    clock: seconds since the epoch; windows and rates are measured with it.
    """

    host: str = "127.0.0.1"
    port: int = 8020
    data: Path | None = None
    app_secret: str = "simulated-app-secret"  # noqa: S105 - there is nothing behind it to protect
    access_token: str = "simulated-access-token"  # noqa: S105 - as above
    phone_number_id: str = "106540352242922"
    waba_id: str = "102290129340398"
    display_phone_number: str = "15550783881"
    verified_name: str = "Drumbeat Demo"
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    keep: int = 100_000
    senders: int = 4
    sample_people: bool = True
    clock: Callable[[], float] = time.time
