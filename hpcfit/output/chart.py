"""Inline SVG pictures of the report: the convergence curve, and where a value lies between its bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 76, 16, 30, 44


def convergence_chart(events: Sequence[Mapping[str, Any]], history: Sequence[float]) -> str:
    """Loss against iteration, logarithmic; rejected steps as crosses. "" when there is nothing to draw.

    Args:
        events: with `iteration`, `loss` and `accepted`; those without a finite positive loss are left out.
        history: losses by iteration, drawn when there are no events.
    """
    points = [
        (int(event["iteration"]), float(event["loss"]), bool(event.get("accepted", True)))
        for event in events
        if _drawable(event.get("loss"))
    ]
    if not points:
        points = [(i, float(loss), True) for i, loss in enumerate(history) if _drawable(loss)]
    if len(points) < 2:
        return ""
    scale = _Scale([x for x, _, _ in points], [y for _, y, _ in points])
    marks = [_mark(scale.x(x), scale.y(y), x, y, accepted) for x, y, accepted in points]
    line = " ".join(f"{scale.x(x):.1f},{scale.y(y):.1f}" for x, y, accepted in points if accepted)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Loss by iteration">'
        f"{scale.axes()}<polyline class='curve' points='{line}'/>{''.join(marks)}</svg>"
    )


def range_picture(value: float, low: float | None, high: float | None) -> str:
    """Where `value` lies between its bounds, as a dot on a bar; "" unless both bounds are there."""
    if low is None or high is None or not high > low:
        return ""
    at = 6 + 100 * min(max((value - low) / (high - low), 0.0), 1.0)
    title = escape(f"between {low:.6g} and {high:.6g}")
    return (
        f'<svg class="range" viewBox="0 0 112 12" role="img"><title>{title}</title>'
        f'<line class="track" x1="6" y1="6" x2="106" y2="6"/>'
        f'<circle class="dot" cx="{at:.1f}" cy="6" r="4.5"/></svg>'
    )


class _Scale:
    """Data to picture: linear in x, logarithmic in y."""

    def __init__(self, xs: Sequence[int], ys: Sequence[float]) -> None:
        self.first, self.last = min(xs), max(max(xs), min(xs) + 1)
        low, high = math.log10(min(ys)), math.log10(max(ys))
        margin = max(0.04 * (high - low), 0.02)
        self.low, self.high = low - margin, high + margin

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    def axes(self) -> str:
        parts = []
        for value in self._y_ticks():
            y = self.y(value)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.5g}</text>')
        step = max(1, _round_step((self.last - self.first) / 10))
        for tick in range(-(-self.first // step) * step, self.last + 1, step):
            parts.append(
                f'<text x="{self.x(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick}</text>'
            )
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">iteration</text>')
        parts.append(f'<text x="{LEFT - 8}" y="12" text-anchor="end">loss</text>')
        return "".join(parts)

    def _y_ticks(self) -> list[float]:
        """Powers of ten; within two decades 1, 2 and 5 times these; within less, an even division."""
        decades = self.high - self.low
        if decades >= 2.0:
            step = math.ceil(decades / 8)
            return [10.0**k for k in range(math.ceil(self.low), math.floor(self.high) + 1, step)]
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        round_values = [factor * 10.0**k for k in powers for factor in (1.0, 2.0, 5.0)]
        ticks = [value for value in round_values if self.low <= math.log10(value) <= self.high]
        return ticks if len(ticks) >= 3 else [10.0 ** (self.low + decades * k / 4) for k in range(5)]


def _mark(x: float, y: float, iteration: int, loss: float, accepted: bool) -> str:
    word = "" if accepted else ", rejected"
    title = f"<title>iteration {iteration}: {loss:.10g}{word}</title>"
    if accepted:
        return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5">{title}</circle>'
    d = f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"
    return f'<path class="cross" d="{d}">{title}</path>'


def _drawable(loss: object) -> bool:
    return isinstance(loss, int | float) and math.isfinite(loss) and loss > 0.0


def _round_step(width: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... that is at least `width`."""
    if width <= 1.0:
        return 1
    power = int(10 ** math.floor(math.log10(width)))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width)
