"""`clearbill`: how every command is typed. What a command does stands in `gateway.commands`, imported when it is run.

Every command takes `--json`, `--config` and `--debug` and ends with one of the exit codes of `commands.terminal`.
"""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from gateway.commands.terminal import Terminal, run


class ShowUnlessNamed(typer.core.TyperGroup):
    """A group whose command `show` is meant where none is named: `clearbill checklist harbor-grid`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts `show` before what names no command; the help of the group itself stays reachable."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


def _group(told: str) -> typer.Typer:
    return typer.Typer(help=told, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


app = _group("Sends invoice packets to clients' portals and follows them until they are accepted.")
checklist = typer.Typer(
    cls=ShowUnlessNamed,
    help="Clients' checklists: read one, check a packet or a file; `clearbill checklist CLIENT` shows one.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
learned = typer.Typer(
    cls=ShowUnlessNamed,
    help="What good corrections have taught: proposed rules, to accept or decline.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
report = _group("Rejections, key figures, ageing and orders, as tables, CSV, XLSX or PDF.")
packet = _group("The form of a packet.")
account = _group("Stop and resume portal accounts.")
client = _group("Pause and resume clients: nothing of a paused one is sent.")
queue = _group("Work that was given up.")
db = _group("The database.")
audit = _group("What happened, and whether it is still told as it was.")
notices = _group("Who is written to when something needs a person.")
token = _group("What programs show at the HTTP doors.")
user = _group("Who may sign in to the coordinators' pages.")

_WORK, _LOOK, _DECIDE, _RUN = "Hand over", "Look", "Decide", "Run and look after"
app.add_typer(checklist, name="checklist", rich_help_panel=_WORK)
app.add_typer(learned, name="proposals", rich_help_panel=_DECIDE)
app.add_typer(report, name="report", rich_help_panel=_LOOK)
app.add_typer(packet, name="packet", rich_help_panel=_WORK)
app.add_typer(account, name="account", rich_help_panel=_RUN)
app.add_typer(client, name="client", rich_help_panel=_RUN)
app.add_typer(queue, name="queue", rich_help_panel=_RUN)
app.add_typer(db, name="db", rich_help_panel=_RUN)
app.add_typer(user, name="user", rich_help_panel=_RUN)
app.add_typer(token, name="token", rich_help_panel=_RUN)
app.add_typer(audit, name="audit", rich_help_panel=_RUN)
app.add_typer(notices, name="notices", rich_help_panel=_RUN)

_SHARED: dict[str, Any] = {
    "as_json": Annotated[bool, typer.Option("--json", help="Answer with one JSON object on standard output.")],
    "config": Annotated[
        Path | None,
        typer.Option(
            "--config",
            envvar="CLEARBILL_CONFIG",
            help="The settings file; clearbill.yaml in this folder unless given.",
            show_default=False,
        ),
    ],
    "debug": Annotated[bool, typer.Option("--debug", help="Show the details of unforeseen errors.")],
}
_DEFAULTS = {"as_json": False, "config": None, "debug": False}

Command = Callable[..., int | None]


def command(group: typer.Typer, panel: str | None = None, name: str | None = None) -> Callable[[Command], Command]:
    """Adds a command, under its function's name unless given; the function's first parameter is the terminal it speaks
    through."""

    def add(function: Command) -> Command:
        @functools.wraps(function)
        def typed(**values: Any) -> None:
            terminal = Terminal(values.pop("as_json"), values.pop("config"), values.pop("debug"))
            raise typer.Exit(run(terminal, lambda: function(terminal, **values)))

        own = list(inspect.signature(function).parameters.values())[1:]
        kind = inspect.Parameter.KEYWORD_ONLY
        shared = [
            inspect.Parameter(name, kind, default=_DEFAULTS[name], annotation=annotation)
            for name, annotation in _SHARED.items()
        ]
        parameters = [*(parameter.replace(kind=kind) for parameter in own), *shared]
        del typed.__wrapped__  # Typer must see these parameters, not the function's
        typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        typed.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        group.command(name, rich_help_panel=panel)(typed)
        return function

    return add


# --- kinds of arguments -------------------------------------------------------------------------------------------

PacketFile = Annotated[Path, typer.Argument(metavar="PACKET.json", help="A packet: .json with its files, or .zip.")]
Which = Annotated[str, typer.Argument(metavar="ID", help="Packet id, invoice number or source id.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept with the packet.")]

_LONGEST_NAME = 200  # as far as events keep one


def _a_name(who: str) -> str:
    if len(who) > _LONGEST_NAME:
        raise typer.BadParameter(f"a name has at most {_LONGEST_NAME} characters; this one has {len(who)}.")
    return who


Who = Annotated[
    str,
    typer.Option("--who", envvar="CLEARBILL_USER", callback=_a_name, help="Who decides; the login name unless given."),
]
Client = Annotated[str, typer.Option("--client", help="This client alone.")]
Account = Annotated[str, typer.Option("--account", help="This portal account alone.")]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file.")]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write an Excel file.")]
Pdf = Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write a PDF to send, with charts.")]
Since = Annotated[str, typer.Option("--since", metavar="DAY", help="From this day (UTC) on, such as 2026-11-01.")]
Until = Annotated[str, typer.Option("--until", metavar="DAY", help="Before this day (UTC).")]


# --- hand over ----------------------------------------------------------------------------------------------------


@command(app, _WORK)
def submit(
    terminal: Terminal,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Packets: .json with their files, or .zip.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; nothing is stored or sent.")] = False,
) -> int:
    """Hand packets over: checked, stored and queued for sending."""
    from gateway.commands import submission

    return submission.check(terminal, files) if dry_run else submission.submit(terminal, files)


@command(checklist)
def show(
    terminal: Terminal,
    client: Annotated[str, typer.Argument(help="The client's key; without it, all clients are listed.")] = "",
    packet: Annotated[
        Path | None, typer.Argument(metavar="[PACKET.json]", help="Say what the checklist finds in this packet.")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--check", hidden=True, help="As `checklist check` does.")] = None,
) -> int:
    """Read a client's checklist, or check a packet against it without storing anything."""
    from gateway.commands import checklists

    return checklists.check_files(terminal, folder) if folder else checklists.checklist(terminal, client, packet)


