"""What people signed, held against the entries that cite it: the same act, in time, once, by a key of the signer."""

from hashlib import sha256

import pytest

from mrm_verify.canonical import canonical
from mrm_verify.faults import Fault
from mrm_verify.passkeys import digest_of_key, site_of
from mrm_verify.statements import Statements, told_by
from tests.verify.test_passkeys import ORIGIN, Passkey

EVIDENCE = "e" * 64
STATEMENT = {
    "id": "one",
    "subject": {"id": "workflows.ChangeRequest:4", "title": "CR-4"},
    "evidence_digest": EVIDENCE,
    "outcome": "rejected",
    "comment": "Too thin.",
    "signer": {"id": "7", "name": "Vera", "role": "validator"},
    "time_window": {"from": "2026-11-21T10:00:00+00:00", "until": "2026-11-21T10:10:00+00:00"},
}
TRUE = {"approved": False, "meaning": "rejected", "role": "validator", "on_behalf_of": "", "evidence_digest": EVIDENCE}
IN_TIME = "2026-11-21T10:05:00.000000+00:00"


def entry(position=3, *, action="change.decided", statement=None, method="password", at=IN_TIME, **details) -> dict:
    """The body of an entry; it cites the statement, if one is given."""
    if statement:
        digest = sha256(canonical(statement)).hexdigest()
        details["signature"] = {"id": statement["id"], "method": method, "statement_digest": digest}
    actor = {"id": "7", "name": "Vera", "authenticated_by": "session"}
    subject = {"id": "workflows.ChangeRequest:4", "name": "CR-4", "model": "credit"}
    return {"position": position, "at": at, "actor": actor, "action": action, "subject": subject, "details": details}


def record(statement: dict, **more) -> dict:
    digest = sha256(canonical(statement)).hexdigest()
    return {"statement": statement, "statement_digest": digest, "method": "password"} | more


def faults(records: list[dict], *entries: dict, whole: bool = True) -> list[str]:
    statements = Statements(records, whole=whole)
    for body in entries:
        statements.cite(told_by(body))
    return list(statements.faults())


def test_a_decision_recorded_as_it_was_signed_holds():
    assert faults([record(STATEMENT)], entry(statement=STATEMENT, **TRUE)) == []


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"approved": True}, "outcome"),
        ({"approved": True, "meaning": "approved"}, "outcome"),
        ({"meaning": "abstained"}, "outcome"),
        ({"role": "risk_officer"}, "role"),
        ({"on_behalf_of": "8"}, "on behalf of"),
        ({"evidence_digest": "f" * 64}, "evidence digest"),
    ],
)
def test_an_entry_that_says_another_decision_than_was_signed_is_named(said, part):
    told = faults([record(STATEMENT)], entry(statement=STATEMENT, **TRUE | said))
    assert told == [f"The statement that entry 3 cites says otherwise than the entry: its {part} is another."]


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"id": "two"}, "another id beside it"),
        ({"printed_name": "Olaf"}, "another printed name beside it"),
        ({"meaning": "I was there."}, "another meaning beside it"),
        ({"signed_at": "2026-11-20T10:05:00+00:00"}, "another time than its signed at"),
        ({"authenticated_at": None}, "another time than its authenticated at"),
    ],
)
def test_what_an_export_says_beside_a_statement_is_what_was_signed(beside, said):
    true = {
        "id": "one",
        "printed_name": "Vera",
        "meaning": "I reject.",
        "signed_at": IN_TIME,
        "authenticated_at": IN_TIME,
    }
    statement = STATEMENT | {"meaning": "I reject."}
    assert faults([record(statement, **true)], entry(statement=statement, **TRUE)) == []
    [fault] = faults([record(statement, **true | beside)], entry(statement=statement, **TRUE))
    assert said in fault


@pytest.mark.parametrize("outcome", [[], {}])
def test_a_statement_that_decides_nothing_that_can_be_read_is_refused(outcome):
    with pytest.raises(Fault, match="does not say what was decided"):
        faults([record(STATEMENT | {"outcome": outcome})])


def test_an_approval_recorded_as_a_rejection_is_named():
    statement = STATEMENT | {"outcome": "approved"}
    for said in ({"approved": False, "meaning": "approved"}, {"approved": False, "meaning": "rejected"}):
        [told] = faults([record(statement)], entry(statement=statement, **TRUE | said))
        assert "its outcome is another" in told


def test_what_an_entry_of_an_earlier_release_does_not_say_is_not_held_against_it():
    digest = sha256(canonical(STATEMENT)).hexdigest()
    body = entry(statement_digest=digest, authentication="password")
    assert faults([record(STATEMENT)], body) == []


