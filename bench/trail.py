"""The trail: how fast it is written, verified and proved, on a durable PostgreSQL of its own in var/bench/trail.

A million entries are put into the tables at once, by the arithmetic that writes one; writing them one by one would take
most of an hour and show nothing else. What is timed after that works on the full tables.
"""

import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.installation import installation
from bench.measure import Cost, Row, cost_here, peak_mib, printed
from bench.tables import FOLDER

ENTRIES = 1_000_000
WRITES = 2_000
WRITERS = 4
PROOFS = 300
BETWEEN_CHECKPOINTS = 1_000
MODELS, MODEL = 997, "3f1b8a52-0d0e-4b55-8a6e-{:012}"
START = datetime(2026, 1, 1, tzinfo=UTC)


def run(entries: int = ENTRIES, *, writes: int = WRITES, folder: Path = FOLDER) -> str:
    with installation(folder / "trail"):
        _fill(entries)
        _registered()
        rows = [_appending(1, writes), _appending(WRITERS, writes), _proving(), _verifying()]
        rows += [*_telling(), *_comparing()]
        rows += _exporting(folder / "trail")
    return printed(f"The trail: {entries:,} entries, PostgreSQL with fsync", rows)


def _fill(count: int) -> None:
    """Entries, subtrees, head and a checkpoint over each thousand, as writing them one by one would leave them."""
    from django.db import connection

    from audits.trail.models import BODY, Head
    from audits.trail.services import log_name
    from mrm.adapters import keys, notes
    from mrm_verify import merkle

    leaves: list[bytes] = []
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY trail_entry ({', '.join(BODY)}, leaf_hash) FROM STDIN") as copy:
            for row in _rows(count, leaves):
                copy.write_row(row)
        levels = merkle.levels_over(leaves)
        with cursor.copy("COPY trail_subtree (level, index, hash) FROM STDIN") as copy:
            for level, nodes in enumerate(levels[1:], 1):
                for index, node in enumerate(nodes):
                    copy.write_row((level, index, node.hex()))
        name, key = log_name(), keys.configured().checkpoint_key()
        with cursor.copy("COPY trail_checkpoint (size, root, note, signed_at) FROM STDIN") as copy:
            for size in range(BETWEEN_CHECKPOINTS, count + 1, BETWEEN_CHECKPOINTS):
                root = merkle.root(merkle.frontier_at(levels, size))
                note = notes.sign_note(notes.checkpoint_body(name, size, root), name, key)
                copy.write_row((size, root.hex(), note, START + timedelta(seconds=size)))
        cursor.execute("ANALYZE trail_entry, trail_subtree, trail_checkpoint")
    frontier = [node.hex() for node in merkle.frontier_at(levels, count)]
    last = {"last_leaf": leaves[-1].hex(), "last_at": START + timedelta(seconds=count)}
    Head.objects.update(length=count, frontier=frontier, **last)


def _rows(count: int, leaves: list[bytes]) -> Iterator[tuple]:
    import json

    from audits.trail.models import body_of
    from mrm_verify.canonical import canonical
    from mrm_verify.merkle import leaf_hash

    previous = ""
    for position in range(count):
        model = position % MODELS
        details = {"changes": {"purpose": {"before": f"Purpose {position - 1}", "after": f"Purpose {position}"}}}
        at = START + timedelta(seconds=position)
        who = (f"7b0c4e9e-5d0a-4a53-9a0f-{position % 31:012}", f"Person {position % 31}", "session")
        subject = (f"inventory.Model:{MODEL.format(model)}", f"Model {model}", f"model-{model}")
        fields = (position, at, *who, "model.edited", *subject, details, f"{position:032x}", previous)
        leaf = leaf_hash(canonical(body_of(*fields)))
        leaves.append(leaf)
        yield tuple(json.dumps(value) if isinstance(value, dict) else value for value in fields) + (leaf.hex(),)
        previous = leaf.hex()


