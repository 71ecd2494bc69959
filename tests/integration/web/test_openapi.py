"""The description of the API is valid, whole, and true."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from services.bootstrap import Options, Services
from web.app import create_app
from web.context import WebOptions

SECRETS = ("k" * 40,)
MACHINES = ("/api/", "/openapi.json", "/healthz", "/readyz", "/metrics")


@pytest.fixture
def bare() -> Flask:
    """The app without its database; describing asks nothing of it."""
    return create_app(
        Services(Options("sqlite:////nonexistent/x.db", SECRETS)), WebOptions(SECRETS)
    )


@pytest.fixture
def spec(bare: Flask) -> dict[str, dict[str, dict[str, object]]]:
    """The description."""
    found = bare.test_client().get("/openapi.json").json
    assert isinstance(found, dict)
    return found


def test_it_is_valid(spec: dict[str, object]) -> None:
    assert spec["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(spec).validate()


def test_every_route_is_described_and_none_is_invented(
    bare: Flask, spec: dict[str, dict[str, dict[str, object]]]
) -> None:
    routed = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in bare.url_map.iter_rules()
        if rule.rule.startswith(MACHINES)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {(path, method) for path, item in spec["paths"].items() for method in item}
    assert told == routed


def test_what_needs_a_key_says_so(
    bare: Flask, spec: dict[str, dict[str, dict[str, dict[str, object]]]]
) -> None:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if path.startswith("/api/"):
                assert operation["security"] == [{"key": []}], path
                assert {"401", "403"} <= set(operation["responses"])  # type: ignore[call-overload]
                url = re.sub(r"\{\w+\}", "1", path)
                answer = bare.test_client().open(url, method=method.upper())
                assert answer.status_code == 401, path


def test_feeds_may_send_one_an_array_or_lines(
    spec: dict[str, dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]]],
) -> None:
    for kind in ("measurements", "milestones", "progress", "reviews", "projects"):
        content = spec["paths"][f"/api/v1/{kind}"]["post"]["requestBody"]["content"]
        assert set(content) == {"application/json", "application/x-ndjson"}
        assert len(content["application/json"]["schema"]["oneOf"]) == 2  # type: ignore[index]
    assert "Problem" in spec["components"]["schemas"]


def test_a_ratio_may_be_sent_as_observed_and_expected(spec: dict[str, Any]) -> None:
    item = spec["components"]["schemas"]["MeasurementItem"]
    assert item["additionalProperties"] is False
    assert {"numerator", "observed", "denominator", "expected"} <= set(item["properties"])


def test_nothing_of_it_needs_a_key(client: FlaskClient) -> None:
    assert client.get("/openapi.json").status_code == 200
