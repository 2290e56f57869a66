//! The engine as a whole, told anything at all in any order: it never panics, stays small, forgets nothing when its background
//! dies, and does not care about the order of what has nothing to do with each other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use understudy_engine::claude::{ENDPOINTS, SITE};
use understudy_engine::incident::{self, LOG, MAX_RECORDS};
use understudy_engine::outbox::{Entry, EntryState, MAX_ENTRIES};
use understudy_engine::provider::{CATALOGUE, Settings};
use understudy_engine::{
    Act, Area, CONSENT, Config, Engine, Fact, FillOutcome, FillReport, Headers, Input, Output, Place, Platform,
    Request, RequestStep, StatusAnswer, Stored, StreamEnd, UserText, needed_at_start, text_key,
};

const ORG: &str = "11111111-2222-4333-8444-555555555555";
const T0: u64 = 1_772_451_420_000;
/// Tabs of claude.ai in these worlds; -1 is a page's service worker.
const TABS: [i64; 5] = [-1, 1, 2, 3, i64::MAX];
/// Characters of the longest text that these worlds tell in one piece (a header, an error, a body).
const LONGEST: usize = 3_000;
/// Bytes that a snapshot may have here, without the prompts that only it holds: what is followed at once is bounded (256 requests, 5
/// tabs, 12 lines of evidence, 8 handoffs), and of each text a bounded part is kept.
const SNAPSHOT: usize = 128 * 1024;

/// Marsaglia's xorshift: the same story on every machine.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 8) % end.max(1) as u64).expect("small")
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// What a world has told, so that it can go on with it.
struct Teller {
    random: Random,
    requests: u32,
    /// Requests under way: id, tab, method and URL.
    open: Vec<(String, i64, String, String)>,
    seq: u32,
    /// What the engine has given out, as far as one can refer to it.
    entries: Vec<String>,
    jobs: Vec<String>,
}

const HOSTILE: [&str; 12] = [
    "",
    "\0",
    "\u{feff}{",
    "</script><img src=x onerror=alert(1)>",
    "naïve 🧑‍💻 \u{202e}txt\u{2028}",
    "{\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
    "{\"error\":{\"details\":{\"error_code\":\"read_only_mode\"}}}",
    "{\"account\":null}",
    "event: error\ndata: {\"type\":\"error\"}\n\n",
    "tap:7",
    "entry:1",
    "aside:engine",
];

impl Teller {
    fn new(seed: u64) -> Self {
        let random = Random::new(seed);
        Self { random, requests: 0, open: Vec::new(), seq: 0, entries: Vec::new(), jobs: Vec::new() }
    }

    /// Text of any kind.
    fn text(&mut self) -> String {
        match self.random.below(6) {
            0 => "a\"\\\n".repeat(self.random.below(LONGEST / 4)),
            1 => (0..self.random.below(40))
                .filter_map(|_| char::from_u32(self.random.below(0x11_0000).try_into().ok()?))
                .collect(),
            2 => "[".repeat(self.random.below(LONGEST)),
            _ => self.random.of(&HOSTILE).to_owned(),
        }
    }

    fn maybe(&mut self) -> Option<String> {
        (!self.random.one_in(3)).then(|| self.text())
    }

    fn chat(&mut self) -> String {
        format!("019f3f4c-ba14-79cd-bbb7-6926ba65fb{:02x}", self.random.below(4))
    }

