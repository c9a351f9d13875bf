"""The pages in Chromium, by clicking: signed in by Airflow's own form as a viewer, as an operator, and as nobody.

SCREENSHOTS=<folder> keeps a picture of every page, narrow and wide, light and dark.
"""

import base64
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dags.coffee_shop.report.report_samples import RESTATED
from tests.plugins.coffee_shop_reports_app.lake_samples import APRIL, STATE
from tests.plugins.coffee_shop_reports_app.test_reports import BOOK, FOLDER, REPORT, REPORTS

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"wide": (1280, 1000), "narrow": (390, 844)}
MADE = {**REPORT, "status": "complete", "restated": RESTATED}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="Chromium and its driver are not installed (Debian's packages chromium and chromium-driver)",
    ),
]


@pytest.fixture(scope="module")
def server(airflow_app: Any, known_dags: None) -> Iterator[str]:
    """The address of Airflow's API server."""
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = uvicorn.Server(uvicorn.Config(airflow_app, port=port, log_level="error"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join()


class Browser:
    """A Chromium of its own, with what a person does: sign in, open, click, read."""

    def __init__(self, server: str, folder: Path) -> None:
        from selenium.webdriver import Chrome, ChromeOptions, ChromeService

        options = ChromeOptions()
        options.binary_location = str(CHROMIUM)
        self.downloads = folder / "downloads"
        for flag in [*FLAGS, f"--user-data-dir={folder / 'profile'}"]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"download.default_directory": str(self.downloads)})
        self.driver = Chrome(options=options, service=ChromeService(str(DRIVER)))
        self.driver.implicitly_wait(10)
        self.server = server

    def open(self, path: str) -> None:
        self.driver.get(f"{self.server}/coffee-shop/reports/{path}")

    def sign_in(self, name: str) -> None:
        self.driver.get(f"{self.server}/auth/login")
        for field, value in (("username", name), ("password", f"{name}-password")):
            self.one(f"input[name={field}]").send_keys(value)
        self.one("button[type=submit]").click()
        self.until(lambda: "/login" not in self.driver.current_url)

    def one(self, css: str) -> Any:
        return self.driver.find_element("css selector", css)

    def has(self, text: str) -> bool:
        """Tell whether a link or button with this text is there, without waiting for one."""
        found = self.driver.find_elements("css selector", "main a, main button")
        return any(text in element.text.splitlines() for element in found)

    def click(self, text: str) -> None:
        """Click the first link or button that says this, or that a cell of the calendar with this in it is."""
        links = self.driver.find_elements("css selector", "main a, main button, nav a")
        next(link for link in links if text in link.text).click()

    @property
    def words(self) -> str:
        """What the page says, read at once: while it is replaced by the next one, an element of it can be gone."""
        text = self.driver.execute_script("return document.querySelector('main')?.innerText ?? ''")
        return " ".join(text.split())

    def until(self, holds: Any) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, 20).until(lambda _: holds())

    def keep_pictures(self, name: str) -> None:
        """Check that the page is not wider than its window, in each size; keep pictures where somebody asked for them."""
        for size, (width, height) in SIZES.items():
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "narrow"}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            assert self.driver.execute_script("return document.documentElement.scrollWidth") <= width, (name, size)
            captions = "return [...document.querySelectorAll('caption')].map(each => each.offsetWidth)"
            assert all(wide > width / 2 for wide in self.driver.execute_script(captions)), (name, size)
            for scheme in ("light", "dark") if os.environ.get("SCREENSHOTS") else ():
                media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
                self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
                folder = Path(os.environ["SCREENSHOTS"])
                folder.mkdir(parents=True, exist_ok=True)
                whole = {"captureBeyondViewport": True, "format": "png"}
                png = self.driver.execute_cdp_cmd("Page.captureScreenshot", whole)["data"]
                (folder / f"{name}-{size}-{scheme}.png").write_bytes(base64.b64decode(png))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture
def browser(server: str, tmp_path: Path) -> Iterator[Browser]:
    started = Browser(server, tmp_path)
    yield started
    started.driver.quit()


@pytest.fixture
def shop(pages_of: Any, no_runs: None) -> None:
    """A restated week, loads, and a file that was held back."""
    pages_of(REPORTS | {f"{FOLDER}/summary.json": MADE}, STATE)


def test_nobody_is_led_to_the_form_and_back(browser, shop):
    browser.open("?kind=weekly&at=2019")
    assert "Income" not in browser.words
    browser.one("main a").click()
    for field, value in (("username", "guest"), ("password", "guest-password")):
        browser.one(f"input[name={field}]").send_keys(value)
    browser.one("button[type=submit]").click()

    browser.until(lambda: "/coffee-shop/reports/" in browser.driver.current_url)
    assert "restated" in browser.words


def test_a_viewer_reads_from_the_calendar_to_the_workbook_and_may_start_nothing(browser, shop):
    browser.sign_in("guest")
    browser.open("?kind=weekly&at=2019")
    browser.keep_pictures("calendar")
    browser.click("W17")

    assert "Restated on 2019-05-02: this replaces the report of 2019-04-29" in browser.words
    assert "Income of 2019-04-23 $150.00 $200.00" in browser.words
    assert not browser.has("Make again")
    browser.keep_pictures("report")
    browser.click("sales.xlsx")
    book = browser.downloads / BOOK["file"]
    browser.until(book.exists)
    assert book.read_bytes() == REPORTS[BOOK["key"]]

    browser.click("Loads")
    assert "Files that wait for a decision" in browser.words
    assert not browser.has("Accept")
    browser.keep_pictures("loads")


def test_an_operator_makes_a_report_again(browser, shop, client, operator):
    browser.sign_in("operator")
    browser.open(f"report?folder={FOLDER}")
    browser.click("Make again")
    assert "It becomes version 3; version 2 is kept below it. Nobody gets a mail." in browser.words
    browser.keep_pictures("again")
    browser.click("Make it again")

    browser.until(lambda: "has been started" in browser.words)
    [run] = client.get("/api/v2/dags/coffee_shop_weekly_report/dagRuns", headers=operator).json()["dag_runs"]
    assert run["conf"] == {"from": "2019-04-22", "to": "2019-04-28", "mail": False}


def test_an_operator_accepts_a_file_that_was_held_back(browser, shop, client, operator):
    browser.sign_in("operator")
    browser.open("loads")
    browser.keep_pictures("loads-of-an-operator")
    browser.click("Accept")
    assert f"Accept {APRIL}?" in browser.words
    browser.keep_pictures("decide")
    browser.click("Accept this file")

    browser.until(lambda: "Being accepted by a run" in browser.words)
    [run] = client.get("/api/v2/dags/coffee_shop_load/dagRuns", headers=operator).json()["dag_runs"]
    assert run["conf"]["accept"] == [APRIL]
