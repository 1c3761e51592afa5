"""The interactive figure as a page in one file: no network, no server, nothing beside it."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from string import Template

from cabcnn import audio
from cabcnn.explanation import Explanation
from cabcnn.export import interactive
from cabcnn.export.caption import caption
from cabcnn.export.spans import edges

HERE = Path(__file__).parent
# One of plotly's buttons would send the figure to a server of its maker's.
CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["sendChartToCloud"],
    "plotlyServerURL": "",
}


def to_html(explanation: Explanation, sound: audio.Source | None = None) -> bytes:
    """The page: about 5 MB, nearly all of it plotly itself. With `sound`, what was analysed of
    it is in the page too and can be played.

    Raises AudioError where the sound can't be read.
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
        title=f"{escape(x.label)}: what {escape(x.model or 'a model')} heard in {name}",
        caption=escape(caption(x)),
        audio="" if sound is None else _audio(x, sound),
        figure=figure,
        script=(HERE / "page.js").read_text("utf-8"),
    ).encode()


def _audio(x: Explanation, sound: audio.Source) -> str:
    import soundfile

    start, end = edges(x)[[0, -1]].tolist()
    heard = audio.read(sound, end)
    part = heard._replace(samples=heard.samples[round(start * heard.rate) :])
    played = audio.playable(part)
    file = io.BytesIO()
    soundfile.write(file, played.samples, played.rate, "PCM_16", format="WAV")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<audio controls data-start="{start:g}" src="data:audio/wav;base64,{data}"></audio>'
