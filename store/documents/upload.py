"""A file that a campaign shows above its message, as we uploaded it to Meta."""

from datetime import datetime
from typing import TypedDict


class Upload(TypedDict):
    """`_id` is a hash of the run (or campaign) and the link.

    media_id: Meta's, good until `expires_at`; None while somebody uploads, or where it could not
    be. due_at: from when on the next may try. fault: why the last did not succeed.
    """

    _id: str
    media_id: str | None
    expires_at: datetime
    due_at: datetime
    fault: str | None
