"""What the simulators received for somebody goes with them: it is all there in clear."""

from urllib.parse import quote, quote_plus, urlsplit

from channels.sandbox.models import Received
from notifyproj.core.erasures import Subject

BATCH = 500


def received(subject: Subject, after: str) -> str | None:
    rows = list(
        Received.objects.filter(pk__gt=int(after or 0))
        .order_by("pk")
        .values_list("pk", "recipient", "raw", "message", "reply")[:BATCH]
    )
    forms = _forms(subject)
    named = [pk for pk, *texts in rows if any(form in str(texts) for form in forms)]
    Received.objects.filter(pk__in=named).delete()
    return str(rows[-1][0]) if rows else None


def _forms(subject: Subject) -> set[str]:
    """As they may stand in a request: of an address that is a URL, its path alone, too."""
    paths = [urlsplit(word).path for word in subject.terms if word.startswith("https://")]
    words = [*subject.terms, *(path for path in paths if len(path) > len("/webhook"))]
    return {form(word) for word in words for form in (str, quote, quote_plus)}
