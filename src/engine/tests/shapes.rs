//! Diagnosis is a promise: each shape of failure has its class, its state, a sentence and a next step of its own.
//!
//! `tests/fixtures/shapes.json` has the rows. A shape without a row fails, a row of no known shape fails, and so does a row
//! that is said to be broken and is not.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use understudy_engine::{
    Card, Config, Engine, Fact, Headers, Input, Output, Platform, Request, RequestStep, StatusAnswer, Stored, StreamEnd,
};

const ORG: &str = "5f1cbd6e-0c2f-4f5c-8b53-9d7d5f3a1c11";
const CONVERSATION: &str = "019f3f4c-ba14-79cd-bbb7-6926ba65fb53";
const T0: u64 = 1_772_451_420_000;
const TAB: i64 = 7;

/// What the design promises, in its order, and some shapes beside it.
const SHAPES: [&str; 25] = [
    "server-error",
    "capacity",
    "error-in-stream",
    "stream-cut",
    "stall",
    "one-model",
    "sign-in-path",
    "uploads",
    "rate-exceeded",
    "usage-limit",
    "session-expired",
    "challenge",
    "region",
    "in-between",
    "too-long",
    "conversation-gone",
    "own-network",
    "stopped",
    "blocked-telemetry",
    "crash-page",
    "account",
    "model-gone",
    "no-answer",
    "refused",
    "unknown",
];

/// Those that the design lists.
const PROMISED: &[&str] = SHAPES.as_slice().split_at(20).0;

