"""Use case: set one parameter or one switch, as a new version of the plan that says who and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from services.framework.expectations.register import CATALOGUE, parameter_limits
from services.framework.plan import Plan, Switch
from services.planning.export import to_text
from services.planning.findings import PlanError, errors_of
from services.planning.plans import Applied, Plans
from services.ports.planning import FieldRefusedError, PlanStore, SettingChange

ORGANISATION = "organisation"
_SECTIONS = {"aim": "aims", "measure": "measures"}
_OWNERS = {"aim": "an aim", "measure": "a measure"}


class SettingRefusedError(FieldRefusedError):
    """A setting that cannot be; ``field`` is the field of a form that is to blame."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter (``ID.name``) with its number, or an expectation's id with its switch.

    ``scope`` is ``organisation``, ``aim:ID`` or ``measure:ID``; only the organisation has
    switches. A ``value`` of None takes the setting away: what lies above it holds again.
    """

    name: str
    value: float | Switch | None
    scope: str = ORGANISATION


def switched(expectation: str, word: str) -> Setting:
    """A switch by its word; the empty word is the profile's. Raises SettingRefusedError."""
    try:
        value = Switch(word) if word else None
    except ValueError:
        raise SettingRefusedError("switch", f"{word!r} is none of on, shadow, off") from None
    return _known(Setting(expectation, value))


def tuned(name: str, text: str, scope: str = ORGANISATION) -> Setting:
    """A parameter by what was typed; the empty text takes it away. Raises SettingRefusedError."""
    if not text.strip():
        return _known(Setting(name, None, scope or ORGANISATION))
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise SettingRefusedError("value", f"{text.strip()[:40]!r} is no number")
    return _known(Setting(name, value, scope or ORGANISATION))


def _known(setting: Setting) -> Setting:
    """The setting, if the catalogue has what it names and it stands within the range."""
    if isinstance(setting.value, Switch) or setting.name in CATALOGUE:
        if setting.name not in CATALOGUE:
            raise SettingRefusedError("switch", f"there is no expectation {setting.name}")
        return setting
    limits = parameter_limits().get(setting.name)
    if limits is None:
        raise SettingRefusedError("parameter", f"no expectation has a parameter {setting.name}")
    low, high = limits
    if setting.value is not None and not low <= setting.value <= high:
        said = f"{setting.name} is {setting.value:g}, allowed is {low:g} to {high:g}"
        raise SettingRefusedError("value", said)
    return setting


def with_setting(plan: Plan, setting: Setting) -> Plan:
    """The plan as it would be with the setting. Raises SettingRefusedError for an unknown scope."""
    if isinstance(setting.value, Switch) or setting.name in CATALOGUE:
        return replace(plan, rules=_laid(plan.rules, setting))
    kind, _, owner = setting.scope.partition(":")
    if kind == ORGANISATION:
        return replace(plan, parameters=_laid(plan.parameters, setting))
    if kind == "aim" and owner in plan.aims:
        aim = plan.aims[owner]
        held = replace(aim, parameters=_laid(aim.parameters, setting))
        return replace(plan, aims={**plan.aims, owner: held})
    if kind == "measure" and owner in plan.measures:
        measure = plan.measures[owner]
        kept = replace(measure, parameters=_laid(measure.parameters, setting))
        return replace(plan, measures={**plan.measures, owner: kept})
    raise _no_scope(setting.scope)


def _laid(held: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    rest = {name: value for name, value in held.items() if name != setting.name}
    return rest if setting.value is None else {**held, setting.name: setting.value}


def _no_scope(scope: str) -> SettingRefusedError:
    kind, _, owner = scope.partition(":")
    named = f"the plan has no {kind} {owner}" if kind in _OWNERS else f"{scope!r} is nothing"
    return SettingRefusedError("scope", f"{named}: choose the organisation, an aim or a measure")


class Tuning:
    """Sets parameters and switches, and tells who set them before."""

    def __init__(self, plans: Plans, store: PlanStore) -> None:
        self._plans = plans
        self._store = store

    def set(
        self,
        organisation_id: int,
        setting: Setting,
        *,
        author: str,
        reason: str,
        base_version: int,
        via: str,
    ) -> Applied:
        """Make a version of the plan with the setting; one that holds already makes none.

        ``base_version`` is the version that the author looked at. Raises StaleBaseError where the
        plan has moved on, SettingRefusedError, and PlanningError for an author or a reason.
        """
        text = to_text(self._patch(organisation_id, setting))
        try:
            return self._plans.apply(
                organisation_id,
                text,
                author=author,
                reason=reason,
                base_version=base_version,
                via=via,
            )
        except PlanError as refused:
            why = "; ".join(finding.message for finding in errors_of(refused.findings)[:3])
            raise SettingRefusedError("value", why) from refused

    def history(self, organisation_id: int, expectation: str) -> tuple[SettingChange, ...]:
        """Every change of the expectation's switch and parameters, the newest first."""
        mine = f"{expectation}."
        changes = self._store.settings(organisation_id)
        found = (_only(change, expectation, mine) for change in reversed(changes))
        return tuple(change for change in found if change is not None)

    def _patch(self, organisation_id: int, setting: Setting) -> dict[str, Any]:
        """The plan file that says the setting and nothing else."""
        head: dict[str, Any] = {"bigdot": 1}
        value = setting.value.value if isinstance(setting.value, Switch) else setting.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if setting.name in CATALOGUE:
            return head | {"rules": {setting.name: value}}
        kind, _, owner = setting.scope.partition(":")
        if kind == ORGANISATION:
            return head | {"parameters": {setting.name: value}}
        plan = with_setting(self._store.current(organisation_id), setting)
        held = plan.aims[owner].parameters if kind == "aim" else plan.measures[owner].parameters
        return head | {_SECTIONS[kind]: [{"id": owner, "parameters": dict(held) or None}]}


def _only(change: SettingChange, rule: str, prefix: str) -> SettingChange | None:
    """The change as far as it is of one expectation; None where nothing of it is."""
    if change.kind == "rule":
        return change if change.key == rule else None
    if change.kind == "parameter":
        return change if change.key.startswith(prefix) else None
    before, after = (_of(side, prefix) for side in (change.before, change.after))
    return None if before == after else replace(change, before=before, after=after)


def _of(held: Any, prefix: str) -> dict[str, Any]:
    return {k: v for k, v in (held or {}).items() if k.startswith(prefix)}
