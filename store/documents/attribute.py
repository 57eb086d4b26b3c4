"""What kind of value an attribute holds: the same for every contact that has it."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict


class AttributeKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"  # an ISO text in the form of contacts/dates.py
    LIST = "list"  # of texts, numbers, true and false; only rules set one


class AttributeDefinition(TypedDict):
    """`_id` is the attribute's name. source: whose value was the first: import, rule, api …"""

    _id: str
    kind: AttributeKind
    source: str
    defined_at: datetime
