"""What people write in a validation: said, short enough, and of characters that can be kept."""

from inventory.attributes import fault_in_text
from mrm.errors import UnusableData

LONGEST_TEXT = 8000


def written(**texts: str) -> dict[str, str]:
    """These texts without space around them; or every fault of them, by field."""
    faults = [{"message": fault, "field": field} for field, text in texts.items() if (fault := _fault(field, text))]
    if faults:
        raise UnusableData(*faults)
    return {field: text.strip() for field, text in texts.items()}


def _fault(field: str, text) -> str:
    name = field.replace("_", " ").capitalize()
    if fault := fault_in_text(text, LONGEST_TEXT):
        return f"{name} {fault}"
    return "" if text.strip() else f"{name} is missing: write it."
