"""How the API knows who is calling."""

from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from mrm.accounts.services import person_behind, require_a_role
from mrm.context import set_authenticated_by
from mrm.errors import NotPermitted


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request):
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            person = person_behind(secret.strip())
        except NotPermitted as refusal:
            raise AuthenticationFailed(str(refusal)) from None
        set_authenticated_by("token", session=str(person.token.pk))
        return person, person.token

    def authenticate_header(self, request):
        return "Bearer"


class PageAuthentication(SessionAuthentication):
    """Someone signed in on the pages may use the API from the same browser, under CSRF protection."""

    def authenticate(self, request):
        found = super().authenticate(request)
        if found:
            require_a_role(found[0])
        return found

    def authenticate_header(self, request):
        return "Bearer"
