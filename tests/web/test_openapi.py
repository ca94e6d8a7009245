"""Generated requests to the routes of the OpenAPI document: no defect, and answers as the document says."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from digitlab.web.access import AccessRules
from digitlab.web.app import create_app
from digitlab.web.lab import Lab

TOKEN = "a-token-of-the-tests"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
EXAMPLES = 4
LEFT_OUT = ("get /api/events", "post /api/train")
"""A stream without end, and what starts processes."""
DOCUMENT = create_app(Lab(Path("runs")), AccessRules(TOKEN)).openapi()
CASES = [
    pytest.param(path, method, mode, id=f"{method} {path} {mode.value}")
    for path, methods in DOCUMENT["paths"].items()
    for method, about in methods.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if f"{method} {path}" not in LEFT_OUT
    and (mode is GenerationMode.POSITIVE or about.get("parameters") or "requestBody" in about)
]
load_all_checks()
WANTED = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "ignored_auth",
    ]
)


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    rules = AccessRules(TOKEN, frozenset({"testserver"}))
    app = create_app(Lab(tmp_path_factory.mktemp("lab") / "runs"), rules)
    return schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=HEADERS)


@pytest.mark.parametrize(("path", "method", "mode"), CASES)
def test_generated_requests(schema, path, method, mode):
    operation = schema[path][method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case):
        case.validate_response(case.call(headers=HEADERS), checks=WANTED)

    asked()
