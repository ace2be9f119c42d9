import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audits.trail.services.backups import take_backup
from mrm.errors import RuleBroken


class Command(BaseCommand):
    help = (
        "Write one archive with the database, everything in storage, and a checkpoint over the trail; others may go on "
        "working. The keys are not in it: back up KEYS_DIR apart from it. Exit 1 if a stored file is damaged."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--without-files",
            action="store_true",
            help="only name the stored files: for a storage that is backed up by itself",
        )

    def handle(self, file: Path, without_files: bool, **options):
        with tqdm(unit=" files", leave=False, disable=not sys.stderr.isatty()) as bar:

            def progress(done: int, of: int) -> None:
                bar.total = of
                bar.update(done - bar.n)

            try:
                taken = take_backup(file, with_files=not without_files, progress=progress)
            except RuleBroken as fault:
                raise CommandError(str(fault)) from fault
        files = f"the names of {taken.files} files" if without_files else f"{taken.files} files"
        self.stdout.write(f"{file} holds the database with {taken.entries} entries of the trail, and {files}.")
        if taken.damaged:
            names = "\n".join(taken.damaged)
            raise CommandError(f"These stored files are damaged or gone, and not in the backup:\n{names}")
