"""The tasks: a line each, safe to run twice."""

from __future__ import annotations

from services.ports.doorbell import TASK
from workers import process
from workers.app import TICK, app


@app.task(name=TASK)
def drain() -> None:
    """Judge what is stale or due, send what is owed."""
    process.drain().run()


@app.task(name=TICK)
def tick() -> None:
    """What no bell announced; also the sign that beat and a worker live."""
    process.drain().tick()
