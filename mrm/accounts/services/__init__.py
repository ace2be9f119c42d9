"""People, roles, tokens and signatures; and the question every service asks first: may this actor do that here?"""

from mrm.accounts.services.grants import grant_role, revoke_role
from mrm.accounts.services.people import create_person, create_workspace, prepare_accounts
from mrm.accounts.services.permissions import require
from mrm.accounts.services.proofs import reauthenticate
from mrm.accounts.services.signatures import (
    Passkey,
    Password,
    Proven,
    passkey_options,
    prepare_statement,
    prove,
    sign,
    statement_body,
    statement_shown,
    void_signatures,
)
from mrm.accounts.services.tokens import issue_token, person_behind, revoke_token

__all__ = [
    "Passkey",
    "Password",
    "Proven",
    "create_person",
    "create_workspace",
    "grant_role",
    "issue_token",
    "passkey_options",
    "person_behind",
    "prepare_accounts",
    "prepare_statement",
    "prove",
    "reauthenticate",
    "require",
    "revoke_role",
    "revoke_token",
    "sign",
    "statement_body",
    "statement_shown",
    "void_signatures",
]
