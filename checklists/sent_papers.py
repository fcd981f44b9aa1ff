"""The papers as they will be sent: each with what it was made from, and what could not be made of the others."""

from dataclasses import dataclass

from checklists.paper_steps import PaperStep
from gateway.packet import Packet, SupportingDocument


@dataclass(frozen=True, slots=True)
class SentPaper:
    """A paper as it leaves. `sources`: positions, from 0, of the packet's own papers that it was made from. `done`: in
    words, what was done; nothing for one that leaves with the bytes that came."""

    document: SupportingDocument
    sources: tuple[int, ...]
    done: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something the client's plan asks for that must not, or cannot, be done to papers (positions from 0).

    `why` follows the papers' names ("carries a filled signature field"); `cure` is a person's next step."""

    sources: tuple[int, ...]
    step: PaperStep
    why: str
    cure: str

    @property
    def stops(self) -> bool:
        """Whether the packet waits for a person; a page that only lacks its number goes all the same."""
        return self.step is not PaperStep.stamp


@dataclass(frozen=True, slots=True)
class SentPapers:
    """What becomes of a packet's papers, in the order in which they leave."""

    papers: tuple[SentPaper, ...]
    refusals: tuple[Refusal, ...] = ()


def as_they_came(packet: Packet) -> SentPapers:
    """The packet's papers, each with its own bytes and name."""
    return SentPapers(tuple(SentPaper(document, (at,)) for at, document in enumerate(packet.documents)))
