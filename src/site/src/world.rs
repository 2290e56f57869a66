//! The extension in a browser that is not there: what browser and page tell the engine, and what it has them do.

use crate::life::{Life, Said};
use crate::story::{Story, Wrong};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use understudy_cli::accuracy::workload::{Event, Fate};
use understudy_cli::words::Words;
use understudy_engine::claude;
use understudy_engine::provider::Settings;
use understudy_engine::{
    Config, Engine, Fact, Headers, Input, Millis, Output, Platform, Request, RequestStep, StatusAnswer, Stored,
    StreamEnd, Surface,
};

/// The engine and what it waits for.
pub struct World {
    engine: Engine,
    story: Story,
    words: Words,
    /// By time, then in the order of their making.
    due: BinaryHeap<Reverse<Due>>,
    made: u64,
    wake: Option<Millis>,
    /// Whether our script is in the tab: no page, no script.
    listens: bool,
    /// What is seen of it.
    pub life: Life,
}

struct Due(Millis, u64, Input);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

impl World {
    /// The extension on its first day, before the story begins.
    pub fn new(story: &Story, probing: bool) -> Self {
        let settings = Settings { probes: probing, ..Settings::default() };
        let stored = Stored { session: None, local: vec![("settings".to_owned(), settings.write())] };
        let engine = Engine::restore(Config { platform: Platform::Chromium }, stored, story.span().0);
        Self {
            engine,
            story: story.clone(),
            words: Words::english(),
            due: BinaryHeap::new(),
            made: 0,
            wake: None,
            listens: false,
            life: Life::default(),
        }
    }

    fn at(&mut self, at: Millis, input: Input) {
        self.made += 1;
        self.due.push(Reverse(Due(at, self.made, input)));
    }

    /// One request of the user's, as browser and page tell it.
    pub fn request(&mut self, event: &Event, wrong: Option<&Wrong>) {
        let Some(surface) = event.surface else { return };
        let (method, path) = match surface {
            Surface::Document => ("GET", "/new"),
            Surface::Bootstrap => ("GET", BOOTSTRAP),
            Surface::Completion => ("POST", COMPLETION),
            _ => ("GET", LIST),
        };
        let url = [claude::SITE, path].concat();
        let id = self.made.to_string();
        let step = |step| Input::Request(Request { id: id.clone(), tab: TAB, step });
        let document = surface == Surface::Document;
        let body = (surface == Surface::Completion).then(|| PROMPT.to_vec());
        let (began, end) = (event.began, event.at);
        self.at(began, step(RequestStep::Started { method: method.to_owned(), url: url.clone(), document, body }));
        if event.fate == Fate::Silent {
            self.at(end, step(RequestStep::Failed { error: RESET.to_owned() }));
            return;
        }
        let stream = surface == Surface::Completion && wrong.is_none();
        let (status, kind) = match wrong {
            Some(wrong) => (wrong.status, wrong.kind.clone()),
            None if document => (200, Some("text/html".to_owned())),
            None => (200, Some(if stream { "text/event-stream" } else { "application/json" }.to_owned())),
        };
        let headers = Headers { content_type: kind.clone(), ..Headers::default() };
        self.at(end, step(RequestStep::Headers { status, headers }));
        let seq = u32::try_from(self.made).unwrap_or_default();
        let mut facts = Vec::new();
        if document {
            self.at(end, Input::Hello { tab: TAB, online: true });
            facts.push(Fact::Ready {});
        } else if let Some(wrong) = wrong {
            let (content_type, body) = (kind, wrong.body.clone());
            let method = method.to_owned();
            facts.push(Fact::Response { seq, method, url, status, content_type, cf_mitigated: None, body });
        } else if stream {
            facts.push(Fact::Stream { seq, method: method.to_owned(), url, status });
            for (name, data) in ANSWER {
                facts.push(Fact::Event { seq, name: name.to_owned(), data: data.to_owned() });
            }
            facts.push(Fact::Closed { seq, events: 3, end: StreamEnd::End });
        }
        for fact in facts {
            self.at(end, Input::Tap { tab: TAB, fact });
        }
        self.at(end, step(RequestStep::Done));
    }

