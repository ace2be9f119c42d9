"""Addresses of this app."""

from django.urls import path

from mrm.accounts.views import people, tokens

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/new/", people.create_person, name="create-person"),
    path("people/<uuid:person_id>/", people.person, name="person"),
    path("people/<uuid:person_id>/tokens/", tokens.tokens_of, name="tokens-of"),
    path("roles/<uuid:grant_id>/revocation/", people.revoke_role, name="revoke-role"),
    path("tokens/", tokens.my_tokens, name="my-tokens"),
    path("tokens/<uuid:token_id>/revocation/", tokens.revoke_token, name="revoke-token"),
]