@pytest.mark.parametrize(
    ("action", "outcome", "said", "other"),
    [
        ("validation.reviewed", "agreed", {"agreed": True}, {"agreed": False}),
        ("validation.opinion_given", "fit", {"outcome": "fit"}, {"outcome": "not_fit"}),
        ("breach.decided", "no_action", {"decision": "no_action"}, {"decision": "retrain"}),
        ("breach.decided", "no_action", {"reason": "Too thin."}, {"reason": "Too fat."}),
    ],
)
def test_other_acts_are_held_against_their_statements_too(action, outcome, said, other):
    statement = STATEMENT | {"outcome": outcome}
    assert faults([record(statement)], entry(action=action, statement=statement, **said)) == []
    assert len(faults([record(statement)], entry(action=action, statement=statement, **said | other))) == 1


def test_the_signature_of_one_act_does_not_stand_for_another():
    [told] = faults([record(STATEMENT)], entry(action="retirement.signed", statement=STATEMENT))
    assert "its outcome is another" in told


@pytest.mark.parametrize("at", ["2026-11-21T09:59:00.000000+00:00", "2026-11-21T10:20:00.000000+00:00"])
def test_an_entry_written_outside_the_time_to_sign_is_named(at):
    body = entry(statement=STATEMENT, at=at, **TRUE)
    assert "at another time" in faults([record(STATEMENT)], body)[0]
    assert "at another time" in faults([record(STATEMENT)], body, whole=False)[0], "in an extract as well"
    # Until the clock has come back to where it was, entries bear the time at which it was set back.
    assert faults([record(STATEMENT)], entry(2, action="clock.set_back", at=at), body) == []


def test_of_an_extract_that_may_lack_that_the_clock_was_set_back_no_time_to_sign_is_asked_but_told():
    statements = Statements([record(STATEMENT)], whole=False, timed=False)
    statements.cite(told_by(entry(statement=STATEMENT, at="2026-11-21T11:00:00.000000+00:00", **TRUE)))
    assert (statements.check(), statements.untimed) == (1, 1)


def test_a_signature_that_two_entries_cite_is_named():
    told = faults([record(STATEMENT)], entry(3, statement=STATEMENT, **TRUE), entry(5, statement=STATEMENT, **TRUE))
    assert told == ["The entries 3 and 5 cite the same statement."]


def test_a_statement_that_is_there_twice_is_refused():
    with pytest.raises(Fault, match="twice"):
        Statements([record(STATEMENT), record(STATEMENT)])


def test_a_decision_without_a_statement_is_named():
    assert "Entry 3 (change.decided) cites no statement" in faults([], entry(**TRUE))[0]


def test_an_act_that_people_sign_by_now_is_never_unsigned_again():
    """A release before signed nothing when a breach was decided."""
    statement = STATEMENT | {"outcome": "retrain"}
    before, signed = entry(1, action="breach.decided"), entry(2, action="breach.decided", statement=statement)
    assert faults([record(statement)], before, signed) == []
    told = faults([record(statement)], before, signed, entry(3, action="breach.decided"))
    assert told == ["Entry 3 (breach.decided) cites no statement, and people sign that."]


def closing(position, action="finding.closed", outcome="") -> tuple[list[dict], dict]:
    """The statement with this outcome, if any, and the entry that cites it."""
    if not outcome:
        return [], entry(position, action=action)
    statement = STATEMENT | {"id": str(position), "outcome": outcome}
    return [record(statement)], entry(position, action=action, statement=statement)


def prepared(position: int, **said) -> dict:
    return entry(position, action="installation.prepared", **said)


def test_a_signature_by_a_password_alone_counts_where_the_trail_says_that_this_is_development():
    alone = entry(statement=STATEMENT, **TRUE)
    for before in ([], [prepared(0)], [prepared(0, development=False), prepared(1, development=True)]):
        statements = Statements([record(STATEMENT)])
        statements.cite(told for body in (*before, alone) for told in told_by(body))
        assert (statements.check(), statements.by_password) == (1, 1)
    told = ["Entry 3 cites a signature by a password alone, and none counts here."]
    assert faults([record(STATEMENT)], prepared(0, development=True), prepared(1, development=False), alone) == told
    with_code = record(STATEMENT, method="password+totp")
    by_code = entry(statement=STATEMENT, method="password+totp", **TRUE)
    assert faults([with_code], prepared(0, development=False), by_code) == []


