"""What only a decision brings about, and no decision did: done as the system from a shell, or by SQL.

A decision is an approved request, of which an entry tells and which somebody approved: it, or the envelope that it
stands on.
"""

from collections.abc import Iterator

from django.db import connection

DECIDED = """
    EXISTS (
        SELECT FROM workflows_changerequest request
        JOIN trail_entry entry
        ON entry.subject = 'workflows.ChangeRequest:' || request.id AND entry.action = 'change.approved'
        WHERE {which} AND EXISTS (SELECT FROM workflows_decision decision
            WHERE decision.approved AND decision.change_id IN (request.id, (
                SELECT change_id FROM workflows_arrangement WHERE id = request.envelope_id))))
"""
# The sentence; what it is about; and the request that would have decided it.
UNDECIDED = (
    (
        "{} was put into production, and no approved request asked for it.",
        """SELECT 'Version ' || version.number || ' of the model ' || model.slug FROM inventory_modelversion version
        JOIN inventory_model model ON model.id = version.model_id WHERE version.promoted_at IS NOT NULL""",
        "request.version_id = version.id AND request.kind IN ('promotion', 'break_glass')",
    ),
    (
        "The model {} was retired after it had been in production, and no approved request asked for it.",
        """SELECT model.slug FROM inventory_model model WHERE model.status = 'retired' AND EXISTS (
            SELECT FROM inventory_modelversion WHERE model_id = model.id AND promoted_at IS NOT NULL)
        AND NOT (EXISTS (SELECT FROM registry_registryrules
                         WHERE workspace_id = model.workspace_id AND NOT governed)
                 AND EXISTS (SELECT FROM trail_entry WHERE subject = 'inventory.Model:' || model.id
                             AND action = 'mlflow.model_deleted'))""",
        "request.model_id = model.id AND request.kind = 'retirement'",
    ),
    (
        "The tier of the model {} was confirmed by nobody, and no approved request did so.",
        """SELECT model.slug FROM inventory_model model
        WHERE model.tier_confirmed_at IS NOT NULL AND model.tier_confirmed_by_id IS NULL""",
        "request.model_id = model.id AND request.kind = 'tier_change'",
    ),
    (
        "{} was given, and no approved request stands behind it.",
        """SELECT 'An approval of version ' || version.number || ' of the model ' || model.slug || ' for a use'
        FROM inventory_useapproval approval JOIN inventory_modelversion version ON version.id = approval.version_id
        JOIN inventory_model model ON model.id = version.model_id WHERE true""",
        "request.reference = approval.change_reference AND request.version_id = version.id",
    ),
    (
        "{} holds or held, and no approved request stands behind it.",
        """SELECT arrangement.reference FROM workflows_arrangement arrangement
        WHERE arrangement.kind NOT IN ('suspension', 'restriction', 'finding') AND arrangement.validation_id IS NULL""",
        "request.id = arrangement.change_id AND request.model_id = arrangement.model_id",
    ),
    (
        "Version {} of the policy came into force, and no approved request asked for it.",
        "SELECT policy.number::text FROM inventory_policy policy WHERE policy.number > 1",
        """request.kind = 'policy_change' AND request.terms ->> 'draft' IN (
            SELECT id::text FROM inventory_policydraft WHERE published_as_id = policy.id)""",
    ),
)


def undecided(most: int) -> Iterator[str]:
    """The first so many of each kind, in words."""
    with connection.cursor() as cursor:
        for sentence, statement, which in UNDECIDED:
            cursor.execute(f"{statement} AND NOT {DECIDED.format(which=which)} LIMIT %s", [most])
            yield from [sentence.format(what) for (what,) in cursor.fetchall()]
