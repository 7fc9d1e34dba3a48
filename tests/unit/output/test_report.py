"""report.html: one file, valid, with every text escaped."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from hpcfit.output.chart import convergence_chart, range_picture
from hpcfit.output.report import report_html, write_report
from hpcfit.output.result import Result

#: tags without an end; those of SVG close themselves
VOID = {"meta"}


class Balance(HTMLParser):
    """Checks that tags close in order, and notes what would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href", "data")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _events() -> list[dict[str, object]]:
    losses = [58423.9, 9000.0, 9000.0, 3627.2]
    return [{"iteration": k, "loss": loss, "accepted": k != 2} for k, loss in enumerate(losses)]


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(tmp_path: Path, result: Result) -> None:
    write_report(tmp_path / "report.html", result, _events(), "silicon")
    page = (tmp_path / "report.html").read_text()
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert parser.loaded == []
    assert "url(" not in page
    for text in (
        "converged",
        "2916.687123",
        "at max 8",
        "AIMD",
        "geodesic-lm",
        "node&lt;1&gt;",
        "QR",
        "1 rejected step<",
    ):
        assert text in page


def test_ties_stand_in_the_page_in_full_and_have_no_bounds(connected: Result) -> None:
    page = report_html(connected, _events(), "silicon")
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    rule = "sqrt(Si-Si.A*C-C.A)"
    assert f'title="{rule} + {rule} + {rule} + {rule}"' in page
    assert page.count('<tr class="fixed">') == 2
    assert "0.25</b><span>loss due to priors" in page


def test_every_text_is_escaped(result: Result) -> None:
    evil = "<script>alert(1)</script>"
    parameter = replace(result.parameters[0], name=evil, species=evil, potential=evil, unit=evil)
    changed = replace(
        result,
        status=evil,
        reason=evil,
        parameters=[parameter, *result.parameters[1:]],
        null_directions=[evil],
        provenance={evil: [evil], "versions": {evil: evil}},
        job={evil: evil},
        rmse=replace(result.rmse, by_tag={"train": {evil: {"energy": 1.0}}}, units={"energy": evil}),
    )
    page = report_html(changed, _events(), evil)
    assert "<script" not in page


def test_the_chart_marks_rejected_steps_and_skips_what_cannot_be_drawn() -> None:
    chart = convergence_chart([*_events(), {"iteration": 4, "loss": None}, {"iteration": 5, "loss": 0.0}], [])
    assert chart.count("<circle") == 3
    assert chart.count('class="cross"') == 1
    assert "iteration 2: 9000, rejected" in chart


def test_without_events_the_history_is_drawn_and_without_both_nothing() -> None:
    assert convergence_chart([], [3.0, 2.0]).count("<circle") == 2
    assert convergence_chart([], [3.0, 3.0]).count("<circle") == 2
    assert convergence_chart([], [3.0]) == ""


def test_a_range_needs_both_bounds() -> None:
    assert 'cx="56.0"' in range_picture(5.0, 0.0, 10.0)
    assert range_picture(5.0, None, 10.0) == ""


def test_the_devices_of_a_run_are_named(result: Result) -> None:
    device = {
        "name": "NVIDIA H200",
        "memory": 150,
        "driver": "570.86",
        "cuda": "12.8",
        "cupy": "14.2.0",
        "ranks": [0],
    }
    page = report_html(
        replace(result, provenance={"device": "cuda", "devices": [device]}), _events(), "silicon"
    )
    assert "name NVIDIA H200, memory 150, driver 570.86, cuda 12.8, cupy 14.2.0, ranks 0" in page
