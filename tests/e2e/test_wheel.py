"""The wheel, away from its checkout: it holds what it needs, and `bigdot up` runs from it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.receivers import until
from tests.servers import free_port
from web.supervisor.broker import socket_path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("services", "workers", "web", "config", "migrations")
NOT_SHIPPED = (".pyc", ".db", ".log", ".key")
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_it_holds_every_file_of_every_room_and_nothing_else(unpacked: Path) -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no checkout")
    wanted = {name for name in done.stdout.splitlines() if (ROOT / name).exists()}
    found = {str(p.relative_to(unpacked)) for p in unpacked.rglob("*") if p.is_file()}
    assert wanted <= found
    beside = {name for name in found - wanted if ".dist-info/" not in name}
    assert not {name for name in beside if name.endswith(NOT_SHIPPED)}
    assert {name.partition("/")[0] for name in found if ".dist-info/" not in name} == set(ROOMS)


@pytest.mark.parametrize(
    "pattern",
    [
        "migrations/env.py",
        "migrations/versions/*.py",
        "web/templates/base.html",
        "web/static/*",
        "web/demo/northfield.yaml",
        "services/planning/*.json",
        "*/py.typed",
    ],
)
def test_it_holds_what_is_no_module(unpacked: Path, pattern: str) -> None:
    assert list(unpacked.glob(pattern))


def test_it_names_what_it_depends_on_and_its_command(unpacked: Path) -> None:
    (about,) = unpacked.glob("*.dist-info")
    told = (about / "METADATA").read_text(encoding="utf-8")
    lines = (ROOT / "requirements" / "main.in").read_text(encoding="utf-8").splitlines()
    needs = [line for line in lines if line and not line.startswith("#")]
    assert told.count("Requires-Dist: ") == len(needs)
    assert "bigdot = web.cli:main" in (about / "entry_points.txt").read_text(encoding="utf-8")


def _environment(unpacked: Path, tmp_path: Path) -> dict[str, str]:
    """Ours, without Bigdot's settings, with the wheel's modules first and nothing on PATH."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("BIGDOT_")}
    (tmp_path / "bin").mkdir()
    return kept | {"PYTHONPATH": str(unpacked), "PATH": str(tmp_path / "bin")}


def test_up_runs_from_it_with_no_server_on_path_in_a_folder_deeper_than_a_socket_may_lie(
    unpacked: Path, tmp_path: Path
) -> None:
    data = tmp_path.joinpath(*["a-folder-of-a-rather-long-name"] * 5)
    port, log = free_port(), tmp_path / "output"
    code = "import web.cli; print(web.cli.__file__, flush=True); web.cli.main()"
    command = [sys.executable, "-c", code, "up", "--port", str(port), "--data", str(data)]
    told = _environment(unpacked, tmp_path)
    with log.open("wb") as output:
        up = subprocess.Popen(command, cwd=tmp_path, env=told, stdout=output, stderr=output)
    try:
        assert until(lambda: "Ready: " in log.read_text() or up.poll() is not None, 60)
        assert "Ready: " in log.read_text(), log.read_text()
        assert str(unpacked) in log.read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=10) as page:
            assert b"<form" in page.read()
    finally:
        up.send_signal(signal.SIGTERM)
        code_of_end = up.wait(20)
        shutil.rmtree(socket_path(data).parent)
    assert (code_of_end, "Traceback" in log.read_text()) == (0, False), log.read_text()


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    bigdot = Path(sys.executable).with_name("bigdot")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("BIGDOT_")}
    words = [str(bigdot), "up", "--port", str(free_port()), "--data", str(tmp_path / ("x" * 300))]
    done = subprocess.run(words, capture_output=True, text=True, env=kept, check=False, timeout=60)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the data folder ")
    assert line.endswith("cannot be used: File name too long")
