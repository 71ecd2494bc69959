"""The process that draws: a specification a line in, an SVG a line out; it leaves when idle."""

from __future__ import annotations

import json
import os
import select
import sys

IDLE_SECONDS = 60.0


def main() -> None:
    """Serve standard input until it closes, or nothing came for a minute."""
    import vl_convert  # noqa: PLC0415 - only here, in a process of its own

    buffered = b""
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], IDLE_SECONDS)
        piece = os.read(sys.stdin.fileno(), 1 << 16) if ready else b""
        if not piece:
            return
        *lines, buffered = (buffered + piece).split(b"\n")
        for line in lines:
            sys.stdout.write(json.dumps(_answer(vl_convert, line)) + "\n")
            sys.stdout.flush()


def _answer(drawing: object, line: bytes) -> dict[str, str]:
    try:
        return {"svg": drawing.vegalite_to_svg(json.loads(line))}  # type: ignore[attr-defined]
    except (ValueError, RuntimeError, TypeError) as error:
        return {"error": str(error).splitlines()[0][:300] if str(error) else "not drawn"}


if __name__ == "__main__":
    main()
