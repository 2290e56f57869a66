//! The engine on a HAR file: the same inputs in the same order as in a browser.
//!
//! Memory is constant. A HAR file lists requests by their beginning, the engine wants all steps by time: at most
//! [`WINDOW`] steps wait to be sorted, each with at most 4 KB of a body. Of a request that is done two bytes remain, its
//! surface and its class. No request body is read: a prompt is nobody's business here.

use crate::har::{self, Entry, Trouble};
use crate::source::{Blocking, Source, at_once};
use crate::words::Words;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io::Read;
use understudy_engine::claude::{self, Role, SseReader};
use understudy_engine::provider::Settings;
use understudy_engine::statistics::Watch;
use understudy_engine::verdict::State;
use understudy_engine::{
    Area, Class, Config, Engine, Fact, Headers, Input, Millis, Output, Platform, Request, RequestStep, StatusAnswer,
    Stored, StreamEnd, Surface,
};

/// What a HAR file shows.
pub struct Diagnosis {
    /// The gravest state that was reached; of several equally grave incidents the last one.
    pub state: State,
    /// The state at the end of the recording.
    pub at_end: State,
    /// The gravest state in one line.
    pub headline: String,
    /// The state at the end in one line.
    pub headline_at_end: String,
    /// The first failure of that incident, unless the file does not date its requests.
    pub since: Option<Millis>,
    /// The surfaces that failed in that incident.
    pub surfaces: Vec<Surface>,
    /// Surface and class of every entry, in the order of the file.
    pub entries: Vec<(Surface, Class)>,
    /// What was seen and when, in order; the time is `None` if the file does not date its requests.
    pub evidence: Vec<(Option<Millis>, String)>,
    /// The first and the last moment, if the file dates its requests.
    pub span: Option<(Millis, Millis)>,
    /// How many of the entries went to claude.ai.
    pub ours: usize,
    /// What the engine kept of its incidents, as it would lie in a browser's store.
    pub log: BTreeMap<String, String>,
    /// The minutes in which claude.ai was used.
    pub watch: Watch,
}

/// Reads a HAR file through the engine.
pub fn diagnose(source: impl Read) -> Result<Diagnosis, Trouble> {
    at_once(diagnose_from(Blocking(source)))
}

/// The same for a source that may let one wait.
pub async fn diagnose_from(source: impl Source) -> Result<Diagnosis, Trouble> {
    let mut replay = Replay::new();
    har::read(source, &mut |entry| replay.entry(entry)).await?;
    if replay.ours == 0 { Err(Trouble::Elsewhere) } else { Ok(replay.finish()) }
}

/// Steps that wait to be sorted by time.
pub const WINDOW: usize = 6_144;
/// Lines of evidence kept.
const EVIDENCE: usize = 64;
/// All entries are one person's: one tab.
const TAB: i64 = 1;
/// The engine holds back some judgements for a moment; at the end of the file it gets this long.
const AFTER_MS: Millis = 5_000;
/// An answer from anywhere proves the network for so long after a request without one.
const NEUTRAL_MS: Millis = 60_000;
/// Where a file without dates begins: the engine has no use for 1970.
const UNDATED: Millis = 1_000_000_000_000;

/// One step of one request, or an answer of another host.
struct Step {
    at: Millis,
    order: usize,
    what: What,
}

enum What {
    Ours(usize, RequestStep),
    /// A stream, whole: its control events.
    Stream(Box<Stream>),
    /// Some host answered: the user's network works.
    Answered,
}

