//! A headless Chromium of the test's own, driven over its pipe: what it loaded, what it said, what it drew. None where
//! none is installed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

pub struct Chromium {
    child: Child,
    to: File,
    from: Receiver<Value>,
    id: u64,
    session: Option<String>,
    /// What it told without being asked, since the last page was opened.
    events: Vec<Value>,
    _folder: tempfile::TempDir,
}

const NAMES: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

impl Chromium {
    pub fn start() -> Option<Chromium> {
        let binary = NAMES.into_iter().find(|name| std::path::Path::new(name).exists())?;
        let folder = tempfile::tempdir().expect("a folder");
        let [to, from] = ["to", "from"].map(|name| folder.path().join(name));
        assert!(Command::new("mkfifo").args([&to, &from]).status().expect("mkfifo").success());
        let profile = folder.path().join("profile");
        // The pipe is a pair of descriptors, which a shell gives.
        let child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<\"$TO\" 4>\"$FROM\"", binary])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .env("TO", &to)
            .env("FROM", &from)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let to = OpenOptions::new().write(true).open(to).expect("the pipe opens");
        let answers = BufReader::new(File::open(from).expect("the pipe opens"));
        let (sender, from) = channel();
        std::thread::spawn(move || {
            for part in answers.split(0).map_while(Result::ok) {
                let told = serde_json::from_slice(&part).expect("JSON");
                if sender.send(told).is_err() {
                    return;
                }
            }
        });
        Some(Chromium { child, to, from, id: 0, session: None, events: Vec::new(), _folder: folder })
    }

    /// Load a page, by day or by night, in a window of this width.
    pub fn open(&mut self, url: &str, scheme: &str, width: u32) {
        self.session = None;
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached =
            self.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for part in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{part}.enable"), json!({}));
        }
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", scheme);
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        self.events.clear();
        self.call("Page.navigate", json!({ "url": url }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// The value of an expression, computed in the page although the page itself allows no script.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let told = self.call("Runtime.evaluate", asked);
        assert!(told["exceptionDetails"].is_null(), "{told}");
        told["result"]["value"].clone()
    }

    /// Everything that was asked of the network or of the disk.
    pub fn fetched(&self) -> Vec<String> {
        let url = |event: &Value| event["params"]["request"]["url"].as_str().map(str::to_owned);
        self.told("Network.requestWillBeSent").filter_map(url).collect()
    }

    /// What went to the console or to the log: errors, refusals by the page's policy.
    pub fn complaints(&self) -> Vec<String> {
        ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"]
            .into_iter()
            .flat_map(|method| self.told(method))
            .map(|event| event["params"].to_string())
            .collect()
    }

    fn told<'a>(&'a self, method: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["method"] == method)
    }

    /// The page from `top` to `bottom` as a PNG.
    pub fn picture(&mut self, width: u32, height: u32) -> Vec<u8> {
        use base64::Engine;
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "clip": clip, "captureBeyondViewport": true });
        let told = self.call("Page.captureScreenshot", asked);
        let text = told["data"].as_str().expect("a picture").to_owned();
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let mut asked = json!({ "id": self.id, "method": method, "params": params });
        if let Some(session) = &self.session {
            asked["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{asked}\0").as_bytes()).expect("the pipe takes it");
        loop {
            let told = self.next();
            if told["id"] == json!(self.id) {
                assert!(told["error"].is_null(), "{method}: {told}");
                return told["result"].clone();
            }
            self.events.push(told);
        }
    }

    fn next(&mut self) -> Value {
        self.from.recv_timeout(Duration::from_secs(60)).expect("chromium answers within a minute")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
