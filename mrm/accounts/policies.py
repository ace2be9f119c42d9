"""Which role may do what, and which roles nobody may hold together. Plain values, one table each."""

from enum import StrEnum


class Role(StrEnum):
    ENGINEER = "engineer"
    OWNER = "owner"
    VALIDATOR = "validator"
    RISK_OFFICER = "risk_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    HEAD_OF_VALIDATION = "head_of_validation"
    CHIEF_RISK_OFFICER = "chief_risk_officer"
    COMMITTEE_MEMBER = "committee_member"
    COMMITTEE_CHAIR = "committee_chair"
    COMPLIANCE = "compliance"  # Fair lending and privacy as well.
    EXAMINER = "examiner"  # From outside, for a time, reading only.
    KEY_CUSTODIAN = "key_custodian"  # Keeps the organisation's keys, apart from who administers system and database.


class Permission(StrEnum):
    READ = "read"
    READ_TRAIL = "read_trail"
    REGISTER_MODEL = "register_model"
    EDIT_MODEL = "edit_model"
    DESCRIBE_MODEL = "describe_model"  # Row by row; which attribute is whose is told in inventory.attributes.
    CONFIRM_TIER = "confirm_tier"
    SET_BASELINE = "set_baseline"
    SET_CADENCE = "set_cadence"  # Stricter than the policy; looser is a change that is decided.
    REGISTER_VERSION = "register_version"
    LOG_DATA = "log_data"
    CHANGE_PLAN = "change_plan"
    DECIDE_PLAN = "decide_plan"
    RUN_ASSESSMENT = "run_assessment"
    REQUEST_CHANGE = "request_change"
    REQUEST_LEGAL_HOLD = "request_legal_hold"  # And its release; the CRO and an auditor decide.
    CLASSIFY_CHANGE = "classify_change"  # Whether it is material; history keeps some from it.
    DECIDE_CHANGE = "decide_change"  # Which roles a change awaits is the policy's, per kind and tier.
    DECIDE_RETENTION = "decide_retention"  # How long records are kept is decided together with an auditor.
    CARRY_OUT_RETIREMENT = "carry_out_retirement"
    SUSPEND_MODEL = "suspend_model"  # Which of these roles may is the policy's.
    RAISE_FINDING = "raise_finding"
    ANSWER_FINDING = "answer_finding"
    CLOSE_FINDING = "close_finding"
    END_EXCEPTION = "end_exception"  # Or an overlay, or an accepted risk: of these a validator gives an opinion.
    SIGN_OFF_FINDING = "sign_off_finding"  # That a severe one may be closed; which of these roles do is the policy's.
    REQUEST_VALIDATION = "request_validation"
    ASSIGN_VALIDATOR = "assign_validator"
    VALIDATE_MODEL = "validate_model"  # And be assigned to it; history keeps some from it.
    APPROVE_VALIDATION = "approve_validation"  # Which of these roles approves is the policy's, per tier.
    ISSUE_REPORT = "issue_report"
    SIGN_REPORT = "sign_report"  # Of monitoring, R2 in governance.md; history keeps some from it.
    PUBLISH_REPORT = "publish_report"  # Once it is signed.
    PROPOSE_POLICY = "propose_policy"
    PUBLISH_POLICY = "publish_policy"
    MANAGE_PEOPLE = "manage_people"
    READ_PEOPLE = "read_people"
    APPROVE_ROLE = "approve_role"
    KEEP_KEYS = "keep_keys"


ENG, OWN, VAL, RSK, AUD, ADM, HOV, CRO, MEM, CHR, CMP, EXA, SEC = tuple(Role)
EVERYBODY = frozenset(Role)
COMMITTEE = frozenset({MEM, CHR})

