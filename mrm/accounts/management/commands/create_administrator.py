from getpass import getpass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import create_person, grant_role
from mrm.accounts.services.grants import ENOUGH_APPROVERS, approvers
from mrm.errors import RuleBroken

ROLES = (Role.ADMINISTRATOR, Role.RISK_OFFICER)  # Those who approve roles.
ALONE = "One of the first two who can approve roles: nobody else could."


class Command(BaseCommand):
    help = (
        "Create one of the first two people of an installation, an administrator and somebody who approves what the "
        "administrator proposes. They create everybody else on the pages."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--role", choices=[role.value for role in ROLES], default=Role.ADMINISTRATOR.value)
        parser.add_argument(
            "--password", help="asked for where it is left out, which keeps it out of the shell's history"
        )

    def handle(self, email: str, name: str, role: str, password: str | None, **options):
        if approvers() >= ENOUGH_APPROVERS:
            raise CommandError(
                "There are already two people who can propose and approve roles; they create everybody else under "
                "People. From here an account would come into force without a second person."
            )
        password = password or _asked()
        try:
            validate_password(password, Person(email=email, display_name=name))
            with transaction.atomic():
                person = create_person(email, name, password=password, actor=None)
                grant_role(person, Role(role), actor=None, alone_because=ALONE)
        except ValidationError as faults:
            raise CommandError(" ".join(faults.messages)) from faults
        except RuleBroken as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{name} can sign in as {email}.")
        if approvers() < ENOUGH_APPROVERS:
            self.stdout.write("Create a second person too: every role that one proposes, another has to approve.")


def _asked() -> str:
    try:
        return getpass("Password, at least 12 characters: ")
    except EOFError as nobody:
        raise CommandError("There is nobody to ask for a password here; give --password.") from nobody