@command(checklist)
def check(
    terminal: Terminal,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A client's or portal's file, or the whole folder.")],
) -> int:
    """Say whether checklist files are right, and what to mend where."""
    from gateway.commands import checklists

    return checklists.check_files(terminal, path)


@command(checklist, name="schema")
def checklist_schema(
    terminal: Terminal,
    portal: Annotated[bool, typer.Option("--portal", help="Of a portal's file instead of a client's.")] = False,
) -> None:
    """Print the JSON Schema of checklist files, for editors."""
    from gateway.commands import checklists

    checklists.schema(terminal, "portal" if portal else "client")


@command(checklist)
def backtest(
    terminal: Terminal,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's code, or a YAML file with a rule.")],
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="What was sent from this day on.")],
    client: Client = "",
) -> int:
    """Say what a rule would have caught of past packets, and what good ones it would have stopped."""
    from gateway.commands import backtest as tested

    return tested.backtest(terminal, rule, since, client)


@command(app, _WORK)
def render(
    terminal: Terminal,
    packet: PacketFile,
    client: Annotated[str, typer.Option("--client", help="The client's key; the packet's own unless given.")] = "",
    format: Annotated[str, typer.Option("--format", help="The document format; what the account sends.")] = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to this file.")] = None,
) -> None:
    """Write the exact document that would be sent, without sending it. Needs no database and no network."""
    from gateway.commands import documents

    documents.render(terminal, packet, client, format, out)


