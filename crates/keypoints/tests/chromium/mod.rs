//! Chromium without a window, driven by its DevTools protocol through a pipe: messages are JSON
//! that end in a zero byte (`--remote-debugging-pipe` reads file 3 and writes file 4).

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// One page in a browser of its own.
pub(crate) struct Browser {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    last_id: u64,
    /// Events that arrived before an answer.
    events: VecDeque<Value>,
}

impl Browser {
    /// Opens a file; `None` where no Chromium is. Downloads go to `downloads`.
    pub(crate) fn open(file: &Path, downloads: &Path) -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let there = |name: &&str| {
            let version = Command::new(name).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        };
        let name = names.into_iter().find(there)?;
        let profile = downloads.join("profile");
        let script = format!(
            "exec {name} --headless --no-sandbox --disable-gpu --remote-debugging-pipe \
             --window-size=1200,900 --user-data-dir=\"$0\" 3<&0 4>&1 >/dev/null 2>&1"
        );
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).arg(profile);
        let mut process = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut browser =
            Self { process, input, output, session: None, last_id: 0, events: VecDeque::new() };
        let folder = downloads.display().to_string();
        browser.call(
            "Browser.setDownloadBehavior",
            json!({"behavior": "allow", "downloadPath": folder, "eventsEnabled": true}),
        );
        let url = format!("file://{}", file.display());
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        browser.call("Page.enable", json!({}));
        browser.call("Page.navigate", json!({"url": url}));
        browser.wait("Page.loadEventFired");
        Some(browser)
    }

    /// Calls a method and gives its result.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(message.to_string().as_bytes()).unwrap();
        self.input.write_all(b"\0").unwrap();
        self.input.flush().unwrap();
        loop {
            let answer = self.next();
            if answer["id"] == self.last_id {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push_back(answer);
        }
    }

    /// Waits for an event and gives its parameters.
    pub(crate) fn wait(&mut self, event: &str) -> Value {
        loop {
            let message = self.events.pop_front().unwrap_or_else(|| self.next());
            if message["method"] == event {
                return message["params"].clone();
            }
        }
    }

    fn next(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.output.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "Chromium ended");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// The value of an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let got = self.call("Runtime.evaluate", params);
        assert!(got["exceptionDetails"].is_null(), "{expression}: {got}");
        got["result"]["value"].clone()
    }

    /// Presses the mouse at a place of the window, moves it on and lets it go.
    pub(crate) fn drag(&mut self, button: &str, from: (f64, f64), to: (f64, f64)) {
        let between = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let mouse = [
            ("mousePressed", from),
            ("mouseMoved", between),
            ("mouseMoved", to),
            ("mouseReleased", to),
        ];
        for (kind, (x, y)) in mouse {
            let buttons = if button == "left" { 1 } else { 2 };
            self.call(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": x, "y": y, "button": button, "buttons": buttons,
                    "clickCount": 1}),
            );
        }
    }

    /// Clicks at a place of the window.
    pub(crate) fn click(&mut self, button: &str, at: (f64, f64)) {
        self.drag(button, at, at);
    }

    /// Presses a key.
    pub(crate) fn key(&mut self, key: &str) {
        for kind in ["rawKeyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", json!({"type": kind, "key": key, "code": key}));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        // `Browser.close` ends all its processes; if it is gone already, so much the better.
        let _ = self.input.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.input.flush();
        let _ = self.process.wait();
    }
}
