"""The API alone, for any ASGI server: `uvicorn --factory digitlab.lab.api:create_api --workers 4`.

Its settings are variables of the environment, because each worker is a process of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from digitlab.errors import SettingError
from digitlab.lab.access import AccessRules
from digitlab.lab.app import create_app
from digitlab.lab.lab import Lab

__all__ = ["ANY_ADDRESS", "HOSTS", "RUNS", "TOKEN", "create_api"]

TOKEN = "DIGITLAB_LAB_TOKEN"
RUNS = "DIGITLAB_LAB_RUNS"
HOSTS = "DIGITLAB_LAB_HOSTS"
ANY_ADDRESS = "DIGITLAB_LAB_ANY_ADDRESS"


def create_api() -> FastAPI:
    """The application: predictions and reading, without page and training.

    The environment holds `DIGITLAB_LAB_TOKEN`; perhaps `DIGITLAB_LAB_RUNS`, the folder of the runs, by
    default `runs`; `DIGITLAB_LAB_HOSTS`, the names under which it may be asked for, with commas between; and
    `DIGITLAB_LAB_ANY_ADDRESS`, 1 if every numeric address is allowed, too.

    Raises:
        SettingError: If there is no token.
    """
    token = os.environ.get(TOKEN, "")
    if len(token) < 16:
        raise SettingError(
            f"{TOKEN} holds {len(token)} characters", "Set it to a secret of at least 16 characters."
        )
    hosts = frozenset(host.strip().lower() for host in os.environ.get(HOSTS, "").split(",") if host.strip())
    rules = AccessRules(token, hosts, any_address=os.environ.get(ANY_ADDRESS) == "1")
    return create_app(Lab(Path(os.environ.get(RUNS, "runs"))), rules, api_only=True)
