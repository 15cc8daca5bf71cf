"""Takes the pictures of the documents again, from a platform that was just started.

    make run PORT=9640   # in another terminal, with an empty var/
    .venv/bin/python -m tests.integration.pictures http://localhost:9640

It sends nothing itself: the first message that `make run` sends is what the pages show.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
IMAGES = Path(__file__).parents[2] / "docs" / "images"
SECRETS = Path("var/secrets.env")


def sandbox(page: "Page", url: str) -> None:
    page.goto(f"{url}/sandbox/")
    page.frame_locator("iframe").first.get_by_text("Thank you for your order").wait_for()


def inbox(page: "Page", url: str) -> None:
    page.goto(f"{url}/inbox/demo/")
    page.locator("notify-inbox").get_by_role("button").first.click()
    page.locator("notify-inbox").get_by_text("ORD-98765").first.wait_for()


def campaign(page: "Page", url: str) -> None:
    page.goto(f"{url}/admin/campaigns/campaign/")
    page.get_by_role("link", name="Spring offers to plus members").first.click()
    page.frame_locator("iframe").first.get_by_text("To the shop").wait_for()


def template_editor(page: "Page", url: str) -> None:
    page.goto(f"{url}/admin/message_templates/messagetemplate/")
    page.get_by_role("link", name="Order confirmation").first.click()
    page.get_by_role("tab", name="Email").click()
    page.frame_locator("iframe").first.get_by_text("Thank you for your order").wait_for()


PICTURES: tuple[tuple[str, int, int, Callable[["Page", str], None]], ...] = (
    ("sandbox", 1400, 1000, sandbox),
    ("inbox", 1400, 640, inbox),
    ("campaign", 1360, 900, campaign),
    ("template-editor", 1440, 1000, template_editor),
)


def log_in(page: "Page", url: str) -> None:
    lines = SECRETS.read_text(encoding="utf-8").splitlines()
    secrets = dict(line.split("=", 1) for line in lines if "=" in line)
    page.goto(f"{url}/admin/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", secrets["DEMO_ADMIN_PASSWORD"])
    page.locator("[type=submit]").first.click()
    page.wait_for_url(f"{url}/admin/")


def main(url: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        log_in(page, url)
        for name, width, height, show in PICTURES:
            page.set_viewport_size({"width": width, "height": height})
            show(page, url)
            page.wait_for_timeout(1_000)  # until nothing moves any more
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
