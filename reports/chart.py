"""A report's series as a picture: lines over time, drawn as SVG. Pure.

Shown by `<img>` and saved as it is, so it carries its style in itself, and no script. Its colours
are of a tone that reads on light and on dark ground.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pygal
from babel.dates import format_datetime
from pygal.style import Style

from reports import series

_COLOURS = {
    "sent": "#3b82f6", "delivered": "#0d9488", "read": "#16a34a", "replied": "#a855f7",
    "clicked": "#d97706", "failed": "#e0523f", "opted_out": "#64748b", "goals": "#db2777",
}  # fmt: skip
_QUIET = "#7b8b86"
_FACE = "system-ui, sans-serif"
_LABELS = 8  # of the times below; more would run into each other
_DOTS_UP_TO = 40
_SHAPES = {"30m": "d MMM HH:mm", "hour": "d MMM HH:mm", "day": "d MMM", "month": "MMM y"}
_MOST = 2_000  # points; a series of buckets that `series.bucket_for` chose has far fewer


def svg(of: Mapping[str, Any], zone: ZoneInfo) -> bytes:
    """The picture of a report's `series`: a line for each thing that happened at all."""
    points = list(filled(of, zone))
    shown = [what for what in series.COUNTED if any(point[what] for point in points)]
    chart = pygal.Line(
        js=(),
        width=960,
        height=340,
        margin=12,
        style=_style([_COLOURS[what] for what in shown]),
        show_dots=len(points) <= _DOTS_UP_TO,
        dots_size=2,
        include_x_axis=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=8,
        legend_box_size=10,
        show_x_guides=False,
        show_minor_x_labels=False,
        truncate_legend=-1,
        truncate_label=-1,
        x_labels_major_every=max(1, -(-len(points) // _LABELS)),
        no_data_text="Nothing happened yet",
        value_formatter=lambda value: f"{value:,.0f}" if value == int(value) else "",
    )
    shape = _SHAPES[of["bucket"]]
    chart.x_labels = [format_datetime(p["at"], shape, tzinfo=zone, locale="en") for p in points]
    for what in shown:
        chart.add(what.replace("_", " "), [point[what] for point in points])
    chart.add_xml_filter(_without_scripts)
    drawn: bytes = chart.render()
    return drawn


def _style(colours: list[str]) -> Style:
    clear = "transparent"
    return Style(
        background=clear, plot_background=clear, foreground=_QUIET, foreground_strong=_QUIET,
        foreground_subtle="#7b8b8655", colors=tuple(colours) or (_QUIET,), font_family=_FACE,
        label_font_family=_FACE, major_label_font_family=_FACE, legend_font_family=_FACE,
        no_data_font_family=_FACE, label_font_size=13, major_label_font_size=13,
        legend_font_size=14, no_data_font_size=18, stroke_width=2, opacity=".9",
        guide_stroke_color="#7b8b8655", major_guide_stroke_color="#7b8b8655", transition="0s",
    )  # fmt: skip


def _without_scripts(root: Any) -> Any:
    """pygal writes its settings into a script even where it is told to use none."""
    for parent in list(root.iter()):
        for child in list(parent):
            if str(child.tag).rpartition("}")[2] == "script":
                parent.remove(child)
    return root


def filled(of: Mapping[str, Any], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The points with their moments, and noughts where nothing happened in between."""
    known = {datetime.fromisoformat(point["at"]): point for point in of["points"]}
    if not known:
        return
    at, last = min(known), max(known)
    for _ in range(_MOST):
        yield {**(known.get(at) or dict.fromkeys(series.COUNTED, 0)), "at": at}
        if at >= last:
            return
        at = _after(at, of["bucket"], zone)


def _after(at: datetime, bucket: series.Bucket, zone: ZoneInfo) -> datetime:
    """When the next bucket begins: `series.start_of` of a moment that is surely in it."""
    if bucket in ("30m", "hour"):
        step = timedelta(minutes=30 if bucket == "30m" else 60)
        return (at.astimezone(UTC) + step).astimezone(zone)
    ahead = timedelta(hours=36) if bucket == "day" else timedelta(days=45)
    return series.start_of(at.astimezone(zone) + ahead, bucket, zone)
