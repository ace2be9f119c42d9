"""Texts that people and programs send: what fits, and what the database can hold."""

from inventory.attributes import fault_in_text


def faults_in_texts(values: dict, longest: dict[str, int]) -> list[dict]:
    """What is wrong with the texts of these fields, one error each; empty where nothing is."""
    return [
        {"message": f"{name} {why}", "field": name}
        for name, most in longest.items()
        if name in values and (why := fault_in_text(values[name], most))
    ]
