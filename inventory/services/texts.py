"""Texts that people and programs send: what fits, and what the database can hold."""


def faults_in_texts(values: dict, longest: dict[str, int]) -> list[dict]:
    """What is wrong with the texts of these fields, one error each; empty where nothing is."""
    faults = []
    for name, most in longest.items():
        if name not in values:
            continue
        if why := _why_not_kept(values[name], most):
            faults.append({"message": f"{name} {why}", "field": name})
    return faults


def _why_not_kept(text, most: int) -> str:
    if not isinstance(text, str):
        return "must be a text."
    if len(text) > most:
        return f"has {len(text)} characters; at most {most} fit."
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return "holds a NUL or half of a character, which cannot be stored; remove it."
    return ""
