"""What an operator's machines ask: alive, ready, and the figures."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from werkzeug.exceptions import NotFound

from services.bootstrap import Services
from services.persistence.engine import DatabaseFailure
from services.persistence.health import Health
from web.broker import answers
from web.context import services, web_options
from web.identity import NotAuthenticatedError

blueprint = Blueprint("operations", __name__)
HEARTBEAT_WITHIN = timedelta(seconds=60)
STALE_WITHIN = timedelta(minutes=5)
UNSENT_WITHIN = timedelta(hours=1)
BROKER_SECONDS = 1.0
PROCESSES = ("worker", "beat")


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process is alive; asks nothing of anything else."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Whether the whole deployment works, 503 with reasons where not.

    ``?part=web`` asks only for what this process needs to take requests in: a balancer must not
    turn feeds away because a worker is down.
    """
    held = services()
    part = request.args.get("part", "all")
    if part not in {"all", "web"}:
        raise NotFound("'part' is all or web.")
    try:
        health = held.health.health()
    except DatabaseFailure:
        return _readiness({"database": "does not answer"}, None)
    reasons = _schema(health)
    if part == "all" and not reasons:
        reasons |= _broker(held.options.broker_url)
        reasons |= _standing(health, held.clock.system_now())
    return _readiness(reasons, health)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus, of the whole deployment, from the database."""
    _let_in_prometheus()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DeploymentCollector(services()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class DeploymentCollector(Collector):
    """The figures of every organisation together: no name, no value of a measure."""

    def __init__(self, held: Services) -> None:
        self._health = held.health
        self._now = held.clock.system_now()

    def collect(self) -> list[Metric]:
        """The figures now."""
        totals, health = self._health.totals(), self._health.health()
        return [
            _counter("bigdot_events_accepted", "Events accepted.", "kind", totals.events),
            CounterMetricFamily(
                "bigdot_evaluations", "Evaluations whose outcome changed.", totals.evaluations
            ),
            _counter("bigdot_deliveries", "Attempts to send.", "result", totals.attempts),
            _gauge("bigdot_alerts", "Alerts by state.", "state", totals.alerts),
            _gauge("bigdot_messages", "Messages by state.", "state", totals.messages),
            GaugeMetricFamily(
                "bigdot_dead_letters", "Messages given up.", totals.messages.get("dead", 0)
            ),
            GaugeMetricFamily(
                "bigdot_stale_subjects", "Subjects to be judged.", health.stale_subjects
            ),
            GaugeMetricFamily(
                "bigdot_audit_flaws",
                "What did not fit when the books were last read.",
                health.flaws,
            ),
            _age("bigdot_oldest_stale_seconds", health.oldest_stale, self._now),
            _age("bigdot_oldest_unsent_seconds", health.oldest_unsent, self._now),
            _gauge(
                "bigdot_heartbeat_age_seconds",
                "Since a process last said that it lives.",
                "process",
                {name: (self._now - at).total_seconds() for name, at in health.heartbeats.items()},
            ),
        ]


def _let_in_prometheus() -> None:
    """Open where this machine alone reaches it; else by the operator's token, or not there."""
    options = web_options()
    if options.embedded and not options.exposed:
        return
    if options.metrics_token is None:
        raise NotFound
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), options.metrics_token.encode()):
        raise NotAuthenticatedError("Send the metrics token as 'Authorization: Bearer …'.")


def _schema(health: Health) -> dict[str, str]:
    if health.revision == _head():
        return {}
    found = health.revision or "nothing"
    return {"schema": f"stands at {found}, this release needs {_head()}: bigdot db upgrade"}


@cache
def _head() -> str:
    from services.persistence.migrate import head  # noqa: PLC0415 - Alembic is asked once

    return head()


def _broker(url: str | None) -> dict[str, str]:
    if url is None:
        return {"broker": "is not set"}
    return {} if answers(url, BROKER_SECONDS) else {"broker": "does not answer"}


def _standing(health: Health, now: datetime) -> dict[str, str]:
    reasons = {}
    for process in PROCESSES:
        beats = [at for name, at in health.heartbeats.items() if name.startswith(process)]
        if not beats or now - max(beats) > HEARTBEAT_WITHIN:
            reasons[process] = "has not been heard of"
    if health.oldest_stale and now - health.oldest_stale > STALE_WITHIN:
        reasons["judging"] = f"{_seconds(health.oldest_stale, now)} s behind"
    if health.oldest_unsent and now - health.oldest_unsent > UNSENT_WITHIN:
        reasons["delivery"] = f"{_seconds(health.oldest_unsent, now)} s behind"
    return reasons


def _readiness(reasons: dict[str, str], health: Health | None) -> ResponseReturnValue:
    now = services().clock.system_now()
    answer = {
        "status": "not ready" if reasons else "ready",
        "reasons": reasons,
        "oldest_stale_seconds": _seconds(health.oldest_stale if health else None, now),
        "oldest_unsent_seconds": _seconds(health.oldest_unsent if health else None, now),
        "audit_flaws": health.flaws if health else 0,
    }
    return jsonify(answer), 503 if reasons else 200


def _seconds(since: datetime | None, now: datetime) -> int:
    return max(0, round((now - since).total_seconds())) if since else 0


def _counter(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _age(name: str, since: datetime | None, now: datetime) -> Metric:
    return GaugeMetricFamily(
        name, "Age of the oldest, 0 where there is none.", _seconds(since, now)
    )
