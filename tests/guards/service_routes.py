"""Whose things each route of the API shows and changes; a route that is not here fails the guard.

`*` stands for parameters. With another service's, a route of `OWN` gives 404 and changes nothing.
"""

OWN = """
attachments
attachments/*
notifications
notifications/batch
notifications/explain
notifications/*
notifications/*/cancel
status-endpoints
status-endpoints/*
status-endpoints/*/rotate-secret
status-endpoints/*/resume
status-endpoints/*/test
status-endpoints/*/replay
status-endpoints/*/events
campaigns
campaigns/*
campaigns/*/preflight
campaigns/*/launch
campaigns/*/pause
campaigns/*/resume
campaigns/*/cancel
campaigns/*/report
campaigns/*/report.csv
campaigns/*/rate
segments
segments/preview
segments/look
segments/*
segments/*/count
segments/*/sample
segments/*/members/*
segments/*/uploads
segments/*/uploads/*/undo
inbox/tokens
inbox/api/items
inbox/api/unread_count
inbox/api/items/*/read
inbox/api/read_all
inbox/api/items/*/archive
""".split()

PERSON = "one person is the same to all services; the scope `recipients` opens who they are"
TEXTS = "texts are the company's, as types are"
COUNTS = "counts without people; others' campaigns are not told apart"
SHARED = {
    "recipients": PERSON,
    "recipients/import": PERSON,
    "recipients/*": PERSON,
    "recipients/*/contact-points": PERSON,
    "recipients/*/contact-points/*": PERSON,
    "recipients/*/contact-points/*/secret": PERSON,
    "recipients/*/preferences": PERSON,
    "recipients/*/unsubscribe": PERSON,
    "recipients/*/preference-page": PERSON,
    "recipients/*/consent": PERSON,
    "recipients/*/web-push": PERSON,
    "recipients/*/devices": PERSON,
    "recipients/*/devices/*": PERSON,
    "preferences/import": PERSON,
    "preferences/export": PERSON,
    "suppressions": "who must not be written to must not be by any service",
    "suppressions/look-up": "who must not be written to must not be by any service",
    "suppressions/remove": "who must not be written to must not be by any service",
    "apps/*/vapid-key": "a public key, which every page of the app shows",
    "templates": TEXTS,
    "templates/export": TEXTS,
    "templates/import": TEXTS,
    "templates/*": TEXTS,
    "templates/*/draft": TEXTS,
    "templates/*/publish": TEXTS,
    "templates/*/preview": TEXTS,
    "templates/*/diff": TEXTS,
    "templates/*/versions/*": TEXTS,
    "templates/*/versions/*/rollback": TEXTS,
    "reports": COUNTS,
    "reports.csv": COUNTS,
}
