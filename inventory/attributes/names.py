"""What a model may be called: the same on the page, over REST, in a sheet and for MLflow clients. Plain values."""

from mrm.reading import fault_in_shown_name, plain_form

SEPARATORS = "/:"


def fault_in_name(name: str) -> str:
    """What is wrong with a new name, as the end of a sentence; names from before this rule stay as they are.

    MLflow addresses a version as models:/name/number, so a name with either sign could not be used from there.
    """
    if any(sign in name for sign in SEPARATORS):
        return "holds '/' or ':', which divide addresses such as models:/name/1; use another sign, such as a dash."
    if name.strip() in (".", ".."):
        return "is '.' or '..', which stand for folders; give it a name of letters."
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return "holds a line break or another control character; remove it."
    if fault := fault_in_shown_name(name):
        return fault
    if (plain := plain_form(name)) != name.strip():
        return fault_in_name(plain) or f"is written so that it can be taken for another name; write it as “{plain}”."
    return ""
