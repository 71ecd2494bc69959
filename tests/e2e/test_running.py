"""``bigdot up`` and ``bigdot demo`` as a person meets them."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port
from web.supervisor.folder import address_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
BIGDOT = [str(Path(sys.executable).with_name("bigdot"))]
WITHIN = 60.0


class Running:
    """A started command, with what it has printed so far in a file."""

    def __init__(self, words: list[str], output: Path) -> None:
        self.output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [*BIGDOT, *words], stdout=file, stderr=file, env=_environment()
            )

    @property
    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_for(self, text: str, within: float = WITHIN) -> None:
        _until(lambda: text in self.text or self.process.poll() is not None, within)
        assert text in self.text, self.text

    def family(self) -> set[int]:
        """Every process below the command."""
        return _below(self.process.pid)

    def stop(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; the exit code and the seconds until it came."""
        started = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(20), time.monotonic() - started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def run(*words: str) -> Running:
        started.append(Running(list(words), tmp_path / f"output{len(started)}"))
        return started[-1]

    yield run
    for running in started:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_answers_and_stops_with_no_process_left(
    start: Callable[..., Running], tmp_path: Path, number: signal.Signals
) -> None:
    port, data = free_port(), tmp_path / "data"
    up = start("up", "--port", str(port), "--data", str(data))
    up.wait_for("Ready: ")
    assert _get(f"http://127.0.0.1:{port}/readyz")["status"] == "ready"
    link = re.search(r"http://\S+/set-password/\S+", up.text)
    assert link
    with urllib.request.urlopen(link.group(), timeout=10) as page:
        assert page.status == 200
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600
    family = up.family()
    assert len(family) >= 4
    code, seconds = up.stop(number)
    assert (code, "Traceback" in up.text) == (0, False), up.text
    assert seconds < 10
    assert not _alive(family)


def test_nothing_outlives_a_supervisor_that_is_killed(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    up = start("up", "--port", str(free_port()), "--data", str(tmp_path / "data"))
    up.wait_for("Ready: ")
    family = up.family()
    up.stop(signal.SIGKILL)
    _until(lambda: not _alive(family), 20)
    assert not _alive(family)


def test_a_process_that_dies_is_started_again(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    port = free_port()
    up = start("up", "--port", str(port), "--data", str(tmp_path / "data"))
    up.wait_for("Ready: ")
    web = next(pid for pid in _children(up.process.pid) if "granian" in _command(pid))
    (serving,) = _children(web)
    os.kill(serving, signal.SIGKILL)
    _until(lambda: _children(web) not in (set(), {serving}), WITHIN)
    _until(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), WITHIN)
    assert _answers(f"http://127.0.0.1:{port}/healthz")
    os.kill(web, signal.SIGKILL)
    up.wait_for("web ended (code -9) and is started again")
    _until(lambda: _answers(f"http://127.0.0.1:{port}/healthz"), WITHIN)
    assert _answers(f"http://127.0.0.1:{port}/healthz")


def test_taken_port_and_taken_folder_are_one_line_each(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    port, data = str(free_port()), str(tmp_path / "data")
    start("up", "--port", port, "--data", data).wait_for("Ready: ")
    assert address_of(Path(data)) == f"http://127.0.0.1:{port}"
    same_port = _ended("up", "--port", port, "--data", str(tmp_path / "other"))
    assert same_port == (
        1,
        f"Error: port {port} of 127.0.0.1 cannot be had "
        "(Address already in use): choose another by --port\n",
    )
    code, said = _ended("up", "--port", str(free_port()), "--data", data)
    assert code == 1
    assert re.fullmatch(
        rf"Error: the data folder {data} is in use by another bigdot \(process \d+\)\n", said
    )


def test_a_newer_schema_and_a_wrong_setting_are_one_line_each(tmp_path: Path) -> None:
    data = str(tmp_path)
    assert _ended("db", "upgrade", BIGDOT_DATA_DIR=data)[0] == 0
    with sqlite3.connect(tmp_path / "bigdot.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    for words in (["up", "--port", str(free_port()), "--data", data], ["web"]):
        code, said = _ended(*words, BIGDOT_DATA_DIR=data)
        assert code == 1
        assert said.count("\n") == 1
        assert "install the newer release" in said
    code, said = _ended("up", BIGDOT_WEB_THREADS="many")
    assert (code, said.count("\n")) == (2, 1)
    assert "BIGDOT_WEB_THREADS" in said


def test_web_refuses_an_old_schema_and_a_worker_no_broker(tmp_path: Path) -> None:
    code, said = _ended("web", BIGDOT_DATA_DIR=str(tmp_path))
    assert (code, said) == (
        1,
        "Error: The database has no schema yet: run `bigdot db upgrade`.\n",
    )
    code, said = _ended("worker", BIGDOT_DATA_DIR=str(tmp_path))
    assert (code, said.count("\n")) == (2, 1)


def test_a_demo_does_not_empty_a_folder_that_is_not_a_demos(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    code, said = _ended("demo", "--port", str(free_port()), "--data", str(tmp_path))
    assert (code, said.count("\n")) == (1, 1)
    assert (tmp_path / "precious").exists()


def test_the_printed_curl_line_moves_the_aim_and_the_mail_goes_out(
    start: Callable[..., Running],
) -> None:
    port = free_port()
    demo = start("demo", "--fast", "--port", str(port))
    demo.wait_for("Ctrl-C stops the demo.", 120)
    line = next(line for line in demo.text.splitlines() if line.startswith("curl "))
    key = re.findall(r"bd_[0-9A-Za-z]+", line)[0]
    aim = re.findall(r"/aims/(\S+)", demo.text)[0]
    url = f"http://127.0.0.1:{port}"

    def status() -> str:
        aims = _get(f"{url}/api/v1/aims", key)["items"]
        return str(next(each["status"] for each in aims if each["id"] == aim))

    assert status() not in {"off_track", "deteriorating"}
    before = len(_mails(url))
    assert _shell(line)["result"] == "created"
    _until(lambda: status() in {"off_track", "deteriorating"}, 15)
    assert status() in {"off_track", "deteriorating"}
    assert _shell(line)["result"] == "unchanged"
    _until(lambda: len(_mails(url)) > before, 15)
    assert any(aim in json.dumps(mail) for mail in _mails(url))


def _shell(line: str) -> dict[str, Any]:
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _mails(url: str) -> list[Any]:
    found: list[Any] = _get(f"{url}/mailbox.json")
    return found


def _get(url: str, key: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as got:
        return json.load(got)


def _answers(url: str) -> bool:
    try:
        return bool(_get(url))
    except OSError:
        return False


def _ended(*words: str, **environment: str) -> tuple[int, str]:
    """The exit code, and what was said to standard error."""
    done = subprocess.run(
        [*BIGDOT, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=_environment() | environment,
    )
    return done.returncode, done.stderr


def _environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("BIGDOT_")}


def _children(pid: int) -> set[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return {int(word) for word in listed.read_text().split()} if listed.exists() else set()


def _below(pid: int) -> set[int]:
    children = _children(pid)
    return children.union(*(_below(child) for child in children)) if children else set()


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")


def _alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists() and _command(pid)}


def _until(holds: Callable[[], bool], within: float) -> None:
    end = time.monotonic() + within
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
