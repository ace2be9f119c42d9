"""What the pages of the register ask for."""

from inventory.forms.attributes import AttributeForm, EndForm, ParticularForm, RegistrationForm
from inventory.forms.cadences import CadenceForm
from inventory.forms.policies import PolicyDocumentForm, PolicyForm, WithdrawalForm
from inventory.forms.register import DatesForm, MomentForm, RegisterFilter, SurveyForm
from inventory.forms.sources import SourceForm
from inventory.forms.tiering import ConfirmationForm, ScorecardForm
from inventory.forms.trail import StoryFilter, TrailFilter
from inventory.forms.uses import UseEditForm, UseForm, UseQuestion

__all__ = [
    "AttributeForm",
    "CadenceForm",
    "ConfirmationForm",
    "DatesForm",
    "EndForm",
    "MomentForm",
    "ParticularForm",
    "PolicyDocumentForm",
    "PolicyForm",
    "RegisterFilter",
    "RegistrationForm",
    "ScorecardForm",
    "StoryFilter",
    "SourceForm",
    "SurveyForm",
    "TrailFilter",
    "UseEditForm",
    "UseForm",
    "UseQuestion",
    "WithdrawalForm",
]
