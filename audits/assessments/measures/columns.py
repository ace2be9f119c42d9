"""Which columns of a version drift is measured of, and in which role a limit judges each."""

from audits.profiles.schema import Column, Kind, Role
from inventory.models import ModelVersion

PER_COLUMN = frozenset(
    {
        "psi",
        "psi_of_season",
        "jensen_shannon",
        "kolmogorov_smirnov",
        "chi_square",
        "wasserstein",
        "missing_rate",
        "out_of_range_rate",
        "new_category_rate",
        "type_mismatch_rate",
    }
)  # Whose limits may differ by role; every other measure is judged by the limit for all.


def watched_columns(version: ModelVersion) -> list[tuple[Column, str]]:
    """Every feature, and the output of the model under the role "score", which for a regression is its prediction."""
    output = version.column_with(Role.SCORE) or version.column_with(Role.PREDICTION)
    features = [(column, role_of(column, "feature")) for column in version.columns_with(Role.FEATURE)]
    features = [(column, role) for column, role in features if column != output]
    return [(output, role_of(output, "score")), *features] if output else features


def role_of(column: Column, role: str) -> str:
    return "text" if column.kind == Kind.TEXT else role


def roles_judged(version: ModelVersion) -> dict[str, str]:
    """By the name of a column, the role it is judged in. What is counted of a text goes by names that are not here."""
    return {column.name: role for column, role in watched_columns(version)}


def role_judged(roles: dict[str, str], measure: str, column: str) -> str:
    """The role under which a limit is looked up for a result."""
    return roles.get(column, "text") if measure in PER_COLUMN else ""
