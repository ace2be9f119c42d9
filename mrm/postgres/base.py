"""Django's connection to PostgreSQL, which tells whether it still stands without asking the server each time."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """A server that ended a connection closed it, which this machine knows; only where something came is it asked.

        With every request Django sends a question of its own first, else: one of seven when a version is registered.
        """
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or super().is_usable()
