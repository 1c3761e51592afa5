"""A bar at the top of a view that tells, from half a second on, that an answer is on its way.

Gradio's own progress dims the whole view at once and counts tenths of seconds in it, frame by
frame: over a quick answer the picture flickers, and comes a quarter later than without. Whoever
hides it must still say `show_progress_on` the view: the trackers of boxes that the event empties
would go on counting for ever.
"""

from __future__ import annotations

from gradio.events import Dependency


def start(elem_id: str, given: str = "given", where: str = "true") -> str:
    """JavaScript for an event's `js`: the view waits from now on, if the expression `where` holds.
    The event's function is called with its inputs, or with what the expression `given` says."""
    return f"""(...given) => {{
        const view = document.getElementById("{elem_id}");
        if (view && {where}) {{
            view.waits = (view.waits ?? 0) + 1;
            view.setAttribute("aria-busy", "true");
        }}
        return {given};
    }}"""


def stop(event: Dependency, elem_id: str) -> None:
    """With the answer to `event`, or its failure, and to all others that began, the view waits
    no longer."""
    js = f"""() => {{
        const view = document.getElementById("{elem_id}");
        if (view?.waits && --view.waits === 0) view.removeAttribute("aria-busy");
    }}"""
    # In the browser, what comes `then` comes after a success only.
    for follow in (event.then, event.failure):
        follow(None, js=js, api_visibility="private")
