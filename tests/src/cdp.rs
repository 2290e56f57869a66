//! The `DevTools` protocol at the level of the browser, for what chromedriver does not pass on.

use crate::browser::Key;
use crate::died::{Died, Lines};
use crate::wait::{LOOK, SOON, until};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Error as Socket, Message, WebSocket};

/// One connection to a browser.
pub struct Cdp {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    last: u64,
    /// How long an answer may take.
    limit: Duration,
    lines: Lines,
}

/// A page, worker or popup to which a connection is attached.
#[derive(Clone, Debug)]
pub struct Attached(String);

impl Cdp {
    /// Connects to the browser of a chromedriver session, by its `debuggerAddress`; its last `lines` are told when it dies.
    pub fn connect(address: &str, lines: Lines) -> Result<Self> {
        let version: Value = ureq::get(format!("http://{address}/json/version")).call()?.body_mut().read_json()?;
        let url = version["webSocketDebuggerUrl"].as_str().context("no browser socket")?;
        let (socket, _) = tungstenite::connect(url)?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(LOOK))?;
        }
        Ok(Self { socket, last: 0, limit: ANSWER_LIMIT, lines })
    }

    /// Sends a command to the browser.
    pub fn send(&mut self, method: &str, params: &Value) -> Result<Value> {
        self.command(None, method, params)
    }

    /// Sends a command to an attached target.
    pub fn send_to(&mut self, target: &Attached, method: &str, params: &Value) -> Result<Value> {
        self.command(Some(&target.0), method, params)
    }

    /// Sends a command that never gets an answer.
    pub fn tell(&mut self, target: &Attached, method: &str) -> Result<()> {
        self.last += 1;
        let message = json!({"id": self.last, "method": method, "sessionId": target.0});
        self.socket.send(Message::text(message.to_string())).map_err(|error| self.failed(error, method))
    }

    /// Waits for an event of a target.
    pub fn wait_for_event(&mut self, name: &str) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < self.limit {
            let Some(text) = self.read(name)? else { continue };
            if serde_json::from_str::<Value>(&text)?["method"] == name {
                return Ok(());
            }
        }
        bail!("{name} did not happen")
    }

    /// The ids of all targets of a type whose URL `wanted` accepts.
    pub fn targets(&mut self, kind: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let answer = self.send("Target.getTargets", &json!({"filter": [{}]}))?;
        let all = answer["targetInfos"].as_array().context("no targets")?;
        Ok(all
            .iter()
            .filter(|target| target["type"] == kind && target["url"].as_str().is_some_and(&wanted))
            .filter_map(|target| target["targetId"].as_str().map(str::to_owned))
            .collect())
    }

    /// Attaches to a target.
    pub fn attach(&mut self, target: &str) -> Result<Attached> {
        let answer = self.send("Target.attachToTarget", &json!({"targetId": target, "flatten": true}))?;
        Ok(Attached(answer["sessionId"].as_str().context("no session")?.to_owned()))
    }

    /// Lets a target go: an attached service worker would live for ever.
    pub fn detach(&mut self, target: &Attached) -> Result<()> {
        self.send("Target.detachFromTarget", &json!({"sessionId": target.0})).map(drop)
    }

    /// Runs the body of an async function in a target.
    pub fn eval(&mut self, target: &Attached, body: &str) -> Result<Value> {
        let answer = self.send_to(
            target,
            "Runtime.evaluate",
            &json!({"expression": format!("(async () => {{ {body} }})()"), "awaitPromise": true, "returnByValue": true}),
        )?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            let said = thrown["exception"]["description"].as_str().unwrap_or("an exception");
            bail!("{}", said.lines().next().unwrap_or_default());
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Presses and releases the mouse in a target: a trusted click. A page that has not painted yet is told of none, and a click that
    /// went nowhere is made once more, as a person would.
    pub fn click_at(&mut self, target: &Attached, x: f64, y: f64) -> Result<()> {
        for _ in 0..CLICKS {
            self.eval(target, LISTEN)?;
            self.press_at(target, x, y)?;
            if self.was_heard(target) {
                return Ok(());
            }
        }
        bail!("the page hears no click at {x:.0}, {y:.0}")
    }

    /// Whether the click has reached the page, in a moment's time. A page that is gone by then was closed by it.
    fn was_heard(&mut self, target: &Attached) -> bool {
        let start = Instant::now();
        self.limit = HEARD_LIMIT;
        let heard = loop {
            match self.eval(target, "return window.testHeard ?? true") {
                Ok(Value::Bool(false)) if start.elapsed() < HEARD_LIMIT => thread::sleep(LOOK),
                Ok(heard) => break heard != false,
                Err(_) => break true,
            }
        };
        self.limit = ANSWER_LIMIT;
        heard
    }

    fn press_at(&mut self, target: &Attached, x: f64, y: f64) -> Result<()> {
        let event = |kind: &str| json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
        self.send_to(target, "Input.dispatchMouseEvent", &event("mousePressed"))?;
        // What is closed by a click never answers to it, as with a key.
        self.limit = HEARD_LIMIT;
        let released = self.send_to(target, "Input.dispatchMouseEvent", &event("mouseReleased"));
        self.limit = ANSWER_LIMIT;
        match released {
            Err(died) if Died::in_error(&died).is_some() => Err(died),
            _ => Ok(()),
        }
    }

    /// Presses the mouse at the first point, takes it to the others and releases it at the last.
    pub fn drag(&mut self, target: &Attached, points: &[(f64, f64)]) -> Result<()> {
        let ends = points.first().map(|first| ("mousePressed", first));
        let moves = points.iter().map(|point| ("mouseMoved", point));
        let last = points.last().map(|last| ("mouseReleased", last));
        for (kind, (x, y)) in ends.into_iter().chain(moves).chain(last) {
            self.send_to(
                target,
                "Input.dispatchMouseEvent",
                &json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": u8::from(kind != "mouseReleased"), "clickCount": 1}),
            )?;
        }
        Ok(())
    }

    /// Presses and releases keys, one after another.
    pub fn press(&mut self, target: &Attached, keys: &[Key]) -> Result<()> {
        for key in keys {
            let (name, number) = key.name();
            let text = match key {
                Key::Enter => "\r",
                Key::Space | Key::Letter(_) => &*name,
                _ => "",
            };
            let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
            let shift = if *key == Key::Back { 8 } else { 0 };
            // What is closed by a key never answers to it: that is not waited for long.
            let acts = matches!(key, Key::Enter | Key::Space | Key::Escape);
            self.limit = if acts { HEARD_LIMIT } else { ANSWER_LIMIT };
            let key = json!({"key": name, "windowsVirtualKeyCode": number, "modifiers": shift});
            let mut down = key.clone();
            (down["type"], down["text"]) = (json!(kind), json!(text));
            let mut up = key;
            up["type"] = json!("keyUp");
            let strokes = [down, up].map(|stroke| self.send_to(target, "Input.dispatchKeyEvent", &stroke));
            self.limit = ANSWER_LIMIT;
            if !acts {
                strokes.into_iter().collect::<Result<Vec<_>>>()?;
            }
        }
        Ok(())
    }

    /// Waits until a document is there and loaded.
    pub fn loaded(&mut self, target: &Attached) -> Result<()> {
        until("the document is loaded", SOON, || {
            let state = self.eval(target, "return document.readyState + ' ' + location.protocol")?;
            Ok((state == "complete chrome-extension:").then_some(()))
        })
    }

    fn command(&mut self, session: Option<&str>, method: &str, params: &Value) -> Result<Value> {
        self.last += 1;
        let id = self.last;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).map_err(|error| self.failed(error, method))?;
        let start = Instant::now();
        while start.elapsed() < self.limit {
            let Some(text) = self.read(method)? else { continue };
            let mut answer: Value = serde_json::from_str(&text)?;
            if answer["id"] == id {
                if let Some(error) = answer.get("error") {
                    bail!("{method}: {}", error["message"].as_str().unwrap_or("refused"));
                }
                return Ok(answer["result"].take());
            }
        }
        bail!("{method}: no answer")
    }

    /// The next message; none if nothing came for a moment, or what came is no text.
    fn read(&mut self, method: &str) -> Result<Option<String>> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(Some(text.as_str().to_owned())),
            Ok(_) => Ok(None),
            Err(Socket::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(self.failed(error, method)),
        }
    }

    fn failed(&self, error: Socket, method: &str) -> anyhow::Error {
        let died = Died::by_socket(&error, &self.lines);
        died.map_or_else(|| anyhow::Error::from(error), Into::into).context(method.to_owned())
    }
}

const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// How long a click, or a key that does something, may take to its page.
const HEARD_LIMIT: Duration = Duration::from_secs(2);
/// How often a click that nothing comes of is made.
const CLICKS: usize = 4;
/// Remembers in the page that it was clicked.
const LISTEN: &str = "window.testHeard = false; addEventListener('click', () => { window.testHeard = true; }, {capture: true, once: true})";
