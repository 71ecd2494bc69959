"""The WSGI entry, as a factory: ``granian --interface wsgi --factory web.wsgi:app``."""

from __future__ import annotations

from flask import Flask


def app() -> Flask:
    """The app as the environment's settings want it."""
    from config import logging  # noqa: PLC0415 - nothing happens at import
    from config.settings import settings  # noqa: PLC0415
    from services.bootstrap import Services  # noqa: PLC0415
    from web import configured  # noqa: PLC0415
    from web.app import create_app  # noqa: PLC0415

    found = settings()
    logging.configure(found.log_format, found.log_level)
    services = Services(configured.service_options(found), configured.doorbell(found))
    return create_app(services, configured.web_options(found))
