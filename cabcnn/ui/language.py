"""One language on the page. Gradio puts its own words into the browser's language, and the page's
are English: before any of its scripts run, the page is told that the browser is English too."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What Gradio says to screen readers when an event is over, and has no words for.
WORDS = {"common.complete": "Done"}
SCRIPT = b"""<script>
for (const [name, value] of Object.entries({ language: "en", languages: ["en"] }))
  Object.defineProperty(navigator, name, { configurable: true, get: () => value });
</script>"""
HEAD = b"<head>"


class English:
    """ASGI middleware that puts the script at the top of the page. `launch(head=...)` comes too
    late: by then Gradio has chosen a language."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["method"] == "GET"
        is_page = is_page and scope["path"].removeprefix(scope.get("root_path", "")) in ("", "/")

        async def send_with_script(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(raw=message["headers"])["content-length"]
            elif message["type"] == "http.response.body":
                message["body"] = message["body"].replace(HEAD, HEAD + SCRIPT, 1)
            await send(message)

        await self.app(scope, receive, send_with_script if is_page else send)
