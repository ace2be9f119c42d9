"""MLflow clients: which of their aliases put a version into production."""

from inventory.policies.checks import is_list_of, is_object, is_text
from inventory.policies.standard import section

faults = is_object({"production_aliases": is_list_of(is_text, called="aliases")})


def production_aliases(document: dict) -> set[str]:
    """The aliases that mean production, in lower case."""
    return {alias.lower() for alias in section(document, "mlflow")["production_aliases"]}
