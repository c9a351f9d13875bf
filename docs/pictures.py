"""Make the README's pictures again from a running stack: `make pictures`, after `make demo`.

They show what the demo made: the newest mail, the first page of the sales workbook, and the load's run in Airflow. This
needs LibreOffice (soffice), poppler (pdftoppm) and Chromium; with pngquant the pictures get smaller.
"""

import base64
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from laptop.airflow_rest import AirflowRest, RestError
from laptop.demo import WEEK_FOLDER, DemoError, newest_mail
from laptop.stack import ROOT, Stack, aws_client, read_names, stack_from_environment
from laptop.uploads import LOAD

PICTURES = ROOT / "docs" / "pictures"
PROGRAMS = {"soffice": "libreoffice-calc", "pdftoppm": "poppler-utils", "chromium": "chromium"}
IN_ENGLISH = 'localStorage.i18nextLng = "en"'  # where Airflow's UI keeps its language
SECONDS_TO_DRAW, SECONDS_TO_SETTLE = 60, 3


class PictureError(RuntimeError):
    """A picture cannot be made; the message says what is missing."""


class Page:
    """One page of a Chromium without a window, steered by its DevTools protocol."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._number = 0
        self._session: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}

    def call(self, method: str, **params: object) -> Any:
        """Send a command and return its result.

        Raises:
            PictureError: Chromium refused it.
        """
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params} | self._session))
        while True:
            answer = json.loads(self._connection.recv(timeout=60))
            if answer.get("id") == self._number:
                break
        if "error" in answer:
            raise PictureError(f"Chromium refused {method}: {answer['error']['message']}")
        return answer["result"]

    def picture(self, url: str, file: Path, width: int, height: int | None = None, until: str = "") -> None:
        """Open an address, wait until it shows the words of ``until``, and save it; without a height, the whole page.

        Raises:
            PictureError: the page does not show them within a minute.
        """
        screen = {"width": width, "height": height or 800, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **screen)
        self.call("Page.navigate", url=url)
        self._wait_for(until)
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": height or size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def _wait_for(self, words: str) -> None:
        shows = f"document.readyState === 'complete' && document.body.innerText.includes({json.dumps(words)})"
        for _ in range(SECONDS_TO_DRAW):
            time.sleep(1)
            if self.call("Runtime.evaluate", expression=shows)["result"].get("value"):
                time.sleep(SECONDS_TO_SETTLE)
                return
        raise PictureError(f"After {SECONDS_TO_DRAW} s the page does not show {words!r}.")


@contextlib.contextmanager
def open_page() -> Iterator[Page]:
    """Start Chromium, yield a page of it, and end it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:  # the browser writes on while it ends
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0"]
        command = ["chromium", *options, f"--user-data-dir={profile}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as browser:
            try:
                with connect(_devtools_address(browser), max_size=None) as connection:
                    yield Page(connection)
            finally:
                browser.terminate()


def _devtools_address(browser: "subprocess.Popen[str]") -> str:
    for line in browser.stderr or ():
        if match := re.search(r"DevTools listening on (ws://\S+)", line):
            return match[1]
    raise PictureError("Chromium did not start: try it in a terminal, chromium --headless=new about:blank")


def picture_of_mail(stack: Stack, page: Page, file: Path) -> None:
    """Save the newest mail as the local AWS shows it in a browser."""
    mail, _ = newest_mail(stack)
    page.picture(mail.with_suffix(".html").resolve().as_uri(), file, width=700)


def picture_of_load(stack: Stack, page: Page, file: Path) -> None:
    """Save the run of the longest load that worked, as Airflow's UI shows it to the demo's user.

    Loads that find nothing new end after seconds; most of their tasks are skipped.

    Raises:
        PictureError: no load has worked yet.
    """
    airflow = AirflowRest(stack)
    runs = airflow.call("GET", f"/dags/{LOAD}/dagRuns?state=success&order_by=-duration&limit=1")["dag_runs"]
    if not runs:
        raise PictureError("No load has worked yet. Type: make demo")
    page.call("Network.setCookie", name="_token", value=airflow.token, url=stack.airflow_url)
    page.call("Page.addScriptToEvaluateOnNewDocument", source=IN_ENGLISH)
    address = f"{stack.airflow_url}/dags/{LOAD}/runs/{runs[0]['dag_run_id']}"
    page.picture(address, file, width=1600, height=760, until="Success")


def picture_of_workbook(stack: Stack, file: Path) -> None:
    """Save the first page of the demo's sales workbook, as LibreOffice prints it.

    Raises:
        PictureError: the stack was never started.
    """
    bucket = read_names(stack).get("COFFEE_SHOP_REPORTS_BUCKET")
    if bucket is None:
        raise PictureError(f"There is no stack in {stack.home}.")
    with tempfile.TemporaryDirectory() as folder:
        workbook = Path(folder, "sales.xlsx")
        aws_client(stack, "s3").download_file(bucket, f"{WEEK_FOLDER}sales.xlsx", str(workbook))
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(workbook)]
        subprocess.run(convert, check=True, capture_output=True)
        print_page = ["pdftoppm", "-png", "-r", "90", "-f", "1", "-l", "1", "-singlefile"]
        subprocess.run([*print_page, str(workbook.with_suffix(".pdf")), str(file.with_suffix(""))], check=True)


def make_smaller(file: Path) -> None:
    """Give a picture at most 64 colours, where pngquant is there."""
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--strip", "--output", str(file), "64", str(file)], check=True)


def main() -> int:
    """Make all pictures; return 0 only if all of them were made."""
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if missing:
        print(f"Install what draws the pictures first, on Debian and Ubuntu: apt-get install {' '.join(missing)}")
        return 1
    stack = stack_from_environment()
    try:
        picture_of_workbook(stack, PICTURES / "workbook.png")
        with open_page() as page:
            picture_of_mail(stack, page, PICTURES / "mail.png")
            picture_of_load(stack, page, PICTURES / "load.png")
    except (PictureError, DemoError, RestError, OSError, subprocess.CalledProcessError) as error:
        print(f"{error}\nThe pictures are of a demo's stack that runs: make demo", file=sys.stderr)
        return 1
    for name in ("workbook", "mail", "load"):
        file = PICTURES / f"{name}.png"
        make_smaller(file)
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
