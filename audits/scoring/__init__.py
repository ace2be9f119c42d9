"""Load a model artifact without trusting it: describe, score, explain and refit it in a confined child process.

The functions are in ``service``. Nothing is imported here, because the child process passes through this package
before it is confined.
"""
