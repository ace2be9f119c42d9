"""The REST API of assessing: plans, runs with their results, and breaches."""
