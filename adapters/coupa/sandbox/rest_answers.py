"""Answers of the Core REST door: JSON or XML by Accept, trimmed as asked, errors in the shapes of facts 5."""

from __future__ import annotations

from xml.sax.saxutils import escape

from gateway.standin.messages import Answer, Request

from .instance import Instance
from .query import Query
from .rendering import Tree, limited, shallow, to_json, to_xml, trimmed
from .texts import REST_TEXTS


class RestError(Exception):
    """An error answer: HTTP status and the words under `errors`."""

    def __init__(self, status: int, *words: str) -> None:
        super().__init__("; ".join(words))
        self.status, self.words = status, list(words)


def text(key: str, **values: str) -> str:
    """A REST text with its gaps filled."""
    return REST_TEXTS[key][0].format(**values)


def is_xml(request: Request) -> bool:
    """Whether the caller asks for XML; anything else gets JSON."""
    return "xml" in request.header("accept").lower()


def written(request: Request, status: int, value: Tree | list[Tree], root: str) -> Answer:
    """A record or a list of records; `root` is the record's XML name."""
    if is_xml(request):
        return Answer(status, to_xml(value, root), "application/xml; charset=utf-8")
    return Answer(status, to_json(value), "application/json; charset=utf-8")


def error_answer(request: Request, instance: Instance, error: RestError) -> Answer:
    """The error, under the key the knob names."""
    after = (("Retry-After", "1"),) if error.status == 429 and instance.knobs.flag("retry_after") else ()
    if is_xml(request):
        return Answer(error.status, _xml_errors(error), "application/xml; charset=utf-8", after)
    body = {"errors": {instance.knobs.text("rest_error_key"): error.words}}
    return Answer(error.status, to_json(body), "application/json; charset=utf-8", after)


def _xml_errors(error: RestError) -> bytes:
    printable = ("".join(letter for letter in word if letter >= " ") for word in error.words)
    words = "".join(f"<error>{escape(word)}</error>" for word in printable)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<errors>{words}</errors>'.encode()


def refused_password(request: Request) -> Answer:
    """What an unusable token is answered, for the fault of that name."""
    error = RestError(401, text("unauthorized"))
    if is_xml(request):
        return Answer(401, _xml_errors(error), "application/xml; charset=utf-8")
    return Answer(401, to_json({"errors": {"base": error.words}}), "application/json; charset=utf-8")


def shaped(query: Query, trees: list[Tree]) -> list[Tree]:
    """Trimmed by `fields`, else by `return_object`."""
    if query.fields is not None:
        return [trimmed(tree, query.fields) for tree in trees]
    shape = {"limited": limited, "shallow": shallow}.get(query.return_object)
    return [shape(tree) for tree in trees] if shape else trees


def listed(request: Request, query: Query, trees: list[Tree], root: str) -> Answer:
    """A page; no rows are an empty list in JSON and a 404 in XML (facts 3)."""
    if not trees and is_xml(request):
        raise RestError(404, text("no_results"))
    return written(request, 200, shaped(query, trees), root)
