"""No secret in any log, error, repr or recording, whatever goes wrong."""

import logging
import traceback
from typing import Any

import httpx
import pytest
import structlog

from gateway.errors import ClearbillError
from tests.contract.desk import NUMBER, Desk

FAULTS = ("http_500", "http_429", "garbage", "cut", "lost_answer", "refuse_password", "hostile_xml")


def test_nothing_that_is_kept_or_shown_holds_a_secret(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kept: list[str] = []
    with structlog.testing.capture_logs() as records:
        _try_everything(desk, kept)
        kept.append(repr(_held_by(desk.adapter)))  # now: a refused token is forgotten below
        for kind in FAULTS:
            desk.portal.fault(kind, door="any", times=0)
            _try_everything(desk, kept)
            desk.portal.accepts()
    kept += [repr(records), caplog.text, repr(desk.account), repr(desk.adapter), repr(_held_by(desk.adapter))]
    seen = "\n".join(kept)
    hidden = {*desk.secrets.values(), *desk.recorder.credentials}
    shown = desk.recorder.credentials or (desk.variant.signing_in and desk.sign_ins())
    assert shown, "no credentials were used, so this test proves nothing"
    assert NUMBER in seen
    assert [value for value in hidden if value in seen] == []


def _try_everything(desk: Desk, kept: list[str]) -> None:
    document = desk.document()
    kept += [repr(document), document.body.decode("latin-1")]
    for verb in (
        lambda: desk.adapter.submit(document, "reference"),
        lambda: desk.adapter.find(NUMBER),
        lambda: desk.adapter.poll(""),
        lambda: desk.adapter.check(),
        lambda: desk.another_adapter().find(NUMBER),
    ):
        try:
            answer = verb()
        except ClearbillError as fault:
            kept += [repr(fault), str(vars(fault)), "".join(traceback.format_exception(fault))]
        else:
            kept += [repr(answer), getattr(answer, "raw", b"").decode("latin-1")]
            kept += [notice.raw.decode("latin-1") for notice in getattr(answer, "notices", ())]


def _held_by(value: Any, depth: int = 0) -> Any:
    """What an object keeps, as deep as its own parts go; the connection and functions left out."""
    if depth > 4 or isinstance(value, httpx.Client) or callable(value) or not hasattr(value, "__dict__"):
        return repr(value)
    return {name: _held_by(part, depth + 1) for name, part in vars(value).items()}
