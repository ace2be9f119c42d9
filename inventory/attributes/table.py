"""The 58 attributes that examiners ask for, in their order: what each is and who may change it.

A number stands in several lines where one attribute is several values: regions and legal entities are one of the 58.
"""

from inventory.attributes.choices import (
    AI_ACT_CLASSES,
    AI_ACT_ROLES,
    EXPLAINABILITY,
    LEVELS,
    METHOD_FAMILIES,
    MODEL_TYPES,
    ORIGINS,
    PERSONAL_DATA,
    REGULATORY_CATEGORIES,
    TIERS_EXPECTED,
)
from inventory.attributes.kinds import Attribute, Group, Kind
from mrm.accounts.policies import Role

DESCRIBERS = frozenset({Role.ENGINEER, Role.OWNER, Role.RISK_OFFICER})
ANSWERABLE = frozenset({Role.OWNER, Role.RISK_OFFICER})
SECOND_LINE = frozenset({Role.VALIDATOR, Role.HEAD_OF_VALIDATION, Role.RISK_OFFICER, Role.COMPLIANCE})
RISK_OFFICER = frozenset({Role.RISK_OFFICER})
EVERYBODY = DESCRIBERS | SECOND_LINE

SHORT, LINE, LONG = 200, 500, 20_000


def _of(kind: Kind, number: int, name: str, label: str, group: Group, help: str = "", **more) -> Attribute:
    return Attribute(number=number, name=name, label=label, group=group, kind=kind, help=help, **more)


def _text(number, name, label, group, help="", longest=LONG, editors=DESCRIBERS) -> Attribute:
    return _of(Kind.TEXT, number, name, label, group, help, longest=longest, editors=editors)


def _choice(number, name, label, group, choices, help="", editors=DESCRIBERS, kind=Kind.CHOICE) -> Attribute:
    return _of(kind, number, name, label, group, help, choices=choices, editors=editors)


def _other(number, name, label, group, kind, help="", editors=DESCRIBERS) -> Attribute:
    return _of(kind, number, name, label, group, help, editors=editors)


def _derived(number, name, label, group, help="") -> Attribute:
    return _of(Kind.DERIVED, number, name, label, group, help)


I, P, H, C = Group.IDENTITY, Group.PURPOSE, Group.PEOPLE, Group.CLASSIFICATION  # noqa: E741 - read beside the word
R, B, A = Group.RISK, Group.CONSTRUCTION, Group.ASSURANCE

