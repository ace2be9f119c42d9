"""Every indicator: what it is called, what it counts, how it is written, and whether its past is known. One table."""

from collections.abc import Callable
from dataclasses import dataclass

from audits.workflows.contents.indicators import decided, measured, register
from audits.workflows.contents.indicators.scope import Found, Scope


@dataclass(frozen=True)
class Indicator:
    """One number about all models.

    means     what exactly is counted, and of what
    written   share, count or days
    find      gives the number; None where nothing that is kept here tells, and then `lacks` says what is missing
    has_past  whether it can be counted as it was at the end of an earlier day
    page      where what it counts is listed: the name of an address and its query
    """

    name: str
    group: str
    title: str
    means: str
    written: str
    find: Callable[[Scope], Found] | None = None
    lacks: str = ""
    has_past: bool = False
    page: tuple[str, str] = ("", "")


APPROVAL, HEALTH, FINDINGS, EXCEPTIONS, REGISTER, COMPOSITION, CHANGE = (
    "Approval", "Monitoring", "Findings", "Exceptions and overlays", "Register", "Composition", "Change",
)  # fmt: skip

INDICATORS = (
    Indicator("unapproved_in_use", APPROVAL, "In use without approval", "Versions in production without an approval "
              "that stands, of all in production. The target is none.", "count", decided.unapproved_in_use,
              page=("hygiene-rule", "not_approved")),
    Indicator("emergency_releases_open", APPROVAL, "Interim approvals", "Emergency releases in force.", "count",
              decided.emergency_releases_open, has_past=True, page=("arrangement-list", "?kind=break_glass")),
    Indicator("oldest_emergency_release", APPROVAL, "Oldest interim approval", "Age of the oldest emergency release "
              "in force.", "days", decided.oldest_emergency_release, has_past=True,
              page=("arrangement-list", "?kind=break_glass")),
    Indicator("validated_on_time", HEALTH, "Validated on time", "Models in use of which neither a validation nor a "
              "review is overdue; what was never validated counts from its registration.", "share",
              measured.validated_on_time, page=("hygiene-rule", "validation_overdue")),
    Indicator("assessed_on_time", HEALTH, "Assessed on time", "Models in use with plans of which none waits for its "
              "run.", "share", measured.assessed_on_time, page=("hygiene-rule", "assessment_overdue")),
    Indicator("red_share", HEALTH, "Red", "Models in use whose worst current verdict is red, of those with a run.",
              "share", measured.red_share, page=("portfolio", "?verdict=red")),
    Indicator("amber_share", HEALTH, "Amber", "Models in use whose worst current verdict is amber, of those "
              "with a run.", "share", measured.amber_share,
              page=("portfolio", "?verdict=amber")),
    Indicator("unmeasured_share", HEALTH, "No verdict", "Models in use that were never measured, or whose worst "
              "current verdict is unknown or insufficient.", "share", measured.unmeasured_share,
              page=("portfolio", "?verdict=no_data")),
    Indicator("fairness_breaches", HEALTH, "Fairness breaches", "Open breaches of measures that compare groups.",
              "count", measured.fairness_breaches, has_past=True),
    Indicator("breach_to_decision", HEALTH, "From breach to decision", "Mean days from the opening of a breach to the "
              "first decision about a change that it gave rise to, over a year.", "days", measured.breach_to_decision,
              has_past=True, page=("change-list", "")),
    Indicator("residual_high_share", HEALTH, "High residual risk", "Models in use whose residual rating is high or "
              "very high.", "share", measured.residual_high_share),
    Indicator("findings_high_open", FINDINGS, "Open critical and high findings", "Of all open findings.", "count",
              decided.findings_high_open, has_past=True, page=("finding-list", "?severity=high")),
    Indicator("findings_past_due", FINDINGS, "Findings past due", "Open findings whose date has passed.", "share",
              decided.findings_past_due, has_past=True, page=("hygiene-rule", "finding_overdue")),
    Indicator("findings_age", FINDINGS, "Age of open findings", "Mean days since they were raised.", "days",
              decided.findings_age, has_past=True, page=("finding-list", "")),
    Indicator("repeat_findings", FINDINGS, "Repeat findings", "Findings that repeat a closed one.", "count",
              lacks="nothing says of a finding which earlier one it repeats"),
    Indicator("exceptions_live", EXCEPTIONS, "Exceptions in force", "Exceptions from a clause of the policy.", "count",
              decided.exceptions_live, has_past=True, page=("arrangement-list", "?kind=exception")),
    Indicator("exceptions_lapsed", EXCEPTIONS, "Exceptions lapsed", "Whose time is over while nobody has put in order "
              "what rested on them.", "count", decided.exceptions_lapsed, has_past=True,
              page=("arrangement-list", "?kind=exception")),
    Indicator("overlays_live", EXCEPTIONS, "Overlays in force", "Adjustments beside a model.", "count",
              decided.overlays_live, has_past=True, page=("arrangement-list", "?kind=overlay")),
    Indicator("overlays_renewed_often", EXCEPTIONS, "Overlays renewed more than twice", "Of those in force.", "share",
              decided.overlays_renewed_often, has_past=True, page=("arrangement-list", "?kind=overlay")),
    Indicator("register_incomplete", REGISTER, "Incomplete entries", "Models that lack an attribute the policy asks "
              "for.", "share", register.register_incomplete, page=("hygiene-rule", "incomplete")),
    Indicator("tier_provisional_share", REGISTER, "Provisional tiers", "Models whose tier nobody has confirmed.",
              "share", register.tier_provisional_share, has_past=True, page=("hygiene-rule", "tier_provisional")),
    Indicator("attestation_late", REGISTER, "Attestations late", "Of those that fell due within a year, not given in "
              "time.", "share", register.attestation_late, has_past=True, page=("attestation-list", "")),
    Indicator("unregistered_models", REGISTER, "Unregistered models found", "Models in use that the register did not "
              "know.", "count", lacks="nothing here looks for models outside the register"),
    Indicator("machine_learning_share", COMPOSITION, "Machine learning", "Of the models of which the register says.",
              "share", register.machine_learning_share, has_past=True),
    Indicator("vendor_share", COMPOSITION, "Bought", "From a vendor, wholly or in part, of the models of which the "
              "register says.", "share", register.vendor_share, has_past=True),
    Indicator("concentration_source", COMPOSITION, "Largest data source", "Models fed by the one source that feeds "
              "most, of those that name their data.", "share", register.concentration_source, has_past=True),
    Indicator("concentration_vendor", COMPOSITION, "Largest vendor", "Models of the one vendor who supplies most, of "
              "those whose origin is known.", "share", register.concentration_vendor, has_past=True),
    Indicator("concentration_method", COMPOSITION, "Commonest method", "Models of the commonest family of methods, of "
              "those of which it is known.", "share", register.concentration_method, has_past=True),
    Indicator("emergency_changes", CHANGE, "Emergency changes", "Emergency releases of a year, of all changes carried "
              "out.", "count", decided.emergency_changes, has_past=True, page=("change-list", "?kind=break_glass")),
    Indicator("retirements", CHANGE, "Retirements", "Models retired within a year.", "count", register.retirements,
              has_past=True),
    Indicator("policy_loosened", CHANGE, "Policy loosened", "What the versions published within a year ask less of "
              "than those before, of all that they changed.", "count", decided.policy_loosened, has_past=True,
              page=("policy", "")),
    Indicator("incidents", CHANGE, "Incidents", "Incidents that models caused.", "count",
              lacks="no incidents are recorded here"),
    Indicator("validator_capacity", CHANGE, "Capacity of validation", "Validations that can be done, per validation "
              "asked for.", "share", lacks="nobody says here how much time validators have"),
)  # fmt: skip
BY_NAME = {indicator.name: indicator for indicator in INDICATORS}
