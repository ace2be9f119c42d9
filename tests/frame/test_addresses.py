"""The addresses of pages and endpoints: a name leads to one place."""

from collections import Counter

from django.urls import URLResolver, get_resolver


def _names(resolver, namespace: str = ""):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _names(entry, ":".join(filter(None, [namespace, entry.namespace])))
        elif entry.name:
            yield f"{namespace}:{entry.name}", entry.callback


def test_no_two_views_share_the_name_of_their_address():
    views = {(name, getattr(view, "view_class", view)) for name, view in _names(get_resolver())}
    assert [name for name, times in Counter(name for name, _ in views).items() if times > 1] == []
