"""People, roles, tokens and signatures; and the question every service asks first: may this actor do that here?"""

from mrm.accounts.services.acts import Act, Bound, act_at_once, digest_of_act, prepare_act, sign_act, view_of_act
from mrm.accounts.services.custody import KEY_CUSTODY
from mrm.accounts.services.factors import (
    change_factors,
    connect_sign_on,
    credentials_by_key,
    disconnect_sign_on,
    hide_secrets_from_before,
    is_recorded,
    record_enrolment,
    record_factors_from_before,
    require_own_password,
    unrecorded_factors,
    vanished_factors,
)
from mrm.accounts.services.grants import ROLE_APPROVAL, ROLE_REFUSAL, ROLE_REVOCATION, grant_role
from mrm.accounts.services.notices import send_notices, write_notice
from mrm.accounts.services.passwords import (
    choose_password,
    record_passwords_from_before,
    renew_hash,
    require_recorded_password,
)
from mrm.accounts.services.people import (
    ACCOUNT_CLOSURE,
    create_person,
    create_workspace,
    prepare_accounts,
    reopen_account,
)
from mrm.accounts.services.permissions import holders_of, require, require_a_role, role_with
from mrm.accounts.services.proofs import reauthenticate
from mrm.accounts.services.recertification import confirm_role, end_unconfirmed, open_recertification
from mrm.accounts.services.sessions import end_session, open_sessions
from mrm.accounts.services.signatures import (
    Passkey,
    Password,
    Proven,
    passkey_options,
    prepare_statement,
    prove,
    refuse_to_mislead,
    sign,
    statement_body,
    statement_shown,
    void_signatures,
)
from mrm.accounts.services.tokens import issue_token, person_behind, revoke_token, rotate_token

__all__ = [
    "ACCOUNT_CLOSURE",
    "Act",
    "Bound",
    "Passkey",
    "Password",
    "Proven",
    "KEY_CUSTODY",
    "ROLE_APPROVAL",
    "ROLE_REFUSAL",
    "ROLE_REVOCATION",
    "act_at_once",
    "change_factors",
    "choose_password",
    "confirm_role",
    "connect_sign_on",
    "credentials_by_key",
    "create_person",
    "create_workspace",
    "digest_of_act",
    "disconnect_sign_on",
    "end_session",
    "end_unconfirmed",
    "grant_role",
    "hide_secrets_from_before",
    "holders_of",
    "is_recorded",
    "issue_token",
    "open_recertification",
    "open_sessions",
    "passkey_options",
    "person_behind",
    "prepare_accounts",
    "prepare_act",
    "prepare_statement",
    "prove",
    "reauthenticate",
    "record_enrolment",
    "record_factors_from_before",
    "record_passwords_from_before",
    "renew_hash",
    "reopen_account",
    "refuse_to_mislead",
    "require",
    "require_a_role",
    "require_own_password",
    "require_recorded_password",
    "revoke_token",
    "role_with",
    "rotate_token",
    "send_notices",
    "sign",
    "sign_act",
    "statement_body",
    "statement_shown",
    "unrecorded_factors",
    "vanished_factors",
    "view_of_act",
    "void_signatures",
    "write_notice",
]
