"""The application: middleware, routes, and the files of the page."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from digitlab.web import (
    draw_api,
    errors_api,
    export_api,
    inside_api,
    picture_api,
    read_api,
    runs_api,
    status_api,
    studies_api,
    train_api,
    views_api,
)
from digitlab.web.access import Access, AccessRules
from digitlab.web.lab import Lab
from digitlab.web.problems import install_handlers

__all__ = ["PAGE", "create_app"]

PAGE = Path(__file__).with_name("page")
"""The files that the browser gets, as they are."""

NO_TELEMETRY: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
"""FastAPI sends nothing without an SDK of OpenTelemetry; so it does with one, as Ray may install it."""
FOR_PROGRAMS = (
    status_api.router,
    picture_api.router,
)
FOR_THE_PAGE = (
    status_api.page_router,
    draw_api.router,
    inside_api.router,
    train_api.router,
    errors_api.router,
    runs_api.router,
    views_api.router,
    studies_api.router,
    export_api.router,
    read_api.router,
)


def create_app(lab: Lab, rules: AccessRules, *, api_only: bool = False) -> FastAPI:
    """The lab as an ASGI application.

    Args:
        lab: What it knows; it starts and ends with the application.
        rules: Who may use it.
        api_only: Whether programs only are served: neither page nor training.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        lab.start()
        try:
            yield
        finally:
            lab.close()

    # FastAPI's own pages about the API load scripts from other hosts.
    app = FastAPI(
        title="digitlab lab",
        version=version("digitlab"),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
    )
    app.state.lab = lab
    install_handlers(app)
    for router in FOR_PROGRAMS if api_only else FOR_PROGRAMS + FOR_THE_PAGE:
        app.include_router(router)
    _declare_token(app)
    if not api_only:
        for ending in (".js", ".mjs"):  # the system's own table may say text/plain, which no browser runs
            mimetypes.add_type("text/javascript", ending)
        app.mount("/", StaticFiles(directory=PAGE, html=True))
    app.add_middleware(Access, rules=rules)
    return app


def _declare_token(app: FastAPI) -> None:
    """Says in the OpenAPI document that everything needs the token."""
    make = app.openapi

    def with_token() -> dict[str, Any]:
        document = make()
        document.setdefault("components", {})["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"}
        }
        document["security"] = [{"token": []}]
        return document

    app.openapi = with_token  # type: ignore[method-assign]
