from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from reports.contents.replay import bundle_in, replay
from reports.services import verify
from reports.verification.document import Unreadable
from reports.verification.evidence import Faulty


class Command(BaseCommand):
    help = (
        "Compute the figures of a report again from the stored data and compare them with its evidence. Reads only. "
        "Exit 0 only if every number is the same."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="the report as PDF, or the evidence.json saved from it")

    def handle(self, file: Path, **options):
        try:
            data = file.read_bytes()
        except OSError as fault:
            raise CommandError(f"{file} cannot be read: {fault.strerror}.") from fault
        self._refuse_broken_seal(data)
        try:
            bundle = bundle_in(data)
        except (Faulty, Unreadable) as fault:
            raise CommandError(str(fault)) from fault
        first, results, figures = "", 0, 0
        for replayed in replay(bundle):
            results, figures = results + replayed.results, figures + replayed.figures
            answer = f"differs. {replayed.fault}" if replayed.fault else f"the same: {replayed.results} results."
            self.stdout.write(f"{replayed.title}: {answer}")
            first = first or (replayed.fault and f"{replayed.title}: {replayed.fault}")
        if first:
            raise CommandError(f"Not everything could be reproduced. {first}")
        if not results:
            raise CommandError("The report holds no result of any run, so there is nothing to compute again.")
        others = len(bundle["figures"]) - figures
        self.stdout.write(
            f"All {results} results and the {figures} printed figures made from them are the same. "
            f"{others} further figures count what the register held when the report was issued; they are not measured."
        )

    def _refuse_broken_seal(self, data: bytes) -> None:
        """A changed report would be compared with what it says now, so it is not compared at all."""
        if not data.startswith(b"%PDF-"):
            self.stdout.write("This is not a sealed report; nothing vouches for what it says.")
            return
        verification = verify(data)
        if not verification.holds:
            first = next(check for check in verification.checks if not check.holds)
            raise CommandError(f"The report does not hold. {first.name}: no. {first.explanation}")
