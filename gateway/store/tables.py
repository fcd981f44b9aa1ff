"""The tables, described once for both databases (SQLite and PostgreSQL).

What a portal says (`status`) and where we are (`stage`) are separate columns everywhere. A packet's present state is
one row; every change of anything is also an `event`, which nothing updates or deletes. Times are aware UTC; the
queue's own times are seconds since 1970 by the database's clock, since they are only ever compared and added.
"""

from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

LARGEST_AMOUNT = Decimal("99999999999999.9999")
_TENTHOUSANDTHS = Decimal(10_000)
_MILLIONTHS = Decimal(1_000_000)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC instant; PostgreSQL keeps the zone, SQLite gets it back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive times: a time without a zone is a mistake somewhere upstream."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact amount of up to four decimals, kept as an integer so that sums are exact on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Refuses what would not come back as it went in."""
        if value is None:
            return None
        scaled = value * _TENTHOUSANDTHS
        if scaled != scaled.to_integral_value() or abs(value) > LARGEST_AMOUNT:
            raise ValueError(f"the amount {value} cannot be stored exactly")
        return int(scaled)

    def process_result_value(self, value: int | Decimal | None, dialect: Dialect) -> Decimal | None:
        """The amount, exactly."""
        return None if value is None else Decimal(value) / _TENTHOUSANDTHS


class Quantity(TypeDecorator[Decimal]):
    """A quantity in millionths of its unit, finer ones rounded away from zero: balances err on the safe side."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Millionths."""
        return None if value is None else int((value * _MILLIONTHS).to_integral_value(ROUND_UP))

    def process_result_value(self, value: int | Decimal | None, dialect: Dialect) -> Decimal | None:
        """The quantity."""
        return None if value is None else Decimal(value) / _MILLIONTHS


TALLIED = (
    *("packets", "received", "checked", "built", "sending", "waiting", "correcting", "held", "accepted", "stopped"),
    *("transmitted", "taken", "decided", "first_pass", "looked_at", "caught", "touchless"),
    *("resubmissions", "rejections"),
)
"""The plain counts of a tally: packets, packets by stage, and the two sides of each share."""
SPENT = ("person", "ours", "portal", "correction")

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite autoincrements only INTEGER keys

