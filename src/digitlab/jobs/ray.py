"""Ray: jobs as tasks on a cluster of machines, which need not share a disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from digitlab.errors import RunError, SettingError
from digitlab.jobs.fingerprint import code_digest
from digitlab.jobs.job import Call, JobError, JobExecutor, Outcome, WorkerDiedError, call_job, use_one_thread
from digitlab.jobs.store import pack_folder, unpack_folder

__all__ = ["ray_executor"]

CONNECT_SECONDS = 3
ANSWER_SECONDS = 11
"""Together less than the 15 seconds within which an address that does not answer is an error."""
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
PROBE = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1]).get_all_node_info()"
FOLDERS = "digitlab-jobs-"
KEPT_INPUTS = 100
"""Input folders that the object store and each worker's disk keep for later jobs."""


def ray_executor(address: str) -> JobExecutor:
    """Connects to a Ray cluster; an executor whose tasks take one core and one thread each.

    Input folders are put into the cluster's object store once and unpacked once by each worker
    process; output folders come back as bytes. The machines need the same digitlab.

    Args:
        address: `HOST:PORT` of the cluster's head, as `ray start --head` prints it, for a machine
            that belongs to the cluster; `ray://HOST:PORT` for one that does not.

    Raises:
        SettingError: If Ray is not installed, or `address` is no address.
        RunError: If no cluster answers there within 15 seconds.
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
        raise _no_cluster_error(address, f"{type(error).__name__}: {error}".splitlines()[0]) from None
    return _RayExecutor(ray)


class _RayExecutor(JobExecutor):
    kind = "ray"

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        # No retries by Ray itself: `run_jobs` counts how often a job was tried.
        self._remote = ray.remote(num_cpus=1, max_retries=0)
        self._functions: dict[Callable[..., Any], Any] = {}
        self._inputs: dict[str, tuple[str, Any]] = {}
        self._refs: dict[Future[Any], Any] = {}

    @property
    def n_workers(self) -> int:  # type: ignore[override]  # machines come and go
        return int(self._ray.cluster_resources().get("CPU", 1))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if fn not in self._functions:
            self._functions[fn] = self._remote(fn)
        reference = self._functions[fn].remote(*args, **kwargs)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        # References are let go of here, not in `done`, which Ray calls from a thread that holds its locks.
        self._refs = {of: ref for of, ref in self._refs.items() if not of.done()}
        self._refs[future] = reference

        def done(of: Future[Any]) -> None:
            error = of.exception()
            if error is None:
                future.set_result(of.result())
            else:
                future.set_exception(self._as_ours(error))

        reference.future().add_done_callback(done)
        return future

    def submit_job(self, call: Call) -> Future[Outcome]:
        inputs = {key: self._shipped(folder) for key, folder in call.inputs.items()}
        names = {key: token for key, (token, _) in inputs.items()}
        plain = Call(call.function_name, dict(call.arguments), Path(), {})
        code = code_digest(call.function_name.partition(":")[0])
        begun = pack_folder(call.folder)
        return self.submit(_call_shipped, plain, code, begun, names, *(ref for _, ref in inputs.values()))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            for reference in list(self._refs.values()):
                with suppress(Exception):
                    self._ray.cancel(reference, force=True)
        elif wait:
            for future in list(self._refs):
                future.exception()
        with suppress(Exception):
            self._ray.shutdown()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.shutdown(wait=True, cancel_futures=kind is not None)

    def _shipped(self, folder: Path) -> tuple[str, Any]:
        """A folder in the object store: its name there and its reference. Put there once, while unchanged."""
        stats = [(path.as_posix(), path.stat()) for path in sorted(folder.rglob("*"))]
        told = repr([(str(folder), name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])
        token = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
        shipped = self._inputs.pop(str(folder), None)
        if shipped is None or shipped[0] != token:
            shipped = token, self._ray.put(pack_folder(folder))
        self._inputs[str(folder)] = shipped  # the last used is the last removed
        for old in list(self._inputs)[:-KEPT_INPUTS]:
            del self._inputs[old]
        return shipped

    def _as_ours(self, error: BaseException) -> BaseException:
        kinds = self._ray.exceptions
        if not isinstance(error, kinds.RayError) or isinstance(error, kinds.RayTaskError):
            return error
        lost = isinstance(error, kinds.NodeDiedError | kinds.ObjectLostError | kinds.LocalRayletDiedError)
        words = str(error).strip().splitlines()[0]
        return WorkerDiedError(f"{type(error).__name__}: {words}", machine_lost=lost)


def _call_shipped(
    call: Call, code: str, begun: Mapping[str, bytes], names: Mapping[str, str], *inputs: Mapping[str, bytes]
) -> Outcome:
    """Does a job on whatever machine Ray has sent it to; the output folder is part of the outcome."""
    module = call.function_name.partition(":")[0]
    try:
        import_module(module)
    except Exception as error:
        words = f"{socket.gethostname()} cannot import {module}: {error}".splitlines()[0]
        return Outcome(None, JobError(words), 0.0)
    if code_digest(module) != code:
        words = f"{socket.gethostname()} has another version of digitlab: install this machine's there"
        return Outcome(None, JobError(words), 0.0)
    use_one_thread()
    _forget(names.values())
    folders = {
        key: _unpacked(token, files) for (key, token), files in zip(names.items(), inputs, strict=True)
    }
    with tempfile.TemporaryDirectory(dir=_own_folder(), prefix="output-") as name:
        unpack_folder(Path(name), begun)
        outcome = call_job(replace(call, folder=Path(name), inputs=folders))
        return outcome if outcome.value is None else replace(outcome, files=pack_folder(Path(name)))


_UNPACKED: dict[str, Path] = {}


def _unpacked(token: str, files: Mapping[str, bytes]) -> Path:
    """An input folder on this machine's disk, written by the first job of this process that needs it."""
    unpacked = _UNPACKED.pop(token, None)
    if unpacked is None:
        unpacked = Path(tempfile.mkdtemp(dir=_own_folder(), prefix="input-"))
        unpack_folder(unpacked, files)
    _UNPACKED[token] = unpacked  # the last used is the last removed
    return unpacked