# governance.md, section 7. An administrator reads, and manages people, and decides nothing about a model.
ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.READ: EVERYBODY,
    Permission.READ_TRAIL: EVERYBODY,
    Permission.REGISTER_MODEL: frozenset({ENG, OWN, RSK}),
    Permission.EDIT_MODEL: frozenset({ENG, OWN, RSK}),
    Permission.DESCRIBE_MODEL: frozenset({ENG, OWN, VAL, HOV, RSK, CMP}),
    Permission.CONFIRM_TIER: frozenset({RSK, CRO}),
    Permission.SET_BASELINE: frozenset({RSK}),  # Who also registers. What is dated is excused until then.
    Permission.SET_CADENCE: frozenset({OWN, VAL, HOV, RSK, CMP}),
    Permission.REGISTER_VERSION: frozenset({ENG, OWN}),
    Permission.LOG_DATA: frozenset({ENG}),
    Permission.CHANGE_PLAN: frozenset({VAL, HOV, RSK}),
    Permission.DECIDE_PLAN: frozenset({HOV, RSK}),
    Permission.RUN_ASSESSMENT: frozenset({ENG, VAL, HOV, RSK, CMP}),
    Permission.REQUEST_CHANGE: frozenset({ENG, OWN, VAL, HOV, RSK}),
    Permission.REQUEST_LEGAL_HOLD: frozenset({ENG, OWN, VAL, HOV, RSK, CRO, CMP}),
    Permission.CLASSIFY_CHANGE: frozenset({VAL, HOV, RSK, CRO, CMP}),
    Permission.DECIDE_CHANGE: frozenset({VAL, HOV, RSK, CRO, CMP}) | COMMITTEE,
    Permission.DECIDE_RETENTION: frozenset({VAL, HOV, RSK, CRO, CMP, AUD}) | COMMITTEE,
    Permission.CARRY_OUT_RETIREMENT: frozenset({ENG, OWN}),
    Permission.SUSPEND_MODEL: frozenset({OWN, VAL, HOV, RSK, CRO, CMP}) | COMMITTEE,
    Permission.RAISE_FINDING: frozenset({VAL, HOV, RSK, CMP}),
    Permission.ANSWER_FINDING: frozenset({ENG, OWN}),
    Permission.CLOSE_FINDING: frozenset({VAL, HOV, RSK, CRO}),
    Permission.END_EXCEPTION: frozenset({RSK, CRO}),
    Permission.SIGN_OFF_FINDING: frozenset({HOV, RSK, CRO}) | COMMITTEE,
    Permission.REQUEST_VALIDATION: frozenset({ENG, OWN, VAL, HOV, RSK}),
    Permission.ASSIGN_VALIDATOR: frozenset({HOV, RSK}),
    Permission.VALIDATE_MODEL: frozenset({VAL, HOV}),
    Permission.APPROVE_VALIDATION: frozenset({HOV, RSK}),
    Permission.ISSUE_REPORT: EVERYBODY - {ADM, SEC},
    Permission.SIGN_REPORT: frozenset({RSK}),
    Permission.PUBLISH_REPORT: frozenset({VAL, HOV, RSK, CRO, CMP}),
    Permission.PROPOSE_POLICY: frozenset({VAL, HOV, RSK, CRO, CMP}),
    Permission.PUBLISH_POLICY: frozenset({RSK, CRO, CHR}),
    Permission.MANAGE_PEOPLE: frozenset({ADM}),
    Permission.READ_PEOPLE: frozenset({ADM, RSK, CRO, AUD, EXA}),
    Permission.APPROVE_ROLE: frozenset({ADM, RSK}),
    Permission.KEEP_KEYS: frozenset({SEC}),
}

# What a service account may do at most, whatever role its token was given: it pushes data and drafts, never decides.
ALLOWED_TO_SERVICES = frozenset(
    {
        Permission.READ,
        Permission.REGISTER_MODEL,
        Permission.EDIT_MODEL,
        Permission.DESCRIBE_MODEL,
        Permission.REGISTER_VERSION,
        Permission.LOG_DATA,
        Permission.RUN_ASSESSMENT,
        Permission.REQUEST_CHANGE,
        Permission.REQUEST_LEGAL_HOLD,
        Permission.REQUEST_VALIDATION,
        Permission.ISSUE_REPORT,
    }
)

# governance.md, section 7, rule 13.
FORBIDDEN_TOGETHER = (
    (Role.ENGINEER, Role.VALIDATOR),
    (Role.ENGINEER, Role.HEAD_OF_VALIDATION),
    (Role.OWNER, Role.RISK_OFFICER),
    *((Role.ADMINISTRATOR, other) for other in Role if other != Role.ADMINISTRATOR),
    *((Role.AUDITOR, other) for other in Role if other not in (Role.AUDITOR, Role.ADMINISTRATOR)),
    *((Role.EXAMINER, other) for other in Role if other not in (Role.EXAMINER, Role.AUDITOR, Role.ADMINISTRATOR)),
)


# They read everything and change nothing; what they read is kept.
WATCHED_READERS = frozenset({Role.AUDITOR, Role.EXAMINER})

# The longest that a role is given for, in days; after that it is proposed and approved anew.
LONGEST_GRANT = 366
LONGEST_EXAMINATION = 92


def longest_days(role: Role) -> int:
    return LONGEST_EXAMINATION if role == Role.EXAMINER else LONGEST_GRANT


def why_not_hold(role: Role, held: set[Role]) -> str:
    """Why someone who holds these roles may not also be given this one; empty if they may."""
    for pair in FORBIDDEN_TOGETHER:
        if role in pair and (other := set(pair) - {role}) and other <= held:
            return f"Nobody may be {label(role)} and {label(other.pop())} at the same time."
    return ""


def may(permission: Permission, *, roles: set[Role], is_service: bool) -> bool:
    return bool(ALLOWED[permission] & roles) and (not is_service or permission in ALLOWED_TO_SERVICES)


def label(role: str) -> str:
    return Role(role).replace("_", " ")
