"""A worker rings for another worker, or for its own next turn."""

from __future__ import annotations


class Bell:
    """Sends the drain task; a ring that fails costs time only, for the tick comes anyway."""

    def ring(self) -> None:
        """Ask for another turn."""
        from workers.tasks import drain  # noqa: PLC0415 - the tasks use the process that has the bell

        drain.apply_async(retry=False, ignore_result=True)
