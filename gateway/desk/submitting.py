"""Handing over by hand: a ready packet, an e-invoice in UBL, or a form, each looked at before it is sent.

What is being made ready is a draft (`gateway.store.drafts`) of whoever makes it; it becomes a packet by one door,
`gateway.handing_over.hand_over`, and only as it was looked at.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from formats.ubl import LINE_KINDS, invoice_from
from gateway.commands.telling import changes_in_words
from gateway.commands.wording import Calendar, place
from gateway.desk import invoice_form as form
from gateway.desk.guard import ordered_by, seen_by
from gateway.desk.pages import Pages
from gateway.desk.sheet import sheet_of
from gateway.errors import NotFound, NotPossible, PacketRefused, Problem, legible
from gateway.handing_over import SOURCE, Answer, answer_of, hand_over
from gateway.holding import finding_json
from gateway.house import House
from gateway.identity import Visitor
from gateway.intake import MAX_DOCUMENT_BYTES
from gateway.packet import MAX_DOCUMENTS, MAX_JSON_BYTES, DocumentKind, json_from
from gateway.papers import MEDIA_TYPES
from gateway.store import drafts, packets
from gateway.store.database import Tx
from gateway.store.drafts import Draft, DraftFile
from gateway.store.people import Role

MOST_DRAFTS = 5
"""Of one person at a time, so that what nobody finishes cannot fill the database."""

_Coordinator = Annotated[Visitor, Depends(seen_by(Role.coordinator))]
_Ordering = Annotated[Visitor, Depends(ordered_by(Role.coordinator))]


@dataclass(frozen=True, slots=True)
class Sent:
    """One file as a browser sent it: which field, its name, its media type, its bytes."""

    field: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Posted:
    """What a form sent: texts by name (of a name that comes twice the last), and files."""

    texts: Mapping[str, str]
    files: Sequence[Sent]

    def sent(self, field: str) -> tuple[Sent, ...]:
        """The files of one field."""
        return tuple(one for one in self.files if one.field == field)


async def _posted(request: Request) -> Posted:
    texts: dict[str, str] = {}
    files: list[Sent] = []
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                kind = (value.content_type or "").split(";")[0].strip().lower()
                files.append(Sent(name, legible(value.filename), legible(kind), await value.read()))
        else:  # browsers send every end of a line as CR LF
            texts[legible(name)] = legible(value.replace("\r\n", "\n").strip())
    return Posted(texts, files)


_Form = Annotated[Posted, Depends(_posted)]


class Refusal(Exception):
    """What was sent to make a draft of cannot be taken: shown where it was sent, with everything typed."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