def faults_of(*closures: tuple[list[dict], dict]) -> list[str]:
    return faults([kept for records, _ in closures for kept in records], *(body for _, body in closures))


def test_a_release_that_signed_the_sign_off_of_severe_findings_alone_closed_minor_ones_unsigned():
    severe = [closing(1, "finding.validated"), closing(2, outcome="closed")]
    assert faults_of(*severe, closing(3), closing(4, "finding.validated"), closing(5, outcome="closed")) == []


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        ("finding.validated", "closure_agreed"),
        ("finding.closed", "closure_agreed"),
        ("finding.closed", "signed_off"),
    ],
)
def test_since_minor_findings_are_closed_by_signature_none_is_closed_without(action, outcome):
    before = [closing(1, outcome="closed"), closing(2), closing(3, action, outcome)]
    assert faults_of(*before) == []
    told = faults_of(*before, closing(4), closing(5, "finding.validated"))
    assert told == [
        "Entry 4 (finding.closed) cites no statement, and people sign that.",
        "Entry 5 (finding.validated) cites no statement, and people sign that.",
    ]


APPROVED_ROLE = {"role": "engineer", "workspace": "retail", "until": "2027-01-31T00:00:00+00:00"}
TALLY = {"outcome": "approved", "votes": [{"name": "Vera", "vote": "approved", "line": "second"}], "dissent": []}
OF_FOUR, PART = "workflows.ChangeRequest:4", {"id": "workflows.ValidatorAssignment:9", "title": "Vera, lead"}
WORD = {"said": "objected", "on": "2026-11-02", "sha256": "ab12"}
REPORT = {
    "report": "R-2026-0001",
    "kind": "monitoring",
    "model": "credit",
    "period": ["2026-01-01", "2026-03-31"],
    "sha256": "a1" * 32,
    "evidence_sha256": "c3" * 32,
}
DECIDED = [
    # act, outcome, what its terms say, what the entry says instead
    ("change.vote_concluded", "concluded", TALLY | {"outcome": "rejected"}, {"outcome": "approved"}),
    ("model.tiered", "tier_confirmed", {"tier": 1}, {"tier": 3}),
    ("model.tiered", "tier_confirmed", {"tier": 1}, {"tier": 0}),
    ("role.granted", "role_approved", APPROVED_ROLE, {"role": "risk_officer"}),
    ("role.granted", "role_approved", APPROVED_ROLE, {"workspace": "all"}),
    ("role.granted", "role_approved", APPROVED_ROLE, {"until": ""}),
    ("role.granted", "role_approved", APPROVED_ROLE, {"models": ["credit"]}),
    ("role.refused", "role_refused", APPROVED_ROLE, {"role": "viewer"}),
    ("role.revoked", "role_revoked", {"role": "engineer", "workspace": "all"}, {"workspace": "retail"}),
    ("delegation.given", "delegated", {"to": "8", "ends": "2027"}, {"to": "9", "ends": "2027"}),
    ("keys.kept", "keys_kept", {"keys": {"seal": "ab12"}}, {"keys": {"seal": "cd34"}}),
    ("use.approval_ended", "use_approval_ended", {"approval": "a1", "version": 2}, {"approval": "b2"}),
    ("version.supervision_recorded", "supervision_recorded", WORD, {"said": "approved"}),
    ("version.supervision_recorded", "supervision_recorded", WORD, {"sha256": "cd34"}),
    ("use.approval_ended", "use_approval_ended", {"approval": "a1", "version": 2}, {"version": 3}),
    ("report.signed", "report_signed", REPORT, {"sha256": "b2" * 32}),
    ("report.signed", "report_signed", REPORT, {"evidence_sha256": "b2" * 32}),
    ("report.signed", "report_signed", REPORT, {"period": ["2026-01-01", "2026-04-30"]}),
    ("report.signed", "report_signed", REPORT, {"report": "R-2026-0002"}),
    ("validation.attested", "independent", {"validation": OF_FOUR, "role": "lead"}, {"role": "second"}),
]
ONCE_FOLLOWED = [
    ("arrangement.closed", "closed", "closed"),
    ("use.restricted", "use_restricted", "restricted"),
    ("use.suspended", "use_suspended", "suspended"),
]


def decided(position, action, outcome, terms, said, **more) -> tuple[list[dict], dict]:
    statement = STATEMENT | {"id": str(position), "outcome": outcome} | ({"terms": terms} if terms else {}) | more
    return [record(statement)], entry(position, action=action, statement=statement, **said)


