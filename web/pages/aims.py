"""An aim's page and its charts."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from services.rendering.charts import LOOKS, ChartFailedError, Look, specification
from services.reporting.aims import VALUES, AimPage, open_of
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.icons import drawn, legend
from web.pages.words import alert_words, told

blueprint = Blueprint("aims", __name__)
blueprint.add_app_template_filter(drawn, "spc_icons")
blueprint.add_app_template_global(legend, "spc_legend")
_SEES_PEOPLE = frozenset({"owner", "admin"})
_NO_CHART = "The chart could not be drawn just now; its figures are in the table below."
_LINE = """<svg xmlns="http://www.w3.org/2000/svg" width="{look.width}" height="40">
<text y="24" fill="{look.bad}" font-family="sans-serif" font-size="14">{words}</text></svg>"""


@blueprint.get("/aims/<aim>")
@needs_role()
def aim(aim: str) -> str:
    """Where an aim stands, what lies below it, and why."""
    page = _page(aim)
    who = signed_in()
    now_open = open_of(page.alerts)
    return render_template(
        "aims/aim.html",
        page=page,
        sees_people=bool(who.roles & _SEES_PEOPLE),
        open_alerts=alert_words(now_open),
        past_alerts=alert_words(alert for alert in page.alerts if alert not in now_open),
        when=told,
        judged=told(page.judged.valid_to) if page.judged else None,
    )


@blueprint.get("/aims/<aim>/chart.svg")
@needs_role()
def chart(aim: str) -> ResponseReturnValue:
    """The chart of one of the aim's measures; ``look`` is light or dark, wide or narrow."""
    wanted, view = request.args.get("measure"), request.args.get("view", VALUES)
    look = LOOKS.get(request.args.get("look", "light"))
    panels = [p for p in _page(aim).panels if wanted in (None, p.measure) and p.view == view]
    if look is None or not panels:
        abort(404)
    try:
        drawing = services().charts.svg(specification(panels[0].chart, look))
    except ChartFailedError:
        return Response(_apology(look), 503, mimetype="image/svg+xml")
    answer = Response(drawing, mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def _page(aim: str) -> AimPage:
    found = services().reporting.aim(signed_in().organisation_id, aim)
    if found is None:
        abort(404)
    return found


def _apology(look: Look) -> str:
    """One line in place of the chart; browsers show it whatever the status."""
    words = "No chart just now: see the table." if look.is_narrow else _NO_CHART
    return _LINE.format(look=look, words=words)
