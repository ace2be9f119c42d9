"""The history of any object as a story that a person can follow, told from the entries of the trail."""

from inventory.contents.stories.choosing import KINDS_OF_ENTRY, NEWEST_FIRST, all_lines, narrowed, story_of
from inventory.contents.stories.lines import PERSON, Line, leads_to_people, lines_of
from inventory.contents.stories.objects import KINDS, address_of, kind_of, looked_up
from inventory.contents.stories.sentences import SENTENCES

__all__ = [
    "KINDS",
    "KINDS_OF_ENTRY",
    "NEWEST_FIRST",
    "PERSON",
    "SENTENCES",
    "Line",
    "address_of",
    "all_lines",
    "kind_of",
    "leads_to_people",
    "lines_of",
    "looked_up",
    "narrowed",
    "story_of",
]