@pytest.mark.parametrize(("action", "outcome", "terms", "other"), DECIDED)
def test_an_entry_that_says_something_else_was_decided_than_the_terms_that_were_signed_is_named(
    action, outcome, terms, other
):
    assert faults_of(decided(3, action, outcome, terms, terms)) == []
    [told] = faults_of(decided(3, action, outcome, terms, terms | other))
    assert told.endswith(f"says otherwise than the entry: its {next(iter(other))} is another.")


@pytest.mark.parametrize(
    "other",
    [
        {"votes": [*TALLY["votes"], {"name": "Nobody", "vote": "approved", "line": "second"}]},
        {"votes": [{"name": "Vera", "vote": "rejected", "line": "second"}]},
        {"dissent": [{"name": "Vera", "comment": "Too thin."}]},
        {"outcome": "rejected"},
        {"concluded_by": "Somebody Else"},
        {"concluded_by": "Verana"},
    ],
)
def test_a_tally_that_its_chair_did_not_sign_is_named(other):
    told = TALLY | {"minutes": STATEMENT["comment"], "concluded_by": "Vera"}
    act = "change.vote_concluded", "concluded", TALLY
    assert faults_of(decided(3, *act, told)) == []
    assert faults_of(decided(3, *act, told | {"concluded_by": "Vera, deputy of Carl"})) == []
    [fault] = faults_of(decided(3, *act, told | other))
    assert "says otherwise than the entry" in fault


def test_a_conclusion_of_a_release_that_signed_its_outcome_only_holds_and_is_counted_until_one_signs_the_tally():
    older = decided(1, "change.vote_concluded", "concluded", {"outcome": "approved"}, TALLY)
    [fault] = faults_of(decided(1, "change.vote_concluded", "concluded", {"outcome": "rejected"}, TALLY))
    assert fault.endswith("its outcome is another.")
    statements = Statements(older[0])
    statements.cite(told_by(older[1]))
    assert (statements.check(), statements.without_terms) == (1, 1)
    now = decided(2, "change.vote_concluded", "concluded", TALLY, TALLY)
    after = decided(3, "change.vote_concluded", "concluded", {"outcome": "approved"}, TALLY)
    assert faults_of(older, now) == []
    assert len(faults_of(older, now, after)) == 1


def test_a_validator_who_signed_about_another_validation_attests_nothing_about_this_one():
    for about, told in ((OF_FOUR, []), ("workflows.ChangeRequest:5", ["validation"])):
        terms = {"validation": about, "role": "lead"}
        found = faults_of(decided(3, "validation.attested", "independent", terms, {"role": "lead"}, subject=PART))
        assert [one.split("its ")[-1].split(" is")[0] for one in found] == told


@pytest.mark.parametrize(
    ("action", "closure"), [("finding.closed", "awaits sign-off"), ("finding.validated", "complete")]
)
def test_a_severe_finding_is_not_closed_by_the_signature_that_leaves_it_to_another(action, closure):
    [told] = faults_of(decided(3, action, "closure_agreed", {"closure": closure}, {}))
    assert told.endswith("its closure is another.")


def test_statements_of_releases_without_their_terms_hold_and_are_counted_until_one_says_them():
    before = decided(1, "model.tiered", "tier_confirmed", {}, {"tier": 3})
    now = decided(2, "model.tiered", "tier_confirmed", {"tier": 1}, {"tier": 1})
    after = decided(3, "model.tiered", "tier_confirmed", {}, {"tier": 3})
    statements = Statements([*before[0], *now[0]])
    statements.cite(told_by(before[1]) + told_by(now[1]))
    assert (statements.check(), statements.without_terms) == (2, 1)
    [told] = faults_of(before, now, after)
    assert told == "The statement that entry 3 cites does not say what was decided, as those before it do."


def test_an_approval_that_ended_with_something_else_is_unsigned_in_a_persons_name_until_an_end_says_which():
    unsigned, ended = ([], entry(2, action="use.approval_ended")), {"approval": "a1", "version": 2}
    before = decided(1, "use.restricted", "use_restricted", {"becomes": "restricted"}, {})
    older = decided(3, "use.approval_ended", "use_approval_ended", {}, ended)
    now = decided(4, "use.approval_ended", "use_approval_ended", ended, ended)
    assert faults_of(before, unsigned, older, now) == []
    [told] = faults_of(older, now, ([], entry(5, action="use.approval_ended")))
    assert told == "Entry 5 (use.approval_ended) cites no statement, and people sign that."


