"""The operators' commands for keys, users, channels and organisations."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from config.settings import settings
from services.bootstrap import Options, Services
from web.cli import COMMANDS, main
from web.configured import secret_keys, service_options
from web.supervisor.folder import ADDRESS_FILE, published

Run = Callable[..., Result]
SECRET = "s" * 40
NORTHFIELD = Path(__file__).parents[3] / "examples" / "northfield.yaml"


@pytest.fixture
def run(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Run `bigdot` with the arguments, over this test's database."""
    monkeypatch.setenv("BIGDOT_DATABASE_URL", database_url)
    monkeypatch.setenv("BIGDOT_SECRET_KEY", SECRET)
    monkeypatch.setenv("BIGDOT_DATA_DIR", str(tmp_path))
    settings.cache_clear()

    def invoke(*arguments: str, said: str = "") -> Result:
        return CliRunner().invoke(main, arguments, input=said)

    yield invoke
    settings.cache_clear()


@pytest.fixture
def north(run: Run) -> None:
    """One organisation."""
    assert run("organisations", "create", "north", "--zone", "Europe/London").exit_code == 0


def test_a_key_is_shown_once_and_lets_in(run: Run, north: None, database_url: str) -> None:
    made = run("keys", "create", "warehouse", "--scope", "read", "--measure", "hsmr")
    assert made.exit_code == 0
    secret = made.stdout.strip()
    held = Services(Options(database_url, (SECRET,)))
    assert held.keys.authenticate(secret).measures == frozenset({"hsmr"})
    held.close()
    listed = run("keys", "list")
    assert "warehouse" in listed.stdout
    assert secret not in listed.output + run("keys", "list", "--json").output
    assert run("keys", "revoke", "1").exit_code == 0
    shown = json.loads(run("keys", "list", "--json").stdout)
    assert [(key["id"], key["state"]) for key in shown] == [(1, "revoked")]


