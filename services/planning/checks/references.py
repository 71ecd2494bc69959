"""Names that must lead somewhere."""

from __future__ import annotations

from collections.abc import Container, Iterator

from services.framework.plan import ALL, SYSTEM
from services.planning.checks.book import Book, Note, doubtful, is_live, wrong
from services.planning.parts import AimPart, DriverPart, ProjectPart, RoutePart
from services.planning.source import Where

_ROLES = ("sponsor", "leader", "clinical_lead", "advisor", "sustainer")


def _named(
    kind: str, plural: str, name: str | None, known: Container[str], where: Where
) -> Iterator[Note]:
    if name is not None and name not in known:
        yield wrong(f"unknown-{kind}", f"{name} is not among the {plural} of the plan", *where)


def _person(book: Book, name: str | None, *where: str | int) -> Iterator[Note]:
    yield from _named("person", "people", name, book.people, where)
    person = book.people.get(name or "")
    if person is not None and person.ended is not None:
        yield doubtful("person-left", f"{name} has left on {person.ended}", *where)


def _measure(book: Book, name: str | None, *where: str | int) -> Iterator[Note]:
    yield from _named("measure", "measures", name, book.measures, where)
    measure = book.measures.get(name or "")
    if measure is not None and measure.ended is not None:
        yield doubtful("measure-ended", f"the measure {name} ended on {measure.ended}", *where)


def reserved_ids(book: Book) -> Iterator[Note]:
    """``system`` and ``all`` stand for every site and everybody; they cannot be declared."""
    if SYSTEM in book.sites:
        yield wrong("reserved-id", "`system` names the whole system", "sites", SYSTEM, "id")
    if ALL in book.strata:
        yield wrong("reserved-id", "`all` names everybody", "strata", ALL, "id")


def measures(book: Book) -> Iterator[Note]:
    """Owners, sites and strata of measures."""
    for part in book.document.measures:
        at = ("measures", part.id)
        if part.ended is None:
            yield from _person(book, part.owner, *at, "owner")
        for position, site in enumerate(part.sites):
            yield from _named("site", "sites", site, book.sites, (*at, "sites", position))
        for position, stratum in enumerate(part.strata):
            yield from _named("stratum", "strata", stratum, book.strata, (*at, "strata", position))
        yield from _measure(book, part.monthly_proxy, *at, "monthly_proxy")
        if part.monthly_proxy == part.id:
            message = "a measure cannot stand in for itself"
            yield wrong("proxy", message, *at, "monthly_proxy")


def aims(book: Book) -> Iterator[Note]:
    """Sponsors, measures and places of aims and their drivers."""
    for aim in book.document.aims:
        at = ("aims", aim.id)
        if aim.ended is None:
            yield from _person(book, aim.sponsor, *at, "sponsor")
        yield from _measure(book, aim.measure, *at, "measure")
        for position, judged in enumerate(aim.measures):
            yield from _measure(book, judged.measure, *at, "measures", position, "measure")
        for judged in aim.judged:
            yield from _place(book, judged.measure, aim.site, aim.stratum, at)
        for driver in aim.drivers:
            yield from _driver(book, driver, (*at, "drivers", driver.id))
        yield from _team(book, aim, at)


def _team(book: Book, aim: AimPart, at: Where) -> Iterator[Note]:
    """Partners are people of the plan with that role; balancing measures are others than judged."""
    for position, name in enumerate(aim.partners):
        yield from _person(book, name, *at, "partners", position)
        person = book.people.get(name)
        if person is not None and "partner" not in person.roles:
            message = f"{name} does not have the role `partner` among the people"
            yield doubtful("no-partner", message, *at, "partners", position)
    judged = {part.measure for part in aim.judged}
    for position, name in enumerate(aim.balancing):
        yield from _measure(book, name, *at, "balancing", position)
        if name in judged:
            message = f"the aim is judged on {name} already: it cannot balance itself"
            yield wrong("balancing", message, *at, "balancing", position)


def _driver(book: Book, driver: DriverPart, at: Where) -> Iterator[Note]:
    if driver.ended is None:
        yield from _measure(book, driver.measure, *at, "measure")
        yield from _place(book, driver.measure, driver.site, driver.stratum, at)


def _place(book: Book, measure: str | None, site: str, stratum: str, at: Where) -> Iterator[Note]:
    """The site and the stratum are declared, and the measure is split by them."""
    part = book.measures.get(measure or "")
    places = (
        ("site", "sites", site, SYSTEM, book.sites, part.sites if part else ()),
        ("stratum", "strata", stratum, ALL, book.strata, part.strata if part else ()),
    )
    for kind, plural, name, whole, known, split in places:
        if name == whole:
            continue
        yield from _named(kind, plural, name, known, (*at, kind))
        if part is not None and name in known and name not in split:
            message = f"the measure {part.id} does not list {name} among its {plural}"
            yield wrong(f"{kind}-not-of-measure", message, *at, kind)


