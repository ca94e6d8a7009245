"""The benchmark of the lab, without a browser and with few pictures."""

from __future__ import annotations

import digitlab.bench.lab as bench_lab
from digitlab.bench import run_benchmarks


def test_what_needs_no_browser(monkeypatch):
    monkeypatch.setattr(bench_lab, "STARTS", 1)
    monkeypatch.setattr(bench_lab, "PICTURES", 40)
    monkeypatch.setenv("PATH", "")
    inner = bench_lab._png
    monkeypatch.setattr(bench_lab, "_png", lambda number: b"none" if number % 4 == 0 else inner(number))
    lines = []
    found = {one.name: one for one in run_benchmarks(["lab"], lines.append)}
    assert list(found) == [
        "lab: from the command to ready",
        "lab: /api/predict, 8 connections",
        "lab: /api/predict, 8 connections: errors among 40 pictures",
    ]
    *_, rates, errors = found.values()
    assert len(rates.values) == bench_lab.PARTS
    assert errors.values == [10]
    assert any("no browser" in line for line in lines)
