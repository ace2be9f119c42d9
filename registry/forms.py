from django import forms

from mrm.accounts.models import Person, Workspace


class RulesForm(forms.Form):
    """How a workspace answers MLflow clients."""

    is_governed = forms.BooleanField(
        label="Governed: production follows from decisions",
        required=False,
        help_text="Without this, any client with a token may make a version champion, as on MLflow's own server.",
    )
    default_owner = forms.ModelChoiceField(
        Person.objects.none(),
        required=False,
        empty_label="Whoever has been an owner here the longest",
        help_text="Answers for what a service account registers without naming anybody.",
    )

    def __init__(self, *args, workspace: Workspace, **kwargs):
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(kind=Person.Kind.HUMAN, is_active=True)
        here = people.filter(grants__workspace=workspace) | people.filter(grants__workspace__isnull=True)
        self.fields["default_owner"].queryset = here.distinct()
