"""What there is to look at when it is asked what happened: pictures, pages, recordings, by hash beside their subject.

The bytes are a blob, and one event of the subject's chain names them: attempt, file name, media type, SHA-256, size.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.errors import Evidence
from gateway.secrets import scrub_bytes
from gateway.store import events
from gateway.store.database import Tx, keep_blob


def keep(
    tx: Tx, subject: str, at: datetime, evidence: Sequence[Evidence], who: str, attempt: int | None = None
) -> None:
    """Keeps all of it; nothing is written where there is none. The caller has locked the subject's row."""
    if not evidence:
        return
    files = []
    for one in evidence:
        content = scrub_bytes(one.content)
        files.append(
            {
                "name": one.name,
                "media_type": one.media_type,
                "sha256": keep_blob(tx, content),
                "size": len(content),
            }
        )
    told = {} if attempt is None else {"attempt": attempt}
    events.record(tx, subject, at, "evidence", who, files=files, **told)
