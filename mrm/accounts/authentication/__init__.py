"""How it is known who is calling: a token or a session on the API, single sign-on on the pages."""

from mrm.accounts.authentication.addresses import AddressTokenAuthentication
from mrm.accounts.authentication.rest import PageAuthentication, TokenAuthentication

__all__ = ["AddressTokenAuthentication", "PageAuthentication", "TokenAuthentication"]
