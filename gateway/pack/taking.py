"""Handing a pack to somebody: who took it, and what it was, is an event of the packet before its first byte leaves."""

from collections.abc import Iterator
from typing import Any

from gateway.errors import NotFound, SettingWrong
from gateway.house import House
from gateway.pack.contents import pieces_of
from gateway.pack.writing import Pack, packed
from gateway.secrets import value_of
from gateway.store import events, packets
from gateway.store.dossier import dossier


def take(house: House, packet_id: str, who: str) -> Pack:
    """A packet's pack as things stand now; the event `pack_taken` follows what is in it. Raises NotFound."""
    with house.database.write() as tx:
        if packets.load(tx, packet_id, lock=True) is None:
            raise NotFound(f"there is no packet {packet_id!r}.")
        found = dossier(tx, packet_id)
    with house.database.read() as tx:
        pieces = pieces_of(tx, found)
    _know_secrets(house)
    pack = packed(house.database, found, pieces)
    with house.database.write() as tx:
        packets.load(tx, packet_id, lock=True)
        told = {"manifest_sha256": pack.manifest_sha256, "events": found.events, "pieces": len(pieces)}
        events.record(tx, packet_id, house.database.now(tx), "pack_taken", who, **told)
    return pack


def _know_secrets(house: House) -> None:
    """So that whatever was kept before is blotted now, also where this process has not yet used a secret."""
    for reference in _references(house.settings.model_dump(mode="json")):
        try:
            value_of(reference, "settings")
        except SettingWrong:
            continue  # what cannot be read here was scrubbed where it was used, and is not known here


def _references(values: Any) -> Iterator[str]:
    """Every reference to a secret, wherever it stands in the settings."""
    if isinstance(values, str) and values.startswith(_SCHEMES):
        yield values
    elif isinstance(values, dict):
        for name, inner in values.items():
            if name not in _WHOLE_FILES:
                yield from _references(inner)
    elif isinstance(values, list | tuple):
        for inner in values:
            yield from _references(inner)


_SCHEMES = ("env:", "file:")  # a keyring may ask a person, who is not there
_WHOLE_FILES = ("client_certificate", "client_key")  # their first lines are no secret
