"""The forms by which people file facts: their fields, who may file them, what looks at them.

A form files one item of the kind that the API knows by the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.framework.expectations.register import CATALOGUE

_DIGITS = 9
EVERYWHERE = frozenset({"admin", "executive"})
OWNERS = EVERYWHERE | {"owner"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    ``kind`` is text, long, date, number, whole, choice, person, yes_no, known (text with what was
    filed before as suggestions) or target (a number, or two with "to" between). ``start`` is what
    it holds at first: ``today``, ``self`` (the visitor) or a text.
    """

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    start: str = ""

    def parse(self, text: str) -> Any:
        """What the item carries for ``text``; text that is none is refused later."""
        match self.kind:
            case "number":
                return _number(text)
            case "whole":
                return int(text) if text.isdecimal() and len(text) <= _DIGITS else _number(text)
            case "target":
                ends = [_number(part.strip()) for part in text.split(" to ")]
                return ends[0] if len(ends) == 1 else ends
            case "yes_no":
                return {"yes": True, "no": False}.get(text, text)
            case _:
                return text


@dataclass(frozen=True, slots=True)
class Form:
    """A form: what it files (``kind``), about what (``of``: aim, project, organisation), and who
    may. ``watched_by`` are the expectations that look at it. ``one_of`` needs one field at least.
    """

    kind: str
    of: frozenset[str]
    title: str
    purpose: str
    button: str
    roles: frozenset[str]
    fields: tuple[Field, ...]
    watched_by: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    def wanting(self, given: dict[str, str]) -> dict[str, str]:
        """What the form asks for and was not given, by field."""
        errors = {f.name: "Fill this in." for f in self.fields if f.required and not given[f.name]}
        if self.one_of and not any(given[name] for name in self.one_of):
            errors.setdefault(self.one_of[0], "Fill in at least one of these.")
        return errors

    def item(self, given: dict[str, str]) -> dict[str, Any]:
        """The item of intake that the filled form says."""
        return {f.name: f.parse(given[f.name]) for f in self.fields if given[f.name]}


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return text


_ON = Field("on", "On", "date", required=True, start="today")
_MINUTE = Field("minute", "Minute", hint="its reference, as in 26/94")
_EXPECTATIONS = tuple((each.id, f"{each.id} · {each.title}") for each in CATALOGUE.values())
_DECISIONS = (("adopt", "Adopt"), ("adapt", "Adapt"), ("abandon", "Abandon"))
_AIM, _PROJECT = frozenset({"aim"}), frozenset({"project"})

