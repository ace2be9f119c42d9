"""What docs/ and the files beside it say is what the code does."""

import ast
import configparser
import gc
import json
import re
import warnings
from importlib import import_module
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from django.urls import Resolver404, resolve

from audits.trail.models import Action
from demo.documents import DOCS, WRITTEN
from demo.documents.api import find_operations
from tests.reports import samples

ROOT = DOCS.parent
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
READS = re.compile(r"os\.environ\.(get|setdefault)|env\.(address|boolean|file|fitting|integer|required|text|words)")
OUTSIDE_OUR_HANDS = {
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "DJANGO_SETTINGS_MODULE",
    "MAKELEVEL",
    "PYTEST_XDIST_WORKER",
    "SCORING_TEST_SECRET",
}
DEVELOPMENT_ONLY = {"SECRET_KEY", "MRM_DEVELOPMENT"}  # Their defaults there are no defaults of an installation.
CODE = re.compile(r"`([^`\n]+)`")
FOLDERS = r"(mrm|inventory|audits|registry|reports|demo|tests|bench|templates|docs|static|\.ci)/[\w./-]*"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def read_settings() -> dict[str, object]:
    """Every environment variable the code reads, with its default where that is a plain value."""
    found = {}
    for file in [*(ROOT / "mrm").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "manage.py"]:
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Subscript(value=value, slice=ast.Constant(value=name)) if ast.unparse(value) == "os.environ":
                    found.setdefault(name, None)
                case ast.Call(func=function, args=[ast.Constant(value=name), *others], keywords=keywords):
                    if READS.fullmatch(ast.unparse(function)):
                        others += [word.value for word in keywords if word.arg == "default"]
                        default = others[0].value if others and isinstance(others[0], ast.Constant) else None
                        found[name] = default if default not in (None, "") else found.get(name)
    return {name: default for name, default in found.items() if name not in OUTSIDE_OUR_HANDS}


def documented(page: str) -> dict[str, list[str]]:
    """The first cell of every row of the page's tables that is code, with the row's other cells."""
    rows = {}
    for line in (DOCS / page).read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and (name := CODE.fullmatch(cells[0].strip("| "))):
            rows[name[1]] = cells[1:]
    return rows


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_from_the_code_is_up_to_date(name):
    assert (DOCS / name).read_text() == WRITTEN[name](), f"docs/{name} is out of date; run: make docs"


def test_every_setting_is_documented_and_no_other():
    assert set(documented("settings.md")) == set(read_settings())


def test_the_documented_defaults_are_those_of_the_code():
    rows = documented("settings.md")
    for name, default in read_settings().items():
        if default is not None and name not in DEVELOPMENT_ONLY:
            written = str(default).lower() if isinstance(default, bool) else str(default)
            assert rows[name][0] == f"`{written}`", f"docs/settings.md gives another default for {name}"


def test_every_endpoint_has_its_line():
    assert all(summary for _, _, _, summary in find_operations())


def test_the_floors_in_the_architecture_are_those_that_lint_enforces():
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    drawn = re.findall(r"```\n(.*?)```", (DOCS / "architecture.md").read_text(), re.DOTALL)
    for picture, contract in zip(drawn, ("apps", "inside"), strict=True):
        layers = contracts[f"importlinter:contract:{contract}"]["layers"]
        assert picture.split() == layers.replace("(", "").replace(")", "").split()


def test_every_action_of_the_trail_is_documented_and_no_other():
    assert set(documented("trail.md")) >= {action.value for action in Action}
    actions = {name for name in documented("trail.md") if re.fullmatch(r"[a-z]+\.[a-z_]+", name)}
    assert actions == {action.value for action in Action}


def test_every_action_of_the_trail_is_recorded_somewhere():
    code = written_code()
    assert [action.name for action in Action if f"Action.{action.name}" not in code] == []


def evidence_of_a_report() -> dict:
    return json.loads(samples.make_evidence(samples.make_report()))


def test_the_example_of_verifying_by_hand_accepts_a_report(tmp_path, monkeypatch, capsys):
    bundle = evidence_of_a_report()
    run_the_example(bundle, tmp_path, monkeypatch)
    assert f"{len(bundle['trail']['entries'])} entries stand in the log" in capsys.readouterr().out


@pytest.mark.parametrize("changed", ["entry", "root", "checkpoint"])
def test_the_example_of_verifying_by_hand_finds_a_change(tmp_path, monkeypatch, changed):
    bundle = evidence_of_a_report()
    trail = bundle["trail"]
    if changed == "entry":
        trail["entries"][0]["body"]["actor"]["name"] = "Somebody else"
    elif changed == "root":
        trail["root"] = "00" * 32
    else:
        trail["checkpoint"] = trail["checkpoint"][:-8] + "AAAAAAA\n"
    with pytest.raises((AssertionError, InvalidSignature, ValueError)):
        run_the_example(bundle, tmp_path, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_function_named_is_there(page):
    for named in CODE.findall(page.read_text()):
        if re.fullmatch(FOLDERS, named):
            assert (ROOT / named).exists(), f"{page.name} names {named}, which is not there"
        elif re.fullmatch(r"(mrm|inventory|audits|registry|reports|demo|tests)(\.\w+)+(\(\))?", named):
            assert is_there(named.removesuffix("()")), f"{page.name} names {named}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_named_is_there(page):
    written = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    for named in CODE.findall(page.read_text()):
        if re.fullmatch(r"test_\w+", named) and f"def {named}(" not in written:
            examples = {"test_an_owner_cannot_approve_their_own_model"}  # CONTRIBUTING.md explains the style by it.
            assert named in examples, f"{page.name} names {named}, which no file of tests defines"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_address_named_is_served(page):
    for named in CODE.findall(page.read_text()):
        path = named.partition(" ")[2] if named.startswith(("GET ", "POST ", "PUT ", "PATCH ")) else named
        if re.fullmatch(r"/(api|reports|trail|tokens|people|models|accounts)/[\w/.-]*", path):
            assert is_served(path), f"{page.name} names the address {path}, which is not served"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_named_is_there(page):
    text = page.read_text()
    commands = {path.stem for path in ROOT.glob("**/management/commands/*.py") if ".venv" not in path.parts}
    commands |= {"migrate", "check", "shell", "makemigrations", "clearsessions"}  # Django's own.
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= commands
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets


def is_there(dotted: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            thing = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for name in parts[count:]:
            if not hasattr(thing, name):
                return False
            thing = getattr(thing, name)
        return True
    return False


def is_served(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def written_code() -> str:
    apps = ("inventory", "audits", "registry", "reports", "mrm")
    return "\n".join(file.read_text() for app in apps for file in (ROOT / app).rglob("*.py"))


def run_the_example(bundle: dict, folder: Path, monkeypatch) -> None:
    """The program in docs/trail.md, in a folder that holds this evidence."""
    (folder / "evidence.json").write_text(json.dumps(bundle))
    monkeypatch.chdir(folder)
    [program] = re.findall(r"```python\n(.*?)```", (DOCS / "trail.md").read_text(), re.DOTALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # An example may leave closing a file to the interpreter.
        exec(compile(program, "docs/trail.md", "exec"), {})
        gc.collect()
