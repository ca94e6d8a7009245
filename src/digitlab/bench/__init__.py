"""Benchmarks: what digitlab promises about time and about reading pages, measured on this machine."""

from digitlab.bench.benchmarks import BENCHMARKS, check_names, run_benchmarks
from digitlab.bench.measurement import Measurement
from digitlab.bench.read import Row, read_rows

__all__ = ["BENCHMARKS", "Measurement", "Row", "check_names", "read_rows", "run_benchmarks"]
