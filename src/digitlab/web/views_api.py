"""The named views of `digitlab inspect`: listed, and rendered as pictures."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from digitlab.web.inspected import WAIT, Inspected, Key
from digitlab.web.lab import Lab, TheLab
from digitlab.web.problems import PROBLEM

__all__ = ["Rendered", "RenderedView", "Theme", "ViewInfo", "Views", "router"]

router = APIRouter(prefix="/api", tags=["runs"], responses=PROBLEM)

KEPT = 24
"""How many pictures are kept."""
Text = Annotated[str | None, Query(max_length=200)]


class ViewInfo(BaseModel):
    """A view.

    Attributes:
        name: As `digitlab inspect --view` takes it.
        description: What it shows.
        options: Which options it takes.
    """

    name: str
    description: str
    options: list[str]


class Theme(BaseModel):
    """Views that belong together."""

    title: str
    views: list[ViewInfo]


class Themes(BaseModel):
    """All views, in the order of the gallery."""

    themes: list[Theme]


class RenderedView(BaseModel):
    """A rendered view in words.

    Attributes:
        name: Of the view.
        description: What it shows.
        summary: The result in words; may be empty.
        picture: The address of its picture.
        layers: Names of the network's layers, for the option `layer`; empty of a model without layers.
    """

    name: str
    description: str
    summary: str
    picture: str
    layers: list[str]


@dataclass(frozen=True)
class Rendered:
    """A rendered view: its picture, what kind of file that is, and the result in words."""

    content: bytes
    media_type: str
    summary: str
    layers: tuple[str, ...]


def given_options(
    image: Annotated[int | None, Query(ge=0, description="Index of the input image in the digits.")] = None,
    layer: Text = None,
    unit: Text = None,
    page: Annotated[int | None, Query(ge=1)] = None,
    position: Text = None,
    digit: Annotated[int | None, Query(ge=0, le=9)] = None,
    pair: Text = None,
    count: Annotated[int | None, Query(ge=1)] = None,
    logits: Text = None,
    seed: Annotated[int | None, Query(ge=0)] = None,
) -> dict[str, Any]:
    """The options of a view that a request names. An image is an index: a client never sends a path."""
    return {name: value for name, value in locals().items() if value not in (None, "")}


Options = Annotated[dict[str, Any], Depends(given_options)]


class Views:
    """Renders views, one at a time, because matplotlib's style is global; keeps the last pictures.

    Args:
        lab: Whose.
    """

    def __init__(self, lab: Lab) -> None:
        self._models = lab.part(Inspected)
        self._lock = threading.Lock()
        self._rendering = threading.Lock()
        self._kept: OrderedDict[tuple[Key, str, str], Rendered] = OrderedDict()

    def render(self, model_id: str, name: str, options: dict[str, Any]) -> Rendered:
        """Renders a view, or takes the picture that was made before.

        Raises:
            DigitlabError: If there is no such model or view, or an option does not go with them.
        """
        key = self._models.key(model_id), name, repr(sorted(options.items()))
        if (known := self._known(key)) is not None:
            return known  # without waiting for others that are being rendered
        with self._rendering:
            if (known := self._known(key)) is not None:
                return known
            rendered = self._render(key[0], name, options)
            with self._lock:
                self._kept[key] = rendered
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return rendered

    def _known(self, key: tuple[Key, str, str]) -> Rendered | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _render(self, key: Key, name: str, options: dict[str, Any]) -> Rendered:
        model = self._models.open(key)
        from digitlab.figures import save_figure
        from digitlab.inspection import inspect
        from digitlab.networks import Network

        result = inspect(model, name, **options)
        animated = isinstance(result.figure, bytes)
        content = result.figure if isinstance(result.figure, bytes) else save_figure(result.figure)
        layers = tuple(model.source.layers) if isinstance(model.source, Network) else ()
        return Rendered(content, "image/gif" if animated else "image/png", result.summary, layers)


@router.get("/views")
def list_views(lab: TheLab) -> Themes:
    """Lists the views by theme, with the options that each takes."""
    lab.models.wait_for_torch(WAIT)
    from digitlab.inspection.registry import THEMES

    return Themes(
        themes=[
            Theme(
                title=title,
                views=[
                    ViewInfo(name=view.name, description=view.description, options=list(view.options))
                    for view in views
                ],
            )
            for title, views in THEMES.items()
        ]
    )


@router.get("/runs/{model_id}/views/{name}")
def render_view(lab: TheLab, model_id: str, name: str, options: Options) -> RenderedView:
    """Renders a view of a run or another model; some take many seconds."""
    rendered = lab.part(Views).render(model_id, name, options)
    from digitlab.inspection.registry import view

    query = f"?{urlencode(options)}" if options else ""
    return RenderedView(
        name=name,
        description=view(name).description,
        summary=rendered.summary,
        picture=f"/api/runs/{model_id}/views/{name}/picture{query}",
        layers=list(rendered.layers),
    )


@router.get("/runs/{model_id}/views/{name}/picture", response_class=Response)
def get_picture(lab: TheLab, model_id: str, name: str, options: Options) -> Response:
    """The picture of a view: PNG, or GIF for an animation."""
    rendered = lab.part(Views).render(model_id, name, options)
    return Response(rendered.content, media_type=rendered.media_type, headers={"Cache-Control": "no-store"})
