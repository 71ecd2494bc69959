"""Settings: right ones are read, wrong ones get one line, secrets stay out of sight."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from config import settings
from config.settings import Settings, SettingsError, load

KEY = "k" * 32
PRODUCTION = {
    "BIGDOT_MODE": "production",
    "BIGDOT_SECRET_KEY": KEY,
    "BIGDOT_DATABASE_URL": "postgresql://bigdot:hunter2@db/bigdot",
    "BIGDOT_BROKER_URL": "redis://broker:6379/0",
    "BIGDOT_BASE_URL": "https://bigdot.hospital.example/",
}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BIGDOT_")]:
        monkeypatch.delenv(name)


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_embedded_needs_nothing() -> None:
    found = load()
    assert found.embedded
    assert found.database == f"sqlite:///{Path.cwd()}/bigdot-data/bigdot.db"
    assert (found.broker, found.secret_keys) == (None, ())
    assert found.public_url == "http://127.0.0.1:8000"
    assert not found.secure_cookies
    assert found.mail_merge_seconds == 600


def test_production_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, **PRODUCTION, BIGDOT_CHANNEL_ALLOW_HOSTS="hooks.example, chat.example")
    found = load()
    assert found.database == "postgresql+psycopg://bigdot:hunter2@db/bigdot"
    assert found.broker == "redis://broker:6379/0"
    assert found.public_url == "https://bigdot.hospital.example"
    assert found.secure_cookies
    assert found.channel_allow_hosts == ("hooks.example", "chat.example")


@pytest.mark.parametrize(
    "missing",
    ["BIGDOT_SECRET_KEY", "BIGDOT_DATABASE_URL", "BIGDOT_BROKER_URL", "BIGDOT_BASE_URL"],
)
def test_production_refuses_to_guess(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    _set(monkeypatch, **{name: value for name, value in PRODUCTION.items() if name != missing})
    with pytest.raises(SettingsError, match=rf"^production needs {missing}$"):
        load()


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"BIGDOT_PORT": "99999"}, r"^BIGDOT_PORT: input should be less than or equal to 65535$"),
        ({"BIGDOT_PORT": "http"}, r"^BIGDOT_PORT: input should be a valid integer"),
        ({"BIGDOT_PROT": "80"}, r"^BIGDOT_PROT is not a setting; is BIGDOT_PORT meant\?$"),
        ({"BIGDOT_BASE_URL": "bigdot"}, r"^BIGDOT_BASE_URL: .*valid URL"),
        ({"BIGDOT_SECRET_KEY": "short"}, r"^BIGDOT_SECRET_KEY needs at least 32 characters$"),
        ({"BIGDOT_SECRET_KEY": f"{KEY},short"}, r"at least 32 characters$"),
        ({"BIGDOT_DATABASE_URL": "mysql://h/d"}, r"^BIGDOT_DATABASE_URL: must begin with postgr"),
        (PRODUCTION | {"BIGDOT_DEMO": "1"}, r"^the demo runs embedded only$"),
        (PRODUCTION | {"BIGDOT_DATABASE_URL": "sqlite:///x"}, r"^production runs on PostgreSQL$"),
        ({"BIGDOT_SECRET_KEY_FILE": "/none"}, r"^BIGDOT_SECRET_KEY_FILE: /none: No such file"),
        ({"BIGDOT_HOST": "h", "BIGDOT_HOST_FILE": "/none"}, r"^BIGDOT_HOST_FILE and BIGDOT_HOST "),
    ],
)
def test_a_wrong_setting_gets_one_line(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str], line: str
) -> None:
    _set(monkeypatch, **wrong)
    with pytest.raises(SettingsError, match=line) as caught:
        load()
    assert "\n" not in str(caught.value)


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BIGDOT_SMTP_HOST="", BIGDOT_PORT="", BIGDOT_SECRET_KEY_FILE="")
    assert load() == Settings.model_construct()


def test_secrets_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY},{'o' * 32}\n")
    _set(monkeypatch, BIGDOT_SECRET_KEY_FILE=str(tmp_path / "key"))
    assert load().secret_keys == (KEY, "o" * 32)


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, **PRODUCTION, BIGDOT_SMTP_PASSWORD="swordfish")
    shown = repr(load()) + str(load().model_dump())
    assert not re.search(f"hunter2|swordfish|{KEY}", shown)


def test_a_wrong_secret_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BIGDOT_DATABASE_URL="mysql://bigdot:hunter2@db/bigdot")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "hunter2" not in str(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().port = 1


def test_overrides_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BIGDOT_PORT="9000")
    assert load(port=9001).port == 9001


def test_the_example_file_names_every_setting() -> None:
    example = Path(settings.__file__).parents[1] / ".env.example"
    named = re.findall(r"^#? ?(BIGDOT_\w+)=", example.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(settings.variables())


def test_the_example_files_defaults_are_true(monkeypatch: pytest.MonkeyPatch) -> None:
    example = Path(settings.__file__).parents[1] / ".env.example"
    lines = re.findall(r"^# (BIGDOT_\w+)=(.+)$", example.read_text(encoding="utf-8"), re.MULTILINE)
    _set(monkeypatch, **dict(lines))
    assert load() == Settings.model_construct()