@command(app, _WORK)
def plan(
    terminal: Terminal,
    packet: Annotated[
        str, typer.Argument(metavar="PACKET", help="A packet's file, or the id or number of one handed over.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write the papers to this folder.")
    ] = None,
) -> int:
    """Show what becomes of a packet's papers before they are sent: steps, sizes, what is left alone and why."""
    from gateway.commands import paper_plan

    return paper_plan.show(terminal, packet, out)


@command(packet)
def schema(terminal: Terminal) -> None:
    """Print the JSON Schema of a packet."""
    from gateway.commands import documents

    documents.schema(terminal)


# --- look ---------------------------------------------------------------------------------------------------------


@command(app, _LOOK)
def status(
    terminal: Terminal,
    which: Annotated[
        str, typer.Argument(metavar="[ID]", help="Packet id, invoice number or source id; without it, all.")
    ] = "",
    client: Client = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="The most rows of a list.")] = 20,
) -> None:
    """Show what waits for whom, or everything about one packet."""
    from gateway.commands import overview, story

    if which:
        story.story(terminal, which)
    else:
        overview.overview(terminal, client, limit)


@command(app, _LOOK)
def reasons(
    terminal: Terminal,
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="A buyer's words, - for standard input; without, all rules.")
    ] = "",
) -> int:
    """Say which reasons are read in a buyer's words, and by which rule."""
    from gateway.commands import reasons as read

    return read.reasons(terminal, text)


@command(report)
def rejections(
    terminal: Terminal,
    client: Client = "",
    account: Account = "",
    by: Annotated[
        str, typer.Option("--by", metavar="WHAT", help="Told apart by any of reason,client,account; all unless given.")
    ] = "",
    since: Since = "",
    until: Until = "",
    csv: Csv = None,
    xlsx: Xlsx = None,
    pdf: Pdf = None,
) -> None:
    """Why packets were stopped, refused, rejected or queried."""
    from gateway.commands import reporting

    files = reporting.Files(csv, xlsx, pdf)
    reporting.rejections(terminal, reporting.Scope(client, account, by, since, until), files)


@command(report)
def metrics(
    terminal: Terminal,
    client: Client = "",
    account: Account = "",
    month: Annotated[str, typer.Option("--month", metavar="MONTH", help="Packets made then, such as 2026-11.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="Told apart by client, account, month or week.")] = "",
    csv: Csv = None,
    xlsx: Xlsx = None,
    pdf: Pdf = None,
) -> None:
    """First-pass rates, acceptance cycle time and where it went, money held up."""
    from gateway.commands import reporting

    reporting.metrics(terminal, reporting.Scope(client, account, by), month, reporting.Files(csv, xlsx, pdf))


@command(report)
def trend(
    terminal: Terminal,
    client: Client = "",
    account: Account = "",
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="By week or by month.")] = "week",
    since: Since = "",
    until: Until = "",
    csv: Csv = None,
    xlsx: Xlsx = None,
    pdf: Pdf = None,
) -> None:
    """Refusals, rejections and queries over time."""
    from gateway.commands import reporting

    files = reporting.Files(csv, xlsx, pdf)
    reporting.one_part(terminal, "trend", reporting.Scope(client, account, by, since, until), files)


@command(report)
def ageing(
    terminal: Terminal,
    client: Client = "",
    account: Account = "",
    csv: Csv = None,
    xlsx: Xlsx = None,
    pdf: Pdf = None,
) -> None:
    """What is undecided, by age, by whom it waits for, and its money."""
    from gateway.commands import reporting

    reporting.one_part(terminal, "ageing", reporting.Scope(client, account), reporting.Files(csv, xlsx, pdf))


@command(report)
def orders(
    terminal: Terminal,
    client: Client = "",
    account: Account = "",
    csv: Csv = None,
    xlsx: Xlsx = None,
    pdf: Pdf = None,
) -> None:
    """Purchase orders: ordered, invoiced, ours on the way, left, and when they run out."""
    from gateway.commands import reporting

    reporting.one_part(terminal, "orders", reporting.Scope(client, account), reporting.Files(csv, xlsx, pdf))


