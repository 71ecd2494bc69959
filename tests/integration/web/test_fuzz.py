"""Whatever the description allows, and much that it does not, is answered and never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.bootstrap import Options, Services
from tests.worlds import make_world
from web.app import create_app
from web.context import WebOptions

SECRETS = ("k" * 40,)
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture
def described(sqlite_url: str) -> Iterator[Any]:
    """The API over an organisation, with its key."""
    held = Services(Options(sqlite_url, SECRETS, embedded=True))
    world = make_world(held, "north")
    app = create_app(held, WebOptions(SECRETS, embedded=True))
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    schema.config.update(headers=world.bearer)
    yield schema.exclude(path=["/readyz", "/metrics"])
    held.close()


def test_every_operation_keeps_its_word(described: Any) -> None:
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 12
    seen: set[int] = set()
    for operation in operations:

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def keeps_its_word(case: Any) -> None:
            seen.add(case.call_and_validate(checks=CHECKS).status_code)

        keeps_its_word()
    assert {200, 404, 422} <= seen
    assert 401 not in seen