    /// A method and a URL: mostly of a row of the table, now and then anything.
    fn address(&mut self) -> (String, String) {
        if self.random.one_in(12) {
            return (self.text(), self.text());
        }
        // Half of them sends: most states are about those.
        let sends = self.random.one_in(2);
        let rows: Vec<_> = ENDPOINTS.iter().filter(|row| !sends || row.name.starts_with("completion")).collect();
        let row = self.random.of(&rows);
        let base = match row.base {
            understudy_engine::claude::Base::Site => SITE.to_owned(),
            understudy_engine::claude::Base::Org => format!("{SITE}/api/organizations/{ORG}"),
            understudy_engine::claude::Base::Chat => {
                format!("{SITE}/api/organizations/{ORG}/chat_conversations/{}", self.chat())
            }
        };
        let mut url = base;
        for segment in row.path.split('/').filter(|segment| !segment.is_empty()) {
            let segment = segment.split('|').next().unwrap_or_default();
            let segment = segment.replace("{c}", &self.chat()).replace("{u}", ORG).replace("{x}", "x").replace('*', "");
            let _ = write!(url, "/{segment}");
        }
        let method = row.methods.split(' ').next().filter(|method| !method.is_empty()).unwrap_or("GET");
        (method.to_owned(), url)
    }

    fn body(&mut self) -> Vec<u8> {
        match self.random.below(5) {
            0 => self.text().into_bytes(),
            1 => vec![0xff, 0xfe, 0],
            _ => {
                let prompt =
                    if self.random.one_in(5) { self.text() } else { format!("prompt {}", self.random.below(30)) };
                let model = self.random.of(&["claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5"]);
                let mut body = serde_json::json!({"prompt": prompt, "model": model, "attachments": []});
                if self.random.one_in(2) {
                    body["turn_message_uuids"] = serde_json::json!({"human_message_uuid": self.chat()});
                }
                if self.random.one_in(6) {
                    body["attachments"] = serde_json::json!([{"file_name": "a", "extracted_content": self.text()}]);
                }
                if self.random.one_in(8) {
                    body["create_conversation_params"] = serde_json::json!({"is_temporary": self.random.one_in(2)});
                }
                body.to_string().into_bytes()
            }
        }
    }

    fn headers(&mut self) -> Headers {
        let kinds = ["text/event-stream", "text/event-stream", "application/json", "text/html; charset=UTF-8", ""];
        Headers {
            content_type: if self.random.one_in(8) { self.maybe() } else { Some(self.random.of(&kinds).to_owned()) },
            cf_mitigated: self.random.one_in(30).then(|| "challenge".to_owned()),
            location: if self.random.one_in(20) { self.maybe() } else { None },
            request_id: if self.random.one_in(2) {
                Some(format!("req_{}", self.random.below(90)))
            } else {
                self.maybe()
            },
        }
    }

    fn status(&mut self) -> u16 {
        let usual = [200, 200, 200, 200, 500, 500, 503, 529, 429, 401, 403, 404, 409, 302, 304, 0, 101, 511, u16::MAX];
        self.random.of(&usual)
    }