/// What is nobody's failure is passed over in silence.
const SILENT: [&str; 3] = ["stopped", "blocked-telemetry", "crash-page"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    shape: String,
    name: String,
    does: Vec<Deed>,
    class: Option<String>,
    state: String,
    title: Option<String>,
    what: Option<String>,
    headline: String,
    advice: Option<String>,
    /// Why it does not hold yet.
    broken: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Deed {
    /// A send that is answered at once.
    Send(Reply),
    /// Any other request.
    Ask(Reply),
    /// A send that is answered by a stream.
    Stream(Stream),
    /// A send to a model, answered whole.
    Good(String),
    /// A send that nothing comes back for.
    Unanswered,
    #[serde(untagged)]
    Fail(Fail),
    #[serde(untagged)]
    Wait { wait: u64 },
    #[serde(untagged)]
    Neutral { neutral: bool },
    #[serde(untagged)]
    Online { online: bool },
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    path: Option<String>,
    method: Option<String>,
    model: Option<String>,
    status: u16,
    r#type: String,
    body: String,
    cf: Option<String>,
    location: Option<String>,
    #[serde(default)]
    document: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stream {
    events: Vec<(String, String)>,
    end: Option<String>,
    error: Option<String>,
    silent_ms: Option<u32>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fail {
    #[serde(rename = "fail")]
    error: String,
    path: Option<String>,
    method: Option<String>,
}

struct World {
    engine: Engine,
    now: u64,
    card: Option<Card>,
    class: Option<String>,
    requests: u32,
}

impl World {
    fn new() -> Self {
        let config = Config { platform: Platform::Chromium };
        let engine = Engine::restore(config, Stored::default(), T0);
        let mut world = Self { engine, now: T0, card: None, class: None, requests: 0 };
        world.tell(Input::Hello { tab: TAB, online: true });
        world.fact(Fact::Ready {});
        world
    }

    fn tell(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Card { card, .. } => self.card = card,
                Output::Observed { cause, .. } => self.class = Some(cause.class.name().to_owned()),
                _ => {}
            }
        }
    }

    fn fact(&mut self, fact: Fact) {
        self.tell(Input::Tap { tab: TAB, fact });
    }

    fn step(&mut self, id: u32, step: RequestStep) {
        self.tell(Input::Request(Request { id: id.to_string(), tab: TAB, step }));
    }

    fn start(&mut self, method: &str, url: &str, document: bool, body: Option<Vec<u8>>) -> u32 {
        self.requests += 1;
        self.step(self.requests, RequestStep::Started { method: method.into(), url: url.into(), document, body });
        self.requests
    }

    fn send(&mut self, model: &str) -> (u32, String) {
        let url = expand("O/chat_conversations/{conv}/completion");
        let body = serde_json::json!({"prompt": "hello", "model": model}).to_string().into_bytes();
        (self.start("POST", &url, false, Some(body)), url)
    }

    fn reply(&mut self, id: u32, method: &str, url: String, reply: &Reply) {
        let headers = Headers {
            content_type: Some(reply.r#type.clone()),
            cf_mitigated: reply.cf.clone(),
            location: reply.location.clone(),
            request_id: None,
        };
        self.step(id, RequestStep::Headers { status: reply.status, headers });
        let page = reply.r#type.starts_with("text/html");
        if !reply.document && (reply.status >= 400 || page) {
            self.fact(Fact::Response {
                seq: id,
                method: method.into(),
                url,
                status: reply.status,
                content_type: Some(reply.r#type.clone()),
                cf_mitigated: reply.cf.clone(),
                body: reply.body.clone(),
            });
        }
        self.step(id, RequestStep::Done);
    }

    fn stream(&mut self, model: &str, stream: &Stream) {
        let (id, url) = self.send(model);
        let headers = Headers { content_type: Some("text/event-stream".into()), ..Headers::default() };
        self.step(id, RequestStep::Headers { status: 200, headers });
        self.fact(Fact::Stream { seq: id, method: "POST".into(), url, status: 200 });
        let start = r#"{"type":"message_start","message":{"model":"claude"}}"#;
        self.fact(Fact::Event { seq: id, name: "message_start".into(), data: start.into() });
        for (name, data) in &stream.events {
            self.fact(Fact::Event { seq: id, name: name.clone(), data: data.clone() });
        }
        if let Some(silent_ms) = stream.silent_ms {
            self.now += u64::from(silent_ms);
            self.fact(Fact::Progress { seq: id, events: 2, silent_ms });
        }
        let end = match stream.end.as_deref() {
            Some("end") => StreamEnd::End,
            Some("abort") => StreamEnd::Abort,
            Some(other) => panic!("no such end: {other}"),
            None => return,
        };
        self.fact(Fact::Closed { seq: id, events: 3, end });
        match &stream.error {
            Some(error) => self.step(id, RequestStep::Failed { error: error.clone() }),
            None => self.step(id, RequestStep::Done),
        }
    }

    fn does(&mut self, deed: &Deed) {
        match deed {
            Deed::Send(reply) => {
                let (id, url) = self.send(reply.model.as_deref().unwrap_or("claude-opus-4-8"));
                self.reply(id, "POST", url, reply);
            }
            Deed::Ask(reply) => {
                let url = expand(reply.path.as_deref().expect("a path"));
                let method = reply.method.as_deref().unwrap_or("GET");
                let id = self.start(method, &url, reply.document, None);
                self.reply(id, method, url, reply);
            }
            Deed::Stream(stream) => self.stream("claude-opus-4-8", stream),
            Deed::Good(model) => {
                let events = vec![("message_stop".to_owned(), r#"{"type":"message_stop"}"#.to_owned())];
                self.stream(model, &Stream { events, end: Some("end".into()), error: None, silent_ms: None });
            }
            Deed::Unanswered => {
                self.send("claude-opus-4-8");
            }
            Deed::Fail(Fail { error, path, method }) => {
                let id = match path {
                    Some(path) => self.start(method.as_deref().unwrap_or("GET"), &expand(path), false, None),
                    None => self.send("claude-opus-4-8").0,
                };
                self.step(id, RequestStep::Failed { error: error.clone() });
            }
            Deed::Wait { wait } => {
                self.now += wait;
                self.tell(Input::Tick);
            }
            Deed::Neutral { neutral } => {
                let answer = neutral.then(|| StatusAnswer { status: 503, body: String::new() });
                self.tell(Input::Status(answer));
            }
            Deed::Online { online } => self.tell(Input::Connectivity { online: *online }),
        }
    }
}

fn expand(short: &str) -> String {
    let url = match short.strip_prefix('O') {
        Some(rest) => format!("https://claude.ai/api/organizations/{ORG}{rest}"),
        None => format!("https://claude.ai{short}"),
    };
    url.replace("{conv}", CONVERSATION)
}

fn rows() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/shapes.json");
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).expect(path)).expect(path);
    file.rows
}

/// What differs from the row; empty if nothing does.
fn differences(row: &Row) -> Vec<String> {
    let mut world = World::new();
    for deed in &row.does {
        world.does(deed);
    }
    let view = world.engine.view(world.now);
    let card = world.card.as_ref();
    let found = [
        ("class", world.class.clone(), row.class.clone()),
        ("state", Some(view.state.name().to_owned()), Some(row.state.clone())),
        ("title", card.map(|card| card.title.key.clone()), row.title.clone()),
        ("what", card.map(|card| card.lines[0].key.clone()), row.what.clone()),
        ("headline", Some(view.headline.key), Some(row.headline.clone())),
        ("advice", view.advice.map(|say| say.key), row.advice.clone()),
    ];
    let differs = found.into_iter().filter(|(_, found, wanted)| found != wanted);
    differs.map(|(what, found, wanted)| format!("{what}: {found:?} instead of {wanted:?}")).collect()
}

#[test]
fn every_shape_is_told_as_promised() {
    let mut troubles = Vec::new();
    let mut seen = BTreeSet::new();
    for row in rows() {
        let name = format!("{}/{}", row.shape, row.name);
        assert!(seen.insert(name.clone()), "{name} stands twice");
        let differences = differences(&row);
        match (&row.broken, differences.is_empty()) {
            (None, true) | (Some(_), false) => {}
            (None, false) => troubles.push(format!("{name}: {}", differences.join(", "))),
            (Some(why), true) => troubles.push(format!("{name} is not broken any more ({why})")),
        }
    }
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}

#[test]
fn every_shape_has_a_row_and_every_row_a_shape() {
    let shapes: BTreeSet<String> = rows().into_iter().map(|row| row.shape).collect();
    let promised: BTreeSet<String> = SHAPES.into_iter().map(str::to_owned).collect();
    assert_eq!(shapes, promised);
}

#[test]
fn no_two_shapes_share_a_sentence() {
    let english = include_str!("../../../extension/_locales/en/messages.json");
    let words: serde_json::Map<String, serde_json::Value> = serde_json::from_str(english).unwrap();
    let mut sentences: BTreeMap<String, (String, String)> = BTreeMap::new();
    for row in rows() {
        for key in
            [row.title.as_ref(), row.what.as_ref(), Some(&row.headline), row.advice.as_ref()].into_iter().flatten()
        {
            assert!(words.contains_key(key), "{key} has no words");
        }
        if SILENT.contains(&row.shape.as_str()) {
            assert!(row.what.is_none() && row.advice.is_none() && row.state == "clear", "{}: silence", row.shape);
            continue;
        }
        assert!(row.advice.is_some(), "{}/{}: no next step", row.shape, row.name);
        // Where several shapes have come together the sentence is the last one's.
        if row.name == "everybody" {
            continue;
        }
        let sentence = row.what.clone().unwrap_or(row.headline);
        let text = words[&sentence]["message"].as_str().unwrap().to_owned();
        let (shape, other) = sentences.entry(sentence.clone()).or_insert_with(|| (row.shape.clone(), text.clone()));
        assert_eq!((&*shape, &*other), (&row.shape, &text), "{sentence} is said of two shapes");
    }
    // Each shape that the design promises has a next step of its own too. (What may be tried again is the same for whatever Claude
    // or its edge breaks without more to say.)
    let mut steps: BTreeMap<String, String> = BTreeMap::new();
    for row in rows().into_iter().filter(|row| PROMISED.contains(&row.shape.as_str())) {
        // An outage of everything is not told apart any more.
        let Some(advice) = row.advice.filter(|advice| advice != "advice_down") else { continue };
        let shape = steps.entry(advice.clone()).or_insert_with(|| row.shape.clone());
        assert_eq!(*shape, row.shape, "{advice} is the next step of two shapes");
    }
    let texts: BTreeSet<&String> = sentences.values().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), sentences.len(), "two sentences are the same");
}

/// A file that no test reads proves nothing.
#[test]
fn every_fixture_is_run() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");
    let list = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(format!("{root}/{folder}")).expect(folder);
        entries.map(|entry| entry.expect(folder).file_name().into_string().expect("a plain name")).collect()
    };
    let tables = ["answers.json", "endpoints.json", "health.json", "shapes.json", "status.json", "transport.json"];
    let folders = ["har", "streams", "traces"];
    let known: BTreeSet<String> = tables.iter().chain(&folders).map(ToString::to_string).collect();
    assert_eq!(list("."), known);
    // The folders are read as a whole: what goes in, and beside it what must come out.
    for (folder, goes_in) in [("har", ".har"), ("streams", ".sse"), ("traces", ".jsonl")] {
        let files = list(folder);
        for file in &files {
            let stem = file.split('.').next().unwrap_or_default();
            let answered = [".json", ".txt"].iter().any(|kind| files.contains(&format!("{stem}{kind}")));
            assert!(files.contains(&format!("{stem}{goes_in}")) && answered, "{folder}/{file} is half a fixture");
        }
    }
}
