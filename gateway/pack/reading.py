"""What a person reads first in a pack: the time-line as a page of its own, and how to check the rest by hand."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from gateway.commands.telling import STATUSES, changes_in_words, event_in_words, reason_in_words, who_in_words
from gateway.commands.wording import OUTCOMES, STAGES, money
from gateway.secrets import scrub
from gateway.store.database import Tx
from gateway.store.dossier import Dossier, Row, stored_events
from gateway.store.events import Event

READ_ME = """\
EVIDENCE PACK OF ONE INVOICE PACKET

Open timeline.html in a browser: what happened, in order, with links to the files here. Times are UTC.

  timeline.html       what happened, for reading
  packet.json         where the packet stands
  decisions.json      what people decided, said and arranged, with their names
  events.json         everything that happened, as it is stored
  revisions/          each revision: its content, what it changed and why, the document that was built, byte for byte
  papers/             the papers, each once; a revision's about.json says which it sent
  transmissions/      each transmission: references, times, receipt, the portal's answer
  words/              what the portal and the buyer said, in their words, and the answers in which it stood
  voids/              invoices taken back at the portal
  pushed/             documents that the portal delivered
  asked/              orders that a second person had to agree to, and who did
  pictures/           what was seen at portals without an interface: pictures, pages, recordings
  checklists/         the client's requirements that were in force meanwhile
  chain/              every event, as the exact bytes that its hash covers
  manifest.json       every file with its SHA-256 and size, and the end of the chain of events
  SHA256SUMS          the same hashes, for sha256sum

A folder that is not here had nothing in it. Where a portal wants a password inside a document, the stored document has
a mark in its place, and so has the one here. What manifest.json gives a "kept_sha256" for had a secret blotted out.

HOW TO CHECK IT

With Clearbill, on any machine, without its database:

  clearbill audit verify PACK.zip

By hand: unpack it, and

1. every file is as it was packed:      sha256sum -c SHA256SUMS
2. the events are a chain: the first 64 characters of each file in chain/ are the SHA-256 of the file before it (64
   zeros in the first). The hash of chain/000007.event stands in SHA256SUMS, and at the beginning of chain/000008.event.
   A file of the chain holds, with the character 0x1F between them: the hash before, the subject, the event's number,
   its time, its kind, who did it, and what is told of it as JSON.
3. the chain binds the rest: the event "received" names the SHA-256 of revisions/001/packet.json and of the papers,
   each event "built" that of the document and of papers made for it, "evidence" those of pictures; "amended" and
   "corrected" hold the differences between revisions.

WHAT THIS PROVES, AND WHAT IT DOES NOT

Whoever changes a file, an event or their order without reckoning everything anew is found by these steps. Whoever has
the pack can reckon everything anew; therefore compare: when the pack was taken, the packet's own history noted by whom,
and the SHA-256 of manifest.json (event "pack_taken", not in this pack). `clearbill status PACKET` shows it.
Whoever rules over the database could have rewritten the history before the pack was taken. Against that stands only
what is kept elsewhere: the daily anchors over all histories (`clearbill audit verify` names the last one), an older
pack, the portal's own records under the references here.
"""


def time_line(tx: Tx, of: Dossier) -> bytes:
    """The page, complete in itself: no script, nothing from elsewhere."""
    packet_id = str(of.packet["id"])
    happened = [
        Event(one.subject, one.n, one.at, one.kind, one.who, json.loads(one.data))  # type: ignore[arg-type]
        for one in stored_events(tx, packet_id, of.events)
    ]
    text = _template().render(
        packet=of.packet,
        revisions=of.revisions,
        attempts=of.attempts,
        words=[_word(row) for row in of.verdicts],
        events=happened,
        changes_of=lambda row: changes_in_words(json.loads(row["diff"])),
    )
    return scrub(text).encode()


def _word(row: Row) -> Mapping[str, Any]:
    return {**row, "told": [reason_in_words(reason) for reason in json.loads(row["reasons"])]}


def _exactly(value: Any) -> str:
    """An instant as UTC to the second."""
    text = value if isinstance(value, str) else value.isoformat() if value else ""
    return text[:19].replace("T", " ")


@cache
def _template() -> Template:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        {"STAGES": STAGES, "STATUSES": STATUSES, "OUTCOMES": OUTCOMES, "money": money}
        | {"event_in_words": event_in_words, "who_in_words": who_in_words, "exactly": _exactly}
    )
    return made.get_template("timeline.html")
