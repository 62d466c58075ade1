# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of a booted board, as people use them."""

import os
import pathlib
import ssl
import time
import urllib.request

from conftest import NAME, PASSWORD, ROOT, sign_in, wait_for_job

PAGES = (
    "/home",
    "/catalog",
    "/services/snac/enable",
    "/services/radicale",
    "/members",
    "/certificates",
    "/cooperative",
    "/cooperative/profile",
    "/cooperative/questions",
    "/cooperative/texts",
    "/cooperative/decisions",
    "/cooperative/books",
    "/cooperative/register",
    "/cooperative/promises",
    "/cooperative/news",
    "/cooperative/elsewhere",
    "/cooperative/end",
    "/join",
    "/backups",
    "/backups/key",
    "/archives",
    "/audit",
    "/system",
    "/account",
    "/",
    "/no-such-page",
)
CLAIM = {
    "board_name": NAME,
    "display_name": "Alice",
    "name": "alice",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


def test_the_first_page_is_light(board, open_browser):
    """The first page and all it needs, compressed as browsers ask for it: at most 30 KiB over the wire."""
    browser = open_browser()
    browser.get(board.first + "/")
    assert "waiting to be set up" in browser.text()
    # The entries count bodies; headers add a few hundred bytes each.
    sizes = browser.execute_script(
        "return performance.getEntries().filter(e => 'transferSize' in e).map(e => [e.name, e.transferSize])"
    )
    assert len(sizes) >= 3, sizes
    assert sum(size for _, size in sizes) <= 30 * 1024, sizes
    assert browser.complaints() == []


def test_a_wrong_code_says_so_in_the_language_of_the_browser(board, open_browser):
    for language, words in (("en", "not the code the board shows"), ("fr", "pas le code affiché")):
        browser = open_browser(width=360, language=language)
        browser.get(board.first + "/claim")
        assert browser.one("html").get_attribute("lang") == language
        browser.fill(code="AAAA-AAAA", **CLAIM)
        browser.press("main form button")
        assert words in browser.text(".wrong-text, [id$=error]")
        assert browser.one("[name=code]").get_attribute("aria-invalid") == "true"
        # What was typed stays, but never a password.
        assert browser.one("[name=name]").get_attribute("value") == "alice"
        assert browser.one("[name=password]").get_attribute("value") == ""
        assert browser.overflow() <= 0


def test_two_passwords_that_differ_cost_no_try(board, open_browser):
    browser = open_browser()
    browser.get(board.first + "/claim")
    browser.fill(code=board.claim_code, **{**CLAIM, "password_again": "something else"})
    browser.press("main form button")
    assert browser.path() == "/claim"
    assert browser.one("[name=password_again]").get_attribute("aria-invalid") == "true"


def test_claim_enable_and_stop_without_javascript(board, open_browser):
    browser = open_browser(javascript=False)
    browser.get(board.first + "/claim")
    browser.fill(code=board.claim_code, **CLAIM)
    browser.press("main form button")
    assert browser.path() == "/home"
    assert NAME in browser.text(".notice")
    # Told once.
    browser.get(board.first + "/home")
    assert "Welcome" not in browser.text()
    browser.get(board.first + "/catalog")
    browser.press("a[href='/services/copyparty/enable']")
    browser.press("main form button.main")
    assert browser.path().startswith("/jobs/")
    wait_for_job(browser, "copyparty")
    browser.press("section.job a.button")
    assert browser.one("main").get_attribute("data-state") == "running"
    browser.press("form[action$='/stop'] button")
    wait_for_job(browser, "copyparty")
    browser.press("section.job a.button")
    assert browser.one("main").get_attribute("data-state") == "stopped"
    assert browser.one("form[action$='/start'] button").is_displayed()
    # Changing the language is a form as well.
    browser.press(".languages button")
    assert browser.one("html").get_attribute("lang") == "fr"
    browser.press(".languages button")
    assert browser.one("html").get_attribute("lang") == "en"


def test_a_claimed_board_cannot_be_claimed_again(board, open_browser):
    browser = open_browser()
    browser.get(board.https + "/claim")
    assert not browser.all("[name=code]")
    browser.get(board.https + "/services/radicale?x=1")
    assert browser.path().startswith("/sign-in?to=")


def test_a_wrong_password_says_so_and_the_right_one_leads_back(board, open_browser):
    browser = open_browser()
    browser.get(board.https + "/members")
    browser.fill(name="alice", password="not the password")
    browser.press("main form button")
    assert browser.one("[name=name]").get_attribute("value") == "alice"
    assert browser.all("[role=alert]")
    browser.fill(password=PASSWORD)
    browser.press("main form button")
    assert browser.path() == "/members"


def test_a_passkey_signs_in_without_a_password(board, open_browser):
    browser = open_browser()
    sign_in(browser, board)
    browser.execute_cdp_cmd("WebAuthn.enable", {})
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
              "isUserVerified": True, "automaticPresenceSimulation": True}
    browser.execute_cdp_cmd("WebAuthn.addVirtualAuthenticator", {"options": device})
    browser.get(board.https + "/account/passkeys")
    assert not browser.one("[data-without-passkey]").is_displayed()
    browser.fill(label="Alice's laptop", password=PASSWORD)
    browser.press("[data-passkey] button")
    assert "Alice's laptop" in browser.text()
    assert browser.complaints() == []
    browser.press("form[action='/sign-out'] button")
    browser.get(board.https + "/sign-in?to=/account")
    browser.press("[data-passkey] button")
    assert browser.path() == "/account"
    # Taken back, it opens nothing, and the password still does.
    browser.get(board.https + "/account/passkeys")
    browser.press("form[action$='/remove'] button")
    browser.press("form[action='/sign-out'] button")
    browser.get(board.https + "/sign-in")
    browser.press("[data-passkey] button")
    assert browser.all("[role=alert]")
    sign_in(browser, board)


