from django.core.management.base import BaseCommand, CommandError

from audits.trail.services import accept_restore, sign_checkpoint
from mrm.errors import RuleBroken


class Command(BaseCommand):
    help = "Accept that the trail is older than a checkpoint already signed: record what is lost, and sign again."

    def add_arguments(self, parser):
        parser.add_argument("--reason", required=True, help="what happened, for whoever reads the trail later")

    def handle(self, reason: str, **options):
        try:
            accepted = accept_restore(reason=reason, actor=None)
        except RuleBroken as fault:
            raise CommandError(str(fault)) from fault
        sign_checkpoint()
        self.stdout.write(f"Recorded: {accepted}")