def add_submitting(desk: FastAPI, pages: Pages) -> None:
    """The doors below `/submit`."""
    house = pages.house

    @desk.get("/submit")
    def choose(request: Request, visitor: _Coordinator) -> Response:
        return _choice(pages, request, visitor, {})

    @desk.post("/submit/packet")
    def ready_packet(request: Request, visitor: _Ordering, posted: _Form) -> Response:
        try:
            handed = _json_in(posted)
            draft_id = _begun(house, visitor, "packet", json.dumps(handed, default=str), posted.sent("files"))
        except Refusal as refused:
            return _choice(pages, request, visitor, {"packet": refused.problems}, 422)
        return RedirectResponse(f"/submit/{draft_id}", status_code=303)

    @desk.post("/submit/ubl")
    def e_invoice(request: Request, visitor: _Ordering, posted: _Form) -> Response:
        try:
            content, papers = _ubl_in(house, posted)
            draft_id = _begun(house, visitor, "ubl", content, papers)
        except Refusal as refused:
            return _choice(pages, request, visitor, {"ubl": refused.problems}, 422, posted.texts)
        return RedirectResponse(f"/submit/{draft_id}", status_code=303)

    @desk.post("/submit/form")
    def new_form(visitor: _Ordering) -> Response:
        draft_id = _begun(house, visitor, "form", json.dumps({"fields": {}}), ())
        return RedirectResponse(f"/submit/{draft_id}/form", status_code=303)

    @desk.get("/submit/{draft_id}")
    def look(request: Request, draft_id: str, visitor: _Coordinator) -> Response:
        with house.database.read() as tx:
            draft, files = _draft_at(house, tx, draft_id, visitor)
        if draft.packet_id:
            return RedirectResponse(f"/packets/{draft.packet_id}", status_code=303)
        return _looked_at(pages, request, draft, files)

    @desk.post("/submit/{draft_id}")
    def order(request: Request, draft_id: str, visitor: _Ordering, posted: _Form) -> Response:
        with house.database.read() as tx:
            draft, files = _draft_at(house, tx, draft_id, visitor)
        if draft.packet_id:  # a second click
            return RedirectResponse(f"/packets/{draft.packet_id}", status_code=303)
        match posted.texts.get("do"):
            case "discard":
                with house.database.write() as tx:
                    drafts.drop(tx, draft.id)
                return RedirectResponse("/submit", status_code=303)
            case "papers":
                try:
                    _take_papers(house, draft, visitor, posted)
                except Refusal as refused:
                    return _looked_at(pages, request, draft, files, 422, refused.problems)
                return RedirectResponse(f"/submit/{draft.id}#papers", status_code=303)
            case "hand-over":
                return _handed_over(pages, request, draft, files, visitor, posted.texts.get("seen", ""))
        raise NotPossible("this is no order that there is; nothing was done.")

    @desk.get("/submit/{draft_id}/form")
    def form_page(request: Request, draft_id: str, visitor: _Coordinator) -> Response:
        draft, files = _form_at(house, draft_id, visitor)
        return _form_shown(pages, request, draft, files, _fields_of(draft), ())

    @desk.post("/submit/{draft_id}/form")
    def form_sent(request: Request, draft_id: str, visitor: _Ordering, posted: _Form) -> Response:
        draft, files = _form_at(house, draft_id, visitor)
        fields, does = form.typed(posted.texts), posted.texts.get("do", "")
        try:
            _take_papers(house, draft, visitor, posted)
        except Refusal as refused:
            return _form_shown(pages, request, draft, files, fields, refused.problems, 422)
        fields = _rearranged(house, fields, does)
        _keep_fields(house, draft, visitor, fields)
        draft, files = _form_at(house, draft_id, visitor)
        if does == "look":
            with house.database.read() as tx:
                draft, files = _draft_at(house, tx, draft_id, visitor)
            answer = answer_of(house, _handed(draft, files), _contents(files))
            if not answer.problems:
                return RedirectResponse(f"/submit/{draft.id}", status_code=303)
            return _form_shown(pages, request, draft, files, fields, answer.problems, 422)
        return _form_shown(pages, request, draft, files, fields, ())


# --- drafts -------------------------------------------------------------------------------------------------------


def _begun(house: House, visitor: Visitor, kind: drafts.Kind, content: str, files: Sequence[Sent]) -> str:
    """A new draft with these files; answers its id. Raises Refusal, NotPossible."""
    with house.database.write() as tx:
        now = house.database.now(tx)
        if len(drafts.of(tx, visitor.name, now)) >= MOST_DRAFTS:
            raise NotPossible(
                f"you have {MOST_DRAFTS} hand-overs half done. Finish one of them or throw it away, under Hand over."
            )
        draft_id = drafts.begin(tx, visitor.name, kind, content, now)
        _add_files(house, tx, draft_id, (), files)
    return draft_id


def _draft_at(house: House, tx: Tx, draft_id: str, visitor: Visitor) -> tuple[Draft, tuple[DraftFile, ...]]:
    """The visitor's own draft and its files. Raises NotFound."""
    draft = _own(house, tx, draft_id, visitor)
    return draft, drafts.files(tx, draft.id)


def _own(house: House, tx: Tx, draft_id: str, visitor: Visitor) -> Draft:
    draft = drafts.load(tx, legible(draft_id), visitor.name, house.database.now(tx))
    if draft is None:
        raise NotFound("there is no such hand-over of yours any more: each ends after a day, and when you sign out.")
    return draft


def _form_at(house: House, draft_id: str, visitor: Visitor) -> tuple[Draft, tuple[DraftFile, ...]]:
    with house.database.read() as tx:
        draft = _own(house, tx, draft_id, visitor)
        files = drafts.names(tx, draft.id)
    if draft.kind != "form" or draft.packet_id:
        raise NotFound("this is no form that is being filled in.")
    return draft, files


