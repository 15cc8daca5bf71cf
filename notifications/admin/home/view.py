"""The first page of the admin: is it all right now, and if not, where?"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from channels.models import ProviderAccount
from notifications.admin.home.charts import Bar, chart, sparkline
from notifications.admin.home.numbers import HOURS, Hour, Numbers, numbers
from notifications.admin.home.problems import Problem, problems, verdict, worst_first
from notifications.models import Notification
from notifications.reasons import reason_text
from notifyproj.core.clock import now
from notifyproj.core.models import ApiKey
from preferences.models import NotificationType, Recipient
from templates.models import MessageTemplate

FIRST_STEPS: tuple[tuple[str, type[Model]], ...] = (
    ("Add a provider account", ProviderAccount),
    ("Add a notification type", NotificationType),
    ("Publish a template", MessageTemplate),
    ("Add a recipient", Recipient),
    ("Create an API key", ApiKey),
    ("Send the first notification", Notification),
)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Asked by Unfold for its index."""
    context |= {"title": "Home", "may_see": may_see(request)}
    return context | panels(request) if may_see(request) else context


@require_safe
def refreshed(request: HttpRequest) -> HttpResponse:
    """The panels alone: the page asks for them again every few seconds."""
    if not may_see(request):
        raise PermissionDenied
    return render(request, "home/panels.html", panels(request))


def may_see(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("notifications.view_delivery"))


def panels(request: HttpRequest) -> dict[str, Any]:
    found = numbers(now())
    if found.law.created == 0 and not Notification.objects.exists():
        steps = [_step(request, *step) for step in FIRST_STEPS]
        return {"first_steps": steps, "problems": _addressed(problems(found))}
    wrong = problems(found)
    return {
        "n": found,
        "verdict": verdict(wrong),
        "since": f"{HOURS}h",
        "problems": _addressed(wrong),
        "chart": chart(_bars(found.hours), f"Deliveries per hour, the last {HOURS} hours"),
        "channels": [
            (line, sparkline(_bars(line.hours), f"{line.channel} per hour, {HOURS} hours"))
            for line in found.channels
        ],
        "accounts": worst_first(found.accounts),
        "failed": [(code, reason_text(code) or code, n) for code, n in found.failed],
        "skipped": [(code, reason_text(code) or code, n) for code, n in found.skipped],
        "share": _share(found),
        "rate": sum(found.rates.values()),
    }


def _bars(hours: list[Hour]) -> list[Bar]:
    return [(hour.at, hour.sent, hour.failed) for hour in hours]


def _share(found: Numbers) -> float | None:
    """Of what was tried to the end, how much the providers took; in per cent."""
    tried = found.law.sent + found.law.failed + found.law.uncertain
    return 100 * found.law.sent / tried if tried else None


def _step(request: HttpRequest, title: str, model: type[Model]) -> tuple[str, bool, str]:
    """What is to be done, whether it is, and where; "" for a page one may not see."""
    app, name = model._meta.app_label, model._meta.model_name
    seen = request.user.has_perm(f"{app}.view_{name}")
    page = reverse(f"admin:{app}_{name}_changelist") if seen else ""
    return title, model._default_manager.exists(), page


def _addressed(found: list[Problem]) -> list[tuple[Problem, str]]:
    return [(problem, _address(problem)) for problem in found]


def _address(problem: Problem) -> str:
    args = [problem.row] if problem.row is not None else []
    query = f"?{urlencode(problem.query)}" if problem.query else ""
    return reverse(f"admin:{problem.page}", args=args) + query
