"""The figures a document prints, read back from its tagged pages.

A report prints every figure as a link to the annex row that says where it comes from: `<a href="#figure:ID">0.213</a>`.
In the tagged PDF this is a Link element that holds the destination's name and the marked content of the printed text.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject
from pyhanko.pdf_utils.reader import PdfFileReader

from reports.verification.evidence import PREFIX

DEEPEST = 200
HEX = re.compile(rb"<[0-9A-Fa-f]*>")
TOKEN = re.compile(rb"<<|>>|<[0-9A-Fa-f]*>|\((?:\\.|[^\\()])*\)|[\[\]]|/[^\s<>\[\]()/%]*|[^\s<>\[\]()/%]+")


def printed_figures(reader: PdfFileReader) -> dict[str, list[str]]:
    """Identifier to the texts printed under it, in the order of the pages."""
    figures, pages = defaultdict(list), {}
    for element in _links(reader.root["/StructTreeRoot"]):
        kids = _items(element["/K"])
        targets = [kid["/Obj"] for kid in kids if isinstance(kid, DictionaryObject) and "/Obj" in kid]
        names = [str(target["/Dest"]) for target in targets if "/Dest" in target]
        names = [name for name in names if name.startswith(PREFIX)]
        if not names:
            continue
        where = element.raw_get("/Pg")
        if where not in pages:
            pages[where] = _marked_texts(element["/Pg"])
        text = "".join(pages[where].get(int(kid), "") for kid in kids if isinstance(kid, int))
        figures[names[0].removeprefix(PREFIX)].append(text)
    return dict(figures)


def _links(root: DictionaryObject) -> Iterator[DictionaryObject]:
    """The Link elements below a structure element, in reading order."""
    waiting, seen = [(root, 0)], set()
    while waiting:
        element, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError("the structure of the document is nested too deeply")
        if "/S" in element and element["/S"] == "/Link":
            yield element
        kids = element["/K"] if isinstance(element["/K"], ArrayObject) else ArrayObject()
        for kid in reversed([kids.raw_get(index) for index in range(len(kids))]):
            if isinstance(kid, IndirectObject):
                if kid.idnum in seen:
                    continue
                seen.add(kid.idnum)
                kid = kid.get_object()
            if isinstance(kid, DictionaryObject) and "/K" in kid:
                waiting.append((kid, depth + 1))


def _items(value: PdfObject) -> list[PdfObject]:
    return [value[index] for index in range(len(value))] if isinstance(value, ArrayObject) else [value]


def _marked_texts(page: DictionaryObject) -> dict[int, str]:
    """The text of each piece of marked content on a page, by its number."""
    texts: dict[int, str] = defaultdict(str)
    fonts: dict[bytes, dict[bytes, str]] = {}
    marks, letters = [], {}
    for operator, operands in _operations(page["/Contents"].data):
        match operator:
            case b"BDC" | b"BMC":
                marks.append(int(operands[operands.index(b"/MCID") + 1]) if b"/MCID" in operands else None)
            case b"EMC":
                marks.pop()
            case b"Tf":
                name = operands[0]
                if name not in fonts:
                    fonts[name] = _letters_by_code(page["/Resources"]["/Font"][name.decode()])
                letters = fonts[name]
            case b"Tj" | b"TJ":
                mark = next((mark for mark in reversed(marks) if mark is not None), None)
                if mark is not None:
                    texts[mark] += _decode(operands, letters)
    return texts


def _operations(content: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """The operators of a content stream, each with the tokens before it. pyHanko's own parser takes `f` for false."""
    operands: list[bytes] = []
    for found in TOKEN.finditer(content):
        token = found[0]
        if token[:1].isalpha() or token in {b"'", b'"'}:
            yield token, operands
            operands = []
        else:
            operands.append(token)


def _decode(operands: list[bytes], letters: dict[bytes, str]) -> str:
    # Between the pieces of an array stand numbers: how far letters are moved together.
    codes = b"".join(bytes.fromhex(token[1:-1].decode()) for token in operands if HEX.fullmatch(token))
    return "".join(letters.get(codes[index : index + 2], "\ufffd") for index in range(0, len(codes), 2))


def _letters_by_code(font: DictionaryObject) -> dict[bytes, str]:
    """What a font's ToUnicode map says each two-byte code stands for."""
    letters, listing = {}, False
    for line in font["/ToUnicode"].data.decode("ascii").splitlines():
        if line.endswith("beginbfchar"):
            listing = True
        elif line == "endbfchar":
            listing = False
        elif listing:
            code, letter = line.split()
            letters[bytes.fromhex(code[1:-1])] = bytes.fromhex(letter[1:-1]).decode("utf-16-be")
    return letters
