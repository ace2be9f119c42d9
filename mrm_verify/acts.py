"""What an entry says of the statement that it cites: which act was signed, by whom in which role, over what."""

ALWAYS_SIGNED = {
    "change.decided",
    "keys.kept",
    "plan.switched_off",
    "report.signed",
    "retraining.abandoned",
    "retirement.agreed",
    "retirement.signed",
    "validation.approved",
    "validation.attested",
    "validation.opinion_given",
    "validation.reviewed",
}
# Signed where a person does them, since some release: from the first that a trail says was signed.
SIGNED_BY_NOW = {
    "arrangement.closed",
    "breach.decided",
    "cadence.ended",
    "change.vote_concluded",
    "delegation.given",
    "finding.closed",
    "finding.dropped",
    "finding.validated",
    "model.suspended",
    "model.tiered",
    "person.closed",
    "retirement.abandoned",
    "role.granted",
    "role.refused",
    "role.revoked",
    "use.approval_ended",
    "use.restricted",
    "use.suspended",
    "version.returned",
    "version.supervision_recorded",
}
# Told unsigned too where they followed from something else, in the name of whoever brought that about. Since their
# statements have terms, such an entry names nobody; those of one release together.
ONCE_FOLLOWED = ({"arrangement.closed", "use.restricted", "use.suspended"}, {"use.approval_ended"})
# Both signed since one release. Before it a sign-off of a severe finding said that it was "closed", and minor ones were
# closed unsigned: of a closure only these outcomes show that it is of that release or a later one.
CLOSURES = {"finding.closed", "finding.validated"}
OUTCOMES_OF_CLOSURES = {"closure_agreed", "signed_off"}
# Which detail of an entry is which part of the statement; what an entry does not hold was not said.
REVIEWED = {"role": ("signer", "role"), "content_digest": ("evidence_digest",), "opinion": ("terms", "opinion")}
PARTS = {
    "arrangement.closed": {"because": ("comment",)},
    "breach.decided": {"decision": ("outcome",), "reason": ("comment",)},
    "cadence.ended": {"reason": ("comment",)},
    "change.decided": {
        "role": ("signer", "role"),
        "on_behalf_of": ("terms", "on_behalf_of", "id"),
        "evidence_digest": ("evidence_digest",),
    },
    "change.vote_concluded": {"minutes": ("comment",)},
    "finding.dropped": {"because": ("comment",)},
    "finding.validated": {"reason": ("comment",)},
    "model.suspended": {"because": ("comment",)},
    "person.closed": {"reason": ("comment",)},
    "plan.switched_off": {"reason": ("comment",)},
    "retirement.abandoned": {"reason": ("comment",)},
    "retirement.agreed": {"reason": ("comment",)},
    "retraining.abandoned": {"reason": ("comment",)},
    "role.refused": {"reason": ("comment",)},
    "role.revoked": {"reason": ("comment",)},
    "use.approval_ended": {"reason": ("comment",)},
    "use.restricted": {"reason": ("comment",)},
    "use.suspended": {"reason": ("comment",)},
    "validation.approved": REVIEWED,
    "validation.opinion_given": {
        "outcome": ("outcome",),
        "content_digest": ("evidence_digest",),
        "conditions": ("terms", "conditions"),
        "effective_on": ("terms", "effective_on"),
        "expires_on": ("terms", "expires_on"),
    },
    "validation.reviewed": REVIEWED,
    "version.supervision_recorded": {"reason": ("comment",)},
}
# What the statements of these acts say was decided, in their terms, by the names of the entry's details: since some
# release, so from the first of an act that does.
ROLE = ("role", "workspace", "models")
COMPLETE, AWAITS_SIGN_OFF = "complete", "awaits sign-off"
TERMS = {
    "arrangement.closed": ("becomes",),
    "change.vote_concluded": ("outcome", "votes", "dissent"),
    "delegation.given": ("to", "starts", "ends"),
    "finding.closed": ("closure",),
    "finding.validated": ("closure",),
    "keys.kept": ("keys",),
    "model.tiered": ("tier",),
    "plan.switched_off": ("kind", "version"),
    "report.signed": ("report", "kind", "model", "period", "sha256", "evidence_sha256"),
    "role.granted": (*ROLE, "until"),
    "role.refused": (*ROLE, "until"),
    "role.revoked": ROLE,
    "use.approval_ended": ("approval", "version"),
    "use.restricted": ("becomes",),
    "use.suspended": ("becomes",),
    "validation.attested": ("validation", "role"),
    "version.supervision_recorded": ("said", "on", "sha256"),
}
# Terms that a later release than the others added: statements of before say the others only.
ADDED = {"change.vote_concluded": "votes"}
# What an entry says of these by being of its kind.
SAID_BY_KIND = {
    "arrangement.closed": {"becomes": "closed"},
    "finding.closed": {"closure": COMPLETE},
    "finding.validated": {"closure": AWAITS_SIGN_OFF},
    "use.restricted": {"becomes": "restricted"},
    "use.suspended": {"becomes": "suspended"},
}
OUTCOMES = {
    "arrangement.closed": {"closed"},
    "cadence.ended": {"cadence_ended"},
    "change.vote_concluded": {"concluded"},
    "finding.closed": {"closed", *OUTCOMES_OF_CLOSURES},
    "delegation.given": {"delegated"},
    "finding.dropped": {"finding_dropped"},
    "finding.validated": {"closure_agreed"},
    "keys.kept": {"keys_kept"},
    "model.suspended": {"suspended"},
    "model.tiered": {"tier_confirmed"},
    "person.closed": {"account_closed"},
    "plan.switched_off": {"plan_switched_off"},
    "report.signed": {"report_signed"},
    "retirement.abandoned": {"retirement_abandoned"},
    "retirement.agreed": {"retirement_agreed"},
    "retirement.signed": {"retired"},
    "retraining.abandoned": {"retraining_abandoned"},
    "role.granted": {"role_approved"},
    "role.refused": {"role_refused"},
    "role.revoked": {"role_revoked"},
    "use.approval_ended": {"use_approval_ended"},
    "use.restricted": {"use_restricted"},
    "use.suspended": {"use_suspended"},
    "validation.approved": {"approved"},
    "validation.attested": {"independent"},
    "version.returned": {"rolled_back"},
    "version.supervision_recorded": {"supervision_recorded"},
}


