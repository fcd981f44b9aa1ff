"""Works on papers in a process of its own, with limits of time and memory: `python -m gateway.paperwork.child`.

A hostile picture or PDF can make a reader last for ever or fill the memory; what it ends then is this process alone. It
gets no settings, no secrets and no database: papers come in on standard input, what was made leaves on standard output.
"""

import resource
import sys
import warnings
from typing import Any

from gateway.paperwork.limits import MEMORY, SECONDS
from gateway.paperwork.looks import look
from gateway.paperwork.make import make
from gateway.paperwork.message import packed, paper_from, unpacked


def answer(asked: dict[str, Any], contents: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """What was asked, done: a look at each paper, or one planned paper made of them."""
    types = asked["types"]
    if asked["what"] == "look":
        seen = [look(media_type, content) for media_type, content in zip(types, contents, strict=True)]
        return {"looks": [[one.pages, one.why_not] for one in seen]}, []
    made = make(paper_from(asked["paper"]), list(zip(types, contents, strict=True)))
    return {"done": made.done, "step": made.step, "why": made.why}, list(made.parts)


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has nothing to write but its answer
    if sys.platform == "linux":  # elsewhere the system does not take this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    """One question, one answer."""
    _limited()
    warnings.simplefilter("ignore")
    asked, contents = unpacked(sys.stdin.buffer.read())
    sys.stdout.buffer.write(packed(*answer(asked, contents)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