    /// Lives through all of it.
    pub fn run(&mut self) {
        let (from, to) = self.story.span();
        self.drain(from);
        loop {
            let next = self.due.peek().map(|Reverse(due)| due.0);
            let now = [next, self.wake].into_iter().flatten().min().filter(|at| *at <= to);
            let Some(now) = now else { return };
            if next == Some(now) {
                let Some(Reverse(Due(_, _, input))) = self.due.pop() else { return };
                match &input {
                    Input::Hello { .. } => self.listens = true,
                    Input::Request(Request { step: RequestStep::Started { document: true, .. }, .. }) => {
                        self.listens = false;
                    }
                    _ => {}
                }
                self.engine.handle(input, now);
            } else {
                self.wake = None;
                self.engine.handle(Input::Tick, now);
                // A wish for the past would turn in circles.
                self.wake = self.wake.filter(|wake| *wake > now);
            }
            self.drain(now);
            self.wake = self.wake.filter(|wake| *wake > now);
            self.look(now);
        }
    }

    /// Carries out what the extension would.
    fn drain(&mut self, now: Millis) {
        while let Some(output) = self.engine.poll() {
            match output {
                Output::WakeAt { at } => self.wake = Some(at),
                Output::Card { card: Some(_), .. } => {
                    self.life.offered.get_or_insert(now);
                }
                Output::FetchStatus { .. } => {
                    let page = self.story.posts().filter(|(at, _)| *at <= now).last();
                    let body = page.map_or_else(|| self.story.green.clone(), |(_, body)| body.to_owned());
                    let answer = (!self.story.dead(now)).then_some(StatusAnswer { status: 200, body });
                    let later = if answer.is_some() { ANSWER_MS } else { SILENCE_MS };
                    self.at(now + later, Input::Status(answer));
                }
                Output::Probe { path, .. } if self.listens => self.probe(&path, now),
                // There is nobody to show anything to, and nothing to keep.
                _ => {}
            }
        }
    }

    fn probe(&mut self, path: &str, now: Millis) {
        self.life.probes.push(now);
        let url = [claude::SITE, path].concat();
        let surface = claude::endpoint("GET", &url).map_or(Surface::Document, |found| found.surface);
        let id = format!("probe {}", self.made);
        let step = |step| Input::Request(Request { id: id.clone(), tab: TAB, step });
        self.at(now, step(RequestStep::Started { method: "GET".to_owned(), url, document: false, body: None }));
        let wrong = self.story.meets(surface.name(), now);
        if self.story.dead(now) {
            self.at(now + ANSWER_MS, step(RequestStep::Failed { error: RESET.to_owned() }));
            return;
        }
        let kind = wrong.as_ref().map_or_else(|| Some("application/json".to_owned()), |wrong| wrong.kind.clone());
        let status = wrong.map_or(200, |wrong| wrong.status);
        let headers = Headers { content_type: kind, ..Headers::default() };
        self.at(now + ANSWER_MS, step(RequestStep::Headers { status, headers }));
        self.at(now + ANSWER_MS, step(RequestStep::Done));
    }

    /// Notes what the popup says, if it is something else.
    fn look(&mut self, now: Millis) {
        let view = self.engine.view(now);
        let headline = self.words.say(&view.headline);
        let same = |said: &Said| said.state == view.state && said.headline == headline && said.tone == view.tone;
        if self.life.said.last().is_some_and(same) {
            return;
        }
        let evidence = view.evidence.iter().map(|one| (one.at, self.words.say(&one.say))).collect();
        let advice = view.advice.as_ref().map(|advice| self.words.say(advice));
        self.life.said.push(Said { at: now, state: view.state, tone: view.tone, headline, advice, evidence });
    }
}

const TAB: i64 = 1;
/// What answers, answers so soon …
const ANSWER_MS: Millis = 300;
/// … and that nothing does is known so soon.
const SILENCE_MS: Millis = 1_000;
const RESET: &str = "net::ERR_CONNECTION_RESET";
const BOOTSTRAP: &str = "/edge-api/bootstrap/11111111-2222-4333-8444-555555555555/app_start";
const LIST: &str = "/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations_v2?limit=30";
const COMPLETION: &str = "/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations/\
                          019f3f4c-ba14-79cd-bbb7-6926ba65fb53/completion";
const PROMPT: &[u8] = br#"{"prompt":"a prompt","model":"claude-opus-4-8","attachments":[],"files":[]}"#;
const ANSWER: [(&str, &str); 3] = [
    ("message_start", r#"{"type":"message_start","message":{"model":"claude-opus-4-8"}}"#),
    ("message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#),
    ("message_stop", r#"{"type":"message_stop"}"#),
];
