from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from reports.contents.standing import standing_of
from reports.models import Report
from reports.services import verify

MARKS = {True: "holds  ", False: "FAILS  ", None: "not examined"}


class Command(BaseCommand):
    help = "Check a report: seal, coverage, evidence, figures, trail proofs. Exit 0 only if everything holds."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, file: Path, **options):
        try:
            data = file.read_bytes()
        except OSError as fault:
            raise CommandError(f"{file} cannot be read: {fault.strerror}.") from fault
        verification = verify(data)
        for check in verification.checks:
            self.stdout.write(f"{MARKS[check.holds]} {check.name}. {check.explanation}")
        if not verification.holds:
            first = next(check for check in verification.checks if not check.holds)
            raise CommandError(f"{first.name}: no. {first.explanation}")
        for told in self._known_of(verification.sha256):
            self.stdout.write(told)
        self.stdout.write(f"Everything holds. Sealed by {verification.signer}, SHA-256 {verification.sha256}.")

    def _known_of(self, sha256: str) -> list[str]:
        """What is on record here of this file; nothing where there is no database, because none is needed."""
        try:
            known = Report.objects.in_full().filter(pdf_sha256=sha256).first()
        except DatabaseError:
            return []
        return [f"On record here as {known.reference}.", *standing_of(known)] if known else []
