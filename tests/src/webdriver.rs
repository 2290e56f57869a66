//! A `WebDriver` client as small as the tests need it, with the vendor commands that the usual libraries lack.

use crate::browser::Key;
use crate::died::{Died, Lines};
use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// One `WebDriver` session; dropping it ends the session.
#[derive(Debug)]
pub struct WebDriver {
    wire: Wire,
    session: String,
    /// What the browser said about itself at the start.
    pub capabilities: Value,
    over: bool,
}

/// The way to a driver.
#[derive(Debug)]
struct Wire {
    agent: ureq::Agent,
    lines: Lines,
}

/// A reference to an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element(pub String);

/// A reference to a shadow root, open or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow(pub String);

impl WebDriver {
    /// Starts a session at a driver, whose last `lines` are told when it dies.
    pub fn start(port: u16, capabilities: &Value, lines: Lines) -> Result<Self> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(COMMAND_LIMIT))
            .http_status_as_error(false)
            .build()
            .into();
        let wire = Wire { agent, lines };
        let base = format!("http://127.0.0.1:{port}");
        let body = json!({"capabilities": {"alwaysMatch": capabilities}});
        let answer = wire.call("POST", &format!("{base}/session"), Some(&body))?;
        let id = answer["sessionId"].as_str().context("no session id")?;
        Ok(Self {
            wire,
            session: format!("{base}/session/{id}"),
            capabilities: answer["capabilities"].clone(),
            over: false,
        })
    }

    /// `GET`s a path below the session.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.wire.call("GET", &format!("{}{path}", self.session), None)
    }

    /// `POST`s to a path below the session.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.wire.call("POST", &format!("{}{path}", self.session), Some(body))
    }

    /// `DELETE`s a path below the session.
    pub fn delete(&self, path: &str) -> Result<Value> {
        self.wire.call("DELETE", &format!("{}{path}", self.session), None)
    }

    /// Ends the session in order: the browser closes and writes its profile.
    pub fn quit(&mut self) -> Result<()> {
        if !self.over {
            self.over = true;
            self.delete("")?;
        }
        Ok(())
    }

    /// Marks the session as ended: its browser has been killed.
    pub fn abandon(&mut self) {
        self.over = true;
    }

    /// Runs a function body in the page and returns its value.
    pub fn eval(&self, body: &str, arguments: &Value) -> Result<Value> {
        self.post("/execute/sync", &json!({"script": body, "args": arguments}))
    }

    /// Opens a URL in the current tab.
    pub fn goto(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({"url": url})).map(drop)
    }

    /// The URL of the current tab.
    pub fn url(&self) -> Result<String> {
        text(self.get("/url")?)
    }

    /// Reloads the current tab.
    pub fn reload(&self) -> Result<()> {
        self.post("/refresh", &json!({})).map(drop)
    }

    /// The handle of the current tab.
    pub fn window(&self) -> Result<String> {
        text(self.get("/window")?)
    }

    /// The handles of all tabs.
    pub fn windows(&self) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.get("/window/handles")?)?)
    }

    /// Makes a tab the current one.
    pub fn switch(&self, window: &str) -> Result<()> {
        self.post("/window", &json!({"handle": window})).map(drop)
    }

    /// Opens an empty tab and returns its handle; the current tab stays the current one.
    pub fn open_tab(&self) -> Result<String> {
        text(self.post("/window/new", &json!({"type": "tab"}))?["handle"].clone())
    }

    /// Closes the current tab.
    pub fn close_tab(&self) -> Result<()> {
        self.delete("/window").map(drop)
    }

    /// The first element that matches, if there is one.
    pub fn find(&self, css: &str) -> Result<Option<Element>> {
        found(self.post("/element", &json!({"using": "css selector", "value": css})))
    }

    /// The shadow root of an element, closed ones included.
    pub fn shadow(&self, host: &Element) -> Result<Shadow> {
        let answer = self.get(&format!("/element/{}/shadow", host.0))?;
        Ok(Shadow(text(answer[SHADOW_KEY].clone())?))
    }

    /// The first element inside a shadow root that matches, if there is one.
    pub fn find_in(&self, root: &Shadow, css: &str) -> Result<Option<Element>> {
        found(self.post(&format!("/shadow/{}/element", root.0), &json!({"using": "css selector", "value": css})))
    }

    /// Clicks as a user does: trusted, with user activation.
    pub fn click(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/click", element.0), &json!({})).map(drop)
    }

    /// Types into an element.
    pub fn type_into(&self, element: &Element, keys: &str) -> Result<()> {
        self.post(&format!("/element/{}/value", element.0), &json!({"text": keys})).map(drop)
    }

    /// Takes the mouse to a point of the viewport.
    pub fn hover_at(&self, x: f64, y: f64) -> Result<()> {
        let to = json!({"type": "pointerMove", "duration": 50, "origin": "viewport", "x": x.trunc(), "y": y.trunc()});
        let mouse = json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [to]});
        self.post("/actions", &json!({"actions": [mouse]})).map(drop)
    }

    /// Presses and releases the mouse at a point of the viewport.
    pub fn click_at(&self, x: f64, y: f64) -> Result<()> {
        // Truncated to whole pixels, which both drivers demand.
        self.post(
            "/actions",
            &json!({"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [
                {"type": "pointerMove", "duration": 0, "origin": "viewport", "x": x.trunc(), "y": y.trunc()},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ]}]}),
        )
        .map(drop)
    }

    /// Presses the mouse at the first point, takes it to the others and releases it at the last.
    pub fn drag(&self, points: &[(f64, f64)]) -> Result<()> {
        let to = |(x, y): &(f64, f64)| json!({"type": "pointerMove", "duration": 50, "origin": "viewport", "x": x.trunc(), "y": y.trunc()});
        let mut actions: Vec<Value> = points.iter().map(to).collect();
        actions.insert(1.min(actions.len()), json!({"type": "pointerDown", "button": 0}));
        actions.push(json!({"type": "pointerUp", "button": 0}));
        let mouse =
            json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions});
        self.post("/actions", &json!({"actions": [mouse]})).map(drop)
    }

    /// Presses and releases keys, one after another, wherever the focus is.
    pub fn strike(&self, keys: &[Key]) -> Result<()> {
        let stroke = |kind: &str, code: char| json!({"type": kind, "value": code});
        let strokes = keys.iter().flat_map(|key| {
            let shift = (*key == Key::Back).then_some(SHIFT);
            let downs = shift.into_iter().chain([key.code()]).map(move |code| stroke("keyDown", code));
            downs.chain([key.code()].into_iter().chain(shift).map(move |code| stroke("keyUp", code)))
        });
        let strokes: Vec<Value> = strokes.collect();
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})).map(drop)
    }

    /// The same for a text; special keys are `WebDriver`'s code points.
    pub fn press(&self, keys: &str) -> Result<()> {
        self.strike(&keys.chars().map(Key::Letter).collect::<Vec<_>>())
    }

    /// A PNG of the current tab's viewport.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        Ok(BASE64_STANDARD.decode(text(self.get("/screenshot")?)?)?)
    }
}

