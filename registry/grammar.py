"""MLflow's search grammar: a filter string becomes clauses, an order_by list becomes keys. Plain values.

    filter  = [clause {AND clause}]
    clause  = key operator value | key [NOT] IN (text {, text})
    key     = attribute | tag.name | tags.`a name` | tags."a name"
    value   = 'text' or "text", where a number is compared: digits

There is no OR, no NOT and no parenthesis around clauses, as in MLflow itself.
"""

import re
from dataclasses import dataclass

from registry.refusals import invalid

PROMPT_TAG = "mlflow.prompt.is_prompt"
MOST_CLAUSES = 100
LONGEST_FILTER = 100_000
EQUALITIES = ("=", "!=", "LIKE", "ILIKE")
LISTS = ("IN", "NOT IN")
NUMERIC = ("=", "!=", "<", "<=", ">", ">=")

_TOKENS = re.compile(
    r"""\s*(?:
      (?P<text>'(?:''|\\'|[^'])*'|"(?:""|\\"|[^"])*")
    | (?P<operator><>|!=|<=|>=|=|<|>)
    | (?P<mark>[(),;])
    | (?P<key>(?:[A-Za-z_]\w*\.)(?:`[^`]*`|"[^"]*"))
    | (?P<word>`[^`]*`|[^\s'"`(),;=<>!]+)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Clause:
    """One comparison. `is_tag` tells a tag's name from an attribute; `value` is a text, a number or several texts."""

    key: str
    operator: str
    value: str | int | tuple[str, ...]
    is_tag: bool = False


@dataclass(frozen=True)
class Grammar:
    """What can be searched for: attributes that are texts, those that take lists, numbers, and what sorts."""

    texts: tuple[str, ...]
    lists: tuple[str, ...]
    numbers: tuple[str, ...]
    sortable: tuple[str, ...]
    default_order: tuple[tuple[str, bool], ...]


TIMES = ("creation_timestamp", "last_updated_timestamp")
MODELS = Grammar(("name",), ("name",), (), ("name", *TIMES), (("name", True),))
VERSIONS = Grammar(
    ("name", "run_id", "source_path"),
    ("name", "run_id"),
    ("version_number",),
    ("name", "version_number", *TIMES),
    (("last_updated_timestamp", False), ("name", True), ("version_number", False)),
)


def clauses(text: str, grammar: Grammar) -> list[Clause]:
    """The clauses of a filter; Refused, saying what cannot be read, where there is something else in it."""
    if len(text) > LONGEST_FILTER:
        raise invalid(f"A filter has at most {LONGEST_FILTER} characters.")
    tokens = _tokens(text)
    found, at = [], 0
    while at < len(tokens):
        if found:
            kind, word = tokens[at]
            if kind != "word" or word.upper() != "AND":
                raise invalid(f"Invalid clause(s) in filter string: {_shown(word)}")
            at += 1
        clause, at = _clause(tokens, at, grammar)
        found.append(clause)
        if len(found) > MOST_CLAUSES:
            raise invalid(f"A filter has at most {MOST_CLAUSES} clauses.")
    return found


def order(items: list[str], grammar: Grammar) -> list[tuple[str, bool]]:
    """The keys to sort by, each with whether it ascends, ended by what makes the order complete."""
    keys: list[tuple[str, bool]] = []
    for item in items:
        words = item.replace("`", " ").replace('"', " ").split()
        if not words or len(words) > 2:
            raise invalid(f"Invalid order_by clause '{_shown(item)}'. Could not be parsed.")
        if len(words) == 2 and words[1].lower() not in ("asc", "desc"):
            raise invalid(f"Invalid ordering key in order_by clause '{_shown(item)}'.")
        key = words[0].removeprefix("attribute.").removeprefix("attributes.")
        if key == "timestamp" and "version_number" not in grammar.sortable:
            key = "last_updated_timestamp"
        if key not in grammar.sortable:
            known = ", ".join(grammar.sortable)
            raise invalid(f"Invalid order by key '{_shown(key)}' specified. Valid keys are {known}.")
        if key in dict(keys):
            raise invalid(f"`order_by` contains duplicate fields: {items}")
        keys.append((key, len(words) == 1 or words[1].lower() == "asc"))
    if not keys:
        return list(grammar.default_order)
    return keys + [
        (key, ascends) for key, ascends in grammar.default_order if key not in dict(keys) and key not in TIMES
    ]


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKENS.match(text, at)
        if match is None or match.end() == at:
            raise invalid(f"Invalid clause(s) in filter string: {_shown(text[at:].strip())}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _clause(tokens: list[tuple[str, str]], at: int, grammar: Grammar) -> tuple[Clause, int]:
    if len(tokens) - at < 3:
        rest = " ".join(word for _, word in tokens[at:])
        raise invalid(f"Invalid clause(s) in filter string: {_shown(rest)}")
    kind, word = tokens[at]
    if kind not in ("key", "word"):
        raise invalid(f"Invalid comparison clause. Expected 'Identifier' found '{_shown(word)}'")
    key, is_tag = _key(word, grammar)
    operator, at = _operator(tokens, at + 1)
    if operator in LISTS:
        value, at = _list(tokens, at)
    elif at < len(tokens):
        value, at = tokens[at], at + 1
    else:
        raise invalid(f"Invalid clause(s) in filter string: {_shown(word)} {operator}")
    return _checked(key, operator, value, is_tag, grammar), at


def _operator(tokens: list[tuple[str, str]], at: int) -> tuple[str, int]:
    kind, word = tokens[at]
    if kind == "operator":
        return "!=" if word == "<>" else word, at + 1
    if kind == "word" and word.upper() in ("LIKE", "ILIKE", "IN"):
        return word.upper(), at + 1
    if kind == "word" and word.upper() == "NOT" and at + 1 < len(tokens) and tokens[at + 1][1].upper() == "IN":
        return "NOT IN", at + 2
    raise invalid(f"Invalid clause(s) in filter string: expected a comparison, found '{_shown(word)}'")


def _list(tokens: list[tuple[str, str]], at: int) -> tuple[tuple[str, ...], int]:
    values, expects_value = [], True
    if at >= len(tokens) or tokens[at][1] != "(":
        raise invalid("Expected a list of quoted string values after IN.")
    for place in range(at + 1, len(tokens)):
        kind, word = tokens[place]
        if expects_value and kind == "text":
            values.append(_unquoted(word))
        elif expects_value and not (word == ")" and values):
            break
        elif word == ")":
            return tuple(values), place + 1
        elif word != ",":
            break
        expects_value = not expects_value
    raise invalid(
        "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list."
    )


def _checked(key: str, operator: str, value, is_tag: bool, grammar: Grammar) -> Clause:
    """The clause, where the operator suits the key and the value suits the operator."""
    if not is_tag and key in grammar.numbers:
        if operator not in NUMERIC:
            raise invalid(f"Invalid comparator for attribute {key}: {operator}")
        kind, word = value
        digits = _unquoted(word) if kind == "text" else word
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", digits):
            raise invalid(f"Invalid value for numeric attribute '{key}': {_shown(word)}")
        return Clause(key, operator, int(digits))
    if operator in LISTS:
        if is_tag or key not in grammar.lists:
            raise invalid(
                f"Only {sorted(grammar.lists)} attributes support comparison with a list of quoted string values."
            )
        return Clause(key, operator, value)
    if operator not in EQUALITIES:
        raise invalid(f"Invalid comparator for {'tag' if is_tag else 'attribute'}: {operator}")
    kind, word = value
    if kind != "text":
        what = f"tag '{key}'" if is_tag else f"attribute '{key}'"
        raise invalid(f"Expected a quoted string value for {what} (e.g. 'my-value'). Got value {_shown(word)}")
    return Clause(key, operator, _unquoted(word), is_tag)


def _key(word: str, grammar: Grammar) -> tuple[str, bool]:
    kind, dot, key = word.partition(".")
    if not dot:
        kind, key = "attribute", word
    if kind not in ("attribute", "tag", "tags"):
        raise invalid(f"Invalid entity type '{_shown(kind)}'. Valid entity types are ('attribute', 'tag', 'tags')")
    if kind != "attribute":
        return key.strip('`"'), True
    key = key.strip('`"')
    known = (*grammar.texts, *grammar.numbers)
    if key not in known:
        raise invalid(f"Invalid attribute key '{_shown(key)}' specified. Valid keys are '{set(known)}'")
    return key, False


def _unquoted(word: str) -> str:
    """The text between its quotes. MLflow takes what stands there as it is, so nothing is an escape."""
    return word[1:-1]


def _shown(word: str) -> str:
    return word if len(word) <= 200 else f"{word[:200]}…"
