"""One module per peer, importing nothing of ours: `read(*paths)` before the clock, `job(...)` on it.

A drift job returns, per column, those of its statistics that are defined as ours are, so that they can be compared.
"""
