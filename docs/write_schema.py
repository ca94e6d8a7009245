"""Writes the JSON Schema of `results.json` into the report's room; a test says when it is out of date."""

from __future__ import annotations

from pathlib import Path

import digitlab.report
from digitlab.files import write_json

write_json(Path(digitlab.report.__file__).with_name("results.schema.json"), digitlab.report.results_schema())