# --- decide -------------------------------------------------------------------------------------------------------


@command(app, _DECIDE)
def decide(
    terminal: Terminal,
    which: Which,
    check_again: Annotated[bool, typer.Option("--check-again", help="The cause is mended: check it again.")] = False,
    correct: Annotated[bool, typer.Option("--correct", help="Carry out the correction that is proposed.")] = False,
    sent_as: Annotated[
        str, typer.Option("--sent-as", metavar="REF", help="The portal has it, under this reference of its own.")
    ] = "",
    not_sent: Annotated[bool, typer.Option("--not-sent", help="Looked: the portal does not have it.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Leave it with the portal; its next word moves it on.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End it for good.")] = False,
    amend: Annotated[
        Path | None, typer.Option("--amend", metavar="FILE", help="Replace its content by this packet's.")
    ] = None,
    seen: Annotated[
        str, typer.Option("--seen", metavar="KEY", help="With --correct: only if the proposal is still this one.")
    ] = "",
    why: Why = "",
    who: Who = "",
) -> None:
    """Decide on a packet that is held."""
    from gateway.commands import decisions

    orders = decisions.Orders(check_again, correct, sent_as, not_sent, wait, stop, amend)
    decisions.decide(terminal, which, orders, why, who, seen)


Proposed = Annotated[int, typer.Argument(metavar="NO", help="Its number, as `proposals` shows.")]


@command(learned, name="show")
def show_proposals(
    terminal: Terminal,
    proposal: Annotated[int | None, typer.Argument(metavar="[NO]", help="One with its evidence; all without.")] = None,
) -> None:
    """Show the rules that good corrections have taught."""
    from gateway.commands import learned as proposals

    proposals.show(terminal, proposal)


@command(learned)
def accept(terminal: Terminal, proposal: Proposed, why: Why = "", who: Who = "") -> None:
    """Have a proposed correction carried out before packets are first sent."""
    from gateway.commands import learned as proposals
    from gateway.store.proposals import State

    proposals.decide(terminal, proposal, State.accepted, who, why)


@command(learned)
def decline(terminal: Terminal, proposal: Proposed, why: Why = "", who: Who = "") -> None:
    """Decline a proposed correction, or take an accepted one back."""
    from gateway.commands import learned as proposals
    from gateway.store.proposals import State

    proposals.decide(terminal, proposal, State.declined, who, why)


@command(app, _DECIDE)
def void(terminal: Terminal, which: Which, why: Why = "", who: Who = "") -> None:
    """Have an invoice taken back at the portal."""
    from gateway.commands import decisions

    decisions.void(terminal, which, why, who)


@command(app, _DECIDE)
def credit(
    terminal: Terminal,
    which: Which,
    number: Annotated[str, typer.Option("--number", help="The credit note's own number.")],
    why: Why = "",
    who: Who = "",
) -> None:
    """Hand over a credit note over a whole invoice."""
    from gateway.commands import decisions

    decisions.credit(terminal, which, number, why, who)


# --- run and look after -------------------------------------------------------------------------------------------


@command(app, _RUN)
def serve(terminal: Terminal) -> None:
    """Open the HTTP doors and the inbox, and work."""
    from gateway.commands import running

    running.serve(terminal)


@command(app, _RUN)
def worker(terminal: Terminal) -> None:
    """Only work, beside others on the same database."""
    from gateway.commands import running

    running.work(terminal)


@command(app, _RUN)
def doctor(
    terminal: Terminal,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no portal.")] = False,
) -> int:
    """Check database, secrets, portals and folders, and say what to do."""
    from gateway.commands import upkeep

    return upkeep.doctor(terminal, offline)


