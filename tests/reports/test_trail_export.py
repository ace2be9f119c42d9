"""The exported trail, and the stand-alone verifier that an auditor runs on it."""

import json
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.urls import reverse

from audits.assessments import services as assessments
from audits.trail.models import Checkpoint, Entry
from audits.trail.services import sign_checkpoint
from audits.workflows.models import Decision
from audits.workflows.services import prepare_decision, request_change, sign_decision
from audits.workflows.services.validations import assign_validator
from inventory.services import edit_model
from mrm.accounts.models import Signature
from mrm.accounts.services import Passkey
from mrm.adapters import storage
from mrm.errors import NotPermitted
from mrm_verify.canonical import canonical
from mrm_verify.command import main
from mrm_verify.export import MEMBERS, verify_export
from mrm_verify.faults import Fault
from mrm_verify.notes import ED25519, VerifierKey
from mrm_verify.statements import Statements, told_by
from mrm_verify.trust import Trust
from reports.services import export_trail
from tests.accounts.authenticators import ORIGIN, SecurityKey, working_at
from tests.factories import make_person, make_workspace
from tests.reports.sealing import make_sealed
from tests.signing import sign_report
from tests.workflows.validating import asked, attest, make_panel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def archive(story, tmp_path) -> Path:
    """The whole trail of the story."""
    return export(tmp_path)


def export(folder: Path, *, actor=None, **wanted) -> Path:
    file = folder / "trail.zip"
    file.write_bytes(b"".join(export_trail(wanted=wanted, actor=actor)))
    return file


def verified(file: Path, **trust):
    return verify_export(file, Trust(**trust))


