"""The compose file starts commands that exist, with settings that exist, and keeps its promises."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from config.settings import variables
from web.cli import main

DOCKER = Path(__file__).resolve().parents[2] / "docker"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, parsed."""
    parsed: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text(encoding="utf-8"))
    return parsed


def _ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = compose["services"]
    return {name: part for name, part in services.items() if part["image"] == "bigdot"}


def test_every_process_has_a_command_of_the_cli(compose: dict[str, Any]) -> None:
    ours = _ours(compose)
    assert set(ours) == {"migrate", "web", "worker", "beat"}
    for part in ours.values():
        assert _resolve(part["command"]) is not None


def test_the_image_starts_a_command_of_the_cli() -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    command = re.findall(r'^CMD \["(\w+)"\]$', dockerfile, re.MULTILINE)
    assert command == ["web"]
    assert _resolve(command) is not None


def test_every_variable_is_a_setting(compose: dict[str, Any]) -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    used = set(re.findall(r"\b(BIGDOT_[A-Z_]+)=", dockerfile))
    for part in _ours(compose).values():
        used |= set(part["environment"])
    assert "BIGDOT_METRICS_TOKEN_FILE" in used  # without it, production has no /metrics
    assert {name.removesuffix("_FILE") for name in used} <= set(variables())


def test_the_data_folder_can_be_written(compose: dict[str, Any]) -> None:
    dockerfile = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    (folder,) = re.findall(r"\bBIGDOT_DATA_DIR=(\S+)", dockerfile)
    for part in _ours(compose).values():
        assert part["read_only"]
        assert any(Path(folder).is_relative_to(place) for place in part["tmpfs"])


def test_secrets_arrive_by_file_only(compose: dict[str, Any]) -> None:
    for part in compose["services"].values():
        for name, value in part.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|DATABASE_URL", name):
                assert name.endswith("_FILE")
                assert Path(value).name in part["secrets"]
    assert all("file" in secret for secret in compose["secrets"].values())


def test_the_script_makes_every_secret_once(compose: dict[str, Any], tmp_path: Path) -> None:
    shutil.copy(DOCKER / "secrets.sh", tmp_path)
    made = []
    for _ in range(2):
        subprocess.run([tmp_path / "secrets.sh"], check=True)
        made.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})
    assert made[0] == made[1]
    assert {Path(secret["file"]).name for secret in compose["secrets"].values()} == set(made[0])
    assert made[0]["postgres_password"] in made[0]["database_url"]


def test_the_broker_keeps_what_it_was_given(compose: dict[str, Any]) -> None:
    command = " ".join(compose["services"]["redis"]["command"])
    for option in ("--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction"):
        assert option in command


def _resolve(words: list[str]) -> click.Command | None:
    command: click.Command | None = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    return command