    fn fact(&mut self) -> (i64, Fact) {
        let known = (!self.open.is_empty() && !self.random.one_in(4)).then(|| self.random.of(&self.open));
        let (tab, method, url) = if let Some((_, tab, method, url)) = known {
            (tab, method, url)
        } else {
            {
                let (method, url) = self.address();
                (self.random.of(&TABS), method, url)
            }
        };
        let seq = if self.random.one_in(3) {
            self.seq += 1;
            self.seq
        } else {
            self.seq.saturating_sub(u32::try_from(self.random.below(3)).expect("small"))
        };
        let events = u32::try_from(self.random.below(50)).expect("small");
        let names = ["message_start", "message_delta", "message_stop", "message_limit", "error", "completion", "", "x"];
        let data = [
            "{\"type\":\"message_start\",\"message\":{\"model\":\"claude-opus-4-8\"}}",
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}",
            "{\"type\":\"message_stop\"}",
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}",
            "{\"type\":\"message_limit\",\"message_limit\":{\"type\":\"exceeded_limit\",\"resetsAt\":1772455000}}",
        ];
        let fact = match self.random.below(8) {
            0 => Fact::Ready {},
            1 => Fact::Response {
                seq,
                method,
                url,
                status: self.status(),
                content_type: self.headers().content_type,
                cf_mitigated: self.headers().cf_mitigated,
                body: self.text(),
            },
            2 => Fact::Stream { seq, method, url, status: 200 },
            3 | 4 => Fact::Event {
                seq,
                name: self.random.of(&names).to_owned(),
                data: if self.random.one_in(4) { self.text() } else { self.random.of(&data).to_owned() },
            },
            5 => Fact::Progress { seq, events, silent_ms: self.random.of(&[0, 15_000, 61_000, u32::MAX]) },
            6 => {
                Fact::Closed { seq, events, end: self.random.of(&[StreamEnd::End, StreamEnd::Abort, StreamEnd::Error]) }
            }
            _ => Fact::Rejected { seq, method, url, aborted: self.random.one_in(3), online: !self.random.one_in(6) },
        };
        (tab, fact)
    }

    fn act(&mut self) -> Input {
        let entry = if self.random.one_in(6) { self.text() } else { self.random.of(&self.entries_or()) };
        let job = if self.random.one_in(6) { self.text() } else { self.random.of(&self.jobs_or()) };
        let provider = if self.random.one_in(8) { self.text() } else { self.random.of(CATALOGUE).id.to_owned() };
        let act = match self.random.below(22) {
            0..=6 => Act::HandOff {
                provider,
                entry: (!self.random.one_in(6)).then_some(entry),
                copied: self.random.one_in(2),
            },
            7 => Act::Copy { entry },
            8 | 9 => Act::Dismiss {},
            10 | 11 => Act::Decided { job, granted: self.random.one_in(2) },
            12 => Act::PasteByHand { job },
            13 => Act::Forget { entry: if self.random.one_in(9) { LOG.to_owned() } else { entry } },
            14 => {
                if self.random.one_in(8) {
                    Act::ForgetAll {}
                } else {
                    Act::Say { down: self.random.one_in(2) }
                }
            }
            15 => Act::Say { down: self.random.one_in(2) },
            16 => Act::Choose {
                job: self.random.of(&self.jobs_or()),
                text: self.maybe().map(UserText::new),
                along: self.random.of(&[0, 1, 4_096, u32::MAX]),
                copied: self.random.one_in(2),
            },
            17 => Act::PutBack { entry, text: self.maybe().map(UserText::new), copied: self.random.one_in(2) },
            18 => Act::Later { entry, on: !self.random.one_in(3) },
            _ => Act::Configure {
                settings: Settings {
                    never: Vec::new(),
                    fallbacks: vec![provider, "chatgpt".into(), "custom".into()],
                    custom_url: self.random.of(&["https://chat.example/?q={prompt}", "", "javascript:{prompt}"]).into(),
                    custom_name: self.text(),
                    target: Some(99_000),
                    probes: !self.random.one_in(3),
                    limits: !self.random.one_in(3),
                    along: self.random.of(&[0, 0, 2]),
                    keep: self.random.of(&[1, 7, 30]),
                },
            },
        };
        let tab = self.random.of(&TABS);
        let from = if self.random.one_in(2) { Place::Card { tab } } else { Place::Page { tab: Some(tab) } };
        Input::Act { from, act }
    }

    fn entries_or(&self) -> Vec<String> {
        if self.entries.is_empty() { vec!["none".to_owned()] } else { self.entries.clone() }
    }

    fn jobs_or(&self) -> Vec<String> {
        if self.jobs.is_empty() { vec!["none".to_owned()] } else { self.jobs.clone() }
    }

    /// The next thing that happens.
    fn next(&mut self) -> Input {
        let tab = self.random.of(&TABS);
        match self.random.below(40) {
            0..=7 => {
                let (method, url) = self.address();
                self.requests += 1;
                let id = if self.random.one_in(40) { self.text() } else { self.requests.to_string() };
                self.open.push((id.clone(), tab, method.clone(), url.clone()));
                if self.open.len() > 12 {
                    self.open.remove(0);
                }
                let body = (method == "POST").then(|| self.body());
                let document = self.random.one_in(8);
                Input::Request(Request { id, tab, step: RequestStep::Started { method, url, document, body } })
            }
            8..=19 => {
                let (id, tab) = if self.open.is_empty() {
                    ("none".to_owned(), tab)
                } else {
                    {
                        let (id, tab, ..) = self.random.of(&self.open);
                        (id, tab)
                    }
                };
                let errors = ["net::ERR_FAILED", "net::ERR_CONNECTION_RESET", "NS_ERROR_OFFLINE", "net::ERR_TIMED_OUT"];
                let step = match self.random.below(9) {
                    0..=4 => RequestStep::Headers { status: self.status(), headers: self.headers() },
                    5 => RequestStep::Body { text: self.text() },
                    6 => RequestStep::Failed {
                        error: if self.random.one_in(4) { self.text() } else { self.random.of(&errors).to_owned() },
                    },
                    _ => RequestStep::Done,
                };
                Input::Request(Request { id, tab, step })
            }
            20..=27 => {
                let (tab, fact) = self.fact();
                Input::Tap { tab, fact }
            }
            28 => Input::Hello { tab, online: !self.random.one_in(5) },
            29 if self.random.one_in(2) => {
                let chat = format!("{SITE}/chat/{}", self.chat());
                let url = self.random.of(&[format!("{SITE}/new"), format!("{SITE}/new?incognito"), chat]);
                let text = self.random.of(&["", "Dear", "Dear Claude", "hello", "A longer one that goes on"]);
                Input::Draft { tab, url, text: UserText::new(text) }
            }
            29 => Input::Connectivity { online: !self.random.one_in(3) },
            30 => Input::Status(match self.random.below(4) {
                0 => None,
                1 => Some(StatusAnswer { status: self.status(), body: self.text() }),
                _ => Some(StatusAnswer {
                    status: 200,
                    body: serde_json::json!({
                        "components": [{"id": "rwppv331jlwc", "name": "claude.ai",
                            "status": self.random.of(&["operational", "major_outage", "new"])}],
                        "incidents": [{"name": self.text(), "impact": "major", "status": "investigating",
                            "created_at": "2026-03-02T11:49:12Z", "components": []}],
                    })
                    .to_string(),
                }),
            }),
            31 => Input::Permissions {
                origins: match self.random.below(3) {
                    0 => Vec::new(),
                    1 => CATALOGUE
                        .iter()
                        .filter_map(understudy_engine::provider::Provider::pattern)
                        .chain([CONSENT.into(), "notifications".into()])
                        .collect(),
                    _ => vec![self.text()],
                },
            },
            32 => Input::Unstored { key: format!("entry:{}", self.random.of(&self.entries_or())) },
            33 | 34 => self.act(),
            35 => Input::Opened { job: self.random.of(&self.jobs_or()), tab: (!self.random.one_in(4)).then_some(50) },
            36 => Input::TabComplete { tab: self.random.of(&[50, 50, 1]) },
            37 => Input::Filled {
                job: self.random.of(&self.jobs_or()),
                report: FillReport {
                    outcome: self.random.of(&[
                        FillOutcome::Written,
                        FillOutcome::NoComposer,
                        FillOutcome::Occupied,
                        FillOutcome::Unreachable,
                    ]),
                    read: self.maybe().map(UserText::new),
                    took_ms: 3,
                },
            },
            38 => Input::TabClosed { tab: self.random.of(&[50, 1, 2, 3]) },
            39 if self.random.one_in(2) => Input::Heard {
                entry: self.random.of(&self.entries_or()),
                title: self.maybe().map(|title| UserText::new(title + " - Claude")),
                begun: self.maybe().map(UserText::new),
            },
            _ => Input::Tick,
        }
    }

    /// Remembers what the engine has given out.
    fn hear(&mut self, output: &Output) {
        match output {
            Output::Persist { key, value: Some(_), .. } => {
                if let Some(id) = key.strip_prefix("entry:") {
                    self.entries.push(id.to_owned());
                }
            }
            Output::Open { job, .. } | Output::Fill { job, .. } => self.jobs.push(job.clone()),
            _ => {}
        }
        for list in [&mut self.entries, &mut self.jobs] {
            if list.len() > 20 {
                list.remove(0);
            }
        }
    }
}

