class Fault(Exception):
    """Something does not hold; the message is a sentence that names it."""
