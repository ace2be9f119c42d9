"""What a name, tag, alias, version number or source may be, in the words of MLflow's own server. Plain values."""

import posixpath
import re
from urllib.parse import unquote, urlsplit

from inventory.attributes.names import SEPARATORS, fault_in_name
from registry import stages
from registry.refusals import invalid

LONGEST_KEY = 250
LONGEST_VALUE = 100_000
LONGEST_ALIAS = 255
LONGEST_NAME = 200
LONGEST_SOURCE = 1000
MOST_TAGS = 20_000  # Of one model or version.
MUST_NAME_ITS_RUN = "The run_id request parameter must identify the resource that contains the source."
_TAG_KEY = re.compile(r"[/\w.\- :]*")
_ALIAS = re.compile(r"[\w\-]+")
_ALIAS_OF_A_VERSION = re.compile(r"[vV]\d+")
_COPY = re.compile(r"models:/+([^/@]+)(?:/(?P<number>\d+)/?|@(?P<alias>[^/@]+))")


def check_name(name: str, parameter: str = "name") -> None:
    """That there may be a model of this name, which may be older than the rules for new names."""
    if not name.strip():
        raise invalid(f"Missing value for required parameter '{parameter}'.")
    if any(sign in name for sign in SEPARATORS):
        raise invalid(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")


def check_new_name(name: str, parameter: str = "name") -> None:
    check_name(name, parameter)
    if name != name.strip():
        raise invalid(f"Invalid model name '{name}'. A name neither begins nor ends with a blank.")
    if fault := fault_in_name(name):
        raise invalid(f"Invalid model name '{name}'. It {fault}")
    if len(name) > LONGEST_NAME:
        raise invalid(f"'{parameter}' exceeds the maximum length of {LONGEST_NAME} characters")


def check_tag(key: str, value: str) -> None:
    check_tag_key(key)
    if len(value) > LONGEST_VALUE:
        raise invalid(f"'value' exceeds the maximum length of {LONGEST_VALUE} characters")


def check_tag_key(key: str) -> None:
    if len(key) > LONGEST_KEY:
        raise invalid(f"'key' exceeds the maximum length of {LONGEST_KEY} characters")
    if not _TAG_KEY.fullmatch(key):
        allowed = "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)"
        raise invalid(f"Invalid value \"{key}\" for parameter 'key' supplied: Names may only contain {allowed}.")
    if not key or posixpath.normpath(key) != key or key.startswith(("/", "..")) or key == ".":
        raise invalid(
            f"Invalid value \"{key}\" for parameter 'key' supplied: Names may be treated as files in certain cases, "
            "and must not resolve to other names when treated as such."
        )


def check_alias(alias: str) -> None:
    if not alias:
        raise invalid("Registered model alias name cannot be empty.")
    if not _ALIAS.fullmatch(alias):
        only = "Names may only contain alphanumerics, underscores (_), and dashes (-)."
        raise invalid(f"Invalid alias name: '{alias}'. {only}")
    if len(alias) > LONGEST_ALIAS:
        raise invalid(f"'Registered model alias name' exceeds the maximum length of {LONGEST_ALIAS} characters")


def check_alias_is_free_to_use(alias: str) -> None:
    """Some aliases mean versions by themselves, so none may be set."""
    check_alias(alias)
    if alias.lower() == "latest":
        raise invalid("'latest' alias name (case insensitive) is reserved.")
    if _ALIAS_OF_A_VERSION.fullmatch(alias):
        raise invalid(f"Version alias name '{alias}' is reserved.")


def version_number(word: str) -> int:
    """The number a version goes by; one too large for any version is simply not found."""
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,30}\s*", word):
        raise invalid(f"Parameter 'version' must be an integer, got '{word[:100]}'.")
    return max(min(int(word), 2**31 - 1), 0)


def stage_named(word: str) -> str:
    stage = stages.canonical(word)
    if stage is None:
        known = ", ".join(stages.ASSIGNABLE)
        raise invalid(f"Invalid Model Version stage: {word[:100]}. Value must be one of {known}.")
    return stage


def check_source(source: str, *, run_id: str, model_id: str) -> None:
    """A source is only ever handed back to clients, never opened here; still it must not lead a client astray.

    What lies with a run, or on the disk of some machine, is registered by naming that run, as with MLflow's server.
    """
    plain = source
    while (unquoted := unquote(plain)) != plain:
        plain = unquoted
    if len(source) > LONGEST_SOURCE:
        raise invalid(f"'source' exceeds the maximum length of {LONGEST_SOURCE} characters")
    if any(ord(letter) < 32 for letter in plain) or ".." in re.split(r"[/\\?#]", plain):
        raise invalid(f"Invalid model version source: '{source}'. It may not contain '..' or control characters.")
    if (named := re.match(r"runs:/+([^/]+)", plain)) and named[1] != run_id:
        raise invalid(f"Invalid model version source: '{source}'. {MUST_NAME_ITS_RUN}")
    try:
        scheme = urlsplit(source).scheme.lower()
    except ValueError:
        raise invalid(f"Invalid model version source: '{source}'. It is no address that can be read.") from None
    if scheme == "mlflow-artifacts" and not (run_id or model_id):
        raise invalid(f"Invalid model version source: '{source}'. {MUST_NAME_ITS_RUN}")
    if scheme in ("", "file") and not (run_id or model_id):
        raise invalid(
            f"Invalid model version source: '{source}'. To use a local path as a model version source, the run_id "
            "request parameter has to be specified."
        )


def copied_from(source: str) -> tuple[str, str, str] | None:
    """The model that a source of the form models:/name/1 or models:/name@alias names, and the number or the alias, the
    other being empty; None for any other."""
    named = _COPY.fullmatch(source)
    return (unquote(named[1]), named["number"] or "", unquote(named["alias"] or "")) if named else None
