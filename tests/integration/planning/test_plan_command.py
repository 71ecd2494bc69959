"""``bigdot plan``: what it prints and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.settings import settings
from web.cli import main

NORTHFIELD = Path(__file__).parents[3] / "examples" / "northfield.yaml"
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("BIGDOT_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("BIGDOT_SECRET_KEY", "a" * 48)
    settings.cache_clear()

    def invoke(*args: str) -> Result:
        return CliRunner().invoke(main, ["plan", *args])

    yield invoke
    settings.cache_clear()


@pytest.fixture
def applied(run: Run) -> Run:
    result = run("apply", str(NORTHFIELD), "--create", "--reason", "adopted", "--author", "board")
    assert result.exit_code == 0, result.output
    return run


def test_what_is_not_agreed_to_makes_no_organisation(run: Run) -> None:
    refused = run("apply", str(NORTHFIELD), "--create")
    assert refused.exit_code == 2
    assert "aim hsmr-88: new" in refused.stdout
    assert "say why with --reason" in refused.stderr
    assert "there is no organisation yet" in run("export").stderr
    assert run("apply", str(NORTHFIELD), "--create", "--reason", "adopted").exit_code == 0
    assert run("export").exit_code == 0


def _changed(tmp_path: Path, text: str, old: str, new: str) -> str:
    assert old in text
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_lint_tells_warnings_and_ends_well(run: Run) -> None:
    result = run("lint", str(NORTHFIELD))
    assert result.exit_code == 0
    assert "driver end-of-life: no project serves this driver" in result.output
    assert "0 errors, 5 warnings" in result.output


def test_lint_ends_with_1_for_an_error_and_2_for_wrong_use(run: Run, tmp_path: Path) -> None:
    wrong = _changed(tmp_path, NORTHFIELD.read_text(), "sponsor: cmo", "sponsor: nobody")
    result = run("lint", wrong, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["errors"] == 3
    assert "3 errors, 5 warnings" in run("lint", wrong).output
    wanting = [f["pointer"] for f in answer["findings"] if f["level"] == "error"]
    assert "#/aims/0/sponsor" in wanting
    assert run("lint", "nowhere.yaml").exit_code == 2


def test_diff_shows_what_apply_would_do(applied: Run, tmp_path: Path) -> None:
    moved = _changed(tmp_path, applied("export").output, "target: 88", "target: 86")
    result = applied("diff", moved)
    assert result.exit_code == 0
    assert "aim hsmr-88: target 88 → 86" in result.output
    answer = json.loads(applied("diff", moved, "--json").stdout)
    assert [(c["pointer"], c["before"], c["after"]) for c in answer["changes"]] == [
        ("/target", 88, 86)
    ]


def test_apply_makes_a_version_once(applied: Run, tmp_path: Path) -> None:
    moved = _changed(tmp_path, applied("export").output, "target: 88", "target: 86")
    first = applied("apply", moved, "--reason", "minute 25/3", "--yes")
    assert first.exit_code == 0
    assert "Version 2 is in force." in first.output
    again = applied("apply", moved, "--reason", "minute 25/3", "--yes")
    assert again.exit_code == 0
    assert "Nothing changes: the plan stands at version 2." in again.output
    stale = _changed(tmp_path, NORTHFIELD.read_text(), "bigdot: 1", "bigdot: 1\nversion: 1")
    refused = applied("apply", stale, "--reason", "old")
    assert refused.exit_code == 1
    assert "stands at version 2, the file was made from version 1" in refused.stderr


def test_apply_wants_a_reason_and_an_organisation(run: Run, applied: Run, tmp_path: Path) -> None:
    moved = _changed(tmp_path, NORTHFIELD.read_text(), "target: 88", "target: 86")
    assert run("apply", moved).exit_code == 2
    other = _changed(tmp_path, NORTHFIELD.read_text(), "id: northfield", "id: southfield")
    result = run("apply", other, "--reason", "x")
    assert result.exit_code == 1
    assert "of the organisation southfield, not of northfield" in result.output


def test_export_gives_any_version(applied: Run) -> None:
    assert applied("export").output.startswith("bigdot: 1\nversion: 1\n")
    assert json.loads(applied("export", "1", "--json").stdout)["version"] == 1
    assert applied("export", "2").exit_code == 1
