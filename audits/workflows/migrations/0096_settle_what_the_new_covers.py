"""A new exception or overlay puts in order, ends or renews what it covers, and nothing held against another version.

It covers all where it is about the model as a whole; else what was said of its version, or of the same artifact.
"""

from importlib import import_module

from django.db import migrations

NUMBERS = import_module("audits.workflows.migrations.0079_shed_nothing_by_another_number")
ASKED = import_module("audits.workflows.migrations.0052_hold_to_what_is_asked_now")
ENDS = import_module("audits.workflows.migrations.0086_restrict_until_it_is_closed").AFTER
GOES_ON = ASKED.function(NUMBERS.FUNCTIONS, "refuse_end_by_another_number")
RENEWED = ASKED.function(ASKED.AFTER.replace("OR REPLACE ", ""), "refuse_renewal_without_another")
COVERS = """
CREATE FUNCTION covers(version uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT version IS NULL OR coalesce(other = ANY (with_the_same_artifact(version)), false)
$$;
"""
BY_ASKED = " AND covers(asked.version_id, NEW.version_id)"


def changed(text: str, *marks: str, by: str) -> str:
    """The text with a condition after each of its marks."""
    for mark in marks:
        before, after = text.split(mark)
        text = before + mark + by + after
    return text


BEFORE = ENDS + GOES_ON + RENEWED
AFTER = (
    changed(
        ENDS,
        "asked.terms ->> 'clause' = NEW.clause",
        "asked.terms -> 'limitation' = NEW.terms -> 'limitation'",
        by=BY_ASKED,
    )
    + changed(GOES_ON, "asked.kind = NEW.kind AND was_approved(asked.id)", by=BY_ASKED)
    + changed(
        RENEWED,
        "finding_id IS NOT DISTINCT FROM NEW.finding_id",
        by=" AND (NEW.kind = 'acceptance' OR covers(version_id, NEW.version_id))",
    )
)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0095_supersede_opinions_by_rule")]

    operations = [migrations.RunSQL(COVERS, "DROP FUNCTION covers"), migrations.RunSQL(AFTER, BEFORE)]