def _fields_of(draft: Draft) -> dict[str, str]:
    fields: dict[str, str] = json.loads(draft.content)["fields"]
    return fields


def _keep_fields(house: House, draft: Draft, visitor: Visitor, fields: Mapping[str, str]) -> None:
    with house.database.write() as tx:
        present = drafts.load(tx, draft.id, visitor.name, house.database.now(tx), lock=True)
        if present is None or present.packet_id:
            raise NotPossible("this was handed over or thrown away meanwhile.")
        drafts.change(tx, draft.id, json.dumps({"fields": fields}))


def _take_papers(house: House, draft: Draft, visitor: Visitor, posted: Posted) -> None:
    """Adds files, takes others away, and keeps what each is. Raises Refusal, and NotPossible for a draft that ended."""
    with house.database.write() as tx:
        present = drafts.load(tx, draft.id, visitor.name, house.database.now(tx), lock=True)
        if present is None or present.packet_id:
            raise NotPossible("this was handed over or thrown away meanwhile.")
        there = drafts.names(tx, draft.id)
        gone = [one.n for one in there if posted.texts.get(f"drop-{one.n}")]
        drafts.drop_files(tx, draft.id, gone)
        for one in there:
            kind = posted.texts.get(f"kind-{one.n}", one.kind)
            if kind != one.kind and kind in list(DocumentKind):
                drafts.mark_file(tx, draft.id, one.n, kind)
        left = [one for one in there if one.n not in gone]
        _add_files(house, tx, draft.id, left, posted.sent("files"), posted.texts.get("new-kind", ""))


def _add_files(
    house: House, tx: Tx, draft_id: str, there: Sequence[DraftFile], new: Sequence[Sent], kind: str = ""
) -> None:
    """Keeps files; one of the same name as an earlier one takes its place. Raises Refusal."""
    names = {one.name.casefold() for one in new}
    replaced = [one.n for one in there if one.name.casefold() in names]
    left = [one for one in there if one.n not in replaced]
    most = house.settings.max_upload_mb * 1_000_000
    if len(left) + len(new) > MAX_DOCUMENTS:
        raise Refusal(Problem("files", f"a packet has at most {MAX_DOCUMENTS} papers.", "Merge some of them."))
    if sum(one.size for one in left) + sum(len(one.content) for one in new) > most:
        cure = "Shrink them, or hand the packet over by the program that makes it."
        raise Refusal(Problem("files", f"together the papers are larger than {most // 1_000_000} MB.", cure))
    drafts.drop_files(tx, draft_id, replaced)
    known = kind if kind in list(DocumentKind) else DocumentKind.other.value
    for n, one in enumerate(new, max((file.n for file in there), default=0) + 1):
        if fault := _fault_of(one):
            raise Refusal(fault)
        file = DraftFile(n, one.name, _media_type(one), known, len(one.content), one.content)
        drafts.add_file(tx, draft_id, file)


def _fault_of(sent: Sent) -> Problem | None:
    if len(sent.name) > 200:
        return Problem(
            "files", f"the file name {sent.name[:60]}… has more than 200 characters.", "Give it a short one."
        )
    if not sent.content:
        return Problem("files", f"{sent.name} is empty (0 bytes).", "Attach the file again.")
    if len(sent.content) > MAX_DOCUMENT_BYTES:
        return Problem("files", f"{sent.name} is larger than 50 MB.", "Shrink or split it.")
    return None


_BY_ENDING = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "gif": "image/gif",
    "txt": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def _media_type(sent: Sent) -> str:
    """As the browser says; where it says nothing that is taken, by the name's ending."""
    guessed = _BY_ENDING.get(sent.name.rpartition(".")[2].lower(), "application/octet-stream")
    return sent.media_type if sent.media_type in MEDIA_TYPES else guessed


