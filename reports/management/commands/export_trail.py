from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audits.trail.models import Action
from mrm.errors import RuleBroken
from reports.services import export_trail


class Command(BaseCommand):
    help = "Write the trail as an archive that mrm-verify checks without this system; or an extract of it, with proofs."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--model", default="", help="slug of a model: only what is about it")
        parser.add_argument("--subject", default="", help="one object, as entries name it: kind and id")
        parser.add_argument("--action", default="", choices=["", *Action.values], metavar="ACTION")
        parser.add_argument("--since", type=date.fromisoformat, help="first day, YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, help="last day, YYYY-MM-DD")

    def handle(self, file: Path, model, subject, action, since, until, **options):
        wanted = {"model": model, "subject": subject, "action": action, "since": since, "until": until}
        unfinished = file.with_name(f".{file.name}.part")
        try:
            with unfinished.open("wb") as stream:
                for piece in export_trail(wanted=wanted, actor=None):
                    stream.write(piece)
            unfinished.replace(file)
        except (OSError, RuleBroken) as fault:
            unfinished.unlink(missing_ok=True)
            raise CommandError(f"{file} could not be written: {fault}") from fault
        self.stdout.write(f"{file} holds the trail. Check it anywhere with: mrm-verify trail {file.name}")
