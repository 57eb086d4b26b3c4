"""What a request to the control API carries."""

from typing import Any, TypeVar

from flask import abort, jsonify, request
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def given() -> Any:
    """The JSON of this request, whatever its content type says; None where it is none."""
    return request.get_json(silent=True, force=True)


def checked(model: type[Model], given: Any) -> Model:
    """`given` as a model; answers 400 with `{"errors": […]}` where it is none."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        response = jsonify({"errors": problems})
        response.status_code = 400
        abort(response)
