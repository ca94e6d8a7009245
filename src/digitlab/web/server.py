"""`serve`: binds a port, says where the lab is, and serves until it is interrupted."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from digitlab.errors import SettingError
from digitlab.web import api
from digitlab.web.access import AccessRules
from digitlab.web.app import create_app
from digitlab.web.lab import Lab

__all__ = ["Address", "ServerOptions", "serve"]

LOOPBACK = "127.0.0.1"
PORT = 8765
"""The first port that is tried, unless one is asked for: bookmarks then stay good."""
TRIED = 20
LONGEST_END = 1.8
"""Seconds after Ctrl-C after which the process ends, whatever it still does."""
WORKER_END = 1.0
"""Seconds that worker processes have to end."""
SETTINGS: dict[str, Any] = {
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "ws": "none",
    "lifespan": "on",
    "timeout_graceful_shutdown": 0.5,  # seconds for which requests that are being answered are waited for
}
"""Of uvicorn."""


@dataclass(frozen=True)
class ServerOptions:
    """How the lab is served.

    Attributes:
        runs: The folder of the runs.
        host: The address of this machine that is listened to; None: only this machine can reach it.
        port: The port; None: 8765, or the next one that is free.
        open_browser: Whether to open the page.
        api_only: Whether programs only are served.
        workers: How many processes serve, if programs only are.
    """

    runs: Path
    host: str | None = None
    port: int | None = None
    open_browser: bool = True
    api_only: bool = False
    workers: int = 1


@dataclass(frozen=True)
class Address:
    """Where a lab is.

    Attributes:
        url: Of its page, with its token.
        port: The port.
        token: What programs send.
        explicit: Whether a host was asked for, so that others can reach it.
    """

    url: str
    port: int
    token: str
    explicit: bool


def serve(options: ServerOptions, tell: Callable[[Address], None]) -> None:
    """Serves the lab until it is interrupted.

    Args:
        options: How.
        tell: Called once the lab answers.

    Raises:
        SettingError: If the port is taken, the host is none of this machine, or the token in the environment
            is too short.
        KeyboardInterrupt: When it has been interrupted, and everything is closed. Threads may still read
            pictures, which takes seconds.
    """
    with _bind(options.host or LOOPBACK, options.port) as bound:
        _serve(options, bound, tell)


def _serve(options: ServerOptions, bound: socket.socket, tell: Callable[[Address], None]) -> None:
    port = bound.getsockname()[1]
    token = api.given_token() or secrets.token_urlsafe(24)
    name = _reachable_name(options.host)
    shown = f"[{name}]" if ":" in name else name
    address = Address(f"http://{shown}:{port}/?token={token}", port, token, options.host is not None)
    rules = AccessRules(token, _own_names(options.host), any_address=options.host is not None)
    if options.api_only and options.workers > 1:
        _serve_workers(options, rules, bound, address, tell)
        return
    app = create_app(Lab(options.runs), rules, api_only=options.api_only)
    config = uvicorn.Config(app, **SETTINGS)

    def ready() -> None:
        tell(address)
        if options.open_browser and not options.api_only:
            threading.Thread(target=webbrowser.open, args=(address.url,), daemon=True).start()

    _Server(config, app.state.lab, ready).run(sockets=[bound])


class _Server(uvicorn.Server):
    """Tells when it answers, and ends open streams as soon as it is interrupted."""

    def __init__(self, config: uvicorn.Config, lab: Lab, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._lab, self._ready = lab, ready
        self._ending = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().call_soon(self._ready)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self._ending:
            self._ending = True
            self._lab.events.close()
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # who is cut off is no defect
            watch = threading.Timer(LONGEST_END, os._exit, [128 + sig])
            watch.daemon = True
            watch.start()
        super().handle_exit(sig, frame)


def _serve_workers(
    options: ServerOptions,
    rules: AccessRules,
    bound: socket.socket,
    address: Address,
    tell: Callable[[Address], None],
) -> None:
    """Serves the API by several processes, which share the port."""
    os.environ[api.TOKEN] = rules.token
    os.environ[api.RUNS] = str(options.runs)
    os.environ[api.HOSTS] = ",".join(sorted(rules.hosts))
    os.environ[api.ANY_ADDRESS] = "1" if rules.any_address else "0"
    config = uvicorn.Config("digitlab.web.api:create_api", factory=True, workers=options.workers, **SETTINGS)
    workers = _Workers(config, sockets=[bound])  # it handles signals from now on
    tell(address)  # the port listens: who asks before the processes answer is kept waiting
    workers.run()
    if workers.signal == signal.SIGINT:
        raise KeyboardInterrupt
    if workers.signal == signal.SIGTERM:  # as one process ends: by the signal
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


class _Workers(Multiprocess):
    """Processes that serve; ends those that do not end by themselves.

    Attributes:
        signal: The signal that ended it.
    """

    signal: int | None = None

    def handle_int(self) -> None:
        self.signal = signal.SIGINT
        super().handle_int()

    def handle_term(self) -> None:
        self.signal = signal.SIGTERM
        super().handle_term()

    def join_all(self) -> None:
        end = time.monotonic() + WORKER_END
        for worker in self.processes:
            worker.process.join(max(0.0, end - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _bind(host: str, port: int | None) -> socket.socket:
    """A socket that listens to the port, or to the first free one from 8765 on.

    Raises:
        SettingError: If that is not possible.
    """
    wanted = [port] if port is not None else [*range(PORT, PORT + TRIED), 0]
    for one in wanted:
        try:
            return _listening(host, one)
        except OSError as error:
            reason = error.strerror or str(error)
            if isinstance(error, socket.gaierror):
                raise SettingError(f"host {host!r}: {reason}", "Give an address of this machine.") from None
    raise SettingError(
        f"cannot listen to {host}, port {port}: {reason}",
        "Choose another port and an address of this machine; without --port a free one is taken.",
    )


def _listening(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two labs share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
        bound.listen(128)  # so that another lab finds the port taken
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound


def _reachable_name(host: str | None) -> str:
    """The address under which others reach a host that was asked for; of all addresses, the likeliest."""
    if host is None:
        return LOOPBACK
    if host not in ("0.0.0.0", "::", ""):
        return host
    family = socket.AF_INET6 if host == "::" else socket.AF_INET
    outside = "2001:db8::1" if host == "::" else "192.0.2.1"  # addresses of documentation: nothing is sent
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((outside, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "::1" if host == "::" else LOOPBACK


def _own_names(host: str | None) -> frozenset[str]:
    """Names of this machine under which the lab may be asked for; beside those in the environment."""
    names = set(api.given_hosts())
    if host is not None:
        own = socket.gethostname().lower()
        names |= {host.lower(), own, f"{own}.local"}
    return frozenset(names)
