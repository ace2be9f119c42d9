"""How scoring says no, in sentences for the person who uploaded the model or waits for the run."""


class ArtifactRefused(Exception):
    """The file is not a model that may be opened: wrong format, damaged, too large, or holding types not allowed."""


class ScoringFailed(Exception):
    """The model was opened but did not answer: it broke a limit, or the rows or the model do not fit the question."""


class ScoringTimedOut(ScoringFailed):
    """The limit that it broke is that of time."""
