"""A packet's evidence pack, to be saved: whoever may look at a packet may take it, and its history keeps who did.

It leaves while it is read, one piece after the other. It is a form and not a link, since taking it writes an event.
"""

from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import Response, StreamingResponse

from gateway.desk.guard import ordered_by
from gateway.desk.pages import Pages
from gateway.errors import legible
from gateway.identity import Visitor
from gateway.pack.taking import take
from gateway.pack.writing import written
from gateway.store.people import Role


def add_packs(desk: FastAPI, pages: Pages) -> None:
    """The door `/packets/{packet_id}/pack`."""
    house = pages.house

    @desk.post("/packets/{packet_id}/pack")
    def pack(packet_id: str, visitor: Annotated[Visitor, Depends(ordered_by(Role.viewer))]) -> Response:
        taken = take(house, legible(packet_id), visitor.name)
        headers = {"Content-Disposition": f'attachment; filename="{taken.file_name}"'}
        return StreamingResponse(written(house.database, taken), media_type="application/zip", headers=headers)
