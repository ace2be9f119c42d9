"""The fonts of printed documents: Inter from the front-end packages, cut to fixed weights.

WeasyPrint would cut the variable font itself and stamp the time of day into it; a document must come out the same
twice.
"""

from functools import cache
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from mrm.errors import RuleBroken

FAMILY = "Report"
SCHEME = "font:"
WEIGHTS = (400, 600)
SCRIPTS = ("latin", "latin-ext", "greek", "cyrillic", "vietnamese")
FILES = Path(__file__).resolve().parents[2] / "node_modules" / "@fontsource-variable" / "inter" / "files"


def faces(text: str) -> str:
    """The `@font-face` rules for the scripts that the text needs."""
    letters = {ord(letter) for letter in text}
    needed, covered = [], frozenset()
    for script in SCRIPTS:
        if script == "latin" or (letters - covered) & _letters(script):
            needed.append(script)
            covered |= _letters(script)
    return "\n".join(
        f'@font-face {{ font-family: {FAMILY}; font-weight: {weight}; src: url("{SCHEME}{script}-{weight}") }}'
        for script in needed
        for weight in WEIGHTS
    )


def is_known(name: str) -> bool:
    """Whether a `font:` address names one of ours."""
    script, _, weight = name.rpartition("-")
    return script in SCRIPTS and weight in {str(known) for known in WEIGHTS}


@cache
def font(name: str) -> bytes:
    """The font that a `font:` address names, as OpenType."""
    script, _, weight = name.rpartition("-")
    variable, fixed = _open(script), BytesIO()
    instantiateVariableFont(variable, {"wght": int(weight)}, inplace=True)
    variable.flavor = None
    variable.save(fixed)
    return fixed.getvalue()


@cache
def _letters(script: str) -> frozenset[int]:
    return frozenset(_open(script).getBestCmap())


def _open(script: str) -> TTFont:
    file = FILES / f"inter-{script}-wght-normal.woff2"
    if not file.is_file():
        raise RuleBroken("The fonts of the reports are missing. Fetch the front-end packages with: npm ci")
    return TTFont(file, recalcTimestamp=False)
