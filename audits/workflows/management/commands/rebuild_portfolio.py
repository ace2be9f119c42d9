from django.core.management.base import BaseCommand

from audits.workflows.models import Standing
from audits.workflows.services import rebuild_standings


class Command(BaseCommand):
    help = "Count anew how every model stands, as the portfolio sorts and counts them."

    def handle(self, *args, **options):
        rebuild_standings()
        self.stdout.write(f"{Standing.objects.count()} models counted.")
