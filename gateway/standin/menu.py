"""The part of the menu that every stand-in offers tests in the same way: what goes wrong on the wire."""

from __future__ import annotations

from .faults import Faults
from .server import Server

DEFAULT = "default"


class Menu:
    """Faults and outages. What it arms stays until it is used up or the portal `accepts()` again."""

    _server: Server

    def _faults(self, buyer: str) -> Faults:
        """The faults that hit requests for that buyer."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where the default buyer's doors are; another buyer's are at `url + "/" + name`."""
        return self._server.url

    def close(self) -> None:
        """End every connection and give the port back."""
        self._server.down()

    def fault(self, kind: str, *, buyer: str = DEFAULT, **values: object) -> None:
        """Arm any fault of the control API."""
        self._faults(buyer).arm({"kind": kind, **values})

    def goes_silent_after_receipt(self, times: int = 1, *, door: str = "submit", buyer: str = DEFAULT) -> None:
        """Take the next submissions and close the connection without an answer."""
        self.fault("lost_answer", times=times, door=door, buyer=buyer)

    def cuts_before_receipt(self, times: int = 1, *, door: str = "submit", buyer: str = DEFAULT) -> None:
        """Close the connection before anything is read."""
        self.fault("cut", times=times, door=door, buyer=buyer)

    def throttles(self, times: int = 1, *, door: str = "any", seconds: float = 1, buyer: str = DEFAULT) -> None:
        """Answer 429 with Retry-After."""
        self.fault("http_429", times=times, door=door, seconds=seconds, buyer=buyer)

    def answers_garbage(self, times: int = 1, *, door: str = "submit", buyer: str = DEFAULT) -> None:
        """Answer 200 with nonsense, having done nothing."""
        self.fault("garbage", times=times, door=door, buyer=buyer)

    def answers_hostile_xml(self, times: int = 1, *, door: str = "submit", buyer: str = DEFAULT) -> None:
        """Answer with an entity bomb, having done nothing."""
        self.fault("hostile_xml", times=times, door=door, buyer=buyer)

    def refuses_the_password(self, times: int = 0, *, door: str = "any", buyer: str = DEFAULT) -> None:
        """Refuse the credentials, until `accepts()` unless `times` is given."""
        self.fault("refuse_password", times=times, door=door, buyer=buyer)

    def is_down(self) -> None:
        """Refuse connections; what is open is cut."""
        self._server.down()

    def is_up(self) -> None:
        """Listen again, on the same port, with the same books."""
        self._server.up()
