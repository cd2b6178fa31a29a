"""Company, complaints and handoff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seed_mark",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_seed_mark")),
    )
    op.create_table(
        "supply_feeder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("substation", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_feeder")),
        sa.UniqueConstraint("utility", "code", name=op.f("uq_supply_feeder_utility_code")),
    )
    op.create_table(
        "supply_substation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_substation")),
        sa.UniqueConstraint("utility", "code", name=op.f("uq_supply_substation_utility_code")),
    )
    op.create_table(
        "supply_transformer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("feeder", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_transformer")),
        sa.UniqueConstraint("utility", "code", name=op.f("uq_supply_transformer_utility_code")),
    )
    with op.batch_alter_table("supply_transformer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supply_transformer_feeder"), ["feeder"], unique=False)

    op.create_table(
        "utility_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("mobile", sa.String(), nullable=False),
        sa.Column("tariff_class", sa.String(), nullable=False),
        sa.Column("load_kw", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("transformer", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility_account")),
        sa.UniqueConstraint("utility", "number", name=op.f("uq_utility_account_utility_number")),
    )
    with op.batch_alter_table("utility_account", schema=None) as batch_op:
        batch_op.create_index("utility_account_mobile", ["tenant", "mobile"], unique=False)

    op.create_table(
        "utility_application",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility_application")),
        sa.UniqueConstraint("tenant", "tracking", name=op.f("uq_utility_application_tenant_tracking")),
    )
    op.create_table(
        "utility_bill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reading_before", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("reading_now", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("units", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("slabs", sa.JSON(), nullable=False),
        sa.Column("charges", sa.JSON(), nullable=False),
        sa.Column("arrears", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("total", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("due", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility_bill")),
        sa.UniqueConstraint("utility", "account", "month", name=op.f("uq_utility_bill_utility_account_month")),
        sa.UniqueConstraint("utility", "number", name=op.f("uq_utility_bill_utility_number")),
    )
    op.create_table(
        "utility_meter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility_meter")),
        sa.UniqueConstraint("tenant", "number", name=op.f("uq_utility_meter_tenant_number")),
    )
    with op.batch_alter_table("utility_meter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_utility_meter_account"), ["account"], unique=False)

    op.create_table(
        "utility_outage",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("feeders", sa.JSON(), nullable=False),
        sa.Column("area", sa.JSON(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restore_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility_outage")),
    )
    with op.batch_alter_table("utility_outage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_utility_outage_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_utility_outage_tenant"), ["tenant"], unique=False)

    op.create_table(
        "utility_payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("bill_number", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility_payment")),
        sa.UniqueConstraint("utility", "reference", name=op.f("uq_utility_payment_utility_reference")),
    )
    with op.batch_alter_table("utility_payment", schema=None) as batch_op:
        batch_op.create_index("utility_payment_account", ["utility", "account", "paid_at"], unique=False)

    op.create_table(
        "utility_prepaid",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("balance", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("emergency_limit", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.Column("month_units", sa.Numeric().with_variant(sa.String(length=32), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utility_prepaid")),
        sa.UniqueConstraint("utility", "account", name=op.f("uq_utility_prepaid_utility_account")),
    )
    op.create_table(
        "account_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("mobile", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_account_link_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
        sa.UniqueConstraint(
            "contact_id", "utility", "account", name=op.f("uq_account_link_contact_id_utility_account")
        ),
        sa.UniqueConstraint("effect_key", name=op.f("uq_account_link_effect_key")),
    )
    op.create_table(
        "alert_subscription",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_alert_subscription_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_subscription")),
        sa.UniqueConstraint("tenant", "contact_id", name=op.f("uq_alert_subscription_tenant_contact_id")),
    )
    with op.batch_alter_table("alert_subscription", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_subscription_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("account_proven", sa.Boolean(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("area_key", sa.String(), nullable=False),
        sa.Column("area_names", sa.JSON(), nullable=False),
        sa.Column("feeder", sa.String(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since_words", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_complaint_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_complaint_effect_key")),
        sa.UniqueConstraint("number", name=op.f("uq_complaint_number")),
    )
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.create_index("complaint_open", ["tenant", "state", "priority", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_area_key"), ["area_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_feeder"), ["feeder"], unique=False)
        batch_op.create_index(batch_op.f("ix_complaint_utility"), ["utility"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("complaint", sa.String(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_feedback_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_feedback_effect_key")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_tenant"), ["tenant"], unique=False)

    op.create_table(
        "callback_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_words", sa.String(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_callback_request_contact_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_callback_request_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_request")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_callback_request_effect_key")),
    )
    with op.batch_alter_table("callback_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_callback_request_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_callback_request_tenant"), ["tenant"], unique=False)

    op.create_table(
        "code_challenge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("mobile", sa.String(), nullable=False),
        sa.Column("real", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_code_challenge_contact_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_code_challenge_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_challenge")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_code_challenge_effect_key")),
    )
    with op.batch_alter_table("code_challenge", schema=None) as batch_op:
        batch_op.create_index("code_challenge_conversation", ["conversation_id", "created_at"], unique=False)
        batch_op.create_index("code_challenge_mobile", ["mobile", "created_at"], unique=False)
        batch_op.create_index("code_challenge_subject", ["utility", "subject", "created_at"], unique=False)

    op.create_table(
        "complaint_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("complaint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_event_complaint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_event")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_complaint_event_effect_key")),
    )
    with op.batch_alter_table("complaint_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_event_complaint_id"), ["complaint_id"], unique=False)

    op.create_table(
        "handoff_case",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("utility", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_handoff_case_contact_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_handoff_case_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff_case")),
        sa.UniqueConstraint("code", name=op.f("uq_handoff_case_code")),
        sa.UniqueConstraint("effect_key", name=op.f("uq_handoff_case_effect_key")),
    )
    with op.batch_alter_table("handoff_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handoff_case_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handoff_case_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handoff_case_tenant"), ["tenant"], unique=False)