@pytest.mark.parametrize(("action", "outcome", "becomes"), ONCE_FOLLOWED)
def test_what_once_followed_in_a_persons_name_is_unsigned_until_a_release_that_names_nobody_there(
    action, outcome, becomes
):
    older = decided(1, action, outcome, {}, {})
    now = decided(3, action, outcome, {"becomes": becomes}, {})
    follows = [], entry(4, action=action)
    follows[1]["actor"]["id"] = ""
    assert faults_of(older, ([], entry(2, action=action)), now, follows) == []
    [told] = faults_of(older, now, ([], entry(5, action=action)))
    assert told == f"Entry 5 ({action}) cites no statement, and people sign that."
    [told] = faults_of(decided(6, action, outcome, {"becomes": "live"}, {}))
    assert told.endswith("its becomes is another.")


def enrolled(key: Passkey, position=1, *, action="person.factor_enrolled", person="7", actor=None, says=True) -> dict:
    pem = key.sign("00" * 32)["public_key"]
    said = {"key": digest_of_key(pem), "site": site_of(ORIGIN)} if says else {}
    body = entry(position, action=action, kind="passkey", digest=digest_of_key(pem)[:8], **said)
    body["subject"]["id"], body["actor"]["id"] = f"accounts.Person:{person}", person if actor is None else actor
    return body


def signed_by(key: Passkey, **more) -> tuple[list[dict], dict]:
    """The records, and the entry that cites the one."""
    digest = sha256(canonical(STATEMENT)).hexdigest()
    kept = record(STATEMENT, method="passkey", assertion=key.sign(digest, **more))
    return [kept], entry(statement=STATEMENT, method="passkey", **TRUE)


def test_the_signature_of_an_enrolled_passkey_holds_and_that_of_a_strangers_key_does_not():
    own, other = Passkey(), Passkey()
    records, body = signed_by(own)
    assert faults(records, enrolled(own), body) == []
    assert faults(records, enrolled(other), body)[0].endswith(
        "No entry before it says that its signer had enrolled this passkey, for pages of this address."
    )


@pytest.mark.parametrize("said", [{"person": "8"}, {"actor": "8"}], ids=["of another", "by another"])
def test_a_passkey_that_somebody_else_enrolled_does_not_sign(said):
    own, key = Passkey(), Passkey()
    records, body = signed_by(key)
    assert len(faults(records, enrolled(own), enrolled(key, 2, **said), body)) == 1


def test_a_part_of_a_trail_says_of_which_passkeys_it_does_not_show_whose_they_are():
    own, other = Passkey(), Passkey()
    records, body = signed_by(own)
    for told, unsaid in (([enrolled(own)], 0), ([], 1), ([enrolled(other)], 1), ([enrolled(own, person="8")], 1)):
        statements = Statements(records, whole=False)
        statements.cite(one for each in (*told, body) for one in told_by(each))
        assert (statements.check(), statements.signed, statements.unsaid) == (1, 1, unsaid)


def test_a_passkey_signs_from_its_enrolment_to_its_removal():
    key, other = Passkey(), Passkey()
    records, body = signed_by(key)
    removed = enrolled(key, 2, action="person.factor_removed")
    assert faults(records, enrolled(key), body, removed) == []
    assert len(faults(records, enrolled(key), removed, body)) == 1
    assert len(faults(records, enrolled(other), body, enrolled(key, 4))) == 1


def test_a_signature_given_on_another_site_than_the_passkey_was_enrolled_for_is_named():
    key = Passkey()
    digest, elsewhere = sha256(canonical(STATEMENT)).hexdigest(), "https://else.example.org"
    assertion = key.sign(digest, origin=elsewhere, site="else.example.org") | {"origin": elsewhere}
    records = [record(STATEMENT, method="passkey", assertion=assertion)]
    body = entry(statement=STATEMENT, method="passkey", **TRUE)
    assert len(faults(records, enrolled(key), body)) == 1


def test_a_trail_older_than_the_keys_in_its_entries_is_verified_and_said_to_be():
    key = Passkey()
    records, body = signed_by(key)
    for before in ([], [enrolled(key, says=False)]):
        statements = Statements(records)
        for one in (*before, body):
            statements.cite(told_by(one))
        assert (statements.check(), statements.signed, statements.unsaid) == (1, 1, 1)
    # Once the system has said the keys of what was enrolled before, others sign no more.
    told = enrolled(key, 2, actor="")
    assert faults(records, enrolled(key, says=False), told, body) == []
    records, body = signed_by(Passkey())
    assert len(faults(records, enrolled(key, says=False), told, body)) == 1
