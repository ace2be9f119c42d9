"""The shapes of the REST API: `…In` what is sent, `…Out` what is answered, `…Query` what a list may be narrowed to."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field

from inventory.regimes import DISCLAIMER, PRIMARY, SECONDARY
from inventory.serializers import ListQuery, PersonOut
from mrm import serializers
from reports.contents.answers import Standing
from reports.contents.lists import REPORTS
from reports.models import Report
from reports.states import ReportState

STATES = [state.value for state in ReportState]
INSTRUMENT_SOURCES = [PRIMARY, SECONDARY]
STANDINGS = [standing.value for standing in Standing]


class ReportIn(serializers.Serializer):
    """A monitoring report of one model; both days of the period are included."""

    model = serializers.SlugField(max_length=100)
    period_start = serializers.DateField()
    period_end = serializers.DateField()


class ReportQuery(ListQuery):
    listing = REPORTS
    chosen_by = {"model": "model__slug", "state": "state", "kind": "kind"}

    model = serializers.SlugField(max_length=100, required=False)
    state = serializers.ChoiceField(STATES, required=False)
    kind = serializers.ChoiceField(Report.Kind.values, required=False)


class ReportSignatureOut(serializers.Serializer):
    person = PersonOut()
    role = serializers.CharField(help_text="In which they signed.")
    method = serializers.CharField(source="signature.method", help_text="How they proved who they are.")
    signed_at = serializers.DateTimeField(source="signature.signed_at")
    statement_digest = serializers.CharField(source="signature.statement_digest")


class ReportStandingOut(serializers.Serializer):
    state = serializers.ChoiceField(STATES)
    signatures = ReportSignatureOut(many=True, source="signatures.all")
    published_by = PersonOut(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    superseded_by = serializers.CharField(
        source="superseded_by.reference", allow_null=True, help_text="The report that was published in its place."
    )


class ReportOut(ReportStandingOut):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    kind = serializers.CharField()
    model = serializers.CharField(source="model.slug")
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    version = serializers.IntegerField(
        source="version.number", allow_null=True, help_text="What it is about; null until it is sealed."
    )
    step = serializers.CharField(help_text="What is being done while it is made.")
    reason = serializers.CharField(help_text="Why it failed.")
    requested_by = PersonOut(allow_null=True)
    requested_at = serializers.DateTimeField()
    sealed_at = serializers.DateTimeField(allow_null=True)
    pdf_sha256 = serializers.CharField()
    pdf_bytes = serializers.IntegerField(allow_null=True)
    evidence_sha256 = serializers.CharField()


class CheckOut(serializers.Serializer):
    name = serializers.CharField()
    holds = serializers.BooleanField(allow_null=True, help_text="null: an earlier failure left it unexamined.")
    explanation = serializers.CharField()


class VerificationOut(serializers.Serializer):
    holds = serializers.BooleanField(help_text="Whether every single check holds.")
    checks = CheckOut(many=True)
    sha256 = serializers.CharField(help_text="Of the file.")
    signer = serializers.CharField(help_text="Whose seal it is.")
    sealed_at = serializers.DateTimeField(allow_null=True, help_text="By the time-stamp.")
    report = serializers.CharField(allow_null=True, help_text="Reference of the report of ours that this file is.")
    standing = ReportStandingOut(allow_null=True, help_text="Who signed and published that one, as is on record here.")


class RequirementOut(serializers.Serializer):
    clause = serializers.CharField()
    requirement = serializers.CharField(help_text="In our own words.")
    evidence = serializers.ListField(child=serializers.CharField(), help_text="Which kinds of evidence speak to it.")


class RegimeOut(serializers.Serializer):
    code = serializers.CharField()
    version = serializers.CharField()
    title = serializers.CharField()
    issuer = serializers.CharField(source="document.issuer")
    source = serializers.CharField(source="document.source")
    note = serializers.CharField(source="document.note")
    verification = serializers.DictField(
        source="document.verification",
        default=dict,
        help_text="Where its `dates` and its `clauses` come from; clauses that were not checked against the primary "
        "text say so. Empty for packs of earlier releases.",
    )
    effective_from = serializers.DateField()
    effective_to = serializers.DateField(allow_null=True, help_text="The first day on which it no longer holds.")
    digest = serializers.CharField(help_text="SHA-256 of the pack's canonical JSON (RFC 8785).")
    requirements = RequirementOut(many=True, source="document.requirements")


class InstrumentOut(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    issuer = serializers.CharField()
    standing = serializers.SerializerMethodField(help_text="How it stands today, in words.")
    effective_from = serializers.DateField(allow_null=True, help_text="Null where no day is kept.")
    effective_to = serializers.DateField(allow_null=True, help_text="The first day on which it no longer holds.")
    source = serializers.ChoiceField(INSTRUMENT_SOURCES, help_text="Where its days and its status were read.")
    note = serializers.CharField()
    followed_by = serializers.CharField(help_text="The code of the instrument that took its place; empty without one.")
    pack = serializers.CharField(help_text="The code of the regime pack that maps it; empty without one.")

    def get_standing(self, instrument) -> str:
        return instrument.standing(timezone.localdate())


class InstrumentsOut(serializers.Serializer):
    """The register of instruments; no statement of compliance."""

    read_on = serializers.DateField(help_text="The day on which the register says how things stood.")
    instruments = InstrumentOut(many=True)


class LinkOut(serializers.Serializer):
    text = serializers.CharField()
    address = serializers.CharField()


class AnswerOut(serializers.Serializer):
    kind = serializers.CharField()
    question = serializers.CharField()
    standing = serializers.ChoiceField(STANDINGS)
    sentence = serializers.CharField()
    links = serializers.SerializerMethodField()

    @extend_schema_field(LinkOut(many=True))
    def get_links(self, answer):
        return [{"text": text, "address": address} for text, address in answer.links]


class CoveredOut(serializers.Serializer):
    clause = serializers.CharField()
    requirement = serializers.CharField()
    standing = serializers.ChoiceField(STANDINGS)
    answers = AnswerOut(many=True)


class CoverageOut(serializers.Serializer):
    """What is on record; no statement of compliance."""

    disclaimer = serializers.SerializerMethodField()
    code = serializers.CharField(source="pack.code")
    version = serializers.CharField(source="pack.version")
    digest = serializers.CharField(source="pack.digest")
    clauses = serializers.CharField(
        source="pack.clauses_come_from", help_text="Where the clauses were read; empty where the pack says nothing."
    )
    with_evidence = serializers.IntegerField()
    without = serializers.IntegerField()
    not_measured = serializers.IntegerField()
    requirements = CoveredOut(many=True)

    def get_disclaimer(self, coverage) -> str:
        return DISCLAIMER
