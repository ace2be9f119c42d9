"""The same job by other libraries, each in an environment of its own, because they disagree on what they need."""
