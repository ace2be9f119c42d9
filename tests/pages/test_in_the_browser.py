"""The pages in a real browser: readable for everybody, on a phone, in the dark, by keyboard and without scripts."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import TimeoutError

from audits.assessments.models import Breach
from audits.trail.services import sign_checkpoint
from audits.workflows.models import ChangeRequest
from audits.workflows.services import count_all_marked, request_change
from mrm.accounts.models import Workspace
from tests.browser import WINDOW
from tests.factories import PASSWORD, RETIREMENT, make_person
from tests.pages.scenery import make_assessed_model, make_result

AXE = settings.NODE_MODULES / "axe-core" / "axe.min.js"
LONG = "Unbroken" * 23  # A name as long as it may be, without a space, widens no page.
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}  # All that the dark can break and the light cannot.

# Every page is looked at three times. A signal would be lost in the browser's event loop and the run would stand still.
pytestmark = pytest.mark.timeout(600, method="thread")


@pytest.fixture(scope="module")
def stage(stage_of_the_file):
    return stage_of_the_file


@pytest.fixture(scope="module")
def officer(stage):
    """A risk officer with a portfolio that has something in every place; the web process serves it."""
    workspace = Workspace.objects.get(slug="main")
    engineer, owner = (make_person(role, workspace=workspace) for role in ("engineer", "owner"))
    for verdict in ("within", "amber"):
        make_assessed_model(name=f"{verdict}{LONG}", business_unit=LONG, owner=owner, verdict=verdict)
    model = make_assessed_model(name="Lending", owner=owner, actor=engineer)
    make_result(model.versions.get().runs.get(), column="age", value=0.05, verdict="within")
    request_change(
        "retirement", model.versions.get(), reason="It is not used any more.", terms=RETIREMENT, actor=engineer
    )
    sign_checkpoint()
    count_all_marked()
    stage.start("web")
    return make_person("risk_officer", workspace=workspace)


@pytest.fixture(scope="module")
def addresses(officer) -> list[str]:
    """The pages that matter most."""
    model = "lending"
    named = [reverse(name) for name in ("home", "portfolio", "change-list", "finding-list", "report-list", "trail")]
    named += [reverse(name) for name in ("my-tokens", "register-model", "verify-report", "mfa_index")]
    named += [reverse(name) for name in ("register", "register-differences", "surveys", "hygiene")]
    named += [
        reverse(name) for name in ("my-access", "my-sessions", "people", "indicators", "policy", "validation-list")
    ]
    tabs = ("model", "model-versions", "model-monitoring", "model-changes", "model-history", "raise-finding")
    tabs += ("model-uses", "model-dependencies", "compare-versions", "model-regimes")
    named += [reverse(tab, args=[model]) for tab in tabs]
    breach = Breach.objects.get(version__model__slug=model)
    return [
        *named,
        reverse("breach", args=[breach.pk]),
        reverse("version", args=[model, 1]),
        reverse("change", args=[ChangeRequest.objects.get().reference]),
    ]


def sign_in(page, stage, person) -> None:
    page.goto(f"{stage.address}{reverse('account_login')}")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{stage.address}/")


def faults(page, rules=RULES) -> list[str]:
    """What axe-core finds on the page, told so that one can mend it."""
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def fits(page) -> bool:
    """Whether nothing sticks out to the right, as soon as the charts are drawn anew."""
    try:
        page.wait_for_function(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth", timeout=5000
        )
    except TimeoutError:
        return False
    return True


def test_every_page_keeps_the_rules_of_accessibility_in_the_light_and_in_the_dark_and_fits_a_phone(
    stage, officer, addresses, page
):
    page.add_init_script(path=AXE)
    page.goto(f"{stage.address}{reverse('account_login')}")
    assert faults(page) == []
    sign_in(page, stage, officer)
    assert page.locator(".alert-success").count() and faults(page) == []  # With what was said at sign-in.
    found = []
    for address in addresses:
        page.goto(f"{stage.address}{address}", wait_until="networkidle")
        for theme, rules in (("light", RULES), ("dark", CONTRAST)):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_function("theme => document.documentElement.dataset.bsTheme === theme", arg=theme)
            found += [f"{theme}: {fault}" for fault in faults(page, rules)]
        page.set_viewport_size({"width": 390, "height": 844})
        if not fits(page):
            found.append(f"{address} is wider than a phone")
        page.set_viewport_size(WINDOW)
    assert found == []


def test_filters_charts_theme_and_menu_work_and_the_way_back_too(stage, officer, page):
    sign_in(page, stage, officer)
    page.goto(f"{stage.address}{reverse('portfolio')}")
    rows = page.locator(".verdict-grid tbody tr")
    assert rows.count() == 3
    page.get_by_label("Verdict").select_option("amber")
    page.wait_for_url("**verdict=amber**")
    assert rows.count() == 1
    page.go_back()
    page.wait_for_url(f"{stage.address}{reverse('portfolio')}")
    rows.nth(2).wait_for()

    page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"

    page.goto(f"{stage.address}{reverse('model-monitoring', args=['lending'])}")
    page.get_by_role("link", name="Open income").click()
    page.locator("#feature-1 [data-chart] svg").wait_for()


def test_without_scripts_one_signs_in_filters_and_decides(stage, officer, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, stage, officer)
    page.goto(f"{stage.address}{reverse('portfolio')}")
    page.get_by_label("Verdict").select_option("amber")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**verdict=amber**")
    assert page.locator(".verdict-grid tbody tr").count() == 1
    page.goto(f"{stage.address}{reverse('change', args=[ChangeRequest.objects.get().reference])}")
    page.get_by_label("I reviewed the evidence").check()
    page.get_by_role("button", name="Go on to sign").click()
    page.get_by_label("Your password, again").fill("not the password")
    page.get_by_role("button", name="Sign with my password").click()
    assert "The password is not right" in page.content()
    page.get_by_label("Your password, again").fill(PASSWORD)
    page.get_by_role("button", name="Sign with my password").click()
    assert "Risk officer: approved" in page.content()
    context.close()


def test_who_holds_several_roles_sees_every_place_of_the_bar(stage, officer, page):
    person = make_person("chief_risk_officer", "committee_member", "risk_officer", workspace=None)
    page.set_viewport_size({"width": 1024, "height": 700})
    sign_in(page, stage, person)
    assert page.locator(".places ul").evaluate("list => list.scrollWidth <= list.clientWidth")