def test_without_javascript_the_password_is_left(board, open_browser):
    browser = open_browser(javascript=False)
    sign_in(browser, board)
    browser.get(board.https + "/account/passkeys")
    assert browser.one("[data-without-passkey]").is_displayed()
    assert not browser.one("[data-passkey]").is_displayed()


def test_a_row_turns_green_without_reload(board, open_browser):
    browser = open_browser()
    sign_in(browser, board)
    other = open_browser()
    sign_in(other, board)
    other.get(board.https + "/services/copyparty")
    row = browser.one("[data-service=copyparty]")
    assert row.get_attribute("data-state") == "stopped"
    browser.execute_script("window.kept = true")
    other.press("form[action$='/start'] button")
    browser.until(lambda: row.get_attribute("data-state") == "running")
    assert browser.execute_script("return window.kept"), "the page was loaded again"
    assert row.find_element("css selector", "[data-role=label]").text == "Running"
    assert browser.complaints() == []


def test_enable_read_the_log_and_open_the_service_signed_in(board, open_browser):
    browser = open_browser()
    sign_in(browser, board)
    browser.get(board.https + "/services/radicale/enable")
    browser.press("main form button.main")
    wait_for_job(browser, "radicale")
    browser.press("section.job a.button")
    assert "Started" in browser.text(".log")
    assert f"{board.service('radicale')}/alice/" in browser.text("#connect-address")
    browser.fill(device="Phone")
    browser.press("form[action$='/app-passwords'] button")
    secret = browser.text("section[aria-labelledby=app-passwords] code")
    assert len(secret) == 23 and "Phone" in browser.text("section[aria-labelledby=app-passwords]")
    browser.get(board.https + "/services/radicale")
    assert secret not in browser.page_source, "shown once only"
    assert browser.complaints() == []
    browser.one("section.status a.button.main").click()
    browser.until(lambda: browser.current_url.startswith(board.service("radicale")))
    browser.until(lambda: "alice" in browser.page_source and browser.path() == "/.web/")
    assert "ticket" not in browser.current_url


def test_a_service_leads_to_the_sign_in_and_back(board, open_browser):
    browser = open_browser()
    browser.get(board.service("radicale") + "/.web/?x=1")
    assert browser.current_url.startswith(board.https + "/sign-in?to=")
    browser.fill(name="alice", password=PASSWORD)
    browser.press("main form button")
    browser.until(lambda: browser.current_url == board.service("radicale") + "/.web/?x=1")


def test_the_handoff_leads_nowhere_else(board, open_browser):
    browser = open_browser()
    sign_in(browser, board)
    for target in ("evil.example/", "//evil.example/", f"{NAME}.local:{board.port}/", "https://evil.example/"):
        browser.get(f"{board.https}/sign-in/continue?to={target}")
        assert browser.current_url.startswith(board.https), target
    browser.get(board.service("radicale") + "/.commonhost/session?ticket=guess&to=//evil.example/")
    assert browser.current_url.startswith("https://") and "evil.example" not in browser.current_url.split("?")[0]


