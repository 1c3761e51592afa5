"""An explanation as a figure for a paper: all lanes on one time axis, and a caption."""

from __future__ import annotations

import io
import textwrap
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from cabcnn.envelope import downsample
from cabcnn.errors import CabcnnError
from cabcnn.explanation import Explanation
from cabcnn.export import canvas, palette
from cabcnn.export.caption import caption
from cabcnn.export.spans import edges, spans_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTHS = {1: 3.4, 2: 7.0}  # inches: a column of a paper, and both
DPI = 300
NOTEBOOK_DPI = 200
TEXT, SMALL = 7.0, 6.0  # points
LINE = SMALL * 1.25 / 72  # inches
HANDLE = 4.4 * TEXT / 72  # inches of a legend entry beside its text
MIN_CHARACTERS = 20  # of a line of the caption
MAX_COLUMNS = 2100  # of the waveform: one a pixel in print
NUMBER_WIDTH = 0.115  # inches that a classifier's number needs on the ribbon
# As Nature, IEEE and others require: TrueType (42), not Type 3. In an SVG text becomes paths, so
# that it looks the same everywhere. The salt makes equal figures equal files.
EMBEDDED: Any = {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "cabcnn"}
UNDATED: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
    "png": {},
}
_settings = Lock()  # matplotlib's settings are shared by all threads


