"""Tags that hold a list: an attribute that the register keeps row by row, as JSON in one tag."""

from inventory import services as inventory
from inventory.models import Model
from inventory.serializers import SHAPES
from mrm.json_text import NamedTwice, read_json
from registry.contents.tagged import ROWS, example_of
from registry.refusals import invalid

MOST_TOLD = 10  # Of the faults of one list.


def of_model(tags: dict[str, str], actor) -> dict[str, list[dict]]:
    """The rows of each attribute for which one of these tags of a model holds a list."""
    return {ROWS[tag]: _rows_from(tag, text, actor) for tag, text in tags.items() if tag in ROWS}


def emptied(tag: str) -> dict[str, list[dict]]:
    """What deleting a tag leaves of the rows that it held."""
    return {ROWS[tag]: []} if tag in ROWS else {}


def _rows_from(tag: str, text: str, actor) -> list[dict]:
    """The rows that the text of a tag stands for, as REST takes them one by one; or every fault, by its entry."""
    try:
        said = read_json(text or "[]")
    except NamedTwice as fault:
        raise invalid(f"Tag {tag}: {fault}.") from None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, list):
        raise invalid(
            f"Tag {tag}: must be a list in JSON, with an object for each row, such as {example_of(ROWS[tag])}."
        )
    shapes = [SHAPES[ROWS[tag]](data=row, context={"person": actor}) for row in said]
    faults = [
        f"Tag {tag}, entry {place}, {field}: {told[0]}"
        for place, shape in enumerate(shapes, start=1)
        if not shape.is_valid()
        for field, told in shape.errors.items()
    ]
    if faults:
        raise invalid(" ".join(faults[:MOST_TOLD]))
    return [shape.validated_data for shape in shapes]


def fill(model: Model, rows: dict[str, list[dict]], *, actor) -> None:
    """Make the rows of each attribute those that its tag holds. Inside the governed block of whatever sets the tag."""
    for name, wanted in rows.items():
        reason = f"It is no longer in the tag mrm.{name}, which an MLflow client set."
        inventory.replace_particulars(model, name, rows=wanted, reason=reason, actor=actor)