def _appending(writers: int, writes: int) -> Row:
    """Governed changes of a row each, from so many connections at a time."""
    from django.db import connection

    from audits.trail.models import Action
    from audits.trail.services import governed, record
    from mrm.accounts.models import Workspace

    workspaces = [
        Workspace.objects.get_or_create(slug=f"bench-{n}", defaults={"name": "Bench"})[0] for n in range(writers)
    ]

    def write(workspace: Workspace) -> None:
        for number in range(writes // writers):
            with governed():
                workspace.name = f"Bench {number}"
                workspace.save(update_fields=["name"])
                record(Action.MODEL_EDITED, actor=None, subject=workspace, name=workspace.name)
        connection.close()

    def job() -> None:
        threads = [threading.Thread(target=write, args=(workspace,)) for workspace in workspaces]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    cost = cost_here(job)
    noun = "connection" if writers == 1 else "connections"
    note = f"{writes / cost.seconds:.0f} a second"
    return Row(f"{writes:,} governed writes from {writers} {noun}", cost, f"≤ {writes / 300:.1f} s (300/s)", note)


def _proving() -> Row:
    """Proofs of inclusion of entries anywhere, and of consistency with any earlier size."""
    from audits.trail.services import consistency_proof, inclusion_proofs, length

    size, rng, slowest = length(), random.Random(1), 0.0
    start, worked = time.perf_counter(), time.process_time()
    for _ in range(PROOFS):
        before = time.perf_counter()
        inclusion_proofs([rng.randrange(size)], size)
        consistency_proof(rng.randrange(1, size), size)
        slowest = max(slowest, (time.perf_counter() - before) / 2)
    each = Cost((time.perf_counter() - start) / PROOFS / 2, (time.process_time() - worked) / PROOFS / 2, peak_mib())
    return Row(f"one proof, the mean of {2 * PROOFS}", each, "≤ 0.020 s", f"the slowest {1000 * slowest:.1f} ms")


def _verifying() -> Row:
    from audits.trail.services import verify_trail

    jobs = len(os.sched_getaffinity(0))

    def job() -> None:
        result = verify_trail(jobs=jobs)
        if not result.holds:
            raise RuntimeError(result.fault)

    return Row(f"verify everything with {jobs} processes", cost_here(job), "≤ 20 s")


def _comparing() -> list[Row]:
    """Holding the rows beside the trail against it: all of them, and the kind that takes longest."""
    from reports.contents.agreement import COMPARISONS

    found = [(comparison.about, cost_here(lambda find=comparison.find: list(find()))) for comparison in COMPARISONS]
    about, slowest = max(found, key=lambda one: one[1].seconds)
    whole = Cost(sum(cost.seconds for _, cost in found), sum(cost.processor_seconds for _, cost in found), peak_mib())
    return [Row("compare every row with the trail", whole), Row(f"of that: {about[:1].lower()}{about[1:]}", slowest)]


def _registered() -> None:
    """The models that the entries are about, with whoever owns and reads them."""
    from inventory.models import Model
    from inventory.services import prepare_installation, register_model
    from mrm.accounts.models import Workspace
    from mrm.accounts.policies import Role
    from mrm.accounts.services import create_person, grant_role

    prepare_installation()
    people = {}
    for role in (Role.OWNER, Role.AUDITOR):
        people[role] = create_person(f"{role}@bench.example", role.title(), actor=None)
        grant_role(people[role], role, reason="To measure.", actor=None)
    workspace = Workspace.objects.get(slug="main")
    quiet = register_model(workspace, name="Quiet", owner=people[Role.OWNER], actor=None)
    models = [Model.objects.get(pk=quiet.pk) for _ in range(MODELS)]
    for number, model in enumerate(models):
        model.pk, model.slug, model.name = uuid.UUID(MODEL.format(number)), f"model-{number}", f"Model {number}"
    Model.objects.bulk_create(models, batch_size=200)


def _telling() -> list[Row]:
    """A page of the story of a model with a thousand entries, and of one that has hardly any."""
    from inventory.contents.stories.choosing import NEWEST_FIRST, story_of
    from inventory.contents.stories.lines import lines_of
    from inventory.models import Model
    from mrm.accounts.models import Person
    from mrm.pages.keyset import keyset_page

    auditor, rows = Person.objects.get(email="auditor@bench.example"), []
    for model in Model.objects.filter(slug__in=("model-7", "quiet")):
        story = story_of(f"inventory.Model:{model.pk}", auditor)

        def tell(entries=story) -> None:
            lines_of(keyset_page(entries, NEWEST_FIRST, cursor="", size=50).rows)

        tell()
        rows.append(Row(f"a page of the story of a model with {story.count():,} entries", cost_here(tell)))
    return rows


def _exporting(folder: Path) -> list[Row]:
    from mrm_verify.export import verify_export
    from mrm_verify.trust import Trust
    from reports.services import export_trail

    file, jobs = folder / "trail.zip", len(os.sched_getaffinity(0))

    def export() -> None:
        with file.open("wb") as stream:
            stream.writelines(export_trail(wanted={}, actor=None))

    rows = [Row("export everything", cost_here(export))]
    rows[0] = Row(rows[0].job, rows[0].cost, "", f"{file.stat().st_size / 2**20:.0f} MiB")
    return [
        *rows,
        Row(f"mrm-verify on the export, {jobs} processes", cost_here(lambda: verify_export(file, Trust(), jobs=jobs))),
    ]
