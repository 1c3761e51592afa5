"""An explanation as an interactive plotly figure: all lanes on one time axis that zooms."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from cabcnn.envelope import downsample
from cabcnn.explanation import Explanation
from cabcnn.export import palette
from cabcnn.export.caption import source, verdict
from cabcnn.export.spans import edges

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

INK = "#222222"
HEIGHTS = {"waveform": 0.12, "attention": 0.46, "top": 0.06, "interval": 0.14, "so far": 0.22}
PIXELS = 760
TIME = "%{x:.3f} s"
# With more classes than this, hovering shows only the class that a classifier votes for, not all
# its votes and shares: for a minute of ten classes those would be 4 MB of numbers.
MAX_CLASSES = 5
MAX_COLUMNS = 3000  # of the waveform


def draw(explanation: Explanation) -> Figure:
    """Waveform (if there is an envelope), attention, top classifiers, interval probabilities
    and verdict so far; hovering shows time, classifier, weight, votes and shares."""
    from plotly.subplots import make_subplots

    x = explanation
    lanes = {"waveform": _waveform, "attention": _attention, "top": _top}
    lanes |= {"interval": _intervals, "so far": _so_far}
    if x.envelope is None:
        del lanes["waveform"]
    figure = make_subplots(
        rows=len(lanes),
        shared_xaxes=True,
        vertical_spacing=0.02,
        row_heights=[HEIGHTS[name] for name in lanes],
    )
    for row, (name, lane) in enumerate(lanes.items(), 1):
        for trace in lane(x):
            figure.add_trace(trace, row, 1)
        figure.update_yaxes(title_text=name, title_font_size=12, row=row, col=1, fixedrange=True)
        if name == "attention":
            figure.update_yaxes(autorange="reversed", title_text="classifier", row=row, col=1)
        elif name in ("waveform", "top"):
            figure.update_yaxes(showticklabels=False, ticks="", row=row, col=1)
        elif name == "interval":
            figure.update_yaxes(range=[1, 0], tickvals=[0, 1], ticktext=["1", "0"], row=row, col=1)
        else:
            figure.update_yaxes(range=[0, 1], row=row, col=1)
    start, end = edges(x)[[0, -1]].tolist()
    figure.update_xaxes(range=[start, end], minallowed=start, maxallowed=end)
    figure.update_xaxes(title_text="time in seconds", row=len(lanes), col=1)
    figure.update_layout(
        template="simple_white",
        height=PIXELS,
        title={"text": f"<b>{_escape(x.label)}</b> · {_escape(source(x))}", "font_size": 15},
        font={"size": 12, "color": INK},
        margin={"l": 60, "r": 20, "t": 60, "b": 50},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.005, "x": 0},
        hoverlabel={"align": "left"},
        dragmode="zoom",
        meta={"verdict": verdict(x), "score": x.score, "notices": list(x.notices)},
    )
    return figure


def _waveform(x: Explanation) -> list[Any]:
    from plotly import graph_objects

    assert x.envelope is not None
    start, end = edges(x)[[0, -1]]
    low, high = downsample(x.envelope, MAX_COLUMNS).T.astype(np.float32)
    times = (start + (np.arange(len(low)) + 0.5) * (end - start) / len(low)).astype(np.float32)
    line = {"color": INK, "width": 0.6, "shape": "hvh"}
    shared: dict[str, Any] = {"mode": "lines", "showlegend": False, "hoverinfo": "skip"}
    return [
        graph_objects.Scatter(x=times, y=low, line=line, **shared),
        graph_objects.Scatter(x=times, y=high, line=line, fill="tonexty", fillcolor=INK, **shared),
    ]


def _attention(x: Explanation) -> list[Any]:
    from plotly import graph_objects

    _, n, m = x.votes.shape
    hover = (
        "".join(
            f"<br>{_escape(k)}: vote %{{customdata[{j}]:.3f}}, share %{{customdata[{m + j}]:.2e}}"
            for j, k in enumerate(x.labels)
        )
        if m <= MAX_CLASSES
        else "<br>%{text}"
    )
    hover_data: dict[str, Any] = {}
    if m <= MAX_CLASSES:
        numbers = np.concatenate([x.votes, x.shares], 2).transpose(1, 0, 2)
        hover_data["customdata"] = numbers.astype(np.float32)
    else:
        voted, highest = x.votes.argmax(2).T, x.votes.max(2).T
        hover_data["text"] = [
            [f"votes {_escape(x.labels[k])} {vote:.3f}" for k, vote in zip(*row)]
            for row in zip(voted.tolist(), highest.tolist())
        ]
    return [
        graph_objects.Heatmap(
            x=x.times.astype(np.float32),
            y=np.arange(n),
            z=x.attention.T.astype(np.float32),
            zmin=0,
            zmax=palette.max_weight(x.attention),
            colorscale=list(palette.ATTENTION),
            colorbar={"title": "weight", "len": 0.4, "y": 0.7, "thickness": 12},
            hovertemplate=f"{TIME}<br>classifier %{{y}}<br>attention %{{z:.4f}}{hover}"
            "<extra></extra>",
            **hover_data,
        )
    ]


def _top(x: Explanation) -> list[Any]:
    from plotly import graph_objects

    m = len(x.labels)
    voted = x.votes[np.arange(len(x.selected)), x.selected].argmax(1)
    scale = [[edge / m, palette.colour(k)] for k in range(m) for edge in (k, k + 1)]
    hover = [
        f"classifier {i} has most attention, votes {_escape(x.labels[k])}"
        for i, k in zip(x.selected.tolist(), voted.tolist())
    ]
    return [
        graph_objects.Heatmap(
            x=x.times.astype(np.float32),
            y=[0],
            z=[voted],
            zmin=-0.5,
            zmax=m - 0.5,
            colorscale=scale,
            showscale=False,
            opacity=0.6,
            text=[hover],
            hovertemplate=f"{TIME}<br>%{{text}}<extra></extra>",
        )
    ]


def _intervals(x: Explanation) -> list[Any]:
    from plotly import graph_objects

    times = edges(x).astype(np.float32)
    probabilities = x.interval_probabilities.astype(np.float32)
    return [
        graph_objects.Scatter(
            x=times,
            y=np.append(probabilities[:, k], probabilities[-1, k]),
            name=_escape(label),
            legendgroup=str(k),
            showlegend=False,
            stackgroup="interval",
            mode="lines",
            line={"width": 0, "shape": "hv", "color": palette.colour(k)},
            fillcolor=palette.colour(k),
            hovertemplate=f"{TIME}<br>{_escape(label)}: %{{y:.3f}} in this interval<extra></extra>",
        )
        for k, label in enumerate(x.labels)
    ]


def _so_far(x: Explanation) -> list[Any]:
    from plotly import graph_objects

    return [
        graph_objects.Scatter(
            x=edges(x)[1:].astype(np.float32),
            y=x.verdict_so_far[:, k].astype(np.float32),
            name=f"{_escape(label)} {x.probabilities[k]:.3f}",
            legendgroup=str(k),
            mode="lines",
            line={
                "width": 2,
                "color": palette.colour(k),
                "dash": ",".join(f"{length}px" for length in palette.dashes(k)) or "solid",
            },
            hovertemplate=f"{TIME}<br>{_escape(label)}: %{{y:.3f}} so far<extra></extra>",
        )
        for k, label in enumerate(x.labels)
    ]


def _escape(text: str) -> str:
    """Text without plotly's formatting: some tags, and % before a brace."""
    return escape(text, quote=False).replace("%{", "%&#123;")
