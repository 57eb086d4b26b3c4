"""What can be wrong with a campaign that an address names, as problem documents."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from api.problems import ProblemError
from campaigns.documents import InvalidCampaignError
from campaigns.service import ImpossibleStepError, UnknownCampaignError


def unknown() -> ProblemError:
    """Nothing is called so."""
    return ProblemError(HTTPStatus.NOT_FOUND, "There is no campaign with this name.")


@contextmanager
def told() -> Iterator[None]:
    """Within it, an unknown campaign is a 404, and what it cannot do now a 409 with the reason."""
    try:
        yield
    except UnknownCampaignError:
        raise unknown() from None
    except (ImpossibleStepError, InvalidCampaignError) as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
