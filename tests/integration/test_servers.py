"""The throwaway servers run, are alone, and go with their block."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from tests import servers

ROOT = Path(__file__).resolve().parents[2]


def test_each_test_has_a_database_of_its_own(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM organisation")) == 0


def test_postgres_listens_to_nobody_else(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW listen_addresses")) == ""
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_redis_is_empty_at_each_start(redis_url: str, turn: int) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("turn", turn)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_server_goes_when_the_tests_are_killed(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from tests.servers import redis_server\n"
        "with redis_server() as url:\n"
        "    print(url, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    port = int(done.stdout.rsplit(":", 1)[1].split("/")[0])
    deadline = time.monotonic() + 10
    while _listens(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _listens(port)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter(()))
    with pytest.raises(servers.ServerMissingError, match="PostgreSQL is not installed"):
        servers.postgres_programs()
    with pytest.raises(servers.ServerMissingError, match="redis-server"):
        servers.redis_program()
