"""The API alone, for any ASGI server: `uvicorn --factory digitlab.web.api:create_api --workers 4`.

Its settings are variables of the environment, because each worker is a process of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from digitlab.errors import SettingError
from digitlab.web.access import AccessRules
from digitlab.web.app import create_app
from digitlab.web.lab import Lab

__all__ = ["ANY_ADDRESS", "HOSTS", "RUNS", "TOKEN", "create_api", "given_hosts", "given_token"]

TOKEN = "DIGITLAB_LAB_TOKEN"
RUNS = "DIGITLAB_LAB_RUNS"
HOSTS = "DIGITLAB_LAB_HOSTS"
ANY_ADDRESS = "DIGITLAB_LAB_ANY_ADDRESS"
SHORTEST = 16
"""Characters of a token, at least."""


def create_api() -> FastAPI:
    """The application: predictions and reading, without page and training.

    The environment holds `DIGITLAB_LAB_TOKEN`; perhaps `DIGITLAB_LAB_RUNS`, the folder of the runs, by
    default `runs`; `DIGITLAB_LAB_HOSTS`, the names under which it may be asked for, with commas between; and
    `DIGITLAB_LAB_ANY_ADDRESS`, 1 if every numeric address is allowed, too.

    Raises:
        SettingError: If there is no token, or a short one.
    """
    token = given_token()
    if token is None:
        raise SettingError(f"{TOKEN} is not set", f"Set it to a secret of at least {SHORTEST} characters.")
    rules = AccessRules(token, given_hosts(), any_address=os.environ.get(ANY_ADDRESS) == "1")
    return create_app(Lab(Path(os.environ.get(RUNS, "runs"))), rules, api_only=True)


def given_token() -> str | None:
    """The token in the environment; None if there is none.

    Raises:
        SettingError: If it is too short to be a secret.
    """
    token = os.environ.get(TOKEN)
    if token and len(token) < SHORTEST:
        raise SettingError(
            f"{TOKEN} holds {len(token)} characters", f"Set it to a secret of at least {SHORTEST} characters."
        )
    return token or None


def given_hosts() -> frozenset[str]:
    """The names in the environment under which the lab may be asked for."""
    return frozenset(host.strip().lower() for host in os.environ.get(HOSTS, "").split(",") if host.strip())
