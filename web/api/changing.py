"""What the API answers where a change of the plan is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import Conflict, UnprocessableEntity

from services.intake.refusals import Trouble
from services.ports.planning import FieldRefusedError, PlanningError, StaleBaseError
from web.api.problem import refusal


@contextmanager
def changing_the_plan(code: str) -> Iterator[None]:
    """Answer 422 with ``code`` and the field to blame (else the reason), 409 where the plan has
    moved on."""
    try:
        yield
    except StaleBaseError as stale:
        raise Conflict(f"{stale}.") from None
    except PlanningError as refused:
        field = refused.field if isinstance(refused, FieldRefusedError) else "reason"
        trouble = Trouble(code, f"{refused}.", f"/{field}")
        raise UnprocessableEntity(response=refusal((trouble,))) from None