@command(app, _RUN)
def demo(
    terminal: Terminal,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same packets.")] = 1,
    packets: Annotated[int, typer.Option("--packets", min=1, help="How many packets.")] = 100,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Where; ./clearbill-demo unless given.")
    ] = None,
) -> int:
    """Watch invoice packets of six fictional utilities go to three portals' stand-ins and back."""
    from gateway.commands import running

    return running.demo(terminal, seed, packets, folder)


@command(app, _RUN)
def sandbox(
    terminal: Terminal,
    portal: Annotated[str, typer.Argument(help="The portal, such as coupa.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Loopback port; 0 takes a free one.")] = 0,
) -> None:
    """Run a portal's local stand-in to try things against, until Ctrl-C."""
    from gateway.commands import running

    running.sandbox(terminal, portal, port)


@command(db)
def upgrade(terminal: Terminal) -> None:
    """Bring the database's schema up to this version. Back it up first."""
    from gateway.commands import upkeep

    upkeep.upgrade(terminal)


AccountKey = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's key in the settings.")]


@command(account)
def resume(terminal: Terminal, key: AccountKey, why: Why = "", who: Who = "") -> None:
    """Let an account work again, once its trouble is mended."""
    from gateway.commands import upkeep

    upkeep.resume(terminal, key, why, who)


@command(account)
def pause(terminal: Terminal, key: AccountKey, why: Why = "", who: Who = "") -> None:
    """Stop an account: nothing is sent or asked until it is resumed."""
    from gateway.commands import upkeep

    upkeep.pause(terminal, key, why, who)


ClientKey = Annotated[str, typer.Argument(metavar="CLIENT", help="The client's key in its checklist.")]


@command(client, name="pause")
def pause_client(terminal: Terminal, key: ClientKey, why: Why = "", who: Who = "") -> None:
    """Send nothing of a client until it is resumed; checking and the portal's answers go on."""
    from gateway.commands import client_pauses

    client_pauses.pause(terminal, key, why, who)


@command(client, name="resume")
def resume_client(terminal: Terminal, key: ClientKey, why: Why = "", who: Who = "") -> None:
    """Let a paused client's invoices go on where they stood."""
    from gateway.commands import client_pauses

    client_pauses.resume(terminal, key, why, who)


@command(client, name="list")
def paused_clients(terminal: Terminal) -> None:
    """List the clients that are paused, by whom, since when and why."""
    from gateway.commands import client_pauses

    client_pauses.listed(terminal)


UserName = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and . _ @ -")]
UserRole = Annotated[str, typer.Option("--role", help="viewer, coordinator, approver or admin.")]


@command(user)
def add(
    terminal: Terminal,
    name: UserName,
    role: UserRole = "coordinator",
    openid: Annotated[
        bool, typer.Option("--openid", help="Comes with a company account; has no password here.")
    ] = False,
    who: Who = "",
) -> None:
    """Make a user. The password is asked for, or is the first line of standard input."""
    from gateway.commands import users

    users.add(terminal, name, role, who, openid=openid)


@command(user, name="list")
def list_users(terminal: Terminal) -> None:
    """List who may sign in, with their roles."""
    from gateway.commands import users

    users.listed(terminal)


@command(user)
def password(terminal: Terminal, name: UserName, who: Who = "") -> None:
    """Give a user a new password; every session of theirs ends."""
    from gateway.commands import users

    users.password(terminal, name, who)


@command(user, name="role")
def user_role(
    terminal: Terminal,
    name: UserName,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="viewer, coordinator, approver or admin.")],
    who: Who = "",
) -> None:
    """Give a user another role."""
    from gateway.commands import users

    users.role(terminal, name, role, who)


@command(user)
def disable(terminal: Terminal, name: UserName, who: Who = "") -> None:
    """Let a user in no more; every session of theirs ends."""
    from gateway.commands import users

    users.disable(terminal, name, who)


