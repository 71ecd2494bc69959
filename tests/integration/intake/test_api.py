"""The HTTP edge of intake: bodies, answers, errors that name their place."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.persistence import tables
from services.ports.access import Actor
from services.ports.intake import StoredAnswer
from tests.integration.intake.conftest import NOW, Hospital, value

URL = "/api/v1/measurements"
LINES = {"Content-Type": "application/x-ndjson"}
LIMIT = 5 * 1024 * 1024


def lines(*items: object) -> bytes:
    return b"\n".join(
        item if isinstance(item, bytes) else json.dumps(item).encode() for item in items
    )


def test_one_object(client: FlaskClient) -> None:
    answer = client.post(URL, json=value(99.5))
    assert answer.status_code == 202
    assert answer.get_json() == {
        "result": "created",
        "measure": "hsmr",
        "site": "system",
        "stratum": "all",
        "period": "2026-10",
        "definition": 1,
    }


def test_the_same_event_answers_the_same_bytes(client: FlaskClient) -> None:
    posts = [value(99.5, id="a"), value(97.0, id="b")]
    first = [client.post(URL, json=post).get_data() for post in posts]
    assert [client.post(URL, json=post).get_data() for post in posts] == first
    assert json.loads(first[1])["before"]["value"] == 99.5


def test_one_object_that_is_wrong_says_where(client: FlaskClient) -> None:
    answer = client.post(URL, json=value("ten"))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert (body["status"], body["code"]) == (422, "wrong_type")
    assert body["errors"][0]["pointer"] == "#/value"


def test_a_mixed_batch_is_207_and_keeps_the_good(client: FlaskClient, hospital: Hospital) -> None:
    answer = client.post(URL, json=[value(), value(1.0, "2026-W41"), value(2.0, "2026-09")])
    body = answer.get_json()
    assert answer.status_code == 207
    assert (body["accepted"], body["created"], body["rejected"]) == (2, 2, 1)
    assert body["items"][1]["pointer"] == "#/1/period"
    assert len(hospital.values()) == 2


def test_a_batch_without_anything_good_is_422(client: FlaskClient) -> None:
    assert client.post(URL, json=[value("x"), 5]).status_code == 422


def test_a_long_batch_lists_what_changed_only(client: FlaskClient) -> None:
    posts = [value(float(n), f"20{n // 12:02d}-{n % 12 + 1:02d}") for n in range(150)]
    first = client.post(URL, data=lines(*posts), headers=LINES)
    assert (first.status_code, first.get_json()["items"]) == (202, [])
    posts[3]["value"] = 250.0
    again = client.post(URL, data=lines(*posts), headers=LINES).get_json()
    assert (again["unchanged"], again["corrected"]) == (149, 1)
    assert again["items"][0]["item"] == 3
    assert again["items"][0]["before"]["value"] == 3.0
    assert again["items"][0]["after"]["value"] == 250.0


def test_lines_that_cannot_be_read_leave_the_others(client: FlaskClient) -> None:
    body = lines(value(), b"{oops", b'{"measure": "\xff"}', b"", b'{"a": 1, "a": 2}', b"NaN")
    answer = client.post(URL, data=body, headers=LINES).get_json()
    codes = [item.get("code") for item in answer["items"]]
    assert codes == [None, "bad_json", "not_utf8", "duplicate_key", "not_finite"]
    assert answer["items"][1]["detail"].endswith("(column 2)")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"", "bad_json", "#"),
        (b"{", "bad_json", "#"),
        (b"5", "wrong_type", "#"),
        (b'{"measure": "hsmr", "measure": "hsmr"}', "duplicate_key", "#/measure"),
        (b'{"measure": "\xff"}', "not_utf8", "#"),
        (b'{"value": NaN}', "not_finite", "#/value"),
        (b'{"period": "2026-10", "denominator": -Infinity}', "not_finite", "#/denominator"),
        (b'{"value": 1' + b"0" * 5000 + b"}", "not_finite", "#/value"),
        (b"NaN", "not_finite", "#"),
        (b"[" * 100_000, "bad_json", "#"),
        (b'{"measure": "\\u0000"}', "bad_text", "#"),
        (b'{"measure": "\\ud800"}', "bad_text", "#"),
    ],
)
def test_what_is_no_json_is_400_and_says_where(
    client: FlaskClient, body: bytes, code: str, pointer: str
) -> None:
    answer = client.post(URL, data=body, content_type="application/json")
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (400, code)
    assert told["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("body", "kind", "limit"),
    [
        (b'{"measure":"hsmr"}\n' * 10_001, "application/x-ndjson", "10,000 items"),
        (b"[" + b"{}," * 100_000 + b"{}]", "application/json", "10,000 items"),
        (b" " * (LIMIT + 1), "application/x-ndjson", "5 MiB"),
    ],
)
def test_too_much_is_413_which_names_the_limit_and_the_way_out(
    client: FlaskClient, hospital: Hospital, body: bytes, kind: str, limit: str
) -> None:
    answer = client.post(URL, data=body, content_type=kind)
    said = answer.get_json()["detail"]
    assert answer.status_code == 413
    assert f"at most {limit}" in said
    for way_out in ("Split it", "NDJSON", "nothing of this one was kept"):
        assert way_out in said
    assert hospital.values() == []


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a"}])
@pytest.mark.parametrize(("beyond", "status", "kept"), [(0, 202, 1), (1, 413, 0)])
def test_a_stream_of_no_stated_length_is_taken_whole_or_not_at_all(
    client: FlaskClient,
    hospital: Hospital,
    headers: dict[str, str],
    beyond: int,
    status: int,
    kept: int,
) -> None:
    line = json.dumps(value()).encode() + b"\n"
    body = io.BytesIO(line + b"\n" * (LIMIT - len(line) + beyond))
    ends = {"wsgi.input_terminated": True}
    answer = client.post(URL, input_stream=body, headers=LINES | headers, environ_overrides=ends)
    assert answer.status_code == status
    assert len(hospital.values()) == kept


def test_elements_that_cannot_be_read_leave_the_others(
    client: FlaskClient, hospital: Hospital
) -> None:
    good = json.dumps(value())
    bad = ('{"a": [{"b": 1, "b": 2}]}', '{"value": NaN}', "1" + "0" * 5000, '{"a": "\\ud800"}')
    answer = client.post(URL, data=f"[ {', '.join(bad)} ,{good}]", content_type="application/json")
    body = answer.get_json()
    assert answer.status_code == 207
    codes = [item.get("code") for item in body["items"]]
    assert codes == ["duplicate_key", "not_finite", "not_finite", "bad_text", None]
    assert body["items"][1]["errors"][0]["pointer"] == "#/1/value"
    assert len(hospital.values()) == 1


@pytest.mark.parametrize("body", [b"[NaN", b"[NaN] x", b"[NaN,,1]", b"[1 NaN]"])
def test_an_array_that_is_no_json_is_refused_whole(client: FlaskClient, body: bytes) -> None:
    assert client.post(URL, data=body, content_type="application/json").status_code == 400


def test_a_packed_body_is_415(client: FlaskClient) -> None:
    packed = gzip.compress(json.dumps(value()).encode())
    answer = client.post(URL, data=packed, headers=LINES | {"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_encoding")


def test_other_media_types_are_415(client: FlaskClient) -> None:
    answer = client.post(URL, data="a,b", content_type="text/csv")
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.headers["Accept-Post"]


def test_no_items_are_no_batch(client: FlaskClient) -> None:
    assert client.post(URL, json=[]).get_json()["code"] == "empty"
    assert client.get(URL).headers["Allow"]


class KilledError(BaseException):
    """The end of a web process, which nothing in it may catch."""


class TestIdempotencyKey:
    """The Idempotency-Key header."""

    def test_it_replays_the_answer_byte_for_byte(self, client: FlaskClient) -> None:
        first = client.post(URL, json=value(), headers={"Idempotency-Key": "k"})
        client.post(URL, json=value(1.0))
        again = client.post(URL, json=value(), headers={"Idempotency-Key": "k"})
        assert again.get_data() == first.get_data()
        assert (again.status_code, again.content_type) == (first.status_code, first.content_type)

    def test_it_does_nothing_twice(self, client: FlaskClient, hospital: Hospital) -> None:
        for amount in (1.0, 2.0):
            client.post(URL, json=value(amount), headers={"Idempotency-Key": str(amount)})
        client.post(URL, json=value(1.0), headers={"Idempotency-Key": "1.0"})
        assert [v[1] for v in hospital.values()] == [1.0, 2.0]

    def test_another_body_is_422(self, client: FlaskClient) -> None:
        client.post(URL, json=value(), headers={"Idempotency-Key": "k"})
        other = client.post(URL, json=value(1.0), headers={"Idempotency-Key": "k"})
        assert (other.status_code, other.get_json()["code"]) == (422, "key_reused")

    def test_one_in_flight_is_409(self, client: FlaskClient, hospital: Hospital) -> None:
        body = json.dumps(value()).encode()
        import hashlib  # noqa: PLC0415

        digest = hashlib.sha256(b"measurements\n" + body).digest()
        begin = hospital.services.idempotency.begin
        system_now = hospital.services.clock.system_now()
        begin(hospital.id, hospital.key_id, "k", digest, system_now)
        headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        answer = client.post(URL, data=body, headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
        with hospital.services.engine.begin() as connection:
            long_ago = system_now - timedelta(minutes=2)
            connection.execute(tables.idempotency.update().values(started_at=long_ago))
        assert client.post(URL, data=body, headers=headers).status_code == 202

    @pytest.mark.parametrize("kind", ["measurements", "projects"])
    def test_what_died_between_facts_and_answer_is_answered_as_it_would_have_been(
        self,
        client: FlaskClient,
        hospital: Hospital,
        monkeypatch: pytest.MonkeyPatch,
        kind: str,
    ) -> None:
        role = {"project": "sepsis-ed", "role": "leader", "on": "2026-11-01"}
        values = [value(1.0), value(2.0), value(2.0), value("none")]
        roles: list[Any] = [role | {"person": None}, role | {"person": "cmo"}]
        items: list[Any] = values if kind == "measurements" else roles
        url, headers = f"/api/v1/{kind}", {"Idempotency-Key": "k"}
        store = type(hospital.services.idempotency)
        kept: list[StoredAnswer] = []

        def dies(*arguments: Any) -> None:
            kept.append(arguments[-1])
            raise KilledError

        with monkeypatch.context() as patch:
            patch.setattr(store, "finish", dies)
            with pytest.raises(KilledError):
                client.post(url, json=items, headers=headers)
        before = hospital.rows(tables.journal)
        assert client.post(url, json=items, headers=headers).status_code == 409
        other = client.post(url, json=items[:1], headers=headers)
        assert other.get_json()["code"] == "key_reused"
        with hospital.services.engine.begin() as connection:
            long_ago = hospital.services.clock.system_now() - timedelta(minutes=2)
            connection.execute(tables.idempotency.update().values(started_at=long_ago))
        again = client.post(url, json=items, headers=headers)
        assert again.get_data() == kept[0].body
        assert again.get_json()["created"] == 1
        assert hospital.rows(tables.journal) == before

    def test_a_key_of_another_feed_is_its_own(
        self, client: FlaskClient, hospital: Hospital
    ) -> None:
        client.post(URL, json=value(), headers={"Idempotency-Key": "k"})
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {_key(hospital)}"
        other = client.post(URL, json=value(1.0), headers={"Idempotency-Key": "k"})
        assert other.status_code == 202


def test_a_key_writes_only_its_measures(client: FlaskClient, hospital: Hospital) -> None:
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {_key(hospital, measures=['falls'])}"
    answer = client.post(URL, json=value())
    assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden_measure")


def test_a_key_without_the_scope_is_403(client: FlaskClient, hospital: Hospital) -> None:
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {_key(hospital, scopes=['read'])}"
    assert client.post(URL, json=value()).status_code == 403


@pytest.mark.parametrize("kind", ["measurements", "milestones", "progress", "reviews"])
@pytest.mark.parametrize(
    ("fate", "says"),
    [
        ({"revoked_at": datetime(2020, 1, 1, tzinfo=UTC)}, "The API key is revoked."),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "The API key is expired."),
        ({"key_hash": "that of another deployment"}, "The API key is not known."),
    ],
)
def test_a_key_that_is_not_in_force_is_told_why_and_writes_nothing(
    client: FlaskClient, hospital: Hospital, kind: str, fate: dict[str, Any], says: str
) -> None:
    with hospital.services.engine.begin() as connection:
        connection.execute(tables.api_key.update().values(**fate))
    answer = client.post(f"/api/v1/{kind}", json=value())
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (401, "not_authenticated")
    assert told["detail"] == says
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert hospital.rows(tables.journal) == []


def test_a_key_revoked_elsewhere_writes_nothing(client: FlaskClient, hospital: Hospital) -> None:
    """Another process holds the key for some seconds; the write asks anew."""
    assert client.post(URL, json=value()).status_code == 202
    with hospital.services.engine.begin() as connection:
        connection.execute(tables.api_key.update().values(revoked_at=NOW))
    answer = client.post(URL, json=value(1.0))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert len(hospital.values()) == 1


def _key(hospital: Hospital, **wanted: Any) -> str:
    scopes = wanted.pop("scopes", ["measurements:write"])
    keys = hospital.services.keys
    return keys.create(hospital.id, "b", scopes, actor=Actor("t", "cli"), **wanted).secret
