"""What a report says: every number named and sourced, nothing said in two ways, nothing without a verdict hidden."""

import json
from dataclasses import replace

import pytest
import rfc8785

from audits.statistics.limits import Verdict
from reports.contents import Figure, Source
from reports.pdf.pages import pages
from tests.reports import samples


@pytest.fixture(scope="module")
def report():
    return samples.make_report()


@pytest.fixture(scope="module")
def html(report) -> str:
    return pages("monitoring", report, evidence=b"{}")


def test_a_figure_links_to_its_source_and_escapes_its_text():
    assert Figure("psi.a", "< 0.001", "s").printed == '<a class="figure" href="#figure:psi.a">&lt; 0.001</a>'


@pytest.mark.parametrize(
    ("name", "text"), [("PSI", "1"), ("a b", "1"), ("", "1"), ("a", ""), ("a", " 1"), ("a", "1\n2")]
)
def test_a_figure_has_a_plain_name_and_a_text_in_one_piece(name, text):
    with pytest.raises(ValueError, match="figure"):
        Figure(name, text, "s")


def test_one_name_never_stands_for_two_numbers(report):
    twice = replace(report.counts[0], number=replace(report.counts[0].number, text="9"))
    with pytest.raises(ValueError, match=r"count\.within would be printed as"):
        replace(report, counts=(*report.counts, twice))


def test_a_figure_without_a_source_is_refused(report):
    with pytest.raises(ValueError, match="sources that the report does not list: drift"):
        replace(report, sources=tuple(source for source in report.sources if source.key != "drift"))


def test_the_annex_lists_every_figure_once(report):
    listed = [figure.id for _, figures in report.annex for figure in figures]
    assert sorted(listed) == sorted(report.figures)


def test_every_figure_is_on_the_pages_and_every_link_has_a_row(report, html):
    for name, figure in report.figures.items():
        assert f'href="#figure:{name}">{figure.text}</a>' in html
        assert html.count(f'id="figure:{name}"') == 1


def test_results_without_a_verdict_are_printed_apart_with_their_reason(report):
    assert {result.verdict for result in report.insufficient} == {Verdict.INSUFFICIENT, Verdict.UNKNOWN}
    assert all(result.note for result in report.insufficient)


def test_the_opinion_stands_before_everything_else(report, html):
    assert html.index(report.opinion.headline, html.index("<body>")) < html.index("In this report")
    assert html.index("Not examined") > 0
    assert all(gap.why in html for gap in report.gaps)


def test_an_uneventful_period_is_said_in_words(report):
    lists = ("breaches", "findings", "adjustments", "decisions", "beforehand", "trends", "gaps", "actions")
    quiet = replace(report, **dict.fromkeys(lists, ()))
    html = pages("monitoring", quiet, evidence=b"{}")
    for said in ("No breach was open", "No finding was open", "No overlay", "Nothing about this model was decided",
                 "Fewer than four periods", "Everything that the monitoring plan names was examined"):  # fmt: skip
        assert said in html


def test_the_evidence_is_canonical_and_holds_every_figure(report):
    content = samples.make_evidence(report)
    bundle = json.loads(content)
    assert rfc8785.dumps(bundle) == content
    assert bundle["figures"] == {name: figure.text for name, figure in report.figures.items()}
    assert set(bundle["sources"]) == {source.key for source in report.sources}


def test_signatures_show_name_time_and_meaning(report, html):
    for decision in report.decisions:
        assert all(text in html for text in (decision.name, decision.at, decision.meaning, decision.statement_sha256))


def test_a_source_says_how_many_figures_come_from_it(report):
    html = pages(
        "monitoring", replace(report, sources=(*report.sources, Source("unused", "A run", ()))), evidence=b"{}"
    )
    assert "0 figures" in html