def test_settings_that_do_not_fit_are_marked(board, open_browser):
    browser = open_browser(javascript=False)
    sign_in(browser, board)
    browser.get(board.https + "/services/radicale")
    field = browser.one("[name='setting.max_upload_mib']")
    # Without the browser's own check, as a program would send it.
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.execute_script("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    field.clear()
    field.send_keys("9999")
    browser.press("form[action$='/settings'] button")
    assert browser.one("[name='setting.max_upload_mib']").get_attribute("aria-invalid") == "true"
    assert browser.one("[name='setting.max_upload_mib']").get_attribute("value") == "9999"


def test_members_see_what_they_may_use_and_nothing_else(board, open_browser):
    browser = open_browser()
    sign_in(browser, board)
    browser.get(board.https + "/members")
    browser.fill(name="bela", display_name="Béla")
    browser.press("form[action='/members'] button")
    password = browser.text("main code")
    member = open_browser(width=360)
    sign_in(member, board, "bela", password)
    assert member.all("[data-service=radicale]") and not member.all("a[href='/catalog']")
    member.get(board.https + "/services/radicale")
    assert not member.all("form[action$='/stop']") and not member.all(".log")
    member.get(board.https + "/catalog")
    assert not member.all(".offers") and "403" in member.text()


def test_the_cooperative_is_published_once_it_is_complete(board, open_browser):
    browser = open_browser()
    sign_in(browser, board)
    browser.get(board.https + "/cooperative/profile")
    browser.fill(
        name="Oak Street",
        tag_line="Hosting among neighbours",
        description="We host for one another.",
        organization_type="Cooperative",
        founding_date="2026",
        communication_languages="en, fr",
        home_url="https://oak.example.org/",
        logo="https://oak.example.org/logo.svg",
        contact_url="https://oak.example.org/contact",
        terms_of_service_url="https://oak.example.org/terms",
        privacy_policy_url="https://oak.example.org/privacy",
    )
    browser.press("form[action='/cooperative/profile'] button.main")
    assert browser.all(".notice.good"), browser.text()
    trust = ssl._create_unverified_context()
    document = urllib.request.urlopen(f"{board.first}/librehost.json", context=trust).read()
    assert b'"Oak Street"' in document and b"https://oak.example.org/terms" in document


def test_no_page_is_wider_than_a_phone_or_breaks_its_own_policy(board, open_browser):
    browser = open_browser(width=360)
    sign_in(browser, board)
    for language in ("en", "fr"):
        for page in PAGES:
            browser.get(board.https + page)
            assert browser.one("html").get_attribute("lang") == language
            assert browser.overflow() <= 0, page
            assert browser.complaints() == [], page
        if language == "en":
            # The button stands on wide windows only.
            browser.resize(1280)
            browser.press(".languages button")
            browser.resize(360)


def test_signing_out_ends_the_session_on_services_too(board, open_browser):
    browser = open_browser()
    sign_in(browser, board)
    browser.get(board.service("radicale") + "/")
    browser.until(lambda: browser.path() == "/.web/")
    browser.get(board.https + "/home")
    browser.press("form[action='/sign-out'] button")
    assert browser.path() == "/"
    browser.get(board.service("radicale") + "/")
    assert "/sign-in" in browser.current_url


def test_screenshot_for_the_readme(board, open_browser):
    """Written only when asked for: three services running, as a steward sees them."""
    folder = os.environ.get("COMMONHOST_SCREENSHOTS")
    browser = open_browser()
    sign_in(browser, board)
    if browser.one("html").get_attribute("lang") != "en":
        browser.press(".languages button")
    if not browser.all("[data-service=snac]"):
        browser.get(board.https + "/services/snac/enable")
        browser.press("main form button.main")
        wait_for_job(browser, "snac")
    browser.get(board.https + "/home")
    browser.until(lambda: len(browser.all("[data-service][data-state=running]")) == 3)
    if not folder:
        return
    time.sleep(6)  # One reading of the sensors.
    browser.resize(1280, browser.execute_script("return document.body.scrollHeight"))
    picture = pathlib.Path(folder if folder != "1" else ROOT / "docs") / "screenshot.png"
    picture.parent.mkdir(exist_ok=True)
    browser.save_screenshot(str(picture))