@command(user)
def enable(terminal: Terminal, name: UserName, who: Who = "") -> None:
    """Let a disabled user in again."""
    from gateway.commands import users

    users.enable(terminal, name, who)


TokenName = Annotated[str, typer.Argument(metavar="NAME", help="Of the program that will show it.")]
Scopes = Annotated[
    list[str], typer.Option("--scope", metavar="SCOPE", help="packets:write, packets:read or metrics:read; repeatable.")
]


@command(token, name="add")
def add_token(terminal: Terminal, name: TokenName, scope: Scopes, who: Who = "") -> None:
    """Make a token for a program. It is shown this once and kept nowhere."""
    from gateway.commands import tokens

    tokens.add(terminal, name, scope, who)


@command(token, name="list")
def list_tokens(terminal: Terminal) -> None:
    """List the tokens that were made, and what they are good for."""
    from gateway.commands import tokens

    tokens.listed(terminal)


@command(token, name="end")
def end_token(terminal: Terminal, name: TokenName, who: Who = "") -> None:
    """End a token; its name is not used again."""
    from gateway.commands import tokens

    tokens.end(terminal, name, who)


@command(audit)
def verify(
    terminal: Terminal,
    which: Annotated[
        str,
        typer.Argument(
            metavar="[SUBJECT or PACK.zip]",
            help="A packet's id, account:KEY, or the file of an evidence pack; all that is stored unless given.",
        ),
    ] = "",
    kept: Annotated[
        str, typer.Option("--kept", metavar="HASH", help="An anchor's hash that you kept elsewhere: is it still there?")
    ] = "",
) -> int:
    """Check that no event was changed or removed since it was written; or that a pack is as it was packed."""
    if which.lower().endswith(".zip"):
        from gateway.commands import packs

        return packs.verify_pack(terminal, Path(which))
    from gateway.commands import audit as checking

    return checking.verify(terminal, which, kept)


@command(audit, name="pack")
def evidence_pack(
    terminal: Terminal,
    which: Which,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where to write it; else clearbill-ID.zip."),
    ] = None,
    who: Who = "",
) -> None:
    """Write all that is known of a packet to a ZIP, for a dispute or an audit."""
    from gateway.commands import packs

    packs.pack(terminal, which, out, who)


@command(notices, name="show")
def show_notices(
    terminal: Terminal,
    channel: Annotated[
        str, typer.Argument(metavar="[CHANNEL]", help="As the settings name it; all unless given.")
    ] = "",
) -> None:
    """Show what would be sent now; nothing is sent."""
    from gateway.commands import notices as telling

    telling.show(terminal, channel)


@command(notices, name="test")
def try_channel(
    terminal: Terminal, channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="As the settings name it.")]
) -> int:
    """Send a trial message through a channel."""
    from gateway.commands import notices as telling

    return telling.test(terminal, channel)


JobNumber = Annotated[int, typer.Argument(metavar="JOB", help="Its number, as `queue dead` shows.")]


@command(queue)
def dead(terminal: Terminal) -> None:
    """List the work that was given up after its last try."""
    from gateway.commands import upkeep

    upkeep.dead_letters(terminal)


@command(queue)
def unplaced(terminal: Terminal) -> None:
    """List what portals delivered that nothing here is known by, with their words."""
    from gateway.commands import upkeep

    upkeep.unplaced(terminal)


@command(queue)
def revive(terminal: Terminal, job: JobNumber, why: Why = "", who: Who = "") -> None:
    """Try a piece of work again that was given up."""
    from gateway.commands import upkeep

    upkeep.revive(terminal, job, why, who)


@command(queue)
def drop(terminal: Terminal, job: JobNumber, why: Why = "", who: Who = "") -> None:
    """Drop a piece of work that was given up and that nothing depends on."""
    from gateway.commands import upkeep

    upkeep.drop(terminal, job, why, who)


def main() -> None:
    """The command `clearbill`."""
    app(prog_name="clearbill")


if __name__ == "__main__":
    main()
