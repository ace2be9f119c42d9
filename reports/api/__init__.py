"""The REST API of reports: asking for one, fetching it and its evidence, verifying what somebody hands in."""
