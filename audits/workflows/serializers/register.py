"""The register as a file, over REST."""

from audits.workflows.contents.register import FILES
from inventory.serializers import ModelQuery
from mrm import serializers


class RegisterFileQuery(ModelQuery):
    """Which models, as of when, and in which kind of file."""

    is_paged = False

    file = serializers.ChoiceField(
        list(FILES), default="xlsx", help_text="A workbook, a table for spreadsheets, or lists as lists for programs."
    )
