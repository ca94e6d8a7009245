"""`digitlab lab`: the page in the browser, and the HTTP API."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log
from digitlab.errors import SettingError

if TYPE_CHECKING:
    from digitlab.web.server import Address

__all__ = ["lab"]

INTERRUPTED = 130


def lab(
    runs: Annotated[
        Path, typer.Option(help="The folder of the runs; new ones are written there.", metavar="DIR")
    ] = Path("runs"),
    port: Annotated[
        int | None,
        typer.Option(help="The port; by default the first free one from 8765 on.", min=0, max=65535),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="The address to listen to, 0.0.0.0 for all: others in your network can then reach the lab. "
            "By default only this machine can.",
            metavar="H",
        ),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
    api_only: Annotated[
        bool, typer.Option("--api-only", help="Serve programs only: neither page nor training.")
    ] = False,
    workers: Annotated[
        int, typer.Option(help="With --api-only: how many processes serve.", min=1, max=256, metavar="N")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Open the lab in the browser: draw, train, look inside, see errors, compare runs, read pages.

    The address that it prints holds a token; programs send the same, as Authorization: Bearer TOKEN. Ctrl-C
    ends the lab.
    """
    if workers > 1 and not api_only:
        raise SettingError(f"--workers {workers} for the page", "Several processes need --api-only.")
    from digitlab.web.stdin_end import end_with_stdin

    end_with_stdin()
    from digitlab.web import ServerOptions, serve  # takes half a second

    def tell(address: Address) -> None:
        if as_json:
            document = {"url": address.url, "port": address.port, "token": address.token}
            print(json.dumps(document), flush=True)
        else:
            print(f"The lab is at {address.url} (Ctrl-C ends it)", flush=True)
        if address.explicit:
            log("warning: whoever in your network gets this address can use the lab; nothing is encrypted")
            _show_code(address.url)

    try:
        serve(ServerOptions(runs, host, port, not no_open, api_only, workers), tell)
    except KeyboardInterrupt:
        # Everything is closed. The end of Python with torch takes up to a second, and that of threads that
        # still read pages several: whoever presses Ctrl-C is not kept waiting.
        log("interrupted")
        sys.stdout.flush()
        os._exit(INTERRUPTED)


def _show_code(url: str) -> None:
    """Prints an address as a QR code, for a phone, on standard error."""
    import segno

    segno.make(url, error="l").terminal(out=sys.stderr, compact=True)
