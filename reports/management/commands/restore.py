import sys
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audits.trail.services import accept_restore, sign_checkpoint
from audits.trail.services.backups import Restored, restore_backup
from mrm.errors import RuleBroken


class Command(BaseCommand):
    help = (
        "Put a backup in the place of what the database and the storage hold, then migrate and verify the trail. "
        "Refused where entries of the trail would be lost, unless told --lose-entries. Exit 0 only if everything holds."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--lose-entries", action="store_true", help="go on although entries are lost; needs --reason"
        )
        parser.add_argument(
            "--unsigned",
            action="store_true",
            help="the archive is from before backups were signed, and known to be ours",
        )
        parser.add_argument("--reason", default="", help="why they are lost, for whoever reads the trail later")

    def handle(self, file: Path, lose_entries: bool, unsigned: bool, reason: str, **options):
        if lose_entries and not reason.strip():
            raise CommandError("Losing entries needs a --reason, which is recorded in the trail.")
        restored = self._restore(file, lose_entries=lose_entries, unsigned=unsigned)
        call_command("migrate", interactive=False, verbosity=0)
        if restored.lost:
            accept_restore(reason=reason, lost=restored.lost, actor=None)
            sign_checkpoint()
            self.stdout.write(f"Recorded in the trail: {restored.lost}")
        self.stdout.write(f"Restored {restored.entries} entries of the trail and {restored.files} files.")
        call_command("verify_trail", stdout=self.stdout)

    def _restore(self, file: Path, **agreed: bool) -> Restored:
        with tqdm(unit=" files", leave=False, disable=not sys.stderr.isatty()) as bar:

            def progress(done: int, of: int) -> None:
                bar.total = of
                bar.update(done - bar.n)

            try:
                return restore_backup(file, **agreed, progress=progress)
            except RuleBroken as fault:
                raise CommandError(str(fault)) from fault
