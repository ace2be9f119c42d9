"""The committee approves with the second line among those who took a position, and more than half of a quorum for it.

Whoever abstains, or defers, counts for the quorum and for neither.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0075_stand_in_within_one_line").AFTER
CHANGES = {
    "    of_second integer;\n": "    of_second integer;\n    in_favour integer;\n    against integer;\n",
    "count(*) FILTER (WHERE cast_in.line = 'second'),": """count(*) FILTER (
               WHERE cast_in.line = 'second' AND cast_in.meaning IN ('reviewed', 'approved', 'rejected')
           ),""",
    "(WHERE cast_in.line = sponsor AND sponsor <> '')\n    INTO votes, of_second, of_sponsor": """(
               WHERE cast_in.line = sponsor AND sponsor <> ''
           ),
           count(*) FILTER (WHERE cast_in.meaning IN ('reviewed', 'approved')),
           count(*) FILTER (WHERE cast_in.meaning IN ('rejected', 'deferred'))
    INTO votes, of_second, of_sponsor, in_favour, against""",
    "asked, decided_at) AS line": "asked, decided_at) AS line, meaning",
    "of those who vote', sponsor);\n": """of those who vote', sponsor);
    ELSIF in_favour <= against OR 2 * in_favour <= coalesce((rules ->> 'quorum')::integer, 3) THEN
        why := 'what the committee approves has a majority for it, and more than half of its quorum';
""",
}


def _after(function: str) -> str:
    for old, new in CHANGES.items():
        assert function.count(old) == 1, old
        function = function.replace(old, new)
    return function


class Migration(migrations.Migration):
    dependencies = [("workflows", "0076_keep_validators_of_an_artifact_apart")]

    operations = [migrations.RunSQL(_after(BEFORE), BEFORE)]