/// An engine with its two stores.
struct Life {
    engine: Engine,
    platform: Platform,
    session: Option<String>,
    local: BTreeMap<String, String>,
}

impl Life {
    fn new(platform: Platform, now: u64) -> Self {
        let engine = Engine::restore(Config { platform }, Stored::default(), now);
        let mut life = Self { engine, platform, session: None, local: BTreeMap::new() };
        life.drain();
        life
    }

    fn tell(&mut self, input: Input, now: u64) -> Vec<Output> {
        self.fetch(Some(&input));
        self.engine.handle(input, now);
        self.drain()
    }

    /// Gives the engine the texts that it needs now.
    fn fetch(&mut self, input: Option<&Input>) {
        for id in self.engine.wants(input) {
            self.engine.give(&id, self.local.get(&text_key(&id)).cloned());
        }
    }

    /// The background dies and is started again.
    fn restart(&mut self, now: u64) -> Vec<Output> {
        self.engine = Engine::restore(Config { platform: self.platform }, self.stored(), now);
        self.fetch(None);
        self.drain()
    }

    /// What a start reads.
    fn stored(&self) -> Stored {
        let keys: Vec<String> = self.local.keys().cloned().collect();
        let needed = needed_at_start(&keys).into_iter();
        let local = needed.map(|key| (key.to_owned(), self.local[key].clone())).collect();
        Stored { session: self.session.clone(), local }
    }

