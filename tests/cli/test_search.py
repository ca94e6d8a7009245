"""`digitlab search`: what it prints, and that it goes on after kill -9 and after Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from digitlab.cli import app
from digitlab.cli.search_table import _live_table, ranked_rows
from digitlab.errors import SettingError
from digitlab.training import Recipe
from digitlab.tuning import Candidate, Fit, FoldResult, Plan, SearchProgress, format_params

GRID = ["--grid", "hidden=6+5,4", "--data", "classroom", "--workers", "1", "--no-refit"]


def test_json_is_the_contract(tmp_path):
    out = tmp_path / "s"
    words = [
        "search",
        "mlp",
        *GRID,
        "--set",
        "epochs=1",
        "--cv",
        "2",
        "--shuffle",
        "--out",
        str(out),
        "--json",
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert {"best", "results", "seconds"} <= set(answer)
    assert set(answer["best"]) == {"params", "mean_test_score"}
    assert answer["results"]["param_hidden"] == [[6, 5], [4]]
    assert answer["results"]["mean_test_score"][answer["results"]["rank_test_score"].index(1)] == (
        pytest.approx(answer["best"]["mean_test_score"])
    )
    assert "fit 4 of 4" in done.stderr
    again = CliRunner().invoke(app, words[:-1])
    assert "4 are done already" in again.stderr
    assert "best: hidden=" in again.stdout


def _start(out):
    words = ["search", "mlp", *GRID, "--set", "epochs=12", "--cv", "4", "--out", str(out)]
    return subprocess.Popen(
        [sys.executable, "-m", "digitlab", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _done(out):
    """The result files of the fits that are done."""
    found = []
    for path in out.glob("fits/*/job.json"):
        with suppress(OSError):
            if json.loads(path.read_text())["done"]:
                found.append(path)
    return found


def _wait_for(out, n):
    until = time.monotonic() + 60
    while len(_done(out)) < n:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.slow
def test_goes_on_after_a_kill_and_after_an_interruption(tmp_path):
    out = tmp_path / "s"
    first = _start(out)
    _wait_for(out, 1)
    first.kill()
    first.communicate()
    there = {path: path.stat().st_mtime_ns for path in _done(out)}
    assert 1 <= len(there) < 8
    second = _start(out)
    _wait_for(out, len(there) + 1)
    second.send_signal(signal.SIGINT)
    _, said = second.communicate(timeout=20)
    assert second.returncode == 130, said
    assert f"--out {out} goes on" in said
    assert "Traceback" not in said
    count = len(_done(out))
    third = _start(out)
    answer, said = third.communicate(timeout=60)
    assert third.returncode == 0, said
    assert f"{count} are done already" in said
    assert f"fit {count + 1} of 8" in said or count == 8
    assert "best: hidden=" in answer
    for path, written in there.items():
        assert path.stat().st_mtime_ns == written


def test_wrong_words(tmp_path):
    for words, expected in [
        (["--grid", "width=3"], "which is neither an option of mlp nor a recipe field"),
        (["--grid", "hidden=,"], "no values for hidden"),
        (["--grid", "hidden=5", "--ray", "here"], "not the address of a Ray cluster"),
    ]:
        done = CliRunner().invoke(
            app, ["search", "mlp", *words, "--data", "classroom", "--out", str(tmp_path)]
        )
        assert isinstance(done.exception, SettingError)
        assert expected in done.exception.problem


def _progress():
    recipe = Recipe()
    plan = Plan(
        network="mlp",
        candidates=[Candidate(params={"hidden": [n, 5]}, options={}, recipe=recipe) for n in (7, 8)],
        data={"n": 10},
        validation="per-fold",
        splitter="StratifiedKFold",
        cv=2,
        shuffle=False,
        seed=0,
        halving=False,
    )
    results = [
        FoldResult(fit=Fit(candidate=0, split=0), score=0.5, fit_time=1),
        FoldResult(fit=Fit(candidate=1, split=0), score=0.75, fit_time=2),
        FoldResult(fit=Fit(candidate=1, split=1), error="no", fit_time=2),
    ]
    return SearchProgress(Path("s"), plan, results, 4, 75.0)


def test_the_live_table_has_the_rank_candidates():
    table = _live_table("mlp", _progress())
    assert table.title == "mlp: 3 of 4 fits, about 1 min 15 s left"
    columns = [list(column.cells) for column in table.columns]
    assert columns[0] == ["hidden=8+5", "hidden=7+5"]
    assert columns[1] == ["2 (1 failed)", "1"]
    assert columns[2] == ["0.7500", "0.5000"]


def test_ranked_rows_and_params():
    results = SimpleNamespace(
        rank_test_score=[2, 1], mean_test_score=[None, 0.5], std_test_score=[None, 0.1], mean_fit_time=[1, 2]
    )
    rows = ranked_rows({**vars(results), "params": [{"a": None}, {"a": [1, 2]}]})
    assert rows == [("1", "50.0000%", "10.0000%", "2.00", "a=1+2"), ("2", "failed", "-", "1.00", "a=none")]
    assert format_params({"x": 1, "y": [3]}) == "x=1, y=3"