def _json_in(posted: Posted) -> dict[str, Any]:
    """The packet's JSON that was chosen. Raises Refusal."""
    sent = posted.sent("packet")
    if not sent:
        raise Refusal(Problem("packet", "no file was chosen.", "Choose the packet's .json file."))
    if len(sent[0].content) > MAX_JSON_BYTES:
        raise Refusal(Problem("packet", f"{sent[0].name} is larger than {MAX_JSON_BYTES // 1024 // 1024} MB.", ""))
    try:
        handed = json_from(sent[0].content)
    except PacketRefused as refused:
        raise Refusal(*refused.problems) from None
    if not isinstance(handed, dict):
        raise Refusal(Problem("packet", "the file holds no packet.", "Send one JSON object."))
    return handed


def _ubl_in(house: House, posted: Posted) -> tuple[str, tuple[Sent, ...]]:
    """The e-invoice that was chosen, as a draft's content, and its papers: those in it and those sent with it. Raises
    Refusal."""
    client, kind = posted.texts.get("client", ""), posted.texts.get("line-kind", "")
    if client not in _clients(house):
        raise Refusal(Problem("client", "no client was chosen.", "Choose whom the e-invoice is for."))
    if kind not in LINE_KINDS:
        raise Refusal(Problem("line-kind", "it is not said what the lines bill.", "Choose one of the kinds."))
    if not posted.sent("ubl"):
        raise Refusal(Problem("ubl", "no file was chosen.", "Choose the e-invoice’s .xml file."))
    try:
        read = invoice_from(posted.sent("ubl")[0].content, kind)
    except PacketRefused as refused:
        raise Refusal(*refused.problems) from None
    inside = tuple(Sent("files", legible(one.name), one.media_type, one.content) for one in read.files)
    told = {"client": client, "invoice": read.invoice, "told": list(read.told)}
    return json.dumps(told), (*inside, *posted.sent("files"))


# --- what a draft says --------------------------------------------------------------------------------------------


def _contents(files: Sequence[DraftFile]) -> dict[str, bytes]:
    return {one.name: one.content for one in files}


def _handed(draft: Draft, files: Sequence[DraftFile]) -> dict[str, Any]:
    """The hand-over that a draft stands for. A ready packet keeps the source that it names."""
    made: dict[str, Any] = {"generated_at": draft.made_at.isoformat()}
    papers = [{"kind": one.kind, "name": one.name, "media_type": one.media_type} for one in files]
    if draft.kind == "packet":
        handed: dict[str, Any] = json.loads(draft.content, parse_float=str)
        if "source_id" not in handed:
            handed |= {"source_system": SOURCE, "source_id": draft.id}
        return made | ({} if "documents" in handed else {"documents": papers}) | handed
    made |= {"source_system": SOURCE, "source_id": draft.id, "documents": papers}
    if draft.kind == "ubl":
        read = json.loads(draft.content)
        return made | {"client": read["client"], "invoice": read["invoice"]}
    return form.handed_from(_fields_of(draft)) | made


def _rearranged(house: House, fields: dict[str, str], does: str) -> dict[str, str]:
    """The fields after what a button orders: one more line, one less, the parties of the last invoice."""
    if does == "line":
        return form.with_another_line(fields)
    if does.startswith("drop-") and does[5:].isdecimal() and len(does) < 10:
        return form.without_line(fields, int(does[5:]))
    if does == "parties" and fields.get("/client"):
        with house.database.read() as tx:
            last = packets.newest_of(tx, fields["/client"])
            if last is not None:
                return form.with_parties_of(fields, packets.body(tx, last.id, last.revision))
    return fields


# --- pages --------------------------------------------------------------------------------------------------------


def _choice(
    pages: Pages,
    request: Request,
    visitor: Visitor,
    problems: Mapping[str, Sequence[Problem]],
    status: int = 200,
    chosen: Mapping[str, str] | None = None,
) -> Response:
    house = pages.house
    with house.database.read() as tx:
        now = house.database.now(tx)
        mine = drafts.of(tx, visitor.name, now)
    told: dict[str, Any] = {"drafts": mine, "problems": problems, "calendar": Calendar(house.settings.time_zone, now)}
    told |= {"clients": _clients(house), "chosen": chosen or {}, "kinds": LINE_KINDS, "MOST_LINES": form.MOST_LINES}
    return pages.show(request, "submit.html", status, **told)


