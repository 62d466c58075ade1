# SPDX-License-Identifier: AGPL-3.0-or-later
"""A board of its own for these tests, and headless Chromium to look at it."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parents[2]
INSTANCE = os.environ.get("COMMONHOST_BROWSER_INSTANCE", "7")
PASSWORD = "a kettle, a door, a hill"
NAME = "oak"


class Board:
    """The board under test, reached by its own names through forwarded ports."""

    def __init__(self, facts):
        self.claim_code = facts["claim_code"]
        self.http = facts["http"]
        self.port = facts["https"].rsplit(":", 1)[1]
        self.first = facts["https"]

    @property
    def https(self):
        """The origin under the board's own name, once it is claimed."""
        return f"https://{NAME}.local:{self.port}"

    def service(self, name):
        return f"https://{name}-{NAME}.local:{self.port}"


class Browser(webdriver.Chrome):
    """Chromium that takes `*.local` to this machine and trusts the board's own authority."""

    def __init__(self, width=1280, language="en", javascript=True):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--ignore-certificate-errors",
            "--host-resolver-rules=MAP *.local 127.0.0.1",
            "--hide-scrollbars",
            f"--lang={language}",
            f"--user-data-dir={tempfile.mkdtemp(prefix='commonhost-browser-')}",
        ):
            options.add_argument(flag)
        preferences = {"intl.accept_languages": language}
        if not javascript:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        super().__init__(service=Service("/usr/bin/chromedriver"), options=options)
        self.resize(width)

    def resize(self, width, height=900):
        # A window cannot be narrower than 500 px: the page's own view can.
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def one(self, selector):
        return self.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector="main"):
        return self.one(selector).text

    def path(self):
        return "/" + self.current_url.split("/", 3)[3]

    def until(self, condition, seconds=20):
        wait = WebDriverWait(self, seconds, poll_frequency=0.1, ignored_exceptions=[Exception])
        return wait.until(lambda _: condition())

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.one(f"[name={name}]")
            field.clear()
            field.send_keys(value)

    def press(self, selector):
        """Clicks, and returns when another page is there."""
        before = self.one("html")
        self.one(selector).click()
        self.until(lambda: self.one("html") != before)

    def complaints(self):
        """What the console holds against the page."""
        # A status of 4xx is an answer, not a fault of the page.
        return [
            entry["message"]
            for entry in self.get_log("browser")
            if entry["level"] in ("WARNING", "SEVERE") and "Failed to load resource" not in entry["message"]
        ]

    def overflow(self):
        """How far the page is wider than the window."""
        return self.execute_script("return document.documentElement.scrollWidth - innerWidth")


def run(*arguments):
    command = [ROOT / "scripts/try", "--instance", INSTANCE, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="session")
def board():
    try:
        facts = json.loads(run("--detach", "--json", "--fresh").splitlines()[-1])
        yield Board(facts["boards"][0])
    finally:
        run("--stop")


@pytest.fixture
def open_browser():
    opened = []

    def make(**options):
        opened.append(Browser(**options))
        return opened[-1]

    yield make
    for browser in opened:
        browser.quit()


def sign_in(browser, board, name="alice", password=PASSWORD):
    browser.get(board.https + "/sign-in")
    browser.fill(name=name, password=password)
    browser.press("main form button")
    assert browser.path() == "/home"


def wait_for_job(browser, service, seconds=60):
    """On a job's page: until it is done, with or without JavaScript."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if browser.all("section.job[data-state=done]"):
            return
        assert not browser.all("section.job[data-state=failed]"), browser.text()
        time.sleep(0.2)
    raise AssertionError(f"{service} is not done: {browser.text()}")
