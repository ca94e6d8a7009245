"""What the notebooks in `lessons/` use: runs that are kept, exercises that are checked, published values.

    from digitlab import lessons

    lesson = lessons.start("crash-course")

A lesson has the id of the study that it follows.
"""

from digitlab.lessons.checking import CheckResult
from digitlab.lessons.lesson import Lesson, start
from digitlab.lessons.published_table import PublishedTable

__all__ = ["CheckResult", "Lesson", "PublishedTable", "start"]
