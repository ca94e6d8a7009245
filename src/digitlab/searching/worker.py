"""One process of a search on this machine: reads fits from its standard input, answers with results.

Ends when its input does, so that no process is left behind when the one that searches is killed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from digitlab.searching.folder import SearchFolder
from digitlab.searching.material import SearchData
from digitlab.searching.plan import Fit
from digitlab.searching.work import do_fit
from digitlab.settings import from_dict, to_dict

__all__ = ["main"]


def main() -> None:
    """Does every fit that comes in as a line of JSON; answers each with a line of JSON."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library might print is no answer
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    plan, material = SearchFolder(folder).plan(), SearchData.mapped(folder / "data")
    for line in sys.stdin:
        result = do_fit(plan, from_dict(Fit, json.loads(line)), material)
        print(json.dumps(to_dict(result)), file=answers, flush=True)


if __name__ == "__main__":
    main()
