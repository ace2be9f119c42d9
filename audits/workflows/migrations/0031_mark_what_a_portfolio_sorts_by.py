"""Triggers that mark a model where what its standing copies or its validation rests on changes; and a mark on all."""

from django.db import migrations

COPIED = ("workspace_id", "owner_id", "slug", "name", "tier", "tier_confirmed_at", "status")
CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in COPIED)
EVERY_MODEL = "INSERT INTO workflows_standingmark (model) SELECT id FROM inventory_model"
MODELS = """
CREATE FUNCTION mark_standing_of_edited_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workflows_standingmark (model) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER inventory_model_marks_its_standing AFTER UPDATE OF {copied} ON inventory_model
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION mark_standing_of_edited_model();
"""
OPINIONS = """
CREATE FUNCTION mark_standings_by_opinions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workflows_standingmark (model)
    SELECT DISTINCT request.model_id FROM changed JOIN workflows_validationrequest request ON request.id = request_id;
    RETURN NULL;
END $$;
CREATE TRIGGER opinion_marks_standings_on_insert AFTER INSERT ON workflows_validationopinion
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_standings_by_opinions();
CREATE TRIGGER opinion_marks_standings_on_update AFTER UPDATE ON workflows_validationopinion
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_standings_by_opinions();
"""
POLICIES = f"""
CREATE FUNCTION mark_all_standings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {EVERY_MODEL};
    RETURN NULL;
END $$;
CREATE TRIGGER policy_marks_all_standings AFTER INSERT ON inventory_policy
    FOR EACH STATEMENT EXECUTE FUNCTION mark_all_standings();
"""
NO_MODELS = """
DROP TRIGGER inventory_model_marks_its_standing ON inventory_model;
DROP FUNCTION mark_standing_of_edited_model;
"""
NO_OPINIONS = """
DROP TRIGGER opinion_marks_standings_on_insert ON workflows_validationopinion;
DROP TRIGGER opinion_marks_standings_on_update ON workflows_validationopinion;
DROP FUNCTION mark_standings_by_opinions;
"""
NO_POLICIES = """
DROP TRIGGER policy_marks_all_standings ON inventory_policy;
DROP FUNCTION mark_all_standings;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0030_copy_what_a_portfolio_sorts_by")]

    operations = [
        migrations.RunSQL(MODELS.format(copied=", ".join(COPIED), changed=CHANGED), NO_MODELS),
        migrations.RunSQL(OPINIONS, NO_OPINIONS),
        migrations.RunSQL(POLICIES, NO_POLICIES),
        migrations.RunSQL(EVERY_MODEL, migrations.RunSQL.noop),
    ]