struct Stream {
    index: usize,
    method: String,
    url: String,
    status: u16,
    text: String,
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

struct Replay {
    engine: Engine,
    words: Words,
    waiting: BinaryHeap<Reverse<Step>>,
    order: usize,
    now: Millis,
    /// The beginning of the last dated entry.
    dated: Option<Millis>,
    first: Option<Millis>,
    ours: usize,
    entries: Vec<(Surface, Class)>,
    /// When the engine wants to be woken.
    wake: Option<Millis>,
    /// When the engine asked for the neutral check.
    asked: Option<Millis>,
    gravest: State,
    headline: String,
    since: Option<Millis>,
    surfaces: BTreeSet<Surface>,
    evidence: BTreeSet<(Millis, String)>,
    log: BTreeMap<String, String>,
}

impl Replay {
    fn new() -> Self {
        // The browser only decides techniques of writing, of which there are none here.
        let config = Config { platform: Platform::Chromium };
        // A recording answers no question: the judge must not count on any.
        let settings = Settings { probes: false, ..Settings::default() };
        let stored = Stored { session: None, local: vec![("settings".to_owned(), settings.write())] };
        let mut replay = Self {
            engine: Engine::restore(config, stored, UNDATED),
            words: Words::english(),
            waiting: BinaryHeap::new(),
            order: 0,
            now: 0,
            dated: None,
            first: None,
            ours: 0,
            entries: Vec::new(),
            wake: None,
            asked: None,
            gravest: State::Blind,
            headline: String::new(),
            since: None,
            surfaces: BTreeSet::new(),
            evidence: BTreeSet::new(),
            log: BTreeMap::new(),
        };
        replay.drain();
        // What a restore wants at its own time is not of this recording's.
        replay.wake = None;
        replay
    }

    fn entry(&mut self, entry: Entry) {
        let index = self.entries.len();
        let found = if entry.document { claude::page(&entry.url) } else { claude::endpoint(&entry.method, &entry.url) };
        let start = entry.started.or(self.dated).unwrap_or(UNDATED);
        let end = start + entry.took;
        if entry.started.is_some() {
            self.dated = Some(start);
            self.first = Some(self.first.map_or(start, |first| first.min(start)));
        }
        self.ours += usize::from(found.is_some());
        let Some(found) = found.filter(|found| found.role != Role::Ignored) else {
            self.entries.push((Surface::Other, Class::Ignored));
            if entry.status > 0 {
                self.wait(end, What::Answered);
            }
            return;
        };
        self.entries.push((found.surface, Class::Unknown));

        let sent = matches!(found.role, Role::Send | Role::Retry);
        let kind = entry.content_type.as_deref().unwrap_or_default();
        let stream = sent && entry.status == 200 && kind.contains("text/event-stream");

        let Entry { method, url, document, .. } = entry;
        let (asked, whence) = (method.clone(), url.clone());
        self.wait(start, What::Ours(index, RequestStep::Started { method, url, document, body: None }));
        if entry.status > 0 {
            let headers = Headers {
                content_type: entry.content_type,
                cf_mitigated: entry.cf_mitigated,
                location: entry.location,
                request_id: None,
            };
            let at = entry.receive.map_or(start, |receive| end.saturating_sub(receive).max(start));
            self.wait(at, What::Ours(index, RequestStep::Headers { status: entry.status, headers }));
            self.wait(end, What::Answered);
        }
        let failed = entry.error.filter(|error| !error.is_empty()).or((entry.status == 0).then(String::new));
        let last = match (entry.body, failed) {
            // A transport error after the stream's last word changes nothing.
            (Some(text), failed) if stream && (failed.is_none() || entry.told) => {
                let stream = Stream { index, method: asked, url: whence, status: entry.status, text };
                self.wait(end, What::Stream(Box::new(stream)));
                RequestStep::Done
            }
            (Some(text), failed) if failed.is_none() || entry.told => RequestStep::Body { text },
            (_, Some(error)) => RequestStep::Failed { error },
            _ => RequestStep::Done,
        };
        self.wait(end, What::Ours(index, last));
    }

    /// Sorts a step in; the earliest one goes on when there is no more room.
    fn wait(&mut self, at: Millis, what: What) {
        self.order += 1;
        self.waiting.push(Reverse(Step { at, order: self.order, what }));
        if self.waiting.len() > WINDOW {
            self.next();
        }
    }

    fn next(&mut self) -> bool {
        let Some(Reverse(Step { at, what, .. })) = self.waiting.pop() else { return false };
        self.wake_until(at);
        self.now = self.now.max(at);
        match what {
            What::Ours(index, step) => {
                let request = Request { id: index.to_string(), tab: TAB, step };
                self.handle(Input::Request(request));
            }
            What::Stream(stream) => self.stream(*stream),
            What::Answered => {
                if self.asked.take_if(|asked| self.now.saturating_sub(*asked) <= NEUTRAL_MS).is_some() {
                    self.handle(Input::Status(Some(StatusAnswer { status: 200, body: String::new() })));
                }
            }
        }
        true
    }

