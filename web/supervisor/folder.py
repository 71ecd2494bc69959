"""The data folder: ours alone while we run; and the port that we are to listen on."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = "up.lock"
ADDRESS_FILE = "up.address"
LOGS = "logs"
_ANSWERS_WITHIN_SECONDS = 0.5


class InUseError(Exception):
    """The folder or the port is taken, or cannot be had; the message is one line."""


@contextmanager
def held_folder(folder: Path) -> Iterator[Path]:
    """The folder, made if need be (mode 0700) and locked until the end. Raises InUseError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK_FILE).open("a+", encoding="utf-8")
    except OSError as error:
        raise InUseError(f"the data folder {folder} cannot be used: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise InUseError(
                f"the data folder {folder} is in use by another bigdot (process {holder})"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder


@contextmanager
def published(folder: Path, host: str, port: int, public_url: str) -> Iterator[None]:
    """Until the end, the folder says where its processes are found: by sockets, and by people."""
    file = folder / ADDRESS_FILE
    file.write_text(json.dumps({"host": host, "port": port, "url": public_url}), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def address_of(folder: Path) -> str | None:
    """Where people find the pages of the `bigdot up` that runs over the folder; None if none does.

    What a killed one has left behind does not answer.
    """
    try:
        told = json.loads((folder / ADDRESS_FILE).read_text(encoding="utf-8"))
        where = (told["host"], told["port"])
        with socket.create_connection(where, _ANSWERS_WITHIN_SECONDS):
            return str(told["url"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def check_port(host: str, port: int) -> None:
    """Raise InUseError where somebody listens on the port, or it is not ours to take."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InUseError(
                f"port {port} of {host} cannot be had ({error.strerror}): choose another by --port"
            ) from None
