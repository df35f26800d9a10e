"""Chromium, the running product, and what every visited page must keep."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from reports.tests.browser.site import PASSWORD, Site

ORDER = (
    "test_walk",
    "test_journeys",
    "test_without_script",
    "test_hr_journeys",
    "test_from_nothing",
)
"""The walk finds the demonstration untouched; each journey leaves the data as the next needs it."""
WIDTHS = {"1280": (1280, 900), "390": (390, 844)}
AXE_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One width after the other, and the modules of this folder in their order."""
    here = Path(__file__).parent
    places = [place for place, item in enumerate(items) if item.path.parent == here]

    def rank(item: pytest.Item) -> tuple[int, int]:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        width = parameters.get("width", list(WIDTHS)[-1])
        return list(WIDTHS).index(width), ORDER.index(item.path.stem)

    for place, item in zip(places, sorted((items[p] for p in places), key=rank), strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, quiet; without its sandbox only as root."""
    arguments = [
        "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    ]  # fmt: skip
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    path = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    return {"executable_path": path, "headless": True, "args": arguments}


@pytest.fixture(scope="session", params=list(WIDTHS))
def width(request: pytest.FixtureRequest) -> str:
    """Wide screen and phone: the whole suite runs on one, then on the other."""
    return str(request.param)


@pytest.fixture(scope="session")
def site(width: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running product with fresh demonstration data for each width."""
    running = Site(tmp_path_factory.mktemp("situs"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@dataclass
class Visitor:
    """One person at one browser; `look` holds every page to the common rules."""

    site: Site
    context: BrowserContext
    page: Page
    width: str
    messages: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))

    def go(self, path: str) -> None:
        """Open an address of the product."""
        self.page.goto(self.site.base_url + path)

    def enter(self, account: str) -> None:
        """Be signed in and at home; the page of signing in is passed once per account."""
        known = self.site.sessions.get(account)
        if known is None:
            self.sign_in(account)
            self.site.sessions[account] = self.context.cookies()
        else:
            self.context.add_cookies(known)
            self.go("/")

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in through the page."""
        self.go("/akun/masuk/")
        self.page.get_by_label("NIP, surel, atau nama pendek").fill(name)
        self.page.locator("#id_password").fill(password)
        self.page.get_by_role("button", name="Masuk", exact=True).click()
        expect(self.page).not_to_have_url(self.site.base_url + "/akun/masuk/")

    def look(self, name: str = "", *, axe: bool = True) -> None:
        """No accessibility violation, no sideways scroll, nothing on the console."""
        self.page.wait_for_load_state("load")
        folder = os.environ.get("SCREENSHOTS")
        if folder and name:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{folder}/{name}-{self.width}.png", full_page=True)
        if axe:
            result = Axe().run(self.page, options=AXE_RULES).response
            found = [
                (each["id"], [node["html"][:160] for node in each["nodes"][:3]])
                for each in result["violations"]
            ]
            assert not found, (self.page.url, found)
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, (self.page.url, wide)
        assert not self.messages, (self.page.url, self.messages)
        self.seen.append(self.page.url)


@pytest.fixture
def visitor(site: Site, browser: Browser, width: str) -> Iterator[Any]:
    """Makes visitors: `visitor("atasan")` is signed in; `script=False` has none."""
    contexts: list[BrowserContext] = []

    def make(account: str = "", *, script: bool = True) -> Visitor:
        across, down = WIDTHS[width]
        context = browser.new_context(
            viewport={"width": across, "height": down},
            locale="id-ID",
            timezone_id="Asia/Jakarta",
            java_script_enabled=script,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        made = Visitor(site, context, page, width)
        made.watch(page)
        if account:
            made.enter(account)
        return made

    yield make
    for context in contexts:
        context.close()
