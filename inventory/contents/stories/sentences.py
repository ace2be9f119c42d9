"""The sentence of every action: what the entry of the trail says, as one person would tell another.

A place in braces is filled from the details of the entry, `subject` and `model` from the entry itself; the word after
the colon says how a value is written (`inventory.contents.stories.wording`). What stands in square brackets is told
only where everything named in it is there and has words, so that an entry older than a detail still reads well. How
it was signed is told at the end of every sentence that does not tell it elsewhere (`SIGNED`).
"""

from audits.trail.models import Action

SIGNED = "[, signing {signature:signed}]"

SENTENCES: dict[str, str] = {
    Action.INSTALLATION_PREPARED: "prepared the installation: its workspace, its policy and the keys",
    Action.PERSON_CREATED: "created the account of {subject}[, a {kind:account}][, made by {origin}]",
    Action.PASSWORD_CHOSEN: "chose a password of their own",
    Action.PASSWORD_HASHED: "noted the hash of the password of {subject}, which is not another one",
    Action.FACTOR_ENROLLED: "enrolled the {kind}[ {named}] for {subject}",
    Action.FACTOR_REMOVED: "removed the {kind}[ {named}] of {subject}",
    Action.PERSON_CLOSED: "closed the account of {subject} and ended its roles, tokens and sign-ins",
    Action.PERSON_REOPENED: "opened the account of {subject} again, without any role",
    Action.KEYS_KEPT: "signed that they keep the keys of the organisation",
    Action.ROLE_PROPOSED: (
        "proposed {subject} as {role:role}[ in {workspace:place}][, for the models {models} only][, until {until:day}]"
    ),
    Action.ROLE_GRANTED: (
        "made {subject} {role:role}[ in {workspace:place}][, for the models {models} only][, until {until:day}]"
        "[, as {proposed_by} had proposed]"
    ),
    Action.ROLE_REFUSED: "refused to make {subject} {role:role}[ in {workspace:place}]",
    Action.ROLE_REVOKED: "took the role of {role:role}[ in {workspace:place}] from {subject}",
    Action.ROLE_CONFIRMED: "confirmed that {subject} still needs the role of {role:role}",
    Action.ROLE_LAPSED: "let the role of {role:role} of {subject} lapse",
    Action.ROLES_RECERTIFIED: "asked for {roles:roles} to be confirmed by {due_at:day}",
    Action.SESSION_ENDED: "ended a sign-in of {subject}[ that began on {signed_in_at:moment}]",
    Action.TOKEN_ISSUED: "issued the token {subject}[ for {person}][, which may {scope:scope}]",
    Action.TOKEN_ROTATED: "gave the token {subject} another secret[; the earlier one works until {works_until:moment}]",
    Action.TOKEN_REVOKED: "made the token {subject} useless",
    Action.REGIME_LOADED: "took in the regime pack {subject}",
    Action.POLICY_PROPOSED: (
        "proposed another policy ({subject})[, with {changes:changes}][ compared with version {based_on:number}]"
        "[; it would loosen: {loosens}]"
    ),
    Action.POLICY_WITHDRAWN: "withdrew the proposed policy, {subject}",
    Action.POLICY_PUBLISHED: "put {subject} into force",
    Action.MODEL_REGISTERED: (
        "registered {subject}[, owned by {owner:person}][, provisionally at {tier:tier}]"
        "[, with what it lacks as dated debt until {baselined_until:day}]"
    ),
    Action.MODEL_EDITED: (
        "changed {changes:fields} of {subject}[; its tier went from {tier_before} to {tier}]"
        "[, as from {effective_on:day}]"
    ),
    Action.MODEL_TIER_PROPOSED: (
        "proposed {proposed:tier} for {subject}[; the scorecard gives {computed:tier}][, under policy {policy:policy}]"
    ),
    Action.MODEL_EXEMPTION_LAPSED: "let the exemption of {subject} lapse; {tier:tier} holds",
    Action.MODEL_TIERED: (
        "confirmed {tier:tier} for {subject}[; it was {before:other_tier} before][, under policy {policy:policy}]"
    ),
    Action.MODEL_RESTRICTED: "restricted the use of {subject}",
    Action.MODEL_SUSPENDED: "stopped {subject}",
    Action.MODEL_RESUMED: "let {subject} be used without restriction again",
    Action.MODEL_RETIRED: "retired {subject}",
    Action.BASELINE_ENDED: "ended the baseline of {subject}[, which held until {baselined_until:day}]",
    Action.SURVEY_RECEIVED: "uploaded the {subject} with {models:models}[, and {faults:faults}]",
    Action.SURVEY_IMPORTED: "imported {models:models} from the {subject}",
    Action.PARTICULAR_ADDED: "added to the {attribute:attribute} of {model}: {row}",
    Action.PARTICULAR_ENDED: "ended what stood among the {attribute:attribute} of {model}: {row}",
    Action.CADENCE_TIGHTENED: (
        "tightened the cadence of {model}: {rhythm:words} {every}[ in place of {before}][, until {holds_until:day}]"
    ),
    Action.CADENCE_LOOSENED: (
        "loosened the cadence of {model}: {rhythm:words} {every}[ in place of {before}][, until {holds_until:day}]"
        "[, by {change:change}]"
    ),
    Action.CADENCE_ENDED: "ended the cadence set for {model}: {rhythm:words} as the policy says",
    Action.USE_PROPOSED: "proposed {subject}",
    Action.USE_EDITED: "changed {changes:fields} of {subject}",
    Action.USE_APPROVED: (
        "approved version {version:version} for {subject}[, by {change:change}][, until {expires:last_day}]"
        "[, on condition that: {conditions}]"
    ),
    Action.USE_APPROVAL_ENDED: "ended the approval of version {version:version} for {subject}",
    Action.USE_STARTED: "let {subject} go live[ with version {version:version}]",
    Action.USE_RESTRICTED: "restricted {subject}",
    Action.USE_SUSPENDED: "suspended {subject}",
    Action.USE_RESTORED: "restored {subject}",
    Action.USE_ENDED: "ended {subject} for good",
    Action.VERSION_REGISTERED: (
        "registered {subject}[, which follows version {predecessor:version}][, made by {origin:origin}]"
        "[, made there by {maker}]"
    ),
    Action.VERSION_DESCRIBED: "described the columns of {subject}",
    Action.VERSION_CHALLENGES: "let {subject} score the traffic of the version in production as its challenger",
    Action.VERSION_PROMOTED: "put {subject} into production",
    Action.VERSION_RETURNED: "put {subject} back into production",
    Action.VERSION_SUPERSEDED: "took {subject} out of production[; version {by:version} took its place]",
    Action.VERSION_RETIRED: "retired {subject}",
    Action.MLFLOW_RULES_CHANGED: (
        "changed the rules of {subject} for MLflow clients[; governed: {governed}][; default owner: "
        "{default_owner:person}]"
    ),
    Action.MLFLOW_DESCRIBED: "described {subject} through MLflow",
    Action.MLFLOW_TAGGED: "set {count:tags} of {subject} through MLflow: {tags:keys}",
    Action.MLFLOW_UNTAGGED: "deleted the tag {key} of {subject} through MLflow",
    Action.MLFLOW_ALIAS_SET: (
        "pointed the alias {alias} at {subject} through MLflow[; it pointed at version {before:version} before]"
    ),
    Action.MLFLOW_ALIAS_DELETED: "took the alias {alias} from version {number:version} of {subject} through MLflow",
    Action.MLFLOW_STAGED: "set the MLflow stage of {subject} to {stage}[; it was {before}][, archiving {archived}]",
    Action.MLFLOW_MODEL_DELETED: "deleted {subject} for MLflow clients[, with the versions {versions}]",
    Action.MLFLOW_VERSION_DELETED: "deleted {subject} for MLflow clients",
    Action.ARTIFACT_RECEIVED: "stored the artifact of {subject}[: {bytes:bytes}][ in the format {framework}]",
    Action.REFERENCE_RECEIVED: "stored the {subject}[: {rows:rows}]",
    Action.BATCH_RECEIVED: "stored a {subject}[, logged from {first_at:moment} to {last_at:moment}]",
    Action.SERIES_RECEIVED: "stored {points:points} of {subject}[, {changed:number} of them corrections]",
    Action.EVENTS_GIVEN_UP: (
        "gave up {halves:number} halves of predictions logged for {subject}, which came from {first:moment} to "
        "{last:moment} and became no rows in time"
    ),
    Action.OUTCOMES_RECEIVED: "stored {subject}[, {unknown_ids:number} of them for unknown predictions]",
    Action.SOURCE_REGISTERED: "let the table {table} be read for version {version:version} of {model}[, at {url}]",
    Action.SOURCE_TESTED: "tried to reach the {subject}",
    Action.SOURCE_CLOSED: "closed the {subject}",
    Action.PLAN_CREATED: "planned monitoring: {subject}[, first due on {first_due:day}]",
    Action.PLAN_SWITCHED_OFF: "switched the {subject} off[: {reason}]",
    Action.PLAN_CHANGED: "switched the {subject} {enabled:switch}[: {reason}]",
    Action.PLAN_SHORTENED: "brought the {subject} forward to {due:day}, because its cadence was tightened",
    Action.ASSESSMENT_COMPLETED: (
        "completed the {subject}[, for which {requested_by:person} had asked][, judged under policy {policy:policy}]: "
        "{verdict:verdict}[ ({results:results})]"
    ),
    Action.ASSESSMENT_FAILED: "gave up the {subject}[, for which {requested_by:person} had asked]",
    Action.BREACH_OPENED: "opened a case: {subject}",
    Action.BREACH_TRIAGED: "took up the {subject}",
    Action.BREACH_EXPLAINED: "said the root cause of the {subject}",
    Action.BREACH_DECIDED: "decided on the {subject}: {decision:words}",
    Action.BREACH_CLOSED: "closed the {subject}",
    Action.ATTESTATION_OPENED: "asked for the {subject}",
    Action.ATTESTATION_GIVEN: "gave the {subject}[, having been shown {changes:changes}]",
    Action.ATTESTATION_WITHDRAWN: "withdrew the {subject}: the model was retired first",
    Action.FINDING_RAISED: "raised the {severity:words} finding {subject}[, due on {due:day}]",
    Action.FINDING_ANSWERED: "{subject:answered} the finding {subject}",
    Action.FINDING_DRAFTED: "worked on the draft of a finding: {subject}[, changing {changes:fields}]",
    Action.FINDING_REBUTTED: "disputed the finding {subject}",
    Action.FINDING_UPHELD: "upheld the finding {subject}",
    Action.FINDING_DROPPED: "dropped the finding {subject}",
    Action.FINDING_PLANNED: "handed in plan {plan} for the finding {subject}",
    Action.FINDING_PLAN_REVIEWED: "{accepted:decided} plan {plan} for the finding {subject}",
    Action.FINDING_ITEM_DONE: "reported item {item} of the plan for the finding {subject} done",
    Action.FINDING_EXTENDED: (
        "gave the finding {subject} more time[, until {after:day}][ in place of {before:day}][, by {change:change}]"
    ),
    Action.FINDING_SUBMITTED: "submitted the finding {subject} for closure",
    Action.FINDING_RETURNED: "handed the finding {subject} back",
    Action.FINDING_REPERFORMED: "did the test of the finding {subject} again",
    Action.FINDING_VALIDATED: (
        "agreed that the finding {subject} is put right[, signing {signature:signed}]; another signs it off"
    ),
    Action.FINDING_CLOSED: "closed the finding {subject}",
    Action.FINDING_RISK_ACCEPTED: (
        "let the finding {subject} rest[ until {until:day}][, its risk accepted by {acceptance}]"
    ),
    Action.FINDING_REOPENED: "reopened the finding {subject}",
    Action.CHANGE_REQUESTED: "asked for {subject}[, under policy {policy:policy}][, as {change_class:class}]",
    Action.SUPERVISION_RECORDED: (
        "kept what the supervisor was told or said about {subject}: {said:words} on {on:day}[, as “{document}” shows]"
    ),
    Action.CHANGE_CLASS_CONFIRMED: "confirmed that {subject} is {change_class:class}",
    Action.CHANGE_CLASS_RAISED: "raised {subject} to {change_class:class}[; proposed was {proposed:class}]",
    Action.CHANGE_DECIDED: "{approved:decided} {subject}[ {role:capacity}][, on behalf of {on_behalf_of:person}]",
    Action.CHANGE_APPROVED: "gave the last approval that {subject} needed[, by the envelope {envelope:envelope}]",
    Action.CHANGE_REJECTED: "brought {subject} to an end: it is rejected",
    Action.CHANGE_WITHDRAWN: "withdrew {subject}",
    Action.CHANGE_EXPIRED: "let {subject} expire, because nobody decided it in time",
    Action.CHANGE_COMPLETED: "carried out {subject}[. {outcome}]",
    Action.CHANGE_FAILED: "could not carry out {subject}",
    Action.DECISIONS_VOIDED: "voided {decisions:voided} on {subject}",
    Action.VOTE_CONCLUDED: (
        "concluded the committee's vote on {subject}: {outcome}[, signing {signature:signed}]"
        "[. The votes: {votes:votes}][. Dissent: {dissent:votes}]"
    ),
    Action.ARRANGEMENT_BEGUN: (
        "brought[ the {kind:arrangement}] {subject} into force[, by {change:change}][, in place of {renews}]"
        "[, until {ends:last_day}]"
    ),
    Action.ARRANGEMENT_EXPIRED: "let {subject} lapse",
    Action.ARRANGEMENT_CLOSED: "ended {subject}",
    Action.VALIDATION_REQUESTED: "asked for {subject}[, due on {due_on:day}][, under policy {policy:policy}]",
    Action.VALIDATION_MOVED: "took {subject} from {before:words} to {after:words}",
    Action.VALIDATION_PLANNED: "changed the plan of {subject}, in “{component:words}”",
    Action.VALIDATION_CONCLUDED: "judged “{component:words}” in {subject}: {outcome:words}",
    Action.VALIDATION_EVIDENCED: "{subject:evidenced} “{component:words}” in {subject}[: {title}]",
    Action.VALIDATOR_ASSIGNED: "made {person:person} {role:words} validator of {subject}",
    Action.VALIDATOR_RELEASED: "released {person:person}, {role:words} validator, from {subject}",
    Action.INDEPENDENCE_ATTESTED: "attested to their independence in {subject}",
    Action.CHALLENGE_RAISED: "raised challenge {challenge} in {subject}",
    Action.CHALLENGE_ANSWERED: "answered challenge {challenge} in {subject}",
    Action.CHALLENGE_RESOLVED: "resolved challenge {challenge} in {subject}",
    Action.OPINION_GIVEN: "gave the opinion “{outcome:words}” in {subject}[, until {expires_on:day}]",
    Action.OPINION_REVIEWED: "reviewed the opinion in {subject}[ as {role}]",
    Action.OPINION_APPROVED: "approved the opinion “{opinion:words}” in {subject}",
    Action.OPINION_VOIDED: "voided the opinion in {subject}",
    Action.VALIDATION_CANCELLED: "cancelled {subject}",
    Action.RETIREMENT_BEGUN: "began the {subject}, which ends {model}[; to be done first: {items:list}]",
    Action.RETIREMENT_AGREED: "agreed to the {subject}",
    Action.RETIREMENT_ITEM_DONE: "reported “{item:words}” of the {subject} done[: {evidence}]",
    Action.RETIREMENT_VERIFIED: "verified that the {subject} is carried out",
    Action.RETIREMENT_RETURNED: "sent the {subject} back",
    Action.RETIREMENT_SIGNED: "ended {model} with the {subject}",
    Action.RETIREMENT_ARCHIVED: "said where the records of the {subject} lie[, kept until {retained_until:day}]",
    Action.RETIREMENT_ABANDONED: "abandoned the {subject}",
    Action.DELEGATION_GIVEN: "let {to:person} decide in their place[ until {ends:last_day}]",
    Action.DELEGATION_REVOKED: "ended the delegation: {subject}",
    Action.RETRAINING_DISPATCHED: "started the {subject}[ in the pipeline {pipeline}]",
    Action.RETRAINING_REPORTED: (
        "heard that the {subject} has {state:words}[ as {external_id}][; the candidate is version {candidate:version}]"
    ),
    Action.RETRAINING_PROMOTED: (
        "put version {candidate:version}, which the {subject} had made, into production[, by {change:change}]"
    ),
    Action.RETRAINING_ABANDONED: "abandoned version {candidate:version}, which the {subject} had made",
    Action.REPORT_REQUESTED: "asked for {subject}[, over {period:period}]",
    Action.REPORT_ISSUED: "issued and sealed {subject}[, about version {version:version}]",
    Action.REPORT_FAILED: "could not issue {subject}",
    Action.REPORT_SIGNED: "signed {subject}[, over {period:period}]",
    Action.REPORT_PUBLISHED: "published {subject}",
    Action.REPORT_SUPERSEDED: "superseded {subject}[: {by} was published]",
    Action.CLOCK_SET_BACK: (
        "found the clock set back[: it showed {clock:moment} after the last entry of {last_entry:moment}]"
    ),
    Action.TRAIL_RESTORED: "accepted an older trail[. What was missing: {fault}]",
}

