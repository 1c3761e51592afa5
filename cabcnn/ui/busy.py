"""A busy indicator: a bar at the top of a view if an answer takes longer than half a second.

Gradio's own progress indicator dims the whole view at once and counts tenths of seconds in it: a
quick answer flickers, and the picture comes a quarter later than without. An event that hides it
must still set `show_progress_on` to the view: otherwise the timers of the inputs that the event
clears go on counting for ever.
"""

from __future__ import annotations

from gradio.events import Dependency


def start(elem_id: str, inputs: str = "inputs", condition: str = "true") -> str:
    """JavaScript for an event's `js`: marks the view as busy if the expression `condition` holds.
    The event's function is called with its inputs, or with the value of the expression `inputs`."""
    return f"""(...inputs) => {{
        const view = document.getElementById("{elem_id}");
        if (view && {condition}) {{
            view.pending = (view.pending ?? 0) + 1;
            view.setAttribute("aria-busy", "true");
        }}
        return {inputs};
    }}"""


def stop(event: Dependency, elem_id: str) -> None:
    """The view is no longer busy once `event` and all others that were started have succeeded or
    failed."""
    js = f"""() => {{
        const view = document.getElementById("{elem_id}");
        if (view?.pending && --view.pending === 0) view.removeAttribute("aria-busy");
    }}"""
    # In the browser, `then` runs after a success only.
    for follow in (event.then, event.failure):
        follow(None, js=js, api_visibility="private")
