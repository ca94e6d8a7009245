"""A network as one page to take along: what `digitlab export --to FILE.html` writes."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from digitlab.web.lab import TheLab
from digitlab.web.problems import PROBLEM

__all__ = ["router"]

WAIT = 20.0
"""Seconds for which a download waits until torch is imported."""
router = APIRouter(prefix="/api", tags=["page"], responses=PROBLEM)


@router.get("/models/{model_id}/page", response_class=HTMLResponse)
def download_page(model_id: str, lab: TheLab) -> Response:
    """The network of an id as one page that opens from disk, as a file to save."""
    path = lab.models.path(model_id)
    lab.models.wait_for_torch(WAIT)
    from digitlab import runs
    from digitlab.web.html_export import page_of

    page, exported = page_of(runs.open(path))
    name = f"{exported['network']}.html"
    return HTMLResponse(page, headers={"Content-Disposition": f'attachment; filename="{name}"'})
