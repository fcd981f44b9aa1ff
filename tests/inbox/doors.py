"""The HTTP doors of a house behind a real server, and documents as a network pushes them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

import uvicorn

from gateway.house import House
from gateway.web.app import app_for

AT = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
NETWORK = "AN01000000001"
SECRET = "pushed<&>s3cret-of-the-supplier"


@contextmanager
def listening(house: House) -> Iterator[str]:
    """The address of the doors."""
    config = uvicorn.Config(app_for(house), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


def request(
    inner: str,
    *,
    buyer: str,
    supplier: str,
    payload: str = "u-1",
    at: datetime = AT,
    secret: str = SECRET,
    mode: str = "production",
    head: str = "",
) -> bytes:
    """One request from a buyer, through the network, to a supplier."""
    one = '<Credential domain="NetworkID"><Identity>{}</Identity></Credential>'
    proof = f"<SharedSecret>{escape(secret)}</SharedSecret>"
    sender = f'<Credential domain="NetworkID"><Identity>{NETWORK}</Identity>{proof}</Credential>'
    return (
        f'{head}<cXML payloadID={quoteattr(payload)} timestamp="{at.isoformat()}"><Header>'
        f"<From>{one.format(buyer)}</From><To>{one.format(supplier)}</To>"
        f"<Sender>{sender}<UserAgent>Supplier</UserAgent></Sender></Header>"
        f'<Request deploymentMode="{mode}">{inner}</Request></cXML>'
    ).encode()


def status_update(type_: str, *, reference: str = "", number: str = "", comment: str = "", action: str = "") -> str:
    """A StatusUpdateRequest about an invoice."""
    named = f"<DocumentReference payloadID={quoteattr(reference)}/>" if reference else ""
    info = f"<InvoiceIDInfo invoiceID={quoteattr(number)}/>" if number else ""
    said = f'<Comments xml:lang="en" type="Reason">{escape(comment)}</Comments>' if comment else ""
    said += f'<Comments xml:lang="en" type="Action">{escape(action)}</Comments>' if action else ""
    return (
        f'<StatusUpdateRequest>{named}<Status code="200" text="OK" xml:lang="en"/>'
        f'<InvoiceStatus type="{type_}">{info}{said}</InvoiceStatus></StatusUpdateRequest>'
    )


def later(seconds: float) -> datetime:
    """So many seconds after AT."""
    return AT + timedelta(seconds=seconds)
