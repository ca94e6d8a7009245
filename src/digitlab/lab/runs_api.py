"""Runs and studies: list, compare, delete, views."""

from __future__ import annotations

from fastapi import APIRouter

from digitlab.lab.problems import PROBLEM

__all__ = ["router"]

router = APIRouter(prefix="/api", tags=["runs"], responses=PROBLEM)
