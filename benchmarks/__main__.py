"""``python -m benchmarks [NAME …]``: run the benchmarks of this folder, the longest last."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HELPERS = {"__main__", "__init__", "peers", "plant", "scores", "worlds"}
LAST = "real_feed"
ON_REQUEST = {"evidence", "mutation"}
"""What writes files of the repository anew, or takes hours: it runs only when it is named."""


def names() -> list[str]:
    """Every benchmark, by name, with the proof on real input at the end."""
    found = {path.stem for path in Path(__file__).parent.glob("*.py")} - HELPERS
    return sorted(found, key=lambda name: (name == LAST, name))


def main(asked: list[str]) -> int:
    """Run what was asked for, or everything; 1 if one of them failed, 2 for an unknown name."""
    unknown = set(asked) - set(names())
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
        return 2
    failed = []
    for name in asked or [name for name in names() if name not in ON_REQUEST]:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all benchmarks held")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
