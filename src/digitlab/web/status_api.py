"""What the lab is and has: `/api/health`, `/api/models`, and the stream `/api/events`."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from digitlab.web.lab import TheLab
from digitlab.web.models import ModelInfo
from digitlab.web.problems import PROBLEM

__all__ = ["Health", "Models", "page_router", "router"]

router = APIRouter(prefix="/api", tags=["state"], responses=PROBLEM)
page_router = APIRouter(prefix="/api", tags=["page"], responses=PROBLEM)


class Health(BaseModel):
    """That the server answers.

    Attributes:
        version: Of digitlab.
    """

    version: str


class Models(BaseModel):
    """What answers.

    Attributes:
        models: Those that ship first, then trainings, runs by name, and files.
        torch: Whether torch is imported, so that runs answer.
    """

    models: list[ModelInfo]
    torch: bool


@router.get("/health", openapi_extra={"security": []})
def get_health() -> Health:
    """Says that the server answers; needs no token."""
    return Health(version=version("digitlab"))


@router.get("/models")
def list_models(lab: TheLab) -> Models:
    """Lists what answers: models that ship, finished runs, model files, trainings."""
    return Models(models=lab.models.scan(), torch=lab.models.torch_ready)


@page_router.get("/events", response_class=StreamingResponse)
async def stream_events(
    lab: TheLab,
    last_event_id: Annotated[str | None, Header()] = None,
    last: Annotated[str | None, Query(max_length=40)] = None,
) -> StreamingResponse:
    """Streams what happens, as server-sent events; `EventHub.message` says what each holds.

    `Last-Event-ID`, or `last` from a page that opens a stream anew, goes on after an interruption.
    """
    lab.events.check_free()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        lab.events.stream(last_event_id or last), headers=headers, media_type="text/event-stream"
    )
