from audits.statistics.limits import Verdict
from audits.workflows.contents.lists import PORTFOLIO
from audits.workflows.contents.portfolio import ATTENTION
from inventory.contents.register import check_words
from inventory.serializers import ListQuery, PersonOut
from inventory.serializers.versions import STAGES
from inventory.states import Status
from mrm import serializers

NO_DATA = "no_data"
VERDICTS = [*(verdict.value for verdict in Verdict), NO_DATA]


class PortfolioQuery(ListQuery):
    listing = PORTFOLIO

    search = serializers.CharField(
        max_length=200,
        required=False,
        validators=[check_words],
        help_text="Words, as in the register, or a part of the owner's name.",
    )
    tier = serializers.IntegerField(min_value=0, max_value=3, required=False)
    status = serializers.ChoiceField([status.value for status in Status], required=False)
    verdict = serializers.ChoiceField(VERDICTS, required=False, help_text="The worst of the newest runs.")
    attention = serializers.ChoiceField(ATTENTION, required=False, help_text="Only what needs it so.")
    by = serializers.ChoiceField(["month", "week"], default="month", help_text="How the last year is divided.")

    def wanted(self) -> dict:
        """As the page asks for it."""
        asked = self.validated_data
        tier = None if asked.get("tier") is None else str(asked["tier"])
        return asked | {"q": asked.get("search"), "flag": asked.get("attention"), "tier": tier}


class CountedOut(serializers.Serializer):
    counted_until = serializers.DateTimeField(source="until", help_text="The list tells what was written until then.")
    changes_waiting = serializers.IntegerField(
        source="waiting", help_text="How many changes since then a worker is counting; 0 where the list is up to date."
    )


class CellOut(serializers.Serializer):
    period = serializers.CharField()
    verdict = serializers.SerializerMethodField(help_text="The worst of the period.")
    run = serializers.SerializerMethodField(help_text="That gave it; null where nothing was measured.")

    def get_verdict(self, cell) -> str:
        return cell.verdict or NO_DATA

    def get_run(self, cell) -> str | None:
        return cell.run_id or None


class PortfolioRowOut(serializers.Serializer):
    slug = serializers.CharField(source="model.slug")
    name = serializers.CharField(source="model.name")
    tier = serializers.IntegerField(source="model.tier")
    tier_is_provisional = serializers.BooleanField(source="model.tier_is_provisional")
    status = serializers.CharField(source="model.status")
    owner = PersonOut(source="model.owner")
    business_unit = serializers.CharField(source="model.business_unit")
    version = serializers.IntegerField(
        source="version.number", allow_null=True, default=None, help_text="In use, or the newest that might come."
    )
    stage = serializers.ChoiceField(STAGES, source="version.stage", allow_null=True, default=None)
    verdict = serializers.SerializerMethodField()
    cells = CellOut(many=True, help_text="The last year, the earliest period first.")
    findings_open = serializers.IntegerField(source="model.findings_open")
    findings_overdue = serializers.IntegerField(source="model.findings_overdue")
    changes_pending = serializers.IntegerField(source="model.changes_pending")
    in_use_without_approval = serializers.BooleanField(source="standing.in_use_without_approval")
    next_due_at = serializers.DateTimeField(source="standing.next_due_at", allow_null=True)
    assessment_overdue = serializers.BooleanField()
    validation_due_on = serializers.DateField(source="standing.validation_due_on", allow_null=True)
    validation_days_overdue = serializers.IntegerField()

    def get_verdict(self, row) -> str:
        return row.standing.verdict or NO_DATA
