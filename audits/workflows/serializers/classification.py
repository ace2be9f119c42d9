from audits.workflows.models.classifications import CHANGE_CLASSES
from inventory.policies import CRITERIA
from inventory.policies.change_classes import BEYOND, NOT_APPLICABLE, NOT_MEASURED, SAME, WITHIN
from inventory.serializers import PersonOut
from mrm import serializers

STANDINGS = (SAME, WITHIN, BEYOND, NOT_MEASURED, NOT_APPLICABLE)


class CriterionOut(serializers.Serializer):
    name = serializers.ChoiceField(list(CRITERIA))
    standing = serializers.ChoiceField(STANDINGS, help_text="beyond and not_measured make the change material.")
    told = serializers.CharField(help_text="The same in words, with the number and the limit where there are any.")


class ComparedOut(serializers.Serializer):
    baseline = serializers.IntegerField(help_text="Number of the version that it is compared with.")
    because = serializers.CharField(help_text="Why with that one.")
    criteria = CriterionOut(many=True)
    effect = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="How far each measured criterion goes at most."
    )


class ClassificationOut(serializers.Serializer):
    change_class = serializers.ChoiceField(CHANGE_CLASSES, help_text="What holds: as proposed, or raised.")
    proposed = serializers.ChoiceField(CHANGE_CLASSES, help_text="What the criteria give.")
    step = ComparedOut(help_text="Against the version in use.")
    cumulative = ComparedOut(help_text="Against what the last full validation looked at.")
    confirmed_by = PersonOut(allow_null=True, help_text="null: nobody yet; approvers sign it with the evidence.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    remark = serializers.CharField()


class ChangeClassIn(serializers.Serializer):
    change_class = serializers.ChoiceField(CHANGE_CLASSES)
    remark = serializers.CharField(
        max_length=4000, allow_blank=True, default="", help_text="Needed where the class is raised."
    )
