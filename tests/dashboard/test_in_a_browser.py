"""The page as those see it who open it: nothing fails, nothing leaves it, and the keyboard alone is enough."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from urllib.parse import quote

import pytest

pytest.importorskip("playwright", reason="no browser can be driven here: playwright is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from noxtasks.dashboard import page as rendering
from noxtasks.evidence.display.text import shown
from tests.dashboard import samples
from tests.dashboard.browser import launched, opened

pytestmark = pytest.mark.functional

FULL = samples.page()
FLAKY = next(each for each in FULL.tests if each.state == "flaky")
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@cache
def rendered(name: str) -> bytes:
    return rendering.render(FULL if name == "page" else getattr(samples, name)())


def address(kind: str, name: str) -> str:
    """As `encodeURIComponent` writes it."""
    coded = quote(shown(name), safe="!'()*~")
    return f"#{kind}={coded}"


def violations(page: Page) -> str:
    found = Axe().run(page, options=RULES)
    return found.generate_report() if found.violations_count else ""


def names(page: Page, of: str) -> list[str]:
    return page.locator(f"table[data-list={of}] tbody tr > :first-child").all_text_contents()


@pytest.mark.parametrize("name", ["page", "nothing", "refused", "odd", "one"])
def test_no_page_asks_for_anything_or_has_an_error(browser: Browser, name: str) -> None:
    with opened(browser, rendered(name)) as tab:
        assert tab.ready().locator("h1").count() == 1
        assert tab.troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_axe_finds_nothing(browser: Browser, scheme: str, width: int) -> None:
    with opened(browser, rendered("page"), scheme="dark" if scheme == "dark" else "light", width=width) as tab:
        page = tab.ready()
        page.locator(".panel details summary").first.click()
        page.locator("table[data-list=findings] summary").first.click()
        page.wait_for_selector("table[data-list=findings] details .command")
        assert violations(page) == ""
        for fragment in (address("test", FLAKY.id), address("module", FULL.modules[4].path)):
            page.evaluate("hash => { location.hash = hash }", fragment)
            page.wait_for_selector("#detail:not([hidden]) h1")
            for summary in page.locator("#detail summary").all():
                summary.click()
                page.locator("#detail details table").wait_for()
            assert violations(page) == ""


@pytest.mark.parametrize("name", ["nothing", "refused"])
def test_axe_finds_nothing_where_there_is_nothing(browser: Browser, name: str) -> None:
    with opened(browser, rendered(name)) as tab:
        assert violations(tab.ready()) == ""


@pytest.mark.parametrize("width", [320, 400, 640, 1280, 3840])
def test_nothing_stands_out_at_the_side(browser: Browser, width: int) -> None:
    """400 px; 640, which is 1280 px at 200 %; 320, which is the same at 400 %; and 4k."""
    with opened(browser, rendered("odd"), width=width) as tab:
        page = tab.ready()
        for fragment in ("#panels", address("test", samples.ODD[5])):
            page.evaluate("hash => { location.hash = hash }", fragment)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_alone_leads_to_a_test_and_back(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the objectives"
        search = page.locator("form[data-list=tests] input")
        for _ in range(200):
            page.keyboard.press("Tab")
            if search.evaluate("each => each === document.activeElement"):
                break
        page.keyboard.type(FLAKY.id[-20:])
        expect(page.locator("table[data-list=tests] tbody tr")).to_have_count(1)
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.hash?.startsWith('#test=')"):
                break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        page.wait_for_selector("#detail:not([hidden])")
        assert page.evaluate("document.activeElement.tagName") == "H1"
        assert page.locator("#detail h1").text_content() == f"Test {FLAKY.id}"
        page.keyboard.press("Escape")
        page.wait_for_selector("#overview:not([hidden])")
        assert page.evaluate("decodeURIComponent(document.activeElement.hash)") == f"#test={FLAKY.id}"


def test_the_back_button_closes_what_was_opened(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        link = page.locator("table[data-list=tests] tbody a").nth(2)
        link.click()
        page.wait_for_selector("#detail:not([hidden]) h1")
        assert page.title().startswith(link.text_content() or "-")
        page.go_back()
        page.wait_for_selector("#overview:not([hidden])")
        assert link.evaluate("each => each === document.activeElement")
        assert page.title() == "example: It may not be merged: 2 blocking gates failed."
        page.go_forward()
        page.wait_for_selector("#detail:not([hidden]) h1")


def test_an_address_leads_to_its_test_with_all_that_is_known(browser: Browser) -> None:
    with opened(browser, rendered("page"), fragment=address("test", FLAKY.id)) as tab:
        text = tab.ready().locator("#detail").inner_text()
        for known in (FLAKY.id, "flaky", FLAKY.cause, FLAKY.advice, FLAKY.command, FLAKY.covers[0][0], "As a table"):
            assert known in text
        assert tab.page.locator("#detail svg[role=img]").count() == 2
        tab.page.locator("#detail summary").click()
        expect(tab.page.locator("#detail details tbody tr")).to_have_count(len(FULL.sessions))
        assert tab.troubles == []


def test_an_address_leads_to_its_module_with_its_surviving_mutants(browser: Browser) -> None:
    module = FULL.modules[4]
    with opened(browser, rendered("page"), fragment=address("module", module.path)) as tab:
        page = tab.ready()
        assert page.locator("#detail .bars tbody tr").count() == len(module.tiers)
        assert page.locator("#detail .diff").first.locator("span").all_text_contents() == list(module.survivors[0].diff)
        assert module.survivors[0].command in page.locator("#detail").inner_text()


def test_a_module_shows_the_tests_that_run_it_when_they_are_asked_for(browser: Browser) -> None:
    paths = {path for test in FULL.tests for path, _ in test.covers}
    module = next(each for each in FULL.modules if each.path in paths)
    runs = {test.id: str(count) for test in FULL.tests for path, count in test.covers if path == module.path}
    with opened(browser, rendered("page"), fragment=address("module", module.path)) as tab:
        page = tab.ready()
        page.get_by_text("Tests that run it").click()
        expect(page.locator("#detail details tbody tr")).to_have_count(len(runs))
        told = page.locator("#detail details tbody td").all_text_contents()
        assert dict(zip(told[::2], told[1::2], strict=True)) == runs
        page.locator("#detail details a").first.click()
        page.locator("#detail h1", has_text="Test ").wait_for()
        assert tab.troubles == []


def test_an_address_that_leads_nowhere_says_so(browser: Browser) -> None:
    with opened(browser, rendered("page"), fragment="#test=%E0%A4%A") as tab:
        assert "This page knows no test of that name." in tab.ready().locator("#detail").inner_text()
        assert tab.troubles == []


@pytest.mark.parametrize("number", range(len(samples.ODD)))
def test_odd_names_are_text_wherever_they_are_shown(browser: Browser, number: int) -> None:
    name = f"tests/{samples.ODD[number]}::test_[{samples.ODD[number]}]"
    with opened(browser, rendered("odd"), fragment=address("test", name)) as tab:
        page = tab.ready()
        assert page.locator("#detail h1 code").text_content() == shown(name)
        assert page.locator("#detail .command").first.text_content() == shown(
            f"noxtasks flake --runs 20 '{samples.ODD[number]}'"
        )
        page.locator("#detail table a").first.click()
        page.wait_for_selector("#detail .diff")
        assert page.locator("#detail h1 code").text_content() == shown(samples.ODD[number])
        assert page.evaluate("window.hit") is None
        assert page.locator("img").count() == 0
        assert tab.troubles == []


def test_a_search_finds_all_its_words_and_says_how_many(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        page.locator("form[data-list=tests] input").fill("BILLING keeps")
        wanted = [each.id for each in FULL.tests if "billing" in each.id.lower() and "keeps" in each.id.lower()]
        assert sorted(names(page, "tests")) == sorted(wanted)
        page.get_by_text(f"{len(wanted)} of 120 tests").wait_for()
        page.locator("form[data-list=tests] input").fill("no such thing")
        assert names(page, "tests") == ["No test is like that."]
        page.locator("form[data-list=tests] input").fill("")
        page.locator("form[data-list=tests] select").select_option("flaky")
        assert set(names(page, "tests")) == {each.id for each in FULL.tests if each.state == "flaky"}


def test_every_column_can_be_sorted_both_ways(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        button = page.get_by_role("columnheader", name="mutants noticed first").get_by_role("button")
        wanted = sorted((each.kills for each in FULL.tests if each.kills is not None), reverse=True)
        for way, first in (("descending", wanted[0]), ("ascending", wanted[-1])):
            button.click()
            assert page.locator(f"th[data-key=kills][aria-sort={way}]").count() == 1
            assert page.locator("table[data-list=tests] [aria-sort]").count() == 1
            cells = page.locator("table[data-list=tests] tbody td[data-name^='mutants noticed first']")
            assert cells.first.text_content() == str(first)
        for table in page.locator("table[data-list]").all():
            for head in table.get_by_role("columnheader").all():
                head.get_by_role("button").click()
                assert head.get_attribute("aria-sort")
        assert tab.troubles == []


def test_pages_of_a_list_are_turned_over(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        pager = page.get_by_role("navigation", name="Pages of tests")
        seen = names(page, "tests")
        while pager.get_by_role("button", name="Next").get_attribute("aria-disabled") == "false":
            pager.get_by_role("button", name="Next").click()
            seen += names(page, "tests")
        assert sorted(seen) == sorted(each.id for each in FULL.tests)
        assert "101 to 120 of 120 tests" in pager.inner_text()


def test_the_findings_of_a_panel_are_one_step_away(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        page.get_by_role("link", name="6 findings of flake").click()
        expect(page.locator("table[data-list=findings] tbody tr")).to_have_count(6)
        assert set(names(page, "findings")) == {"flake"}


def test_a_finding_shows_its_change_and_its_command_when_it_is_opened(browser: Browser) -> None:
    finding = FULL.panels[2].findings[0]
    with opened(browser, rendered("page"), fragment="#findings-mutation") as tab:
        page = tab.ready()
        page.locator("table[data-list=findings] summary").first.click()
        page.wait_for_selector("table[data-list=findings] .diff")
        assert page.locator("table[data-list=findings] .diff span").all_text_contents() == list(finding.diff)
        assert page.locator("table[data-list=findings] .command").text_content() == finding.command


def test_a_command_is_copied(browser: Browser) -> None:
    with opened(browser, rendered("page"), permissions=["clipboard-read", "clipboard-write"]) as tab:
        page = tab.ready()
        page.get_by_role("button", name="Copy noxtasks flake --runs 40").click()
        expect(page.locator("#said")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "noxtasks flake --runs 40"


def test_a_page_that_is_loaded_again_stands_as_it_stood(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        page.get_by_role("columnheader", name="mutants noticed first").get_by_role("button").click()
        page.locator("form[data-list=tests] input").fill("billing")
        before = names(page, "tests")
        page.locator("form[data-list=tests] output", has_text="of 120 tests").wait_for()
        page.reload()
        assert names(tab.ready(), "tests") == before
        assert page.locator("form[data-list=tests] input").input_value() == "billing"


@pytest.mark.parametrize("how", ["no script", "no unpacking", "damaged"])
def test_what_matters_most_is_there_without_the_data_and_it_is_said_what_is_missing(browser: Browser, how: str) -> None:
    content = rendered("page")
    if how == "damaged":
        content = content.replace(b'id="data-index">', b'id="data-index">AAAA')
    without = "delete window.DecompressionStream" if how == "no unpacking" else ""
    with opened(browser, content, script=without, java_script_enabled=how != "no script") as tab:
        page = tab.page
        missing = {
            "no script": "need JavaScript",
            "no unpacking": "DecompressionStream",
            "damaged": "could not be unpacked",
        }
        page.locator("#without", has_text=missing[how]).wait_for()
        text = page.locator("main").inner_text()
        assert "It may not be merged: 2 blocking gates failed." in text
        assert "68.1% of mutants killed, 64.9% to 71.2%; 861 mutants" in text
        assert FLAKY.id in names(page, "tests")
        assert page.locator("table[data-list=findings] tbody tr").count() == 3 + 6 + 6
        assert page.locator("form:visible").count() == 0


def test_the_script_tells_what_the_plain_page_tells(browser: Browser) -> None:
    def rows(page: Page, name: str) -> list[list[str]]:
        """The words of each cell but those that are drawn, and but what is to be opened."""
        found: list[list[str]] = page.locator(f"table[data-list={name}] tbody tr").evaluate_all(
            """several => several.map(row => [...row.cells].map(cell => {
              for (const each of cell.querySelectorAll("details")) each.remove();
              return cell.dataset.name === "outcomes" ? "" : cell.textContent.replace(/[^\\w.:%/]+/g, "");
            }))"""
        )
        return found

    with opened(browser, rendered("page"), java_script_enabled=False) as tab:
        plain = {name: rows(tab.page, name) for name in ("findings", "tests", "modules")}
    with opened(browser, rendered("page")) as tab:
        told = {name: rows(tab.ready(), name) for name in plain}
    assert plain["tests"] == told["tests"][: len(plain["tests"])]
    assert plain["modules"] == told["modules"][: len(plain["modules"])]
    assert plain["findings"][:9] == told["findings"][:9]


def test_on_paper_everything_is_open_and_nothing_is_to_be_pressed(browser: Browser) -> None:
    with opened(browser, rendered("page")) as tab:
        page = tab.ready()
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator(".panel details table").first.is_visible()
        assert page.locator(".panel details:not([open])").count() == 0
        controls = page.locator("form:visible, button.copy:visible, nav:visible, .skip:visible")
        assert controls.count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(".panel details[open]").count() == 0


def test_nothing_of_the_script_is_left_in_the_window(browser: Browser) -> None:
    known = "window.known = new Set(Object.getOwnPropertyNames(window)); known.add('known')"
    with opened(browser, rendered("page"), script=known) as tab:
        added = tab.ready().evaluate("Object.getOwnPropertyNames(window).filter(each => !known.has(each))")
        ids = set(tab.page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)"))
        assert set(added) - ids == set()


def test_fifty_thousand_tests_can_be_searched(browser: Browser) -> None:
    tests = samples.some_tests(50_000, 2)
    content = rendering.render(samples.page(tests=tests, sessions=samples.some_sessions(2)))
    with opened(browser, content) as tab:
        page = tab.ready()
        page.locator("form[data-list=tests] input").fill(tests[-1].id)
        assert names(page, "tests") == [tests[-1].id]
        page.locator("table[data-list=tests] tbody a").click()
        page.locator("#detail .command", has_text=tests[-1].command).wait_for()
        assert tab.troubles == []
