"""What is approved is approved by everybody whom the tier and the policy ask for at that moment, and nothing ends by it
that it is not about.

An arrangement is renewed by another of its kind about the same thing; and what a version is in production by is ended
by no single person, but by what replaces it.
"""

from importlib import import_module

from django.db import migrations

GROUNDS = import_module("audits.workflows.migrations.0048_end_arrangements_on_grounds").FUNCTIONS
NAMES = import_module("audits.workflows.migrations.0041_await_whom_the_policy_names").FUNCTIONS


def function(source: str, name: str) -> str:
    """Its definition, so that it replaces the one before."""
    begun = source[source.index(f"CREATE FUNCTION {name}") :]
    return begun[: begun.index("END $$;")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") + "END $$;\n"


ENDS = function(GROUNDS, "refuse_end_without_ground")
RENEWED = function(GROUNDS, "refuse_renewal_without_another")
APPROVERS = function(NAMES, "refuse_request_without_approvers")
BEFORE = ENDS + RENEWED + APPROVERS
AFTER = (
    ENDS.replace("NEW.kind <> 'validation'", "NEW.kind NOT IN ('validation', 'approval', 'break_glass', 'rollback')")
    + RENEWED.replace(
        "WHERE renews_id = NEW.id)",
        """
        WHERE renews_id = NEW.id AND kind = NEW.kind AND model_id = NEW.model_id AND clause = NEW.clause
          AND finding_id IS NOT DISTINCT FROM NEW.finding_id)""",
    )
    + APPROVERS.replace("ELSIF NEW.policy_id <> in_force.id", "ELSIF TG_OP = 'INSERT' AND NEW.policy_id <> in_force.id")
)
TRIGGER = """
CREATE TRIGGER workflows_changerequest_names_approvers_still BEFORE UPDATE ON workflows_changerequest
    FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state <> 'approved')
    EXECUTE FUNCTION refuse_request_without_approvers();
"""
UNDO = "DROP TRIGGER workflows_changerequest_names_approvers_still ON workflows_changerequest;\n"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0051_count_votes_in_the_line_of_their_day")]

    operations = [migrations.RunSQL(AFTER + TRIGGER, UNDO + BEFORE)]
