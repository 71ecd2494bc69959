"""The schema. Every row but the clock belongs to one organisation.

Facts are never overwritten: a correction is a further version, a moved target a further plan.
Instants named ``known_at``, ``effective_from``, ``wake_at`` and the alert's times are business
time; leases, backoff, sessions and attempts are system time.
"""

from __future__ import annotations

import sqlalchemy as sa

from services.persistence.types import BigId, Json, UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _organisation() -> sa.Column[int]:
    return sa.Column(
        "organisation_id", sa.Integer, sa.ForeignKey("organisation.id"), nullable=False
    )


def _organisation_unlocked() -> sa.Column[int]:
    """Where a foreign key would have every insert lock the one row that all of them share.

    The statements that insert prove the organisation, and organisations are never deleted.
    """
    return sa.Column("organisation_id", sa.Integer, nullable=False)


def _journal() -> sa.Column[int]:
    return sa.Column("journal_id", BigId, nullable=True)


# --- the one clock, and who there is ---------------------------------------------------------

clock = sa.Table(
    "clock",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("frozen_at", UtcDateTime, nullable=True),
    sa.Column("offset_seconds", sa.Float, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.CheckConstraint("id = 1", name="one_row"),
)

organisation = sa.Table(
    "organisation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("year_starts", sa.Integer, nullable=False, server_default="1"),
    sa.Column("plan_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

account = sa.Table(
    "account",
    metadata,
    _id(),
    _organisation(),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=True),
    sa.Column("roles", Json, nullable=False),
    sa.Column("zone", sa.Text, nullable=True),
    sa.Column("password_hash", sa.Text, nullable=True),
    sa.Column("disabled_at", UtcDateTime, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("login"),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    _organisation(),
    sa.Column("account_id", BigId, sa.ForeignKey("account.id"), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

sign_in_link = sa.Table(
    "sign_in_link",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    _organisation(),
    sa.Column("account_id", BigId, sa.ForeignKey("account.id"), nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime, nullable=True),
)

api_key = sa.Table(
    "api_key",
    metadata,
    _id(),
    _organisation(),
    sa.Column("prefix", sa.Text, nullable=False),
    sa.Column("key_hash", sa.Text, nullable=False, unique=True),
    sa.Column("last_four", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("measures", Json, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.Text, nullable=True),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime, nullable=True),
    sa.Column("last_used_at", UtcDateTime, nullable=True),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    _id(),
    _organisation(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=True),
    sa.Column("detail", Json, nullable=False),
    sa.Index("ix_audit_log_organisation_id_at", "organisation_id", "at"),
)

# --- what is declared -------------------------------------------------------------------------

plan_version = sa.Table(
    "plan_version",
    metadata,
    _id(),
    _organisation(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", Json, nullable=False),
    sa.Column("known_at", UtcDateTime, nullable=False),
    sa.Column("effective_from", UtcDateTime, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.UniqueConstraint("organisation_id", "version"),
)

plan_change = sa.Table(
    "plan_change",
    metadata,
    _id(),
    _organisation(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("change", sa.Text, nullable=False),
    sa.Column("pointer", sa.Text, nullable=False),
    sa.Column("before", Json, nullable=True),
    sa.Column("after", Json, nullable=True),
    sa.Index("ix_plan_change_organisation_id_kind_key", "organisation_id", "kind", "key"),
)

channel = sa.Table(
    "channel",
    metadata,
    _id(),
    _organisation(),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("secret_url", sa.LargeBinary, nullable=False),
    sa.Column("masked", sa.Text, nullable=False),
    sa.Column("disabled_at", UtcDateTime, nullable=True),
    sa.Column("disabled_reason", sa.Text, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("organisation_id", "slug"),
)

# --- subjects: what is judged, and when -------------------------------------------------------

subject = sa.Table(
    "subject",
    metadata,
    _id(),
    _organisation(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("sequence", BigId, nullable=False, server_default="0"),
    sa.Column("judged_sequence", BigId, nullable=False, server_default="0"),
    sa.Column("rank_at", UtcDateTime, nullable=True),
    sa.Column("marked_at", UtcDateTime, nullable=True),
    sa.Column("not_before", UtcDateTime, nullable=True),
    sa.Column("wake_at", UtcDateTime, nullable=True),
    sa.Column("leased_until", UtcDateTime, nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", sa.Text, nullable=True),
    sa.UniqueConstraint("organisation_id", "kind", "key"),
    sa.Index(
        "ix_subject_stale",
        "rank_at",
        postgresql_where=sa.text("rank_at IS NOT NULL"),
        sqlite_where=sa.text("rank_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_subject_wake",
        "wake_at",
        postgresql_where=sa.text("wake_at IS NOT NULL"),
        sqlite_where=sa.text("wake_at IS NOT NULL"),
    ),
)

# --- facts ------------------------------------------------------------------------------------

journal = sa.Table(
    "journal",
    metadata,
    _id(),
    _organisation_unlocked(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("body_hash", sa.LargeBinary, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("known_at", UtcDateTime, nullable=False),
    sa.Column("recorded_at", UtcDateTime, nullable=False),
    sa.Index(
        "uq_journal_event",
        "organisation_id",
        "source",
        "event_id",
        unique=True,
        postgresql_where=sa.text("event_id IS NOT NULL"),
        sqlite_where=sa.text("event_id IS NOT NULL"),
    ),
)

measurement = sa.Table(
    "measurement",
    metadata,
    _id(),
    _organisation_unlocked(),
    sa.Column("measure", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False, server_default="system"),
    sa.Column("stratum", sa.Text, nullable=False, server_default="all"),
    sa.Column("period", sa.Date, nullable=False),
    sa.Column("definition", sa.Integer, nullable=False, server_default="1"),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("value", sa.Double, nullable=True),
    sa.Column("numerator", sa.Double, nullable=True),
    sa.Column("denominator", sa.Double, nullable=True),
    sa.Column("state", sa.Text, nullable=False, server_default="final"),
    sa.Column("suppressed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("reason", sa.Text, nullable=True),
    sa.Column("complete_through", sa.Date, nullable=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("flag", sa.Text, nullable=True),
    sa.Column("current", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("occurred_at", UtcDateTime, nullable=True),
    sa.Column("received_at", UtcDateTime, nullable=True),
    sa.Column("known_at", UtcDateTime, nullable=False),
    sa.Column("sequence", BigId, nullable=False),
    _journal(),
    sa.UniqueConstraint(
        "organisation_id",
        "measure",
        "site",
        "stratum",
        "period",
        "definition",
        "version",
        name="uq_measurement_key",
    ),
)

_EVENT_COLUMNS = (
    ("on", sa.Date, False),
    ("reason", sa.Text, True),
    ("actor", sa.Text, False),
    ("source", sa.Text, False),
    ("known_at", UtcDateTime, False),
    ("sequence", BigId, False),
)


def _event_table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    """A table of dated events about a subject; ``digest`` is the natural key and value."""
    return sa.Table(
        name,
        metadata,
        _id(),
        _organisation(),
        sa.Column("subject_key", sa.Text, nullable=False),
        *columns,
        *(sa.Column(column, kind, nullable=null) for column, kind, null in _EVENT_COLUMNS),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        _journal(),
        sa.Index(f"ix_{name}_organisation_id_subject_key", "organisation_id", "subject_key"),
    )


milestone_event = _event_table(
    "milestone_event",
    sa.Column("milestone", sa.Text, nullable=False),
    sa.Column("change", sa.Text, nullable=False),
)

progress_score = _event_table(
    "progress_score",
    sa.Column("half_steps", sa.SmallInteger, nullable=False),
    sa.Column("scored_by", sa.Text, nullable=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("scale_version", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=True),
    sa.CheckConstraint("half_steps BETWEEN 1 AND 10", name="half_steps"),
)

review = _event_table(
    "review",
    sa.Column("reviewer", sa.Text, nullable=True),
    sa.Column("executing", sa.Text, nullable=True),
    sa.Column("working", sa.Text, nullable=True),
    sa.Column("decision", sa.Text, nullable=True),
    sa.Column("note", sa.Text, nullable=True),
)

state_change = _event_table(
    "state_change",
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=True),
    sa.Column("sustainer", sa.Text, nullable=True),
    sa.Column("until", sa.Date, nullable=True),
)

role_change = _event_table(
    "role_change",
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=True),
    sa.Index("ix_role_change_organisation_id_person", "organisation_id", "person"),
)

adoption = _event_table(
    "adoption",
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("minute", sa.Text, nullable=True),
    sa.Column("target", Json, nullable=True),
    sa.Column("deadline", sa.Text, nullable=True),
    sa.Column("plan_version", sa.Integer, nullable=True),
)

test_of_change = _event_table(
    "test_of_change",
    sa.Column("test", sa.Text, nullable=True),
    sa.Column("prediction", sa.Text, nullable=True),
    sa.Column("result", sa.Text, nullable=True),
    sa.Column("decision", sa.Text, nullable=True),
)

review_action = _event_table(
    "review_action",
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=True),
    sa.Column("owner", sa.Text, nullable=True),
    sa.Column("due", sa.Date, nullable=True),
    sa.Column("done_on", sa.Date, nullable=True),
)

board_meeting = _event_table(
    "board_meeting",
    sa.Column("minutes", sa.Double, nullable=True),
    sa.Column("quality_minutes", sa.Double, nullable=True),
    sa.Column("patient_story", sa.Boolean, nullable=True),
    sa.Column("minute", sa.Text, nullable=True),
)

publication = _event_table("publication", sa.Column("period", sa.Date, nullable=False))

validation = _event_table(
    "validation",
    sa.Column("amount", sa.Double, nullable=True),
    sa.Column("by", sa.Text, nullable=True),
)

explanation = _event_table(
    "explanation",
    sa.Column("expectation", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=True),
)

spread = _event_table("spread", sa.Column("unit", sa.Text, nullable=False))

EVENTS = (
    milestone_event,
    progress_score,
    review,
    state_change,
    role_change,
    adoption,
    test_of_change,
    review_action,
    board_meeting,
    publication,
    validation,
    explanation,
    spread,
)
"""Every table of dated events that judgements look at."""

self_assessment = _event_table(
    "self_assessment",
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("answers", Json, nullable=False),
)

FILED = (*EVENTS, self_assessment)
"""Every table of dated events."""

idempotency = sa.Table(
    "idempotency",
    metadata,
    _id(),
    _organisation(),
    sa.Column("api_key_id", BigId, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("body_hash", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Integer, nullable=True),
    sa.Column("answer", sa.LargeBinary, nullable=True),
    sa.Column("content_type", sa.Text, nullable=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("organisation_id", "api_key_id", "key"),
)

# --- judgements -------------------------------------------------------------------------------

evaluation = sa.Table(
    "evaluation",
    metadata,
    _id(),
    _organisation(),
    sa.Column("subject_id", BigId, sa.ForeignKey("subject.id"), nullable=False),
    sa.Column("as_of", UtcDateTime, nullable=False),
    sa.Column("valid_to", UtcDateTime, nullable=False),
    sa.Column("status", sa.Text, nullable=True),
    sa.Column("reason", sa.Text, nullable=True),
    sa.Column("blind_since", sa.Text, nullable=True),
    sa.Column("outcome_hash", sa.LargeBinary, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("plan_version", sa.Integer, nullable=False),
    sa.Column("engine_version", sa.Text, nullable=False),
    sa.Column("seen", Json, nullable=False),
    sa.Index("ix_evaluation_subject_id_as_of", "subject_id", "as_of"),
    sa.Index("ix_evaluation_subject_id_id", "subject_id", "id"),
)

restatement = sa.Table(
    "restatement",
    metadata,
    _id(),
    _organisation(),
    sa.Column("subject_id", BigId, sa.ForeignKey("subject.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("period", sa.Text, nullable=True),
    sa.Column("causes", Json, nullable=False),
    sa.Column("months", Json, nullable=False),
    sa.Column("findings", Json, nullable=False),
    sa.Index("ix_restatement_subject_id_id", "subject_id", "id"),
)

# --- alerts and messages ----------------------------------------------------------------------

alert = sa.Table(
    "alert",
    metadata,
    _id(),
    _organisation(),
    sa.Column("subject_id", BigId, sa.ForeignKey("subject.id"), nullable=False),
    sa.Column("expectation", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("episode", sa.Integer, nullable=False, server_default="1"),
    sa.Column("step", sa.Integer, nullable=False, server_default="1"),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("resolved_at", UtcDateTime, nullable=True),
    sa.Column("acknowledged_at", UtcDateTime, nullable=True),
    sa.Column("acknowledged_by", sa.Text, nullable=True),
    sa.Column("acknowledged_note", sa.Text, nullable=True),
    sa.Column("snoozed_until", UtcDateTime, nullable=True),
    sa.Column("decision", sa.Text, nullable=True),
    sa.Column("decided_at", UtcDateTime, nullable=True),
    sa.Column("decided_by", sa.Text, nullable=True),
    sa.Column("decided_note", sa.Text, nullable=True),
    sa.Column("decided_until", UtcDateTime, nullable=True),
    sa.UniqueConstraint("organisation_id", "expectation", "about"),
)

alert_event = sa.Table(
    "alert_event",
    metadata,
    _id(),
    _organisation(),
    sa.Column("alert_id", BigId, sa.ForeignKey("alert.id"), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", Json, nullable=False),
    sa.Index("ix_alert_event_alert_id_id", "alert_id", "id"),
)

message = sa.Table(
    "message",
    metadata,
    _id(),
    _organisation(),
    sa.Column("alert_id", BigId, sa.ForeignKey("alert.id"), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("content", Json, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("slot", BigId, nullable=True),
    sa.Column("told_of", UtcDateTime, nullable=True),
    sa.Column("owed_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sent_at", UtcDateTime, nullable=True),
    sa.Column("last_error", sa.Text, nullable=True),
    sa.Column("closed_at", UtcDateTime, nullable=True),
    sa.UniqueConstraint(
        "alert_id", "episode", "step", "recipient", "channel", name="uq_message_owed"
    ),
    sa.Index("ix_message_told_of", "organisation_id", "recipient", "told_of"),
    sa.Index(
        "ix_message_open",
        "due_at",
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    ),
)

delivery_attempt = sa.Table(
    "delivery_attempt",
    metadata,
    _id(),
    _organisation(),
    sa.Column("message_id", BigId, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=True),
    sa.Column("elapsed_ms", sa.Integer, nullable=True),
    sa.Index("ix_delivery_attempt_message_id", "message_id"),
)

mailbox = sa.Table(
    "mailbox",
    metadata,
    _id(),
    _organisation(),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("to", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sent_at", UtcDateTime, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("beat_at", UtcDateTime, nullable=False),
    sa.Column("detail", Json, nullable=False),
)
