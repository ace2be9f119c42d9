"""Whoever made or validated an artifact does not decide about it under another number or another model either.

Beside what 0025 and 0050 say of the version itself, and for the same reason: it binds whoever writes past the services.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0050_count_descriptions_through_mlflow").AFTER

SAME = """
CREATE FUNCTION with_the_same_artifact(version uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(id) FROM (
        SELECT version AS id UNION
        SELECT twin.id FROM inventory_modelversion mine
        JOIN inventory_modelversion twin ON twin.artifact_sha256 = mine.artifact_sha256
        WHERE mine.id = version AND mine.artifact_sha256 <> ''
    ) AS same
$$;
"""
AFTER = """
CREATE OR REPLACE FUNCTION refuse_decision_by_who_made_or_validated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest;
    same uuid[];
    deciders uuid[] := array_remove(ARRAY[NEW.person_id, NEW.on_behalf_of_id], NULL);
    why text := '';
BEGIN
    SELECT * INTO asked FROM workflows_changerequest WHERE id = NEW.change_id;
    IF asked.version_id IS NULL THEN
        RETURN NEW;
    END IF;
    same := with_the_same_artifact(asked.version_id);
    IF made_one_of(same, deciders) THEN
        why := 'whoever sent what a version consists of does not decide about it';
    ELSIF EXISTS (
        SELECT FROM workflows_validatorassignment a JOIN workflows_validationrequest r ON r.id = a.request_id
        WHERE a.person_id = ANY (deciders) AND (a.ended_at IS NULL OR a.attested_at IS NOT NULL)
          AND (r.version_id = ANY (same) OR r.version_id IS NULL AND EXISTS (
            SELECT FROM inventory_modelversion v
            WHERE v.id = ANY (same) AND v.model_id = r.model_id AND v.registered_at <= a.assigned_at
          ))
    ) THEN
        why := 'a validator of a version does not vote on it';
    ELSIF EXISTS (
        SELECT FROM workflows_validationreview v JOIN workflows_validationopinion o ON o.id = v.opinion_id
        JOIN workflows_validationrequest r ON r.id = o.request_id
        WHERE v.person_id = ANY (deciders) AND v.step = 'approval' AND v.agreed
          AND (r.version_id = ANY (same) OR r.version_id IS NULL AND EXISTS (
            SELECT FROM inventory_modelversion known
            WHERE known.id = ANY (same) AND known.model_id = r.model_id AND known.registered_at <= v.signed_at
          ))
    ) THEN
        why := 'whoever approved the opinion on a version does not vote on it';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0075_stand_in_within_one_line")]

    operations = [
        migrations.RunSQL(SAME, "DROP FUNCTION with_the_same_artifact"),
        migrations.RunSQL(AFTER, BEFORE),
    ]
