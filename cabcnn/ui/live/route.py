"""The HTTP address to which the page's view posts its sound.

Gradio's own address for a component's functions would work, and is used if this one is missing;
but it takes twice as much of the server's time, which everybody waits for if many people speak at
once.
"""

from __future__ import annotations

import json

from gradio.routes import App
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cabcnn.ui.components import LiveView
from cabcnn.ui.guard import is_foreign
from cabcnn.ui.live.sessions import CHUNK_SECONDS, HIGHEST_RATE

PATH = "/live-sound"
# Of a request: the longest chunk in base64, and the fields beside it.
MAX_BYTES = round(CHUNK_SECONDS * HIGHEST_RATE * 2 * 4 / 3) + 10_000


def route() -> Route:
    """For the `routes` of the page's app."""
    return Route(PATH, _answer, methods=["POST"])


async def _answer(request: Request) -> Response:
    app: App = request.app
    if not _is_allowed(app, request):
        return Response(status_code=401)
    # A page of another site may send text to any address, but JSON only where it was invited.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return Response(status_code=415)
    if is_foreign(request.headers):
        return Response(status_code=403)
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BYTES:
                return Response(status_code=413)
        message = json.loads(body)
    except (ValueError, RecursionError, ClientDisconnect):
        return Response(status_code=400)
    blocks = app.get_blocks().blocks.values()
    view = next((block for block in blocks if isinstance(block, LiveView)), None)
    if view is None:
        return Response(status_code=404)
    return JSONResponse(await view.send(message, request))


def _is_allowed(app: App, request: Request) -> bool:
    """Whether this visitor may use the page: the check that Gradio's own addresses make if the
    host asks for a password. A host that authenticates visitors in another way has Gradio's
    address only."""
    if app.auth_dependency is not None:
        return False
    if app.auth is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    token = request.cookies.get(names[0]) or request.cookies.get(names[1])
    return app.tokens.get(token) is not None
