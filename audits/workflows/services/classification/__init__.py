"""Whether a change is material: proposed by what can be read and measured, confirmed or raised by the second line.

The modules are imported by name: what gathers evidence needs proposing alone, and what follows needs all of evidence.
"""
