from datetime import timedelta

from django.core.management.base import BaseCommand
from tqdm import tqdm

from demo.building import Calendar
from demo.cast import assemble, sign_ins
from demo.stories import STORIES
from inventory.models import Model
from inventory.services import prepare_installation
from reports.models import Report
from reports.services import issue_report, request_report

REPORTED = ("credit-default", "energy-demand")


class Command(BaseCommand):
    help = "Build the demo portfolio through the public services; safe to run again, which finishes what is missing."

    def add_arguments(self, parser):
        parser.add_argument("--sign-ins", action="store_true", help="only print one sign-in per role")

    def handle(self, *, sign_ins: bool, **options):
        if not sign_ins:
            self._build()
        self._print_sign_ins()

    def _build(self):
        prepare_installation()
        cast, calendar = assemble(), Calendar.ending_today()
        bar = tqdm(total=len(STORIES) + len(REPORTED), unit="model", bar_format="{desc:<34} {bar} {n_fmt}/{total_fmt}")
        with bar:
            for name, tell in STORIES.items():
                bar.set_description_str(name)
                tell(cast, calendar)
                bar.update()
            for slug in REPORTED:
                bar.set_description_str(f"Report on {slug}")
                self._report(Model.objects.get(slug=slug), cast, calendar)
                bar.update()

    def _report(self, model, cast, calendar):
        if not Report.objects.filter(model=model).exists():
            end = calendar.end.date()
            report = request_report(model, period_start=end - timedelta(days=364), period_end=end, actor=cast.validator)
            issue_report(report.pk)

    def _print_sign_ins(self):
        for role, email, password in sign_ins():
            self.stdout.write(f"{role:<14} {email:<28} {password}")
