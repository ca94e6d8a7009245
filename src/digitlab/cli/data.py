"""`digitlab data`: the datasets, where their files are, and whether they are intact."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.output import AsJson, SkipUnknown, log_skipped, print_json

if TYPE_CHECKING:
    from digitlab.data import Digits

__all__ = ["app"]

app = typer.Typer(help="List, show and verify datasets.", no_args_is_help=True)

NAME_HELP = "A dataset, or a path to a file or folder of digits; [START:STOP] after it takes a slice."
SHADES = " .:-=+*#%@"


@app.command("list")
def list_sets(as_json: AsJson = False) -> None:
    """List the datasets that come with digitlab."""
    from digitlab.data import datasets

    if as_json:
        print_json({"sets": [asdict(known) for known in datasets()]})
        return
    for known in datasets():
        print(f"{known.name:<12} {known.n:>6} digits of {known.height}x{known.width}  {known.origin}")


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(help=NAME_HELP),
    ],
    index: Annotated[int, typer.Option(help="Which digit to draw, from 0.")] = 0,
    skip_unknown: SkipUnknown = False,
    as_json: AsJson = False,
) -> None:
    """Count the digits of a dataset and draw one of them."""
    from digitlab.data import load

    digits = load(name, skip_unknown=skip_unknown, on_skip=log_skipped)
    chosen = digits.subset([index])
    image, label = chosen.images[0], int(chosen.labels[0])
    found = _describe(digits)
    if as_json:
        print_json({**found, "index": index, "label": label, "image": image.tolist()})
        return
    _print_description(found)
    print(f"#{index} is {label}:")
    for row in image:
        print("".join(SHADES[int(ink) * (len(SHADES) - 1) // 255] * 2 for ink in row).rstrip())


@app.command()
def verify(
    name: Annotated[
        str | None,
        typer.Argument(help=NAME_HELP),
    ] = None,
    skip_unknown: SkipUnknown = False,
    as_json: AsJson = False,
) -> None:
    """Check the files that come with digitlab, or read your own. Exit code 1 when something is wrong."""
    from digitlab.data import datasets

    if name is None or name in {known.name for known in datasets()}:
        ok = _verify_own_files(as_json)
    else:
        ok = _verify_given(name, skip_unknown, as_json)
    if not ok:
        raise typer.Exit(1)


@app.command()
def path(as_json: AsJson = False) -> None:
    """Print the folders of digitlab's own data files and of the unpacked copies."""
    from digitlab.data import cache_folder, embedded_folder

    folders = {"embedded": str(embedded_folder()), "cache": str(cache_folder())}
    if as_json:
        print_json(folders)
        return
    for name, folder in folders.items():
        print(f"{name:<9} {folder}")


def _verify_own_files(as_json: bool) -> bool:
    from digitlab.data import verify

    checks = verify()
    ok = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": ok, "files": [{**asdict(check), "path": str(check.path)} for check in checks]})
        return ok
    for check in checks:
        print(f"{'ok ' if check.ok else 'BAD'} {check.location:<8} {check.name:<24} {check.message}")
    return ok


def _verify_given(name: str, skip_unknown: bool, as_json: bool) -> bool:
    from digitlab.data import SkippedEntries, load
    from digitlab.errors import DataError

    faults: list[SkippedEntries] = []
    try:
        digits = load(name, skip_unknown=True, on_skip=log_skipped if skip_unknown else faults.append)
    except DataError as error:
        problems, remedy = [*(faults[0].problems if faults else ()), error.problem], error.remedy
    else:
        problems = list(faults[0].problems) if faults else []
        remedy = "Mend or move what is bad; --skip-unknown reads the rest."
    if problems:
        if as_json:
            print_json({"ok": False, "problem": problems[0], "problems": problems, "remedy": remedy})
        else:
            print("\n".join(f"BAD {problem}" for problem in problems) + f"\n{remedy}")
        return False
    found = _describe(digits)
    if as_json:
        print_json({"ok": True, **found})
    else:
        _print_description(found)
    return True


def _describe(digits: Digits) -> dict[str, Any]:
    import numpy as np

    return {
        "name": digits.name,
        "n": len(digits),
        "height": digits.height,
        "width": digits.width,
        "counts": np.bincount(digits.labels, minlength=10).tolist(),
        "lowest": int(digits.images.min()),
        "highest": int(digits.images.max()),
    }


def _print_description(found: dict[str, Any]) -> None:
    size = f"{found['height']}x{found['width']}"
    print(f"{found['name']}: {found['n']} digits of {size}, ink {found['lowest']} to {found['highest']}")
    print("digit " + "".join(f"{digit:>7}" for digit in range(10)))
    print("count " + "".join(f"{count:>7}" for count in found["counts"]))
