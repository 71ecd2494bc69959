"""Posted adoptions, tests of change, actions, meetings and the like, against plan and clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from services.framework import self_assessment
from services.framework.expectations.register import CATALOGUE
from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import Aim, Intent, Measure, Plan, Project
from services.intake.drafts import (
    Draft,
    aim_of,
    named_measure,
    not_to_come,
    owner_of,
    period_of,
    person_there,
    project_of,
    since_its_start,
    subject_of,
)
from services.intake.items import (
    ActionItem,
    AdoptionItem,
    ExplanationItem,
    Item,
    MeetingItem,
    PublicationItem,
    SelfAssessmentItem,
    SpreadItem,
    TestItem,
    ValidationItem,
)
from services.intake.refusals import RefusedError, known


def _adoption(plan: Plan, item: AdoptionItem, today: date) -> Draft:
    aim = aim_of(plan, item.aim, item.on)
    not_to_come(item.on, today)
    if item.version is not None and item.version > plan.version:
        detail = f"the plan stands at version {plan.version}: there is no version {item.version}"
        raise RefusedError("unknown_version", detail, "version")
    if item.target is not None:
        _adoptable(aim, item.target)
    deadline = item.deadline and period_of(plan, aim, item.deadline, "deadline").label
    columns = {
        "by": item.by,
        "minute": item.minute,
        "target": item.target,
        "deadline": deadline,
        "plan_version": item.version,
    }
    return Draft("adoption", subject_of(aim), item.on, ("on",), columns)


def _adoptable(aim: Aim, target: float | list[float]) -> None:
    """A target of the shape of the aim's intent. Raises RefusedError."""
    pair = isinstance(target, list)
    if pair is not (aim.intent is Intent.WITHIN):
        wanted = "[low, high]" if aim.intent is Intent.WITHIN else "one number"
        raise RefusedError("bad_target", f"an aim to {aim.intent.value} has {wanted}", "target")
    if isinstance(target, list) and target[0] >= target[1]:
        raise RefusedError("bad_target", "[low, high] has low below high", "target")


def _test(plan: Plan, item: TestItem, today: date) -> Draft:
    project = project_of(plan, item.project, item.on)
    not_to_come(item.on, today)
    since_its_start(project, item.on)
    natural = ("test",) if item.test is not None else ("test", "on")
    columns = _said(item, "test", "prediction", "result", "decision")
    return Draft("test_of_change", subject_of(project), item.on, natural, columns)


def _action(plan: Plan, item: ActionItem, today: date) -> Draft:
    owner = owner_of(plan, item.project, item.aim, item.on)
    not_to_come(item.on, today)
    not_to_come(item.done_on, today, "done_on")
    person_there(plan, item.owner, "owner", item.on)
    columns = _said(item, "action", "text", "owner", "due", "done_on")
    return Draft("review_action", subject_of(owner), item.on, ("action",), columns)


def _meeting(plan: Plan, item: MeetingItem, today: date) -> Draft:
    if plan.version < 1:
        raise RefusedError("no_plan", "no plan was applied yet, so there is nothing to oversee")
    not_to_come(item.on, today)
    columns = _said(item, "minutes", "quality_minutes", "patient_story", "minute")
    subject = Subject(SubjectKind.ORGANISATION, plan.organisation.id)
    return Draft("board_meeting", subject, item.on, ("on",), columns)


def _publication(plan: Plan, item: PublicationItem, today: date) -> Draft:
    aim = aim_of(plan, item.aim, item.on)
    not_to_come(item.on, today)
    period = period_of(plan, aim, item.period, "period")
    if item.on < period.end:
        detail = f"{period} was not over on {item.on}"
        raise RefusedError("period_not_over", detail, "on")
    return Draft("publication", subject_of(aim), item.on, ("period",), {"period": period.start})


def _validation(plan: Plan, item: ValidationItem, today: date) -> Draft:
    project = project_of(plan, item.project, item.on)
    not_to_come(item.on, today)
    person_there(plan, item.by, "by", item.on)
    columns = _said(item, "amount", "by")
    return Draft("validation", subject_of(project), item.on, ("on",), columns)


def _explanation(plan: Plan, item: ExplanationItem, today: date) -> Draft:
    owner = _explained(plan, item)
    not_to_come(item.on, today)
    if item.expectation not in CATALOGUE:
        detail = f"there is no expectation {item.expectation!r}; {known(CATALOGUE)}"
        raise RefusedError("unknown_expectation", detail, "expectation")
    person_there(plan, item.by, "by", item.on)
    columns = _said(item, "expectation", "text", "by")
    natural = ("expectation", "on", "by")
    return Draft("explanation", subject_of(owner), item.on, natural, columns)


def _explained(plan: Plan, item: ExplanationItem) -> Project | Aim | Measure:
    if item.measure is not None:
        return named_measure(plan, item.measure)
    return owner_of(plan, item.project, item.aim, item.on)


def _spread(plan: Plan, item: SpreadItem, today: date) -> Draft:
    project = project_of(plan, item.project, item.on)
    not_to_come(item.on, today)
    since_its_start(project, item.on)
    return Draft("spread", subject_of(project), item.on, ("unit",), _said(item, "unit"))


def _self_assessment(plan: Plan, item: SelfAssessmentItem, today: date) -> Draft:
    if plan.version < 1:
        raise RefusedError("no_plan", "no plan was applied yet, so there is nothing to assess")
    not_to_come(item.on, today)
    person_there(plan, item.by, "by", item.on)
    for name in item.answers:
        if name not in self_assessment.ITEMS:
            items = ", ".join(self_assessment.ITEMS)
            detail = f"the self-assessment has no item {name!r}; it has {items}"
            raise RefusedError("unknown_item", detail, "answers")
    answers = {
        name: item.answers[name].model_dump()
        for name in self_assessment.ITEMS
        if name in item.answers
    }
    subject = Subject(SubjectKind.ORGANISATION, plan.organisation.id)
    columns = {"by": item.by, "answers": answers}
    return Draft("self_assessment", subject, item.on, ("on", "by"), columns)


def _said(item: Item, *names: str) -> Mapping[str, Any]:
    return {name: getattr(item, name) for name in names}


READERS: dict[type[Item], Callable[[Plan, Any, date], Draft]] = {
    AdoptionItem: _adoption,
    TestItem: _test,
    ActionItem: _action,
    MeetingItem: _meeting,
    PublicationItem: _publication,
    ValidationItem: _validation,
    ExplanationItem: _explanation,
    SpreadItem: _spread,
    SelfAssessmentItem: _self_assessment,
}
