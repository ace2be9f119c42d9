"""A request awaits whom the policy in force names for what weighs more, and for what concerns natural persons.

An exception from a clause that matters most, a material overlay, a high finding lived with: each as the policy decides
those, where it tells them apart. And a version is approved with whoever must agree about persons and their data.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0052_hold_to_what_is_asked_now").APPROVERS
FUNCTIONS = """
CREATE OR REPLACE FUNCTION refuse_request_without_approvers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    in_force inventory_policy;
    about inventory_model;
    tier text;
    weightier text;
    wanted jsonb[];
    besides jsonb := '[]';
    why text := '';
BEGIN
    SELECT * INTO in_force FROM inventory_policy ORDER BY number DESC LIMIT 1;
    SELECT * INTO about FROM inventory_model WHERE id = NEW.model_id;
    tier := coalesce(CASE about.tier WHEN 0 THEN '3' ELSE about.tier::text END, '1');
    weightier := CASE
        WHEN NEW.kind = 'exception' AND in_force.document #> '{exceptions,severe}' ? (NEW.terms ->> 'clause')
            THEN 'exception_severe'
        WHEN NEW.kind = 'overlay' AND abs((NEW.terms ->> 'size_percent')::numeric)
            >= (in_force.document #>> '{overlays,material_percent}')::numeric THEN 'overlay_material'
        WHEN NEW.kind = 'risk_acceptance' AND EXISTS (
            SELECT FROM workflows_finding WHERE reference = NEW.terms ->> 'finding' AND severity = 'high'
        ) THEN 'risk_acceptance_severe'
    END;
    -- What the policy says of the kind, or, where there are two ways to decide it, of either; nothing if it is silent.
    wanted := CASE
        WHEN NEW.kind IN ('legal_hold', 'hold_release') THEN ARRAY['["chief_risk_officer", "auditor"]'::jsonb]
        WHEN NEW.kind = 'tier_change' THEN ARRAY[
            in_force.document #> ARRAY['approvals', 'tier_change', tier],
            in_force.document #> '{approvals,tier_lowering,1}']
        WHEN NEW.kind = 'extension' THEN ARRAY[
            in_force.document #> ARRAY['approvals', 'extension', tier],
            in_force.document #> ARRAY['approvals', 'further_extension', tier]]
        ELSE ARRAY[coalesce(
            in_force.document #> ARRAY['approvals', weightier, tier],
            in_force.document #> ARRAY['approvals', NEW.kind, tier])]
    END;
    IF NEW.kind IN ('promotion', 'approval', 'retraining_envelope')
       AND (about.affects_natural_persons OR about.personal_data IN ('personal', 'special_category') OR EXISTS (
           SELECT FROM inventory_tierassessment
           WHERE model_id = about.id AND state = 'confirmed' AND facts ->> 'affects_natural_persons' = 'true'
       )) THEN
        besides := coalesce(in_force.document #> ARRAY['approvals', 'about_persons', tier], '[]');
    END IF;
    IF jsonb_typeof(NEW.roles_required) <> 'array' THEN
        why := 'a request awaits the approval of two people or of the committee';
    ELSIF TG_OP = 'INSERT' AND NEW.policy_id <> in_force.id THEN
        why := 'a request is bound to the policy in force';
    ELSIF NOT (NEW.roles_required ? 'committee' OR jsonb_array_length(NEW.roles_required) >= 2) THEN
        why := 'a request awaits the approval of two people or of the committee';
    ELSIF NOT EXISTS (
        SELECT FROM unnest(wanted) AS way(roles) WHERE roles IS NULL OR lacks_no_role(NEW.roles_required, roles)
    ) OR NOT lacks_no_role(NEW.roles_required, besides) THEN
        why := format('a request awaits everybody whom the policy names for %s in tier %s', NEW.kind, tier);
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0086_restrict_until_it_is_closed"),
        ("inventory", "0023_attributes_of_models"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, BEFORE)]
