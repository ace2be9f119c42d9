"""Checks an exported trail without the system that wrote it: no Django, no database, no network, one dependency.

    pip install ./mrm_verify        then        mrm-verify trail trail.zip

The product computes the same things with the same code (`merkle`, `canonical`, `notes`, `log`); nothing here
imports the product.
"""

__version__ = "1.0.0"
