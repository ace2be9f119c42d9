"""Which versions are one artifact: the same bytes, copies of each other, or files that are kept in the same place.

Directly or through others of them, as far as their digests do not differ. What a copy names as its place is the
registry's name of what it was copied from, and so no place. What a version was copied from never changes.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION keys_of_artifact(version inventory_modelversion)
RETURNS TABLE (digest text, place text, original uuid) LANGUAGE sql IMMUTABLE AS $$
    VALUES (nullif(version.artifact_sha256, ''), NULL, NULL::uuid),
           (NULL, CASE WHEN version.copied_from_id IS NULL THEN nullif(version.artifact_uri, '') END, NULL),
           (NULL, NULL, coalesce(version.copied_from_id, version.id))
$$;

CREATE FUNCTION versions_of_key(digest text, place text, original uuid)
RETURNS SETOF inventory_modelversion LANGUAGE sql STABLE AS $$
    SELECT * FROM inventory_modelversion known WHERE known.artifact_sha256 = digest AND known.artifact_sha256 <> ''
    UNION ALL
    SELECT * FROM inventory_modelversion known
    WHERE md5(known.artifact_uri) = md5(place) AND known.artifact_uri = place AND known.artifact_uri <> ''
      AND known.copied_from_id IS NULL
    UNION ALL
    SELECT * FROM inventory_modelversion known WHERE known.id = original
    UNION ALL
    SELECT * FROM inventory_modelversion known WHERE known.copied_from_id = original
$$;

CREATE FUNCTION versions_of_artifact(version uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE mine AS (
        SELECT artifact_sha256 AS digest FROM inventory_modelversion WHERE id = version
    ), known(digest, place, original) AS (
        SELECT keys.* FROM inventory_modelversion itself CROSS JOIN LATERAL keys_of_artifact(itself) AS keys
        WHERE itself.id = version
        UNION
        SELECT keys.* FROM known
        CROSS JOIN LATERAL versions_of_key(known.digest, known.place, known.original) AS twin
        CROSS JOIN LATERAL keys_of_artifact(twin) AS keys
        WHERE twin.artifact_sha256 = '' OR (SELECT mine.digest FROM mine) IN ('', twin.artifact_sha256)
    )
    SELECT DISTINCT twin.id FROM known
    CROSS JOIN LATERAL versions_of_key(known.digest, known.place, known.original) AS twin
    WHERE twin.artifact_sha256 = '' OR (SELECT mine.digest FROM mine) IN ('', twin.artifact_sha256)
$$;

CREATE TRIGGER inventory_modelversion_stays_a_copy BEFORE UPDATE ON inventory_modelversion FOR EACH ROW
    WHEN (OLD.copied_from_id IS DISTINCT FROM NEW.copied_from_id) EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER inventory_modelversion_stays_a_copy ON inventory_modelversion;
DROP FUNCTION versions_of_artifact;
DROP FUNCTION versions_of_key;
DROP FUNCTION keys_of_artifact;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0052_say_what_a_version_is_a_copy_of"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
