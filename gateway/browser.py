"""The browser that drives portals without an API: the machine's own, else Playwright's, started with few habits.

`python -m gateway.browser` starts one, shows it a page and says which it was; set-up asks that to know whether one is
there. The environment variable CLEARBILL_BROWSER names another executable, or `none` to do without.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from gateway.errors import SettingWrong

NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable"),
)
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
SETTING = "CLEARBILL_BROWSER"

# Nothing of a person's browser: no first-run pages, no updates, no calls home. Without a GPU Debian's chromium stumbles
# over its own probing; QUIC is not what a portal's firewall expects.
_HABITS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
# What Playwright switches off, with the suggestions below the address bar besides: chromium draws a page for them with
# every window, in a process of its own that takes 100 MB and more processor time than a portal's page. A second list
# replaces the first, so both stand here.
_WITHOUT = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *(
        "HttpsFirstBalancedModeAutoEnable",
        "LensOverlay",
        "MediaRouter",
        "PaintHolding",
        "ThirdPartyStoragePartitioning",
    ),
    *("AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin", "OptimizationHints"),
    *("NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch", "msForceBrowserSignIn"),
    "msEdgeUpdateLaunchServicesPreferredVersion",
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
)
_LEAN = ("--blink-settings=imagesEnabled=false", "--disable-remote-fonts")


def browser_on_this_machine() -> str | None:
    """The executable to start; None means Playwright's own.

    Raises SettingWrong where CLEARBILL_BROWSER names none."""
    wanted = os.environ.get(SETTING, "")
    if wanted == "none":
        raise SettingWrong(SETTING, "is `none`: this machine is told to do without a browser.")
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            raise SettingWrong(SETTING, f"names {wanted}, which is no program here. Correct it or leave it out.")
        return found
    on_path = (shutil.which(name) for name in NAMES)
    return next((found for found in on_path if found), None) or next(
        (at for at in ELSEWHERE if Path(at).exists()), None
    )


def launch(playwright: Playwright, *, pictures: bool = False) -> Browser:
    """Starts a headless browser, which ends with this process however that ends: it hangs on a pipe of ours.

    Without `pictures` neither images nor fonts are loaded. Raises SettingWrong where none can be started."""
    flags = [*_HABITS, f"--disable-features={','.join(_WITHOUT)}", *(() if pictures else _LEAN)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")  # chromium refuses to sandbox what runs as root
    executable = browser_on_this_machine()
    try:
        return playwright.chromium.launch(executable_path=executable, args=flags, headless=True, timeout=60_000)
    except Error as fault:
        what = executable or "Playwright's own"
        first = fault.message.strip().splitlines()[0]
        raise SettingWrong(
            "browser", f"{what} does not start ({first}). Install chromium, or run `sh setup/browser.sh`."
        ) from None


def why_none() -> str:
    """Why no browser starts here, in a sentence with the cure; "" where one does."""
    try:
        with sync_playwright() as playwright:
            launch(playwright).close()
    except SettingWrong as fault:
        return str(fault)
    return ""


def main() -> int:
    """Starts a browser and says which; 1 with the reason where there is none."""
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            page = browser.new_page()
            page.set_content("<p>ready</p>")
            said = page.inner_text("p")
            browser.close()
            print(f"{said}: {browser_on_this_machine() or playwright.chromium.executable_path} {browser.version}")  # noqa: T201
    except SettingWrong as fault:
        print(fault, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
