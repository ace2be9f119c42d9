from django.core.management.base import BaseCommand

from demo.cast import sign_ins


class Command(BaseCommand):
    help = "Build the demo portfolio through the public services; safe to run again, which finishes what is missing."
    requires_system_checks = []  # They load every page; `make run` prints sign-ins while people wait for one.

    def add_arguments(self, parser):
        parser.add_argument("--sign-ins", action="store_true", help="only print one sign-in per role")

    def handle(self, **options):
        if options["sign_ins"]:
            told = sign_ins()
            widest = max(len(role) for role, *_ in told)
            for role, email, password in told:
                self.stdout.write(f"  {role:<{widest}}  {email:<28} {password}")
            return
        # Imported only now: the libraries that the demo's engineers train with take seconds to load.
        from demo.portfolio import build

        build()
