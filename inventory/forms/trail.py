"""What the pages of the trail, and of the stories told from it, ask for."""

from django import forms

from audits.trail.models import Action
from inventory.contents.stories import KINDS_OF_ENTRY
from inventory.forms.fields import day


class TrailFilter(forms.Form):
    q = forms.CharField(label="Object", required=False, max_length=200)
    person = forms.CharField(required=False, max_length=200)
    action = forms.ChoiceField(choices=[("", "Any"), *Action.choices], required=False)
    since = forms.DateField(label="From", required=False, widget=day())
    until = forms.DateField(required=False, widget=day())


class StoryFilter(forms.Form):
    kind = forms.ChoiceField(choices=[("", "Any"), *KINDS_OF_ENTRY], required=False)
    since = forms.DateField(label="From", required=False, widget=day())
    until = forms.DateField(required=False, widget=day())
