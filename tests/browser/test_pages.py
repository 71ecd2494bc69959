"""The pages in a real browser: board, aim, a form, an acknowledgement, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from services.bootstrap import Services
from services.persistence import tables
from services.persistence.engine import writing
from tests.copies import Copies
from tests.integration.pages.conftest import northfield, quick_hashing
from tests.integration.pipeline.conftest import Hospital
from tests.worlds import PASSWORD
from web.app import create_app
from web.context import WebOptions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["northfield", "quick_hashing"]
pytestmark = pytest.mark.browser
SECRETS = ("k" * 40,)
PATHS = ("/", "/people", "/aims/harm-21", "/projects/sepsis", "/alerts", "/mailbox", "/sign-in")


@pytest.fixture
def copies(sqlite_copies: Copies) -> Copies:
    """SQLite only: browsers tell nothing more of databases."""
    return sqlite_copies


@pytest.fixture
def site(northfield: Hospital) -> Iterator[str]:
    """Northfield, served on loopback."""
    app = create_app(northfield.services, WebOptions(SECRETS, embedded=True))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)


@pytest.fixture(params=[(1280, "light"), (375, "dark")], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Page]:
    """A page that must not complain and must not scroll sideways."""
    width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=site
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def _sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


def test_every_page_fits_its_window(page: Page) -> None:
    _sign_in(page, "owner")
    for path in PATHS:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert page.locator("h1").count() == 1, path


def test_the_board_fills_by_itself_and_leads_to_an_aim(page: Page, northfield: Hospital) -> None:
    _sign_in(page, "viewer")
    assert page.locator(".tile").first.locator(".status").inner_text().strip() == "Deteriorating"
    page.evaluate("document.body.dataset.kept = 'yes'")
    northfield.post("measurements", {"measure": "harm", "period": "2025-07", "value": 31})
    _judge(northfield.services, northfield)
    page.get_by_text("31.0", exact=True).wait_for()
    assert page.evaluate("document.body.dataset.kept") == "yes"
    page.get_by_role("link", name="Less harm to patients in our care").click()
    drawn = page.locator("picture.chart img")
    drawn.wait_for()
    page.wait_for_function("document.querySelector('.chart img').naturalWidth > 200")
    page.get_by_text("Show data").click()
    assert page.get_by_role("rowheader", name="Jul 2025").is_visible()


def test_an_owner_logs_a_milestone_and_an_executive_acknowledges(
    page: Page, northfield: Hospital
) -> None:
    _sign_in(page, "owner")
    page.goto("/projects/sepsis")
    page.get_by_role("button", name="Note the milestone").click()
    page.get_by_text("The milestone is noted.").wait_for()
    assert "Done on 20 August 2025" in page.locator(".milestones").inner_text()
    page.get_by_role("button", name="Sign out").click()
    _sign_in(page, "executive")
    page.goto("/alerts")
    page.get_by_role("link", name="Deteriorating").click()
    page.fill("#note", "On Monday's agenda")
    page.get_by_role("button", name="I have seen it").click()
    page.get_by_text("Noted: you have seen it.").wait_for()
    (alert,) = northfield.rows(tables.alert, tables.alert.c.about == "aim:harm-21")
    assert alert.acknowledged_note == "On Monday's agenda"


def _judge(services: Services, northfield: Hospital) -> None:
    with writing(services.engine) as connection:
        connection.execute(tables.subject.update().values(not_before=None))
    northfield.judge()
