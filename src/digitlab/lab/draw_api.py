"""What networks answer to a drawing, and what they see of it."""

from __future__ import annotations

from fastapi import APIRouter

from digitlab.lab.problems import PROBLEM

__all__ = ["router"]

router = APIRouter(prefix="/api", tags=["draw"], responses=PROBLEM)