    /// Another life with the same stores, which has only just begun.
    fn heir(&self, now: u64) -> Self {
        let mut heir = Self {
            engine: Engine::restore(Config { platform: self.platform }, self.stored(), now),
            platform: self.platform,
            session: self.session.clone(),
            local: self.local.clone(),
        };
        heir.fetch(None);
        heir.drain();
        heir
    }

    /// A life that has not begun.
    fn empty(&self) -> Self {
        Self::new(self.platform, T0)
    }

    fn drain(&mut self) -> Vec<Output> {
        let outputs: Vec<Output> = std::iter::from_fn(|| self.engine.poll()).collect();
        for output in &outputs {
            match output {
                Output::Persist { area: Area::Session, value, .. } => self.session.clone_from(value),
                Output::Persist { key, value: Some(value), .. } => drop(self.local.insert(key.clone(), value.clone())),
                Output::Persist { key, value: None, .. } => drop(self.local.remove(key)),
                _ => {}
            }
        }
        outputs
    }

    /// Everything a person could see.
    fn seen(&self, now: u64) -> String {
        let engine = &self.engine;
        let log = (engine.open_record(), engine.watch(), engine.since());
        format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{log:?}",
            engine.state_at(now),
            engine.failing(),
            engine.view(now),
            engine.cards(),
            engine.badge(now)
        )
    }

    fn entries(&self) -> Vec<Entry> {
        let stored = self.local.iter().filter(|(key, _)| key.starts_with("entry:"));
        stored.map(|(key, value)| Entry::parse(value).unwrap_or_else(|| panic!("{key}"))).collect()
    }

    /// Whether what is stored is in bounds.
    fn assert_small(&self, told: &str) {
        let entries = self.entries();
        let over = entries.len() > MAX_ENTRIES && entries.iter().any(|entry| entry.state == EntryState::Confirmed);
        assert!(!over, "{} prompts are kept beyond the limit after {told}", entries.len());
        let records = self.local.keys().filter(|key| incident::is_incident(key)).count() as u64;
        assert!(records <= MAX_RECORDS, "{records} records after {told}");
        let others = self.local.keys().filter(|key| !is_of_prompt(key) && !incident::is_incident(key));
        assert!(
            others.eq(["agreed", "left", "settings", "watch"].iter().filter(|key| self.local.contains_key(**key))),
            "after {told}"
        );
        let longest = self
            .local
            .iter()
            .filter(|(key, _)| key.starts_with("entry:") || !is_of_prompt(key))
            .map(|(_, value)| value.len())
            .max();
        assert!(longest.is_none_or(|longest| longest <= 12 * 1024), "{longest:?} bytes after {told}");
        // Prompts that live in the snapshot alone are a person's own words: they are all kept, whatever their number.
        let view = self.engine.view(T0);
        let own = view
            .prompts
            .iter()
            .map(|row| 2 * row.text.as_ref().map_or(0, |text| text.reveal().len()) + 2_000)
            .sum::<usize>();
        let bytes = self.session.as_ref().map_or(0, |text| text.chars().count());
        assert!(bytes <= SNAPSHOT + own, "the snapshot has {bytes} bytes after {told}");
    }
}

