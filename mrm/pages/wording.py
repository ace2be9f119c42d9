"""Identifiers as people write them."""

from collections import Counter
from collections.abc import Iterable

NAMES = ("PSI", "AUC", "RMSE", "MAE", "SHAP", "API", "Brier", "Jensen", "Shannon", "Kolmogorov", "Smirnov")
PROPER = {name.lower(): name for name in NAMES}
PROPER["sha256"] = "SHA-256"
SMALL = {2: "two", 3: "three", 4: "four", 5: "five"}


def words(value) -> str:
    """An identifier as words: `auc_change` is AUC change."""
    return " ".join(PROPER.get(word, word) for word in str(value).replace("_", " ").split(" "))


def sentence(value) -> str:
    """The same, as a sentence begins."""
    text = words(value)
    return text[:1].upper() + text[1:]


def case(measure: str, column: str = "", segment: str = "") -> str:
    """What was measured, of which column, in which group: PSI of income, region=north."""
    name = words(measure) + (f" of {column}" if column else "")
    return f"{name}, {segment}" if segment else name


def told(value) -> str:
    """A small JSON value as a person would say it."""
    if isinstance(value, dict):
        return "; ".join(f"{words(name)}: {told(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(told(inner) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None or value == "" else str(value)


def counted(number: int, noun: str) -> str:
    """1 run, 2 runs."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def roles_together(roles: Iterable[str]) -> str:
    """Roles that sign together, whoever signs twice counted: validator, compliance and two risk officers."""
    told = [
        words(role) if count == 1 else f"{SMALL.get(count, count)} {_several(words(role))}"
        for role, count in Counter(roles).items()
    ]
    return " and ".join([", ".join(told[:-1]), *told[-1:]] if len(told) > 1 else told)


def _several(noun: str) -> str:
    """Risk officers; heads of validation."""
    head, of, rest = noun.partition(" of ")
    return f"{head}s{of}{rest}"


def percent(share: float) -> str:
    """A share of one as a percentage, to three significant digits."""
    return f"{100 * share:.3g} %".replace("-", "−")


def day(moment) -> str:
    """3 March 2026, of a day or of a moment on it."""
    return f"{moment:%d %B %Y}".lstrip("0")
