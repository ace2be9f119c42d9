"""The addresses of pages and endpoints: a name leads to one place."""

from collections import defaultdict

from django.urls import URLResolver, get_resolver


def _named(resolver, namespace: str = "", before: str = ""):
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _named(entry, ":".join(filter(None, [namespace, entry.namespace])), address)
        elif entry.name:
            yield f"{namespace}:{entry.name}", address, getattr(entry.callback, "view_class", entry.callback)


def test_no_two_views_at_different_addresses_share_a_name():
    """At the same address the first answers: so ours stand before those of a library that they replace."""
    addresses, views = defaultdict(set), defaultdict(set)
    for name, address, view in _named(get_resolver()):
        addresses[name].add(address)
        views[name].add(view)
    assert [name for name in views if len(views[name]) > 1 and len(addresses[name]) > 1] == []
