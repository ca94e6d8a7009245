"""Running fits as tasks on a Ray cluster."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import torch

from digitlab.errors import RunError, SettingError
from digitlab.searching.material import SearchData
from digitlab.searching.plan import Fit, Plan
from digitlab.searching.results import FoldResult
from digitlab.searching.way import Way
from digitlab.searching.work import do_fit
from digitlab.settings import from_dict, to_dict

__all__ = ["ray_cluster"]

CONNECT_SECONDS = 3
ANSWER_SECONDS = 11
"""Together less than the 15 seconds within which an address that does not answer is an error."""
RETRIES = 5
"""How often Ray begins a fit again whose machine or process went away."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
PROBE = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1]).get_all_node_info()"


@contextmanager
def ray_cluster(address: str, plan: Plan, material: SearchData) -> Iterator[Way]:
    """Connects to a Ray cluster for the length of the block.

    The material is put into the cluster's object store once; every machine maps it from there.
    A fit takes one core and one thread. If its machine goes away, Ray does it again elsewhere. The
    machines need digitlab, of the same version.

    Args:
        address: `HOST:PORT` of the cluster's head, as `ray start --head` prints it, for a machine
            that belongs to the cluster; `ray://HOST:PORT` for one that does not.
        plan: What is searched.
        material: What to fit on.

    Yields:
        What does fits on the cluster.

    Raises:
        SettingError: If Ray is not installed, or `address` is none.
        RunError: If nothing answers there within 15 seconds.
    """
    os.environ.update(QUIET)
    try:
        ray: Any = import_module("ray")
    except ImportError:
        raise SettingError("Ray is not installed", "Install it: pip install 'digitlab[ray]'.") from None
    _check_answers(address)
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except Exception as error:
        raise _silent(address, f"{type(error).__name__}: {error}".splitlines()[0]) from None
    try:
        shared = ray.put(material)
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(_do_one)
        yield lambda fits: _spread(ray, task, to_dict(plan), shared, fits)
    finally:
        with suppress(Exception):
            ray.shutdown()


def _spread(
    ray: Any, task: Any, plan: dict[str, Any], shared: Any, fits: Sequence[Fit]
) -> Iterator[FoldResult]:
    """Does `fits` as Ray tasks; yields results as they come."""
    waiting = {task.remote(plan, to_dict(fit), shared): fit for fit in fits}
    while waiting:
        (done,), _ = ray.wait(list(waiting), num_returns=1)
        fit = waiting.pop(done)
        try:
            yield from_dict(FoldResult, ray.get(done))
        except ray.exceptions.RayError as error:
            words = str(error).strip().splitlines()[0]
            yield FoldResult(fit=fit, error=f"{type(error).__name__}: {words}")


def _do_one(plan: dict[str, Any], fit: dict[str, Any], material: SearchData) -> dict[str, Any]:
    """Does one fit, on whatever machine Ray has sent it to."""
    torch.set_num_threads(1)
    return to_dict(do_fit(from_dict(Plan, plan), from_dict(Fit, fit), material))


def _check_answers(address: str) -> None:
    """Checks that a Ray cluster answers; Ray itself would wait for it for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise SettingError(f"{address!r} is not the address of a Ray cluster", "Write it as HOST:PORT.")
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise _silent(address, error.strerror or str(error)) from None
    if address.startswith("ray://"):
        return
    command = [sys.executable, "-c", PROBE, f"{host}:{port}"]
    try:
        # In a process of its own, because there is no other way to end a wait inside Ray.
        subprocess.run(command, timeout=ANSWER_SECONDS, check=True, capture_output=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        raise _silent(address, "something listens there, but it does not answer as Ray does") from None


def _silent(address: str, reason: str) -> RunError:
    return RunError(
        f"no Ray cluster answers at {address}: {reason}",
        "Start one (ray start --head --disable-usage-stats) and give the address it prints, "
        "or leave --ray out to search on this machine.",
    )