fn is_of_prompt(key: &str) -> bool {
    ["entry:", "text:", "begun:", "sent:"].iter().any(|place| key.starts_with(place))
}

/// What anybody could notice of a step: everything but the engine's own snapshot, and what only a recording's reader is told. After the
/// log was deleted, an incident's number is free again, and who has not seen the deletion begins anew.
fn noticed(outputs: &[Output]) -> Vec<Output> {
    let mut noticed = outputs.to_vec();
    noticed.retain(|output| !matches!(output, Output::Persist { area: Area::Session, .. } | Output::Observed { .. }));
    for output in &mut noticed {
        if let Output::Persist { key, value: Some(value), .. } = output
            && let Some(number) = key.strip_prefix("incident:").map(|number| format!(",{number},"))
        {
            *value = value.replacen(&number, ",N,", 1);
            "incident:N".clone_into(key);
        }
    }
    noticed
}

/// A step in time: mostly small, now and then a night.
fn later(random: &mut Random, now: u64) -> u64 {
    match random.below(60) {
        0 => now.saturating_add(8 * 3_600_000),
        1 => now.saturating_add(90_000),
        2..=9 => now.saturating_add(31_000),
        10..=39 => now,
        _ => now.saturating_add(random.below(4_000) as u64),
    }
}

/// Stories in which a new start once did something else.
const FOUND: [u64; 23] = [
    148, 159, 162, 246, 336, 384, 428, 530, 582, 622, 623, 953, 1_051, 1_586, 1_711, 1_802, 1_887, 1_956, 2_150, 2_174,
    2_592, 4_062, 795,
];

/// Told anything at all: no panic, and what is stored stays small. After every single step, what is stored is all there is to know.
#[test]
fn after_every_step_of_any_story_a_new_start_shows_the_same() {
    let mut states = std::collections::BTreeSet::new();
    let mut kinds = std::collections::BTreeSet::new();
    for seed in (1..=24).chain(FOUND) {
        let platform = if seed % 2 == 0 { Platform::Chromium } else { Platform::Firefox };
        let mut teller = Teller::new(seed);
        let mut clock = Random::new(seed + 100);
        let mut now = T0;
        let (mut whole, mut mortal) = (Life::new(platform, now), Life::new(platform, now));
        for step in 0..220 {
            now = later(&mut clock, now);
            let input = teller.next();
            let told = format!("{input:?}");
            let told = format!("seed {seed}, step {step}: {}", told.chars().take(300).collect::<String>());
            // One that is started right before this step from what is stored does in it what the uninterrupted one does.
            let mut heir = whole.heir(now);
            let noticed_of_heir = noticed(&heir.tell(input.clone(), now));
            let outputs = whole.tell(input.clone(), now);
            assert_eq!(noticed_of_heir, noticed(&outputs), "{told}");
            // One that is started now shows the very same, and asks nothing and tells nobody anything by itself.
            let engine = Engine::restore(Config { platform }, whole.stored(), now);
            let mut copy = Life { engine, local: whole.local.clone(), ..whole.empty() };
            copy.fetch(None);
            let started = copy.drain();
            let asks = |output: &&Output| {
                matches!(
                    output,
                    Output::FetchStatus { .. } | Output::Probe { .. } | Output::Notify(_) | Output::Copy { .. }
                )
            };
            assert_eq!(started.iter().find(asks), None, "{told}");
            assert_eq!(copy.seen(now), whole.seen(now), "{told}");
            // One that dies all the time survives the same story.
            mortal.restart(now);
            mortal.tell(input, now);
            if step % 50 == 0 {
                mortal.assert_small(&told);
            }
            if step % 16 == 0 {
                whole.assert_small(&told);
            }
            states.insert(whole.engine.state_at(now).name());
            for output in &outputs {
                teller.hear(output);
                kinds.insert(format!("{output:?}").split([' ', '(']).next().unwrap_or_default().to_owned());
            }
        }
        whole.assert_small("the end");
    }
    // The stories lead everywhere.
    assert!(states.len() >= 6, "only {states:?}");
    for kind in ["Badge", "Card", "Copy", "FetchStatus", "Notify", "Observed", "Open", "Persist", "Probe", "WakeAt"] {
        assert!(kinds.contains(kind), "{kind} is never asked for: {kinds:?}");
    }
}

