"""The shapes of the REST API: `…In` what is sent, `…Out` what is answered, `…Query` what a list may be narrowed to."""

from audits.assessments.contents.lists import BREACHES, PLANS, RUNS
from audits.assessments.models import BreachStep, Kind
from audits.assessments.services import facts_digest
from audits.assessments.services.backtests import MOST_CASES, fault_in_period
from audits.assessments.services.foretelling import EVIDENCE
from audits.assessments.states import BreachState, RunState
from audits.statistics.limits import DecidedBy, Direction, Verdict
from inventory.policies import TIERS
from inventory.serializers import ListQuery, PersonOut, StrictQuery
from mrm import serializers

KINDS = [kind.value for kind in Kind]
STATES = [state.value for state in RunState]
BREACH_STATES = [state.value for state in BreachState]
BREACH_STEPS = [kind.value for kind in BreachStep.Kind]
VERDICTS = [verdict.value for verdict in Verdict]


class PlanQuery(ListQuery):
    listing = PLANS
    chosen_by = {"version": "version__number", "kind": "kind", "enabled": "enabled"}

    version = serializers.IntegerField(min_value=1, required=False, help_text="Number of a version of the model.")
    kind = serializers.ChoiceField(KINDS, required=False)
    enabled = serializers.BooleanField(required=False, allow_null=True, default=None)


class PlanIn(serializers.Serializer):
    version = serializers.IntegerField(min_value=1, help_text="Number of a version of the model.")
    kind = serializers.ChoiceField(KINDS)


