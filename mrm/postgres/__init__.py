"""Django's PostgreSQL, asked less: see `base`."""
