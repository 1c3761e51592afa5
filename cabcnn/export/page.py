"""The interactive figure as a page in one file, which needs no internet and no server."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from string import Template

from cabcnn import audio
from cabcnn.explanation import Explanation
from cabcnn.export import interactive
from cabcnn.export.caption import caption
from cabcnn.export.spans import edges

HERE = Path(__file__).parent
# One of plotly's buttons would upload the figure to its maker's server.
CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["sendChartToCloud"],
    "plotlyServerURL": "",
}


def to_html(explanation: Explanation, sound: audio.Source | None = None) -> bytes:
    """The page: about 5 MB, nearly all of it plotly. With `sound`, the part of it that was
    analysed is embedded and can be played.

    Raises AudioError if the sound can't be read.
    """
    x = explanation
    name = escape(x.name or "a clip")
    figure = interactive.draw(x).to_html(
        full_html=False,
        include_plotlyjs=True,
        div_id="explanation",
        config=CONFIG,
    )
    page = Template((HERE / "page.html").read_text("utf-8"))
    return page.substitute(
        title=f"{escape(x.label)}: {name}, classified by {escape(x.model or 'a model')}",
        caption=escape(caption(x)),
        audio="" if sound is None else _audio(x, sound),
        figure=figure,
        script=(HERE / "page.js").read_text("utf-8"),
    ).encode()


def _audio(x: Explanation, sound: audio.Source) -> str:
    start, end = edges(x)[[0, -1]].tolist()
    analysed = audio.read(sound, end)
    part = analysed._replace(samples=analysed.samples[round(start * analysed.rate) :])
    data = base64.b64encode(audio.to_wav(audio.playable(part))).decode("ascii")
    return f'<audio controls data-start="{start:g}" src="data:audio/wav;base64,{data}"></audio>'
