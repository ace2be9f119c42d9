import os
import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audits.trail.services import verify_trail
from reports.contents.agreement import disagreements


class Command(BaseCommand):
    help = (
        "Recompute the whole trail and every checkpoint, and compare the rows beside it with what it says of them; "
        "exit 1 and name what does not hold."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--jobs", type=int, default=os.cpu_count() or 1, help="processes to use; by default all cores"
        )

    def handle(self, jobs: int, **options):
        with tqdm(unit=" entries", leave=False, disable=not sys.stderr.isatty()) as bar:

            def progress(done: int, of: int) -> None:
                bar.total = of
                bar.update(done - bar.n)

            result = verify_trail(jobs=jobs, progress=progress)
        if not result.holds:
            raise CommandError(result.fault)
        if found := disagreements():
            raise CommandError("The trail holds, and these rows do not say what it says:\n" + "\n".join(found))
        self.stdout.write(
            f"The trail holds: {result.entries} entries, {result.checkpoints} checkpoints. The rows agree with it."
        )
