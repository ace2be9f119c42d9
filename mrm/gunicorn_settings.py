"""How gunicorn serves, wherever it does: `gunicorn mrm.wsgi --config mrm/gunicorn_settings.py --bind …`."""

preload_app = True
threads = 4
timeout = 120  # seconds
limit_request_line = 8190  # A search of 200 signs is four times as long where none is Latin.

REQUESTS = 32


def pre_request(worker, request) -> None:
    """With every so many requests of a process the client's connection ends, and its next one goes to whoever is free.

    Connections that clients keep open stay with the process that took them. Where most of them came to one by chance it
    would serve them alone, for as long as they stay, beside others that have nothing to do.
    """
    if worker.nr % REQUESTS == REQUESTS - 1:
        request.force_close()
