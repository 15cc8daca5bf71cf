"""Rows that are really committed, for tests whose threads have connections of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# All that sending writes. Small tables: DELETE takes a hundredth of the time of TRUNCATE.
DELETED = """
    status_attempt status_event status_endpoint
    digest_item digest
    campaign_moment campaign_slice campaign_arm campaign_run campaign_variant campaign
    bounce_strike callback_nonce dead_candidate receipt_tally inbound_callback event
    alert account_day attachment consent_event
    delivery notification attempt idempotency_key counter counter_delta account_health_delta
    erasure sandbox_received
    inbox_item suppression preference quiet_hours contact_point recipient cap notification_type
    category
    provider_account app api_key service
    recipient_reaction recipient_received recipient_received_day
    segment_member segment_upload segment template_version message_template
    auth_user_groups auth_user django_session django_admin_log audit_entry
""".split()
# In one transaction with what follows: published versions and the audit log refuse to be deleted.
UNGUARDED = "SET LOCAL session_replication_role = replica;"


@contextmanager
def committed_rows(django_db_blocker: Any) -> Iterator[None]:
    """Deleted in the end; pytest-django empties every table and makes each content type anew."""
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            cursor.execute(UNGUARDED + ";".join(f"DELETE FROM {table}" for table in DELETED))
