"""The inside of a network for one drawing: layers, units, attribution."""

from __future__ import annotations

from fastapi import APIRouter

from digitlab.lab.problems import PROBLEM

__all__ = ["router"]

router = APIRouter(prefix="/api", tags=["inside"], responses=PROBLEM)
