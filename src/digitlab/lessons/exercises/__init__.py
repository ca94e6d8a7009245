"""The exercises of the lessons: a module for a lesson, whose `EXERCISES` has a check for each name."""
