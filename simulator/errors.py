"""Meta's refusals: code, title, HTTP status and body.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

import secrets
from dataclasses import dataclass
from typing import Any

HELP = "/documentation/business-messaging/whatsapp/support/error-codes"


@dataclass(frozen=True)
class Known:
    """What Meta says about one code; `http` is the status of a synchronous refusal."""

    title: str
    http: int = 400


CODES: dict[int, Known] = {
    1: Known("API Unknown"),
    2: Known("API Service", 503),
    4: Known("API Too Many Calls", 429),
    10: Known("Permission Denied", 403),
    100: Known("Invalid parameter"),
    190: Known("Access token has expired", 401),
    200: Known("API Permission", 403),
    368: Known("Temporarily blocked for policies violations", 403),
    80007: Known("Rate limit issues", 429),
    130403: Known("Business blocked by user"),
    130429: Known("Rate limit hit", 429),
    130472: Known("User's number is part of an experiment"),
    130497: Known("Business account is restricted from messaging users in this country", 403),
    131000: Known("Something went wrong", 500),
    131005: Known("Access denied", 403),
    131008: Known("Required parameter is missing"),
    131009: Known("Parameter value is not valid"),
    131016: Known("Service unavailable", 500),
    131021: Known("Recipient cannot be sender"),
    131026: Known("Message undeliverable"),
    131030: Known("Recipient phone number not in allowed list"),
    131031: Known("Account has been locked", 403),
    131042: Known("Business eligibility payment issue"),
    131045: Known("Incorrect certificate", 500),
    131047: Known("Re-engagement message"),
    131048: Known("Spam rate limit hit", 429),
    131049: Known("This message was not delivered to maintain healthy ecosystem engagement."),
    131050: Known("User has stopped marketing messages"),
    131051: Known("Unsupported message type"),
    131053: Known("Media upload error"),
    131056: Known("(Business Account, Consumer Account) pair rate limit hit", 429),
    131057: Known("Business account in maintenance mode"),
    131059: Known("Invalid paging cursor"),
    131062: Known("Recipient identifier not allowed for this message"),
    132000: Known("Number of parameters does not match the expected number of params"),
    132001: Known("Template name does not exist in the translation", 404),
    132005: Known("Template Hydrated Text Too Long"),
    132007: Known("Template Format Character Policy Violated"),
    132012: Known("Parameter format does not match format in the created template"),
    132015: Known("Template is Paused"),
    132016: Known("Template is Disabled"),
    132018: Known("There was an issue with the template's parameters"),
    133010: Known("Phone number not registered"),
    134101: Known("Template is still being prepared for marketing messages"),
}


def title(code: int) -> str:
    """Meta's title of `code`; a code injected by a test may be one nobody has heard of."""
    return CODES[code].title if code in CODES else "Unknown error"


class GraphError(Exception):
    """A refusal, answered synchronously.

    code: Meta's. details: the sentence in `error_data`. subcode: only where Meta sends one.
    """

    def __init__(self, code: int, details: str, subcode: int | None = None) -> None:
        super().__init__(f"(#{code}) {title(code)}")
        self.code = code
        self.details = details
        self.subcode = subcode

    @property
    def http(self) -> int:
        return CODES[self.code].http if self.code in CODES else 400

    def body(self) -> dict[str, Any]:
        """What Meta answers: `{"error": {message, type, code, error_data, fbtrace_id}}`."""
        error: dict[str, Any] = {
            "message": str(self),
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": secrets.token_urlsafe(17),
        }
        if self.subcode is not None:
            error |= {"type": "GraphMethodException", "error_subcode": self.subcode}
        if self.code in (190, 100) and self.subcode is None:
            error["message"] = f"(#{self.code}) {self.details}"
        return {"error": error}


def unknown_object(node: str, verb: str) -> GraphError:
    """What Meta answers for an id it does not know: 100 with subcode 33."""
    return GraphError(
        100,
        f"Unsupported {verb} request. Object with ID '{node}' does not exist, cannot be loaded "
        "due to missing permissions, or does not support this operation",
        subcode=33,
    )


def reported(code: int, details: str | None = None) -> dict[str, Any]:
    """One entry of `errors` in a `failed` status webhook."""
    return {
        "code": code,
        "title": title(code),
        "message": title(code),
        "error_data": {"details": details or f"{title(code)}."},
        "href": HELP,
    }
