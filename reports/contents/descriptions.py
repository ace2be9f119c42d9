"""Whether what the register says about models and uses is what the trail's entries last said of them.

A value is held against the last entry that told it: a registration, an edit, or a proposal of a tier. What nobody ever
said must be empty.
"""

from collections.abc import Iterator

from django.db import connection, models
from psycopg.types.json import Jsonb

from audits.trail.models import Action, Entry, subject_name
from inventory import attributes
from inventory.attributes import Kind
from inventory.models import Model, Use
from inventory.services import terms_digest
from inventory.services.attributes import LONGEST_RECORDED

LABEL = "inventory.Model"
ARGUMENTS = 40  # Columns put into one object: PostgreSQL takes a hundred arguments.
# One object per model, as it is kept and as it was told; then the names in which the two differ.
DIFFERING = """
    WITH told AS (
        SELECT subject, jsonb_object_agg(said.key, {told} ORDER BY position) AS values FROM trail_entry
        CROSS JOIN LATERAL (
            SELECT key, value FROM jsonb_each(details -> 'said')
            UNION ALL SELECT key, value FROM jsonb_each(details -> 'tier_inputs')
            UNION ALL SELECT key, value -> 'after' FROM jsonb_each(details -> 'changes')
        ) AS said
        WHERE action = ANY(%(actions)s) AND starts_with(subject, %(label)s || ':') AND said.key = ANY(%(names)s)
        GROUP BY subject
    ), compared AS (
        SELECT model.slug, {kept} AS kept, %(defaults)s || told.values AS told
        FROM inventory_model AS model JOIN told ON told.subject = %(label)s || ':' || model.id
    )
    SELECT slug, (SELECT array_agg(key ORDER BY key) FROM jsonb_each(kept) WHERE value IS DISTINCT FROM told -> key)
    FROM compared WHERE kept <> told ORDER BY slug LIMIT %(most)s
"""
AS_AMOUNT = "to_jsonb(trim_scale(({} #>> '{{}}')::numeric))"  # However many noughts somebody wrote behind the point.


def differing(most: int) -> Iterator[str]:
    """The first so many models and uses that say something else than the trail, in words."""
    fields = {name: Model._meta.get_field(name) for name in attributes.COLUMNS}
    amounts = [name for name, attribute in attributes.COLUMNS.items() if attribute.kind == Kind.AMOUNT]
    told = f"CASE WHEN said.key = ANY(%(amounts)s) THEN {AS_AMOUNT.format('said.value')} ELSE said.value END"
    with connection.cursor() as cursor:
        cursor.execute(
            DIFFERING.format(kept=_object({name: _kept(field) for name, field in fields.items()}), told=told),
            {
                "actions": [Action.MODEL_REGISTERED, Action.MODEL_EDITED, Action.MODEL_TIER_PROPOSED],
                "label": LABEL,
                "names": list(fields),
                "amounts": amounts,
                "defaults": Jsonb({name: _default(field) for name, field in fields.items()}),
                "most": most,
            },
        )
        for slug, names in cursor.fetchall():
            said = ", ".join(attributes.COLUMNS[name].label for name in names)
            yield f"What the register says about the model {slug} is not what the entries about it say: {said}."
    yield from _uses(most)


def _uses(most: int) -> Iterator[str]:
    """Uses whose terms do not give the digest that their last entry states."""
    entries = Entry.objects.filter(action__in=(Action.USE_PROPOSED, Action.USE_EDITED))
    stated = dict(entries.order_by("position").values_list("subject", "details__terms"))
    for use in Use.objects.select_related("model").order_by("pk").iterator(chunk_size=500):
        digest = stated.get(subject_name(use))
        if digest is not None and digest != terms_digest(use):
            yield f"The terms of the use {use} of {use.model} are not those that the last entry about it states."
            most -= 1
        if not most:
            return


def _object(expressions: dict[str, str]) -> str:
    pairs = [f"'{name}', {expression}" for name, expression in expressions.items()]
    parts = [pairs[start : start + ARGUMENTS] for start in range(0, len(pairs), ARGUMENTS)]
    return " || ".join(f"jsonb_build_object({', '.join(part)})" for part in parts)


def _kept(field: models.Field) -> str:
    """A column as `inventory.services.attributes.told` tells its value."""
    column = f'model."{field.column}"'
    if isinstance(field, models.CharField | models.TextField):
        digest = f"'sha256:' || encode(sha256(convert_to({column}, 'UTF8')), 'hex')"
        return f"CASE WHEN length({column}) > {LONGEST_RECORDED} THEN {digest} ELSE {column} END"
    return f"trim_scale({column})" if isinstance(field, models.DecimalField) else column


def _default(field: models.Field):
    return field.get_default() if not field.is_relation else None