# Where an entry keeps what the person wrote; the first that is there is quoted.
QUOTED = (
    "reason",
    "because",
    "response",
    "conclusion",
    "deviation_reason",
    "text",
    "returned",
    "told",
    "minutes",
    "alone_because",
    "outcome",
    "archive",
)

# What is quoted from the record itself, because the entry holds only its digest: which record, by which detail, what.
QUOTED_FROM: dict[str, tuple[str, str, str]] = {
    Action.CHANGE_DECIDED: ("workflows.Decision", "decision", "comment"),
    Action.CHANGE_REQUESTED: ("workflows.ChangeRequest", "", "reason"),
    Action.FINDING_RAISED: ("workflows.Finding", "", "observation"),
    Action.ATTESTATION_GIVEN: ("workflows.Attestation", "", "statement"),
}

# What an entry lists item by item: what, by whom, until when.
LISTED = {"items": "item", "conditions": "condition"}

# The digests that an entry holds, and what each is of.
DIGESTS = {
    "sha256": "the file",
    "artifact": "the artifact",
    "evidence_digest": "the evidence that was shown",
    "content_digest": "the plan, its outcomes and its evidence",
    "evidence_sha256": "the evidence attached",
    "results_digest": "the results",
    "statement": "the statement",
    "digest": "the document",
    "grid": "the frozen grid",
    "schema": "the columns",
    "terms": "the terms of the use",
    "description": "the description",
}
