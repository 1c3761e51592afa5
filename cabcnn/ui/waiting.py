"""A bar at the top of a view that tells, from half a second on, that an answer is on its way.

Gradio's own progress dims the whole view at once and counts tenths of seconds in it, frame by
frame: over a quick answer the picture flickers, and comes a quarter later than without.
"""

from __future__ import annotations

from gradio.events import Dependency


def begins(elem_id: str, given: str = "given") -> str:
    """JavaScript for an event's `js`: the view waits from now on. The event's function is called
    with its inputs, or with what the expression `given` says."""
    return (
        f"(...given) => {{ document.getElementById('{elem_id}')?.setAttribute('aria-busy', 'true');"
        f" return {given}; }}"
    )


def ends(event: Dependency, elem_id: str) -> None:
    """The view waits no longer when `event` is over, however it ended."""
    event.then(
        None,
        js=f"() => {{ document.getElementById('{elem_id}')?.removeAttribute('aria-busy'); }}",
        api_visibility="private",
    )
