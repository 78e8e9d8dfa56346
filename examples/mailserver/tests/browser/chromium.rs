//! Drives Debian's Chromium by its DevTools protocol, over a pipe: JSON, each message ended by NUL.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// How the page is looked at.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// On a screen.
    Wide,
    /// On a phone, at night.
    Phone,
}

/// A browser with one page.
pub(crate) struct Chromium {
    child: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    session: String,
    calls: u64,
    complaints: Vec<String>,
    _profile: TempDir,
}

/// A text as JavaScript writes it.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl Chromium {
    pub(crate) fn open(url: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The browser reads from 3 and writes to 4.
        let script = "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let directory = format!("--user-data-dir={}", profile.path().display());
        let mut child = Command::new("sh")
            .args(["-c", script, "sh", "--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe"])
            .args(["--lang=en", "--hide-scrollbars", &directory, "about:blank"])
            .env("HOME", profile.path())
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let _ = sender.send(serde_json::from_slice(&message).unwrap());
            }
        });
        let (session, complaints) = (String::new(), Vec::new());
        let (output, calls) = (receiver, 0);
        let mut page = Self { child, input, output, session, calls, complaints, _profile: profile };
        page.attach();
        page.call("Page.navigate", json!({ "url": url }));
        page
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let asked = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", asked);
        self.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            self.call(domain, json!({}));
        }
    }

    /// Asks for something; what is answered.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Asks for something; what is answered, or why not.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.output.recv_timeout(PATIENCE);
            let answer =
                answer.unwrap_or_else(|_| panic!("no answer to {method}: is chromium there?"));
            if answer["id"] == self.calls {
                return match answer.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(answer["result"].clone()),
                };
            }
            self.note(&answer);
        }
    }

    /// Remembers what the browser complains about, but for answers that are no success: the page
    /// shows those itself.
    fn note(&mut self, event: &Value) {
        let entry = &event["params"]["entry"];
        let exception = event["method"] == "Runtime.exceptionThrown";
        if exception || entry["level"] == "error" && entry["source"] != "network" {
            self.complaints.push(event["params"].to_string());
        }
    }

    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// What an expression gives.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        self.try_eval(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// The same; nothing can be asked of a page that is just giving way to another.
    fn try_eval(&mut self, expression: &str) -> Result<Value, Value> {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.ask("Runtime.evaluate", asked)?;
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        Ok(answer["result"]["value"].clone())
    }

    /// Waits until an expression is true.
    pub(crate) fn wait(&mut self, condition: &str) {
        let until = Instant::now() + PATIENCE;
        while self.try_eval(&format!("Boolean({condition})")) != Ok(true.into()) {
            if Instant::now() > until {
                let text = self.eval("document.body?.innerText");
                panic!("never {condition}: {text}; {:?}", self.complaints);
            }
            std::thread::sleep(PAUSE);
        }
    }

    pub(crate) fn look(&mut self, look: Look) {
        let (width, height, mobile, scheme) = match look {
            Look::Wide => (1280, 800, false, "light"),
            Look::Phone => (390, 844, true, "dark"),
        };
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Plugs a security key in, which is touched whenever it wants to be.
    #[cfg(feature = "webauthn")]
    pub(crate) fn plug_security_key_in(&mut self) {
        self.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        self.call("WebAuthn.enable", json!({}));
        let options = json!({
            "protocol": "ctap2", "transport": "usb", "hasResidentKey": false,
            "hasUserVerification": true, "isUserVerified": true,
            "automaticPresenceSimulation": true,
        });
        self.call("WebAuthn.addVirtualAuthenticator", json!({ "options": options }));
    }

    pub(crate) fn screenshot(&mut self, path: &Path) {
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes = BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.input.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(PAUSE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
