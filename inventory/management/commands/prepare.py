from django.core.management.base import BaseCommand

from inventory.services import prepare_installation


class Command(BaseCommand):
    help = "Create what every installation needs: the workspace main, its first policy, the keys. Safe to repeat."

    def handle(self, **options):
        prepare_installation()
        self.stdout.write("Workspace, policy and keys are there.")