ATTRIBUTES: tuple[Attribute, ...] = (
    _derived(1, "identifier", "Model ID", I, "The address in the API; it never changes."),
    _of(Kind.TEXT, 2, "name", "Name", I, "Without / and :.", longest=SHORT, editors=DESCRIBERS, is_required=True),
    _text(3, "description", "Description", I, "What it is, in a few sentences."),
    _other(
        4,
        "determinations",
        "Model or not",
        I,
        Kind.ROWS,
        "Per regime; a tool where all asked under say no.",
        SECOND_LINE,
    ),
    _other(5, "aliases", "Aliases and legacy IDs", I, Kind.ROWS, "What other systems call it."),
    _derived(6, "status", "Status", I),
    _other(7, "regions", "Regions", I, Kind.TEXTS, "Where it is used."),
    _other(7, "legal_entities", "Legal entities", I, Kind.TEXTS, "Which companies of the group rely on it."),
    _text(8, "purpose", "Business purpose", P, "Which decisions rest on it, and for whom."),
    _derived(9, "approved_uses", "Approved uses", P, "Those for which a version has a standing approval."),
    _text(10, "prohibited_uses", "Prohibited uses", P, "What it must not be used for."),
    _text(11, "observed_uses", "Actual uses observed", P, "What it is found to be used for, and since when."),
    _text(12, "decisions_driven", "Decisions driven", P, "Which decisions it drives, and what overrides it."),
    _other(13, "users", "Users", P, Kind.TEXTS, "Units and systems."),
    _text(14, "operating_boundaries", "Operating boundaries", P, "Within which inputs, markets and dates it holds."),
    _text(
        15,
        "use_frequency",
        "Use frequency and volume",
        P,
        "Such as: with each application, about 4,000 a month.",
        SHORT,
    ),
    _of(
        Kind.FLAG,
        16,
        "affects_natural_persons",
        "Its decisions concern natural persons",
        P,
        editors=DESCRIBERS,
        is_required=True,
    ),
    _of(
        Kind.PERSON,
        17,
        "owner",
        "Owner",
        H,
        "Answers for the model and its findings; never decides about it.",
        editors=DESCRIBERS,
        is_required=True,
    ),
    _other(18, "developer", "Developer", H, Kind.PERSON, "Builds it."),
    _other(19, "validator", "Validator", H, Kind.PERSON, "Reviews it, and has no part in building it.", RISK_OFFICER),
    _derived(20, "approvers", "Approvers", H, "Who decides, by the policy of its tier."),
    _other(21, "sponsor", "Accountable executive", H, Kind.PERSON, "Answers for it to the supervisor.", ANSWERABLE),
    _other(22, "stakeholders", "Stakeholders", H, Kind.ROWS, "Legal, compliance, privacy, IT, ethics."),
    _text(23, "business_unit", "Line of business", H, longest=SHORT),
    _choice(24, "model_type", "Type", C, MODEL_TYPES, "What it gives."),
    _choice(
        25, "method_family", "Family of methods", C, METHOD_FAMILIES, "Models of one family share their weaknesses."
    ),
    _text(25, "methodology", "Method", C, "Such as: logistic regression on weights of evidence.", SHORT),
    _other(26, "uses_machine_learning", "Uses machine learning", C, Kind.FLAG),
    _other(26, "learns_in_use", "Changes itself in use", C, Kind.FLAG, "Recalibrates or learns without a new version."),
    _choice(
        27,
        "regulatory_categories",
        "Regulatory categories",
        C,
        REGULATORY_CATEGORIES,
        editors=ANSWERABLE,
        kind=Kind.CHOICES,
    ),
    _choice(28, "ai_act_role", "Role under the AI Act", C, AI_ACT_ROLES, editors=ANSWERABLE),
    _choice(28, "ai_act_class", "Class under the AI Act", C, AI_ACT_CLASSES, "As determined by people.", RISK_OFFICER),
    _choice(29, "personal_data", "Personal data", C, PERSONAL_DATA),
    _text(29, "dpia_reference", "Data protection impact assessment", C, "Its reference.", SHORT),
    _choice(30, "explainability_required", "Explainability required", C, EXPLAINABILITY, editors=ANSWERABLE),
    _choice(31, "exposure", "Exposure", R, LEVELS, "How much money or how many people depend on it."),
    _other(31, "exposure_amount", "Exposure measured", R, Kind.AMOUNT, "What rests on it, as an amount."),
    _text(31, "exposure_measure", "Exposure measured as", R, "Such as: outstanding balance in EUR.", SHORT),
    _other(31, "exposure_on", "Exposure measured on", R, Kind.DATE),
    _choice(32, "purpose_level", "Importance of the purpose", R, LEVELS, "Regulatory, pricing, informational."),
    _choice(33, "complexity", "Complexity", R, LEVELS, "How hard it is to understand."),
    _choice(34, "reliance", "Reliance", R, LEVELS, "High where it decides alone."),
    _choice(
        35,
        "tier_hint",
        "Tier expected",
        R,
        TIERS_EXPECTED,
        "An estimate of those who registered it, shown to who assesses and confirms the tier; it sets none.",
    ),
    _derived(35, "tier", "Inherent tier", R, "The scorecard's, once a risk officer confirmed it."),
    _derived(
        36, "residual_rating", "Residual rating", R, "The tier after what monitoring, validation and open findings say."
    ),
    _derived(
        37, "tier_review", "Last review of the tier", R, "Who confirmed it and when, by which scorecard, and why."
    ),
    _text(
        38, "supervisory_permission", "Supervisory permission", R, "Its reference and conditions.", editors=ANSWERABLE
    ),
    _choice(39, "origin", "Origin", B, ORIGINS),
    _text(39, "vendor", "Vendor", B, "Who supplies it or parts of it.", SHORT),
    _text(39, "vendor_contract", "Contract", B, "Its reference.", SHORT),
    _other(39, "vendor_contract_ends_on", "Contract ends on", B, Kind.DATE),
    _text(39, "components", "Bought or open components", B, "Libraries and parts that others built."),
    _derived(40, "current_version", "Current version", B, "With its artifact digest and code commit."),
    _text(41, "platform", "Platform", B, "Where it runs.", SHORT),
    _text(41, "endpoint", "Endpoint", B, "Kept as text, never called.", LINE),
    _other(42, "data_sources", "Data sources", B, Kind.ROWS, "With owner and refresh; shared ones are named once."),
    _text(43, "target_definition", "Target", B, "What it predicts, defined."),
    _other(43, "developed_from", "Development window from", B, Kind.DATE),
    _other(43, "developed_until", "Development window until", B, Kind.DATE),
    _text(43, "development_sample", "Development sample", B, "How it was drawn, and how large it is."),
    _other(44, "assumptions", "Assumptions", B, Kind.ROWS, "What must hold for it to hold.", EVERYBODY),
    _other(45, "limitations", "Limitations", B, Kind.ROWS, "With their significance.", EVERYBODY),
    _other(
        46, "expert_judgements", "Expert judgements", B, Kind.ROWS, "What people decided in place of data.", EVERYBODY
    ),
    _other(47, "upstream", "Upstream models", B, Kind.ROWS, "Models whose output it takes in."),
    _derived(48, "downstream", "Downstream models", B, "Models that take in its output."),
    _other(48, "downstream_reports", "Downstream reports and systems", B, Kind.TEXTS),
    _derived(49, "first_validated", "Initial validation", A),
    _derived(50, "last_validated", "Last validation", A),
    _derived(51, "next_due", "Next due", A),
    _derived(52, "open_findings", "Open findings", A, "By severity."),
    _derived(53, "conditions", "Conditions and restrictions", A, "Of the model and its uses, with their expiry."),
    _derived(54, "exceptions", "Exceptions and waivers", A),
    _derived(55, "overlays", "Overlays in force", A),
    _derived(56, "monitoring", "Monitoring", A, "The plans, and the last result of each."),
    _derived(57, "first_production", "First in production, last change", A),
    _other(58, "documents", "Documents", A, Kind.ROWS, "Each under its digest.", EVERYBODY),
    _text(
        58,
        "retention_class",
        "Retention class",
        A,
        "Of the policy's schedule; none: the general rule.",
        SHORT,
        RISK_OFFICER,
    ),
    _derived(
        58, "record_kept_until", "Record kept until", A, "By its class, never less than the general rule; a hold wins."
    ),
    _other(58, "retires_on", "Planned retirement", A, Kind.DATE, editors=ANSWERABLE),
    _other(58, "successor", "Successor", A, Kind.MODEL, "The model that takes its place."),
)

BY_NAME: dict[str, Attribute] = {attribute.name: attribute for attribute in ATTRIBUTES}
COLUMNS: dict[str, Attribute] = {name: attribute for name, attribute in BY_NAME.items() if attribute.is_column}
ROWS: dict[str, Attribute] = {name: attribute for name, attribute in BY_NAME.items() if attribute.kind == Kind.ROWS}


def of_group(group: Group) -> list[Attribute]:
    return [attribute for attribute in ATTRIBUTES if attribute.group == group]