    /// What the tap tells of a stream in a page. (No engine in a browser reads a stream as one text.)
    fn stream(&mut self, stream: Stream) {
        let Stream { index, method, url, status, text } = stream;
        let seq = u32::try_from(index).unwrap_or(u32::MAX);
        let mut facts = vec![Fact::Stream { seq, method, url, status }];
        let events = SseReader::default().push(&text);
        facts.extend(events.into_iter().map(|event| Fact::Event { seq, name: event.name, data: event.data }));
        facts.push(Fact::Closed { seq, events: u32::try_from(facts.len()).unwrap_or(u32::MAX), end: StreamEnd::End });
        for fact in facts {
            self.handle(Input::Tap { tab: TAB, fact });
        }
    }

    fn wake_until(&mut self, at: Millis) {
        while let Some(due) = self.wake.take_if(|due| *due <= at) {
            self.now = self.now.max(due);
            self.handle(Input::Tick);
            // A wish for the past would turn in circles.
            self.wake = self.wake.filter(|next| *next > due);
        }
    }

    fn handle(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        if self.drain() {
            let view = self.engine.view(self.now);
            for line in view.evidence {
                if self.evidence.len() < EVIDENCE {
                    self.evidence.insert((line.at, self.words.say(&line.say)));
                }
            }
        }
        let state = self.engine.state();
        let since = self.engine.since();
        if rank(state) > rank(self.gravest) || (rank(state) == rank(self.gravest) && since != self.since) {
            self.gravest = state;
            self.headline = self.words.say(&self.engine.view(self.now).headline);
            if since != self.since {
                self.surfaces.clear();
            }
            self.since = since;
        }
        if since.is_some() && since == self.since {
            self.surfaces.extend(self.engine.failing());
        }
    }

    /// Carries out what can be carried out here; tells whether something was found to have failed.
    fn drain(&mut self) -> bool {
        let mut failure = false;
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Observed { request, surface, cause } => {
                    failure |= !matches!(cause.class, Class::Ok | Class::Ignored | Class::Aborted);
                    if let Some(entry) = request.parse().ok().and_then(|index: usize| self.entries.get_mut(index)) {
                        *entry = (surface, cause.class);
                    }
                }
                Output::Persist { area: Area::Local, key, value } => {
                    match value {
                        Some(value) => self.log.insert(key, value),
                        None => self.log.remove(&key),
                    };
                }
                Output::WakeAt { at } => self.wake = Some(at),
                Output::FetchStatus { .. } => self.asked = Some(self.now),
                // There is nobody to show anything to.
                _ => {}
            }
        }
        failure
    }

    fn finish(mut self) -> Diagnosis {
        while self.next() {}
        let end = self.now;
        self.wake_until(end + AFTER_MS);
        self.now = end + AFTER_MS;
        self.handle(Input::Tick);

        let at_end = self.engine.state();
        let headline_at_end = self.words.say(&self.engine.view(self.now).headline);
        // Neither clear nor blind is an incident: the end speaks.
        let calm = rank(self.gravest) == 0;
        let dated = self.first.is_some();
        Diagnosis {
            state: if calm { at_end } else { self.gravest },
            at_end,
            headline: if calm { headline_at_end.clone() } else { self.headline },
            headline_at_end,
            since: self.since.filter(|_| dated && !calm),
            surfaces: self.surfaces.into_iter().collect(),
            entries: self.entries,
            evidence: self.evidence.into_iter().map(|(at, text)| (dated.then_some(at), text)).collect(),
            span: self.first.map(|first| (first, end)),
            ours: self.ours,
            log: self.log,
            watch: self.engine.watch(),
        }
    }
}

/// How grave a state is.
const fn rank(state: State) -> u8 {
    match state {
        State::Blind | State::Clear => 0,
        State::Hiccup => 1,
        State::Suspected => 2,
        // What recovers was down, and that was seen.
        State::Recovering => 3,
        State::Flapping => 4,
        State::Down => 5,
    }
}
