from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audits.trail.models import Action, Entry
from audits.trail.services import endorse_checkpoints, sign_checkpoint
from inventory.contents.trail import chosen
from mrm.errors import RuleBroken
from reports.services import export_trail


class Command(BaseCommand):
    help = "Write the trail as an archive that mrm-verify checks without this system; or an extract of it, with proofs."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--model", default="", help="slug of a model: only what is about it")
        parser.add_argument("--subject", default="", help="one object, as entries name it: kind and id")
        parser.add_argument("--action", default="", choices=["", *Action.values], metavar="ACTION")
        parser.add_argument("--since", type=_day, metavar="DAY", help="first day, YYYY-MM-DD")
        parser.add_argument("--until", type=_day, metavar="DAY", help="last day, YYYY-MM-DD")

    def handle(self, file: Path, model, subject, action, since, until, **options):
        wanted = {"model": model, "subject": subject, "action": action, "since": since, "until": until}
        if any(wanted.values()) and not chosen(Entry.objects.all(), wanted).exists():
            raise CommandError("No entry of the trail fits, so nothing was written. Ask for another model, day or act.")
        unfinished = file.with_name(f".{file.name}.part")
        try:
            self._have_attested()
            with unfinished.open("wb") as stream:
                for piece in export_trail(wanted=wanted, actor=None):
                    stream.write(piece)
            unfinished.replace(file)
        except (OSError, RuleBroken) as fault:
            unfinished.unlink(missing_ok=True)
            raise CommandError(f"{file} could not be written: {fault}") from fault
        what = "the part of the trail that was asked for" if any(wanted.values()) else "the trail"
        self.stdout.write(f"{file} holds {what}. Check it anywhere with: mrm-verify trail {file.name}")

    def _have_attested(self) -> None:
        """So that witnesses and clocks attest to the newest checkpoint of the archive, as auditors ask."""
        sign_checkpoint()
        for endorser in endorse_checkpoints(at_once=True):
            if endorser.fault:
                self.stderr.write(f"{endorser.name} has not attested to the newest checkpoint: {endorser.fault}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write it as 2026-06-30") from None
