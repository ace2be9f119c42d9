"""At the end of a transaction a policy after the first stands on a draft, and on a request that people approved.

The services are called by whoever runs Python on the server, as anybody or as the system; this asks for the decision
whoever calls, and however the row was written. The first policy is what an installation begins with.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION was_approved(request uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    -- Approved by a person who had not asked for it; and an entry tells of it.
    SELECT EXISTS (
        SELECT FROM workflows_changerequest asked
        JOIN workflows_decision given ON given.change_id = asked.id
        JOIN accounts_person decider ON decider.id = given.person_id
        WHERE asked.id = request AND asked.state IN ('approved', 'completed')
          AND given.approved AND given.voided_at IS NULL
          AND decider.kind <> 'service' AND decider.id IS DISTINCT FROM asked.requester_id
          AND EXISTS (SELECT FROM trail_entry
                      WHERE subject = 'workflows.ChangeRequest:' || asked.id AND action = 'change.approved')
    )
$$;

CREATE FUNCTION refuse_policy_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM inventory_policydraft draft
        JOIN workflows_changerequest asked ON asked.kind = 'policy_change' AND asked.terms ->> 'draft' = draft.id::text
        WHERE draft.published_as_id = NEW.id AND draft.state = 'published' AND draft.document = NEW.document
          AND was_approved(asked.id)
    ) THEN
        RAISE EXCEPTION 'version % of the policy comes into force by an approved request, and there is none', NEW.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_policy_is_decided AFTER INSERT ON inventory_policy
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.number <> 1)
    EXECUTE FUNCTION refuse_policy_without_decision();
"""
UNDO = """
DROP TRIGGER inventory_policy_is_decided ON inventory_policy;
DROP FUNCTION refuse_policy_without_decision;
DROP FUNCTION was_approved;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0031_mark_what_a_portfolio_sorts_by"),
        ("accounts", "0011_give_notices_a_second_form"),
        ("inventory", "0030_keep_doubts_about_tiers"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
