"""No single person ends what a version is in production by, however they sign: what replaces it does.

Closing by signature (0060) was put on the text from before that was asked (0052), and so took it back.
"""

import re
from importlib import import_module

from django.db import migrations

SIGNED = import_module("audits.workflows.migrations.0060_close_and_conclude_by_signature")
ENDS = import_module("audits.workflows.migrations.0052_hold_to_what_is_asked_now")
NAME = "refuse_end_without_ground"
BEFORE = re.sub(SIGNED.TOLD, SIGNED.SIGNED, SIGNED.USES.function(SIGNED.ENDINGS, NAME))
AFTER = re.sub(SIGNED.TOLD, SIGNED.SIGNED, ENDS.function(ENDS.AFTER.replace("OR REPLACE ", ""), NAME))


class Migration(migrations.Migration):
    dependencies = [("workflows", "0067_count_owners_and_makers_in_the_first_line")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
