"""The Flask app: made by `create_app`; nothing happens at import."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint
from flask_wtf.csrf import CSRFProtect

from services.bootstrap import Services
from web.context import EXTENSION, Edge, WebOptions
from web.door import Door
from web.hardening import harden
from web.pages import errors
from web.throttle import throttle

API = (
    "web.api.intake",
    "web.api.read",
    "web.api.acting",
    "web.api.plan",
    "web.api.people",
    "web.api.operations",
    "web.api.openapi",
)
PAGES = (
    "web.pages.session",
    "web.pages.board",
    "web.pages.aims",
    "web.pages.why",
    "web.pages.projects",
    "web.pages.filing",
    "web.pages.amending",
    "web.pages.alerts",
    "web.pages.snoozing",
    "web.pages.waiving",
    "web.pages.self_assessment",
    "web.pages.templates",
    "web.pages.people",
    "web.pages.handover",
    "web.pages.leave",
    "web.pages.catalogue",
    "web.pages.mailbox",
)


def create_app(services: Services, options: WebOptions) -> Door:
    """The app over ``services``.

    Pages are guarded against forged requests; the API needs no such guard, for it looks at no
    cookie.
    """
    app = Door("web", static_folder="static", template_folder="templates")
    app.extensions[EXTENSION] = Edge(services, options)
    harden(app, options)
    csrf = CSRFProtect(app)
    errors.register(app)
    for module in filter(find_spec, API):
        blueprint = _blueprint(module)
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    for module in PAGES:
        app.register_blueprint(_blueprint(module))
    throttle(app, options)
    return app


def _blueprint(module: str) -> Blueprint:
    found: Blueprint = import_module(module).blueprint
    return found