_ALL = (
    Form(
        "adoptions",
        _AIM,
        "Adoption by the board",
        "The board adopts the aim as it is declared, or with another target or deadline. "
        "An aim that was eased stands as adopted only once the board has adopted it anew.",
        "File the adoption",
        EVERYWHERE,
        (
            Field("by", "Adopted by", required=True, start="Board"),
            _ON,
            _MINUTE,
            Field("target", "Target", "target", "only if not as declared; a range as 80 to 90"),
            Field("deadline", "Deadline", hint="only if not as declared; as in 2027-12"),
            Field("version", "Version of the plan", "whole", "only if not the one of that day"),
        ),
        ("AIM-02",),
    ),
    Form(
        "reviews",
        _AIM,
        "Review by the board",
        "What the board answered to the two questions, and what it decided.",
        "File the review",
        EVERYWHERE,
        (
            Field("on", "Held on", "date", required=True, start="today"),
            Field("reviewer", "Reviewed by", "person", start="self"),
            Field("executing", "Are we executing the strategy?", "long"),
            Field("working", "Is the strategy working?", "long"),
            Field("decision", "Decision", "long", "optional"),
            Field("note", "Note", "long", "optional"),
        ),
        ("REV-02", "REV-03"),
        ("executing", "working", "decision", "note"),
    ),
    Form(
        "actions",
        _AIM | _PROJECT,
        "Action of a review",
        "Who does what by when. File it again under its name, with the day, once it is done.",
        "File the action",
        OWNERS,
        (
            Field("action", "Its name", "known", "short: it is known by it", required=True),
            Field("text", "What is to be done", "long"),
            Field("owner", "By whom", "person"),
            Field("due", "Due", "date"),
            Field("done_on", "Done on", "date", "once it is done"),
            Field("on", "Assigned or told on", "date", required=True, start="today"),
        ),
        ("REV-03",),
        ("text", "due", "done_on"),
    ),
    Form(
        "tests",
        _PROJECT,
        "Test of change (PDSA)",
        "What was predicted, what came of it, and what follows. "
        "File it again under its name once the result is there.",
        "File the test",
        OWNERS,
        (
            Field("test", "Its name", "known", "short: it is known by it"),
            _ON,
            Field("prediction", "What do we predict?", "long"),
            Field("result", "What came of it?", "long"),
            Field("decision", "What follows?", "choice", choices=_DECISIONS),
        ),
        (),
        ("prediction", "result", "decision"),
    ),
    Form(
        "spreads",
        _PROJECT,
        "Spread to a unit",
        "The project's change has reached a unit.",
        "File the spread",
        OWNERS,
        (Field("unit", "Unit", "known", required=True), _ON),
    ),
    Form(
        "validations",
        _PROJECT,
        "Savings confirmed by finance",
        "Finance confirmed what the project saves, in the currency in which the plan claims it.",
        "File the validation",
        EVERYWHERE,
        (
            Field("amount", "Amount", "number"),
            Field("by", "Confirmed by", "person", required=True, start="self"),
            _ON,
        ),
        ("LDR-02",),
    ),
    Form(
        "publications",
        _AIM,
        "Data published",
        "The aim's data for a period were published.",
        "File the publication",
        EVERYWHERE,
        (Field("period", "Period", hint="as in 2026-10", required=True), _ON),
        ("LDR-03",),
    ),
    Form(
        "explanations",
        _AIM | _PROJECT,
        "Explanation of a finding",
        "Why something is as an expectation found it. Keep patients out of it.",
        "File the explanation",
        OWNERS,
        (
            Field("expectation", "Finding", "choice", required=True, choices=_EXPECTATIONS),
            Field("text", "Explanation", "long", required=True),
            Field("by", "By", "person", start="self"),
            _ON,
        ),
    ),
    Form(
        "meetings",
        frozenset({"organisation"}),
        "Meeting of the board",
        "How long it was, how much of it went to quality, and whether a patient's story was heard. "
        "Only that one was heard, never the story.",
        "File the meeting",
        EVERYWHERE,
        (
            Field("on", "Held on", "date", required=True, start="today"),
            Field("minutes", "Minutes in all", "number"),
            Field("quality_minutes", "Minutes on quality", "number"),
            Field("patient_story", "Was a patient's story heard?", "yes_no"),
            _MINUTE,
        ),
        ("LDR-03",),
        ("minutes", "quality_minutes", "patient_story", "minute"),
    ),
)
FORMS = {form.kind: form for form in _ALL}


def forms_of(of: str, roles: frozenset[str]) -> tuple[Form, ...]:
    """The forms that somebody with ``roles`` may file of an aim, project or organisation."""
    return tuple(form for form in _ALL if of in form.of and roles & form.roles)


def watches(kind: str) -> tuple[str, ...]:
    """The expectations that look at what a form of ``kind`` files."""
    form = FORMS.get(kind)
    return form.watched_by if form else _OTHERS.get(kind, ())


_OTHERS = {
    "milestones": ("MIL-01", "MIL-02"),
    "progress": ("PRJ-03", "PRJ-04", "PRJ-05"),
    "reviews": ("REV-01", "REV-03"),
    "projects": ("PRJ-02", "PRT-01"),
}
