#!/usr/bin/env python3
"""Gives films to the page of examples/browser in Chromium, as a user does, and reads what it shows.

    python3 tests/browser/film.py film.html film.dcm film.png

Checks that the page shows the size of each file, its pixels and its provenance, that files of one
name, as one film in two formats, give the same pixels, that a file that is no film is refused with a
sentence and the page goes on, and that nothing is loaded. Skipped, with exit code 0, where there is no Chromium that opens a page.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 120

# What the page shows, as text.
SHOWN = """
(() => {
  const table = (id) => Object.fromEntries([...document.getElementById(id).rows].map(
    (row) => [row.cells[0].textContent, row.cells[1].textContent]));
  const canvas = document.getElementById("picture");
  const pixels = canvas.width && canvas.height
    ? canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data : [];
  let grey = "";
  for (let i = 0; i < pixels.length; i += 4) grey += String.fromCharCode(pixels[i]);
  return JSON.stringify({
    read: document.body.dataset.read || "",
    refusal: document.getElementById("refusal").hidden ? "" : document.getElementById("refusal").textContent,
    film: !document.getElementById("film").hidden,
    about: table("about"), provenance: table("provenance"),
    warnings: [...document.getElementById("warnings").children].map((item) => item.textContent),
    canvas: [canvas.height, canvas.width], grey,
    loaded: performance.getEntriesByType("resource").map((entry) => entry.name),
  });
})()
"""


class Browser:
    """Chromium, spoken to through a pair of pipes in the DevTools protocol."""

    def __init__(self, chromium, profile):
        commands, self.out = os.pipe()
        self.inn, answers = os.pipe()

        def pipes():
            # Chromium reads commands from descriptor 3 and answers on 4; via 10 and 11, so that
            # neither is overwritten by the other.
            for source, way, end in ((commands, 10, 3), (answers, 11, 4)):
                os.dup2(source, way)
                os.dup2(way, end)

        self.process = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.number, self.buffer, self.session = 0, b"", None

    def ask(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + SECONDS
        while True:
            message = self.next(end)
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    def next(self, end):
        while b"\0" not in self.buffer:
            if not select.select([self.inn], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not answer")
            more = os.read(self.inn, 1 << 20)
            if not more:
                raise TimeoutError("Chromium ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def open(self, page):
        target = self.ask("Target.createTarget", url=page.resolve().as_uri())["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        loaded = 'document.readyState === "complete" && document.getElementById("file") !== null'
        self.until(lambda: self.value(loaded))

    def value(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def until(self, done):
        end = time.monotonic() + SECONDS
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("the page does not get ready")
            time.sleep(0.05)

    def give(self, file):
        """Chooses a file as a user does; returns what the page shows then, and in which time."""
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        node = self.ask("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
        self.value('document.body.removeAttribute("data-read")')
        began = time.monotonic()
        self.ask("DOM.setFileInputFiles", nodeId=node, files=[str(file.resolve())])
        self.until(lambda: self.value('document.body.dataset.read || ""') == file.name)
        shown = json.loads(self.value(SHOWN))
        shown["grey"] = shown["grey"].encode("latin-1")
        return shown, time.monotonic() - began

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def wrong(shown, file):
    """What is not as it should be with a file that is a film."""
    found = []
    if shown["refusal"] or not shown["film"]:
        return [f"refused: {shown['refusal']}"]
    about, provenance = shown["about"], shown["provenance"]
    if shown["canvas"] != [int(about["height"]), int(about["width"])]:
        found.append(f"a canvas of {shown['canvas']} for {about['height']} x {about['width']}")
    levels = len(set(shown["grey"]))
    if levels < 16:
        found.append(f"only {levels} grey levels are drawn")
    kind = {".dcm": "dicom", ".png": "png"}[file.suffix]
    if provenance.get("format") != kind:
        found.append(f"format {provenance.get('format')}, expected {kind}")
    wanted = ["bits stored", "inverted"] + (["transfer syntax", "photometric"] if kind == "dicom" else [])
    found += [f"{name} is missing" for name in wanted if provenance.get(name, "not stated") == "not stated"]
    if not about.get("spacing"):
        found.append("no word on spacing")
    if not shown["warnings"]:
        found.append("no word on warnings")
    return found


def main(page, films):
    names = ["chromium", "chromium-browser", "google-chrome"]
    chromium = next(filter(None, map(shutil.which, names)), None)
    if not chromium:
        print("skipped: no Chromium")
        return 0
    bad = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(chromium, folder)
        try:
            try:
                browser.open(page)
            except (TimeoutError, OSError) as error:
                print(f"skipped: no Chromium that opens a page ({error})")
                return 0
            no_film = Path(folder) / "no-film.txt"
            no_film.write_text("not a film")
            cut = Path(folder) / "cut.dcm"
            cut.write_bytes(films[0].read_bytes()[: films[0].stat().st_size // 2])
            greys = {}
            for file in [films[0], no_film, cut, *films]:
                shown, seconds = browser.give(file)
                if file in films:
                    found = wrong(shown, file)
                    grey = greys.setdefault(file.stem, shown["grey"])
                    # By one level, where the other format's own rounding lies between.
                    if len(grey) != len(shown["grey"]) or any(
                            abs(a - b) > 1 for a, b in zip(grey, shown["grey"])):
                        found.append("other pixels than the file of the same name")
                    said = f"{shown['about'].get('height')} x {shown['about'].get('width')}"
                else:
                    found = [] if shown["refusal"] and not shown["film"] else ["not refused"]
                    said = shown["refusal"]
                found += [f"loads {name}" for name in shown["loaded"]]
                bad += len(found)
                print(f"{file.name}: {said}, {seconds:.1f} s; {'; '.join(found) or 'as it should be'}")
        finally:
            browser.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), list(map(Path, sys.argv[2:]))))
