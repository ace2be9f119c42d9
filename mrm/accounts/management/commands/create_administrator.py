from getpass import getpass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import create_person, grant_role
from mrm.errors import RuleBroken


class Command(BaseCommand):
    help = "Create the first administrator of an installation, who then creates everybody else on the pages."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument(
            "--password", help="asked for where it is left out, which keeps it out of the shell's history"
        )

    def handle(self, email: str, name: str, password: str | None, **options):
        password = password or getpass("Password, at least 12 characters: ")
        try:
            validate_password(password, Person(email=email, display_name=name))
            with transaction.atomic():
                person = create_person(email, name, password=password, actor=None)
                grant_role(person, Role.ADMINISTRATOR, actor=None)
        except ValidationError as faults:
            raise CommandError(" ".join(faults.messages)) from faults
        except RuleBroken as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{name} can sign in as {email} and create the others under People.")