blob = Table(
    "blob",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

packet = Table(
    "packet",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("source_system", String(200), nullable=False),
    Column("source_id", String(200), nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("client", String(63), nullable=False),
    Column("account", String(63), nullable=False),
    Column("generated_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    # the present revision, in words for lists
    Column("revision", Integer, nullable=False),
    Column("invoice_number", String(40), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", Money, nullable=False),
    # where it stands
    Column("stage", String(12), nullable=False),
    Column("stage_since", UtcTime, nullable=False),
    Column("status", String(12), nullable=False, default=""),
    Column("portal_status", String(200), nullable=False, default=""),
    Column("who_acts", String(12), nullable=False, default="nobody"),
    Column("action", Text, nullable=False, default=""),
    Column("heard_at", UtcTime, nullable=False),  # when it came to its stage, or the portal last said something of it
    Column("act_by", UtcTime),
    Column("overdue", Boolean, nullable=False, default=False),
    Column("why", Text, nullable=False, default="[]"),  # JSON: the reasons it is held or being corrected for
    Column("proposed", Text, nullable=False, default=""),  # JSON: the change that a person may accept while it is held
    Column("owner", String(63), nullable=False, default=""),  # the person who has taken it
    Column("tries", Integer, nullable=False, default=0),  # automatic corrections so far
    Column("tried", Text, nullable=False, default="[]"),  # JSON: reason codes already corrected once
    # what the metrics count
    Column("first_sent_at", UtcTime),
    Column("first_outcome", String(12), nullable=False, default=""),
    Column("transmissions", Integer, nullable=False, default=0),
    Column("preflight_stopped", Boolean, nullable=False, default=False),
    Column("contested", Boolean, nullable=False, default=False),  # a rejection, query or correction on the way
    Column("touched", Boolean, nullable=False, default=False),  # a person decided something
    Column("accepted_at", UtcTime),
    Column("seconds_person", Float, nullable=False, default=0.0),
    Column("seconds_ours", Float, nullable=False, default=0.0),
    Column("seconds_portal", Float, nullable=False, default=0.0),
    Column("seconds_correction", Float, nullable=False, default=0.0),
    UniqueConstraint("source_id", "source_system"),  # in this order people can look for a source id alone
    Index("ix_packet_stage_since", "stage", "stage_since"),
    Index("ix_packet_account_stage", "account", "stage", "generated_at"),
    Index("ix_packet_number", "invoice_number"),
    Index("ix_packet_deadline", "stage", "act_by", "total"),
    Index("ix_packet_heard", "account", "stage", "client", "heard_at"),
    Index("ix_packet_client_deadline", "client", "stage", "act_by", "total"),
    Index("ix_packet_made", "client", "account", "generated_at"),
)

vigil = Table(
    "vigil",
    metadata,
    Column("packet_id", String(40), ForeignKey("packet.id"), primary_key=True),
    Column("due", UtcTime, nullable=False),  # holds as long as this is the held packet's deadline
    Column("was_due", UtcTime, nullable=False),  # the deadline before somebody left it until something changes
    Column("seen", Text, nullable=False),  # JSON: what was known of the portal, the orders and the checklist then
    Column("news", Text, nullable=False, default=""),  # what changed since; "" while nothing has
)

revision = Table(
    "revision",
    metadata,
    Column("packet_id", String(40), ForeignKey("packet.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("author", String(200), nullable=False),  # intake, rule:<code>, or a person
    Column("rule", String(1000), nullable=False, default=""),  # codes of all rules that made it
    Column("reason", Text, nullable=False, default=""),
    Column("diff", Text, nullable=False, default="[]"),  # JSON Patch against the revision before
    Column("body", Text, nullable=False),  # canonical JSON of the packet
    # the document made from it, once
    Column("reference", String(120), nullable=False, default=""),
    Column("built_at", UtcTime),
    Column("format", String(40), nullable=False, default=""),
    Column("content_type", String(200), nullable=False, default=""),
    Column("document_sha256", String(64)),
    Column("files", Text, nullable=False, default="[]"),  # JSON: hashes of files sent beside the document
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("packet_id", String(40), ForeignKey("packet.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("account", String(63), nullable=False),
    Column("invoice_number", String(40), nullable=False),
    Column("reference", String(120), nullable=False),
    Column("document_sha256", String(64), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("outcome", String(12), nullable=False),
    Column("portal_reference", String(200), nullable=False, default=""),
    Column("note", Text, nullable=False, default=""),
    Column("raw_sha256", String(64)),
    Column("by_hand", String(200), nullable=False, default=""),  # who typed it in at the portal; we sent nothing
    UniqueConstraint("packet_id", "n"),
    Index("ix_attempt_reference", "reference"),
    Index("ix_attempt_account_portal_reference", "account", "portal_reference"),
    Index("ix_attempt_account_number", "account", "invoice_number"),
    Index("ix_attempt_outcome", "outcome", "account", "started_at"),
)

verdict = Table(
    "verdict",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("packet_id", String(40), ForeignKey("packet.id"), nullable=False),
    Column("attempt_id", _Id, ForeignKey("attempt.id"), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("at", UtcTime),
    Column("level", String(12), nullable=False),
    Column("status", String(12), nullable=False),
    Column("portal_status", String(200), nullable=False),
    Column("who_acts", String(12), nullable=False),
    Column("reasons", Text, nullable=False),  # JSON
    Column("raw_sha256", String(64)),
    UniqueConstraint("attempt_id", "fingerprint"),
    Index("ix_verdict_packet", "packet_id"),
    Index("ix_verdict_status", "status", "seen_at"),
)

answer = Table(
    "answer",
    metadata,
    Column("attempt_id", _Id, ForeignKey("attempt.id"), primary_key=True, autoincrement=False),
    Column("client", String(63), nullable=False),
    Column("account", String(63), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("seconds", Float, nullable=False),  # from the transmission to the buyer's first decision on it
    Index("ix_answer_of", "client", "account", "at"),
)

cancellation = Table(
    "cancellation",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("packet_id", String(40), ForeignKey("packet.id"), nullable=False),
    Column("attempt_id", _Id, ForeignKey("attempt.id"), nullable=False),  # the transmission that is taken back
    Column("n", Integer, nullable=False),
    Column("account", String(63), nullable=False),
    Column("reference", String(120), nullable=False),
    Column("format", String(40), nullable=False),
    Column("content_type", String(200), nullable=False),
    Column("document_sha256", String(64), nullable=False),
    Column("tries", Integer, nullable=False, default=1),  # how often the same bytes began to leave
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("outcome", String(12), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("raw_sha256", String(64)),
    UniqueConstraint("attempt_id", "n"),
    Index("ix_cancellation_reference", "reference"),
)

event = Table(
    "event",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("subject", String(80), nullable=False),  # a packet's id, or account:<key>
    Column("n", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("who", String(200), nullable=False),
    Column("data", Text, nullable=False),  # JSON
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("subject", "n"),
    Index("ix_event_kind_at", "kind", "at"),
)

portal_account = Table(
    "portal_account",
    metadata,
    Column("key", String(63), primary_key=True),
    Column("paused", Boolean, nullable=False, default=False),
    Column("who_acts", String(12), nullable=False, default="nobody"),
    Column("action", Text, nullable=False, default=""),
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("failing_since", UtcTime),
    Column("last_failure", Text, nullable=False, default=""),
    Column("open_until", UtcTime),  # circuit breaker
    Column("notices_cursor", Text, nullable=False, default=""),
    Column("polled_at", UtcTime),
    Column("orders_cursor", Text, nullable=False, default=""),
    Column("orders_read_at", UtcTime),  # None until the register was read to its end once
)

client_pause = Table(
    "client_pause",
    metadata,
    Column("client", String(63), primary_key=True),
    Column("paused", Boolean, nullable=False, default=False),
    Column("since", UtcTime),
    Column("who", String(200), nullable=False, default=""),
    Column("why", Text, nullable=False, default=""),
)

number_use = Table(
    "number_use",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("invoice_number", String(40), primary_key=True),
    Column("packet_id", String(40), ForeignKey("packet.id"), nullable=False),
    Index("ix_number_use_packet", "packet_id"),
)

purchase_order = Table(
    "purchase_order",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("number", String(200), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("portal_state", String(80), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("ordered_on", String(10), nullable=False, default=""),
    Column("payload_id", String(200), nullable=False, default=""),
    Column("updated_at", UtcTime),
    Column("seen_at", UtcTime, nullable=False),
    Column("tells_invoiced", Boolean, nullable=False, default=True),  # whether any line says what is invoiced
    Column("terms", Text, nullable=False, default="{}"),  # JSON: dates, version, total, contract
    Column("earlier", Text, nullable=False, default="[]"),  # JSON: the versions before this one, the newest first
    Column("lines", Text, nullable=False),  # JSON
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account", String(63), nullable=False),  # through which it came
    Column("sha256", String(64), nullable=False),  # of the document, without secrets; the bytes are a blob
    Column("kind", String(80), nullable=False),  # the portal's own name for such a document
    Column("holds", String(5), nullable=False),  # word, order, other
    Column("party", String(200), nullable=False),  # whom it comes from
    Column("reference", String(120), nullable=False),  # of ours, that a word names
    Column("number", String(200), nullable=False),
    Column("told", Text, nullable=False),  # its words, for a person
    Column("received_at", UtcTime, nullable=False),
    Column("state", String(7), nullable=False, default="new"),  # new, waiting, placed
    Column("tried_at", UtcTime, nullable=False),
    Column("placed_at", UtcTime),
    Column("placed_account", String(63), nullable=False, default=""),
    Column("attempt_id", _Id, ForeignKey("attempt.id")),
    UniqueConstraint("account", "sha256"),
    Index("ix_delivery_state", "state", "holds", "tried_at"),
    Index("ix_delivery_reference", "reference"),
    Index("ix_delivery_number", "number"),
)

unread_order = Table(
    "unread_order",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("sha256", String(64), ForeignKey("blob.sha256"), primary_key=True),  # the document as it came
    Column("payload_id", Text, nullable=False),
    Column("number", Text, nullable=False),  # as far as it could be read
    Column("why", Text, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("followed_at", UtcTime),  # when a later version came that could be read
    Index("ix_unread_order_number", "account", "number"),
)

commitment = Table(
    "commitment",
    metadata,
    Column("packet_id", String(40), ForeignKey("packet.id"), primary_key=True),
    Column("order_number", String(200), primary_key=True),
    Column("line", Integer, primary_key=True),  # 0 = the order as a whole
    Column("account", String(63), nullable=False),
    Column("amount", Money, nullable=False),
    Column("quantity", Quantity, nullable=False),  # in the order line's unit
    Index("ix_commitment_order", "account", "order_number"),
)

work = Table(
    "work",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("packet_id", String(40), nullable=False, default=""),
    Column("account", String(63), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("fence", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("max_attempts", Integer, nullable=False),
    Column("dedupe", String(200), nullable=False, unique=True),
    Column("state", String(5), nullable=False, default="ready"),  # ready, dead, aside
    Column("last_error", Text, nullable=False, default=""),
    Index("ix_work_next", "account", "state", "priority", "due_at"),
    sqlite_autoincrement=True,  # else SQLite gives a finished job's id to the next, and a late finisher ends that
)

taught = Table(
    "taught",
    metadata,
    Column("packet_id", String(40), ForeignKey("packet.id"), primary_key=True),
    Column("rule", String(63), primary_key=True),
    Column("client", String(63), nullable=False),
    Column("places", String(1000), nullable=False),  # JSON: pointers with * for positions
    Column("at", UtcTime, nullable=False),
    Column("reasons", Text, nullable=False),  # JSON
    Column("diff", Text, nullable=False),  # JSON Patch, this rule's part
    Index("ix_taught_kind", "client", "rule", "places"),
)

proposal = Table(
    "proposal",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("client", String(63), nullable=False),
    Column("rule", String(63), nullable=False),
    Column("places", String(1000), nullable=False),  # as `taught` has them
    Column("state", String(8), nullable=False),  # open, accepted, declined
    Column("made_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_by", String(200), nullable=False, default=""),
    UniqueConstraint("client", "rule", "places"),
)

checklist_file = Table(
    "checklist_file",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("sha256", String(64), nullable=False),  # of the text last found right, a blob; "" once it was removed
    Column("since", UtcTime, nullable=False),
)

slot = Table(
    "slot",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("ready_at", Float, nullable=False),
    Column("busy_until", Float, nullable=False, default=0.0),  # a worker's lease, then the spacing of the rate
    Column("held_until", Float, nullable=False, default=0.0),  # breaker or pause
    Column("fence", Integer, nullable=False, default=0),
    Index("ix_slot_ready", "ready_at"),
)

# --- what reports count: made from the tables above by `store.tallies`, and from nothing else ----------------------

uncounted = Table(
    "uncounted",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("packet_id", String(40), nullable=False),  # written by triggers, with whatever changed of a packet
    sqlite_autoincrement=True,  # a number that was counted and removed is never given out again
)

tally = Table(
    "tally",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("client", String(63), nullable=False),
    Column("account", String(63), nullable=False),
    Column("day", UtcTime, nullable=False),  # the UTC day of `generated_at`
    Column("day_after", UtcTime, nullable=False),
    Column("stale", Boolean, nullable=False, default=False),
    *(Column(name, Integer, nullable=False, default=0) for name in TALLIED),
    *(Column(f"seconds_{name}", Float, nullable=False, default=0.0) for name in SPENT),
    Column("oldest", UtcTime),
    Column("cycles", LargeBinary, nullable=False, default=b""),  # cycle times of the accepted, doubles, in seconds
    UniqueConstraint("client", "account", "day"),
    Index("ix_tally_day", "day"),
    Index("ix_tally_stale", "stale"),
)

tally_part = Table(
    "tally_part",
    metadata,
    Column("tally_id", _Id, ForeignKey("tally.id"), primary_key=True, autoincrement=False),
    Column("kind", String(12), primary_key=True),  # "rule", or the stage of open packets
    Column("part", String(63), primary_key=True),  # the rule's code, or the currency
    Column("number", Integer, nullable=False),
    Column("amount", Money, nullable=False),
)

objected = Table(
    "objected",
    metadata,
    Column("packet_id", String(40), primary_key=True),
    Column("kind", String(9), primary_key=True),
    Column("reason", String(63), primary_key=True),
    Column("case_id", String(40), primary_key=True),  # what is counted once: the transmission, or the packet
    Column("client", String(63), nullable=False),
    Column("account", String(63), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", Money, nullable=False),
    Column("at", UtcTime, nullable=False),  # when it was first said
    Column("day", UtcTime, nullable=False),  # the UTC day of that
    Column("last_said", Text, nullable=False),  # when and with which words it was last said
    Index("ix_objected_at", "at"),
)

# --- who may do what at the desk ----------------------------------------------------------------------------------

person = Table(
    "person",
    metadata,
    Column("name", String(63), primary_key=True),  # as events name the person
    Column("role", String(12), nullable=False),  # viewer, coordinator, approver, admin
    Column("password_hash", String(200), nullable=False),  # argon2id, with its salt and costs; "" for whoever has none
    Column("disabled", Boolean, nullable=False, default=False),
    Column("added_at", UtcTime, nullable=False),
    Column("password_at", UtcTime, nullable=False),
    Column("password_once", Boolean, nullable=False, default=False),  # to be changed before anything else
    Column("issuer", String(200)),  # of the identity that this person signs in by, where that is not a password
    Column("subject", String(255)),  # the issuer's own key of the person
    UniqueConstraint("issuer", "subject"),
)

desk_session = Table(
    "desk_session",
    metadata,
    Column("token_sha256", String(64), primary_key=True),  # of the cookie, which is kept nowhere
    Column("person", String(63), ForeignKey("person.name"), nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Index("ix_desk_session_person", "person"),
)

api_token = Table(
    "api_token",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("token_sha256", String(64), nullable=False, unique=True),  # the token itself is kept nowhere
    Column("scopes", String(200), nullable=False),  # names with a blank between them
    Column("added_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
)

asked_order = Table(
    "asked_order",
    metadata,
    Column("no", _Id, primary_key=True, autoincrement=True),
    Column("packet_id", String(40), ForeignKey("packet.id"), nullable=False),
    Column("name", String(20), nullable=False),  # correct, amend, ...
    Column("what", Text, nullable=False),  # JSON: its arguments, exactly
    Column("changes", Text, nullable=False),  # JSON Patch that it makes, as it was shown
    Column("asked_by", String(63), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("state", String(12), nullable=False),
    # the packet's state about which it was asked for
    Column("revision", Integer, nullable=False),
    Column("stage", String(12), nullable=False),
    Column("heard_at", UtcTime, nullable=False),
    Column("transmissions", Integer, nullable=False),
    # what became of it
    Column("settled_by", String(63), nullable=False, default=""),
    Column("settled_at", UtcTime),
    Column("settled_why", Text, nullable=False, default=""),
    Index("ix_asked_order_packet", "packet_id", "state"),
    Index("ix_asked_order_state", "state", "no"),
)

# --- notices: what people were told of outside these pages ---------------------------------------------------------

notice_channel = Table(
    "notice_channel",
    metadata,
    Column("key", String(63), primary_key=True),  # as the settings name it
    Column("digest_for", UtcTime),  # the set time up to which the digest is done with
    Column("urgent_at", UtcTime),  # when the last urgent notice was made
    Column("sent_at", UtcTime),
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("failing_since", UtcTime),
    Column("retry_at", UtcTime),
    Column("last_failure", Text, nullable=False, default=""),
    Column("troubles", Text, nullable=False, default="{}"),  # JSON: what was told of that is no packet, and its state
)

notice = Table(
    "notice",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("channel", String(63), nullable=False),
    Column("kind", String(6), nullable=False),  # digest, urgent
    Column("message_id", String(200), nullable=False, unique=True),
    Column("made_at", UtcTime, nullable=False),
    Column("told", Text, nullable=False),  # JSON: what it says
    Column("outcome", String(7), nullable=False),  # sending (it may have gone), sent, failed
    Column("tries", Integer, nullable=False, default=1),
    Column("finished_at", UtcTime),
    Column("note", Text, nullable=False, default=""),
    Index("ix_notice_outcome", "channel", "outcome"),
    sqlite_autoincrement=True,
)

notice_told = Table(
    "notice_told",
    metadata,
    Column("channel", String(63), primary_key=True),
    Column("packet_id", String(40), ForeignKey("packet.id"), primary_key=True),
    Column("held_since", UtcTime, nullable=False),  # the stop that was told of
    Column("urgent_for", UtcTime),  # the deadline for which it was called urgent
    Column("notice_id", _Id, ForeignKey("notice.id"), nullable=False),
    Index("ix_notice_told_notice", "notice_id"),
)

# --- what is being made ready for a hand-over; nothing here is a packet, and all of it ends after a day --------------

draft = Table(
    "draft",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("person", String(63), ForeignKey("person.name"), nullable=False),
    Column("kind", String(6), nullable=False),  # form, packet, ubl
    Column("made_at", UtcTime, nullable=False),
    Column("content", Text, nullable=False),  # JSON: what was typed in, or what the file said
    Column("packet_id", String(40), nullable=False, default=""),  # once it was handed over; then nothing else is kept
    Index("ix_draft_person", "person"),
    Index("ix_draft_made", "made_at"),
)

draft_file = Table(
    "draft_file",
    metadata,
    Column("draft_id", String(40), ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
