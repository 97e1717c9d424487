"""Trainings that fail, in whatever part of the package they are."""


class TrainingError(ArithmeticError):
    """A training that came to nothing; the message says what to change."""


class DivergedError(TrainingError):
    """A training whose loss is no longer a number."""


class CollapsedError(TrainingError):
    """A training no better than bicubic enlargement."""
