from django.apps import AppConfig
from django.core import checks


class WorkflowsConfig(AppConfig):
    name = "audits.workflows"
    label = "workflows"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        checks.register(duties_are_apart, deploy=True)


def duties_are_apart(app_configs=None, databases=None, **options) -> list[checks.Warning]:
    """`manage.py check --deploy`: what would let one person forge the trail."""
    from audits.workflows.contents.separation import why_not_apart  # Models are there only now.

    return [checks.Warning(told, id="mrm.W007") for told in why_not_apart()]