impl Drop for WebDriver {
    fn drop(&mut self) {
        let _ = self.quit();
    }
}

impl Element {
    /// The element as an argument of a script.
    pub fn argument(&self) -> Value {
        json!({ELEMENT_KEY: self.0})
    }
}

impl Shadow {
    /// The shadow root as an argument of a script.
    pub fn argument(&self) -> Value {
        json!({SHADOW_KEY: self.0})
    }
}

/// The string in a JSON value.
pub fn text(value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        other => bail!("not a string: {other}"),
    }
}

impl Wire {
    /// One HTTP call of the protocol; a `WebDriver` error becomes an error with its code and first line, or [`Died`].
    fn call(&self, method: &str, url: &str, body: Option<&Value>) -> Result<Value> {
        let answer = match (method, body) {
            ("POST", Some(body)) => self.agent.post(url).send_json(body),
            ("DELETE", _) => self.agent.delete(url).call(),
            _ => self.agent.get(url).call(),
        };
        let failed = |error| self.failed(error).context(format!("{method} {url}"));
        let mut response = answer.map_err(failed)?;
        let read = response.body_mut().with_config().limit(ANSWER_LIMIT).read_json();
        let mut answer: Value = read.map_err(failed)?;
        let value = answer["value"].take();
        if response.status().is_success() {
            return Ok(value);
        }
        let code = value["error"].as_str().unwrap_or("unknown error");
        let message = value["message"].as_str().unwrap_or_default();
        match Died::by_answer(code, message, &self.lines) {
            Some(died) => Err(died.into()),
            None => Err(anyhow!("{code}: {}", message.lines().next().unwrap_or_default())),
        }
    }

    /// The driver itself does not answer.
    fn failed(&self, error: ureq::Error) -> anyhow::Error {
        let died = match &error {
            ureq::Error::Io(error) => Died::by_connection(error, &self.lines),
            ureq::Error::ConnectionFailed => {
                Died::by_connection(&io::Error::from(io::ErrorKind::ConnectionRefused), &self.lines)
            }
            _ => None,
        };
        died.map_or_else(|| error.into(), Into::into)
    }
}

/// "No such element" is an answer, not an error.
fn found(answer: Result<Value>) -> Result<Option<Element>> {
    match answer {
        Ok(value) => Ok(Some(Element(text(value[ELEMENT_KEY].clone())?))),
        Err(error) if error.to_string().starts_with("no such element") => Ok(None),
        Err(error) => Err(error),
    }
}

/// The protocol's own names of references (W3C `WebDriver`, sections "Elements" and "Shadow Roots").
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";
const SHADOW_KEY: &str = "shadow-6066-11e4-a52e-4f735466cecf";
/// The Shift key.
const SHIFT: char = '\u{e008}';
/// Longer than any page load here; a hanging driver fails the test instead of the run.
const COMMAND_LIMIT: Duration = Duration::from_secs(90);
/// Screenshots and long texts.
const ANSWER_LIMIT: u64 = 64 * 1024 * 1024;
