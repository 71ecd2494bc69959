"""Bodies of requests, checked by their models."""

from __future__ import annotations

from typing import TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnprocessableEntity, UnsupportedMediaType

from services.intake.refusals import troubles_of
from web.api.problem import refusal

Body = TypeVar("Body", bound=BaseModel)


def body_of(model: type[Body]) -> Body:
    """The request's JSON as ``model``; 415 for another type, 422 for what does not fit."""
    if not request.is_json:
        raise UnsupportedMediaType("Send application/json.")
    try:
        return model.model_validate_json(request.get_data())
    except ValidationError as error:
        raise UnprocessableEntity(response=refusal(troubles_of(error))) from None
