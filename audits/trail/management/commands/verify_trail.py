from django.core.management.base import BaseCommand, CommandError

from audits.trail.services import verify_trail


class Command(BaseCommand):
    help = "Recompute the whole trail and every checkpoint; exit 1 and name the first fault if anything does not hold."

    def handle(self, **options):
        result = verify_trail()
        if not result.holds:
            raise CommandError(result.fault)
        self.stdout.write(f"The trail holds: {result.entries} entries, {result.checkpoints} checkpoints.")
