from django.core.management.base import BaseCommand

from demo.documents import DOCS, WRITTEN


class Command(BaseCommand):
    help = "Write the parts of docs/ that come from the code: endpoints, states, statistics."

    def handle(self, **options):
        for name, write in WRITTEN.items():
            (DOCS / name).write_text(write(), encoding="utf-8")
            self.stdout.write(f"docs/{name} is up to date.")