def test_a_key_in_json_is_for_machines(run: Run, north: None) -> None:
    made = json.loads(run("keys", "create", "feed", "--all-scopes", "--json").stdout)
    assert made["key"].startswith("bd_")
    assert "read" in made["scopes"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("keys", "create", "feed"), 2, "--scope"),
        (("keys", "create", "feed", "--scope", "all"), 2, "all"),
        (("keys", "create", "feed", "--all-scopes", "--days", "366"), 2, "366"),
        (("keys", "revoke", "99"), 1, "99"),
        (("keys", "list", "--organisation", "south"), 1, "south"),
        (("users", "create", "x y", "--role", "viewer"), 2, "login"),
        (("users", "create", "xy"), 2, "--role"),
        (("users", "create", "xy", "--role", "king"), 2, "king"),
        (("users", "create", "xy", "--role", "viewer", "--zone", "Atlantis/City"), 2, "Atlantis"),
        (("users", "create", "xy", "--role", "viewer", "--password"), 2, "12 characters"),
        (("users", "create", "--role", "viewer"), 2, "LOGIN"),
        (("users", "password", "nobody"), 1, "nobody"),
        (("users", "link"), 2, "LOGIN"),
        (("channels", "add", "mail", "slack"), 2, "not mail"),
        (("channels", "add", "room", "slack"), 2, "web address"),
        (("channels", "add", "room", "pigeon"), 2, "pigeon"),
        (("channels", "add", "room", "slack", "--url-file", "/nowhere"), 2, "/nowhere"),
        (("channels", "add", "room", "slack", "--url-file", sys.executable), 2, "not UTF-8"),
        (("users", "disable", "nobody"), 1, "nobody"),
        (("users", "link", "nobody"), 1, "nobody"),
        (("channels", "remove", "room"), 1, "room"),
        (("organisations", "create", "north"), 1, "north"),
        (("organisations", "create", "south", "--zone", "Atlantis/City"), 2, "Atlantis"),
        (("organisations", "create", "South Ward"), 2, "small letters"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    run: Run, north: None, arguments: tuple[str, ...], code: int, says: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert says in line
    assert result.stdout == ""


def test_a_name_that_the_plan_has_not_is_refused_once_there_is_a_plan(run: Run) -> None:
    assert run("organisations", "create", "northfield").exit_code == 0
    early = run("users", "create", "cmo", "--role", "executive", "--person", "cmo")
    assert early.exit_code == 0
    assert run("plan", "apply", str(NORTHFIELD), "--reason", "adopted").exit_code == 0
    key = ("keys", "create", "feed", "--scope", "measurements:write", "--measure")
    user = ("users", "create", "coo", "--role", "executive", "--person")
    for words, kind, wrong, right in (
        (key, "measure", "hmsr", "hsmr"),
        (user, "person", "c", "coo"),
    ):
        refused = run(*words, wrong)
        assert refused.exit_code == 1
        assert refused.stderr.startswith(f"Error: the plan has no {kind} {wrong}; known are ")
        assert run(*words, right).exit_code == 0
    assert "coo\texecutive\tactive\tcoo\tcoo" in run("users", "list").stdout


def test_with_several_organisations_one_is_named(run: Run, north: None) -> None:
    run("organisations", "create", "south")
    result = run("keys", "list")
    assert result.exit_code == 1
    assert "north, south" in result.stderr
    assert run("keys", "list", "-o", "south").exit_code == 0
    made = json.loads(run("organisations", "list", "--json").stdout)
    assert [record["slug"] for record in made] == ["north", "south"]


def test_a_user_is_made_with_a_link_or_a_password(run: Run, north: None) -> None:
    linked = run("users", "create", "First.Admin", "--role", "admin")
    assert linked.exit_code == 0
    assert "/set-password/" in linked.stdout
    words = "four words are enough\n"
    asked = run("users", "create", "cmo", "--role", "executive", "--password", said=words)
    assert asked.exit_code == 0
    assert words.strip() not in asked.output
    weak = run("users", "create", "cfo", "--role", "viewer", "--password", said="short\n")
    assert weak.exit_code == 2
    listed = json.loads(run("users", "list", "--json").stdout)
    assert [user["login"] for user in listed] == ["cmo", "first.admin"]
    assert "hash" not in json.dumps(listed)
    assert run("users", "password", "cmo", said="another four words\n").exit_code == 0
    assert run("users", "disable", "cmo").exit_code == 0
    assert "cmo\texecutive\tdisabled" in run("users", "list").stdout


def test_a_link_leads_to_the_port_that_up_runs_on(
    run: Run, north: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link() -> str:
        settings.cache_clear()
        return run("users", "link", "cmo").stdout

    assert run("users", "create", "cmo", "--role", "executive").exit_code == 0
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
        with published(tmp_path, "127.0.0.1", port, f"http://127.0.0.1:{port}"):
            assert link().startswith(f"http://127.0.0.1:{port}/set-password/")
            left_behind = (tmp_path / ADDRESS_FILE).read_text()
            monkeypatch.setenv("BIGDOT_BASE_URL", "https://bigdot.hospital.example")
            assert link().startswith("https://bigdot.hospital.example/set-password/")
            monkeypatch.delenv("BIGDOT_BASE_URL")
        assert link().startswith("http://127.0.0.1:8000/set-password/")
    (tmp_path / ADDRESS_FILE).write_text(left_behind)
    assert link().startswith("http://127.0.0.1:8000/set-password/"), "nobody answers there"
    (tmp_path / ADDRESS_FILE).write_text("[1]")
    assert link().startswith("http://127.0.0.1:8000/set-password/")


def test_a_channels_address_is_never_shown(run: Run, north: None, tmp_path: Path) -> None:
    url = "https://hooks.slack.com/services/T0AB/B0CD/abcDEF123secret"
    added = run("channels", "add", "room", "slack", said=url + "\n")
    assert added.exit_code == 0
    file = tmp_path / "url"
    file.write_text(url)
    assert run("channels", "add", "other", "slack", "--url-file", str(file)).exit_code == 0
    again = run("channels", "add", "room", "slack", said=url + "\n")
    assert again.exit_code == 1
    refused = run("channels", "add", "bad", "webhook", said="https://10.0.0.1/x\n")
    assert refused.exit_code == 2
    listed = run("channels", "list", "--json")
    assert [channel["id"] for channel in json.loads(listed.stdout)] == ["other", "room"]
    for result in (added, again, refused, listed, run("channels", "list")):
        assert "T0AB" not in result.output
        assert "10.0.0.1" not in result.output
    assert run("channels", "remove", "room").exit_code == 0


@pytest.mark.parametrize("group", ["channels", "notify"])
@pytest.mark.parametrize(("status", "code"), [(200, 0), (404, 1), (503, 1)])
def test_a_channel_is_tried(
    run: Run, north: None, monkeypatch: pytest.MonkeyPatch, status: int, code: int, group: str
) -> None:
    bodies: list[bytes] = []

    class Room(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Room) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        host = f"127.0.0.1:{server.server_port}"
        monkeypatch.setenv("BIGDOT_CHANNEL_ALLOW_HOSTS", host)
        settings.cache_clear()
        added = run("channels", "add", "room", "webhook", said=f"http://{host}/s3cret\n")
        tried = run(group, "test", "room")
        server.shutdown()
        thread.join()
    assert added.exit_code == 0, added.output
    assert tried.exit_code == code, tried.output
    sent = json.loads(bodies[0])
    assert "[Test]" in sent["title"]
    assert sent["type"] == "success", "a test is no alarm"
    said = "the test message was taken" if code == 0 else f"room: webhook: answered {status}"
    assert said in tried.output
    assert "s3cret" not in tried.output
    assert run(group, "test", "nowhere").exit_code == 1
    assert run(group, "test").exit_code == 2


def test_an_address_is_sealed_and_opens_with_any_of_the_keys(
    run: Run, north: None, database_url: str
) -> None:
    url = "https://hooks.slack.com/services/T0AB/B0CD/abcDEF123secret"
    run("channels", "add", "room", "slack", said=url + "\n")
    rotated = Services(Options(database_url, ("n" * 40, SECRET)))
    found = rotated.channel_store.url(1, "room")
    assert found is not None
    assert found[1] == url
    assert rotated.channel_store.url(2, "room") is None
    with rotated.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT secret_url FROM channel").scalar_one()
    assert b"T0AB" not in bytes(raw)
    rotated.close()


def test_a_channel_that_no_key_opens_is_one_line(
    run: Run, north: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://hooks.slack.com/services/T0AB/B0CD/abcDEF123secret"
    run("channels", "add", "room", "slack", said=url + "\n")
    monkeypatch.setenv("BIGDOT_SECRET_KEY", "n" * 40)
    settings.cache_clear()
    tried = run("channels", "test", "room")
    assert tried.exit_code == 1
    assert tried.stderr.startswith("Error: room: no secret key opens the address of room: ")
    assert len(tried.stderr.splitlines()) == 1
    assert run("channels", "list").exit_code == 0
    assert run("channels", "remove", "room").exit_code == 0


def test_a_database_without_a_schema_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BIGDOT_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setenv("BIGDOT_SECRET_KEY", SECRET)
    settings.cache_clear()
    result = CliRunner().invoke(main, ["organisations", "list"])
    settings.cache_clear()
    assert result.exit_code == 1
    assert "bigdot db upgrade" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_wrong_setting_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGDOT_PORT", "notaport")
    settings.cache_clear()
    result = CliRunner().invoke(main, ["keys", "list"])
    settings.cache_clear()
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: BIGDOT_PORT")
    assert len(result.stderr.splitlines()) == 1


def test_embedded_a_secret_is_made_once_and_kept_to_oneself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BIGDOT_SECRET_KEY", raising=False)
    monkeypatch.setenv("BIGDOT_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    first = secret_keys(settings())
    assert len(first[0]) >= 32
    assert secret_keys(settings()) == service_options(settings()).secret_keys == first
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret.key"]
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o777 == 0o600
    settings.cache_clear()


def test_every_command_is_there_and_help_imports_none() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from web.cli import main;"
        "CliRunner().invoke(main, ['--help']);"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in"
        " ('services', 'sqlalchemy', 'flask', 'celery')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    for name in COMMANDS:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0, name


def test_everything_that_a_leaver_holds_is_handed_over_by_one_command(run: Run) -> None:
    applied = ("plan", "apply", str(NORTHFIELD), "--create", "--reason", "adopted")
    assert run(*applied).exit_code == 0
    assert (
        run("users", "create", "sister", "--role", "owner", "--person", "ed-sister").exit_code == 0
    )
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/London")).date().isoformat()
    asked = (
        "people",
        "handover",
        "ed-sister",
        "safety-lead",
        "--on",
        today,
        "--because",
        "retires",
    )
    dry = run(*asked, "--except", "measure:sepsis-bundle=analyst", "--dry-run", "--json")
    said = json.loads(dry.stdout)
    assert {each["about"]: each["to"] for each in said["handed_over"]} == {
        "measure:sepsis-bundle": "analyst",
        "project:sepsis": "safety-lead",
    }
    assert said["closed"]["accounts"] == ["sister"]
    assert any("safety-lead leads 4" in warning for warning in said["warnings"])
    assert "ended" not in run("plan", "export").stdout
    done = run(*asked)
    assert done.exit_code == 0
    assert "project:sepsis: leader → safety-lead" in done.stdout
    assert done.stdout.endswith("Version 2 of the plan is in force.\n")
    again = run(*asked)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "left on" in again.stderr
    assert "no person nobody" in run(*asked[:2], "nobody", *asked[3:]).stderr
    assert run(*asked, "--except", "aim").exit_code == 2