def draw(explanation: Explanation, columns: int = 2) -> Figure:
    """Waveform (if there is an envelope), attention, top classifiers, interval probabilities
    and verdict so far, one or two columns of a paper wide, with a caption.

    Raises CabcnnError for another number of columns.
    """
    if columns not in WIDTHS:
        raise CabcnnError(f"A figure is 1 or 2 columns wide, not {columns}.")
    x, width = explanation, WIDTHS[columns]
    lanes: dict[str, tuple[float, Any]] = {
        "waveform": (0.42, _waveform),
        "attention": (1.7 if columns == 2 else 1.4, _attention),
        "top": (0.26, _top),
        "intervals": (0.5, _intervals),
        "so far": (0.75, _so_far),
    }
    if x.envelope is None:
        del lanes["waveform"]
    heights = [height for height, _ in lanes.values()]
    handles = _legend(x)
    figure = canvas.new_figure(width, 1)
    entry = HANDLE + max(_inches(str(one.get_label()), TEXT, figure) for one in handles)
    classes_a_row = max(int(width / entry), 1)
    words = caption(x)
    if codes := canvas.remark(words):
        words = f"{words} {codes}"
    lines = _wrap(words, figure, 0.97 * width)
    legend = -(-len(x.labels) // classes_a_row) * TEXT * 1.5 / 72
    figure.set_figheight(sum(heights) + 0.75 + legend + LINE * len(lines))
    figure.get_layout_engine().set(h_pad=0.02, w_pad=0.02, hspace=0.02)  # pyright: ignore
    rows = figure.subplots(len(lanes), sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (_, lane) in zip(rows, lanes.values()):
        axes.tick_params(labelsize=SMALL, length=2, width=0.5)
        axes.spines[:].set_linewidth(0.5)
        canvas.hide_spines(axes)
        lane(axes, x, width)
    start, end = edges(x)[[0, -1]]
    rows[-1].set_xlim(start, end)
    rows[-1].set_xlabel("time in seconds", fontsize=TEXT)
    figure.align_ylabels(list(rows))
    figure.legend(
        handles=[handle for j in range(classes_a_row) for handle in handles[j::classes_a_row]],
        loc="outside upper left",
        ncols=classes_a_row,
        fontsize=TEXT,
        frameon=False,
        borderpad=0,
        handlelength=2.6,
        handletextpad=0.6,
        columnspacing=1.2,
    )
    figure.supxlabel("\n".join(lines), x=0.005, ha="left", fontsize=SMALL, color=canvas.INK)
    canvas.set_fonts(figure)
    return figure


def write(figure: Figure, kind: str, dpi: int = DPI) -> bytes:
    """The figure as "png", "svg" or "pdf", with embedded fonts and no date: reproducible bytes."""
    from matplotlib import rc_context

    file = io.BytesIO()
    with _settings, rc_context(EMBEDDED):
        figure.savefig(file, format=kind, dpi=dpi, metadata=UNDATED[kind])
    return file.getvalue()


def for_notebook(explanation: Explanation) -> tuple[bytes, dict[str, Any]]:
    """A PNG of the figure, and the size in pixels to show it at."""
    figure = draw(explanation)
    width, height = figure.get_size_inches() * 100
    return write(figure, "png", NOTEBOOK_DPI), {"width": round(width), "height": round(height)}


def _inches(text: str, size: float, figure: Figure) -> float:
    """The width of a line of text in the current font."""
    artist = figure.text(0, 0, text, fontsize=size, fontfamily=canvas.fonts(text))
    width = artist.get_window_extent().width / figure.dpi
    artist.remove()
    return width


def _wrap(text: str, figure: Figure, width: float) -> list[str]:
    """Small text in lines of at most `width` inches."""
    characters = int(width * len(text) / _inches(canvas.escape(text), SMALL, figure)) + 1
    while True:  # a line can be wider than the average line of as many characters
        lines = [canvas.escape(line) for line in textwrap.wrap(text, characters)]
        widest = max(_inches(line, SMALL, figure) for line in lines)
        if widest <= width or characters <= MIN_CHARACTERS:
            return lines
        characters = max(min(int(characters * width / widest), characters - 1), MIN_CHARACTERS)


def _waveform(axes: Axes, x: Explanation, width: float) -> None:
    assert x.envelope is not None
    start, end = edges(x)[[0, -1]]
    columns = downsample(x.envelope, MAX_COLUMNS)
    low, high = np.vstack([columns, columns[-1:]]).T
    times = np.linspace(start, end, len(low))
    axes.fill_between(times, low, high, step="post", color=canvas.INK, linewidth=0.2)
    peak = max(float(np.abs(x.envelope).max()), 1e-6)
    axes.set_ylim(-peak, peak)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _name(axes, "wave")


def _attention(axes: Axes, x: Explanation, width: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    times, n = edges(x), x.attention.shape[1]
    image = axes.imshow(
        x.attention.T,
        cmap=LinearSegmentedColormap.from_list("attention", palette.ATTENTION),
        vmin=0,
        vmax=palette.max_weight(x.attention),
        aspect="auto",
        origin="upper",
        extent=(times[0], times[-1], n - 0.5, -0.5),
        interpolation="nearest",
    )
    axes.spines[:].set_visible(True)
    axes.set_yticks(range(0, n, 10 if n > 20 else 5))
    _name(axes, "classifier")
    colorbar_axes = axes.inset_axes((1 + 0.06 / width, 0, 0.12 / width, 1))
    bar = axes.figure.colorbar(image, cax=colorbar_axes)
    bar.outline.set_linewidth(0.5)  # pyright: ignore[reportCallIssue]
    bar.ax.tick_params(labelsize=SMALL, length=2, width=0.5)
    bar.set_label("attention weight", fontsize=TEXT)


def _top(axes: Axes, x: Explanation, width: float) -> None:
    times = edges(x)
    voted = x.votes[np.arange(len(x.selected)), x.selected].argmax(1)
    spans = list(spans_of(x, list(zip(x.selected.tolist(), voted.tolist()))))
    axes.broken_barh(
        [(span.start, span.end - span.start) for span in spans],
        (0, 1),
        facecolors=[palette.colour(span.value[1]) for span in spans],
        alpha=0.55,
        linewidth=0,
        antialiased=False,
    )
    inches = 0.85 * width / (times[-1] - times[0])
    for span in spans:
        width_inches = (span.end - span.start) * inches
        if width_inches > NUMBER_WIDTH:
            axes.text(
                (span.start + span.end) / 2,
                0.46,
                str(span.value[0]),
                ha="center",
                va="center",
                fontsize=SMALL - 1,
                clip_on=True,
            )
            axes.vlines([span.start, span.end], 0, 1, color="white", linewidth=0.4)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _name(axes, "top", SMALL)


def _intervals(axes: Axes, x: Explanation, width: float) -> None:
    stacked = np.vstack([x.interval_probabilities, x.interval_probabilities[-1:]]).T
    axes.stackplot(
        edges(x),
        stacked,
        colors=[palette.colour(k) for k in range(len(x.labels))],
        step="post",
        linewidth=0,
        antialiased=False,
    )
    axes.set_ylim(1, 0)  # the first class at the top, as in the legend
    axes.set_yticks([0, 1], ["1", "0"])
    _name(axes, "interval")


def _so_far(axes: Axes, x: Explanation, width: float) -> None:
    for k, probabilities in enumerate(x.verdict_so_far.T):
        style = (0, palette.dashes(k)) if palette.dashes(k) else "-"
        axes.plot(
            edges(x)[1:],
            probabilities,
            color=palette.colour(k),
            linestyle=style,
            linewidth=1,
            clip_on=False,
        )
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.axhline(1 / len(x.labels), color=canvas.QUIET, linewidth=0.5, linestyle=":")
    _name(axes, "so far")


def _legend(x: Explanation) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [],
            [],
            color=palette.colour(k),
            linestyle=(0, palette.dashes(k)) if palette.dashes(k) else "-",
            linewidth=1.5,
            label=f"{canvas.label_text(' '.join(label.split()))} {probability:.3f}",
        )
        for k, (label, probability) in enumerate(zip(x.labels, x.probabilities))
    ]


def _name(axes: Axes, text: str, size: float = TEXT) -> None:
    axes.set_ylabel(text, fontsize=size)
