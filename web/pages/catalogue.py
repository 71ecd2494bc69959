"""The catalogue: what is expected, from where, with which numbers; and setting one of them."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.alerting.lifecycle import SAID_BY_STATUS
from services.evaluation.replay import Sent, Truth
from services.evaluation.trial import Side
from services.framework.plan import Switch
from services.planning.tuning import (
    ORGANISATION,
    Setting,
    SettingRefusedError,
    switched,
    tuned,
    with_setting,
)
from services.ports.planning import PlanningError, SettingChange, StaleBaseError
from services.ports.reporting import Found
from services.reporting.catalogue import SWITCHES, RulePage, WouldSend
from services.reporting.reports import MOST_FOUND
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.words import told

blueprint = Blueprint("catalogue", __name__)
SEE_OTHER = 303
SETS = "admin"
VIA = "web"
TRIES = ("admin", "executive")
SHOWN = 50
LONGEST_SECONDS = 15
"""For how long a page may try a setting; what it has by then it shows."""
_ASKED = ("switch", "parameter", "scope", "value")
_MOVED = (
    "The plan has changed since you opened this page, so nothing was set. Below is how it stands "
    "now: look at it, and set it again if it is still right."
)


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that was refused: which, what was typed, what is wrong by field, and the status."""

    form: str
    given: dict[str, str]
    errors: dict[str, str]
    status: int = 422


@blueprint.get("/catalogue")
@needs_role()
def catalogue() -> str:
    """Every expectation, by family."""
    who = signed_in().organisation_id
    return render_template(
        "catalogue/catalogue.html",
        families=services().reporting.catalogue(who),
        profile=services().plan_store.current(who).profile.value,
    )


@blueprint.get("/catalogue/<expectation>")
@needs_role()
def rule(expectation: str) -> ResponseReturnValue:
    """One expectation: what it says, its numbers, what it finds, and who set it when."""
    return _page(expectation)


@blueprint.post("/catalogue/<expectation>/switch")
@needs_role(SETS)
def switch(expectation: str) -> ResponseReturnValue:
    """Switch the expectation on, into shadow, or off."""
    return _set(expectation, "switch")


@blueprint.post("/catalogue/<expectation>/parameters")
@needs_role(SETS)
def parameters(expectation: str) -> ResponseReturnValue:
    """Set one of its parameters for the organisation, an aim or a measure."""
    return _set(expectation, "parameters")


@blueprint.post("/catalogue/<expectation>/backtest")
@needs_role(*TRIES)
def ask(expectation: str) -> ResponseReturnValue:
    """Go to the page that tries what a form says; nothing is set."""
    _rule(expectation)
    asked = urlencode({name: request.form[name] for name in _ASKED if name in request.form})
    page = url_for("catalogue.backtest", expectation=expectation)
    return redirect(f"{page}?{asked}", SEE_OTHER)


@blueprint.get("/catalogue/<expectation>/backtest")
@needs_role(*TRIES)
def backtest(expectation: str) -> ResponseReturnValue:
    """What a setting would have told over the stored history, beside the setting as it is."""
    who, page = signed_in(), _rule(expectation)
    given = {name: request.args[name] for name in _ASKED if name in request.args}
    try:
        setting = setting_of(page, given)
    except SettingRefusedError as refused:
        form = "switch" if "switch" in given else "parameters"
        return _page(expectation, Failed(form, given, {refused.field: _sentence(str(refused))}))
    plan = services().plan_store.current(who.organisation_id)
    plans = (plan, with_setting(plan, setting))
    ends = monotonic() + LONGEST_SECONDS
    trial = services().trials.compare(
        who.organisation_id, expectation, plans, lambda: monotonic() > ends
    )
    return render_template(
        "catalogue/backtest.html",
        page=page,
        given=given,
        setting=_in_words(page, setting),
        trial=trial,
        days=[told(trial.span.first), told(trial.span.last)],
        sides=[("As it is", _side(trial.now)), ("As proposed", _side(trial.proposed))],
        more=[_opened(each) for each in trial.more[:SHOWN]],
        fewer=[_opened(each) for each in trial.fewer[:SHOWN]],
        may_set=SETS in who.roles,
        seconds=LONGEST_SECONDS,
    )


def _in_words(page: RulePage, setting: Setting) -> str:
    """``MIL-01.days 10 for the whole organisation``; ``In shadow`` for a switch."""
    if setting.name == page.line.id:
        as_profile = f"as the {page.profile} profile has it"
        return SWITCHES[setting.value] if isinstance(setting.value, Switch) else as_profile
    scope = next(each.name for each in page.scopes if each.value == setting.scope)
    value = "taken away" if setting.value is None else f"{setting.value:g}"
    return f"{setting.name} {value} for {scope}"


def _side(side: Side) -> dict[str, object]:
    who, reporting = signed_in().organisation_id, services().reporting
    return {
        "switch": SWITCHES[side.switch],
        "sends": side.switch is Switch.ON,
        "tally": side.tally,
        "messages": sum(load.messages for load in side.loads),
        "loads": [
            {"name": reporting.person(who, load.person), "load": load} for load in side.loads
        ],
    }


_TRUTHS = {
    Truth.YES: "came true",
    Truth.NO: "did not come true",
    Truth.UNKNOWN: "too early to tell",
}


