"""A small number, and what would give it away, stands in no page, answer, mail or command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from config.settings import settings
from services.access.accounts import AccountRequest
from services.access.keys import SCOPES
from services.persistence import tables
from tests.copies import Copies
from tests.integration.pages.conftest import quick_hashing, words_in
from tests.integration.pipeline.conftest import Hospital, month, serving
from tests.worlds import ACTOR, PASSWORD, browser
from web.app import create_app
from web.cli import main
from web.context import WebOptions

__all__ = ["quick_hashing"]
SECRETS = ("k" * 40,)
SITES = ("north", "south", "east", "west")
LAST = 22
PLAN = """
bigdot: 1
profile: full
organisation: {id: moorland, name: Moorland, zone: Europe/London}
sites: [{id: north, name: North}, {id: south, name: South}, {id: east, name: East},
        {id: west, name: West}]
strata: [{id: old, name: Old}, {id: young, name: Young}]
people:
  - {id: cmo, name: Medical director, email: cmo@moorland.example, roles: [executive]}
  - {id: sister, name: Sister, email: sister@moorland.example, roles: [owner]}
measures:
  - {id: falls, name: Falls, kind: rate, per: 1000, unit: per 1000 days, direction: decrease,
     frequency: month, owner: sister, sites: [north, south, east, west], strata: [old, young],
     rollup: sum, suppress_below: 5}
aims:
  - id: fewer
    name: Fewer falls
    measure: falls
    baseline: {from: 2024-01, to: 2024-12}
    target: 5
    start: 2025-01
    deadline: 2026-12
    sponsor: cmo
    drivers: [{id: rounds, name: Rounds in the north, measure: falls, target: 5, site: north}]
  - id: fewer-north
    name: Fewer falls in the north
    measure: falls
    baseline: {from: 2024-01, to: 2024-12}
    target: 5
    start: 2025-01
    deadline: 2026-12
    sponsor: cmo
    site: north
  - id: fewer-south
    name: Fewer falls in the south
    measure: falls
    baseline: {from: 2024-01, to: 2024-12}
    target: 5
    start: 2025-01
    deadline: 2026-12
    sponsor: cmo
    site: south
projects:
  - {id: rounds, name: Rounds, measure: falls, sponsor: cmo, leader: sister, start: 2025-01-06,
     end: 2026-12-18, serves: [{driver: fewer/rounds, effect: 5, reach: 1, belief: 0.9}]}
