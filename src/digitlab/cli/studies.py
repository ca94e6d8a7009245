"""`digitlab studies`: the published studies that can be reproduced."""

from __future__ import annotations

from typing import Any

from digitlab.cli.listing import cached_listing
from digitlab.cli.output import AsJson, print_json

__all__ = ["studies"]


def studies(as_json: AsJson = False) -> None:
    """List the published studies: id, source, experiments."""
    listed = cached_listing("studies", _listing)
    if as_json:
        print_json({"studies": listed})
        return
    for study in listed:
        print(f"{study['id']}: {study['title']} ({study['source']})")
        for each in study["experiments"]:
            marks = " [only with --long]" if each["long"] else ""
            if each["fixes_protocol_of"]:
                marks += f" [corrects the protocol of {each['fixes_protocol_of']}]"
            print(f"  {each['id']:<18} {each['title']}{marks}")


def _listing() -> list[dict[str, Any]]:
    from digitlab.studies import STUDIES

    return [
        {
            "id": study.id,
            "title": study.title,
            "source": study.source,
            "experiments": [
                {
                    "id": each.id,
                    "title": each.title,
                    "fixes_protocol_of": each.fixes_protocol_of,
                    "long": each.long,
                }
                for each in study.experiments
            ],
        }
        for study in STUDIES.values()
    ]
