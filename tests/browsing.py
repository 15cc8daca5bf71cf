"""What tests in a real browser share: the fixtures `site` and `browser` are in conftest.py."""

from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.test import Client
from playwright.sync_api import BrowserContext, Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def complaints(page: Page, part: str | None = None) -> list[Any]:
    """What axe finds, in all of it or a part; the context needs `bypass_csp=True`."""
    found = Axe().run(page, context=part, options=RULES).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


def log_in(context: BrowserContext, site: str, user: AbstractBaseUser) -> None:
    """Without the form: the session is made here and its cookie handed over."""
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    host = urlsplit(site).hostname or ""
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "domain": host, "path": "/"}])
