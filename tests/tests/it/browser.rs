//! A headless Chromium, driven through chromedriver (WebDriver over HTTP): opens pages from disk, presses what a reader
//! presses, and keeps what the console and the network say.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

/// A browser session of its own. Dropping it ends the browser.
pub(crate) struct Browser {
    driver: Child,
    session: String,
}

/// A chromedriver and its port; `None` where it is not installed. It takes one port of two networks, and ends where another took the
/// second meanwhile: then it is started again.
fn start_driver() -> Option<(Child, u16)> {
    for _ in 0..10 {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = started.ok()?;
        let mut lines = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let rest = line.split("started successfully on port ").nth(1)?;
            rest.trim_end_matches('.').parse::<u16>().ok()
        });
        if let Some(port) = port {
            std::thread::spawn(move || lines.for_each(drop));
            return Some((driver, port));
        }
        drop(driver.wait());
    }
    panic!("chromedriver never says its port");
}

impl Browser {
    /// Starts one; `None`, said aloud, where chromedriver is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some((driver, port)) = start_driver() else {
            writeln!(
                std::io::stderr(),
                "skipped: no chromedriver here, so no page was opened (Debian: apt-get install chromium-driver)"
            )
            .unwrap();
            return None;
        };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }}});
        let base = format!("http://127.0.0.1:{port}/session");
        let made = post(&base, &wanted);
        let id = made["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {made}")).to_owned();
        Some(Self { driver, session: format!("{base}/{id}") })
    }

    /// Opens a file from disk.
    pub(crate) fn open(&self, file: &Path) {
        let file = fs_err::canonicalize(file).unwrap();
        self.go(&format!("file://{}", file.display()));
        let is_there = format!(
            "return document.readyState === 'complete' && decodeURI(location.pathname) === {:?}",
            file.display().to_string()
        );
        self.wait_until(&is_there);
    }

    /// Opens an address.
    pub(crate) fn go(&self, address: &str) {
        self.post("url", &json!({"url": address}));
        self.wait_until("return document.readyState === 'complete'");
    }

    /// Waits until a script says so: on a busy machine the driver answers before the page it was sent to has come.
    fn wait_until(&self, script: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.run(script) != json!(true) {
            assert!(Instant::now() < until, "never true: {script}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Width and height of the page in pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// The colour scheme that the page sees: `light` or `dark`.
    pub(crate) fn colour_scheme(&self, scheme: &str) {
        self.cdp(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
    }

    /// What a function body returns when it runs in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Presses the first element that fits the CSS selector, as a pointer would.
    pub(crate) fn click(&self, selector: &str) {
        let found = self.post("element", &json!({"using": "css selector", "value": selector}));
        let element = found.as_object().and_then(|o| o.values().next()).and_then(Value::as_str);
        let element = element.unwrap_or_else(|| panic!("nothing fits `{selector}`: {found}"));
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Moves the pointer to a place of the window and, where there is a second one, drags from there to it.
    pub(crate) fn point(&self, at: (f64, f64), drag_to: Option<(f64, f64)>) {
        let go = |(x, y): (f64, f64)| json!({"type": "pointerMove", "duration": 30, "x": x.round(), "y": y.round()});
        let mut actions = vec![go(at)];
        if let Some(to) = drag_to {
            let middle = (f64::midpoint(at.0, to.0), f64::midpoint(at.1, to.1));
            actions.push(json!({"type": "pointerDown", "button": 0}));
            actions.extend([go(middle), go(to), json!({"type": "pointerUp", "button": 0})]);
        }
        self.post("actions", &json!({"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]}));
    }

    /// The page as it would be printed.
    pub(crate) fn pdf(&self) -> Vec<u8> {
        let pdf = self.cdp("Page.printToPDF", &json!({"preferCSSPageSize": true, "printBackground": true}));
        BASE64_STANDARD.decode(pdf["data"].as_str().expect("a document")).unwrap()
    }

    /// Types keys into the page: text, or WebDriver's private code points for the arrow keys.
    pub(crate) fn keys(&self, text: &str) {
        let actions: Vec<Value> = (text.chars())
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})))
            .collect();
        self.post("actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}));
    }

    /// The whole page as a PNG under the target folder, where a person can look at it.
    pub(crate) fn screenshot(&self, name: &str) -> PathBuf {
        self.picture(name, &json!({"captureBeyondViewport": true}))
    }

    /// As [`Self::screenshot`], what a window of its size shows.
    pub(crate) fn window(&self, name: &str) -> PathBuf {
        self.picture(name, &json!({}))
    }

    fn picture(&self, name: &str, parameters: &Value) -> PathBuf {
        let picture = self.cdp("Page.captureScreenshot", parameters);
        let bytes = BASE64_STANDARD.decode(picture["data"].as_str().expect("a picture")).unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        fs_err::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        fs_err::write(&file, bytes).unwrap();
        file
    }

    /// Console messages and requests beyond files and data, since the last call: a good page has none.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = |kind: &str| self.post("se/log", &json!({"type": kind})).as_array().cloned().unwrap_or_default();
        let console = log("browser").into_iter().map(|entry| entry["message"].to_string());
        let requests = log("performance").into_iter().filter_map(|entry| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let url = message["message"]["params"]["request"]["url"].as_str()?;
            let local = ["file:", "data:", "blob:", "about:"].iter().any(|scheme| url.starts_with(scheme));
            (message["message"]["method"] == "Network.requestWillBeSent" && !local).then(|| format!("request to {url}"))
        });
        console.chain(requests).collect()
    }

    /// Asks the browser itself; again where a page that has not quite come takes the question with it.
    fn cdp(&self, method: &str, parameters: &Value) -> Value {
        let (url, body) = (format!("{}/goog/cdp/execute", self.session), json!({"cmd": method, "params": parameters}));
        let is_gone =
            |value: &Value| value["message"].as_str().is_some_and(|text| text.contains("aborted by navigation"));
        let mut value = value_of(&url, &body);
        for _ in 0..3 {
            if is_gone(&value) {
                std::thread::sleep(Duration::from_millis(300));
                value = value_of(&url, &body);
            }
        }
        checked(&url, value)
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        post(&format!("{}/{command}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(ureq::delete(&self.session).call());
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// The `value` of a WebDriver reply; an error of the driver ends the test with its words.
fn post(url: &str, body: &Value) -> Value {
    checked(url, value_of(url, body))
}

fn checked(url: &str, value: Value) -> Value {
    assert!(value.get("error").is_none(), "{url}: {value}");
    value
}

fn value_of(url: &str, body: &Value) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut reply = agent.post(url).send_json(body).unwrap_or_else(|error| panic!("{url}: {error}"));
    let reply: Value = reply.body_mut().with_config().limit(256 << 20).read_json().unwrap();
    reply["value"].clone()
}
