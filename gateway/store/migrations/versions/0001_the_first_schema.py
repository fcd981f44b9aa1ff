"""The first schema"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from gateway.store import tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("subject", "n", name=op.f("uq_event_subject_n")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_kind_at", ["kind", "at"], unique=False)

    op.create_table(
        "packet",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source_system", sa.String(length=200), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=63), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("generated_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("received_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", tables.Money(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("stage_since", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("portal_status", sa.String(length=200), nullable=False),
        sa.Column("who_acts", sa.String(length=12), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("heard_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("act_by", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("first_sent_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("first_outcome", sa.String(length=12), nullable=False),
        sa.Column("transmissions", sa.Integer(), nullable=False),
        sa.Column("preflight_stopped", sa.Boolean(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("touched", sa.Boolean(), nullable=False),
        sa.Column("accepted_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("seconds_person", sa.Float(), nullable=False),
        sa.Column("seconds_ours", sa.Float(), nullable=False),
        sa.Column("seconds_portal", sa.Float(), nullable=False),
        sa.Column("seconds_correction", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packet")),
        sa.UniqueConstraint("source_id", "source_system", name=op.f("uq_packet_source_id_source_system")),
    )
    with op.batch_alter_table("packet", schema=None) as batch_op:
        batch_op.create_index("ix_packet_account_stage", ["account", "stage", "generated_at"], unique=False)
        batch_op.create_index("ix_packet_client_deadline", ["client", "stage", "act_by", "total"], unique=False)
        batch_op.create_index("ix_packet_made", ["client", "account", "generated_at"], unique=False)
        batch_op.create_index("ix_packet_deadline", ["stage", "act_by", "total"], unique=False)
        batch_op.create_index("ix_packet_heard", ["account", "stage", "client", "heard_at"], unique=False)
        batch_op.create_index("ix_packet_number", ["invoice_number"], unique=False)
        batch_op.create_index("ix_packet_stage_since", ["stage", "stage_since"], unique=False)

    op.create_table(
        "portal_account",
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("who_acts", sa.String(length=12), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=False),
        sa.Column("open_until", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("notices_cursor", sa.Text(), nullable=False),
        sa.Column("polled_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("orders_cursor", sa.Text(), nullable=False),
        sa.Column("orders_read_at", tables.UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_portal_account")),
    )
    op.create_table(
        "purchase_order",
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("portal_state", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("ordered_on", sa.String(length=10), nullable=False),
        sa.Column("payload_id", sa.String(length=200), nullable=False),
        sa.Column("updated_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("seen_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("tells_invoiced", sa.Boolean(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("earlier", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "number", name=op.f("pk_purchase_order")),
    )
    op.create_table(
        "unread_order",
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("payload_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("seen_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("followed_at", tables.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_unread_order_sha256")),
        sa.PrimaryKeyConstraint("account", "sha256", name=op.f("pk_unread_order")),
    )
    with op.batch_alter_table("unread_order", schema=None) as batch_op:
        batch_op.create_index("ix_unread_order_number", ["account", "number"], unique=False)

    op.create_table(
        "slot",
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("ready_at", sa.Float(), nullable=False),
        sa.Column("busy_until", sa.Float(), nullable=False),
        sa.Column("held_until", sa.Float(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "n", name=op.f("pk_slot")),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index("ix_slot_ready", ["ready_at"], unique=False)

    op.create_table(
        "work",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("dedupe", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=5), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_work_dedupe")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.create_index("ix_work_next", ["account", "state", "priority", "due_at"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("invoice_number", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("started_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("finished_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("portal_reference", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.Column("by_hand", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_attempt_packet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("packet_id", "n", name=op.f("uq_attempt_packet_id_n")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_account_number", ["account", "invoice_number"], unique=False)
        batch_op.create_index("ix_attempt_account_portal_reference", ["account", "portal_reference"], unique=False)
        batch_op.create_index("ix_attempt_outcome", ["outcome", "account", "started_at"], unique=False)
        batch_op.create_index("ix_attempt_reference", ["reference"], unique=False)

    op.create_table(
        "answer",
        sa.Column(
            "attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("client", sa.String(length=63), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_answer_attempt_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_answer")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index("ix_answer_of", ["client", "account", "at"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("holds", sa.String(length=5), nullable=False),
        sa.Column("party", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("received_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("tried_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("placed_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("placed_account", sa.String(length=63), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_delivery_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("account", "sha256", name=op.f("uq_delivery_account_sha256")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_number", ["number"], unique=False)
        batch_op.create_index("ix_delivery_reference", ["reference"], unique=False)
        batch_op.create_index("ix_delivery_state", ["state", "holds", "tried_at"], unique=False)

    op.create_table(
        "cancellation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("content_type", sa.String(length=200), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("started_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("finished_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_cancellation_attempt_id")),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_cancellation_packet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancellation")),
        sa.UniqueConstraint("attempt_id", "n", name=op.f("uq_cancellation_attempt_id_n")),
    )
    with op.batch_alter_table("cancellation", schema=None) as batch_op:
        batch_op.create_index("ix_cancellation_reference", ["reference"], unique=False)

    op.create_table(
        "checklist_file",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("since", tables.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checklist_file")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=63), nullable=False),
        sa.Column("rule", sa.String(length=63), nullable=False),
        sa.Column("places", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("made_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("decided_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("client", "rule", "places", name=op.f("uq_proposal_client_rule_places")),
    )
    op.create_table(
        "taught",
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=63), nullable=False),
        sa.Column("client", sa.String(length=63), nullable=False),
        sa.Column("places", sa.String(length=1000), nullable=False),
        sa.Column("at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("diff", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_taught_packet_id")),
        sa.PrimaryKeyConstraint("packet_id", "rule", name=op.f("pk_taught")),
    )
    with op.batch_alter_table("taught", schema=None) as batch_op:
        batch_op.create_index("ix_taught_kind", ["client", "rule", "places"], unique=False)

    op.create_table(
        "commitment",
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("order_number", sa.String(length=200), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("amount", tables.Money(), nullable=False),
        sa.Column("quantity", tables.Quantity(), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_commitment_packet_id")),
        sa.PrimaryKeyConstraint("packet_id", "order_number", "line", name=op.f("pk_commitment")),
    )
    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.create_index("ix_commitment_order", ["account", "order_number"], unique=False)

    op.create_table(
        "number_use",
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("invoice_number", sa.String(length=40), nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_number_use_packet_id")),
        sa.PrimaryKeyConstraint("account", "invoice_number", name=op.f("pk_number_use")),
    )
    with op.batch_alter_table("number_use", schema=None) as batch_op:
        batch_op.create_index("ix_number_use_packet", ["packet_id"], unique=False)

    op.create_table(
        "vigil",
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("due", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("was_due", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_vigil_packet_id")),
        sa.PrimaryKeyConstraint("packet_id", name=op.f("pk_vigil")),
    )
    op.create_table(
        "revision",
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("created_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("diff", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("built_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("content_type", sa.String(length=200), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=True),
        sa.Column("files", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_revision_packet_id")),
        sa.PrimaryKeyConstraint("packet_id", "n", name=op.f("pk_revision")),
    )
    op.create_table(
        "verdict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("seen_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("portal_status", sa.String(length=200), nullable=False),
        sa.Column("who_acts", sa.String(length=12), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("raw_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_verdict_attempt_id")),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_verdict_packet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint("attempt_id", "fingerprint", name=op.f("uq_verdict_attempt_id_fingerprint")),
    )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.create_index("ix_verdict_packet", ["packet_id"], unique=False)
        batch_op.create_index("ix_verdict_status", ["status", "seen_at"], unique=False)
    op.create_table(
        "client_pause",
        sa.Column("client", sa.String(length=63), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("since", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client", name=op.f("pk_client_pause")),
    )
    _add_tallies()
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    _add_desk()
    _add_drafts()
    _add_notices()


def _add_drafts() -> None:
    """What is being made ready for a hand-over."""
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("made_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.name"], name=op.f("fk_draft_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_person", "draft", ["person"], unique=False)
    op.create_index("ix_draft_made", "draft", ["made_at"], unique=False)
    op.create_table(
        "draft_file",
        sa.Column("draft_id", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_file_draft_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "n", name=op.f("pk_draft_file")),
    )


def _add_desk() -> None:
    """Who may do what at the desk."""
    op.create_table(
        "person",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("added_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("password_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("password_once", sa.Boolean(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_person")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_person_issuer_subject")),
    )
    op.create_table(
        "desk_session",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=63), nullable=False),
        sa.Column("began_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("seen_at", tables.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.name"], name=op.f("fk_desk_session_person")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_desk_session")),
    )
    op.create_index("ix_desk_session_person", "desk_session", ["person"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("added_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("ended_at", tables.UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_token_token_sha256")),
    )
    op.create_table(
        "asked_order",
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=63), nullable=False),
        sa.Column("asked_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("heard_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("transmissions", sa.Integer(), nullable=False),
        sa.Column("settled_by", sa.String(length=63), nullable=False),
        sa.Column("settled_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("settled_why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_asked_order_packet_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_asked_order")),
    )
    op.create_index("ix_asked_order_packet", "asked_order", ["packet_id", "state"], unique=False)
    op.create_index("ix_asked_order_state", "asked_order", ["state", "no"], unique=False)


def _add_notices() -> None:
    """What people were told of outside the pages."""
    op.create_table(
        "notice_channel",
        sa.Column("key", sa.String(length=63), nullable=False),
        sa.Column("digest_for", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("urgent_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("sent_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("retry_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=False),
        sa.Column("troubles", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notice_channel")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("made_at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=7), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("finished_at", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notice_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notice_outcome", "notice", ["channel", "outcome"], unique=False)
    op.create_table(
        "notice_told",
        sa.Column("channel", sa.String(length=63), nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("held_since", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("urgent_for", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_told_notice_id")),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"], name=op.f("fk_notice_told_packet_id")),
        sa.PrimaryKeyConstraint("channel", "packet_id", name=op.f("pk_notice_told")),
    )
    op.create_index("ix_notice_told_notice", "notice_told", ["notice_id"], unique=False)


# Events are history: the database itself refuses to change or remove one.
_APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN "
        "SELECT RAISE(ABORT, 'events are append-only'); END",
        "CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN "
        "SELECT RAISE(ABORT, 'events are append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$",
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_append_only()",
    ),
}


def _add_tallies() -> None:
    """What reports count, and the triggers that say which packets are to be counted again."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "uncounted",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uncounted")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tally",
        sa.Column("id", number, autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=63), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("day", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("day_after", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _TALLIED),
        *(sa.Column(f"seconds_{name}", sa.Float(), nullable=False) for name in _SPENT),
        sa.Column("oldest", tables.UtcTime(timezone=True), nullable=True),
        sa.Column("cycles", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
        sa.UniqueConstraint("client", "account", "day", name=op.f("uq_tally_client_account_day")),
    )
    op.create_index("ix_tally_day", "tally", ["day"], unique=False)
    op.create_index("ix_tally_stale", "tally", ["stale"], unique=False)
    op.create_table(
        "tally_part",
        sa.Column("tally_id", number, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("part", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("amount", tables.Money(), nullable=False),
        sa.ForeignKeyConstraint(["tally_id"], ["tally.id"], name=op.f("fk_tally_part_tally_id")),
        sa.PrimaryKeyConstraint("tally_id", "kind", "part", name=op.f("pk_tally_part")),
    )
    op.create_table(
        "objected",
        sa.Column("packet_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("reason", sa.String(length=63), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("client", sa.String(length=63), nullable=False),
        sa.Column("account", sa.String(length=63), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", tables.Money(), nullable=False),
        sa.Column("at", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("day", tables.UtcTime(timezone=True), nullable=False),
        sa.Column("last_said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("packet_id", "kind", "reason", "case_id", name=op.f("pk_objected")),
    )
    op.create_index("ix_objected_at", "objected", ["at"], unique=False)
    for statement in _triggers(op.get_bind().dialect.name):
        op.execute(statement)


_TALLIED = (
    *("packets", "received", "checked", "built", "sending", "waiting", "correcting", "held", "accepted", "stopped"),
    *("transmitted", "taken", "decided", "first_pass", "looked_at", "caught", "touchless"),
    *("resubmissions", "rejections"),
)
_SPENT = ("person", "ours", "portal", "correction")

# Whatever figures are made of: a change of any of these rows marks its packet, in the same transaction.
_COUNTED = {
    "packet": ("id", ("INSERT", "UPDATE")),
    "revision": ("packet_id", ("INSERT", "UPDATE")),
    "attempt": ("packet_id", ("INSERT", "UPDATE")),
    "verdict": ("packet_id", ("INSERT",)),
    "event": ("subject", ("INSERT",)),
}


def _triggers(dialect: str) -> Iterator[str]:
    for table, (column, changes) in _COUNTED.items():
        # Events are also of accounts, people and tokens; of a packet's, these are counted.
        which = "NEW.kind IN ('voided', 'held', 'corrected')" if table == "event" else ""
        mark = f"INSERT INTO uncounted (packet_id) VALUES (NEW.{column});"  # noqa: S608 - names of ours
        if dialect == "sqlite":
            for change in changes:
                when = f"WHEN {which} " if which else ""
                name = f"{table}_counted_{change.lower()}"
                yield f"CREATE TRIGGER {name} AFTER {change} ON {table} FOR EACH ROW {when}BEGIN {mark} END"
        else:
            when = f"WHEN ({which}) " if which else ""
            yield (
                f"CREATE FUNCTION {table}_counted() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {mark} RETURN NULL; END $$"
            )
            yield (
                f"CREATE TRIGGER {table}_counted AFTER {' OR '.join(changes)} ON {table} FOR EACH ROW {when}"
                f"EXECUTE FUNCTION {table}_counted()"
            )
