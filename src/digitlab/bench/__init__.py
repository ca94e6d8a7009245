"""Benchmarks: what digitlab promises about time, measured on this machine."""

from digitlab.bench.benchmarks import BENCHMARKS, Measurement, run_benchmarks

__all__ = ["BENCHMARKS", "Measurement", "run_benchmarks"]
