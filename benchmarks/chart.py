"""The figures as bars: one SVG that reads well on light and on dark, without a library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from benchmarks.contenders import CONTENDERS, FLOOR, OURS, OURS_TO_POSTGRESQL
from benchmarks.measure import Measurement, Scene
from benchmarks.targets import Run

WIDTH, LEFT, RIGHT, BAR, STEP, HEAD = 760, 190, 90, 18, 28, 40
_KINDS = {OURS: "ours", OURS_TO_POSTGRESQL: "ours", FLOOR: "floor"}
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 14px; }
  .ours { fill: #0b6e99; } .floor { fill: #8c959f; } .peer { fill: #c9d1d9; }
  .axis { stroke: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .ours { fill: #58b4dc; } .floor { fill: #6e7681; } .peer { fill: #3d444d; }
  }
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars for one figure.

    :param title: what is measured, and in what.
    :param scene: the conditions.
    :param value: the figure of a measurement.
    :param shown: how it is written.
    """

    title: str
    scene: Scene
    value: Callable[[Measurement], float]
    shown: str


def panels(run: Run) -> list[Panel]:
    """Choose what to draw.

    :param run: what was measured.
    """
    chosen = []
    if run.largest:
        chosen = [
            Panel("CPU a row, µs", run.largest, lambda one: one.cpu_per_row, "{:.1f}"),
            Panel("Peak memory, MiB", run.largest, lambda one: one.peak_mib, "{:,.0f}"),
        ]
    return chosen + [
        Panel("Wall time, s", scene, lambda m: m.seconds, "{:.1f}") for scene in run.slow
    ]


def svg(run: Run) -> str:
    """Draw all panels, one below the other; shorter is better.

    :param run: what was measured.
    """
    top, parts = 8, []
    for panel in panels(run):
        found = [run.find(name, panel.scene) for name in CONTENDERS]
        bars = [one for one in found if one is not None]
        if bars:
            parts.append(_drawn(panel, bars, top))
            top += HEAD + STEP * len(bars) + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" '
        f'height="{top}" role="img">\n<title>Benchmark: shorter bars are better</title>\n'
        f"<style>{_STYLE}</style>\n{''.join(parts)}</svg>\n"
    )


def _drawn(panel: Panel, bars: Sequence[Measurement], top: int) -> str:
    most = max(panel.value(one) for one in bars) or 1.0
    title = f"{panel.title} ({panel.scene}; shorter is better)"
    lines = [f'<text class="title" x="8" y="{top + 20}">{escape(title)}</text>\n']
    for place, one in enumerate(bars):
        y = top + HEAD + place * STEP
        value = panel.value(one)
        width = max(1.0, value / most * (WIDTH - LEFT - RIGHT))
        kind = _KINDS.get(one.contender, "peer")
        name, middle = escape(CONTENDERS[one.contender].title), y + BAR - 4
        lines += [
            f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{name}</text>\n',
            f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}"/>\n',
            f'<text x="{LEFT + width + 6:.1f}" y="{middle}">{panel.shown.format(value)}</text>\n',
        ]
    bottom = top + HEAD + len(bars) * STEP - 8
    axis = f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{top + HEAD - 4}" y2="{bottom}"/>\n'
    return "".join([*lines, axis])
