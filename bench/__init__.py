"""Benchmarks: ours beside the floor and beside what one would write by hand, in one run on one machine."""
