"""Benchmarks: what digitlab promises about time, measured on this machine."""

from digitlab.bench.measurement import Measurement
from digitlab.bench.suite import BENCHMARKS, run_benchmarks

__all__ = ["BENCHMARKS", "Measurement", "run_benchmarks"]