def signed_since(action: str, statement: dict) -> set[str]:
    """The acts that nobody does unsigned any more, as an entry shows that cites this statement."""
    for followed in ONCE_FOLLOWED:
        if action in followed:
            return set() if lacks_terms(statement, action) else followed
    if action not in CLOSURES:
        return {action}
    return CLOSURES if statement.get("outcome") in OUTCOMES_OF_CLOSURES else set()


def lacks_terms(statement: dict, action: str) -> bool:
    """Whether it does not say all that was decided, as statements of this act once did not."""
    terms = statement.get("terms")
    return action in TERMS and (terms is None or action in ADDED and part_of(terms, (ADDED[action],)) is None)


def differing(statement: dict, action: str, subject: str, details: dict) -> str:
    """The first part of a statement, in words, that is not what the entry citing it says; empty where all agree."""
    outcomes = _outcomes(action, details)
    if outcomes is not None and statement.get("outcome") not in outcomes:
        return "outcome"
    for name, path in PARTS.get(action, {}).items():
        # What is empty is left out of a statement.
        if name in details and (details[name] or None) != (part_of(statement, path) or None):
            return name.replace("_", " ")
    said = details | SAID_BY_KIND.get(action, {}) | {"validation": subject}
    if action == "change.vote_concluded" and not _was_concluded_by(statement, details.get("concluded_by")):
        return "conclusion"
    lacks = lacks_terms(statement, action)
    for name in TERMS.get(action, ()):
        if lacks and part_of(statement, ("terms", name)) is None:
            continue
        if (said.get(name) or None) != (part_of(statement, ("terms", name)) or None):
            return name
    return ""


def _was_concluded_by(statement: dict, told) -> bool:
    """Whether the entry names who signed, also where as deputy of the chair; true where it names nobody."""
    signer = part_of(statement, ("signer", "name"))
    return told is None or told == signer or str(told).startswith(f"{signer}, deputy of ")


def _outcomes(action: str, details: dict) -> set | None:
    """What the statement may say was decided; None where the entry leaves it open."""
    if action == "change.decided" and "approved" in details:
        return {"approved"} if details["approved"] is True else {str(details.get("meaning"))} - {"approved"}
    if action == "validation.reviewed" and "agreed" in details:
        return {"agreed"} if details["agreed"] is True else {"returned"}
    return OUTCOMES.get(action)


def part_of(statement: dict, path: tuple[str, ...]):
    """None where there is no such part."""
    value = statement
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
