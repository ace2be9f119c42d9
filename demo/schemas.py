"""Describing the columns of the demo's tables."""


def described(
    *,
    numbers: list[str],
    protected: dict[str, list[str]] | None = None,
    segments: dict[str, list[str]] | None = None,
    favourable: int | None = None,
    incomplete: tuple[str, ...] = (),
) -> list[dict]:
    """A score for an event, 0 or 1, from numeric features; `favourable` says which of the two people hope for."""
    return [
        *_keys(),
        *({"name": name, "kind": "numeric", "role": "feature", "required": name not in incomplete} for name in numbers),
        *_categories(segments, "segment", incomplete),
        *_categories(protected, "protected", incomplete),
        {"name": "score", "kind": "numeric", "role": "score", "minimum": 0, "maximum": 1},
        _outcome("prediction", favourable),
        _outcome("label", favourable),
    ]


def described_regression(*, numbers: list[str]) -> list[dict]:
    """A predicted number from numeric features."""
    return [
        *_keys(),
        *({"name": name, "kind": "numeric", "role": "feature"} for name in numbers),
        {"name": "prediction", "kind": "numeric", "role": "prediction"},
        {"name": "label", "kind": "numeric", "role": "label"},
    ]


def _keys() -> list[dict]:
    return [{"name": "id", "kind": "text", "role": "id"}, {"name": "time", "kind": "datetime", "role": "time"}]


def _categories(columns: dict[str, list[str]] | None, role: str, incomplete: tuple[str, ...]):
    for name, values in (columns or {}).items():
        yield {
            "name": name,
            "kind": "categorical",
            "role": role,
            "categories": values,
            "required": name not in incomplete,
        }


def _outcome(role: str, favourable: int | None) -> dict:
    column = {"name": role, "kind": "numeric", "role": role, "minimum": 0, "maximum": 1}
    return column if favourable is None else column | {"favourable": favourable}
