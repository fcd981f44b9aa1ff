"""Limits that hold before anything is read: a body larger than allowed is refused without being kept."""

from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Refusal = Callable[[Scope, int], Response]
"""What is answered to a request that is larger than so many bytes."""


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a request's body is, or announces to be, larger than `most` bytes.

    (The server's own protocol is asynchronous; this is the one place where that shows.)"""

    def __init__(self, app: ASGIApp, most: int, told: Refusal | None = None) -> None:
        self._app = app
        self._most = most
        self._told = told or told_to_a_program

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._most:
            await self._refuse(scope, receive, send)
            return
        seen = 0
        started = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooLarge:
            if not started:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._told(scope, self._most)
        answer.headers["Connection"] = "close"  # what is left of the body is not read
        await answer(scope, receive, send)


def told_to_a_program(scope: Scope, most: int) -> Response:
    """The refusal of the doors."""
    problem = {
        "path": "",
        "message": f"The request is larger than {most // 1_000_000} MB.",
        "cure": "Shrink the papers, or hand the packet over in the watched folder.",
    }
    return JSONResponse({"error": "too_large", "problems": [problem]}, status_code=413)


class _TooLarge(Exception):
    """The body outgrew the limit while it was read."""
