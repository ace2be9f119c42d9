"""People and service accounts, the roles they hold and where, what they sign, and the tokens that act for them."""

from mrm.accounts.models.grants import Recertification, RoleGrant, choices
from mrm.accounts.models.notices import Notice
from mrm.accounts.models.people import Person, Workspace
from mrm.accounts.models.readings import Reading
from mrm.accounts.models.signatures import Signature, Statement
from mrm.accounts.models.tokens import IdempotencyKey, Token

__all__ = [
    "IdempotencyKey",
    "Notice",
    "Person",
    "Reading",
    "Recertification",
    "RoleGrant",
    "Signature",
    "Statement",
    "Token",
    "Workspace",
    "choices",
]
