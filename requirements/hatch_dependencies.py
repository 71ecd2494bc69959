"""Gives the wheel the dependencies that `main.in` names, so that they are written once."""

from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Dependencies(MetadataHookInterface):
    def update(self, metadata: dict[str, object]) -> None:
        """Set `dependencies` to the lines of `main.in` that are not comments."""
        lines = (Path(self.root) / "requirements" / "main.in").read_text().splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]
