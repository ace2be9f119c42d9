"""Whether who administers the database could rewrite the past (governance.md, section 7, rule 7): what shows."""

import os
import socket
import struct
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from mrm.accounts.services.custody import keys_kept
from mrm.errors import DomainError

RIGHTS = """
    SELECT told FROM (
        SELECT 'The role ' || current_user || ' is a superuser: it can switch off every trigger.' AS told
        FROM pg_roles WHERE rolname = current_user AND rolsuper
        UNION ALL
        SELECT 'The role ' || current_user || ' owns ' || relname || ' and can drop its triggers.' FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname LIKE 'trail\\_%'
          AND pg_has_role(current_user, relowner, 'MEMBER')
        UNION ALL
        SELECT 'The role ' || current_user || ' may ' || act || ' in trail_entry.'
        FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) act
        WHERE has_table_privilege(current_user, 'trail_entry', act)
        UNION ALL
        SELECT 'The role ' || current_user || ' makes tables of its own, which a trigger might find before ours.'
        WHERE has_schema_privilege(current_user, current_schema(), 'CREATE')
    ) found ORDER BY told
"""


def why_not_apart() -> list[str]:
    """Each way by which one who administers the database, or serves, could also forge the trail."""
    return [*rights_too_many(), *keys_within_reach(Path(settings.KEYS_DIR), server_user()), *keys_of_nobody()]


def rights_too_many() -> list[str]:
    """What the database role of this application may, and the one that serves should not (docs/operations.md)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(RIGHTS)
            return [told for (told,) in cursor.fetchall()]
    except DatabaseError as fault:
        return [f"The rights in the database cannot be read: {fault}"]


def server_user() -> int | None:
    """The user of the operating system that the database server runs as; None where it is not on this machine."""
    connection.ensure_connection()
    with socket.socket(fileno=os.dup(connection.connection.fileno())) as link:
        if link.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
            return None
        return struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))[1]


def keys_within_reach(directory: Path, user: int | None) -> list[str]:
    """Which files of the keys others than their owner may read, or the user of the database server."""
    reasons = []
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        stands = file.stat()
        if stands.st_mode & 0o077:
            reasons.append(f"{file} may be read by others than its owner.")
        elif user is not None and user in (0, stands.st_uid):
            reasons.append(f"{file} may be read by the user that the database server runs as.")
    return reasons


def keys_of_nobody() -> list[str]:
    """Which keys in use no custodian signed to keep."""
    try:
        unkept = [use for use, (_, entry) in keys_kept().items() if entry is None]
    except (DatabaseError, DomainError) as fault:
        return [f"Who keeps the keys cannot be read: {fault}"]
    return [f"No custodian signed that they keep the key of the {use}." for use in unkept]