def parents(book: Book) -> Iterator[Note]:
    """A driver's parent is a driver of the same aim, and no driver is above itself."""
    for aim in book.document.aims:
        above = {driver.id: driver.parent for driver in aim.drivers}
        told: set[str] = set()
        for driver in aim.drivers:
            at = ("aims", aim.id, "drivers", driver.id, "parent")
            if driver.parent is None:
                continue
            yield from _named("parent", f"drivers of {aim.id}", driver.parent, above, at)
            circle = _circle(driver.id, above)
            if circle and not told & set(circle):
                told |= set(circle)
                shown = " → ".join((*circle, circle[0]))
                yield wrong("cycle", f"the drivers stand above one another: {shown}", *at)


def _circle(start: str, above: dict[str, str | None]) -> tuple[str, ...]:
    """The drivers from ``start`` up and back to it; empty where the way up ends."""
    way = [start]
    while (upper := above.get(way[-1])) is not None:
        if upper == start:
            return tuple(way)
        if upper in way:
            return ()
        way.append(upper)
    return ()


def projects(book: Book) -> Iterator[Note]:
    """People, sites, measures and drivers of projects."""
    for project in book.document.projects:
        at = ("projects", project.id)
        live = is_live(project)
        for role in _ROLES if live else ():
            yield from _person(book, getattr(project, role), *at, role)
        yield from _measure(book, project.measure, *at, "measure")
        for position, site in enumerate(project.sites):
            yield from _named("site", "sites", site, book.sites, (*at, "sites", position))
        yield from _serves(book, project, at, live)
        yield from _allocations(book, project, (*at, "allocations"))


def _allocations(book: Book, project: ProjectPart, at: Where) -> Iterator[Note]:
    seen: set[str] = set()
    for position, allocation in enumerate(project.allocations):
        where = (*at, position, "person")
        if is_live(project):
            yield from _person(book, allocation.person, *where)
        else:
            yield from _named("person", "people", allocation.person, book.people, where)
        if allocation.person in seen:
            message = f"{allocation.person} has time on the project twice"
            yield wrong("allocated-twice", message, *where)
        seen.add(allocation.person)


def _serves(book: Book, project: ProjectPart, at: Where, live: bool) -> Iterator[Note]:
    seen: set[str] = set()
    for position, serve in enumerate(project.serves):
        where = (*at, "serves", position, "driver")
        yield from _named("driver", "drivers (aim/driver)", serve.driver, book.drivers, where)
        if serve.driver in seen:
            yield wrong("served-twice", f"{serve.driver} is served twice by one project", *where)
        seen.add(serve.driver)
        driver = book.drivers.get(serve.driver)
        if live and driver is not None and driver.ended is not None:
            yield doubtful("driver-ended", f"{serve.driver} ended on {driver.ended}", *where)


def routes(book: Book) -> Iterator[Note]:
    """Routes lead from one thing to known people who can be reached."""
    for position, route in enumerate(book.document.routes):
        at = ("routes", position)
        about = [kind for kind in ("aim", "project", "measure") if getattr(route, kind)]
        if len(about) > 1:
            yield wrong("route-about", f"a route is about one of {' and '.join(about)}", *at)
        yield from _named("aim", "aims", route.aim, book.aims, (*at, "aim"))
        yield from _named("project", "projects", route.project, book.projects, (*at, "project"))
        yield from _named("measure", "measures", route.measure, book.measures, (*at, "measure"))
        yield from _recipients(book, route, at)


def _recipients(book: Book, route: RoutePart, at: Where) -> Iterator[Note]:
    if not route.by:
        yield wrong("no-channel", "a route names at least one channel, like mail", *at, "by")
    for position, name in enumerate(route.to):
        yield from _person(book, name, *at, "to", position)
        person = book.people.get(name)
        if person is not None and person.email is None and "mail" in route.by:
            yield wrong("no-address", f"{name} has no e-mail address", *at, "to", position)


def leave(book: Book) -> Iterator[Note]:
    """A leave ends after it begins; somebody else who is there covers for it, as a rule."""
    for person in book.document.people:
        for position, away in enumerate(person.away):
            at = ("people", person.id, "away", position)
            if away.to < away.from_:
                message = f"the leave ends ({away.to}) before it begins ({away.from_})"
                yield wrong("dates", message, *at, "to")
            if away.cover is None:
                message = "nobody covers: they are told while they are away, after all"
                yield doubtful("no-cover", message, *at)
            elif away.cover == person.id:
                yield wrong("cover", "nobody covers for themselves", *at, "cover")
            else:
                yield from _person(book, away.cover, *at, "cover")


def quiet_hours(book: Book) -> Iterator[Note]:
    """Quiet hours end at another hour than they begin: else nobody would ever be told."""
    for person in book.document.people:
        if person.quiet is not None and person.quiet[0] == person.quiet[1]:
            message = "quiet hours end at another hour than they begin, like `[20, 7]`"
            yield wrong("quiet", message, "people", person.id, "quiet")


def addresses(book: Book) -> Iterator[Note]:
    """One address stands for one person who is still there."""
    seen: dict[str, str] = {}
    for person in book.document.people:
        if person.email is None or person.ended is not None:
            continue
        first = seen.setdefault(person.email.lower(), person.id)
        if first != person.id:
            message = f"{person.id} and {first} have the same address"
            yield doubtful("same-address", message, "people", person.id, "email")


CHECKS = (reserved_ids, measures, aims, parents, projects, routes, leave, quiet_hours, addresses)
