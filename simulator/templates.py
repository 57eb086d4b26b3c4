"""The approved templates a fresh simulator knows, and finding one. Pure."""

from collections.abc import Iterable
from typing import Any

from simulator.errors import GraphError

Template = dict[str, Any]


def samples() -> list[Template]:
    """Meta-shaped: what `GET /{waba_id}/message_templates` lists."""
    return [
        {
            "id": "594425479261501",
            "name": "price_list",
            "language": "en",
            "status": "APPROVED",
            "category": "MARKETING",
            "parameter_format": "NAMED",
            "quality_score": {"score": "GREEN"},
            "components": [
                {
                    "type": "BODY",
                    "text": "Hi {{first_name}}, here is our price list for this season.",
                    "example": {
                        "body_text_named_params": [{"param_name": "first_name", "example": "Asha"}]
                    },
                },
                {"type": "FOOTER", "text": "Tap Stop promotions to hear no more offers"},
                {
                    "type": "BUTTONS",
                    "buttons": [
                        {"type": "QUICK_REPLY", "text": "See offers"},
                        {"type": "QUICK_REPLY", "text": "Talk to us"},
                        {"type": "QUICK_REPLY", "text": "Stop promotions"},
                    ],
                },
            ],
        },
        {
            "id": "594425479261502",
            "name": "order_update",
            "language": "en",
            "status": "APPROVED",
            "category": "UTILITY",
            "parameter_format": "POSITIONAL",
            "quality_score": {"score": "GREEN"},
            "components": [
                {"type": "HEADER", "format": "TEXT", "text": "Your order"},
                {
                    "type": "BODY",
                    "text": "Hello {{1}}, your order {{2}} is on its way.",
                    "example": {"body_text": [["Asha", "A-1001"]]},
                },
            ],
        },
        {
            "id": "594425479261505",
            "name": "club_news",
            "language": "en",
            "status": "APPROVED",
            "category": "MARKETING",
            "parameter_format": "NAMED",
            "quality_score": {"score": "GREEN"},
            "components": [
                {
                    "type": "BODY",
                    "text": "Hi {{first_name}}, news from the cooks' club: {{news}}. See you soon!",
                    "example": {
                        "body_text_named_params": [
                            {"param_name": "first_name", "example": "Asha"},
                            {"param_name": "news", "example": "season your tawa with oil"},
                        ]
                    },
                },
                {"type": "FOOTER", "text": "Write STOP to hear no more"},
            ],
        },
        {
            "id": "594425479261503",
            "name": "diwali_offer",
            "language": "en",
            "status": "APPROVED",
            "category": "MARKETING",
            "parameter_format": "NAMED",
            "quality_score": {"score": "GREEN"},
            "components": [
                {
                    "type": "HEADER",
                    "format": "IMAGE",
                    "example": {"header_handle": ["https://example.com/diwali.jpg"]},
                },
                {
                    "type": "BODY",
                    "text": "Happy Diwali, {{first_name}}! 20% off everything until Sunday.",
                    "example": {
                        "body_text_named_params": [{"param_name": "first_name", "example": "Asha"}]
                    },
                },
                {"type": "FOOTER", "text": "Tap Not interested and we leave you alone"},
                {
                    "type": "BUTTONS",
                    "buttons": [
                        {
                            "type": "URL",
                            "text": "Shop now",
                            "url": "https://shop.example.com/diwali/{{1}}",
                            "example": ["https://shop.example.com/diwali/asha"],
                        },
                        {"type": "QUICK_REPLY", "text": "Interested"},
                        {"type": "QUICK_REPLY", "text": "Not interested"},
                    ],
                },
            ],
        },
        {
            "id": "594425479261504",
            "name": "hello_world",
            "language": "en_US",
            "status": "APPROVED",
            "category": "UTILITY",
            "parameter_format": "POSITIONAL",
            "quality_score": {"score": "GREEN"},
            "components": [
                {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
                {"type": "BODY", "text": "Welcome! This message was sent by a test."},
                {"type": "FOOTER", "text": "Drumbeat phone simulator"},
            ],
        },
    ]


def find(templates: Iterable[Template], name: str, language: str) -> Template:
    """The template that may be sent. Raises GraphError 132001, 132015 or 132016."""
    for template in templates:
        if template["name"] == name and template["language"] == language:
            break
    else:
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    status = template.get("status", "APPROVED")
    if status == "PAUSED":
        raise GraphError(132015, f"template ({name}) is paused because of low quality")
    if status == "DISABLED":
        raise GraphError(132016, f"template ({name}) was paused too often and is disabled")
    if status != "APPROVED":
        raise GraphError(132001, f"template name ({name}) is {status} in {language}")
    return template


def component(template: Template, kind: str) -> dict[str, Any] | None:
    """The one component of `kind` (HEADER, BODY, FOOTER, BUTTONS), if the template has it."""
    for each in template.get("components", []):
        if str(each.get("type", "")).upper() == kind:
            return dict(each)
    return None


def buttons(template: Template) -> list[dict[str, Any]]:
    part = component(template, "BUTTONS")
    return list(part.get("buttons", [])) if part else []
