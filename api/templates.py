"""Message templates, as Meta keeps them."""

from http import HTTPStatus

from api.answers import SyncAnswer, TemplatesAnswer
from api.problems import ProblemError
from api.routing import Answer, now, route, runtime
from campaigns import templates as campaign_templates
from store import templates
from whatsapp.client import GraphError


@route(
    "POST",
    "/templates/sync",
    "Fetch every template from Meta. Those that Meta no longer lists are gone.",
    gives=SyncAnswer,
    refuses=(HTTPStatus.BAD_GATEWAY,),
)
def sync_templates() -> Answer:
    try:
        return SyncAnswer(templates=campaign_templates.sync(runtime(), now()))
    except GraphError as error:
        code = f" (code {error.code})" if error.code is not None else ""
        raise ProblemError(HTTPStatus.BAD_GATEWAY, f"Meta: {error}{code}") from None


@route("GET", "/templates", "Every template, as of the last sync.", gives=TemplatesAnswer)
def list_templates() -> Answer:
    return TemplatesAnswer.of(templates.all_of_them(runtime().db))
