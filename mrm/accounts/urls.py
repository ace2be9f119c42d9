"""Addresses of this app."""

from django.urls import path

from mrm.accounts.views import access, custody, grants, people, sessions, tokens

urlpatterns = [
    path("access/", access.my_access, name="my-access"),
    path("keys/", custody.keys, name="keys"),
    path("keys/custody/", custody.keep_keys, name="keep-keys"),
    path("keys/custody/<uuid:statement_id>/", custody.sign_custody, name="sign-custody"),
    path("people/", people.people, name="people"),
    path("people/people.csv", people.people_csv, name="people-csv"),
    path("people/new/", people.create_person, name="create-person"),
    path("people/<uuid:person_id>/", people.person, name="person"),
    path("people/<uuid:person_id>/tokens/", tokens.tokens_of, name="tokens-of"),
    path("people/<uuid:person_id>/readings/", people.readings, name="readings"),
    path("people/<uuid:person_id>/readings.csv", people.readings_csv, name="readings-csv"),
    path("people/<uuid:person_id>/closure/", people.close_account, name="close-account"),
    path("people/<uuid:person_id>/closure/<uuid:statement_id>/", people.sign_closure, name="sign-account-closure"),
    path("people/<uuid:person_id>/reopening/", people.reopen_account, name="reopen-account"),
    path("people/<uuid:person_id>/sessions/", sessions.sessions_of, name="sessions-of"),
    path("roles/<uuid:grant_id>/approval/", grants.approve_role, name="approve-role"),
    path("roles/<uuid:grant_id>/approval/<uuid:statement_id>/", grants.sign_role, name="sign-role"),
    path("roles/<uuid:grant_id>/refusal/", grants.refuse_role, name="refuse-role"),
    path("roles/<uuid:grant_id>/refusal/<uuid:statement_id>/", grants.sign_role_refusal, name="sign-role-refusal"),
    path("roles/<uuid:grant_id>/revocation/", grants.revoke_role, name="revoke-role"),
    path(
        "roles/<uuid:grant_id>/revocation/<uuid:statement_id>/",
        grants.sign_role_revocation,
        name="sign-role-revocation",
    ),
    path("roles/confirmations/<uuid:recertification_id>/", grants.confirm_role, name="confirm-role"),
    path("sessions/", sessions.my_sessions, name="my-sessions"),
    path("sessions/<int:session_id>/end/", sessions.end_session, name="end-session"),
    path("tokens/", tokens.my_tokens, name="my-tokens"),
    path("tokens/<uuid:token_id>/rotation/", tokens.rotate_token, name="rotate-token"),
    path("tokens/<uuid:token_id>/revocation/", tokens.revoke_token, name="revoke-token"),
]
