"""At the end of a transaction what held about a model has ended on a ground that the database sees.

A person of the second line closed it, neither the model's owner nor whoever asked for it; or an approved request, or an
opinion, stands in its place; or what it was about is over: its version, its finding or its model. Suspensions and legal
holds have rules of their own (0029, 0042). A stricter cadence ends likewise.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION held_one_of(holder uuid, roles text[], about uuid, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_rolegrant held
        JOIN accounts_person person ON person.id = held.person_id AND person.kind <> 'service'
        JOIN inventory_model model ON model.id = about
        WHERE held.person_id = holder AND held.role = ANY (roles) AND held.state IN ('granted', 'revoked', 'lapsed')
          AND held.starts_at <= moment AND (held.ends_at IS NULL OR held.ends_at > moment)
          AND (held.workspace_id IS NULL OR held.workspace_id = model.workspace_id)
          AND (held.model_slugs = '[]'::jsonb OR held.model_slugs ? model.slug)
    )
$$;

CREATE TRIGGER workflows_arrangement_takes_its_steps BEFORE UPDATE ON workflows_arrangement FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('active', 'renewed'), ('active', 'expired'), ('active', 'closed'), ('expired', 'closed')))
    EXECUTE FUNCTION refuse_step('state');

CREATE FUNCTION refuse_end_without_ground() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM inventory_model WHERE id = NEW.model_id AND status = 'retired')
       OR EXISTS (SELECT FROM inventory_modelversion
                  WHERE id = NEW.version_id AND stage IN ('superseded', 'retired'))
       OR NEW.kind = 'acceptance' AND EXISTS (
        SELECT FROM workflows_finding WHERE id = NEW.finding_id AND state IN ('closed', 'dropped')
    ) OR NEW.kind <> 'validation'
         AND NEW.ended_by_id IS DISTINCT FROM (SELECT owner_id FROM inventory_model WHERE id = NEW.model_id)
         AND NEW.ended_by_id IS DISTINCT FROM
             (SELECT requester_id FROM workflows_changerequest WHERE id = NEW.change_id)
         AND held_one_of(NEW.ended_by_id,
                         ARRAY['validator', 'head_of_validation', 'risk_officer', 'chief_risk_officer'],
                         NEW.model_id, NEW.ended_at)
         AND EXISTS (SELECT FROM trail_entry WHERE subject = 'workflows.Arrangement:' || NEW.id
                     AND action = 'arrangement.closed' AND actor_id = NEW.ended_by_id::text
    ) OR EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.model_id = NEW.model_id AND was_approved(asked.id)
          AND NEW.ended_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
          AND (
              NEW.kind IN ('approval', 'break_glass', 'rollback') AND asked.kind IN ('promotion', 'approval')
              OR NEW.kind = 'exception' AND asked.kind = 'exception' AND asked.terms ->> 'clause' = NEW.clause
              OR NEW.kind = 'overlay' AND asked.kind = 'overlay'
                 AND asked.terms -> 'limitation' = NEW.terms -> 'limitation'
              OR NEW.kind = 'acceptance' AND asked.kind = 'risk_acceptance'
                 AND asked.terms -> 'finding' = NEW.terms -> 'finding'
          )
    ) OR NEW.kind = 'validation' AND (
        NEW.ends_at <= NEW.ended_at AND OLD.state = 'active'
        AND NOT coalesce((SELECT policy.document #> '{validation,restricts_when_lapsed}' ? model.tier::text
                          FROM inventory_policy policy, inventory_model model
                          WHERE model.id = NEW.model_id ORDER BY policy.number DESC LIMIT 1), true)
        OR EXISTS (
            SELECT FROM workflows_validationrequest asked
            JOIN workflows_validationopinion concluded ON concluded.request_id = asked.id
            JOIN workflows_validationreview agreeing ON agreeing.opinion_id = concluded.id
            WHERE asked.model_id = NEW.model_id AND asked.version_id = NEW.version_id AND asked.id <> NEW.validation_id
              AND concluded.approved_at BETWEEN NEW.starts_at AND NEW.ended_at
              AND agreeing.step = 'approval' AND agreeing.agreed AND agreeing.person_id <> concluded.person_id
        )
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is closed by another of the second line than its owner and who asked, or by what replaces it',
        NEW.reference USING ERRCODE = 'restrict_violation';
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_ends_on_a_ground AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'closed' AND OLD.state <> 'closed' AND NEW.kind NOT IN ('suspension', 'legal_hold'))
    EXECUTE FUNCTION refuse_end_without_ground();

CREATE FUNCTION refuse_renewal_without_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM workflows_arrangement WHERE renews_id = NEW.id) THEN
        RAISE EXCEPTION '% is renewed by another that goes on in its place, and there is none', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_is_renewed AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'renewed' AND OLD.state <> 'renewed')
    EXECUTE FUNCTION refuse_renewal_without_another();

CREATE FUNCTION days_of(every text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(
        (regexp_match(every, '^every ([0-9]+) months$'))[1]::integer * 30,
        CASE every WHEN 'daily' THEN 1 WHEN 'weekly' THEN 7 WHEN 'monthly' THEN 30 WHEN 'quarterly' THEN 90
                   WHEN 'semi-annual' THEN 180 WHEN 'annual' THEN 360 ELSE 720 END
    )
$$;

CREATE FUNCTION refuse_to_look_less_often() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.holds_until < (NEW.ended_at AT TIME ZONE 'UTC')::date OR EXISTS (
        SELECT FROM inventory_cadence later
        WHERE later.model_id = NEW.model_id AND later.rhythm = NEW.rhythm AND later.added_at >= NEW.ended_at
          AND (later.loosens OR days_of(later.every) < days_of(NEW.every))
    ) OR EXISTS (
        SELECT FROM trail_entry told JOIN inventory_model model ON model.id = NEW.model_id
        WHERE told.subject = 'inventory.Cadence:' || NEW.id AND told.action = 'cadence.ended'
          AND told.actor_id IS DISTINCT FROM model.owner_id::text
          AND told.actor_id IS DISTINCT FROM NEW.added_by_id::text
          AND held_one_of(nullif(told.actor_id, '')::uuid, ARRAY['validator', 'head_of_validation', 'risk_officer'],
                          NEW.model_id, NEW.ended_at)
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'a stricter cadence is ended by another of the second line than the owner and who set it'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE CONSTRAINT TRIGGER inventory_cadence_ends_on_a_ground AFTER UPDATE ON inventory_cadence
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NOT NEW.loosens AND NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL)
    EXECUTE FUNCTION refuse_to_look_less_often();
"""
UNDO = """
DROP TRIGGER inventory_cadence_ends_on_a_ground ON inventory_cadence;
DROP FUNCTION refuse_to_look_less_often;
DROP FUNCTION days_of;
DROP TRIGGER workflows_arrangement_is_renewed ON workflows_arrangement;
DROP FUNCTION refuse_renewal_without_another;
DROP TRIGGER workflows_arrangement_ends_on_a_ground ON workflows_arrangement;
DROP FUNCTION refuse_end_without_ground;
DROP TRIGGER workflows_arrangement_takes_its_steps ON workflows_arrangement;
DROP FUNCTION held_one_of;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0047_go_back_to_what_was_approved"),
        ("accounts", "0012_end_roles_and_keep_confirmations"),
        ("inventory", "0036_take_the_steps_of_their_tables"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
