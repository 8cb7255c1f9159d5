#!/usr/bin/env python3
"""Looks at report pages in Chromium: three widths, light and dark, and printed.

    python3 tests/report/layout.py runs/mine/report.html ..

Checks by structure, not by pixels: nothing wider than the screen, no text of a drawing outside of
it or over other text, no text smaller than 11 px, no clipped heading or button, nothing loaded from
elsewhere, enough contrast of text, at most 12 printed pages. With axe-core beside it
(`npm install axe-core` in this folder, or AXE=path/to/axe.min.js) accessibility is checked too.
Skipped, with exit code 0, where there is no Chromium that opens a page, or one without fonts.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

WIDTHS = [390, 820, 1500]
MOST_PAGES = 12
HERE = Path(__file__).parent

# Runs in the page and leaves its findings in a <pre> at the end of it.
CHECKS = r"""
(function () {
  var found = [];
  function say(what, element) {
    var text = (element && element.textContent || "").trim().slice(0, 50);
    found.push(what + (text ? ": " + text : ""));
  }
  function visible(element) {
    if (element.checkVisibility && !element.checkVisibility()) return false;
    var box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  }
  var all = Array.prototype.slice.call(document.querySelectorAll("body *")).filter(visible);
  if (document.documentElement.scrollWidth > window.innerWidth + 1) say("the page is wider than the screen");
  all.forEach(function (element) {
    if (/^(script|style|title|desc)$/i.test(element.tagName)) return;
    var own = Array.prototype.some.call(element.childNodes, function (node) {
      return node.nodeType === 3 && node.textContent.trim();
    });
    if (!own) return;
    var style = getComputedStyle(element), size = parseFloat(style.fontSize);
    var svg = element.closest("svg");
    if (svg && svg.viewBox.baseVal) size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    if (size < 10.95) say("text of " + size.toFixed(1) + " px", element);
    if (/^(H1|H2|H3|BUTTON|DT|DD|TH|TD)$/.test(element.tagName) && style.overflow === "hidden" &&
        element.scrollWidth > element.clientWidth + 1) say("clipped", element);
  });
  document.querySelectorAll("svg").forEach(function (svg) {
    if (!visible(svg)) return;
    var frame = svg.getBoundingClientRect(), texts = [];
    svg.querySelectorAll("text").forEach(function (text) {
      var box = text.getBoundingClientRect();
      if (!box.width) return;
      var out = box.left < frame.left - 1.5 || box.right > frame.right + 1.5 ||
        box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5;
      var part = svg.closest("figure"), name = part ? part.id : "a drawing";
      if (out) say(name + ": text outside of the drawing", text);
      texts.forEach(function (other) {
        var wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        var high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        // A line's box is higher than its letters.
        if (wide > 2 && high > 0.45 * Math.min(box.height, other.box.height)) {
          say(name + ": “" + other.text + "” under", text);
        }
      });
      texts.push({ box: box, text: text.textContent.trim() });
    });
  });
  var blocks = all.filter(function (element) {
    return /^(P|H1|H2|H3|TABLE|FIGCAPTION|DL|UL|PRE)$/.test(element.tagName) &&
      !element.closest("table table, svg");
  });
  for (var i = 0; i < blocks.length; i++) {
    for (var j = i + 1; j < Math.min(i + 4, blocks.length); j++) {
      var a = blocks[i], b = blocks[j];
      if (a.contains(b) || b.contains(a)) continue;
      var x = a.getBoundingClientRect(), y = b.getBoundingClientRect();
      var across = Math.min(x.right, y.right) - Math.max(x.left, y.left);
      var down = Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top);
      if (across > 2 && down > 3 && !a.closest(".wide") && !b.closest(".wide")) say("blocks overlap", b);
    }
  }
  function light(colour) {
    var parts = colour.match(/[\d.]+/g).slice(0, 3).map(function (c) {
      c = c / 255;
      return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  }
  function ground(element) {
    for (; element; element = element.parentElement) {
      var colour = getComputedStyle(element).backgroundColor;
      if (!/rgba\(.*, 0\)|transparent/.test(colour)) return colour;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? "rgb(20, 24, 29)" : "rgb(255, 255, 255)";
  }
  document.querySelectorAll("p, li, td, th, dt, dd, h1, h2, h3, figcaption, a, button").forEach(function (e) {
    if (!visible(e) || !e.textContent.trim()) return;
    var a = light(getComputedStyle(e).color), b = light(ground(e));
    var contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) say("contrast " + contrast.toFixed(1), e);
  });
  document.querySelectorAll("[src], link[href]").forEach(function (element) {
    var from = element.getAttribute("src") || element.getAttribute("href");
    if (!/^data:/.test(from)) say("loads " + from);
  });
  function done(more) {
    var pre = document.createElement("pre");
    pre.id = "layout-findings";
    pre.textContent = JSON.stringify(found.concat(more));
    document.body.append(pre);
  }
  if (window.axe) {
    // Colours of drawings are turned over in the dark, which axe does not see.
    axe.run(document, { rules: { "color-contrast": { enabled: false } } }).then(function (result) {
      done(result.violations.map(function (v) { return "axe, " + v.id + ": " + v.help + ": " + v.nodes[0].html.slice(0, 90); }));
    });
  } else { done([]); }
})();
"""


def chromium():
    names = ["chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, names)), None)


def answers():
    """Whether a page can be opened at all: some machines have a Chromium that cannot start."""
    try:
        return "opened" in run("--dump-dom", "data:text/html,<p>opened</p>")
    except subprocess.TimeoutExpired:
        return False


def has_fonts():
    """Whether letters have widths of their own: without a font all are drawn as one box."""
    page = """<span>iiiiiiii</span> <span>WWWWWWWW</span><script>
      var widths = Array.from(document.querySelectorAll("span"), e => e.getBoundingClientRect().width);
      document.title = widths[1] > 1.5 * widths[0] ? "proportional" : "boxes";
    </script>"""
    return "<title>proportional" in run("--dump-dom", f"data:text/html,{quote(page)}")


def run(*arguments):
    common = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    done = subprocess.run([chromium(), *common, *arguments], capture_output=True, timeout=120)
    return done.stdout.decode("utf-8", "replace")


def findings(page, width, dark, axe):
    html = page.read_text(encoding="utf-8")
    scripts = ([axe.read_text(encoding="utf-8")] if axe else []) + [CHECKS]
    html = html.replace("</body>", "".join(f"<script>{s}</script>" for s in scripts) + "</body>")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        copy.write_text(html, encoding="utf-8")
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        dom = run(scheme, f"--window-size={width},1200", "--virtual-time-budget=20000",
                  "--dump-dom", copy.as_uri())
    found = re.search(r'<pre id="layout-findings">(.*?)</pre>', dom, re.S)
    if not found:
        return ["the checks did not run"]
    text = found.group(1)
    for sign, name in ("<", "&lt;"), (">", "&gt;"), ("&", "&amp;"):
        text = text.replace(name, sign)
    return json.loads(text)


def printed_pages(page):
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "page.pdf"
        run("--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.resolve().as_uri())
        return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


def main(pages):
    if not chromium() or not answers():
        print("skipped: no Chromium that opens a page")
        return 0
    if not has_fonts():
        print("skipped: Chromium finds no font (Debian: fonts-liberation)")
        return 0
    axe = Path(os.environ.get("AXE", HERE / "node_modules/axe-core/axe.min.js"))
    axe = axe if axe.is_file() else None
    print("with axe-core" if axe else "without axe-core")
    bad = 0
    for page in map(Path, pages):
        for width in WIDTHS:
            for dark in (False, True):
                found = findings(page, width, dark, axe)
                bad += len(found)
                print(f"{page}, {width} px, {'dark' if dark else 'light'}: {len(found)} findings")
                for text in found[:12]:
                    print(f"  {text}")
        n = printed_pages(page)
        bad += n > MOST_PAGES
        print(f"{page}, printed: {n} pages{' (too many)' if n > MOST_PAGES else ''}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
