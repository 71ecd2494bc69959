"""The app as a server starts it: from the environment alone."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from config.settings import load
from web import app
from web.configured import web_options

_ASK = """
from web.wsgi import app
client = app().test_client()
asked = (("/healthz", "127.0.0.1:8000"), ("/sign-in", "localhost"), ("/", "evil.example"))
for path, host in asked:
    print(client.get(path, headers={"Host": host}).status_code)
"""


def test_the_environment_makes_the_app(sqlite_url: str, tmp_path: Path) -> None:
    known = {name: value for name, value in os.environ.items() if not name.startswith("BIGDOT_")}
    known |= {"BIGDOT_DATABASE_URL": sqlite_url, "BIGDOT_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _ASK], capture_output=True, text=True, check=True, env=known
    )
    assert done.stdout.split() == ["200", "200", "421"]


def test_importing_the_entry_does_nothing() -> None:
    code = "import sys, web.wsgi; print('config' in sys.modules, 'sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


@pytest.mark.parametrize("module", [*app.API, *app.PAGES])
def test_no_part_of_the_edge_is_missing(module: str) -> None:
    assert find_spec(module) is not None


def test_production_has_secure_cookies_and_shows_no_secret() -> None:
    options = web_options(
        load(
            mode="production",
            database_url="postgresql://db/bigdot",
            broker_url="redis://broker/0",
            secret_key="s" * 40,
            base_url="https://bigdot.hospital.example",
            metrics_token="m" * 32,
            trusted_proxies=1,
        )
    )
    assert options.secure
    assert options.hosts == ()
    assert options.throttle_storage == "redis://broker/0"
    assert options.metrics_token == "m" * 32
    assert options.proxies == 1
    for secret in ("s" * 40, "m" * 32, "broker"):
        assert secret not in repr(options)


@pytest.mark.parametrize(
    ("given", "exposed"),
    [
        ({}, False),
        ({"host": "::1", "base_url": "http://[::1]:9000"}, False),
        ({"base_url": "http://localhost:8000"}, False),
        ({"host": "0.0.0.0"}, True),
        ({"host": "192.168.1.5"}, True),
        ({"host": "0.0.0.0", "base_url": "http://localhost:8000"}, True),
        ({"base_url": "https://bigdot.hospital.example"}, True),
        ({"trusted_proxies": 1}, True),
    ],
)
def test_what_others_may_reach_is_known(
    given: dict[str, object], exposed: bool, tmp_path: Path
) -> None:
    assert web_options(load(data_dir=tmp_path, **given)).exposed is exposed
