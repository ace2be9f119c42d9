"""Whoever made what is in production, or had it trained, does not decide what is asked about its model as a whole.

Beside what 0076 says of a version that is asked about by itself: an exception, an overlay, an accepted risk or the
lifting of a suspension for the model is for what it has in production.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0076_keep_validators_of_an_artifact_apart").AFTER
NOTHING = """    IF asked.version_id IS NULL THEN
        RETURN NEW;
"""
IN_USE = """    IF asked.version_id IS NULL THEN
        IF EXISTS (
            SELECT FROM inventory_modelversion used, unnest(deciders) AS decider
            WHERE used.model_id = asked.model_id AND used.stage = 'production' AND (
                made_artifact_of(used.id, decider) OR EXISTS (
                    SELECT FROM workflows_retraining t JOIN workflows_changerequest o ON o.id = t.change_id
                    WHERE t.candidate_id = used.id AND o.requester_id = decider))
        ) THEN
            RAISE EXCEPTION 'whoever made what is in production does not decide about its model'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0111_sign_as_strongly_as_demanded")]

    operations = [migrations.RunSQL(BEFORE.replace(NOTHING, IN_USE), BEFORE)]
