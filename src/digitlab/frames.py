"""Data frames: the one place that imports pandas, which is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from digitlab.errors import SettingError

if TYPE_CHECKING:
    import pandas

__all__ = ["make_frame"]


def make_frame(data: Any, **options: Any) -> pandas.DataFrame:
    """Makes a pandas data frame.

    Args:
        data: What `pandas.DataFrame` takes: an array, a list of records, or columns by name.
        options: Further arguments of `pandas.DataFrame`, such as `index` and `columns`.

    Raises:
        SettingError: If pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise SettingError("pandas is not installed", "Install it: pip install 'digitlab[pandas]'.") from None
    return pandas.DataFrame(data, **options)