/// Time may do what it likes: the clock is set, the machine sleeps for a week, a value is nonsense.
#[test]
fn time_may_jump_anywhere_and_back() {
    const WEEK: u64 = 7 * 24 * 3_600_000;
    for seed in 20..26 {
        let mut teller = Teller::new(seed);
        let mut clock = Random::new(seed + 100);
        let mut now = T0;
        let mut life = Life::new(Platform::Chromium, now);
        for step in 0..400 {
            now = match clock.below(12) {
                0 => now.saturating_sub(WEEK),
                1 => now.saturating_add(WEEK),
                2 => clock.of(&[0, 1, u64::MAX, u64::MAX - 1, 1 << 53, i64::MAX as u64, 253_402_300_799_999]),
                3 => T0 + step * 1_000,
                _ => later(&mut clock, now),
            };
            for output in life.tell(teller.next(), now) {
                teller.hear(&output);
                if let Output::WakeAt { at } = output {
                    assert!(at > now, "a wake-up lies ahead: {at} at {now}, seed {seed}, step {step}");
                }
            }
            if step % 10 == 0 {
                life.restart(now);
                let _ = life.seen(now);
            }
        }
        life.assert_small("the end");
        // Back in the present a working Claude is seen to work: nothing that time has done is for ever.
        for n in 0..60 {
            now = T0 + 3 * WEEK + n * 60_000;
            for (step, id) in [("new", n * 2), ("chat", n * 2 + 1)] {
                let step_of = |step| Input::Request(Request { id: format!("w{id}"), tab: 2, step });
                let (method, url) = match step {
                    "new" => ("GET", format!("{SITE}/api/organizations/{ORG}/chat_conversations_v2?limit=30")),
                    _ => ("GET", format!("{SITE}/edge-api/bootstrap/{ORG}/app_start")),
                };
                let started = RequestStep::Started { method: method.into(), url, document: false, body: None };
                life.tell(step_of(started), now);
                let headers = Headers { content_type: Some("application/json".into()), ..Headers::default() };
                life.tell(step_of(RequestStep::Headers { status: 200, headers }), now + 50);
                life.tell(step_of(RequestStep::Done), now + 60);
            }
        }
        let _ = life.seen(now);
    }
}