def _opened(sent: Sent) -> dict[str, object]:
    who, reporting = signed_in().organisation_id, services().reporting
    to = dict.fromkeys(reporting.person(who, each.person) for each in sent.to)
    return {
        "at": told(sent.at),
        "about": reporting.name_of(who, sent.about),
        "reason": sent.reason,
        "to": ", ".join(to) or "nobody",
        "truth": _TRUTHS[sent.truth or Truth.UNKNOWN],
    }


def _set(expectation: str, form: str) -> ResponseReturnValue:
    """Make a version of the plan with what the form says; its page again if it is refused."""
    who = signed_in()
    page = _rule(expectation)
    given = {name: text.strip() for name, text in request.form.items() if name != "csrf_token"}
    try:
        setting = setting_of(page, given)
        base = given.get("base", "")
        if not given.get("reason"):
            raise SettingRefusedError("reason", "say why: the reason stays with the change")
        applied = services().tuning.set(
            who.organisation_id,
            setting,
            author=who.actor,
            reason=given["reason"],
            base_version=int(base) if base.isdecimal() and len(base) < 10 else -1,  # noqa: PLR2004
            via=VIA,
        )
    except SettingRefusedError as refused:
        return _page(expectation, Failed(form, given, {refused.field: _sentence(str(refused))}))
    except StaleBaseError:
        return _page(expectation, Failed(form, given, {"base": _MOVED}, 409))
    except PlanningError as refused:
        return _page(expectation, Failed(form, given, {"reason": _sentence(str(refused))}))
    flash(_done(applied.version) if applied.changes else "Nothing to change: it was so already.")
    return redirect(url_for("catalogue.rule", expectation=expectation), SEE_OTHER)


def setting_of(page: RulePage, given: dict[str, str]) -> Setting:
    """The switch or the parameter that a form says. Raises SettingRefusedError."""
    if "switch" in given:
        return switched(page.line.id, given["switch"])
    name = given.get("parameter", "")
    if name not in {each.name for each in page.parameters}:
        raise SettingRefusedError("parameter", "choose one of the parameters")
    scope = given.get("scope") or ORGANISATION
    if scope not in {each.value for each in page.scopes}:
        raise SettingRefusedError("scope", "choose the organisation, an aim or a measure")
    return tuned(name, given.get("value", ""), scope)


def _done(version: int) -> str:
    return f"Set: this is version {version} of the plan. Everything is judged anew by it."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _rule(expectation: str) -> RulePage:
    found = services().reporting.rule(signed_in().organisation_id, expectation)
    if found is None:
        abort(404, "The catalogue has no such expectation.")
    return found


def _page(expectation: str, failed: Failed | None = None) -> ResponseReturnValue:
    who, reporting = signed_in(), services().reporting
    page = _rule(expectation)
    found = reporting.found(who.organisation_id, expectation)
    in_shadow = page.line.switch is Switch.SHADOW
    would = reporting.would_have_sent(who.organisation_id, expectation) if in_shadow else ()
    history = services().tuning.history(who.organisation_id, expectation)
    html = render_template(
        "catalogue/rule.html",
        page=page,
        found=[_finding(each) for each in found[:SHOWN]],
        many=f"{MOST_FOUND} or more" if len(found) == MOST_FOUND else str(len(found)),
        would=[_would(each) for each in would[:SHOWN]],
        would_many=len(would),
        history=[_change(change) for change in history],
        may_set=SETS in who.roles,
        may_try=bool(who.roles & set(TRIES)) and expectation not in SAID_BY_STATUS,
        switches=[(each.value, words) for each, words in SWITCHES.items()],
        failed=failed.form if failed else None,
        given=failed.given if failed else {},
        errors=failed.errors if failed else {},
    )
    return html, failed.status if failed else 200


def _finding(found: Found) -> dict[str, object]:
    """A finding in words, with the page of what it is about."""
    who = signed_in().organisation_id
    kind, _, identifier = found.subject.partition(":")
    pages = {"aim": f"/aims/{identifier}", "project": f"/projects/{identifier}"}
    return {
        "about": services().reporting.name_of(who, found.outcome.about),
        "path": pages.get(kind),
        "reason": found.outcome.reason,
        "since": told(found.outcome.since or found.at),
        "shadow": found.outcome.shadow,
    }


def _would(sent: WouldSend) -> dict[str, str]:
    who, reporting = signed_in().organisation_id, services().reporting
    to = ", ".join(reporting.person(who, person) for person in sent.to) or "nobody"
    about = reporting.name_of(who, sent.about)
    return {
        "at": told(sent.at),
        "what": sent.what,
        "about": about,
        "reason": sent.reason,
        "to": to,
    }


def _change(change: SettingChange) -> dict[str, object]:
    """A change in words: ``MIL-01.days: 7 → 10``."""
    who, reporting = signed_in().organisation_id, services().reporting
    if isinstance(change.before, dict) and isinstance(change.after, dict):
        name = reporting.name_of(who, f"{change.kind}:{change.key}")
        tuned_ones = dict.fromkeys([*change.before, *change.after])
        lines = [
            _moved(f"{each} for {name}", change.before.get(each), change.after.get(each))
            for each in tuned_ones
            if change.before.get(each) != change.after.get(each)
        ]
    else:
        lines = [_moved(change.key, change.before, change.after)]
    return {
        "lines": lines,
        "by": reporting.person(who, change.author),
        "at": told(change.known_at),
        "reason": change.reason,
        "version": change.version,
    }


def _moved(name: str, before: object, after: object) -> str:
    return f"{name}: {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
