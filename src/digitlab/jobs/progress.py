"""`Progress` of a set of jobs, and the `JobReport` they end in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from digitlab.jobs.job import Job

__all__ = ["JobReport", "Progress"]


@dataclass(frozen=True)
class JobReport:
    """The results of a set of jobs.

    Attributes:
        results: What each finished job's function returned, by key.
        failed: Why a job could not be done, by key, one line each; the jobs that come after it too.
        errors: The error of each job that failed by itself, by key.
        found: Keys of the jobs that were found done in the store.
        job_seconds: Seconds of each finished job, by key; of those found, what they took back then.
        seconds: Wall clock of this call.
    """

    results: dict[str, dict[str, Any]]
    failed: dict[str, str]
    errors: dict[str, BaseException]
    found: frozenset[str]
    job_seconds: dict[str, float]
    seconds: float


@dataclass
class Progress:
    """How far a set of jobs is.

    Attributes:
        jobs: All jobs, by key.
        n_workers: How many are done at a time.
        results: What each finished job's function returned, by key.
        found: Keys of those that were found done in the store.
        running: When each running job began, by key, on the clock of `time.monotonic`.
        failed: Why a job could not be done, by key.
        job_seconds: Seconds of each job, by key.
    """

    jobs: Mapping[str, Job]
    n_workers: int = 1
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    running: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    job_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def done(self) -> set[str]:
        """Keys of the jobs that are done, found ones included."""
        return set(self.results)

    def remaining_seconds(self) -> float | None:
        """Expected seconds until the end, from how long the costs so far have taken; None before any."""
        finished = [key for key in self.results if key not in self.found]
        guessed = sum(self.jobs[key].cost for key in finished)
        if not guessed:
            return None if self._unfinished() else 0.0
        ratio = sum(self.job_seconds[key] for key in finished) / guessed
        now = time.monotonic()
        left = {key: self.jobs[key].cost * ratio for key in self._unfinished()}
        for key, began in self.running.items():
            left[key] = max(0.0, left[key] - (now - began))
        return sum(left.values()) / min(self.n_workers, max(1, len(left)))

    def urgency(self, key: str) -> tuple[float, float, int]:
        """Sort key of the jobs that may begin: cheapest group first, in it the longest way to the end."""
        return (self._group_costs[self.jobs[key].group], -self._path_costs[key], self._positions[key])

    def _unfinished(self) -> list[str]:
        return [key for key in self.jobs if key not in self.results and key not in self.failed]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {key: position for position, key in enumerate(self.jobs)}

    @cached_property
    def _group_costs(self) -> dict[str, float]:
        costs = dict.fromkeys((job.group for job in self.jobs.values()), 0.0)
        for job in self.jobs.values():
            costs[job.group] += job.cost
        return costs

    @cached_property
    def _path_costs(self) -> dict[str, float]:
        """Cost of the most expensive path from each job to the end (the critical path's rule)."""
        followers: dict[str, list[str]] = {key: [] for key in self.jobs}
        for key, job in self.jobs.items():
            for needed in job.after:
                if needed in followers:
                    followers[needed].append(key)
        costs: dict[str, float] = {}
        stack = list(self.jobs)
        while stack:
            key = stack[-1]
            missing = [other for other in followers[key] if other not in costs]
            if missing:
                stack.extend(missing)
                continue
            costs[key] = self.jobs[key].cost + max((costs[other] for other in followers[key]), default=0.0)
            stack.pop()
        return costs
