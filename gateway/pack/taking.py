"""Handing a pack to somebody: who took it, and what it was, is an event of the packet before its first byte leaves."""

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
    """So that whatever was kept before is blotted now, also where this process has not yet used them."""
    for key, account in house.settings.accounts.items():
        for name, reference in account.secrets.items():
            try:
                value_of(reference, f"accounts.{key}.secrets.{name}")
            except SettingWrong:
                continue  # what cannot be read here was scrubbed where it was used, and is not known here
