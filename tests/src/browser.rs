//! A headless Chromium, driven over WebDriver, to see what a person would see.
//!
//! It has a profile of its own that goes with it, talks to nothing but the pages it is given, and
//! is ended when dropped. Specification: WebDriver (W3C), 2018.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::peers::{self, Output, Process};

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    /// The driver, which ends the browser when it ends.
    _driver: Process,
    agent: ureq::Agent,
    session: String,
    profile: PathBuf,
}

/// What a window shows, as brightness.
#[derive(Clone, Debug)]
pub struct Screenshot {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// One byte a pixel, row by row, no padding: 0 black, 255 white.
    pub luma: Vec<u8>,
    /// When it was asked for and when it had come.
    pub taken: (std::time::SystemTime, std::time::SystemTime),
    /// The same as a PNG file, in colour.
    pub png: Vec<u8>,
}

/// Headless, and silent towards everything but the page under test.
const ARGUMENTS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/// How long a browser may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Screenshot {
    /// When it was asked for and when it had come, in milliseconds since 1970.
    ///
    /// # Panics
    /// If this machine's clock stands before 1970.
    pub fn taken_unix_millis(&self) -> [i64; 2] {
        [self.taken.0, self.taken.1].map(|at| {
            let since = at.duration_since(std::time::UNIX_EPOCH).expect("a time after 1970");
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }
}

impl Browser {
    /// Whether Chromium and its driver can be run; says what is skipped if not.
    ///
    /// # Panics
    /// As [`peers::available`].
    pub fn is_available() -> bool {
        peers::available(&["chromedriver", "chromium"])
    }

    /// Starts a browser whose page is `width` x `height` CSS pixels.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(width: u32, height: u32) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("golive-browser-{}-{number}", std::process::id());
        let profile = std::env::temp_dir().join(name);
        fs::create_dir_all(&profile).expect("a folder for temporary files");
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let driver = Process::start(command, Output::Log);
        let line = driver.wait_for_line("started successfully on port", PATIENCE);
        let port = line.rsplit(' ').next().map(|word| word.trim_end_matches('.'));
        let port = port.and_then(|port| port.parse().ok()).expect("the driver names its port");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));

        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        let agent = config.http_status_as_error(false).build().new_agent();
        let mut arguments: Vec<String> =
            ARGUMENTS.iter().map(|&argument| argument.into()).collect();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.push(format!("--window-size={width},{height}"));
        let options = json!({ "args": arguments });
        let capabilities = json!({ "alwaysMatch": { "goog:chromeOptions": options } });
        let mut browser =
            Self { _driver: driver, agent, session: format!("http://{address}/session"), profile };
        let answer = browser.post("", &json!({ "capabilities": capabilities }));
        let id = answer["sessionId"].as_str().expect("the browser starts");
        browser.session = format!("{}/{id}", browser.session);
        browser.resize(width, height);
        browser
    }

    /// Makes the page `width` x `height` CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        let command = "Emulation.setDeviceMetricsOverride";
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": metrics }));
    }

    /// Goes to `url` and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Runs the body of a JavaScript function in the page; what it returns is returned.
    ///
    /// # Panics
    /// If the script throws.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the JavaScript expression `condition` holds.
    ///
    /// # Panics
    /// If it does not within `patience`, saying what the page showed.
    pub fn wait_until(&self, condition: &str, patience: Duration) {
        let until = Instant::now() + patience;
        while self.run(&format!("return Boolean({condition})")) != Value::Bool(true) {
            if Instant::now() > until {
                let text = self.run("return document.body.innerText");
                panic!(
                    "`{condition}` did not come true within {patience:?}; the page says: {text}"
                );
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Takes a picture of the page, or of the element that the CSS `selector` finds.
    ///
    /// # Panics
    /// If there is no such element.
    pub fn screenshot(&self, selector: Option<&str>) -> Screenshot {
        let path = match selector {
            None => "/screenshot".to_owned(),
            Some(selector) => {
                let found =
                    self.post("/element", &json!({ "using": "css selector", "value": selector }));
                let id = found.as_object().and_then(|found| found.values().next()?.as_str());
                format!("/element/{}/screenshot", id.expect("an element has an identifier"))
            }
        };
        let before = std::time::SystemTime::now();
        let answer = self.get(&path);
        let taken = (before, std::time::SystemTime::now());
        let text = answer.as_str().expect("a screenshot is text");
        let png = STANDARD.decode(text).expect("a screenshot is base64");
        let (width, height, luma) = read_png(&png);
        Screenshot { width, height, luma, taken, png }
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.agent.get(format!("{}{path}", self.session)).call();
        value(path, answer)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session));
        let answer = request.content_type("application/json").send(body.to_string());
        value(path, answer)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with the session, and is then ended itself.
        let _ = self.agent.delete(&self.session).call();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

fn value(path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut answer = answer.unwrap_or_else(|error| panic!("WebDriver {path}: {error}"));
    let body = answer.body_mut().with_config().limit(64 << 20).read_to_string();
    let body = body.unwrap_or_else(|error| panic!("WebDriver {path}: {error}"));
    let mut body: Value = serde_json::from_str(&body).unwrap_or_default();
    assert!(answer.status().is_success(), "WebDriver {path}: {}", body["value"]["message"]);
    body["value"].take()
}

fn read_png(png: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().expect("a screenshot is a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a screenshot fits in memory")];
    let info = reader.next_frame(&mut pixels).expect("a screenshot is a whole PNG");
    let channels = info.color_type.samples();
    // BT.601 from full range, as near as brightness needs.
    let luma = |pixel: &[u8]| match *pixel {
        [red, green, blue, ..] => {
            ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29) >> 8) as u8
        }
        [grey, ..] => grey,
        [] => 0,
    };
    let luma = pixels[..info.buffer_size()].chunks_exact(channels).map(luma).collect();
    (info.width as usize, info.height as usize, luma)
}
