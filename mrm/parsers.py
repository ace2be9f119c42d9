"""How the API reads JSON. Apart from mrm.http, because Django REST framework loads it while it loads its own views."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions
from rest_framework.parsers import BaseParser

from mrm.json_text import read_json


class JsonParser(BaseParser):
    """JSON as the API takes it: UTF-8, bounded, each name once in its object, and only numbers that exist."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        content = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(content) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            return read_json(content.decode())
        except UnicodeDecodeError:
            raise exceptions.ParseError("The body is not UTF-8.") from None
        except RecursionError:
            raise exceptions.ParseError("The body is nested too deeply.") from None
        except ValueError as fault:
            raise exceptions.ParseError(f"The body is not JSON: {fault}.") from None
