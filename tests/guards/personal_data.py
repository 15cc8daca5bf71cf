"""What is kept about a person, where, and what an erasure does to it. Checked documentation: the
steps of an erasure are in `notifications/erasure/`.

Every column that may hold text is here; a guard test fails for one that is not. Rules of segments
are scrubbed where that changes nothing for others, and what is left of them is reported. Numbers,
times and the internal number of a person (`recipient_id`) stay: without the id they name nobody.
"""

from enum import StrEnum
from typing import NamedTuple


class Fate(StrEnum):
    ROW_GOES = "the row is deleted"
    EMPTIED = "emptied"
    RENAMED = "becomes the name of the tombstone"
    SCRUBBED = "what mentions the person is replaced"
    REPORTED = "written by staff: who is on call hears where it names the person"
    HASH_STAYS = "a keyed hash, kept so that an opt-out or a suppression holds"
    EXPIRES = "goes by itself within days, and names nobody in clear"
    NOBODY = "says nothing of a person we send to"


class Kept(NamedTuple):
    table: str
    columns: tuple[str, ...]
    fate: Fate


# table: columns …; one line a fate.
AT_ONCE = """
ROW_GOES contact_point: kind address address_hash hint area platform app_version inactive_reason
ROW_GOES inbox_item: title body link data
ROW_GOES digest_item: channels variables
RENAMED recipient: external_id
EMPTIED recipient: locale timezone attributes data_key
"""
BY_STEPS = """
EMPTIED notification: variables collapse_key content_hash metadata attachment_ids
RENAMED notification: unknown_recipients
RENAMED delivery: unknown_recipient
EMPTIED attempt: reason provider_id response_excerpt
EMPTIED event: reason provider_id detail
SCRUBBED status_event: body
EMPTIED status_attempt: reason excerpt
ROW_GOES attachment: name content_type content
ROW_GOES idempotency_key: key request_hash response
ROW_GOES inbound_callback: url headers body
ROW_GOES dead_candidate: address_hash reason source evidence former
ROW_GOES sandbox_received: account provider delivery_id recipient fault message raw checks reply
EMPTIED consent_event: evidence ip_hash
SCRUBBED audit_entry: label changes note
SCRUBBED django_admin_log: object_repr change_message
SCRUBBED alert: key title detail
SCRUBBED suppression: reason
SCRUBBED segment_upload: file_name errors problem
EMPTIED erasure: sealed points
"""
WRITTEN_BY_STAFF = """
SCRUBBED campaign_run: rules
SCRUBBED segment: rules
REPORTED segment: slug name description rules
REPORTED campaign: name description variables
REPORTED category: slug name names description descriptions
REPORTED message_template: slug name description
REPORTED notification_type: slug name names description descriptions
REPORTED template_version: parts schema sample built note
"""
STAYS = """
HASH_STAYS suppression: address_hash superseded_by
HASH_STAYS bounce_strike: address_hash
HASH_STAYS consent_event: address_hash
EXPIRES digest: key
EXPIRES event: key
EXPIRES callback_nonce: hash
EXPIRES campaign_arm: content_hash
NOBODY consent_event: source wording
NOBODY suppression: source
NOBODY notification: channels recipient_ids
NOBODY delivery: reason held_by trace
NOBODY attempt: code
NOBODY event: kind code
NOBODY status_event: event
NOBODY erasure: step cursor
NOBODY counter: channel reason
NOBODY counter_delta: channel reason
NOBODY audit_entry: actor ip_hash model object_id
NOBODY django_admin_log: object_id
NOBODY segment_upload: by
NOBODY api_key: name hash hint scopes
NOBODY app: slug name platform
NOBODY auth_group: name
NOBODY auth_permission: name codename
NOBODY auth_user: password username first_name last_name email
NOBODY campaign: channels zone
NOBODY campaign_run: stopped_by stopped_because brake_from
NOBODY campaign_run: skipped_zones
NOBODY campaign_slice: zone problem
NOBODY campaign_variant: name
NOBODY django_celery_beat_crontabschedule: minute hour day_of_month month_of_year day_of_week
NOBODY django_celery_beat_periodictask: name task args kwargs queue exchange routing_key headers
NOBODY django_celery_beat_periodictask: description
NOBODY django_content_type: app_label model
NOBODY django_session: session_key session_data
NOBODY notification_type: channels opt_in_channels digest fallbacks template
NOBODY provider_account: slug kind endpoint ca_certificate credentials settings serves costs
NOBODY provider_account: held_reason held_by breaker breaker_forced
NOBODY sandbox_fault: account
NOBODY service: slug name
NOBODY status_endpoint: url description events types owner_email secrets reason
NOBODY template_version: variables accepts pins changed_by published_by
"""


def kept() -> list[Kept]:
    lines = [
        line.partition(":")
        for line in f"{AT_ONCE}{BY_STEPS}{WRITTEN_BY_STAFF}{STAYS}".split("\n")
        if line
    ]
    found = []
    for head, _, columns in lines:
        fate, table = head.split()
        found.append(Kept(table, tuple(columns.split()), Fate[fate]))
    return found
