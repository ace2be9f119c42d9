"""The REST API of deciding: change requests, decisions, the gate, findings, and what training pipelines report."""