/// Answers to requests of different tabs that come at the same moment: in whichever order, the same is made of them.
#[test]
fn what_happens_at_once_in_different_tabs_may_come_in_any_order() {
    for seed in 40..60 {
        let mut random = Random::new(seed);
        let mut told: Vec<Vec<Input>> = Vec::new();
        // In each tab one request of a surface of its own, with its whole course in one moment.
        let paths = [
            "/new".to_owned(),
            format!("/api/organizations/{ORG}/chat_conversations_v2"),
            format!("/edge-api/bootstrap/{ORG}/app_start"),
            format!("/api/organizations/{ORG}/upload"),
        ];
        let status = random.of(&[500, 503, 200, 429, 529, 403]);
        for (tab, path) in (1..).zip(&paths) {
            let step = |step| Input::Request(Request { id: format!("{tab}"), tab, step });
            let started = RequestStep::Started {
                method: "GET".into(),
                url: format!("{SITE}{path}"),
                document: path == "/new",
                body: None,
            };
            let kind = if path == "/new" { "text/html" } else { "application/json" };
            let headers = Headers { content_type: Some(kind.into()), ..Headers::default() };
            told.push(vec![step(started), step(RequestStep::Headers { status, headers }), step(RequestStep::Done)]);
        }
        let run = |order: &[usize]| {
            let mut life = Life::new(Platform::Chromium, T0);
            for tab in 1..=4 {
                life.tell(Input::Hello { tab, online: true }, T0);
                life.tell(Input::Tap { tab, fact: Fact::Ready {} }, T0);
            }
            let mut rounds = Vec::new();
            for round in 0..4 {
                let now = T0 + 1_000 + round * 30_000;
                for at in order {
                    for input in &told[*at] {
                        let mut input = input.clone();
                        if let Input::Request(request) = &mut input {
                            request.id = format!("{}-{round}", request.id);
                        }
                        life.tell(input, now);
                    }
                }
                let mut failing: Vec<_> =
                    life.engine.failing().into_iter().map(understudy_engine::Surface::name).collect();
                failing.sort_unstable();
                let view = life.engine.view(now);
                let mut evidence: Vec<String> = view.evidence.iter().map(|one| format!("{one:?}")).collect();
                evidence.sort_unstable();
                let rest = (view.state, view.tone, view.headline, view.since, view.advice, view.diagnosis, view.saved);
                let cards: BTreeMap<_, _> = life.engine.cards().into_iter().collect();
                rounds.push(format!("{failing:?} {evidence:?} {rest:?} {cards:?} {:?}", life.engine.badge(now)));
            }
            rounds
        };
        let first = run(&[0, 1, 2, 3]);
        for _ in 0..3 {
            let mut order = vec![0, 1, 2, 3];
            for at in (1..4).rev() {
                order.swap(at, random.below(at + 1));
            }
            assert_eq!(run(&order), first, "seed {seed}, HTTP {status}, {order:?}");
        }
    }
}

/// Failing for hours with a new incident every day: the log and the outbox keep to their limits.
#[test]
fn years_of_outages_stay_in_bounds() {
    let mut life = Life::new(Platform::Firefox, T0);
    let mut now = T0;
    for day in 0..MAX_RECORDS + 30 {
        now += 24 * 3_600_000;
        let step = |step| Input::Request(Request { id: format!("{day}"), tab: 1, step });
        let chat = format!("019f3f4c-ba14-79cd-bbb7-6926ba65fb{:02x}", day % 200);
        let url = format!("{SITE}/api/organizations/{ORG}/chat_conversations/{chat}/completion");
        let body = serde_json::json!({"prompt": format!("of day {day}"), "model": "claude-opus-4-8"});
        let body = Some(body.to_string().into_bytes());
        life.tell(step(RequestStep::Started { method: "POST".into(), url, document: false, body }), now);
        life.tell(step(RequestStep::Headers { status: 503, headers: Headers::default() }), now + 100);
        life.tell(step(RequestStep::Done), now + 200);
    }
    let records = life.local.keys().filter(|key| incident::is_incident(key)).count() as u64;
    assert_eq!(records, MAX_RECORDS, "the newest ones");
    assert_eq!(life.entries().len() as u64, MAX_RECORDS + 30, "no prompt that was not answered goes by itself");
    life.assert_small("years");
    assert!(life.session.as_ref().is_some_and(|text| text.len() < 8 * 1024), "the snapshot forgets");
    let before = life.seen(now);
    life.restart(now);
    assert_eq!(life.seen(now), before);
}
