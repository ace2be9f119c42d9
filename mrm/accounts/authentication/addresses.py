"""Who is calling, where senders can be told an address and nothing else: a token for one version stands in it."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from mrm.accounts.services import person_behind
from mrm.context import set_authenticated_by
from mrm.errors import NotPermitted

BEGINNING = "/ingest/cloudevents/"


class AddressTokenMiddleware:
    """Takes the token out of the address before anything looks at it, so that no log line and no report of an error
    can hold it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info.startswith(BEGINNING):
            request.address_token = request.path_info.removeprefix(BEGINNING)
            request.path = request.path.removesuffix(request.address_token)
            request.path_info = BEGINNING
        return self.get_response(request)


class AddressTokenAuthentication(BaseAuthentication):
    def authenticate(self, request):
        try:
            person = person_behind(request._request.address_token.strip("/"), in_address=True)
        except NotPermitted as refusal:
            raise AuthenticationFailed(str(refusal)) from None
        set_authenticated_by("token", session=str(person.token.pk))
        return person, person.token

    def authenticate_header(self, request):
        return "Bearer"