def altered(file: Path, member: str, change) -> Path:
    """The archive with one member put through `change`, line by line as JSON where it has lines."""
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in MEMBERS}
    contents[member] = change(contents[member])
    result = file.with_name("altered.zip")
    with zipfile.ZipFile(result, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return result


def replaced(old: bytes, new: bytes):
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return change


def statements_in(file: Path) -> list[dict]:
    with zipfile.ZipFile(file) as archive:
        return [json.loads(line) for line in archive.read("statements.ndjson").splitlines()]


def without_line(number: int):
    def change(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        del lines[number]
        return b"".join(lines)

    return change


def test_an_export_of_everything_is_verified_without_the_product(archive, story):
    found = verified(archive)
    assert found.entries == Entry.objects.count() and found.scope is None
    assert found.checkpoints == Checkpoint.objects.count()
    assert found.statements == Signature.objects.count() > 0


def test_several_processes_find_the_same(archive):
    assert verify_export(archive, Trust(), jobs=2).entries == verified(archive).entries


def test_the_same_trail_gives_the_same_bytes(story, tmp_path):
    sign_checkpoint()
    assert export(tmp_path).read_bytes() == export(tmp_path).read_bytes()


def test_the_command_writes_it_and_the_verifier_ends_with_zero(story, tmp_path, capsys):
    file = tmp_path / "all.zip"
    call_command("export_trail", str(file))
    assert main(["trail", str(file), "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert "holds" in told and "Compare it with the one that was published" in told
    key = told.split("published: ")[1].strip()
    assert main(["trail", str(file), "--jobs", "1", "--key", key]) == 0
    assert "Compare it" not in capsys.readouterr().out


def test_the_verifier_says_who_signed_a_report_by_its_file(story, tmp_path, capsys):
    report = sign_report(make_sealed(story), actor=story.risk_officer)
    signed, other = tmp_path / "signed.pdf", tmp_path / "other.pdf"
    signed.write_bytes(storage.read(report.pdf_sha256))
    other.write_bytes(b"%PDF-1.7")
    asked = ["--jobs", "1", "--report", str(signed), "--report", str(other)]
    assert main(["trail", str(export(tmp_path)), *asked]) == 0
    *_, of_signed, of_other = capsys.readouterr().out.splitlines()
    assert of_signed.startswith(f"{signed} was signed by Risk Officer, as risk officer, on ")
    assert f", as {report.reference} (entry " in of_signed
    assert of_other == f"By these entries nobody signed {other}."


def test_the_command_writes_no_extract_of_nothing_and_names_a_day_that_is_none(story, tmp_path):
    file = tmp_path / "part.zip"
    with pytest.raises(CommandError, match="No entry of the trail fits"):
        call_command("export_trail", str(file), model="nobody-knows-it")
    with pytest.raises(CommandError, match="'yesterday' is no day"):
        call_command("export_trail", str(file), "--since", "yesterday")
    assert not file.exists()


@pytest.fixture
def signed_by_passkey(story, tmp_path) -> Path:
    """An export in which a third decision is signed by passkey."""
    facts = {"reason": "The score drifted.", "breach": story.breach, "actor": story.engineer}
    change = request_change("retraining", story.version, **facts)
    answer = {"approved": True, "meaning": Decision.Meaning.REVIEWED, "evidence_digest": change.evidence_digest}
    key = SecurityKey(story.validator)
    with working_at(ORIGIN):
        statement = prepare_decision(change, **answer, actor=story.validator)
        proof = Passkey(key.answer(bytes.fromhex(statement.digest)))
        sign_decision(change, statement.pk, proof=proof, actor=story.validator)
    return export(tmp_path)


def test_a_decision_signed_by_passkey_is_verified_years_later_from_the_export_alone(signed_by_passkey):
    found = verified(signed_by_passkey)
    assert (found.statements, found.passkeys) == (Signature.objects.count(), 1)
    assert found.passkeys_of_unsaid_keys == 0


@pytest.mark.parametrize("part", ["authenticator_data", "client_data", "signature", "public_key", "assertion"])
def test_a_passkeys_signature_that_was_exchanged_is_named(signed_by_passkey, part):
    def exchange(content: bytes) -> bytes:
        records = [json.loads(line) for line in content.splitlines()]
        [record] = [record for record in records if "assertion" in record]
        if part == "assertion":
            del record["assertion"]
        else:
            text = record["assertion"][part]
            record["assertion"][part] = text[:40] + ("A" if text[40] != "A" else "B") + text[41:]
        return b"".join(canonical(record) + b"\n" for record in records)

    with pytest.raises(Fault, match="passkey"):
        verified(altered(signed_by_passkey, "statements.ndjson", exchange))


def test_what_validators_sign_for_their_part_is_verified_with_the_validation_that_the_entry_is_about(story, tmp_path):
    panel = make_panel(story.workspace)
    validation = asked(story.version, kind="change_triggered")
    assign_validator(validation, person=panel.lead, role="lead", actor=panel.head)
    attest(validation, panel.lead)
    archive = export(tmp_path)
    assert verified(archive).statements == Signature.objects.count()


def test_a_statement_about_another_validation_is_named():
    statement = {"signer": {"id": "7"}, "subject": {"id": "workflows.ValidationRequest:2"}}
    digest = sha256(canonical(statement)).hexdigest()
    body = {
        "position": 3,
        "action": "validation.attested",
        "actor": {"id": "7"},
        "subject": {"id": "workflows.ValidationRequest:1"},
        "details": {"signature": {"statement_digest": digest, "method": "password"}},
    }
    statements = Statements([{"statement": statement, "statement_digest": digest, "method": "password"}])
    statements.cite(told_by(body))
    with pytest.raises(Fault, match="entry 3 cites is about something else"):
        statements.check()


@pytest.fixture
def breach_decided(story, tmp_path) -> Path:
    """An export in which somebody decided by passkey that nothing is done about a breach."""
    key = SecurityKey(story.validator)
    said = {"decision": "no_action", "text": "It is known.", "closes": True}
    with working_at(ORIGIN):
        statement = assessments.prepare_decision(story.breach, **said, actor=story.validator)
        proof = Passkey(key.answer(bytes.fromhex(statement.digest)))
        assessments.sign_decision(story.breach, statement.pk, proof=proof, actor=story.validator)
    return export(tmp_path)


def test_the_decision_about_a_breach_is_exported_with_its_signature_and_verified(breach_decided, story):
    found = verified(breach_decided)
    assert (found.statements, found.passkeys) == (Signature.objects.count(), 1)
    assert found.passkeys_of_unsaid_keys == 0
    [record] = [record for record in statements_in(breach_decided) if "assertion" in record]
    assert record["statement"]["subject"]["id"] == f"assessments.Breach:{story.breach.pk}"
    assert record["statement"]["signer"]["id"] == str(story.validator.pk)


def test_an_extract_shows_alone_whose_passkeys_signed_what_it_tells_of(breach_decided, story, capsys):
    file = export(breach_decided.parent, action="breach.decided")
    found = verified(file)
    assert (found.entries, found.passkeys, found.passkeys_of_unsaid_keys) == (2, 1, 0)
    lacking = altered(file, "entries.ndjson", lambda content: content.splitlines(keepends=True)[-1])
    found = verified(lacking)
    assert (found.entries, found.passkeys, found.passkeys_of_unsaid_keys) == (1, 1, 1)
    for archive, lacks in ((file, False), (lacking, True)):
        assert main(["trail", str(archive)]) == 0
        assert ("it lacks the entries of their enrolment" in capsys.readouterr().out) == lacks


def test_a_forged_decision_about_a_breach_is_named(breach_decided):
    position = Entry.objects.get(action="breach.decided").position
    records = statements_in(breach_decided)
    [record] = [record for record in records if "assertion" in record]
    stranger = {"signer": {"id": "0" * 36, "name": "Somebody else", "role": "validator"}}

    def forged(changed: dict) -> Path:
        kept = [changed if one is record else one for one in records]
        return altered(breach_decided, "statements.ndjson", lambda _: b"".join(canonical(one) + b"\n" for one in kept))

    text = record["assertion"]["signature"]
    for changed, told in (
        ({"statement": record["statement"] | {"outcome": "retrain"}}, f"that entry {position} cites was edited"),
        ({"statement": record["statement"] | stranger}, f"that entry {position} cites was edited"),
        ({"method": "password"}, f"that entry {position} cites was proved in another way"),
        (
            {
                "assertion": record["assertion"]
                | {"signature": text[:40] + ("A" if text[40] != "A" else "B") + text[41:]}
            },
            f"On the statement that entry {position} cites: The passkey's signature does not hold",
        ),
    ):
        with pytest.raises(Fault, match=told):
            verified(forged(record | changed))


def test_another_key_than_the_logs_is_not_accepted(archive, capsys):
    name = verified(archive).log
    stranger = VerifierKey(name, ED25519, Ed25519PrivateKey.generate().public_key())
    assert main(["trail", str(archive), "--jobs", "1", "--key", str(stranger)]) == 1
    assert "signature of the checkpoint" in capsys.readouterr().err


ALTERED = {
    "a field edited": ("entries.ndjson", replaced(b'"Consumer credit"', b'"Consumer debit"'), "was edited"),
    "an entry left out": ("entries.ndjson", without_line(4), "Entry 4 is missing"),
    "the first left out": ("entries.ndjson", without_line(0), "Entry 0 is missing"),
    "the last left out": ("entries.ndjson", without_line(-1), "the export holds"),
    "spelt otherwise": ("entries.ndjson", replaced(b'{"body":', b'{ "body":'), "not spelt canonically"),
    "a second meaning": ("entries.ndjson", replaced(b'{"body":', b'{"body":{},"body":'), "not spelt canonically"),
    "a checkpoint edited": ("checkpoints.ndjson", replaced(b"\\n\\n", b"\\n\\n\\n"), "not a signed note"),
    "the newest left out": ("checkpoints.ndjson", without_line(-1), "not over the whole export"),
    "a statement edited": ("statements.ndjson", replaced(b'"outcome":"approved"', b'"outcome":"rejected"'), "edited"),
    "a statement left out": ("statements.ndjson", without_line(0), "is missing"),
    "not JSON": ("manifest.json", lambda content: content[:-1], "not JSON"),
    "another format": ("manifest.json", replaced(b"mrm-trail/1", b"mrm-trail/9"), "not of the format"),
}


@pytest.mark.parametrize("name", ALTERED)
def test_whatever_is_altered_in_an_export_is_named(archive, name):
    member, change, said = ALTERED[name]
    with pytest.raises(Fault, match=said):
        verified(altered(archive, member, change))


def test_two_entries_that_changed_places_are_named(archive):
    def swap(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        lines[3], lines[4] = lines[4], lines[3]
        return b"".join(lines)

    with pytest.raises(Fault, match="Entry 3 is missing"):
        verified(altered(archive, "entries.ndjson", swap))


def test_a_statement_replayed_on_another_decision_is_named(archive):
    """The signature is real; it was given over something else."""

    def replay(content: bytes) -> bytes:
        records = [json.loads(line) for line in content.splitlines()]
        records[0]["statement"] = records[1]["statement"]
        return b"".join(canonical(record) + b"\n" for record in records)

    with pytest.raises(Fault, match="was edited"):
        verified(altered(archive, "statements.ndjson", replay))


def test_a_statement_that_no_entry_cites_is_named(archive):
    record = {"method": "password", "statement": {"made": "up"}, "statement_digest": "0" * 64}
    with pytest.raises(Fault, match="No entry of the trail cites"):
        verified(altered(archive, "statements.ndjson", lambda content: content + canonical(record) + b"\n"))


def test_an_earlier_checkpoint_that_somebody_kept_is_held_against_the_export(story, tmp_path):
    earlier = sign_checkpoint()
    edit_model(story.model, changes={"purpose": "Another purpose."}, actor=None)
    file = export(tmp_path)
    assert verified(file, held=(earlier.note,)).entries == earlier.size + 1


def test_an_export_older_than_a_checkpoint_somebody_holds_lacks_entries(story, tmp_path):
    file = export(tmp_path)
    older = shutil.copy(file, tmp_path / "older.zip")
    edit_model(story.model, changes={"purpose": "Another purpose."}, actor=None)
    newer = sign_checkpoint()
    with pytest.raises(Fault, match=f"Entries {newer.size - 1} to {newer.size - 1} are missing"):
        verified(older, held=(newer.note,))


def test_two_histories_shown_to_two_people_do_not_both_hold(story, tmp_path):
    """The log signs one history for one auditor, then another of the same length for another."""
    before = transaction.savepoint()
    edit_model(story.model, changes={"purpose": "What one was shown."}, actor=None)
    shown_to_one = sign_checkpoint().note
    transaction.savepoint_rollback(before)
    edit_model(story.model, changes={"purpose": "What the other was shown."}, actor=None)
    file = export(tmp_path)
    verified(file)
    with pytest.raises(Fault, match="signed over other entries than these"):
        verified(file, held=(shown_to_one,))


def test_an_extract_holds_the_chosen_entries_each_with_its_proof(story, tmp_path):
    file = export(tmp_path, model=story.model.slug, action="change.decided")
    found = verified(file)
    assert found.entries == Entry.objects.filter(action="change.decided").count() == 2
    assert found.scope == {"model": story.model.slug, "action": "change.decided"}
    assert found.statements == 2


def test_an_extract_of_before_extracts_held_every_setting_back_of_the_clock_is_asked_for_no_times(
    story, tmp_path, capsys
):
    file = export(tmp_path, action="change.decided")
    before = altered(
        file,
        "manifest.json",
        lambda content: canonical({k: said for k, said in json.loads(content).items() if k != "holds_every"}),
    )
    for archive, untimed in ((file, 0), (before, 2)):
        assert verified(archive).untimed == untimed
        assert main(["trail", str(archive)]) == 0
        assert ("Of 2 of these the extract does not say" in capsys.readouterr().out) == bool(untimed)


def test_an_entry_put_into_an_extract_is_named(story, tmp_path):
    file = export(tmp_path, action="change.decided")
    with pytest.raises(Fault, match="was edited"):
        verified(altered(file, "entries.ndjson", replaced(b"change.decided", b"change.approved")))
    moved = altered(file, "entries.ndjson", lambda content: b"".join(reversed(content.splitlines(keepends=True))))
    with pytest.raises(Fault, match="does not come in its order"):
        verified(moved)
    with pytest.raises(Fault, match="ask for an export of the whole trail"):
        verified(file, held=(sign_checkpoint().note,))


def test_whoever_sees_some_models_gets_an_extract_of_those(story, tmp_path):
    stranger = make_person("auditor", workspace=make_workspace("elsewhere"))
    assert verified(export(tmp_path, actor=stranger)).entries == 0
    found = verified(export(tmp_path, actor=story.auditor))
    assert found.entries == Entry.objects.filter(model_slug=story.model.slug).count()
    assert "reader" in found.scope


def test_the_page_and_the_api_hand_out_the_archive(story, client, tmp_path):
    client.force_login(make_person("auditor"))
    for address in (reverse("export-trail"), "/api/v1/trail/export"):
        answer = client.get(address)
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip"
        file = tmp_path / "downloaded.zip"
        file.write_bytes(b"".join(answer.streaming_content))
        assert verified(file).entries == Entry.objects.count()
    assert client.get("/api/v1/trail/export?colour=red").status_code == 400


def test_nobody_without_a_right_to_the_trail_gets_an_export(story):
    with pytest.raises(NotPermitted):
        export_trail(wanted={}, actor=make_person())


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"not an archive"])
def test_what_is_no_export_is_refused_in_words(tmp_path, content, capsys):
    file = tmp_path / "strange.zip"
    file.write_bytes(content)
    assert main(["trail", str(file)]) == 1
    assert capsys.readouterr().err.startswith("The trail does not hold.")
    assert main(["trail", str(tmp_path / "nowhere.zip")]) == 1


def test_the_verifier_is_installed_alone_and_needs_neither_the_product_nor_a_network(archive, tmp_path):
    """The package is built as an auditor would install it, and run where the product cannot be found."""
    source = shutil.copytree(ROOT / "mrm_verify", tmp_path / "mrm_verify")
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([sys.executable, *build, "--wheel-dir", tmp_path / "wheels", source], check=True, cwd=tmp_path)
    [wheel] = (tmp_path / "wheels").iterdir()
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); used = []; "
        "sys.addaudithook(lambda event, _: used.append(event) if event.startswith('socket.') else None); "
        "from mrm_verify.command import main; code = main(); "
        "ours = {'django', 'mrm', 'audits', 'inventory', 'reports', 'rfc8785', 'httpx'}; "
        "print(used, [name for name in sys.modules if name.split('.')[0] in ours]); sys.exit(code)"
    )
    run = [sys.executable, "-I", "-c", program, wheel, "trail", archive, "--jobs", "1"]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[] []"
    assert "holds." in done.stdout
