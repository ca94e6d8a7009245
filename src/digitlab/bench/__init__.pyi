from .benchmarks import (
    BENCHMARKS as BENCHMARKS,
    check_names as check_names,
    run_benchmarks as run_benchmarks,
)
from .measurement import Measurement as Measurement
from .read import (
    Row as Row,
    read_rows as read_rows,
)
