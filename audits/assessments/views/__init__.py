"""Pages about what was measured: monitoring of a model, one run, one breach."""
