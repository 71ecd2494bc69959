"""Changing what is declared by form: predictions, time, partners, an aim; each a plan version."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.framework.plan import Plan
from services.planning.amending import AmendmentRefusedError
from services.ports.planning import PlanningError, StaleBaseError
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.filing import home
from web.pages.forms import EVERYWHERE, Field, Form
from web.pages.projects import sentence
from web.pages.words import told

blueprint = Blueprint("amending", __name__)
SEE_OTHER = 303
VIA = "web"
_MAY = sorted(EVERYWHERE)
_WHY = Field("reason", "Why", hint="stays with the change", required=True)
_OUTCOMES = ("reached", "missed", "extended", "replaced", "withdrawn")
_AIM, _PROJECT = frozenset({"aim"}), frozenset({"project"})
_MOVED = (
    "The plan has changed since you opened this page, so nothing was changed. "
    "Look at it again, and send it again if it is still right."
)
FORMS = {
    form.kind: form
    for form in (
        Form(
            "predictions",
            _PROJECT,
            "Predicted effect and belief",
            "What the project is predicted to bring through a driver, how much of it by the "
            "deadline, and how far that is believed in. What is left out is not predicted.",
            "Change the prediction",
            EVERYWHERE,
            (
                Field("driver", "Driver", "choice", required=True),
                Field("effect", "Effect", "number", "in the aim's units, at full reach"),
                Field("reach", "Reach", "number", "0 to 1"),
                Field("belief", "Degree of belief", "number", "0 to 1"),
                _WHY,
            ),
        ),
        Form(
            "allocations",
            _PROJECT,
            "Time of a person",
            "How much of full time a person has for the project, and how much was planned. "
            "Without time the person is taken off it.",
            "Change the time",
            EVERYWHERE,
            (
                Field("person", "Person", "person", required=True),
                Field("fte", "Time", "number", "of full time, as in 0.5"),
                Field("planned", "Planned", "number", "of full time"),
                _WHY,
            ),
        ),
        Form(
            "cadences",
            _PROJECT,
            "When it is reviewed",
            "Before each meeting of the board, whose dates the plan lists; every so many days; or "
            "as any other project.",
            "Change when it is reviewed",
            EVERYWHERE,
            (
                Field(
                    "review",
                    "Reviewed",
                    "choice",
                    required=True,
                    choices=(
                        ("board", "Before the board meets"),
                        ("days", "Every so many days"),
                        ("plan", "As any other project"),
                    ),
                ),
                Field("review_every_days", "Days", "whole", "if every so many days"),
                _WHY,
            ),
        ),
        Form(
            "partners",
            _AIM,
            "Patient or family partner",
            "A patient or family partner joins the aim's team, or leaves it. A partner is a person "
            "of the plan, never a record of care.",
            "Change the team",
            EVERYWHERE,
            (
                Field("person", "Partner", "person", required=True),
                Field(
                    "change",
                    "What happens",
                    "choice",
                    required=True,
                    choices=(("joins", "Joins"), ("leaves", "Leaves")),
                ),
                _WHY,
            ),
        ),
        Form(
            "revisions",
            _AIM,
            "Revision of the aim",
            "Another target or deadline, with the reason. An aim that is eased has to be adopted "
            "anew by the board.",
            "Revise the aim",
            EVERYWHERE,
            (
                Field("target", "Target", "target", "a range as 80 to 90"),
                Field("deadline", "Deadline", hint="as in 2027-12"),
                _WHY,
            ),
            one_of=("target", "deadline"),
        ),
        Form(
            "balancing",
            _AIM,
            "Balancing measure",
            "A measure that must not suffer while the aim is pursued. A signal for the worse in it "
            "is told.",
            "Change what is watched",
            EVERYWHERE,
            (
                Field("measure", "Measure", "choice", required=True),
                Field(
                    "change",
                    "What happens",
                    "choice",
                    required=True,
                    choices=(("watched", "Is watched"), ("left", "Is watched no longer")),
                ),
                _WHY,
            ),
        ),
        Form(
            "groups",
            _AIM,
            "Group compared for equity",
            "A group of patients by which the aim's measure is split, so that the gap between "
            "groups is seen. Its values are sent with the group's id; never a person's.",
            "Change the groups",
            EVERYWHERE,
            (
                Field("group", "Group", "known", "its id, as in most-deprived", required=True),
                Field("name", "Name", hint="of a group that is new"),
                Field(
                    "change",
                    "What happens",
                    "choice",
                    required=True,
                    choices=(("compared", "Is compared"), ("left", "Is compared no longer")),
                ),
                _WHY,
            ),
        ),
        Form(
            "definitions",
            _AIM,
            "New definition of the measure",
            "The measure is counted anew: values by the new definition are a series of its own, "
            "and the aim's baseline and target are re-expressed by it. The board adopts that anew; "
            "it is not called an easing. Other aims of the measure keep the definition they have.",
            "Count it anew",
            EVERYWHERE,
            (
                Field("baseline", "Baseline", "number", "the level by the new definition"),
                Field("baseline_from", "or from", hint="its first period, as in 2026-01"),
                Field("baseline_to", "to", hint="its last period, as in 2026-12"),
                Field("target", "Target", "target", "by the new definition", required=True),
                _WHY,
            ),
            one_of=("baseline", "baseline_from"),
        ),
        Form(
            "closings",
            _AIM,
            "End of the aim",
            "The governing body closes the aim, by minute. Its history stays, its alerts end, and "
            "nothing is asked of it any more. One that is extended or replaced names the aim that "
            "goes on in its place: declare that one first.",
            "Close the aim",
            EVERYWHERE,
            (
                Field("ended", "Closed on", "date", required=True, start="today"),
                Field(
                    "outcome",
                    "As",
                    "choice",
                    required=True,
                    choices=tuple((word, word.capitalize()) for word in _OUTCOMES),
                ),
                Field("minute", "Minute", hint="of the decision, as in 26/117", required=True),
                Field("successor", "Goes on as", "choice", "if extended or replaced"),
                _WHY,
            ),
        ),
    )
}


@blueprint.get("/aims/<aim>/amend/<kind>")
@needs_role(*_MAY)
def of_aim(aim: str, kind: str) -> ResponseReturnValue:
    """A form that changes an aim, with who changed it before."""
    return _page(_form(kind, "aim", aim), "aim", aim)


@blueprint.post("/aims/<aim>/amend/<kind>")
@needs_role(*_MAY)
def amend_aim(aim: str, kind: str) -> ResponseReturnValue:
    """Change an aim."""
    return _amend(_form(kind, "aim", aim), "aim", aim)


@blueprint.get("/projects/<project>/amend/<kind>")
@needs_role(*_MAY)
def of_project(project: str, kind: str) -> ResponseReturnValue:
    """A form that changes a project, with who changed it before."""
    return _page(_form(kind, "project", project), "project", project)


@blueprint.post("/projects/<project>/amend/<kind>")
@needs_role(*_MAY)
def amend_project(project: str, kind: str) -> ResponseReturnValue:
    """Change a project."""
    return _amend(_form(kind, "project", project), "project", project)


@blueprint.app_template_global("forms_to_amend")
def forms_to_amend(of: str, identifier: str) -> list[tuple[str, str]]:
    """The titles and addresses of the forms by which the visitor may change something."""
    if not signed_in().roles & EVERYWHERE:
        return []
    return [(f.title, _address(f.kind, of, identifier)) for f in FORMS.values() if of in f.of]


def _plan() -> Plan:
    return services().plan_store.current(signed_in().organisation_id)


def _form(kind: str, of: str, identifier: str) -> Form:
    form, plan = FORMS.get(kind), _plan()
    known = plan.aims if of == "aim" else plan.projects
    if form is None or of not in form.of or identifier not in known:
        abort(404)
    return form


def _amend(form: Form, of: str, identifier: str) -> ResponseReturnValue:
    """Make a version of the plan with what the form says; the form again if it is refused."""
    who = signed_in()
    given = {f.name: request.form.get(f.name, "").strip() for f in form.fields}
    errors, base = form.wanting(given), request.form.get("base", "")
    if errors:
        return _page(form, of, identifier, given, errors), 422
    try:
        applied = services().amending.amend(
            who.organisation_id,
            form.kind,
            identifier,
            {name: said for name, said in form.item(given).items() if name != "reason"},
            author=who.actor,
            reason=given["reason"],
            base_version=int(base) if base.isdecimal() and len(base) < 10 else -1,  # noqa: PLR2004
            via=VIA,
        )
    except AmendmentRefusedError as refused:
        return _page(form, of, identifier, given, {refused.field: sentence(str(refused))}), 422
    except StaleBaseError:
        return _page(form, of, identifier, given, {"base": _MOVED}), 409
    except PlanningError as refused:
        return _page(form, of, identifier, given, {"reason": sentence(str(refused))}), 422
    done = f"This is version {applied.version} of the plan. Everything is judged anew by it."
    flash(done if applied.changes else "Nothing to change: it was so already.")
    return redirect(_address(form.kind, of, identifier), SEE_OTHER)


def _page(
    form: Form,
    of: str,
    identifier: str,
    given: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    who, plan = signed_in(), _plan()
    today = services().reporting.today(who.organisation_id)
    starts = {"today": str(today)}
    opening = {f.name: request.args.get(f.name, starts.get(f.start, "")) for f in form.fields}
    wrong = errors or {}
    history = services().amending.history(who.organisation_id, form.kind, identifier)
    return render_template(
        "filing/amend.html",
        form=form,
        name=services().reporting.name_of(who.organisation_id, f"{of}:{identifier}"),
        back=home(of, identifier),
        action=_address(form.kind, of, identifier),
        base=plan.version,
        given=opening if given is None else given,
        errors=wrong,
        other=[text for name, text in wrong.items() if name not in opening],
        people=[(p.id, p.name) for p in plan.people.values() if not p.ended or p.ended > today],
        drivers=_drivers(plan),
        aims=[(a.id, a.name) for a in plan.aims.values() if a.id != identifier and not a.ended],
        measures=[(m.id, m.name) for m in plan.measures.values() if not m.ended],
        known={"group": list(plan.strata)},
        changes=[
            {
                "at": told(change.known_at),
                "by": services().reporting.person(who.organisation_id, change.author),
                "reason": change.reason,
                "version": change.version,
                "field": change.kind,
                "before": _said(plan, change.before),
                "after": _said(plan, change.after),
            }
            for change in history
        ],
    )


def _drivers(plan: Plan) -> list[tuple[str, str]]:
    return [
        (key, f"{plan.aims[driver.aim].name}: {driver.name}")
        for key, driver in plan.drivers.items()
        if driver.ended is None
    ]


def _said(plan: Plan, value: Any) -> str:
    """A declared value in words; people and drivers by name."""
    match value:
        case None | []:
            return "nothing"
        case dict():
            return ", ".join(f"{name} {_said(plan, held)}" for name, held in value.items())
        case list():
            return "; ".join(_said(plan, each) for each in value)
        case str() if value in plan.people:
            return plan.people[value].name
        case str() if value in plan.drivers:
            return plan.drivers[value].name
        case _:
            return str(value)


def _address(kind: str, of: str, identifier: str) -> str:
    if of == "aim":
        return url_for("amending.of_aim", aim=identifier, kind=kind)
    return url_for("amending.of_project", project=identifier, kind=kind)
