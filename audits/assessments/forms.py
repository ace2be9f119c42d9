"""What the pages about assessments ask for."""

from django import forms


class ClosureForm(forms.Form):
    reason = forms.CharField(label="Why can it be closed?", widget=forms.Textarea(attrs={"rows": 2}), max_length=4000)
