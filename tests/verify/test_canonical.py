"""Canonical JSON against the vectors of RFC 8785 and against another implementation."""

import json
import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from mrm_verify.canonical import NotCanonical, canonical, number

# RFC 8785, appendix B: the double as its bytes, and what ECMAScript writes.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}
# RFC 8785, section 3.2.2.
SAMPLE = r"""
{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
 "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
SAMPLE_CANONICAL = (
    r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
    r'"string":"€$\u000f\nA' + "'" + r'B\"\\\\\"/"}'
)
# RFC 8785, section 3.2.3: names sort by their UTF-16 code units.
UNSORTED = r"""
{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
 "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}"""
SORTED = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
]

values = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False).filter(
        lambda value: abs(value) != float("inf")
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize(("double", "text"), NUMBERS.items())
def test_numbers_are_written_as_the_rfc_writes_them(double, text):
    assert number(struct.unpack(">d", bytes.fromhex(double))[0]) == text


def test_the_sample_of_the_rfc_has_its_bytes():
    assert canonical(json.loads(SAMPLE)).decode() == SAMPLE_CANONICAL


def test_names_are_sorted_as_the_rfc_sorts_them():
    assert list(json.loads(canonical(json.loads(UNSORTED))).values()) == SORTED


@given(values)
def test_another_implementation_writes_the_same(value):
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical({"a": value}) == rfc8785.dumps({"a": value})


@pytest.mark.parametrize(
    "value",
    [2**53 + 1, -(2**53) - 1, [10**400], {"a": 2**53 + 1}, {"a": [1, 2**60]}, float("nan"), {"a": float("inf")}]
    + [{"a": 10**21 + 1}, {"a": "\ud800"}]
    + [{"a": object()}, {"\ud800": 1}, b"bytes", {"a": {1, 2}}],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize("text", NUMBERS.values())
def test_what_the_rfc_writes_is_written_again_when_it_is_read(text):
    assert canonical(json.loads(f'{{"a":{text}}}')).decode() == f'{{"a":{text}}}'


@pytest.mark.parametrize("power", [16, 17, 21, 22, 23, 100, 308])
def test_a_large_number_is_the_same_however_its_digits_are_spelt(power):
    assert canonical([10**power]) == canonical([float(10**power)]) == canonical([float(f"1e{power}")])


def test_a_deep_nest_is_refused_and_not_stumbled_over():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical({"a": deep})
