"""A tier that awaits its confirmation is no laxer than what nobody has to confirm.

Once a tier was confirmed, that is the one that was in force. Before, it is what the matrix of the policy gives for the
levels of the model; and at the end of the transaction the last entry that names its tier names this one.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION is_laxer(tier integer, than integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE tier WHEN 0 THEN 99 ELSE tier END > CASE than WHEN 0 THEN 99 ELSE than END  -- 0 is exempt.
$$;

CREATE FUNCTION refuse_laxer_tier_unconfirmed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    matrix jsonb;
    material text;
    why text := '';
BEGIN
    SELECT document #> '{tiering,matrix}' INTO matrix FROM inventory_policy ORDER BY number DESC LIMIT 1;
    material := CASE
        WHEN 'high' IN (NEW.exposure, NEW.purpose_level) THEN 'high'
        WHEN 'medium' IN (NEW.exposure, NEW.purpose_level) THEN 'medium'
        ELSE 'low'
    END;
    IF EXISTS (SELECT FROM inventory_tierassessment WHERE model_id = NEW.id AND confirmed_at IS NOT NULL) OR EXISTS (
        SELECT FROM trail_entry WHERE subject = 'inventory.Model:' || NEW.id AND action = 'model.tiered'
    ) THEN
        why := 'was confirmed, and only a confirmation makes it laxer';
    ELSIF is_laxer(NEW.tier, CASE
        WHEN '' IN (NEW.exposure, NEW.purpose_level, NEW.complexity, NEW.reliance) THEN 1
        ELSE coalesce((matrix #>> ARRAY[material, NEW.complexity])::integer, NEW.tier)
    END) THEN
        why := 'is no laxer than what the policy gives for its levels';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION 'the tier of the model % %', NEW.slug, why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inventory_model_tier_waits BEFORE UPDATE ON inventory_model FOR EACH ROW
    WHEN (NEW.tier_confirmed_at IS NULL AND is_laxer(NEW.tier, OLD.tier))
    EXECUTE FUNCTION refuse_laxer_tier_unconfirmed();

CREATE FUNCTION refuse_untold_tier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM inventory_model model
        WHERE model.id = NEW.id AND model.tier_confirmed_at IS NULL AND model.tier::text IS DISTINCT FROM (
            SELECT details ->> 'tier' FROM trail_entry
            WHERE subject = 'inventory.Model:' || NEW.id AND details ? 'tier' ORDER BY position DESC LIMIT 1
        )
    ) THEN
        RAISE EXCEPTION 'the tier of the model % is made laxer, and no entry says so', NEW.slug
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_model_tier_is_told AFTER UPDATE ON inventory_model
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.tier_confirmed_at IS NULL AND is_laxer(NEW.tier, OLD.tier))
    EXECUTE FUNCTION refuse_untold_tier();
"""
UNDO = """
DROP TRIGGER inventory_model_tier_is_told ON inventory_model;
DROP FUNCTION refuse_untold_tier;
DROP TRIGGER inventory_model_tier_waits ON inventory_model;
DROP FUNCTION refuse_laxer_tier_unconfirmed;
DROP FUNCTION is_laxer;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0044_lift_restrictions_in_order")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
