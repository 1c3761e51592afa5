"""The way of the sound: an address of its own, at which the page's view hands in its pieces.

Gradio's address for a component's functions would do, and does where this one is missing; but of
the server's time it takes twice as much, for which everybody waits where many speak at once.
"""

from __future__ import annotations

import json

from gradio.routes import App
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cabcnn.ui.components import LiveView
from cabcnn.ui.live.sessions import AT_ONCE, HIGHEST_RATE

PATH = "/live-sound"
# Of a request: the longest piece in base 64, and what stands around it.
MOST_BYTES = round(AT_ONCE * HIGHEST_RATE * 2 * 4 / 3) + 10_000


def route() -> Route:
    """For the `routes` of the page's app."""
    return Route(PATH, _answer, methods=["POST"])


async def _answer(request: Request) -> Response:
    app: App = request.app
    if not _admitted(app, request):
        return Response(status_code=401)
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return Response(status_code=413)
        asked = json.loads(body)
    except (ValueError, RecursionError, ClientDisconnect):
        return Response(status_code=400)
    blocks = app.get_blocks().blocks.values()
    view = next((block for block in blocks if isinstance(block, LiveView)), None)
    if view is None:
        return Response(status_code=404)
    return JSONResponse(await view.send(asked))


def _admitted(app: App, request: Request) -> bool:
    """Whether this visitor may use the page: what Gradio's own addresses ask first, where a host
    asks for a password. Who lets visitors in otherwise has Gradio's address only."""
    if app.auth_dependency is not None:
        return False
    if app.auth is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    token = request.cookies.get(names[0]) or request.cookies.get(names[1])
    return app.tokens.get(token) is not None