class PlanOut(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.CharField(source="model_slug")
    version = serializers.IntegerField(source="version.number")
    kind = serializers.ChoiceField(KINDS)
    enabled = serializers.BooleanField()
    window_start = serializers.DateTimeField(help_text="Where the next run begins to look.")
    next_due_at = serializers.DateTimeField(help_text="Where it stops, and from when on it can run.")
    created_at = serializers.DateTimeField()


class RunIn(serializers.Serializer):
    """Which rows to look at: logged from `window_start` on and before `window_end`."""

    window_start = serializers.DateTimeField(required=False, help_text="By default that of the plan's present window.")
    window_end = serializers.DateTimeField(required=False, help_text="By default now.")


class RunQuery(ListQuery):
    listing = RUNS
    chosen_by = {"version": "version__number", "kind": "plan__kind", "state": "state", "verdict": "verdict"}

    version = serializers.IntegerField(min_value=1, required=False, help_text="Number of a version of the model.")
    kind = serializers.ChoiceField(KINDS, required=False)
    state = serializers.ChoiceField(STATES, required=False)
    verdict = serializers.ChoiceField(VERDICTS, required=False)


class RunOut(serializers.Serializer):
    id = serializers.UUIDField()
    plan = serializers.UUIDField(source="plan_id")
    model = serializers.CharField(source="model_slug")
    version = serializers.IntegerField(source="version.number")
    kind = serializers.ChoiceField(KINDS, source="plan.kind")
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    state = serializers.ChoiceField(STATES)
    progress = serializers.IntegerField(help_text="Percent.")
    step = serializers.CharField(help_text="What it is doing while it runs.")
    verdict = serializers.CharField(help_text="The worst of its results; empty until it is finished.")
    reason = serializers.CharField(help_text="Why it failed or had too little data.")
    policy_version = serializers.IntegerField(source="policy.number")
    rerun_of = serializers.UUIDField(source="rerun_of_id", allow_null=True)
    requested_by = PersonOut(allow_null=True, help_text="null: it was due.")
    queued_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class LimitOut(serializers.Serializer):
    """The limit that judged a result, as it stood in the policy then."""

    amber = serializers.FloatField(allow_null=True)
    red = serializers.FloatField(allow_null=True)
    direction = serializers.ChoiceField([direction.value for direction in Direction])
    decided_by = serializers.ChoiceField([by.value for by in DecidedBy])
    minimum_size = serializers.IntegerField()
    significance = serializers.FloatField()
    tolerance = serializers.FloatField(
        allow_null=True, default=None, help_text="What a tolerance test shows exceeded; null: amber and red themselves."
    )
    policy_version = serializers.IntegerField()


class ResultOut(serializers.Serializer):
    measure = serializers.CharField()
    column = serializers.CharField()
    segment = serializers.CharField(help_text="The group; empty for the whole.")
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    level = serializers.FloatField(allow_null=True, help_text="Confidence level of low and high.")
    statistic = serializers.FloatField(allow_null=True)
    p_value = serializers.FloatField(allow_null=True)
    sizes = serializers.DictField(child=serializers.IntegerField())
    method = serializers.CharField()
    verdict = serializers.CharField(help_text="Empty where no limit judges it.")
    limit = LimitOut(allow_null=True)
    reason = serializers.CharField(help_text="Why there is no value.")
    detail = serializers.DictField()


class RunInFullOut(RunOut):
    inputs = serializers.DictField(help_text="Digests and sizes of everything it looked at.")
    environment = serializers.DictField(help_text="Libraries, seed, confinement: what re-performing it needs.")
    results = ResultOut(many=True)


class BreachQuery(ListQuery):
    listing = BREACHES
    chosen_by = {"version": "version__number", "measure": "measure", "verdict": "verdict"}

    version = serializers.IntegerField(min_value=1, required=False, help_text="Number of a version of the model.")
    measure = serializers.CharField(max_length=60, required=False)
    verdict = serializers.ChoiceField([Verdict.AMBER.value, Verdict.RED.value], required=False)
    open = serializers.BooleanField(required=False, allow_null=True, default=None)


class BreachStepOut(serializers.Serializer):
    kind = serializers.ChoiceField(BREACH_STEPS)
    decision = serializers.CharField(help_text="What is done; empty where the step is no decision.")
    text = serializers.CharField()
    person = PersonOut(allow_null=True)
    taken_at = serializers.DateTimeField()
    signature = serializers.UUIDField(source="signature_id", allow_null=True, help_text="Of a decision.")


class BreachStepIn(serializers.Serializer):
    kind = serializers.ChoiceField(BREACH_STEPS, help_text="A decision is signed, by an address of its own.")
    text = serializers.CharField(max_length=4000, help_text="Who looks into it and how; what caused it.")


class BreachDecisionIn(serializers.Serializer):
    decision = serializers.ChoiceField(BreachStep.Decision.values, help_text="What is done.")
    text = serializers.CharField(max_length=4000, help_text="Why that is decided.")
    closes = serializers.BooleanField(default=False, help_text="With no_action: close it with the same signature.")
    evidence_digest = serializers.RegexField("^[0-9a-f]{64}$", help_text="From the breach as you were shown it.")
    password = serializers.CharField(max_length=1000, trim_whitespace=False, help_text="Yours, again.")
    code = serializers.CharField(
        max_length=16,
        allow_blank=True,
        default="",
        help_text="Of your authenticator app; without one a password signs nothing.",
    )


class BreachOut(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.CharField(source="model_slug")
    version = serializers.IntegerField(source="version.number")
    measure = serializers.CharField()
    column = serializers.CharField()
    segment = serializers.CharField()
    verdict = serializers.CharField(help_text="The newest.")
    first_run = serializers.UUIDField(source="first_run_id")
    last_run = serializers.UUIDField(source="last_run_id")
    occurrences = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closing_reason = serializers.CharField()
    state = serializers.ChoiceField(BREACH_STATES, help_text="How far its investigation is.")
    steps = BreachStepOut(many=True)
    evidence_digest = serializers.SerializerMethodField(help_text="What a decision about it as it is now signs.")

    def get_evidence_digest(self, breach) -> str:
        return facts_digest(breach)


class ReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=4000)


class BackTestQuery(StrictQuery):
    since = serializers.DateField(required=False, help_text="The first day on which a window ended.")
    until = serializers.DateField(required=False, help_text="The last; what was finished later does not count.")
    tier = serializers.ChoiceField(TIERS, required=False)
    model = serializers.SlugField(max_length=100, required=False)

    def validate(self, asked):
        if fault := fault_in_period(asked.get("since"), asked.get("until"), until=self.context["until"]):
            raise serializers.ValidationError({"until": fault})
        return asked


class VersionBackTestQuery(BackTestQuery):
    def get_fields(self):
        number = serializers.IntegerField(
            required=False, min_value=1, max_value=2**31 - 1, help_text="The version to compare with."
        )
        return super().get_fields() | {"from": number}


class TallyOut(serializers.Serializer):
    name = serializers.CharField()
    before = serializers.DictField(child=serializers.IntegerField(), help_text="Results by verdict, as judged before.")
    after = serializers.DictField(child=serializers.IntegerField(), help_text="The same results under the policy.")
    worse = serializers.IntegerField()
    better = serializers.IntegerField()
    not_judged_again = serializers.IntegerField()


class WeekOut(serializers.Serializer):
    start = serializers.DateField(help_text="A Monday.")
    before = serializers.IntegerField(help_text="Breaches opened by runs whose windows ended in that week.")
    after = serializers.IntegerField()


class CaseOut(serializers.Serializer):
    became = serializers.ChoiceField(("opened", "opened earlier", "opened later", "not opened"))
    week = serializers.DateField(help_text="Of the opening that only one side has.")
    model = serializers.CharField()
    version = serializers.IntegerField()
    measure = serializers.CharField()
    column = serializers.CharField()
    segment = serializers.CharField()
    run = serializers.UUIDField()


class ForetellingOut(serializers.Serializer):
    """What the alerts about data and reasons were worth: a fall is realised performance beyond its limit."""

    alerts = serializers.IntegerField(help_text="Breaches of what is known before outcomes are.")
    preceded = serializers.IntegerField(help_text="Alerts that came before a real fall in performance.")
    during = serializers.IntegerField(help_text="Alerts that came when a fall had been measured already.")
    followed_by_none = serializers.IntegerField(help_text="Alerts after which performance stayed.")
    not_known = serializers.IntegerField(help_text="Alerts after which performance was not measured long enough.")
    falls = serializers.IntegerField(help_text="Real falls of versions that were watched then.")
    foretold = serializers.IntegerField(help_text="Falls that an alert preceded.")
    missed = serializers.IntegerField(help_text="Falls that no alert preceded.")
    unwatched = serializers.IntegerField(help_text="Further falls, in a time in which nothing else was measured.")
    alarms = serializers.IntegerField(help_text="Runs that opened alerts of which is known what followed.")
    alarms_preceded = serializers.IntegerField(help_text="Of those, the ones that a fall followed.")
    by_chance = serializers.FloatField(allow_null=True, help_text="Share of all runs, alarm or not, before a fall.")
    evidence = serializers.ChoiceField(EVIDENCE, help_text="What these numbers suffice to say.")


class BackTestOut(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    runs = serializers.IntegerField()
    runs_left_out = serializers.IntegerField(help_text="Older runs of the period, beyond what is judged at once.")
    results = serializers.IntegerField(help_text="Judged on both sides.")
    not_judged_again = serializers.IntegerField(help_text="What was kept of them does not suffice.")
    why_not = serializers.DictField(child=serializers.IntegerField(), help_text="Why not, and how many.")
    worse = serializers.IntegerField()
    better = serializers.IntegerField()
    opened_before = serializers.IntegerField(help_text="Breaches that these runs opened.")
    opened_after = serializers.IntegerField(help_text="Breaches that they would have opened.")
    not_opened = serializers.IntegerField()
    newly_opened = serializers.IntegerField()
    earlier = serializers.IntegerField(help_text="The same breaches, opened in an earlier run.")
    later = serializers.IntegerField()
    unsure = serializers.IntegerField(help_text="Breaches opened by results that cannot be judged again.")
    measures = TallyOut(many=True)
    models = TallyOut(many=True)
    weeks = WeekOut(many=True)
    cases = CaseOut(many=True, help_text=f"What differs, the newest {MOST_CASES}.")
    foretold_before = ForetellingOut()
    foretold_after = ForetellingOut()
    digest = serializers.CharField(help_text="SHA-256 of the numbers; that of the evidence, for the same period.")
