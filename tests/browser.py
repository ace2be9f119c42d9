"""A real browser for the tests of pages: the machine's Chromium, else the one Playwright downloaded."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = [
    "--no-sandbox",  # Chromium's own sandbox refuses to start as root, which is who runs inside a container.
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WINDOW = {"width": 1280, "height": 900}
PICTURES = Path(__file__).resolve().parents[1] / "test-results"
REPORT = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Keeps the outcome of the test itself, so that `page` can take a picture of a failure."""
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


@pytest.fixture(scope="module")
def browser():
    """One Chromium per file of tests, because its event loop must not outlive them.

    Where none can be had the test is skipped; MRM_BROWSER=required makes it fail.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread.
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        except Error as reason:
            message = f"No browser: neither Chromium nor Playwright's own starts here. {reason.message.splitlines()[0]}"
            if os.environ.get("MRM_BROWSER") == "required":
                pytest.fail(message)
            pytest.skip(message)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, request):
    """A fresh browser window. A script error on any page fails the test; a failed test leaves a picture."""
    context = browser.new_context(viewport=WINDOW, reduced_motion="reduce", locale="en-GB")
    window = context.new_page()
    errors: list[str] = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    window.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    yield window
    if REPORT in request.node.stash and request.node.stash[REPORT].failed:
        PICTURES.mkdir(exist_ok=True)
        window.screenshot(path=PICTURES / f"{request.node.name}.png", full_page=True)
    context.close()
    assert not errors, f"Scripts on the page failed: {errors}"