"""
DAYS = {"north": 1129, "south": 1277, "east": 1381, "west": 1493}


def _count(site: str, n: int) -> int:
    """Plenty everywhere, but in the north three and in the south seven of the last two months."""
    if n >= LAST - 1 and site in ("north", "south"):
        return {"north": 3, "south": 7}[site]
    return 17 + 3 * SITES.index(site) + n % 5


def told(url: str) -> int:
    """Fill an empty database: two years of four sites, with small numbers at the end."""
    services = serving(url)
    services.clock.freeze(datetime(2025, 1, 2, 12, tzinfo=UTC))
    organisation = services.plans.create_organisation(PLAN)
    services.plans.apply(organisation, PLAN, author="sister", reason="first")
    moorland = Hospital(services, organisation)
    moorland.at(2025, 12, 28)
    items: list[dict[str, Any]] = [
        {
            "measure": "falls",
            "period": month(n),
            "site": site,
            "numerator": _count(site, n),
            "denominator": DAYS[site],
        }
        for site, n in product(SITES, range(LAST + 1))
    ]
    assert moorland.post("measurements", *items) == ["created"] * len(items)
    moorland.judge()
    correction = {**items[LAST], "numerator": 4}
    assert moorland.post("measurements", correction) == ["corrected"]
    moorland.judge()
    moorland.deliver()
    services.accounts.create(
        organisation, AccountRequest("admin", ("admin",), password=PASSWORD), actor=ACTOR
    )
    services.close()
    return organisation


@pytest.fixture
def moorland(sqlite_copies: Copies, quick_hashing: None) -> Iterator[Hospital]:
    """Four sites with small numbers, judged and told."""
    url, organisation = sqlite_copies.of(told)
    found = Hospital(serving(url), organisation)
    yield found
    found.services.close()


HIDDEN = (("north", 3), ("north", 4), ("south", 7))
"""Small numbers as they are and were, and the one by which they could be reckoned."""


def _secrets() -> tuple[str, ...]:
    """The hidden values as anything would write them."""
    values = [1000 * top / DAYS[site] for site, top in HIDDEN]
    return tuple(f"{value:.{digits}f}" for value in values for digits in (2, 3, 4))


def _clean(text: str, where: object) -> None:
    """No hidden value stands there, nor a count of one with its days."""
    for secret in _secrets():
        assert not re.search(rf"(?<![\d.]){re.escape(secret)}", text), (where, secret)
    for site, top in HIDDEN:
        assert f"{top} of {DAYS[site]}" not in text, where


def _addresses(app: Flask, moorland: Hospital) -> Iterator[str]:
    """Every GET of the app, with every name that the organisation has."""
    plan = moorland.services.plan_store.current(moorland.id)
    ids = [row.id for row in moorland.rows(tables.alert)]
    mails = [mail.id for mail in moorland.services.reporting.mails(moorland.id)]
    named: dict[str, list[Any]] = {
        "aim": list(plan.aims),
        "project": list(plan.projects),
        "alert_id": ids,
        "mail_id": mails,
        "mail": mails,
        "expectation": ["MIX-01", "EQ-02", "TRJ-01", "SIG-01"],
        "kind": ["explanations", "actions", "meetings"],
    }
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        for values in product(*(named.get(name, ["north"]) for name in sorted(rule.arguments))):
            with app.test_request_context():
                built = rule.build(dict(zip(sorted(rule.arguments), values, strict=True)))
            if built is None:
                continue
            yield built[1]
            if built[1].endswith("chart.svg"):
                for look in ("dark", "light-narrow"):
                    yield f"{built[1]}?measure=falls&look={look}"


def _readable(text: str) -> str:
    """Of a drawing its words; of anything else the whole."""
    if not text.lstrip().startswith("<svg"):
        return text
    return " ".join(re.findall(r">([^<>]+)<", text) + re.findall(r'aria-label="([^"]*)"', text))


def test_no_page_chart_answer_or_mail_tells_a_small_number(moorland: Hospital) -> None:
    app = create_app(moorland.services, WebOptions(SECRETS, embedded=True))
    key = moorland.services.keys.create(moorland.id, "reader", SCOPES, actor=ACTOR).secret
    client, machine = browser(app, "admin"), app.test_client()
    addresses = list(_addresses(app, moorland))
    assert sum("/aims/" in address for address in addresses) > 10
    for address in addresses:
        bearer = {"Authorization": f"Bearer {key}"}
        for answer in (client.get(address), machine.get(address, headers=bearer)):
            assert answer.status_code != 500, address
            _clean(_readable(answer.get_data(as_text=True)), address)
    bearer = {"Authorization": f"Bearer {key}"}
    why = machine.get("/api/v1/aims/fewer/why", headers=bearer).get_json()
    assert "Left out: 2 months in which a site is missing or hidden." in why["sites"]["move"]
    mails = moorland.services.reporting.mails(moorland.id)
    assert any("The whole went from" in m.text and "The whole went from" in m.html for m in mails)
    for mail in mails:
        _clean(mail.subject + mail.text + mail.html, mail.id)
    for row in moorland.rows(tables.evaluation)[-40:]:
        _clean(str(row.body), row.id)
    whole = words_in(client.get("/aims/fewer").get_data(as_text=True))
    assert "2 of 4 sites show a value for November 2025; 0 of them at the target" in whole
    assert "It is not enough, even if every project succeeds" in whole
    assert "suppressed" in client.get("/aims/fewer-north").get_data(as_text=True)


def test_a_chart_has_no_point_where_a_number_is_hidden(moorland: Hospital) -> None:
    last = {month(LAST - 1), month(LAST)}
    for aim in ("fewer-north", "fewer-south"):
        page = moorland.services.reporting.aim(moorland.id, aim)
        assert page is not None
        shown = {f"{p.start:%Y-%m}": p.value for panel in page.panels for p in panel.chart.points}
        assert all(shown[period] is None for period in last), aim
        assert shown[month(LAST - 2)] is not None
    whole = moorland.services.reporting.aim(moorland.id, "fewer")
    assert whole is not None
    values = {f"{p.start:%Y-%m}": p.value for p in whole.panels[0].chart.points}
    summed = sum(_count(site, LAST) for site in SITES) + 1
    assert values[month(LAST)] == pytest.approx(1000 * summed / sum(DAYS.values()))


def test_no_command_tells_a_small_number(
    moorland: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGDOT_DATABASE_URL", moorland.services.options.database_url)
    monkeypatch.setenv("BIGDOT_SECRET_KEY", SECRETS[0])
    settings.cache_clear()
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.csv"
    plan.write_text(PLAN)
    lines = ["measure,site,period,numerator,denominator,received_at"]
    lines += [
        f"falls,{site},{month(n)},{_count(site, n)},{DAYS[site]},2025-12-28"
        for site, n in product(SITES, range(LAST + 1))
    ]
    data.write_text("\n".join(lines) + "\n")
    for command in (
        ("plan", "export"),
        ("plan", "lint", str(plan)),
        ("why", "fewer"),
        ("why", "fewer", "--json"),
        ("why", "fewer-north", "--json"),
        ("backtest", str(plan), str(data)),
        ("backtest", str(plan), str(data), "--json"),
        ("backtest", str(plan), str(data), "--alerts"),
    ):
        ran = CliRunner().invoke(main, command)
        assert ran.exit_code in (0, 1), (command, ran.output)
        assert len(ran.output) > 40, command
        _clean(ran.output, command)


def test_a_correction_is_answered_without_the_small_number_it_corrects(moorland: Hospital) -> None:
    item = {"measure": "falls", "period": month(LAST), "site": "north"}
    (result,) = moorland.services.intake.record(
        moorland.id,
        "measurements",
        [item | {"numerator": 19, "denominator": DAYS["north"]}],
        actor="feed",
        source="feed",
    )
    assert result.result == "corrected"
    assert result.before is not None
    assert [result.before[name] for name in ("value", "numerator", "suppressed")] == [
        None,
        None,
        True,
    ]
    moorland.judge()
    page = moorland.services.reporting.aim(moorland.id, "fewer-south")
    assert page is not None
    shown = {f"{p.start:%Y-%m}": p.value for p in page.panels[0].chart.points}
    assert shown[month(LAST)] == pytest.approx(1000 * 7 / DAYS["south"])
    assert shown[month(LAST - 1)] is None


def test_why_says_which_sites_carried_the_aim_as_of_the_day_asked_for(moorland: Hospital) -> None:
    moorland.at(2026, 1, 20)
    items: list[dict[str, Any]] = [
        {
            "measure": "falls",
            "period": month(LAST + 1),
            "site": site,
            "numerator": 2 if site == "west" else 40,
            "denominator": days,
        }
        for site, days in DAYS.items()
    ]
    assert moorland.post("measurements", *items) == ["created"] * len(items)
    moorland.judge()
    app = create_app(moorland.services, WebOptions(SECRETS, embedded=True))
    client = browser(app, "admin")
    then = words_in(client.get("/aims/fewer/why?as_of=2025-12-29").get_data(as_text=True))
    assert "2 of 4 sites show a value for November 2025" in then
    now = words_in(client.get("/aims/fewer/why").get_data(as_text=True))
    assert "sites show a value for December 2025" in now
    assert "for November 2025" not in now.partition("Which sites carry it")[2]
    whys = moorland.services.whys
    asked = [whys.why(moorland.id, "fewer", day) for day in ("2025-12-29", "2026-01-20", None)]
    said = [each.sites.words for each in asked if each is not None and each.sites is not None]
    assert "November" in said[0]
    assert said[1] == said[2] != said[0]
