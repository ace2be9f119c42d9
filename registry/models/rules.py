from django.db import models


class RegistryRules(models.Model):
    """How one workspace answers MLflow clients. A workspace without a row is governed."""

    workspace = models.OneToOneField(
        "accounts.Workspace", primary_key=True, on_delete=models.PROTECT, related_name="registry_rules"
    )
    governed = models.BooleanField(default=True)  # Whether production is a matter of approval, or of a call.
    default_owner = models.ForeignKey(
        "accounts.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # Answers for what a service account registers without naming anybody.

    def __str__(self):
        return f"{'governed' if self.governed else 'ungoverned'} registry of {self.workspace}"