def _clients(house: House) -> dict[str, str]:
    """Names of the clients with a checklist in force today, by key."""
    found = {key: house.find_checklist(key) for key in sorted(house.shelf.library.versions)}
    return {key: checklist.name for key, checklist in found.items() if checklist is not None}


def _form_shown(
    pages: Pages,
    request: Request,
    draft: Draft,
    files: Sequence[DraftFile],
    fields: Mapping[str, str],
    problems: Sequence[Problem],
    status: int = 200,
) -> Response:
    problems = [_for_a_person(one) for one in problems]
    said: dict[str, list[str]] = {}
    for problem in problems:
        said.setdefault(problem.path, []).append(f"{problem.message} {problem.cure}".strip())
    invoice = form.handed_from(fields).get("invoice", {})
    told: dict[str, Any] = {
        "draft": draft,
        "fields": fields,
        "said": said,
        "problems": [(place(one.path), one.path, f"{one.message} {one.cure}".strip()) for one in problems],
        "count": form.lines_in(fields),
        "reckoned": invoice.get("totals", {}),
        "nets": [line.get("net_amount", "") for line in invoice["lines"]],
        "tax": invoice.get("tax_breakdown", []),
        "form": form,
        "clients": _clients(pages.house),
        **_of_papers(files, True),
    }
    return pages.show(request, "submit_form.html", status, **told)


def _for_a_person(problem: Problem) -> Problem:
    """A problem of a field, told to whoever fills it in rather than to whoever writes a program."""
    path = f"{problem.path}/name" if problem.path in ("/invoice/seller", "/invoice/buyer") else problem.path
    if problem.message.startswith("field required"):
        return Problem(path, "this must be filled in.")
    if "valid date" in problem.message:
        return Problem(path, "this is no date.", "Write it as year, month and day: 2026-11-30.")
    if problem.message.startswith("tuple should have at least 1 item"):
        return Problem(path, "an invoice has at least one line.", "Fill one in.")
    return Problem(path, problem.message, problem.cure)


def _of_papers(files: Sequence[DraftFile], with_kinds: bool) -> dict[str, Any]:
    return {"files": files, "kinds": [kind.value for kind in DocumentKind], "with_kinds": with_kinds}


def _looked_at(
    pages: Pages,
    request: Request,
    draft: Draft,
    files: Sequence[DraftFile],
    status: int = 200,
    refused: Sequence[Problem] = (),
) -> Response:
    """The page with the checklist's answer."""
    answer = answer_of(pages.house, _handed(draft, files), _contents(files))
    return _answer_shown(pages, request, draft, files, answer, status, refused)


def _answer_shown(
    pages: Pages,
    request: Request,
    draft: Draft,
    files: Sequence[DraftFile],
    answer: Answer,
    status: int,
    refused: Sequence[Problem],
) -> Response:
    why = [finding_json(finding) for finding in answer.findings]
    listed = json.loads(draft.content).get("documents") is not None
    told: dict[str, Any] = {
        "draft": draft,
        "answer": answer,
        "refused": refused,
        "sheet": sheet_of(answer.packet, why) if answer.packet is not None else None,
        "mended": [(one.says, changes_in_words(one.patch)) for one in answer.mended],
        "told": json.loads(draft.content).get("told", ()) if draft.kind == "ubl" else (),
        "left": [finding_json(finding) for finding in answer.left],
        "contact": answer.checklist.contact_for(answer.stops[0].who_acts)
        if answer.checklist and answer.stops
        else None,
        **_of_papers(files, not listed),
    }
    return pages.show(request, "submit_look.html", status, **told)


def _handed_over(
    pages: Pages, request: Request, draft: Draft, files: Sequence[DraftFile], visitor: Visitor, seen: str
) -> Response:
    """Hands over what was looked at, keeps nothing else of the draft, and shows the packet."""
    house = pages.house
    try:
        accepted = hand_over(house, _handed(draft, files), _contents(files), seen, visitor.name)
    except PacketRefused as refused:
        return _looked_at(pages, request, draft, files, 422, refused.problems)
    with house.database.write() as tx:
        drafts.handed_over(tx, draft.id, accepted.packet_id)
    return RedirectResponse(f"/packets/{accepted.packet_id}", status_code=303)