def _forget(needed: Collection[str]) -> None:
    """Removes input folders from this machine's disk, the longest unused first, none that is needed now."""
    old = [token for token in _UNPACKED if token not in needed]
    for token in old[: max(0, len(_UNPACKED) - KEPT_INPUTS)]:
        shutil.rmtree(_UNPACKED.pop(token), ignore_errors=True)


@cache
def _own_folder() -> Path:
    """A temporary folder of this process. Those of processes that were killed are removed here.

    Each process holds a lock on its own, which the operating system gives back however it ends.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > 60 and _lock(folder / "lock"):
                shutil.rmtree(folder, ignore_errors=True)
    own = Path(tempfile.mkdtemp(prefix=FOLDERS))
    _lock(own / "lock")
    return own


def _lock(path: Path) -> bool:
    """Locks a file for as long as this process lives; says whether nobody else has."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    return True


def _check_answers(address: str) -> None:
    """Checks that a Ray cluster answers; Ray itself would wait for it for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise SettingError(f"{address!r} is not the address of a Ray cluster", "Write it as HOST:PORT.")
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except OSError as error:
        raise _no_cluster_error(address, error.strerror or str(error)) from None
    if address.startswith("ray://"):
        return
    command: Sequence[str] = [sys.executable, "-c", PROBE, f"{host}:{port}"]
    try:
        # In a process of its own, because there is no other way to end a wait inside Ray.
        subprocess.run(command, timeout=ANSWER_SECONDS, check=True, capture_output=True)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        raise _no_cluster_error(
            address, "something listens there, but it does not answer as Ray does"
        ) from None


def _no_cluster_error(address: str, reason: str) -> RunError:
    return RunError(
        f"no Ray cluster answers at {address}: {reason}",
        "Start one (ray start --head --disable-usage-stats) and give the address it prints, "
        "or leave --ray out to work on this machine.",
    )
