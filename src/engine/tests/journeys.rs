//! Whole journeys through the engine, each one twice: once in one life, once with the background killed before every
//! single step. Both must do the same.

#[path = "journeys/home.rs"]
mod home;

use std::collections::BTreeMap;
use understudy_engine::context::Budget;
use understudy_engine::handoff::{Way, encode};
use understudy_engine::incident::{self, Record, Word};
use understudy_engine::left::{self, Along};
use understudy_engine::moment::Month;
use understudy_engine::notice::Notice;
use understudy_engine::outbox::EntryState;
use understudy_engine::provider::{CATALOGUE, CUSTOM_BUDGET, LINK_BUDGET, Settings};
use understudy_engine::statistics::Watch;
use understudy_engine::verdict::State;
use understudy_engine::view::HandoffView;
use understudy_engine::words::Arg;
use understudy_engine::{
    AGREED_KEY, Act, Area, CONSENT, Card, Class, Config, Engine, Fact, FillOutcome, FillReport, Headers, Input, Output,
    Place, Platform, Request, RequestStep, StatusAnswer, Stored, StreamEnd, Surface, Target, Technique, UserText,
    begun_key, needed_at_start, sent_key, text_key,
};

const ORG: &str = "11111111-2222-4333-8444-555555555555";
const CHAT: &str = "019f3f4c-ba14-79cd-bbb7-6926ba65fb53";
const T0: u64 = 1_772_451_420_000;
const TAB: i64 = 7;

/// The shell, in memory.
struct World {
    engine: Engine,
    mortal: bool,
    now: u64,
    session: Option<String>,
    local: BTreeMap<String, String>,
    card: Option<Card>,
    badge: String,
    done: Vec<Output>,
    requests: u32,
    platform: Platform,
    /// The text of an attachment finds no room.
    without_files: bool,
    /// How many prompts the lasting store holds at most.
    room: usize,
    /// What was asked of claude.ai by ourselves: when, from which tab, for what.
    asked: Vec<(u64, i64, String)>,
}

impl World {
    fn new(mortal: bool) -> Self {
        // Who lives here has been everywhere, but for the first steps that are told by themselves.
        let agreed: String = CATALOGUE.iter().flat_map(|known| [known.id, "\n"]).collect();
        let mut world = Self::new_to_all(mortal);
        world.agree(&agreed);
        world
    }

    /// The user has agreed to these fallbacks already.
    fn agree(&mut self, agreed: &str) {
        self.local.entry(AGREED_KEY.into()).or_default().push_str(agreed);
        self.restart();
    }

    /// A first day.
    fn new_to_all(mortal: bool) -> Self {
        let mut world = Self {
            engine: Engine::restore(config(), Stored::default(), T0),
            mortal,
            platform: Platform::Chromium,
            without_files: false,
            room: usize::MAX,
            now: T0,
            session: None,
            local: BTreeMap::new(),
            card: None,
            badge: String::new(),
            done: Vec::new(),
            requests: 0,
            asked: Vec::new(),
        };
        world.drain();
        world.tell(Input::Hello { tab: TAB, online: true });
        world.fact(Fact::Ready {});
        world
    }

    fn tell(&mut self, input: Input) {
        if self.mortal {
            self.restart();
        }
        self.fetch(Some(&input));
        self.engine.handle(input, self.now);
        self.drain();
    }

    /// Gives the engine the texts that it needs now.
    fn fetch(&mut self, input: Option<&Input>) {
        for id in self.engine.wants(input) {
            self.engine.give(&id, self.local.get(&text_key(&id)).cloned());
        }
    }

    fn restart(&mut self) {
        let stored = Stored {
            session: self.session.clone(),
            local: self.local.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        };
        self.engine = Engine::restore(Config { platform: self.platform }, stored, self.now);
        self.fetch(None);
        self.drain();
    }

    fn drain(&mut self) {
        let mut acted = false;
        while let Some(output) = self.engine.poll() {
            match &output {
                Output::Persist { area, key, value } => {
                    assert!(!acted, "stored before anything else happens: {key}");
                    match (area, value) {
                        (Area::Session, value) => self.session.clone_from(value),
                        (Area::Local, Some(_)) if self.is_full(key) => {
                            let unstored = Input::Unstored { key: key.clone() };
                            self.fetch(Some(&unstored));
                            self.engine.handle(unstored, self.now);
                        }
                        (Area::Local, Some(value)) => {
                            self.local.insert(key.clone(), value.clone());
                        }
                        (Area::Local, None) => {
                            self.local.remove(key);
                        }
                    }
                    continue;
                }
                Output::Card { card, .. } => self.card.clone_from(card),
                Output::Badge(badge) => self.badge.clone_from(&badge.text),
                Output::Probe { tab, path } => self.asked.push((self.now, *tab, path.clone())),
                _ => {}
            }
            acted = true;
            self.done.push(output);
        }
    }

    /// Whether a new prompt finds no room: it is its text that takes it.
    fn is_full(&self, key: &str) -> bool {
        (key.starts_with("sent:") && self.without_files)
            || key.starts_with("text:") && !self.local.contains_key(key) && self.prompts() >= self.room
    }

    /// Prompts in the lasting store.
    fn prompts(&self) -> usize {
        self.local.keys().filter(|key| key.starts_with("entry:")).count()
    }

    /// The view of a handoff page, which has read the text of its prompt.
    fn handoff_view(&mut self, job: &String) -> Option<HandoffView> {
        let prompt = self.engine.prompt_of(job)?;
        self.engine.give(&prompt, self.local.get(&text_key(&prompt)).cloned());
        self.engine.handoff_view(job)
    }

    fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.tell(Input::Tick);
    }

    fn step(&mut self, id: u32, step: RequestStep) {
        self.tell(Input::Request(Request { id: id.to_string(), tab: TAB, step }));
    }

    fn start(&mut self, method: &str, path: &str, document: bool, body: Option<Vec<u8>>) -> u32 {
        self.requests += 1;
        let url = format!("https://claude.ai{path}");
        self.step(self.requests, RequestStep::Started { method: method.into(), url, document, body });
        self.requests
    }

    fn send(&mut self, text: &str) -> u32 {
        let body = serde_json::json!({"prompt": text, "model": "claude-opus-4-8", "attachments": [], "files": []});
        self.start("POST", &completion(), false, Some(body.to_string().into_bytes()))
    }

    fn headers(&mut self, id: u32, status: u16, kind: &str) {
        let headers = Headers { content_type: Some(kind.into()), ..Headers::default() };
        self.step(id, RequestStep::Headers { status, headers });
    }

    fn send_as(&mut self, text: &str, message: &str) -> u32 {
        let body = serde_json::json!({"prompt": text, "turn_message_uuids": {"human_message_uuid": message}});
        self.start("POST", &completion(), false, Some(body.to_string().into_bytes()))
    }

    fn stop(&mut self) {
        self.start("POST", &completion().replace("/completion", "/stop_response"), false, None);
    }

    fn response(&mut self, seq: u32, status: u16, kind: &str, body: &str) {
        self.fact(Fact::Response {
            seq,
            method: "POST".into(),
            url: url(),
            status,
            content_type: Some(kind.into()),
            cf_mitigated: None,
            body: body.into(),
        });
    }

    /// A send that is answered by an error at once.
    fn refused(&mut self, text: &str, status: u16, kind: &str, body: &str) {
        let id = self.send(text);
        self.headers(id, status, kind);
        self.response(id, status, kind, body);
        self.step(id, RequestStep::Done);
    }

    /// A send whose answer has begun.
    fn stream(&mut self, text: &str) -> u32 {
        let id = self.send(text);
        self.headers(id, 200, "text/event-stream; charset=utf-8");
        let url = format!("https://claude.ai{}", completion());
        self.fact(Fact::Stream { seq: id, method: "POST".into(), url, status: 200 });
        self.event(id, "message_start", r#"{"type":"message_start","message":{"model":"claude-opus-4-8"}}"#);
        id
    }

    fn fact(&mut self, fact: Fact) {
        self.tell(Input::Tap { tab: TAB, fact });
    }

    fn event(&mut self, seq: u32, name: &str, data: &str) {
        self.fact(Fact::Event { seq, name: name.into(), data: data.into() });
    }

    fn answered(&mut self, text: &str) {
        let id = self.stream(text);
        self.event(id, "message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#);
        self.event(id, "message_stop", r#"{"type":"message_stop"}"#);
        self.fact(Fact::Closed { seq: id, events: 9, end: StreamEnd::End });
        self.step(id, RequestStep::Done);
    }

    fn status_page(&mut self, claude: &str) {
        let body = format!(
            r#"{{"status":{{"indicator":"none"}},"components":[{{"id":"rwppv331jlwc","name":"claude.ai","status":"{claude}"}},{{"id":"k8w3r06qmzrp","name":"Claude API","status":"operational"}}],"incidents":[]}}"#
        );
        self.tell(Input::Status(Some(StatusAnswer { status: 200, body })));
    }

    fn asked_status(&self) -> usize {
        self.done.iter().filter(|output| matches!(output, Output::FetchStatus { .. })).count()
    }

    fn title(&self) -> &str {
        self.card.as_ref().map_or("", |card| card.title.key.as_str())
    }

    fn line(&self, index: usize) -> &str {
        self.card.as_ref().and_then(|card| card.lines.get(index)).map_or("", |say| say.key.as_str())
    }

    fn entry(&self) -> (EntryState, String) {
        let view = self.engine.view(self.now);
        view.prompts.first().map(|row| (row.state, row.head.reveal().to_owned())).expect("a saved prompt")
    }

    fn card_act(&mut self, act: Act) {
        self.tell(Input::Act { from: Place::Card { tab: TAB }, act });
    }

    fn page_act(&mut self, act: Act) {
        self.tell(Input::Act { from: Place::Page { tab: Some(41) }, act });
    }

    /// A click on the card's main button, as the bridge carries it out: the prompt goes to the clipboard first.
    fn click_main(&mut self) {
        self.click_main_where(true);
    }

    /// The same where the browser lets nobody near the clipboard, or does.
    fn click_main_where(&mut self, copied: bool) {
        let act = self.card.as_ref().expect("a card").actions[0].act.clone();
        let Act::HandOff { provider, entry, .. } = act else { panic!("{act:?}") };
        if let Some(entry) = entry.clone() {
            self.card_act(Act::Copy { entry });
        }
        self.card_act(Act::HandOff { provider, entry, copied });
    }

    /// Clicks the card's main button, and gives the handoff that begins.
    fn goes_on(&mut self) -> String {
        self.click_main();
        self.opened().0
    }

    fn opened(&self) -> (String, Target) {
        let found = self.done.iter().rev().find_map(|output| match output {
            Output::Open { job, target, .. } => Some((job.clone(), target.clone())),
            _ => None,
        });
        found.expect("a page was opened")
    }

    fn loaded(&mut self, job: &str, tab: i64) {
        self.tell(Input::Opened { job: job.into(), tab: Some(tab) });
        self.now += 300;
        self.tell(Input::TabComplete { tab });
    }

    fn fills(&self) -> Vec<(Technique, bool)> {
        let order = |output: &Output| match output {
            Output::Fill { order, .. } => Some((order.technique, order.overwrite)),
            _ => None,
        };
        let mut fills: Vec<_> = self.done.iter().filter_map(order).collect();
        // A death during a fill asks for the same fill again.
        fills.dedup();
        fills
    }

    fn filled(&mut self, job: &str, outcome: FillOutcome, read: Option<&str>) {
        let report = FillReport { outcome, read: read.map(UserText::new), took_ms: 40 };
        self.tell(Input::Filled { job: job.into(), report });
    }

    fn allow(&mut self, origin: &str) {
        self.tell(Input::Permissions { origins: vec![origin.into()] });
    }

    fn stored(&self) -> Vec<(&str, &str)> {
        self.local.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    fn records(&self) -> Vec<Record> {
        incident::records(self.stored())
    }

    fn watched(&self) -> Watch {
        self.engine.watch()
    }

    /// Three failed sends in as many episodes.
    fn outage(&mut self) {
        for _ in 0..3 {
            failed(self, "hello");
            self.now += 21_000;
        }
        assert_eq!(self.engine.state(), State::Down);
    }

    /// Two good answers in as many episodes.
    fn recovery(&mut self) {
        self.answered("hello");
        self.now += 21_000;
        self.answered("and on");
        assert_eq!(self.engine.state(), State::Clear);
    }

    fn headline(&self) -> String {
        self.engine.view(self.now).headline.key
    }

    fn reasons(&self) -> Vec<String> {
        self.engine.view(self.now).evidence.into_iter().map(|line| line.say.key).collect()
    }

    fn words(&self) -> Vec<Act> {
        self.engine.view(self.now).words.into_iter().map(|(_, act)| act).collect()
    }

    fn notices(&self) -> Vec<Notice> {
        let notice = |output: &Output| if let Output::Notify(notice) = output { Some(*notice) } else { None };
        self.done.iter().filter_map(notice).collect()
    }

    /// Time passes by the second, and every probe is carried out: answered with a status, or with nothing at all.
    fn live(&mut self, seconds: u64, status: Option<u16>) {
        for _ in 0..seconds {
            let known = self.asked.len();
            self.wait(1_000);
            assert!(self.asked.len() <= known + 1, "one at a time");
            if self.asked.len() > known {
                self.carry_out(status);
            }
        }
    }

    /// The bridge sends what was asked last.
    fn carry_out(&mut self, status: Option<u16>) {
        let (_, _, path) = self.asked.last().cloned().expect("a probe");
        let id = self.start("GET", &path, false, None);
        match status {
            Some(status) => {
                self.headers(id, status, if path == "/new" { "text/html" } else { "application/json" });
                // The bridge does not fetch the body.
                self.step(id, RequestStep::Failed { error: "net::ERR_ABORTED".into() });
            }
            None => self.step(id, RequestStep::Failed { error: "net::ERR_CONNECTION_RESET".into() }),
        }
    }

    /// A request of the page's own.
    fn get(&mut self, path: &str, status: u16) {
        let id = self.start("GET", path, path == "/new", None);
        self.headers(id, status, if path == "/new" { "text/html" } else { "application/json" });
        self.step(id, RequestStep::Done);
    }

    fn configure(&mut self, probes: bool) {
        self.page_act(Act::Configure { settings: Settings { probes, ..Settings::default() } });
    }

    /// Seconds after a moment at which probes were sent.
    fn asked_after(&self, start: u64) -> Vec<u64> {
        self.asked.iter().map(|(at, ..)| (at - start) / 1_000).collect()
    }

    /// The fallbacks whose status pages were asked, in order.
    fn asked_health(&self) -> Vec<&'static str> {
        let asked = |output: &Output| match output {
            Output::FetchHealth { provider, url, .. } => {
                assert!(url.starts_with("https://") && !url.contains('?'), "nothing is told to {url}");
                Some(*provider)
            }
            _ => None,
        };
        self.done.iter().filter_map(asked).collect()
    }

    fn health(&mut self, provider: &str, body: &str) {
        self.tell(Input::Health { provider: provider.into(), body: Some(body.into()) });
    }

    /// The fallbacks on the card, in order.
    fn offered(&self) -> Vec<String> {
        let card = self.card.as_ref().expect("a card");
        let to = |action: &understudy_engine::Action| match &action.act {
            Act::HandOff { provider, .. } => Some(provider.clone()),
            _ => None,
        };
        card.actions.iter().filter_map(to).collect()
    }

    /// Label and note of the button for a fallback.
    fn button(&self, provider: &str) -> (String, Option<String>) {
        let card = self.card.as_ref().expect("a card");
        let is = |act: &Act| matches!(act, Act::HandOff { provider: of, .. } if of == provider);
        let action = card.actions.iter().find(|action| is(&action.act)).expect("its button");
        (action.label.key.clone(), action.note.as_ref().map(|note| note.key.clone()))
    }

    fn first_fallback(&mut self, provider: &str) {
        let settings = Settings { fallbacks: vec![provider.into()], ..Settings::default() };
        self.page_act(Act::Configure { settings });
    }
}

fn config() -> Config {
    Config { platform: Platform::Chromium }
}

fn completion() -> String {
    format!("/api/organizations/{ORG}/chat_conversations/{CHAT}/completion")
}

fn url() -> String {
    format!("https://claude.ai{}", completion())
}

fn error(kind: &str) -> String {
    format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"x"}},"request_id":"req_1"}}"#)
}

fn failed(world: &mut World, text: &str) {
    world.refused(text, 500, "application/json", &error("api_error"));
}

fn bootstrap() -> String {
    format!("/edge-api/bootstrap/{ORG}/app_start?statsig_hashing_algorithm=djb2")
}

fn list() -> String {
    format!("/api/organizations/{ORG}/chat_conversations_v2?limit=30&offset=0")
}

/// Runs a journey in one life, and in as many as it has steps.
fn journey(tell: impl Fn(&mut World)) {
    let [whole, broken] = [false, true].map(|mortal| {
        let mut world = World::new(mortal);
        tell(&mut world);
        world
    });
    assert_eq!(whole.engine.view(whole.now), broken.engine.view(broken.now));
    assert_eq!(whole.card, broken.card);
    assert_eq!(whole.badge, broken.badge);
    let kept: Vec<&String> = whole.local.values().collect();
    assert_eq!(kept, broken.local.values().collect::<Vec<_>>());
}

/// Puts the newest prompt back into Claude, as the popup does; the address of the page that opens.
fn put_back(world: &mut World) -> (String, String) {
    let entry = world.engine.view(world.now).prompts[0].entry.clone();
    world.page_act(Act::HandOff { provider: "claude".into(), entry: Some(entry), copied: true });
    match world.opened() {
        (job, Target::Thread { url, .. }) => (job, url),
        (_, target) => panic!("{target:?}"),
    }
}

#[test]
fn a_draft_goes_back_into_the_tab_that_it_was_typed_in() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        let url = "https://claude.ai/new".to_owned();
        world.tell(Input::Draft { tab: 9, url: url.clone(), text: UserText::new("not sent yet") });
        let (job, home) = put_back(world);
        assert_eq!(home, url);
        let wanted = Output::Open { job, target: Target::Thread { url, at: None }, tab: None };
        assert!(world.done.contains(&wanted), "{:?}", world.done.last());
    });
}

#[test]
fn a_prompt_goes_back_into_the_page_that_it_failed_in() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        failed(world, "it may stand there already");
        // Whether its card is open or closed.
        for dismissed in [false, true] {
            if dismissed {
                world.card_act(Act::Dismiss {});
            }
            world.wait(11_000);
            let (job, url) = put_back(world);
            let wanted = Output::Open { job: job.clone(), target: Target::Thread { url, at: None }, tab: None };
            assert!(world.done.contains(&wanted));
            // It is shown as it is: nothing loads that could be waited for.
            world.tell(Input::Opened { job: job.clone(), tab: Some(TAB) });
            let filled = |output: &Output| matches!(output, Output::Fill { job: of, tab: TAB, .. } if *of == job);
            assert!(world.done.iter().any(filled), "{job}");
            world.filled(&job, FillOutcome::Written, Some("it may stand there already"));
            assert_eq!(world.engine.view(world.now).prompts[0].handoff.as_ref().unwrap().key, "handed_verified");
        }
    });
}

#[test]
fn a_prompt_goes_back_into_its_own_thread_and_that_is_no_handoff() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        failed(world, "back with you");
        let (job, url) = put_back(world);
        assert_eq!(url, format!("https://claude.ai/chat/{CHAT}"));
        world.loaded(&job, 50);
        world.filled(&job, FillOutcome::Written, Some("back with you"));
        assert_eq!(world.engine.view(world.now).prompts[0].handoff.as_ref().unwrap().key, "handed_verified");
        // Nothing has left, and the card still offers what it offered.
        assert!(!world.local.contains_key("left"));
        assert_eq!(world.title(), "title_failed");
        assert_eq!(world.records().first().map(|record| record.handed), Some(0));
        // Sent from there, it is the same prompt.
        world.wait(9 * 60_000);
        world.answered("back with you");
        assert_eq!((world.prompts(), world.entry().0), (1, EntryState::Confirmed));
    });
}

#[test]
fn the_first_prompt_of_a_chat_that_never_was_goes_back_into_a_new_one() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        let body = serde_json::json!({"prompt": "hello", "create_conversation_params": {"name": "", "model": "m"}});
        let id = world.start("POST", &completion(), false, Some(body.to_string().into_bytes()));
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        let (_, url) = put_back(world);
        assert_eq!(url, "https://claude.ai/new");
        // Or the page in which it failed, where that still stands as it was.
        let shown = Some(format!("https://claude.ai/chat/{CHAT}"));
        assert!(matches!(world.opened().1, Target::Thread { at, .. } if at == shown));
        world.wait(11_000);
        world.tell(Input::Hello { tab: TAB, online: true });
        let (job, _) = put_back(world);
        assert!(matches!(world.opened().1, Target::Thread { at: None, .. }), "loaded anew, it is another page");
        world.loaded(&job, 50);
        world.filled(&job, FillOutcome::Written, Some("hello"));
        let elsewhere = completion().replace(CHAT, "019f3f4c-ba14-79cd-bbb7-6926ba65fb99");
        world.start("POST", &elsewhere, false, Some(body.to_string().into_bytes()));
        assert_eq!((world.prompts(), world.entry().0), (1, EntryState::Unknown));
    });
}

#[test]
fn no_card_and_no_setting_offers_claude_as_its_own_fallback() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        failed(world, "hello");
        let entry = Some(world.engine.view(world.now).prompts[0].entry.clone());
        let before = world.done.len();
        world.card_act(Act::HandOff { provider: "claude".into(), entry, copied: true });
        assert_eq!(world.done.len(), before);
        let settings = Settings { fallbacks: vec!["claude".into(), "gemini".into()], ..Settings::default() };
        world.page_act(Act::Configure { settings });
        assert_eq!(world.engine.settings().fallbacks, ["gemini"]);
    });
}

#[test]
fn a_temporary_chats_prompt_goes_back_into_no_other_chat() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        let body = r#"{"prompt":"off the record","create_conversation_params":{"is_temporary":true}}"#;
        let id = world.start("POST", &completion(), false, Some(body.as_bytes().to_vec()));
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        let row = world.engine.view(world.now).prompts[0].clone();
        assert!(!row.back);
        let before = world.done.len();
        world.page_act(Act::HandOff { provider: "claude".into(), entry: Some(row.entry), copied: true });
        assert!(!world.done[before..].iter().any(|output| matches!(output, Output::Open { .. })));
    });
}

#[test]
fn a_newer_text_in_claudes_composer_stays() {
    journey(|world| {
        world.allow("https://claude.ai/*");
        failed(world, "the old one");
        let (job, _) = put_back(world);
        world.loaded(&job, 50);
        world.filled(&job, FillOutcome::Occupied, None);
        // One line says that it can be pasted; nothing was overwritten.
        assert_eq!(world.fills().last(), Some(&(Technique::ByHand, false)));
    });
}

#[test]
fn a_tap_that_is_faster_than_the_browser_loses_nothing() {
    journey(|world| {
        let url = format!("https://claude.ai{}", completion());
        // Firefox: the page had its answer before the background heard of the request.
        world.fact(Fact::Response {
            seq: 1,
            method: "POST".into(),
            url: url.clone(),
            status: 403,
            content_type: Some("application/json".into()),
            cf_mitigated: None,
            body: r#"{"type":"error","error":{"type":"permission_error","details":{"error_code":"account_session_invalid"}}}"#.into(),
        });
        let id = world.send("fast");
        world.headers(id, 403, "application/json");
        world.step(id, RequestStep::Done);
        assert_eq!((world.title(), world.line(1)), ("title_session", "saved_not_sent"));
        world.wait(1_000);
        world.fact(Fact::Stream { seq: 2, method: "POST".into(), url, status: 200 });
        world.fact(Fact::Event { seq: 2, name: "ping".into(), data: r#"{"type":"ping"}"#.into() });
        let id = world.send("fast");
        world.headers(id, 200, "text/event-stream");
        world.fact(Fact::Event { seq: 2, name: "message_stop".into(), data: r#"{"type":"message_stop"}"#.into() });
        world.step(id, RequestStep::Done);
        assert_eq!(world.entry(), (EntryState::Confirmed, "fast".into()));
        assert_eq!(world.card, None);
    });
}

#[test]
fn a_tap_that_is_faster_than_the_browser_opens_no_card_that_was_closed() {
    journey(|world| {
        failed(world, "leave me alone");
        world.response(1, 500, "application/json", &error("api_error"));
        world.card_act(Act::Dismiss {});
        for (seq, text, title) in [(2, "leave me alone", None), (3, "something else", Some("title_failed"))] {
            world.now += 2_000;
            world.response(seq, 500, "application/json", &error("api_error"));
            assert_eq!(world.card, None, "whose failure it is, is not known yet");
            let id = world.send(text);
            world.headers(id, 500, "application/json");
            world.step(id, RequestStep::Done);
            assert_eq!(world.card.as_ref().map(|card| card.title.key.as_str()), title, "{text}");
        }
        assert_eq!(world.line(1), "saved_not_sent");
    });
}

#[test]
fn a_tap_that_is_faster_than_the_browser_leaves_no_card_about_the_prompt_before() {
    journey(|world| {
        failed(world, "the first");
        world.response(1, 500, "application/json", &error("api_error"));
        world.now += 2_000;
        world.response(2, 500, "application/json", &error("api_error"));
        let id = world.send("the second");
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        world.click_main();
        let (_, target) = world.opened();
        assert!(matches!(&target, Target::Web { url } if url.contains("second")), "{target:?}");
    });
}

#[test]
fn a_closed_card_stays_closed_when_the_hiccup_ends() {
    journey(|world| {
        failed(world, "leave me alone");
        world.card_act(Act::Dismiss {});
        world.now += 15_000;
        let another = Input::Hello { tab: 9, online: true };
        world.tell(another);
        // It works in another tab: the hiccup is over. The page sends the prompt again by itself.
        for step in [
            RequestStep::Started { method: "POST".into(), url: url(), document: false, body: None },
            RequestStep::Headers {
                status: 200,
                headers: Headers { content_type: Some("text/event-stream".into()), ..Headers::default() },
            },
        ] {
            world.tell(Input::Request(Request { id: "other".into(), tab: 9, step }));
        }
        for fact in [
            Fact::Stream { seq: 1, method: "POST".into(), url: url(), status: 200 },
            Fact::Event { seq: 1, name: "message_stop".into(), data: r#"{"type":"message_stop"}"#.into() },
        ] {
            world.tell(Input::Tap { tab: 9, fact });
        }
        assert_eq!(world.engine.state(), State::Clear);
        failed(world, "leave me alone");
        assert_eq!((world.card.clone(), world.engine.state()), (None, State::Hiccup));
    });
}

#[test]
fn a_tap_that_is_faster_than_the_browser_still_knows_which_model_failed() {
    journey(|world| {
        // The tap tells of each answer before the browser tells of its request, which has the model in it.
        for (seq, status, model) in [(1, 500, "large"), (2, 200, "small"), (3, 500, "large")] {
            world.now += 20_000;
            if status == 200 {
                world.fact(Fact::Stream { seq, method: "POST".into(), url: url(), status });
                world.event(seq, "message_stop", r#"{"type":"message_stop"}"#);
                world.fact(Fact::Closed { seq, events: 9, end: StreamEnd::End });
            } else {
                world.response(seq, status, "application/json", &error("api_error"));
            }
            let body = serde_json::json!({"prompt": "hello", "model": model});
            let id = world.start("POST", &completion(), false, Some(body.to_string().into_bytes()));
            world.headers(id, status, if status == 200 { "text/event-stream" } else { "application/json" });
            world.step(id, RequestStep::Done);
        }
        assert_eq!((world.title(), world.headline()), ("title_model", "title_model".into()));
    });
}

#[test]
fn a_good_answer_confirms_the_prompt_and_stays_quiet() {
    journey(|world| {
        world.answered("hello");
        assert_eq!(world.entry(), (EntryState::Confirmed, "hello".into()));
        assert_eq!(world.card, None);
        assert_eq!(world.engine.state(), State::Clear);
        assert_eq!(world.asked_status(), 0, "nobody is asked while Claude works");
    });
}

/// What incident.io says of `ChatGPT`, and Statuspage of `DeepSeek`.
const CHATGPT_DOWN: &str = r#"{"components":[{"name":"Conversations","status":"major_outage"}],"incidents":[{"name":"Elevated errors","status":"investigating","impact":"critical","created_at":"2026-03-02T11:20:00Z","components":[{"name":"Conversations"}]}]}"#;
const CHATGPT_FINE: &str = r#"{"components":[{"name":"Conversations","status":"operational"}],"incidents":[]}"#;
const DEEPSEEK_SLOW: &str = r#"{"components":[{"name":"Web","status":"degraded_performance"}],"incidents":[]}"#;

#[test]
fn the_fallbacks_own_pages_are_asked_on_suspicion_only() {
    journey(|world| {
        world.answered("hello");
        world.refused("limit", 429, "application/json", r#"{"type":"error","error":{"type":"rate_limit_error","message":"{\"type\":\"exceeded_limit\",\"resetsAt\":1772460000}"}}"#);
        assert_eq!(world.title(), "title_limit");
        assert_eq!(world.asked_health(), [""; 0], "neither while Claude works nor about the user's own limit");
        failed(world, "x");
        let feeds = ["chatgpt", "gemini", "perplexity", "deepseek", "grok"];
        assert_eq!(world.asked_health(), feeds, "each that is offered and has a page, once");
        failed(world, "y");
        world.wait(60_000);
        failed(world, "z");
        assert_eq!(world.asked_health().len(), feeds.len(), "not again for every failure");
        world.wait(5 * 60_000);
        failed(world, "later");
        assert_eq!(world.asked_health().len(), 2 * feeds.len(), "but after five minutes");
        world.recovery();
        world.wait(6 * 60_000);
        world.tell(Input::Tick);
        assert_eq!(world.asked_health().len(), 2 * feeds.len(), "and never after it");
    });
}

#[test]
fn only_the_pages_of_what_is_offered_are_asked() {
    journey(|world| {
        world.page_act(Act::Configure {
            settings: Settings {
                fallbacks: ["mistral", "deepseek", "chatgpt"].map(str::to_owned).to_vec(),
                never: vec!["chatgpt".into()],
                ..Settings::default()
            },
        });
        failed(world, "x");
        assert_eq!(world.asked_health(), ["deepseek"]);
    });
}

#[test]
fn health_comes_before_preference() {
    journey(|world| {
        failed(world, "x");
        assert_eq!(world.offered(), ["chatgpt", "gemini", "mistral", "perplexity"], "unknown is as good as healthy");
        let lines = world.card.as_ref().expect("a card").lines.len();
        world.health("chatgpt", CHATGPT_DOWN);
        let behind = ["gemini", "mistral", "perplexity", "chatgpt"];
        assert_eq!(world.offered(), behind, "who is in an incident is never first while another is not");
        world.page_act(Act::Configure {
            settings: Settings { fallbacks: ["chatgpt", "gemini"].map(str::to_owned).to_vec(), ..Settings::default() },
        });
        assert_eq!(world.offered(), ["gemini", "chatgpt"]);
        assert_eq!(world.button("gemini"), ("action_continue".into(), None));
        assert_eq!(world.button("chatgpt"), ("action_troubled".into(), Some("warn_incident_since".into())));
        assert_eq!(world.card.as_ref().expect("a card").lines.len(), lines, "one in trouble is said at its button");
        // What cannot be read does not bring it back, nor is it worse for the others.
        world.tell(Input::Health { provider: "chatgpt".into(), body: None });
        world.tell(Input::Health { provider: "gemini".into(), body: None });
        world.tell(Input::Health { provider: "nobody".into(), body: Some(CHATGPT_DOWN.into()) });
        assert_eq!(world.offered(), ["gemini", "chatgpt"]);
        world.health("chatgpt", CHATGPT_FINE);
        assert_eq!(world.offered(), ["chatgpt", "gemini"]);
        let popup: Vec<_> = world.engine.view(world.now).fallbacks.into_iter().filter(|row| row.enabled).collect();
        assert!(popup[0].provider == "chatgpt" && popup.iter().all(|row| row.warning.is_none()));
    });
}

#[test]
fn several_in_trouble_are_said_in_one_line_and_the_least_comes_first() {
    journey(|world| {
        world.page_act(Act::Configure {
            settings: Settings {
                fallbacks: ["chatgpt", "deepseek"].map(str::to_owned).to_vec(),
                ..Settings::default()
            },
        });
        failed(world, "x");
        world.health("chatgpt", CHATGPT_DOWN);
        world.health("deepseek", DEEPSEEK_SLOW);
        assert_eq!(world.offered(), ["deepseek", "chatgpt"]);
        let said = world.card.as_ref().and_then(|card| card.lines.last().cloned()).expect("a line");
        assert_eq!(
            (said.key.as_str(), &said.args[..]),
            ("others_in_trouble", &[Arg::Text("ChatGPT, DeepSeek".into())][..])
        );
        assert_eq!(world.button("deepseek"), ("action_continue".into(), Some("warn_trouble".into())));
        let view = world.engine.view(world.now);
        assert_eq!(view.troubled.map(|say| say.key), Some("others_in_trouble".into()));
        assert!(view.fallbacks[..2].iter().all(|row| row.warning.is_some()));
        // The next incident begins without what was known in this one.
        world.recovery();
        world.wait(60_000);
        failed(world, "y");
        assert_eq!(world.offered(), ["chatgpt", "deepseek"]);
        world.health("chatgpt", CHATGPT_FINE);
        world.recovery();
        let before = world.engine.view(world.now);
        world.health("chatgpt", CHATGPT_DOWN);
        assert_eq!(world.engine.view(world.now), before, "an answer that comes after the incident is of no interest");
    });
}

#[test]
fn a_fallback_without_a_place_to_write_comes_later_for_an_hour() {
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "x");
        let job = world.goes_on();
        world.loaded(&job, 9);
        world.filled(&job, FillOutcome::NoComposer, None);
        failed(world, "y");
        assert_eq!(world.offered()[0], "gemini");
        let row = world.engine.view(world.now).fallbacks.into_iter().find(|row| row.provider == "chatgpt");
        assert_eq!(row.and_then(|row| row.warning).map(|say| say.key), Some("warn_missed".into()));
        world.wait(3_600_000);
        failed(world, "z");
        assert_eq!(world.offered()[0], "chatgpt", "it may be better by now");
        // A login on the way is no fault once the text stands there.
        let job = world.goes_on();
        world.loaded(&job, 10);
        world.filled(&job, FillOutcome::Unreachable, None);
        world.tell(Input::TabComplete { tab: 10 });
        world.filled(&job, FillOutcome::Written, Some("z"));
        failed(world, "last");
        assert_eq!(world.offered()[0], "chatgpt");
    });
}

#[test]
fn what_must_never_be_used_is_refused_everywhere() {
    journey(|world| {
        failed(world, "x");
        let entry = world.engine.view(world.now).prompts[0].entry.clone();
        let job = world.goes_on();
        let never = vec!["chatgpt".to_owned(), "kimi".to_owned()];
        world.page_act(Act::Configure { settings: Settings { never, ..Settings::default() } });
        assert!(!world.offered().contains(&"chatgpt".to_owned()));
        let rows = world.engine.view(world.now).fallbacks;
        assert!(!rows.iter().any(|row| ["chatgpt", "kimi"].contains(&row.provider.as_str())), "not in the popup");
        let opened = |world: &World| world.done.iter().filter(|output| matches!(output, Output::Open { .. })).count();
        let before = opened(world);
        let act = |provider: &str| Act::HandOff { provider: provider.into(), entry: Some(entry.clone()), copied: true };
        for provider in ["chatgpt", "kimi"] {
            world.card_act(act(provider));
            world.page_act(act(provider));
        }
        world.tell(Input::Opened { job, tab: Some(9) });
        assert_eq!(opened(world), before, "nothing opens, whoever asks");
        world.page_act(act("qwen"));
        assert_eq!(opened(world), before + 1, "another one does");
    });
}

#[test]
fn where_understudy_never_types_there_is_the_link_or_the_clipboard() {
    journey(|world| {
        failed(world, "short");
        let entry = world.engine.view(world.now).prompts[0].entry.clone();
        let act = |provider: &str| Act::HandOff { provider: provider.into(), entry: Some(entry.clone()), copied: true };
        world.page_act(act("github-copilot"));
        let (_, target) = world.opened();
        assert_eq!(target, Target::Web { url: "https://github.com/copilot?prompt=short".into() });
        // Its link would send: the handoff page explains the clipboard, and asks for nothing.
        world.page_act(act("brave-ask"));
        let (job, target) = world.opened();
        assert_eq!(target, Target::HandoffPage);
        world.tell(Input::Opened { job: job.clone(), tab: Some(9) });
        let view = world.handoff_view(&job).expect("a view");
        assert!(view.refused && view.origin.is_none());
        assert_eq!(view.lines[0].key, "handoff_by_clipboard");
        world.page_act(Act::PasteByHand { job });
        let (_, target) = world.opened();
        assert_eq!(target, Target::Web { url: "https://search.brave.com/ask".into() });
    });
}

#[test]
fn nothing_seen_is_not_green() {
    journey(|world| {
        assert_eq!(world.engine.state(), State::Blind);
        assert_eq!(world.badge, "?");
    });
}

/// What is shown of Claude at a time: its state, the headline and when that was, and the badge's words.
fn shown(world: &World) -> (State, String, Vec<Arg>, String) {
    let view = world.engine.view(world.now);
    (view.state, view.headline.key, view.headline.args, world.engine.badge(world.now).title.key)
}

#[test]
fn health_has_an_age() {
    journey(|world| {
        let hour = 3_600_000;
        world.answered("all is well");
        let seen = world.now;
        assert_eq!(shown(world), (State::Clear, "verdict_clear".into(), vec![], "badge_clear".into()));
        world.wait(3 * hour);
        let told = vec![Arg::Time(seen)];
        assert_eq!(shown(world), (State::Clear, "verdict_seen".into(), told.clone(), "badge_clear".into()));
        // The engine asks to be woken for it, once and in time, and never while Claude is used.
        let woken = |world: &World| {
            let wakes =
                world.done.iter().filter_map(|done| if let Output::WakeAt { at } = done { Some(*at) } else { None });
            wakes.filter(|at| *at >= seen + 6 * hour).collect::<Vec<_>>()
        };
        assert_eq!(woken(world), [seen + 6 * hour]);
        world.now = seen + 6 * hour;
        world.tell(Input::Tick);
        assert_eq!(shown(world), (State::Blind, "verdict_old".into(), told, "badge_old".into()));
        assert_eq!(world.badge, "", "an idle page is not blind: nothing should have been seen");
        let badges =
            world.done.iter().filter(|done| matches!(done, Output::Badge(badge) if badge.title.key == "badge_old"));
        assert_eq!(badges.count(), 1);
        // Nor does the popup of a machine that slept need the wake-up to know.
        world.wait(20 * hour);
        assert_eq!(shown(world).0, State::Blind);
        world.answered("back at work");
        assert_eq!(shown(world), (State::Clear, "verdict_clear".into(), vec![], "badge_clear".into()));
    });
}

#[test]
fn while_claude_answers_no_clock_is_set_for_its_age() {
    // In one life: whoever starts anew looks at the clock once.
    let mut world = World::new(false);
    for _ in 0..60 {
        world.answered("one a minute");
        world.now += 60_000;
    }
    let far = |output: &&Output| matches!(output, Output::WakeAt { at } if *at > T0 + 5 * 3_600_000);
    assert_eq!(world.done.iter().filter(far).count(), 0);
    // The alarm that was set for the last send rings, and is set for that.
    world.tell(Input::Tick);
    assert_eq!(world.done.iter().filter(far).count(), 1);
}

#[test]
fn a_part_that_fails_is_not_called_claude() {
    journey(|world| {
        world.answered("chatting works");
        let upload = |world: &mut World| {
            let id = world.start("POST", &format!("/api/{ORG}/upload"), false, None);
            world.headers(id, 500, "application/json");
            world.step(id, RequestStep::Done);
            world.now += 40_000;
        };
        for _ in 0..8 {
            upload(world);
        }
        assert_eq!(world.engine.state(), State::Suspected, "strong evidence, but of uploads alone");
        assert_eq!((shown(world).1.as_str(), shown(world).3.as_str()), ("verdict_uploads", "badge_part"));
        assert_eq!(world.notices(), []);
        for _ in 0..4 {
            failed(world, "and now chatting too");
            world.now += 40_000;
        }
        assert_eq!((world.engine.state(), shown(world).1.as_str()), (State::Down, "verdict_down"));
    });
}

#[test]
fn the_prompt_is_stored_before_any_answer() {
    journey(|world| {
        world.send("keep me");
        assert_eq!(world.entry(), (EntryState::Unknown, "keep me".into()));
        assert!(world.local.values().any(|json| json.contains("keep me")));
    });
}

#[test]
fn one_hard_failure_offers_and_does_not_judge() {
    journey(|world| {
        failed(world, "hello");
        assert_eq!((world.title(), world.line(1)), ("title_failed", "saved_not_sent"));
        assert_eq!(world.engine.state(), State::Hiccup);
        assert_eq!(world.asked_status(), 1);
        world.status_page("operational");
        assert_eq!(world.engine.state(), State::Hiccup);
        world.answered("hello");
        assert_eq!(world.card, None, "withdrawn once it has worked");
        assert_eq!(world.engine.state(), State::Clear);
    });
}

#[test]
fn the_offer_comes_with_the_headers_already() {
    journey(|world| {
        let id = world.send("hello");
        world.headers(id, 503, "text/plain");
        assert_eq!((world.title(), world.line(1)), ("title_failed", "saved_not_sent"));
    });
}

#[test]
fn repeated_failures_are_a_verdict_and_success_is_recovery() {
    journey(|world| {
        for _ in 0..3 {
            failed(world, "hello");
            world.now += 21_000;
        }
        assert_eq!(world.engine.state(), State::Down);
        assert_eq!(world.title(), "title_down");
        assert_eq!(world.badge, "down");
        assert_eq!(world.engine.since(), Some(T0));
        world.answered("hello");
        assert_eq!(world.engine.state(), State::Recovering);
        world.now += 21_000;
        world.answered("and on");
        assert_eq!(world.engine.state(), State::Clear);
        assert_eq!(world.badge, "");
    });
}

#[test]
fn the_status_page_strengthens_and_green_does_not_weaken() {
    journey(|world| {
        failed(world, "hello");
        world.now += 21_000;
        failed(world, "hello");
        world.status_page("operational");
        assert_eq!(world.engine.state(), State::Suspected);
        world.now += 1_000;
        world.status_page("major_outage");
        assert_eq!(world.engine.state(), State::Down);
        assert_eq!(world.engine.view(world.now).headline.key, "verdict_down_api_up");
    });
}

#[test]
fn capacity_is_said_as_such() {
    journey(|world| {
        world.refused("hello", 529, "application/json", &error("overloaded_error"));
        assert_eq!((world.title(), world.line(0)), ("title_capacity", "what_capacity"));
    });
}

#[test]
fn an_error_inside_a_good_status_is_a_failure_and_the_prompt_may_have_arrived() {
    journey(|world| {
        let id = world.stream("hello");
        world.event(id, "error", &error("api_error"));
        assert_eq!((world.title(), world.line(0), world.line(1)), ("title_cut", "what_broken", "saved_unknown"));
        assert_eq!(world.engine.state(), State::Hiccup);
    });
}

#[test]
fn a_cut_answer_is_offered_but_does_not_speak_against_claude() {
    journey(|world| {
        let id = world.stream("hello");
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::End });
        assert_eq!((world.title(), world.line(1)), ("title_cut", "saved_unknown"));
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn a_reset_that_looks_like_an_abort_is_told_by_the_browser() {
    journey(|world| {
        let id = world.stream("hello");
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::Abort });
        assert_eq!(world.card, None);
        world.step(id, RequestStep::Failed { error: "NS_ERROR_NET_RESET".into() });
        assert_eq!(world.title(), "title_cut");
    });
}

#[test]
fn what_a_page_has_of_a_broken_answer_is_kept_with_its_prompt_and_goes_with_it() {
    journey(|world| {
        let id = world.stream("hello");
        world.event(id, "error", &error("api_error"));
        let asked = |output: &Output| match output {
            Output::Listen { tab, entry } => Some((*tab, entry.clone())),
            _ => None,
        };
        let (tab, entry) = world.done.iter().find_map(asked).expect("the page is asked");
        assert_eq!(tab, TAB);
        let begun = "{\"type\":\"message_start\"}\n";
        let heard = |title: &str| Input::Heard {
            entry: entry.clone(),
            title: Some(UserText::new(title)),
            begun: Some(UserText::new(begun)),
        };
        let titles = |world: &World| {
            world.engine.view(world.now).prompts[0].title.clone().map(|title| title.reveal().to_owned())
        };
        for (page, title) in [
            ("claude.ai | 502: Bad gateway", None),
            ("New chat - Claude", None),
            (" - Claude", None),
            ("Taxes - in short - Claude", Some("Taxes - in short")),
            // The page leaves for an error page: the title was another one.
            ("Just a moment...", Some("Taxes - in short")),
        ] {
            world.tell(heard(page));
            assert_eq!(titles(world).as_deref(), title, "{page}");
        }
        assert_eq!(world.local.get(&begun_key(&entry)).map(String::as_str), Some(begun));
        world.restart();
        assert_eq!(titles(world).as_deref(), Some("Taxes - in short"));
        // With the prompt goes all that is kept with it, and nothing comes back.
        world.page_act(Act::Forget { entry: entry.clone() });
        world.tell(heard("Taxes - Claude"));
        assert!(world.local.keys().all(|key| !key.contains(&entry)), "{:?}", world.local.keys());
    });
}

#[test]
fn nothing_is_asked_of_the_page_of_a_temporary_chat_or_of_an_answer_that_is_whole() {
    journey(|world| {
        let body = r#"{"prompt":"off the record","create_conversation_params":{"is_temporary":true}}"#;
        let id = world.start("POST", &completion(), false, Some(body.into()));
        world.headers(id, 500, "application/json");
        assert!(!world.done.iter().any(|output| matches!(output, Output::Listen { .. })));
        let entry = world.engine.view(world.now).prompts[0].entry.clone();
        world.tell(Input::Heard {
            entry,
            title: Some(UserText::new("Taxes - Claude")),
            begun: Some(UserText::new("{}")),
        });
        assert!(world.local.values().all(|value| !value.contains("Taxes")), "{:?}", world.local);
        assert!(world.local.keys().all(|key| !key.starts_with("begun:")));
    });
    journey(|world| {
        let id = world.stream("hello");
        world.event(id, "message_stop", "{}");
        assert!(!world.done.iter().any(|output| matches!(output, Output::Listen { .. })));
    });
}

#[test]
fn the_text_of_an_attachment_is_kept_with_the_prompt_and_asked_about() {
    let body = |prompt: &str, temporary: bool| {
        let params = serde_json::json!({"is_temporary": temporary});
        let attachments = serde_json::json!([{"file_name": "paste.txt", "extracted_content": "long and dear"}]);
        serde_json::json!({"prompt": prompt, "attachments": attachments, "create_conversation_params": params})
            .to_string()
    };
    journey(|world| {
        for attempt in 1..=2 {
            let id = world.start("POST", &completion(), false, Some(body("see there", false).into()));
            world.headers(id, 529, "application/json");
            assert_eq!(world.engine.view(world.now).prompts.len(), 1, "attempt {attempt}");
        }
        let kept: Vec<_> = world.local.iter().filter(|(key, _)| key.starts_with("sent:")).collect();
        assert!(kept.len() == 1 && kept[0].1.contains("long and dear"), "{kept:?}");
        let row = world.engine.view(world.now).prompts[0].clone();
        assert!(row.inside && row.attachments == ["paste.txt"] && *kept[0].0 == sent_key(&row.entry));
        // It would stay behind without a question.
        world.card_act(Act::HandOff { provider: "chatgpt".into(), entry: Some(row.entry.clone()), copied: true });
        let opened = world.done.iter().rev().find_map(|output| match output {
            Output::Open { target, .. } => Some(target.clone()),
            _ => None,
        });
        assert_eq!(opened, Some(Target::HandoffPage));
        world.page_act(Act::Forget { entry: row.entry.clone() });
        assert!(world.local.keys().all(|key| !key.contains(&row.entry)), "{:?}", world.local.keys());
    });
    journey(|world| {
        let id = world.start("POST", &completion(), false, Some(body("off the record", true).into()));
        world.headers(id, 529, "application/json");
        assert!(world.local.values().all(|value| !value.contains("long and dear")), "{:?}", world.local.keys());
    });
}

#[test]
fn stop_is_no_failure() {
    journey(|world| {
        let id = world.stream("hello");
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::Abort });
        world.step(id, RequestStep::Failed { error: "net::ERR_ABORTED".into() });
        world.stop();
        world.wait(5_000);
        assert_eq!(world.card, None);
        assert_eq!(world.entry().0, EntryState::Confirmed);
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn at_a_usage_limit_nothing_is_offered_to_whoever_does_not_want_it() {
    journey(|world| {
        let limit = r#"{"type":"error","error":{"type":"rate_limit_error","message":"{\"type\":\"exceeded_limit\",\"resetsAt\":1772460000}"}}"#;
        world.refused("at the limit", 429, "application/json", limit);
        assert_eq!(world.title(), "title_limit");
        world.page_act(Act::Configure { settings: Settings { limits: false, ..Settings::default() } });
        assert!(world.card.is_none(), "it was not wanted");
        world.refused("at the limit again", 429, "application/json", limit);
        assert!(world.card.is_none());
        // It is kept all the same, with its clock, and what really fails is offered.
        let view = world.engine.view(world.now);
        assert!(view.prompts.iter().any(|row| row.head.reveal() == "at the limit again" && row.may_wait), "{view:?}");
        world.refused("fails", 500, "text/html", "");
        assert_eq!(world.title(), "title_failed");
    });
}

#[test]
fn a_usage_limit_is_never_called_an_outage() {
    journey(|world| {
        let limit = r#"{"type":"error","error":{"type":"rate_limit_error","message":"{\"type\":\"exceeded_limit\",\"resetsAt\":1772460000,\"representativeClaim\":\"five_hour\"}"}}"#;
        world.refused("hello", 429, "application/json", limit);
        assert_eq!((world.title(), world.line(0)), ("title_limit", "what_limit_until"));
        let advice = world.engine.view(world.now).advice.expect("a next step");
        assert_eq!(
            advice,
            understudy_engine::words::Say::new("advice_limit_until").time(1_772_460_000_000),
            "with its clock"
        );
        assert_eq!(world.entry().0, EntryState::NotSent);
        assert!(world.engine.since().is_none());
        assert_eq!(world.asked_status(), 0);
    });
}

#[test]
fn a_signed_out_session_is_not_an_outage() {
    journey(|world| {
        world.refused("hello", 401, "application/json", &error("authentication_error"));
        assert_eq!(world.title(), "title_session");
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn a_bot_check_is_not_an_outage() {
    journey(|world| {
        let id = world.start("GET", "/new", true, None);
        let headers = Headers {
            content_type: Some("text/html".into()),
            cf_mitigated: Some("challenge".into()),
            ..Headers::default()
        };
        world.step(id, RequestStep::Headers { status: 403, headers });
        world.step(id, RequestStep::Done);
        assert_eq!(world.title(), "title_challenge");
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn offline_says_so_and_offers_no_other_site() {
    journey(|world| {
        world.tell(Input::Connectivity { online: false });
        let id = world.send("hello");
        world.step(id, RequestStep::Failed { error: "net::ERR_INTERNET_DISCONNECTED".into() });
        assert_eq!((world.title(), world.line(1)), ("title_offline", "saved_not_sent"));
        let card = world.card.clone().unwrap();
        assert!(card.actions.iter().all(|action| !matches!(action.act, Act::HandOff { .. })));
        assert_eq!(world.badge, "off");
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn silence_while_nothing_else_answers_is_the_own_network() {
    journey(|world| {
        let id = world.send("hello");
        world.step(id, RequestStep::Failed { error: "net::ERR_CONNECTION_RESET".into() });
        assert_eq!(world.title(), "title_silent");
        assert!(world.engine.since().is_none());
        assert_eq!(world.asked_status(), 1);
        world.tell(Input::Status(None));
        assert_eq!(world.title(), "title_own_network");
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn silence_while_the_network_works_is_a_failure() {
    journey(|world| {
        let id = world.send("hello");
        world.step(id, RequestStep::Failed { error: "net::ERR_CONNECTION_RESET".into() });
        world.status_page("operational");
        assert_eq!((world.title(), world.line(0)), ("title_silent", "what_no_answer"));
        assert_eq!(world.engine.state(), State::Hiccup);
    });
}

#[test]
fn a_page_that_does_not_load_is_offered_without_a_prompt() {
    journey(|world| {
        let id = world.start("GET", "/new", true, None);
        world.headers(id, 503, "text/html");
        world.step(id, RequestStep::Done);
        assert_eq!(world.badge, "!");
        assert_eq!(world.title(), "title_not_loading");
        let view = world.engine.view(world.now);
        assert_eq!(view.headline.key, "verdict_hiccup");
        assert_eq!(view.fallbacks[0].provider, "chatgpt");
    });
}

#[test]
fn telemetry_and_lists_interrupt_nobody() {
    journey(|world| {
        let id = world.start("POST", "/api/event_logging/v2/batch", false, None);
        world.step(id, RequestStep::Failed { error: "net::ERR_BLOCKED_BY_CLIENT".into() });
        let path = format!("/api/organizations/{ORG}/chat_conversations_v2?limit=30&offset=0");
        let id = world.start("GET", &path, false, None);
        world.headers(id, 500, "application/json");
        assert_eq!(world.card, None);
        assert_eq!(world.engine.failing().len(), 1);
    });
}

#[test]
fn a_short_prompt_goes_by_the_link_in_one_click() {
    journey(|world| {
        failed(world, "hi & bye");
        world.click_main();
        assert!(world.done.iter().any(|o| matches!(o, Output::Copy { text, .. } if text.reveal() == "hi & bye")));
        let (job, target) = world.opened();
        assert_eq!(target, Target::Web { url: "https://chatgpt.com/?prompt=hi%20%26%20bye".into() });
        world.tell(Input::Opened { job, tab: Some(40) });
        assert_eq!(world.line(2), "handed_link");
    });
}

#[test]
fn nothing_is_said_of_a_clipboard_that_does_not_hold_the_prompt() {
    journey(|world| {
        failed(world, "hi");
        world.click_main_where(false);
        let (job, _) = world.opened();
        world.tell(Input::Opened { job, tab: Some(40) });
        assert_eq!(world.line(2), "handed_link_only");
    });
    // Where typing fails, the page that can copy comes, beside the provider's.
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "hello");
        world.click_main_where(false);
        let (job, _) = world.opened();
        world.loaded(&job, 40);
        world.filled(&job, FillOutcome::Occupied, Some("a draft"));
        assert_eq!(world.fills(), [(Technique::Dom, false)], "no hint speaks of the clipboard");
        assert!(matches!(world.done.last(), Some(Output::Open { target: Target::HandoffPage, tab: None, .. })));
        world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
        let view = world.handoff_view(&job).unwrap();
        assert!(view.refused && view.lines[0].key == "handoff_not_typed");
        world.page_act(Act::PasteByHand { job: job.clone() });
        world.tell(Input::Opened { job, tab: Some(41) });
        assert_eq!(world.line(2), "handed_clipboard");
    });
    // The browser opened no tab.
    for (copied, line) in [(true, Some("handed_clipboard")), (false, None)] {
        journey(|world| {
            failed(world, "hello");
            world.click_main_where(copied);
            let (job, _) = world.opened();
            world.tell(Input::Opened { job, tab: None });
            let lines = &world.card.as_ref().unwrap().lines;
            assert_eq!(lines.get(2).map(|line| line.key.as_str()), line);
        });
    }
}

#[test]
fn after_the_hint_one_more_page_is_served_and_none_once_the_user_types() {
    let hinted = |world: &mut World| {
        world.allow("https://chatgpt.com/*");
        failed(world, "hello");
        let job = world.goes_on();
        world.loaded(&job, 40);
        world.filled(&job, FillOutcome::Occupied, Some("a draft"));
        assert_eq!(world.fills().last(), Some(&(Technique::ByHand, false)));
        job
    };
    let load = |world: &mut World| {
        world.done.clear();
        world.now += 5_000;
        world.tell(Input::TabComplete { tab: 40 });
        world.fills()
    };
    journey(|world| {
        let job = hinted(world);
        assert_eq!(load(world), [(Technique::Dom, false)]);
        world.filled(&job, FillOutcome::Occupied, Some("a draft"));
        assert_eq!(load(world), []);
        assert_eq!(world.line(2), "handed_clipboard");
    });
    journey(|world| {
        let job = hinted(world);
        world.filled(&job, FillOutcome::Written, None);
        world.filled(&job, FillOutcome::Occupied, None);
        assert_eq!(load(world), []);
    });
}

#[test]
fn an_order_names_the_site_it_is_for() {
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "hello");
        let job = world.goes_on();
        world.loaded(&job, 40);
        world.filled(&job, FillOutcome::Occupied, Some("a draft"));
        let orders: Vec<_> = world
            .done
            .iter()
            .filter_map(|output| match output {
                Output::Fill { order, .. } => Some((order.technique, order.origin)),
                _ => None,
            })
            .collect();
        assert!(orders.contains(&(Technique::Dom, "https://chatgpt.com")), "{orders:?}");
        assert!(orders.iter().all(|(_, origin)| *origin == "https://chatgpt.com"), "{orders:?}");
    });
}

/// A prompt whose link, up to `link` bytes without it, is `bytes` long: of every class of characters as long as there is room.
fn prompt_for(link: usize, bytes: usize) -> String {
    let mut text = String::from("é漢🧑‍💻 &=#+%\u{1}\t\u{7f}\u{2028}\n");
    text.push_str(&"a".repeat(bytes - link - encode(&text).len()));
    text
}

#[test]
fn at_the_limit_the_link_is_taken_and_one_byte_beyond_it_is_not() {
    let mut tried = 0;
    for provider in CATALOGUE {
        let Some(empty) = provider.filling_link("") else { continue };
        tried += 1;
        for (bytes, fits) in [(LINK_BUDGET, true), (LINK_BUDGET + 1, false)] {
            journey(|world| {
                world.first_fallback(provider.id);
                let prompt = prompt_for(empty.len(), bytes);
                failed(world, &prompt);
                world.click_main();
                let (job, target) = world.opened();
                if fits {
                    let Target::Web { url } = target else { panic!("{}: {target:?}", provider.id) };
                    assert_eq!((url.len(), url), (LINK_BUDGET, empty.clone() + &encode(&prompt)), "{}", provider.id);
                } else {
                    assert_eq!(target, Target::HandoffPage, "{}", provider.id);
                    let view = world.engine.handoff_view(&job).expect("a question");
                    assert_eq!(
                        (view.origin.is_some(), view.by_hand),
                        (provider.editor.is_some(), provider.editor.is_none())
                    );
                }
            });
        }
    }
    assert!(tried >= 4, "{tried}");
}

#[test]
fn an_address_of_ones_own_has_its_limit_to_the_byte_too() {
    let (before, after) = ("https://chat.example/?q=", "&submit=false");
    for (bytes, fits) in [(CUSTOM_BUDGET, true), (CUSTOM_BUDGET + 1, false)] {
        journey(|world| {
            let settings = Settings {
                fallbacks: vec!["custom".into()],
                custom_url: format!("{before}{{prompt}}{after}"),
                ..Settings::default()
            };
            world.agree(&format!("{}\n", settings.custom_url));
            world.page_act(Act::Configure { settings });
            let prompt = prompt_for(before.len() + after.len(), bytes);
            failed(world, &prompt);
            world.click_main();
            let (job, target) = world.opened();
            if fits {
                let Target::Web { url } = target else { panic!("{target:?}") };
                assert_eq!((url.len(), url), (CUSTOM_BUDGET, format!("{before}{}{after}", encode(&prompt))));
            } else {
                assert_eq!(target, Target::HandoffPage);
                let view = world.engine.handoff_view(&job).expect("a view");
                assert!(view.by_hand && view.lines[0].key == "handoff_custom_long");
            }
        });
    }
}

#[test]
fn what_no_editor_holds_is_told_before_the_click_and_taken_out_of_every_way() {
    journey(|world| {
        failed(world, "a\0b");
        assert_eq!(world.line(2), "saved_replaced");
        world.click_main();
        let copied = |output: &&Output| matches!(output, Output::Copy { text, .. } if text.reveal() == "a\u{fffd}b");
        assert_eq!(world.done.iter().filter(copied).count(), 1, "also on the clipboard, which may end at a NUL");
        let (_, target) = world.opened();
        assert_eq!(target, Target::Web { url: "https://chatgpt.com/?prompt=a%EF%BF%BDb".into() });
    });
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "a\0b");
        let job = world.goes_on();
        world.loaded(&job, 40);
        world.filled(&job, FillOutcome::Written, Some("ab"));
        assert!(world.fills().contains(&(Technique::PmPaste, true)), "a character that is gone is a difference");
        world.filled(&job, FillOutcome::Written, Some("a\u{fffd}b"));
        assert_eq!((world.line(2), world.line(3)), ("handed_verified", "saved_replaced"));
        assert_eq!(world.entry().1, "a\0b", "what is kept is what was sent");
    });
}

#[test]
fn with_permission_the_text_is_typed_and_read_back() {
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "line one\r\nline two\n");
        world.click_main();
        let (job, target) = world.opened();
        assert_eq!(target, Target::Web { url: "https://chatgpt.com/".into() });
        // The page may be loaded before its tab is known.
        world.now += 300;
        world.tell(Input::TabComplete { tab: 40 });
        world.tell(Input::Opened { job: job.clone(), tab: Some(40) });
        assert_eq!(world.fills(), [(Technique::Dom, false)]);
        world.filled(&job, FillOutcome::Written, Some("line one\nline two"));
        assert_eq!(world.line(2), "handed_verified");
    });
}

#[test]
fn a_background_that_dies_before_it_knows_the_tab_still_types_into_the_page_that_loads() {
    let clicked = |world: &mut World| {
        world.allow("https://chatgpt.com/*");
        failed(world, "hello");
        let job = world.goes_on();
        world.done.clear();
        job
    };
    let written = |world: &World| {
        let tab = |output: &Output| match output {
            Output::Fill { tab, order, .. } => Some((*tab, order.text.reveal().to_owned())),
            _ => None,
        };
        world.done.iter().rev().find_map(tab)
    };
    journey(|world| {
        let job = clicked(world);
        world.restart();
        // No word of the tab comes any more.
        world.now += 2_000;
        world.tell(Input::TabComplete { tab: 40 });
        assert_eq!(written(world), Some((40, "hello".into())));
        world.filled(&job, FillOutcome::Written, Some("hello"));
        assert_eq!(world.line(2), "handed_verified");
    });
    journey(|world| {
        let job = clicked(world);
        world.restart();
        // It comes after all, from a browser that has kept it.
        world.tell(Input::Opened { job, tab: Some(41) });
        world.tell(Input::TabComplete { tab: 40 });
        assert_eq!(written(world), None, "the tab is known: no other one will do");
        world.tell(Input::TabComplete { tab: 41 });
        assert_eq!(written(world), Some((41, "hello".into())));
    });
    journey(|world| {
        clicked(world);
        world.restart();
        world.now += 60_000;
        world.tell(Input::TabComplete { tab: 40 });
        assert_eq!(written(world), None, "a page that loads so late was opened for something else");
    });
    // The page of Claude itself, loaded again meanwhile, is not the one.
    journey(|world| {
        let job = clicked(world);
        world.restart();
        world.tell(Input::TabComplete { tab: TAB });
        assert_eq!(written(world), None);
        world.tell(Input::TabComplete { tab: 40 });
        assert_eq!(written(world), Some((40, "hello".into())));
        world.filled(&job, FillOutcome::Written, Some("hello"));
    });
    // As long as the background lives, word is on its way, and no other tab is touched.
    let mut world = World::new(false);
    let job = clicked(&mut world);
    world.tell(Input::TabComplete { tab: 40 });
    assert_eq!(written(&world), None);
    world.loaded(&job, 41);
    assert_eq!(written(&world), Some((41, "hello".into())));
}

#[test]
fn each_rung_is_stepped_down_when_the_text_differs() {
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "one\n\ntwo");
        let job = world.goes_on();
        world.loaded(&job, 40);
        world.filled(&job, FillOutcome::Written, Some("one\ntwo"));
        assert!(world.fills().contains(&(Technique::PmPaste, true)));
        world.filled(&job, FillOutcome::Written, Some("one two"));
        let (_, target) = world.opened();
        assert!(matches!(target, Target::Web { url } if url.starts_with("https://chatgpt.com/?prompt=")));
        world.loaded(&job, 40);
        world.filled(&job, FillOutcome::Written, Some("one"));
        world.filled(&job, FillOutcome::Written, Some("two"));
        // What the last attempt has left is no text: the paste replaces it.
        assert_eq!(world.fills().last(), Some(&(Technique::ByHand, true)));
        assert_eq!(world.line(2), "handed_clipboard");
    });
}

#[test]
fn a_login_in_between_is_waited_for_and_a_draft_is_left_alone() {
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "hello");
        let job = world.goes_on();
        world.loaded(&job, 40);
        world.filled(&job, FillOutcome::NoComposer, None);
        assert_eq!(world.fills().last(), Some(&(Technique::ByHand, false)));
        world.now += 30_000;
        world.tell(Input::TabComplete { tab: 40 });
        assert_eq!(world.fills().last(), Some(&(Technique::Dom, false)));
        world.filled(&job, FillOutcome::Occupied, Some("a draft"));
        assert_eq!(world.line(2), "handed_clipboard");
    });
}

#[test]
fn a_refused_permission_leads_to_the_clipboard() {
    journey(|world| {
        world.first_fallback("gemini");
        failed(world, "hello");
        world.click_main();
        let (job, target) = world.opened();
        assert_eq!(target, Target::HandoffPage);
        world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
        let view = world.handoff_view(&job).unwrap();
        assert_eq!((view.refused, view.origin.as_deref()), (false, Some("https://gemini.google.com/*")));
        world.page_act(Act::Decided { job: job.clone(), granted: false });
        assert!(world.handoff_view(&job).unwrap().refused);
        world.page_act(Act::PasteByHand { job: job.clone() });
        assert_eq!(world.opened().1, Target::Web { url: "https://gemini.google.com/app".into() });
        world.tell(Input::Opened { job, tab: Some(41) });
        assert_eq!(world.line(2), "handed_clipboard");
    });
}

#[test]
fn a_granted_permission_leads_into_the_same_tab() {
    journey(|world| {
        world.first_fallback("gemini");
        failed(world, "hello");
        let job = world.goes_on();
        world.loaded(&job, 41);
        world.now += 2_000;
        world.page_act(Act::Decided { job: job.clone(), granted: true });
        assert!(world.done.iter().any(|output| matches!(output, Output::Open { tab: Some(41), .. })));
        world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
        assert!(world.fills().is_empty(), "the handoff page itself is not typed into");
        world.now += 200;
        world.tell(Input::TabComplete { tab: 41 });
        assert_eq!(world.fills(), [(Technique::Paste, false)]);
    });
}

#[test]
fn whoever_decides_before_the_tab_is_known_is_not_left_behind() {
    for by_hand in [false, true] {
        journey(|world| {
            world.first_fallback("gemini");
            failed(world, "hello");
            let job = world.goes_on();
            world.now += 300;
            let act = if by_hand {
                Act::PasteByHand { job: job.clone() }
            } else {
                Act::Decided { job: job.clone(), granted: true }
            };
            world.page_act(act);
            assert!(
                world.done.iter().any(|output| matches!(output, Output::Open { tab: Some(41), .. })),
                "a second tab"
            );
            // Word of our own page comes now, and then of the other.
            world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
            assert!(world.fills().is_empty(), "our own page is not typed into");
            world.now += 200;
            world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
            world.tell(Input::TabComplete { tab: 41 });
            if by_hand {
                assert_eq!(world.line(2), "handed_clipboard");
            } else {
                assert_eq!(world.fills(), [(Technique::Paste, false)]);
            }
        });
    }
}

#[test]
fn a_card_may_not_do_what_only_our_pages_may() {
    journey(|world| {
        world.send("keep me");
        let before = world.local.clone();
        let entry = world.engine.view(world.now).prompts[0].entry.clone();
        world.card_act(Act::Forget { entry });
        let settings = Settings { custom_url: "https://evil.example/{prompt}".into(), ..Settings::default() };
        world.card_act(Act::Configure { settings });
        assert_eq!(world.local, before);
    });
}

#[test]
fn temporary_chats_never_reach_lasting_storage() {
    journey(|world| {
        let body = r#"{"prompt":"off the record","create_conversation_params":{"is_temporary":true}}"#;
        let id = world.start("POST", &completion(), false, Some(body.into()));
        world.headers(id, 500, "application/json");
        failed(world, "this too");
        // The log of what failed is kept, and knows nothing of the chat.
        let known = |key: &String| key == AGREED_KEY || key.starts_with("incident:");
        assert!(world.local.keys().all(known), "{:?}", world.local.keys());
        let secrets = ["off the record", "this too", CHAT, ORG];
        assert!(world.local.values().all(|value| secrets.iter().all(|secret| !value.contains(secret))));
        assert_eq!(world.line(1), "saved_not_sent");
        assert_eq!(world.engine.view(world.now).prompts.len(), 2);
    });
}

#[test]
fn a_dismissed_card_stays_closed_for_that_prompt() {
    journey(|world| {
        failed(world, "hello");
        world.card_act(Act::Dismiss {});
        assert_eq!(world.card, None);
        world.now += 15_000;
        failed(world, "hello");
        assert_eq!(world.card, None);
        failed(world, "another one");
        assert_eq!(world.title(), "title_failed");
    });
}

#[test]
fn a_reload_brings_the_card_back() {
    journey(|world| {
        failed(world, "hello");
        world.card = None;
        world.tell(Input::Hello { tab: TAB, online: true });
        assert_eq!(world.title(), "title_failed");
    });
}

#[test]
fn slow_first_bytes_are_told_once_and_withdrawn() {
    journey(|world| {
        let id = world.send("hello");
        world.wait(21_000);
        assert_eq!(world.title(), "title_slow");
        world.headers(id, 200, "text/event-stream");
        let url = format!("https://claude.ai{}", completion());
        world.fact(Fact::Stream { seq: id, method: "POST".into(), url, status: 200 });
        world.event(id, "message_stop", r#"{"type":"message_stop"}"#);
        assert_eq!(world.card, None);
    });
}

#[test]
fn damaged_stores_are_set_aside() {
    let mut world = World::new(false);
    world.send("still here");
    let good = world.local.iter().find(|(key, _)| key.starts_with("entry:")).unwrap().1.clone();
    let stored = Stored {
        session: Some("{broken".into()),
        local: vec![
            ("entry:good".into(), good),
            ("entry:bad".into(), "{\"id\":3".into()),
            ("settings".into(), "[]x".into()),
        ],
    };
    let mut engine = Engine::restore(config(), stored, T0);
    let mut kept = BTreeMap::new();
    while let Some(output) = engine.poll() {
        if let Output::Persist { area: Area::Local, key, value } = output {
            kept.insert(key, value);
        }
    }
    assert_eq!(kept.get("aside:entry:bad"), Some(&Some("{\"id\":3".to_owned())));
    assert_eq!(kept.get("entry:bad"), Some(&None));
    assert_eq!(kept.get("aside:settings"), Some(&Some("[]x".to_owned())));
    let view = engine.view(T0);
    assert_eq!(view.prompts[0].head.reveal(), "still here");
    assert!(view.evidence.iter().any(|line| line.say.key == "seen_damaged"));
}

#[test]
fn every_sentence_has_its_words() {
    const PREFIXES: [&str; 23] = [
        "later_",
        "warn_",
        "others_",
        "notice_",
        "receipt_",
        "title_",
        "what_",
        "saved_",
        "handed_",
        "action_",
        "note_",
        "hint_",
        "badge_",
        "verdict_",
        "advice_",
        "seen_",
        "official_",
        "state_",
        "handoff_",
        "template_",
        "pack_",
        "secret_",
        "part_",
    ];
    let english = include_str!("../../../extension/_locales/en/messages.json");
    let words: serde_json::Map<String, serde_json::Value> = serde_json::from_str(english).unwrap();
    let mut keys = 0;
    for source in [
        "engine/offers.rs",
        "engine/views.rs",
        "engine/handoffs.rs",
        "engine/health.rs",
        "engine/home.rs",
        "notice.rs",
        "receipt.rs",
        "provider.rs",
        "context.rs",
        "secrets.rs",
    ] {
        let text = std::fs::read_to_string(format!("{}/src/{source}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for literal in text.split('"') {
            let plain = literal.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !literal.ends_with('_');
            // The receipt's other words are the columns of its tables.
            let column = source == "receipt.rs" && !literal.starts_with("receipt_");
            if plain && !column && PREFIXES.iter().any(|prefix| literal.starts_with(prefix)) {
                assert!(words.contains_key(literal), "{literal} has no words");
                keys += 1;
            }
        }
    }
    assert!(keys > 160, "{keys}");
    for surface in understudy_engine::Surface::ALL {
        assert!(words.contains_key(&format!("surface_{}", surface.name())));
    }
}

#[test]
fn a_full_store_makes_room_by_answered_prompts() {
    journey(|world| {
        world.room = 1;
        world.answered("an old question");
        world.wait(60_000);
        failed(world, "a new one");
        assert_eq!(world.entry(), (EntryState::NotSent, "a new one".into()));
        assert_eq!((world.prompts(), world.line(1)), (1, "saved_not_sent"));
        assert!(world.local.iter().all(|(key, value)| !key.starts_with("entry:") || value.contains("a new one")));
        assert!(world.engine.view(world.now).evidence.iter().any(|line| line.say.key == "seen_made_room"));
    });
}

#[test]
fn an_attachment_without_room_stays_behind_and_its_prompt_does_not() {
    journey(|world| {
        world.without_files = true;
        let attachments =
            serde_json::json!([{"file_name": "paste.txt", "extracted_content": "too long for what is left"}]);
        let body = serde_json::json!({"prompt": "see there", "attachments": attachments}).to_string();
        let id = world.start("POST", &completion(), false, Some(body.into_bytes()));
        world.headers(id, 529, "application/json");
        let row = world.engine.view(world.now).prompts[0].clone();
        assert_eq!((row.inside, row.label.key.as_str()), (false, "state_not_sent"), "nobody is told that it is kept");
        assert_eq!((row.attachments.as_slice(), world.prompts()), (["paste.txt".to_owned()].as_slice(), 1));
        assert!(world.local.values().any(|text| text == "see there"));
    });
}

#[test]
fn a_full_store_without_room_keeps_the_prompt_with_the_session_and_says_so() {
    journey(|world| {
        world.room = 1;
        failed(world, "the first");
        world.wait(60_000);
        failed(world, "the second");
        assert_eq!(world.line(1), "saved_for_now");
        let view = world.engine.view(world.now);
        assert_eq!(view.prompts[0].head.reveal(), "the second");
        assert_eq!(view.prompts[0].label.key, "state_for_now");
        assert_eq!(view.prompts[1].label.key, "state_not_sent");
        // As soon as there is room it is stored like any other.
        world.room = 2;
        world.page_act(Act::Forget { entry: view.prompts[1].entry.clone() });
        world.wait(1_000);
        failed(world, "the second");
        assert_eq!((world.prompts(), world.line(1)), (1, "saved_not_sent"));
    });
}

/// Each journey of a user who has never been anywhere, in one life and in many.
fn first_steps(go: impl Fn(&mut World)) {
    for mortal in [false, true] {
        go(&mut World::new_to_all(mortal));
    }
}

#[test]
fn the_first_time_the_page_says_where_a_prompt_goes_and_then_one_click_is_one_click() {
    // By the link, typed with a permission that is there already, and by the clipboard.
    for (provider, allowed, typed) in [("chatgpt", false, false), ("chatgpt", true, true), ("gemini", true, true)] {
        first_steps(|world| {
            world.first_fallback(provider);
            if allowed {
                world.tell(Input::Permissions {
                    origins: vec!["https://chatgpt.com/*".into(), "https://gemini.google.com/*".into()],
                });
            }
            failed(world, "hello");
            world.click_main();
            let (job, target) = world.opened();
            assert_eq!(target, Target::HandoffPage);
            world.tell(Input::Opened { job: job.clone(), tab: Some(9) });
            let view = world.engine.handoff_view(&job).expect("a card");
            assert_eq!((view.first, view.typed, view.by_hand, view.consent), (true, typed, false, false));
            assert_eq!((view.provider.as_str(), view.origin, view.lines), (provider, None, Vec::new()));
            assert!(view.home.starts_with("https://"));
            // Looked at and closed: nothing is agreed to.
            world.tell(Input::TabClosed { tab: 9 });
            world.click_main();
            let (job, target) = world.opened();
            assert_eq!(target, Target::HandoffPage, "the next click is still the first");
            world.tell(Input::Opened { job: job.clone(), tab: Some(9) });
            world.page_act(Act::Choose { job: job.clone(), text: None, along: 0, copied: true });
            world.page_act(Act::Decided { job: job.clone(), granted: true });
            assert!(matches!(world.opened().1, Target::Web { .. }));
            assert_eq!(world.local[AGREED_KEY], format!("{provider}\n"));
            // It outlives the browser, too.
            world.session = None;
            world.restart();
            world.tell(Input::Hello { tab: TAB, online: true });
            if allowed {
                world.tell(Input::Permissions {
                    origins: vec!["https://chatgpt.com/*".into(), "https://gemini.google.com/*".into()],
                });
            }
            failed(world, "hello again");
            world.click_main();
            assert!(matches!(world.opened().1, Target::Web { .. }), "one click");
            // Another one is new all the same.
            world.first_fallback("mistral");
            world.click_main();
            let (job, target) = world.opened();
            assert_eq!(target, Target::HandoffPage);
            assert!(world.engine.handoff_view(&job).expect("a card").first);
            assert_eq!(world.local[AGREED_KEY], format!("{provider}\n"));
        });
    }
}

#[test]
fn who_pastes_by_hand_the_first_time_has_agreed_and_who_refuses_has_not() {
    first_steps(|world| {
        world.first_fallback("gemini");
        failed(world, "hello");
        let job = world.goes_on();
        world.tell(Input::Opened { job: job.clone(), tab: Some(9) });
        let view = world.engine.handoff_view(&job).expect("a card");
        // Typing is asked for in the same click.
        assert_eq!((view.first, view.typed, view.origin.is_some()), (true, true, true));
        assert_eq!(view.lines.iter().map(|line| line.key.as_str()).collect::<Vec<_>>(), ["handoff_ask"]);
        world.page_act(Act::Decided { job: job.clone(), granted: false });
        assert!(!world.local.contains_key(AGREED_KEY));
        world.page_act(Act::PasteByHand { job });
        assert_eq!(world.local[AGREED_KEY], "gemini\n");
        assert!(matches!(world.opened().1, Target::Web { .. }));
    });
    // Where there is nothing to ask for, and too long for its link.
    first_steps(|world| {
        world.first_fallback("brave-ask");
        failed(world, "hello");
        let job = world.goes_on();
        let view = world.engine.handoff_view(&job).expect("a card");
        assert_eq!((view.first, view.by_hand, view.refused), (true, true, false));
        assert_eq!(view.lines[0].key, "handoff_by_clipboard");
        world.page_act(Act::PasteByHand { job });
        assert_eq!(world.local[AGREED_KEY], "brave-ask\n");
    });
}

#[test]
fn an_address_of_ones_own_is_agreed_to_by_itself() {
    first_steps(|world| {
        let own = |world: &mut World, url: &str| {
            let settings = Settings { fallbacks: vec!["custom".into()], custom_url: url.into(), ..Settings::default() };
            world.page_act(Act::Configure { settings });
            failed(world, "hello");
            world.click_main();
            world.opened()
        };
        let first = "http://localhost:3000/?q={prompt}";
        let (job, target) = own(world, first);
        assert_eq!(target, Target::HandoffPage);
        let view = world.engine.handoff_view(&job).expect("a card");
        assert_eq!((view.first, view.home.as_str(), view.by_hand), (true, "http://localhost:3000/", false));
        world.page_act(Act::Decided { job, granted: true });
        assert_eq!(world.opened().1, Target::Web { url: "http://localhost:3000/?q=hello".into() });
        assert!(matches!(own(world, first).1, Target::Web { .. }));
        assert_eq!(own(world, "https://elsewhere.example/?q={prompt}").1, Target::HandoffPage, "another place");
        assert!(matches!(own(world, first).1, Target::Web { .. }));
    });
}

#[test]
fn nothing_is_asked_where_nothing_leaves() {
    first_steps(|world| {
        // Back to Claude, and an empty page.
        world.allow("https://claude.ai/*");
        failed(world, "hello");
        let entry = world.engine.view(world.now).prompts[0].entry.clone();
        let act = |provider: &str, entry| Act::HandOff { provider: provider.into(), entry, copied: false };
        world.page_act(act("claude", Some(entry)));
        assert_ne!(world.opened().1, Target::HandoffPage);
        world.page_act(act("gemini", None));
        assert_eq!(world.opened().1, Target::Web { url: "https://gemini.google.com/app".into() });
        assert!(!world.local.contains_key(AGREED_KEY));
    });
}

#[test]
fn firefox_asks_for_consent_before_the_first_prompt_leaves() {
    for granted in [false, true] {
        journey(|world| {
            world.platform = Platform::Firefox;
            world.restart();
            failed(world, "hello");
            world.click_main();
            let (job, target) = world.opened();
            assert_eq!(target, Target::HandoffPage);
            world.tell(Input::Opened { job: job.clone(), tab: Some(9) });
            let view = world.handoff_view(&job).unwrap();
            // ChatGPT's own link is enough: only the consent is asked for.
            assert_eq!((view.origin, view.consent), (None, true));
            assert_eq!(view.lines[0].key, "handoff_consent");
            world.page_act(Act::Decided { job: job.clone(), granted });
            if !granted {
                assert!(world.handoff_view(&job).unwrap().refused);
                return;
            }
            assert!(matches!(world.opened().1, Target::Web { url } if url.ends_with("?prompt=hello")));
            // One click is one click from now on.
            world.tell(Input::Opened { job, tab: Some(9) });
            world.tell(Input::Permissions { origins: vec![CONSENT.into()] });
            world.click_main();
            assert!(matches!(world.opened().1, Target::Web { .. }));
        });
    }
}

#[test]
fn a_reloaded_page_counts_its_fetches_anew() {
    journey(|world| {
        let url = format!("https://claude.ai{}", completion());
        failed(world, "hello");
        world.now += 5_000;
        world.tell(Input::Hello { tab: TAB, online: true });
        world.fact(Fact::Ready {});
        // The tap of the new page calls its first fetch 1, as the old one did.
        let id = world.send("hello again");
        world.headers(id, 200, "text/event-stream");
        world.fact(Fact::Stream { seq: 1, method: "POST".into(), url, status: 200 });
        world.event(1, "message_stop", r#"{"type":"message_stop"}"#);
        assert_eq!(world.entry(), (EntryState::Confirmed, "hello again".into()));
    });
}

#[test]
fn a_page_that_leaves_before_its_refusal_is_read_was_refused() {
    let leaves = |world: &mut World| {
        let send = world.send("hello");
        world.headers(send, 403, "application/json");
        world.step(send, RequestStep::Failed { error: "NS_BINDING_ABORTED".to_owned() });
    };
    journey(|world| {
        leaves(world);
        world.wait(300);
        world.start("GET", "/logout?involuntary=1&returnTo=%2Fnew", true, None);
        assert_eq!((world.title(), world.entry().0), ("title_session", EntryState::NotSent));
    });
    // Where nothing says why, it was refused all the same: nobody pressed Stop.
    journey(|world| {
        leaves(world);
        world.wait(3_000);
        assert_eq!((world.title(), world.entry().0), ("title_unknown", EntryState::NotSent));
    });
}

#[test]
fn a_forced_logout_explains_the_refusal_before_it() {
    journey(|world| {
        let id = world.send("hello");
        world.headers(id, 403, "application/json");
        world.step(id, RequestStep::Done);
        world.start("GET", "/logout?involuntary=1&returnTo=%2Fnew", true, None);
        assert_eq!(world.title(), "title_session");
        assert_eq!(world.entry().0, EntryState::NotSent);
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn stop_is_no_failure_whoever_tells_it_first() {
    journey(|world| {
        let id = world.stream("hello");
        world.stop();
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::Abort });
        world.step(id, RequestStep::Done);
        world.wait(5_000);
        assert_eq!((world.card.clone(), world.entry().0), (None, EntryState::Confirmed));
    });
    // The server may end the stream cleanly once it has heard of it.
    journey(|world| {
        let id = world.stream("hello");
        world.stop();
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::End });
        world.step(id, RequestStep::Done);
        world.wait(5_000);
        assert_eq!((world.card.clone(), world.entry().0), (None, EntryState::Confirmed));
    });
}

#[test]
fn a_page_that_is_left_in_mid_answer_is_neither_a_failure_nor_an_answer() {
    journey(|world| {
        let id = world.stream("hello");
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::Abort });
        world.step(id, RequestStep::Failed { error: "net::ERR_ABORTED".into() });
        world.wait(5_000);
        assert_eq!((world.card.clone(), world.entry().0), (None, EntryState::Unknown));
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn a_503_whose_body_says_overloaded_is_capacity() {
    for (status, named) in [(500, "req_1"), (503, "req_1")] {
        journey(|world| {
            let id = world.send("hello");
            world.headers(id, status, "application/json");
            // The offer does not wait for the body, …
            assert_eq!(world.line(0), "what_service");
            world.step(id, RequestStep::Done);
            world.response(id, status, "application/json", &error("overloaded_error"));
            // … and says more when it has come. It is still one failure.
            assert_eq!((world.title(), world.line(0)), ("title_capacity", "what_capacity"));
            let seen = world.done.iter().rev().find_map(|output| match output {
                Output::Observed { cause, .. } => cause.request_id.clone(),
                _ => None,
            });
            assert_eq!(seen.as_deref(), Some(named));
            assert_eq!(world.engine.state(), State::Hiccup);
            assert_eq!(world.engine.view(world.now).evidence.len(), 1);
        });
    }
}

#[test]
fn a_retry_is_of_the_message_that_it_names() {
    journey(|world| {
        let one = "019f3e54-0000-7000-8000-000000000001";
        let two = "019f3e54-0000-7000-8000-000000000002";
        world.send_as("never answered", one);
        let id = world.requests;
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        world.send_as("answered", two);
        let id = world.requests;
        world.headers(id, 200, "text/event-stream");
        world.fact(Fact::Stream { seq: id, method: "POST".into(), url: url(), status: 200 });
        world.event(id, "message_stop", r#"{"type":"message_stop"}"#);
        let body = format!(r#"{{"prompt":"","parent_message_uuid":"{two}"}}"#);
        let id =
            world.start("POST", &completion().replace("/completion", "/retry_completion"), false, Some(body.into()));
        world.headers(id, 200, "text/event-stream");
        let retry = url().replace("/completion", "/retry_completion");
        world.fact(Fact::Stream { seq: id, method: "POST".into(), url: retry, status: 200 });
        world.event(id, "message_stop", r#"{"type":"message_stop"}"#);
        let states = world.engine.view(world.now).prompts.into_iter().map(|row| (row.state, row.head));
        let states: Vec<_> = states.map(|(state, text)| (state, text.reveal().to_owned())).collect();
        assert_eq!(
            states,
            [(EntryState::Confirmed, "answered".to_owned()), (EntryState::NotSent, "never answered".to_owned())]
        );
    });
}

#[test]
fn what_was_answered_stays_answered() {
    journey(|world| {
        let first = world.send("hello");
        world.now += 30_000;
        world.answered("hello");
        world.step(first, RequestStep::Failed { error: "net::ERR_TIMED_OUT".into() });
        world.wait(5_000);
        assert_eq!((world.card.clone(), world.entry().0), (None, EntryState::Confirmed));
        assert_eq!(world.engine.state(), State::Clear);
    });
}

#[test]
fn a_refused_message_has_its_own_words_and_is_no_outage() {
    let too_long = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long"}}"#;
    let gone = r#"{"type":"error","error":{"type":"not_found_error","message":"x"}}"#;
    for (status, body, title, what) in [
        (413, too_long, "title_refused", "what_too_long"),
        (400, too_long, "title_refused", "what_refused"),
        (404, gone, "title_refused", "what_gone"),
        (402, "{}", "title_unknown", "what_unknown"),
        (418, r#"{"type":"error","error":{"type":"teapot","message":"x"}}"#, "title_unknown", "what_unknown"),
    ] {
        journey(|world| {
            world.refused("hello", status, "application/json", body);
            assert_eq!((world.title(), world.line(0)), (title, what), "{status}");
            assert!(world.engine.since().is_none());
            assert_ne!(world.engine.view(world.now).headline.key, "verdict_clear");
        });
    }
}

#[test]
fn a_refusal_whose_body_never_comes_is_told_all_the_same() {
    journey(|world| {
        let id = world.send("hello");
        world.headers(id, 429, "application/json");
        assert_eq!(world.card, None);
        world.wait(6_000);
        assert_eq!(world.title(), "title_limit");
        world.response(id, 429, "application/json", r#"{"type":"error","error":{"type":"rate_limit_error","message":"{\"type\":\"exceeded_limit\",\"resetsAt\":1772460000}"}}"#);
        assert_eq!(world.line(0), "what_limit_until");
    });
}

#[test]
fn chromiums_word_for_an_abort_is_not_believed_against_the_page() {
    journey(|world| {
        let id = world.send("hello");
        let rejected = |aborted| Fact::Rejected { seq: id, method: "POST".into(), url: url(), aborted, online: true };
        world.fact(rejected(false));
        world.step(id, RequestStep::Failed { error: "net::ERR_FAILED".into() });
        world.wait(3_000);
        assert_eq!(world.title(), "title_silent");
    });
    journey(|world| {
        let id = world.send("hello");
        let rejected = |aborted| Fact::Rejected { seq: id, method: "POST".into(), url: url(), aborted, online: true };
        world.fact(rejected(true));
        world.step(id, RequestStep::Failed { error: "net::ERR_FAILED".into() });
        world.wait(3_000);
        assert_eq!(world.card, None);
    });
}

#[test]
fn an_unknown_error_inside_an_answer_is_called_unknown() {
    journey(|world| {
        for n in 0..5 {
            let id = world.stream(&format!("hello {n}"));
            world.event(id, "error", r#"{"type":"error","error":{"type":"teapot_error","message":"x"}}"#);
            world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::End });
            world.step(id, RequestStep::Done);
            assert_eq!((world.title(), world.line(0)), ("title_unknown", "what_unknown"));
            world.wait(25_000);
        }
        assert!(world.engine.since().is_none());
    });
}

#[test]
fn a_limit_that_ends_the_stream_is_the_users_limit() {
    journey(|world| {
        let id = world.stream("hello");
        world.event(
            id,
            "message_limit",
            r#"{"type":"message_limit","message_limit":{"type":"exceeded_limit","resetsAt":1772460000}}"#,
        );
        world.fact(Fact::Closed { seq: id, events: 3, end: StreamEnd::End });
        world.step(id, RequestStep::Done);
        assert_eq!((world.title(), world.line(0)), ("title_limit", "what_limit_until"));
    });
}

#[test]
fn an_unexplained_silence_is_asked_about_until_it_is_explained() {
    journey(|world| {
        for n in 0..2 {
            let id = world.send("hello");
            world.step(id, RequestStep::Failed { error: "net::ERR_CONNECTION_RESET".into() });
            if n == 0 {
                world.tell(Input::Status(None));
                assert_eq!(world.line(0), "what_own_network");
            }
            world.now += 5_000;
        }
        // What nothing answered to a moment ago is not asked about again at once; later it is.
        assert_eq!((world.asked_status(), world.line(0)), (1, "what_own_network"));
        world.wait(30_000);
        let id = world.send("hello");
        world.step(id, RequestStep::Failed { error: "net::ERR_CONNECTION_RESET".into() });
        assert_eq!((world.asked_status(), world.line(0)), (2, "what_silent"));
        // The answer was lost with the background: it is asked for again.
        world.wait(10_000);
        assert_eq!(world.asked_status(), 3);
        world.tell(Input::Status(None));
        assert_eq!(world.line(0), "what_own_network");
    });
}

#[test]
fn a_closed_card_comes_back_when_it_fails_anew() {
    let load = |world: &mut World, status| {
        let path = completion().replace("/completion", "?tree=True");
        let id = world.start("GET", &path, false, None);
        world.headers(id, status, "application/json");
        world.step(id, RequestStep::Done);
    };
    journey(|world| {
        load(world, 500);
        assert_eq!(world.title(), "title_not_loading");
        world.card_act(Act::Dismiss {});
        world.wait(2_000);
        load(world, 500);
        assert_eq!(world.card, None);
        world.wait(2_000);
        load(world, 200);
        world.wait(2_000);
        load(world, 500);
        assert_eq!(world.title(), "title_not_loading");
    });
}

#[test]
fn a_card_about_nothing_any_more_goes_by_itself() {
    journey(|world| {
        world.refused(
            "hello",
            429,
            "application/json",
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"{\"type\":\"exceeded_limit\",\"resetsAt\":1772452000}"}}"#,
        );
        assert_eq!(world.title(), "title_limit");
        world.wait(1_772_452_000_000 - T0);
        assert_eq!(world.card, None);
    });
}

#[test]
fn a_page_that_reads_slowly_makes_no_broken_answer() {
    journey(|world| {
        let id = world.stream("take your time");
        world.step(id, RequestStep::Done);
        world.wait(60_000);
        assert_eq!(world.card, None);
        assert_eq!(world.entry().0, EntryState::Unknown);
        world.event(id, "message_stop", r#"{"type":"message_stop"}"#);
        world.fact(Fact::Closed { seq: id, events: 9, end: StreamEnd::End });
        assert_eq!((world.entry().0, &world.card), (EntryState::Confirmed, &None));
    });
    journey(|world| {
        let id = world.stream("take your time");
        world.step(id, RequestStep::Done);
        world.wait(60_000);
        world.fact(Fact::Closed { seq: id, events: 9, end: StreamEnd::End });
        assert_eq!(world.title(), "title_cut");
    });
}

#[test]
fn a_card_has_its_own_buttons_only() {
    journey(|world| {
        failed(world, "mine");
        let mine = world.engine.view(world.now).prompts[0].entry.clone();
        world.card_act(Act::Dismiss {});
        let before = world.done.len();
        world.card_act(Act::Copy { entry: mine.clone() });
        world.card_act(Act::HandOff { provider: "chatgpt".into(), entry: Some(mine.clone()), copied: true });
        assert_eq!(world.done.len(), before, "no card, no buttons");
        failed(world, "another");
        let before = world.done.len();
        world.card_act(Act::Copy { entry: mine.clone() });
        world.card_act(Act::HandOff { provider: "chatgpt".into(), entry: Some(mine), copied: true });
        world.card_act(Act::HandOff { provider: "no-such-assistant".into(), entry: None, copied: true });
        assert_eq!(world.done.len(), before, "not of this card");
        world.click_main();
        assert!(matches!(world.opened().1, Target::Web { .. }));
    });
}

#[test]
fn any_answer_ends_offline() {
    journey(|world| {
        world.tell(Input::Connectivity { online: false });
        assert_eq!(world.badge, "off");
        world.answered("hello");
        assert_eq!(world.badge, "");
        // From then on a silence is asked about as ever.
        let id = world.send("hello again");
        world.step(id, RequestStep::Failed { error: "net::ERR_CONNECTION_RESET".into() });
        assert_eq!((world.line(0), world.asked_status()), ("what_silent", 1));
    });
}

#[test]
fn unanswered_prompts_never_go_by_themselves() {
    journey(|world| {
        for n in 0..205 {
            failed(world, &format!("prompt {n}"));
            world.now += 1_000;
        }
        assert_eq!((world.prompts(), world.engine.view(world.now).saved), (205, 205));
        world.page_act(Act::ForgetAll {});
        assert_eq!((world.prompts(), world.engine.view(world.now).saved), (0, 0));
    });
}

#[test]
fn two_failures_at_once_are_more_than_a_hiccup_and_one_is_not() {
    journey(|world| {
        failed(world, "hello");
        assert_eq!(world.engine.state(), State::Hiccup);
        world.now += 3_000;
        failed(world, "hello");
        assert_eq!(world.engine.state(), State::Suspected);
    });
}

#[test]
fn an_outage_is_logged_from_its_first_failure_to_its_recovery() {
    journey(|world| {
        world.outage();
        world.status_page("major_outage");
        world.now += 60_000;
        world.click_main();
        let job = world.opened().0;
        world.tell(Input::Opened { job, tab: Some(40) });
        let (left, verdict) = (world.now, T0 + 42_000);
        world.now += 600_000;
        failed(world, "hello");
        world.now += 30_000;
        let back = world.now;
        world.recovery();
        let records = world.records();
        assert_eq!(records.len(), 1);
        let record = &records[0];
        assert_eq!((record.since, record.sent, record.offered), (T0, Some(T0), Some(T0)));
        assert_eq!((record.down, record.official, record.recovered), (Some(verdict), Some(T0 + 63_000), Some(back)));
        assert_eq!((record.failures, record.failed_sends, record.handed, record.left), (4, 4, 1, Some(left)));
        assert_eq!((record.closed, record.word), (true, None));
        assert_eq!(record.request_ids, ["req_1"]);
        assert_eq!(record.models, ["claude-opus-4-8"]);
        assert_eq!(record.surfaces, [Surface::Completion]);
        assert_eq!(record.classes, [(Class::Service, 4)]);
        assert_eq!(record.lost().map(|span| (span.ms, span.at_least)), Some((left - T0, false)));
        let secrets = ["hello", CHAT, ORG];
        let logged = world.local.iter().filter(|(key, _)| key.starts_with("incident:"));
        for (_, value) in logged {
            assert!(secrets.iter().all(|secret| !value.contains(secret)), "{value}");
        }
    });
}

#[test]
fn a_post_on_the_status_page_is_dated_by_itself() {
    journey(|world| {
        world.outage();
        let body = r#"{"components":[{"id":"rwppv331jlwc","name":"claude.ai","status":"partial_outage"}],"incidents":[{"name":"Elevated errors","status":"investigating","impact":"major","created_at":"2026-03-02T11:49:00Z","updated_at":"2026-03-02T12:21:00Z","components":[{"id":"rwppv331jlwc","name":"claude.ai"}]}]}"#;
        world.tell(Input::Status(Some(StatusAnswer { status: 200, body: body.into() })));
        let record = world.records().remove(0);
        assert_eq!(record.title.as_deref(), Some("Elevated errors"));
        assert_eq!(record.posted, Some(1_772_452_140_000));
        assert_eq!(record.official_lag_ms(), Some(720_000));
        assert_eq!((record.closed, record.recovered), (false, None));
        let said = world.engine.view(world.now).official.unwrap().say;
        assert_eq!(
            (said.key.as_str(), &said.args[..]),
            ("official_incident_lag", &[Arg::Text("Elevated errors".into()), Arg::Count(12)][..])
        );
        let lag = world.engine.view(world.now).diagnosis.unwrap().lag.unwrap();
        assert_eq!((lag.key.as_str(), &lag.args[..]), ("official_later", &[Arg::Count(12)][..]));
    });
}

#[test]
fn whoever_is_first_says_so_before_there_is_a_post() {
    journey(|world| {
        let said = |world: &World| world.engine.view(world.now).official.map(|line| (line.say.key, line.say.args));
        let lag = |world: &World| world.engine.view(world.now).diagnosis.and_then(|found| found.lag);
        failed(world, "hello");
        assert_eq!((said(world), lag(world)), (None, None), "nobody has read it yet");
        world.status_page("operational");
        assert_eq!(lag(world).map(|say| say.key).as_deref(), Some("official_not_yet"));
        assert_eq!(said(world), Some(("official_green_but".into(), vec![])));
        world.now += 150_000;
        failed(world, "hello");
        assert_eq!(said(world), Some(("official_green_but".into(), vec![])), "as it was when it was read");
        world.status_page("operational");
        assert_eq!(said(world), Some(("official_green_for".into(), vec![Arg::Count(2)])));
    });
}

#[test]
fn an_open_incident_says_what_fails_and_what_nobody_has_tried() {
    journey(|world| {
        world.answered("hello");
        assert_eq!(world.engine.view(world.now).diagnosis, None, "quiet while Claude works");
        world.now += 60_000;
        world.outage();
        let login = world.start("GET", "/api/bootstrap", false, None);
        world.headers(login, 200, "application/json");
        world.step(login, RequestStep::Done);
        world.status_page("operational");
        let found = world.engine.view(world.now).diagnosis.unwrap();
        let parts: Vec<_> = found.parts.iter().map(|(name, seen)| (name.key.as_str(), *seen)).collect();
        assert_eq!(
            parts,
            [
                ("part_sending", Some(State::Down)),
                ("part_login", Some(State::Clear)),
                ("part_pages", None),
                ("part_lists", None),
                ("part_uploads", None),
            ]
        );
        assert_eq!(found.models, [("claude-opus-4-8".to_owned(), Some(State::Down))]);
        assert!(found.down && found.api_up);
        world.page_act(Act::Say { down: false });
        assert_eq!(world.engine.view(world.now).diagnosis.map(|found| found.down), Some(false), "nothing to wait for");
        world.answered("hello");
        let back = world.engine.view(world.now).diagnosis.unwrap();
        assert_eq!(back.models, [("claude-opus-4-8".to_owned(), Some(State::Clear))], "it has answered");
        assert_eq!((back.parts[0].1, back.lag), (Some(State::Clear), None));
        world.now += 21_000;
        world.answered("and on");
        assert_eq!(world.engine.view(world.now).diagnosis, None);
    });
}

#[test]
fn the_incident_that_is_open_is_whole_before_it_is_stored() {
    journey(|world| {
        assert_eq!(world.engine.open_record(), None);
        for n in 0..7 {
            failed(world, &format!("prompt {n}"));
            world.now += 5_000;
        }
        let open = world.engine.open_record().unwrap();
        assert_eq!((open.failed_sends, open.id, open.closed), (7, world.records()[0].id, false));
        assert!(world.records()[0].failed_sends < 7, "the store is behind: {:?}", world.records());
        world.recovery();
        assert_eq!(world.engine.open_record(), None);
    });
}

#[test]
fn what_is_no_outage_and_no_failed_send_is_not_logged() {
    journey(|world| {
        let path = format!("/api/organizations/{ORG}/chat_conversations_v2?limit=30");
        let id = world.start("GET", &path, false, None);
        world.headers(id, 500, "application/json");
        world.refused("hello", 401, "application/json", &error("authentication_error"));
        world.wait(40 * 60_000);
        assert_eq!(world.records(), []);
    });
}

#[test]
fn an_incident_that_nobody_sees_end_has_no_recovery() {
    journey(|world| {
        failed(world, "hello");
        world.wait(31 * 60_000);
        assert_eq!(world.engine.state(), State::Blind);
        let record = world.records().remove(0);
        assert_eq!((record.closed, record.recovered, record.last), (true, None, T0));
        assert!(record.lasted().at_least);
    });
}

#[test]
fn the_log_is_written_for_what_is_new_and_not_for_every_failure() {
    let mut world = World::new(false);
    let mut writes = 0;
    for n in 0..64 {
        let before = world.local.iter().find(|(key, _)| key.starts_with("incident:")).map(|(_, value)| value.clone());
        failed(&mut world, &format!("prompt {n}"));
        world.now += 5_000;
        let after = world.local.iter().find(|(key, _)| key.starts_with("incident:")).map(|(_, value)| value.clone());
        writes += usize::from(before != after);
    }
    assert!(writes <= 9, "{writes} writes for 64 failures");
    world.recovery();
    assert_eq!(world.records()[0].failed_sends, 64, "the end is written whole");
}

#[test]
fn the_log_keeps_the_newest_five_hundred() {
    let mut world = World::new(false);
    for _ in 0..incident::MAX_RECORDS + 3 {
        failed(&mut world, "hello");
        world.now += 1_000;
        // Enough goes well in between for the next failure to be one of its own.
        for _ in 0..8 {
            world.answered("hello");
            world.now += 60_000;
        }
    }
    let records = world.records();
    assert_eq!(records.len() as u64, incident::MAX_RECORDS);
    assert!(records[0].since > T0, "the oldest went");
    assert_eq!(records.last().map(|record| record.closed), Some(true));
    world.page_act(Act::Forget { entry: incident::LOG.into() });
    assert_eq!((world.records(), world.watched().of(Month::of(T0))), (Vec::new(), None));
    assert!(!world.local.contains_key("watch"));
}

#[test]
fn a_damaged_record_is_set_aside() {
    let stored = Stored {
        session: None,
        local: vec![
            ("incident:10".into(), r#"{"n":[0,10,7],"t":[""]}"#.into()),
            ("incident:11".into(), r#"{"n":[0,10,7],"t":[""]}"#.into()),
            ("incident:12".into(), "{".into()),
            ("watch".into(), r#"{"n":[0,1,2],"t":[""]}"#.into()),
        ],
    };
    let mut engine = Engine::restore(config(), stored, T0);
    let mut aside = Vec::new();
    while let Some(output) = engine.poll() {
        if let Output::Persist { area: Area::Local, key, value: Some(_) } = output {
            aside.push(key);
        }
    }
    assert_eq!(aside, ["aside:incident:11", "aside:incident:12", "aside:watch"]);
}

#[test]
fn minutes_in_which_claude_is_used_are_counted_and_the_bad_ones_among_them() {
    journey(|world| {
        for _ in 0..20 {
            world.answered("hello");
            world.answered("again");
            world.now += 60_000;
        }
        for _ in 0..15 {
            failed(world, "hello");
            world.now += 60_000;
        }
        world.recovery();
        for _ in 0..20 {
            world.answered("hello");
            world.now += 60_000;
        }
        let (minutes, bad) = world.watched().of(Month::of(T0)).expect("observed minutes");
        // 20 good ones, 15 bad ones, and 20 of which the first, the recovery's, was bad at its beginning.
        assert_eq!((minutes, bad), (55, 16));
        assert!(world.local.contains_key("watch"));
    });
}

#[test]
fn a_tap_that_hears_nothing_is_not_health() {
    journey(|world| {
        let unheard = |world: &mut World| {
            let id = world.send("hello");
            world.headers(id, 200, "text/event-stream");
            world.step(id, RequestStep::Done);
            world.wait(5_000);
        };
        world.answered("all is well");
        assert_eq!(world.engine.state(), State::Clear);
        let first = world.now;
        unheard(world);
        assert_eq!(world.engine.state(), State::Clear, "one may be a page that is being left");
        unheard(world);
        let view = world.engine.view(world.now);
        assert_eq!(
            (view.state, view.headline.key.as_str(), world.badge.as_str()),
            (State::Blind, "verdict_unheard", "?")
        );
        assert!(view.since.is_some_and(|since| (first..first + 6_000).contains(&since)), "{:?}", view.since);
        assert!(world.reasons().contains(&"seen_unheard".into()));
        world.answered("heard again");
        assert_eq!((world.engine.state(), world.badge.as_str()), (State::Clear, ""));
    });
}

#[test]
fn prompts_that_leave_unread_are_not_health() {
    journey(|world| {
        world.answered("all is well");
        for _ in 0..2 {
            world.now += 60_000;
            let id = world.start("POST", "/v1/mobile/anthropic.claude.v1.ChatService/appendMessage", false, None);
            world.headers(id, 200, "application/grpc-web+proto");
            world.step(id, RequestStep::Done);
        }
        assert_eq!((world.engine.state(), world.headline()), (State::Blind, "verdict_unread".into()));
        assert_eq!(world.engine.view(world.now).since, Some(T0 + 60_000));
        failed(world, "by the old way");
        assert_eq!(world.engine.state(), State::Hiccup, "a failure that is seen is said");
    });
}

#[test]
fn a_redesign_is_not_health_and_an_idle_page_is_not_blindness() {
    journey(|world| {
        let strange = |world: &mut World, times: u32| {
            for n in 0..times {
                world.now += 15_000;
                let id = world.start("GET", &format!("/api/v9/things/{n}"), false, None);
                world.headers(id, 200, "application/json");
                world.step(id, RequestStep::Done);
            }
        };
        let known = |world: &mut World| {
            let id = world.start("GET", "/api/account", false, None);
            world.headers(id, 200, "application/json");
            world.step(id, RequestStep::Done);
        };
        known(world);
        strange(world, 40);
        assert_eq!(world.engine.state(), State::Clear, "it began well, and polls what it likes");
        world.wait(8 * 3_600_000);
        assert_eq!(world.engine.state(), State::Clear, "silence is not blindness");
        world.tell(Input::Hello { tab: TAB, online: true });
        strange(world, 20);
        assert_eq!((world.engine.state(), world.headline()), (State::Blind, "verdict_unread".into()));
        known(world);
        assert_eq!(world.engine.state(), State::Clear);
    });
}

#[test]
fn it_works_for_me_counts_for_this_incident_only() {
    journey(|world| {
        assert_eq!(world.words(), [Act::Say { down: true }]);
        world.outage();
        assert_eq!(world.words(), [Act::Say { down: false }]);
        world.card_act(Act::Say { down: false });
        assert_eq!(world.engine.state(), State::Down, "a claude.ai page has no say in it");
        world.page_act(Act::Say { down: false });
        assert_eq!((world.engine.state(), world.headline()), (State::Clear, "verdict_said_works".into()));
        assert_eq!((world.badge.as_str(), world.words()), ("1", vec![Act::Say { down: true }]));
        assert!(world.reasons().contains(&"seen_said_works".into()) && world.reasons().contains(&"seen_status".into()));
        failed(world, "hello");
        assert_eq!(world.engine.state(), State::Clear);
        assert_eq!(world.title(), "title_failed", "the offer comes all the same");
        world.now += 21_000;
        world.recovery();
        assert_eq!(world.headline(), "verdict_recovered");
        assert_eq!(world.records()[0].word, Some(Word::Works));
        world.now += 60_000;
        world.outage();
        assert_eq!(world.records()[1].word, None);
    });
}

#[test]
fn it_is_down_for_me_counts_until_an_answer() {
    journey(|world| {
        world.answered("hello");
        world.page_act(Act::Say { down: true });
        assert_eq!((world.engine.state(), world.headline()), (State::Down, "verdict_said_down".into()));
        assert_eq!((world.badge.as_str(), world.engine.view(world.now).since), ("down", Some(world.now)));
        assert_eq!(world.records(), [], "a word is no measurement");
        world.now += 5_000;
        world.answered("and on");
        assert_eq!((world.engine.state(), world.headline()), (State::Clear, "verdict_clear".into()));
        world.page_act(Act::Say { down: true });
        failed(world, "hello");
        world.answered("hello");
        assert_eq!(world.engine.state(), State::Clear, "over with its incident");
        world.page_act(Act::Say { down: true });
        world.page_act(Act::Say { down: false });
        assert_eq!((world.engine.state(), world.headline()), (State::Clear, "verdict_clear".into()));
        world.page_act(Act::Say { down: true });
        world.wait(6 * 3_600_000);
        assert_eq!(world.engine.state(), State::Clear, "nobody is held to a word for ever");
    });
}

#[test]
fn contradictions_are_explained() {
    journey(|world| {
        failed(world, "hello");
        world.status_page("operational");
        assert_eq!(world.reasons()[..2], ["seen_green_but_one", "seen_api_up"]);
        world.now += 3_000;
        failed(world, "hello");
        let first = world.engine.view(world.now).evidence[0].say.clone();
        assert_eq!((first.key.as_str(), first.args), ("seen_green_but", vec![Arg::Count(2)]));
        world.now += 21_000;
        world.status_page("major_outage");
        failed(world, "hello");
        assert_eq!(world.reasons()[0], "seen_api_up");
        world.answered("hello");
        assert_eq!((world.engine.state(), world.reasons()[0].as_str()), (State::Recovering, "seen_official_lags"));
        world.now += 21_000;
        world.answered("hello");
        assert_eq!(world.reasons(), [""; 0]);
    });
}

#[test]
fn notices_need_leave_and_are_two_at_most() {
    journey(|world| {
        world.outage();
        world.wait(120_000);
        world.recovery();
        world.wait(120_000);
        assert_eq!(world.notices(), [], "nobody was asked");
        world.allow("notifications");
        world.now += 60_000;
        world.outage();
        assert_eq!(world.notices(), [], "not before it has held");
        world.wait(61_000);
        world.recovery();
        world.wait(61_000);
        world.wait(61_000);
        assert_eq!(world.notices(), [Notice::Down, Notice::Back(0)]);
    });
}

#[test]
fn a_notice_is_woken_for() {
    let mut world = World::new(true);
    world.allow("notifications");
    world.outage();
    let woken = |output: &Output| matches!(output, Output::WakeAt { at } if *at == T0 + 42_000 + 60_000);
    assert!(world.done.iter().any(woken), "{:?}", world.done.last());
}

#[test]
fn claude_is_asked_after_a_failure_until_it_is_back_and_never_while_it_works() {
    journey(|world| {
        world.get(&bootstrap(), 200);
        world.get(&list(), 200);
        world.answered("hello");
        world.live(600, Some(500));
        assert_eq!(world.asked, [], "nothing has failed");
        let minutes = world.watched().of(Month::of(T0));
        let start = world.now;
        world.get(&bootstrap(), 500);
        let title = world.title().to_owned();
        world.live(60, Some(500));
        // The schedule, and the confirmations until the verdict.
        assert_eq!(world.asked_after(start), [2, 5, 7, 10, 13, 16, 17, 32, 52]);
        assert!(world.asked.iter().all(|(_, tab, path)| *tab == TAB && path.starts_with("/edge-api/bootstrap/1111")));
        assert_eq!((world.engine.state(), world.badge.as_str()), (State::Down, "down"));
        assert!(world.reasons().contains(&"seen_asked".into()));
        // What we do is not what a person did.
        let record = &world.records()[0];
        assert_eq!((record.failures, record.failed_sends, record.since), (1, 0, start));
        assert_eq!(world.watched().of(Month::of(T0)), minutes.map(|(all, bad)| (all + 1, bad)));
        assert_eq!((title.as_str(), world.title()), ("title_login", "verdict_down_login"));
        // Service is back, and nobody does anything.
        let back = world.now;
        world.live(60, Some(200));
        assert_eq!((world.engine.state(), world.badge.as_str(), world.title()), (State::Clear, "", ""));
        let record = &world.records()[0];
        assert_eq!((record.failures, record.closed), (1, true));
        assert!(record.recovered.is_some_and(|at| at > back));
        let known = world.asked.len();
        world.live(3_600, Some(200));
        assert_eq!(world.asked.len(), known, "quiet again");
    });
}

#[test]
fn a_page_that_failed_as_a_whole_is_back_without_its_user() {
    let whole = [
        "/new".to_owned(),
        bootstrap(),
        "/api/account".to_owned(),
        list(),
        format!("/api/organizations/{ORG}/chat_conversations/{CHAT}"),
    ];
    for (failed, through) in [(&whole[..], true), (&whole[..1], false), (&whole[3..4], true), (&whole[2..3], true)] {
        journey(|world| {
            world.get(&bootstrap(), 200);
            for path in failed {
                world.get(path, 503);
            }
            // Everything fails, or only this.
            world.live(40, Some(if through { 503 } else { 200 }));
            world.live(60, Some(200));
            assert_eq!((world.engine.state(), world.engine.failing()), (State::Clear, Vec::new()), "{failed:?}");
        });
    }
}

#[test]
fn a_good_list_says_nothing_of_sending() {
    journey(|world| {
        world.get(&list(), 200);
        world.outage();
        world.live(120, Some(200));
        assert!(!world.asked.is_empty());
        assert_eq!((world.engine.state(), world.engine.failing()), (State::Down, vec![Surface::Completion]));
        assert_eq!((world.badge.as_str(), world.title()), ("down", "title_down"), "the prompt waits for its user");
        world.answered("hello");
        assert_eq!(world.engine.state(), State::Recovering);
    });
}

#[test]
fn monitoring_and_one_good_probe_are_a_recovery() {
    journey(|world| {
        world.get(&bootstrap(), 500);
        world.live(40, Some(500));
        assert_eq!(world.engine.state(), State::Down);
        let body = r#"{"status":{"indicator":"major"},"components":[{"id":"rwppv331jlwc","name":"claude.ai","status":"operational"}],"incidents":[{"id":"i","name":"Elevated errors on claude.ai","status":"monitoring","impact":"major","components":[{"id":"rwppv331jlwc","name":"claude.ai","status":"operational"}]}]}"#;
        world.tell(Input::Status(Some(StatusAnswer { status: 200, body: body.into() })));
        let known = world.asked.len();
        while world.asked.len() == known {
            world.wait(1_000);
        }
        world.carry_out(Some(200));
        assert_eq!(world.engine.state(), State::Clear);
    });
}

#[test]
fn nobody_is_asked_where_the_user_said_no_and_at_once_where_they_said_yes() {
    journey(|world| {
        world.configure(false);
        world.get(&bootstrap(), 500);
        world.live(120, Some(500));
        assert_eq!(world.asked, []);
        let start = world.now;
        world.configure(true);
        world.live(10, Some(500));
        assert_eq!(world.asked_after(start), [2, 7]);
        world.configure(false);
        world.live(120, Some(500));
        assert_eq!(world.asked.len(), 2);
    });
}

#[test]
fn nobody_is_asked_without_a_page_or_a_network() {
    journey(|world| {
        world.get(&bootstrap(), 500);
        world.tell(Input::Connectivity { online: false });
        world.live(300, None);
        assert_eq!(world.asked, [], "offline");
        let start = world.now;
        world.tell(Input::Connectivity { online: true });
        world.carry_out(Some(500));
        world.live(30, Some(500));
        assert_eq!(world.asked.len(), 1, "what was missed is not made up for: {:?}", world.asked_after(start));
        world.tell(Input::TabClosed { tab: TAB });
        world.live(600, None);
        assert_eq!(world.asked.len(), 1, "no page");
    });
    // A hiccup that was over when the last page was closed is none of the next one's business.
    journey(|world| {
        world.get(&bootstrap(), 500);
        world.get(&bootstrap(), 200);
        world.tell(Input::TabClosed { tab: TAB });
        world.wait(3_600_000);
        world.tell(Input::Hello { tab: 8, online: true });
        world.live(60, Some(200));
        assert_eq!(world.asked, []);
    });
}

#[test]
fn a_page_without_our_script_is_not_asked_twice() {
    journey(|world| {
        world.tell(Input::Hello { tab: 3, online: true });
        world.now += 1_000;
        world.tell(Input::Hello { tab: 4, online: true });
        let start = world.now;
        world.get(&bootstrap(), 500);
        // Tab 4 has become a page of another site: nothing comes of it.
        for _ in 0..8 {
            world.wait(1_000);
        }
        assert_eq!(
            world.asked.iter().map(|(_, tab, _)| *tab).collect::<Vec<_>>(),
            [4, 3],
            "{:?}",
            world.asked_after(start)
        );
        assert_eq!(world.asked[1].2.matches(ORG).count(), 0, "the organization of another tab is none of its business");
        for _ in 0..30 {
            world.wait(1_000);
        }
        assert_eq!(world.asked.iter().map(|(_, tab, _)| *tab).collect::<Vec<_>>(), [4, 3, TAB]);
        world.tell(Input::Hello { tab: 4, online: true });
        for _ in 0..30 {
            world.wait(1_000);
        }
        assert_eq!(world.asked.last().map(|(_, tab, _)| *tab), Some(4), "a new page is a new chance");
    });
}

#[test]
fn a_probe_is_known_again_and_what_the_page_asks_is_not_taken_for_one() {
    journey(|world| {
        world.get(&list(), 500);
        for _ in 0..2 {
            world.wait(1_000);
        }
        let (_, _, path) = world.asked.last().cloned().expect("a probe");
        assert!(path.contains("chat_conversations_v2?limit=1&"), "{path}");
        // The page's own request at the same time is the page's own.
        world.get(&bootstrap(), 500);
        assert_eq!((world.title(), world.engine.failing().len()), ("title_login", 2));
        // Ours, by the page's service worker; nothing comes of it for a long time, and the bridge gives up.
        let url = format!("https://claude.ai{path}");
        let started = RequestStep::Started { method: "GET".into(), url, document: false, body: None };
        world.tell(Input::Request(Request { id: "ours".into(), tab: -1, step: started }));
        let (asked, known) = (world.asked_status(), world.asked.len());
        for _ in 0..5 {
            world.wait(1_000);
        }
        assert_eq!(world.asked.len(), known, "one at a time");
        let failed = RequestStep::Failed { error: "net::ERR_ABORTED".into() };
        world.tell(Input::Request(Request { id: "ours".into(), tab: -1, step: failed }));
        assert!(world.asked_status() > asked, "whose fault the silence is, a neutral origin must say");
        world.status_page("operational");
        world.live(5, Some(200));
        assert_eq!(world.asked.len(), known + 1, "and then the next one goes out");
        assert_eq!(world.title(), "title_login", "no card is about a probe");
    });
}

#[test]
fn a_recovery_that_only_probes_have_seen_is_told() {
    journey(|world| {
        world.allow("notifications");
        world.get(&bootstrap(), 500);
        world.live(120, Some(500));
        assert_eq!(world.notices(), [Notice::Down]);
        world.live(200, Some(200));
        assert_eq!(world.notices(), [Notice::Down, Notice::Back(0)]);
    });
}

/// Not a real key; in no file as it is.
fn with_a_key() -> (String, String) {
    let key = format!("sk-ant-api03-{}", "a1B2c3D4e5F6g7H8".repeat(5));
    (format!("why is {key} refused?"), key)
}

fn choose(job: &str, text: Option<&str>, along: Along) -> Act {
    Act::Choose { job: job.into(), text: text.map(UserText::new), along: along.0, copied: false }
}

fn typed(world: &World) -> Option<String> {
    world.done.iter().rev().find_map(|output| match output {
        Output::Fill { order, .. } => Some(order.text.reveal().to_owned()),
        _ => None,
    })
}

#[test]
fn a_secret_in_a_prompt_stops_at_the_handoff_page() {
    let (prompt, key) = with_a_key();
    for masked in [true, false] {
        journey(|world| {
            // All that one click needs is there.
            world.allow("https://chatgpt.com/*");
            failed(world, &prompt);
            world.click_main();
            let (job, target) = world.opened();
            assert_eq!(target, Target::HandoffPage);
            world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
            let view = world.handoff_view(&job).unwrap();
            assert_eq!((view.origin, view.consent, view.by_hand, view.chosen), (None, false, false, false));
            assert_eq!(view.text.reveal(), prompt);
            // Before it is said what goes, nothing goes, by no way.
            world.page_act(Act::Decided { job: job.clone(), granted: true });
            world.page_act(Act::PasteByHand { job: job.clone() });
            assert_eq!(world.opened().1, Target::HandoffPage);
            let safe = prompt.replace(&key, "[an API key]");
            let (text, flag) = if masked { (Some(safe.as_str()), Along::MASKED) } else { (None, Along::SECRETS) };
            world.page_act(choose(&job, text, Along::new(flag, 0)));
            world.page_act(Act::Decided { job: job.clone(), granted: true });
            assert_eq!(world.opened().1, Target::Web { url: "https://chatgpt.com/".into() });
            world.loaded(&job, 41);
            let goes = if masked { &safe } else { &prompt };
            assert_eq!(typed(world).as_ref(), Some(goes));
            // The page's redirect, and a technique that was wrong, change nothing about that.
            world.filled(&job, FillOutcome::Written, Some("half"));
            assert_eq!(typed(world).as_ref(), Some(goes));
            world.filled(&job, FillOutcome::Written, Some(goes));
            assert_eq!(world.line(2), "handed_verified");
            let left = world.engine.left();
            assert_eq!(left.len(), 1);
            assert_eq!((left[0].provider.as_str(), left[0].way, left[0].at), ("chatgpt", Way::Typed, world.now));
            assert_eq!((left[0].size, left[0].along.has(flag)), (goes.chars().count() as u64, true));
            // The prompt itself is kept as it was.
            assert_eq!(world.engine.view(world.now).prompts[0].head.reveal(), prompt);
        });
    }
}

#[test]
fn a_prompt_without_a_secret_is_one_click() {
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, "what is a UUID such as 550e8400-e29b-41d4-a716-446655440000?");
        world.click_main();
        assert!(matches!(world.opened().1, Target::Web { .. }));
    });
}

#[test]
fn what_goes_along_is_asked_where_something_does() {
    journey(|world| {
        let settings = Settings { fallbacks: vec!["chatgpt".into()], along: 2, ..Settings::default() };
        world.page_act(Act::Configure { settings });
        world.allow("https://chatgpt.com/*");
        failed(world, "and now?");
        world.click_main();
        let (job, target) = world.opened();
        assert_eq!(target, Target::HandoffPage);
        world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
        let view = world.handoff_view(&job).unwrap();
        assert_eq!((view.along, view.conversation.as_deref()), (2, Some(CHAT)));
        let pack = "Me:\nfirst\n\nClaude:\nanswer\n\nMe:\nand now?";
        world.page_act(choose(&job, Some(pack), Along::new(0, 2)));
        world.page_act(Act::Decided { job: job.clone(), granted: true });
        world.loaded(&job, 41);
        assert_eq!(typed(world).as_deref(), Some(pack));
        // Read back is what went, not the prompt.
        world.filled(&job, FillOutcome::Written, Some(pack));
        assert_eq!(world.line(2), "handed_verified");
        assert_eq!(world.engine.left()[0].along.messages(), 2);
    });
}

#[test]
fn a_text_that_is_not_on_the_clipboard_is_not_said_to_be() {
    let (prompt, _) = with_a_key();
    journey(|world| {
        world.allow("https://chatgpt.com/*");
        failed(world, &prompt);
        // The card has put the prompt itself on the clipboard; what goes is another text.
        let job = world.goes_on();
        world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
        world.page_act(choose(&job, Some("masked"), Along::new(Along::MASKED, 0)));
        world.page_act(Act::Decided { job: job.clone(), granted: true });
        world.loaded(&job, 41);
        world.filled(&job, FillOutcome::NoComposer, None);
        // So the page comes back that can copy it, and shows the text that was chosen.
        assert_eq!(world.opened().1, Target::HandoffPage);
        world.tell(Input::Opened { job: job.clone(), tab: Some(42) });
        let view = world.handoff_view(&job).unwrap();
        assert_eq!((view.text.reveal(), view.by_hand, view.chosen), ("masked", true, true));
        world.page_act(Act::PasteByHand { job: job.clone() });
        world.tell(Input::Opened { job, tab: Some(42) });
        assert_eq!(world.line(2), "handed_clipboard");
        let left = world.engine.left();
        assert_eq!((left.len(), left[0].way, left[0].size), (1, Way::Clipboard, 6));
    });
}

#[test]
fn the_log_of_what_left_is_bounded_and_can_be_deleted() {
    journey(|world| {
        failed(world, "the secret plan");
        for _ in 0..3 {
            let job = world.goes_on();
            world.tell(Input::Opened { job, tab: Some(40) });
            world.now += 1_000;
        }
        let left = world.engine.left();
        assert_eq!(left.len(), 3);
        assert!(left.is_sorted_by_key(|one| std::cmp::Reverse(one.at)), "the newest first");
        assert_eq!((left[0].way, left[0].size, left[0].along), (Way::Link, 15, Along::default()));
        assert!(!world.local[left::KEY].contains("secret"));
        let entries = world.prompts();
        world.page_act(Act::Forget { entry: left::KEY.into() });
        assert!(world.engine.left().is_empty() && !world.local.contains_key(left::KEY));
        assert_eq!(world.prompts(), entries);
        // A damaged log is set aside, and begins anew.
        world.local.insert(left::KEY.into(), "damaged".into());
        world.restart();
        assert_eq!(world.local.get("aside:left").map(String::as_str), Some("damaged"));
        let job = world.goes_on();
        world.tell(Input::Opened { job, tab: Some(40) });
        assert_eq!(world.engine.left().len(), 1);
    });
    journey(|world| {
        failed(world, "hi");
        for _ in 0..250 {
            let job = world.goes_on();
            world.tell(Input::Opened { job, tab: Some(40) });
        }
        assert_eq!(world.engine.left().len(), left::MAX_LINES);
    });
}

#[test]
fn an_address_of_ones_own_is_screened_as_well() {
    let (prompt, _) = with_a_key();
    journey(|world| {
        let settings = Settings {
            fallbacks: vec!["custom".into()],
            custom_url: "https://chat.example/?q={prompt}".into(),
            ..Settings::default()
        };
        world.agree("https://chat.example/?q={prompt}\n");
        world.page_act(Act::Configure { settings });
        failed(world, &prompt);
        world.click_main();
        let (job, target) = world.opened();
        assert_eq!(target, Target::HandoffPage);
        world.tell(Input::Opened { job: job.clone(), tab: Some(41) });
        let view = world.handoff_view(&job).unwrap();
        assert!(!view.by_hand && matches!(view.budget, Budget::Encoded(_)), "{view:?}");
        let long = UserText::new("x".repeat(50_000));
        assert!(world.engine.handoff_view_of(&job, Some(&long)).unwrap().by_hand);
        world.page_act(choose(&job, Some("masked"), Along::new(Along::MASKED, 0)));
        world.page_act(Act::Decided { job, granted: true });
        assert_eq!(world.opened().1, Target::Web { url: "https://chat.example/?q=masked".into() });
    });
}

impl World {
    fn types(&mut self, tab: i64, path: &str, text: &str) {
        let url = format!("https://claude.ai{path}");
        self.tell(Input::Draft { tab, url, text: UserText::new(text) });
        self.now += 500;
    }

    /// Text, state in words and whether it stands in a composer, of all that is saved, the newest first.
    fn rows(&self) -> Vec<(String, String)> {
        let rows = self.engine.view(self.now).prompts.into_iter();
        rows.map(|row| (row.head.reveal().to_owned(), row.label.key)).collect()
    }
}

fn draft(text: &str) -> (String, String) {
    (text.to_owned(), "state_draft".to_owned())
}

#[test]
fn what_is_typed_is_kept_until_it_is_sent() {
    journey(|world| {
        let chat = format!("/chat/{CHAT}");
        world.types(TAB, &chat, "Dear");
        world.types(TAB, &chat, "Dear Claude,\nhow");
        assert_eq!(world.rows(), [draft("Dear Claude,\nhow")]);
        assert_eq!(world.prompts(), 1, "in the lasting store");
        assert!(world.local.values().any(|text| text == "Dear Claude,\nhow"), "{:?}", world.local);
        // Another conversation, and a new chat in two tabs, each have their own.
        world.types(TAB, "/new", "Elsewhere");
        world.types(TAB + 1, "/new?q=incognito-mode", "Elsewhere, too");
        assert_eq!(world.rows().len(), 3);
        // The site's own Markdown of it differs in white space. The page empties the composer, and it is read again a moment later.
        let id = world.send("Dear Claude,\n\nhow ");
        world.types(TAB, &chat, "");
        assert_eq!(world.rows()[0].1, "state_unknown");
        assert_eq!(world.rows().len(), 3, "{:?}", world.rows());
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        // The page puts it back after the failure: that is the prompt, and not another one.
        world.types(TAB, &chat, "Dear Claude,\nhow");
        assert_eq!(world.rows().len(), 3);
        // Somebody goes on writing there.
        world.types(TAB, &chat, "Dear Claude,\nhow are you");
        assert_eq!(world.rows()[0], draft("Dear Claude,\nhow are you"));
        assert_eq!(world.rows().len(), 4);
    });
}

#[test]
fn a_page_that_begins_anew_takes_no_draft_over_by_the_number_of_its_tab() {
    journey(|world| {
        let (first, longer) = ("A long thought that nobody has sent", "A long thought that nobody has sent yet");
        world.types(TAB, "/new", first);
        // Loaded anew, its composer is empty.
        world.tell(Input::Hello { tab: TAB, online: true });
        world.types(TAB, "/new", "Hi");
        assert_eq!(world.rows(), [draft("Hi"), draft(first)]);
        // Where the page has put it back by itself, it is the same one.
        world.tell(Input::Hello { tab: TAB, online: true });
        world.types(TAB, "/new", longer);
        assert_eq!(world.rows().len(), 2, "{:?}", world.rows());
        assert!(world.rows().contains(&draft(longer)), "{:?}", world.rows());
        // The browser was closed; a tab gets the number again.
        world.session = None;
        world.restart();
        world.types(TAB, "/new", "Something else");
        assert_eq!(world.rows().len(), 3, "{:?}", world.rows());
        // They are kept as drafts are, not as what vanished from a composer.
        world.wait(25 * 3_600_000);
        assert_eq!(world.rows().len(), 3, "{:?}", world.rows());
    });
}

#[test]
fn what_is_written_in_a_page_of_ours_is_kept_and_goes_where_any_prompt_goes() {
    journey(|world| {
        let write =
            |world: &mut World, field, text: &str| world.page_act(Act::Write { field, text: UserText::new(text) });
        write(world, 7, "Where");
        write(world, 7, "Where do");
        write(world, 7, "Where do I write now?");
        assert_eq!(world.rows(), [draft("Where do I write now?")]);
        assert!(world.local.values().any(|text| text == "Where do I write now?"), "{:?}", world.local);
        // Another life of the field is another prompt, and an emptied one is kept as what vanishes from a composer is.
        write(world, 8, "Anew");
        write(world, 8, "");
        assert_eq!(world.rows(), [draft("Anew"), draft("Where do I write now?")]);
        world.wait(25 * 3_600_000);
        assert_eq!(world.rows(), [draft("Where do I write now?")]);
        // It goes back into a new chat, as whatever was written for one.
        world.allow("https://claude.ai/*");
        assert_eq!(put_back(world).1, "https://claude.ai/new");
        // A card has no field.
        world.card_act(Act::Write { field: 9, text: UserText::new("from a page") });
        assert_eq!(world.rows().len(), 1);
    });
}

#[test]
fn a_first_message_is_no_draft_any_more_though_its_chat_is_new() {
    journey(|world| {
        world.types(TAB, "/new", "First of all");
        let body = serde_json::json!({"prompt": "First of all", "create_conversation_params": {"name": ""}});
        world.start("POST", &completion(), false, Some(body.to_string().into_bytes()));
        assert_eq!(world.rows(), [("First of all".to_owned(), "state_unknown".to_owned())]);
        assert_eq!(world.prompts(), 1);
        world.types(TAB, &format!("/chat/{CHAT}"), "");
        assert_eq!(world.rows().len(), 1);
    });
}

#[test]
fn what_vanishes_from_a_composer_is_kept_for_a_day() {
    journey(|world| {
        world.types(TAB, "/new", "Not meant to be lost");
        world.types(TAB, "/new", " \n");
        assert_eq!(world.rows(), [draft("Not meant to be lost")]);
        // It comes back, and goes on.
        world.types(TAB, "/new", "Not meant to be lost at all");
        assert_eq!(world.rows(), [draft("Not meant to be lost at all")]);
        world.types(TAB, "/new", "");
        // Something else is another draft.
        world.types(TAB, "/new", "Anew");
        assert_eq!(world.rows(), [draft("Anew"), draft("Not meant to be lost at all")]);
        world.wait(25 * 3_600_000);
        assert_eq!(world.rows(), [draft("Anew")]);
        assert_eq!(world.prompts(), 1);
        world.wait(8 * 24 * 3_600_000);
        assert_eq!(world.rows(), []);
    });
}

#[test]
fn a_draft_is_known_again_after_a_restart_of_the_browser() {
    journey(|world| {
        world.types(TAB, "/new", "A long enough beginning");
        world.session = None;
        world.restart();
        world.types(90, "/new", "A long enough beginning and more");
        assert_eq!(world.rows(), [draft("A long enough beginning and more")]);
        // It can be taken elsewhere as any prompt.
        let entry = world.engine.view(world.now).prompts[0].entry.clone();
        world.page_act(Act::HandOff { provider: "chatgpt".into(), entry: Some(entry), copied: true });
        assert!(
            matches!(world.opened().1, Target::Web { url } if url.contains("A%20long%20enough%20beginning%20and%20more"))
        );
    });
}

#[test]
fn nothing_that_is_typed_into_a_temporary_chat_is_written_down() {
    journey(|world| {
        let chat = format!("/chat/{CHAT}");
        world.types(TAB, "/new?incognito", "secret");
        world.types(TAB, "/new?model=x&incognito=true#top", "secret");
        let body = serde_json::json!({"prompt": "secret", "create_conversation_params": {"is_temporary": true}});
        let id = world.start("POST", &completion(), false, Some(body.to_string().into_bytes()));
        world.headers(id, 500, "application/json");
        world.step(id, RequestStep::Done);
        world.types(TAB, &chat, "secret, and on");
        assert!(world.local.values().all(|value| !value.contains("secret")), "{:?}", world.local);
        assert!(world.rows().iter().all(|(_, label)| label != "state_draft"));
        // Other pages are none of ours.
        for url in ["https://claude.ai.evil.example/new", "https://evil.example/", "", "https://claude.ai"] {
            world.tell(Input::Draft { tab: TAB, url: url.into(), text: UserText::new("other") });
        }
        assert!(world.rows().iter().all(|(text, _)| text == "secret"));
    });
}

/// A prompt of 100,000 characters, and a word at its end that is not in its beginning.
fn long(name: &str) -> String {
    format!("{name} {} the-very-end", "naïve 🧑‍💻 ".repeat(11_000))
}

#[test]
fn a_text_is_written_once_and_before_its_facts() {
    let mut world = World::new(false);
    let text = long("first");
    let (mut texts, mut facts) = (0, 0);
    let id = world.requests + 1;
    let body = serde_json::json!({"prompt": text, "model": "claude-opus-4-8"}).to_string().into_bytes();
    let headers = Headers { content_type: Some("application/json".into()), ..Headers::default() };
    let started = RequestStep::Started { method: "POST".into(), url: url(), document: false, body: Some(body) };
    for step in [started, RequestStep::Headers { status: 503, headers }, RequestStep::Done] {
        world.engine.handle(Input::Request(Request { id: id.to_string(), tab: TAB, step }), world.now);
        while let Some(output) = world.engine.poll() {
            let Output::Persist { key, value: Some(value), .. } = output else { continue };
            if key.starts_with("text:") {
                assert_eq!((facts, value.as_str()), (0, text.as_str()), "the text comes first");
                texts += 1;
            } else {
                assert!(!value.contains("the-very-end"), "the text is in {key}");
                assert!(value.len() < 20_000, "{key}");
                facts += usize::from(key.starts_with("entry:"));
            }
        }
    }
    assert!(texts == 1 && facts >= 2, "{texts} {facts}");
}

#[test]
fn a_prompt_that_was_stored_with_its_text_inside_is_taken_over() {
    let old = |id: &str, text: &str| {
        let json =
            serde_json::json!({"id": id, "at": T0, "touched": T0, "state": "not-sent", "text": text, "attempts": 1});
        (format!("entry:{id}"), json.to_string())
    };
    let store: BTreeMap<String, String> = [old("1-1", &long("one")), old("2-1", "two")].into();
    // The browser may be stopped after any of the writes that this takes: the next start goes on.
    for writes in 0..=4 {
        let mut local = store.clone();
        let mut done = 0;
        for life in 0..2 {
            let keys: Vec<String> = local.keys().cloned().collect();
            let needed = needed_at_start(&keys).into_iter().map(|key| (key.to_owned(), local[key].clone())).collect();
            let mut engine = Engine::restore(config(), Stored { session: None, local: needed }, T0);
            while let Some(output) = engine.poll() {
                let Output::Persist { area: Area::Local, key, value } = output else { continue };
                done += 1;
                if life == 0 && done > writes {
                    break;
                }
                match value {
                    Some(value) => drop(local.insert(key, value)),
                    None => drop(local.remove(&key)),
                }
            }
            assert_eq!(engine.view(T0).prompts.len(), 2, "after {writes} writes");
        }
        assert_eq!(local.get("text:1-1"), Some(&long("one")), "after {writes} writes");
        assert_eq!(local.get("text:2-1").map(String::as_str), Some("two"));
        assert_eq!(local.len(), 4, "{:?}", local.keys());
        assert!(local.iter().all(|(key, value)| key.starts_with("text:") || !value.contains("the-very-end")));
    }
}

#[test]
fn a_text_without_its_facts_is_a_prompt_of_which_nothing_more_is_known() {
    journey(|world| {
        world.local.insert("text:1772451419999-1".into(), long("orphan"));
        world.restart();
        let view = world.engine.view(world.now);
        assert_eq!(view.prompts.len(), 1);
        assert_eq!((view.prompts[0].at, view.prompts[0].state), (T0 - 1, EntryState::Unknown));
        assert_eq!(view.prompts[0].chars, long("orphan").chars().count());
        world.page_act(Act::Copy { entry: "1772451419999-1".into() });
        let copied = world
            .done
            .iter()
            .any(|output| matches!(output, Output::Copy { text, .. } if text.reveal() == long("orphan")));
        assert!(copied);
        // Deleted, it does not come back.
        world.page_act(Act::ForgetAll {});
        world.restart();
        assert_eq!((world.prompts(), world.engine.view(world.now).saved), (0, 0));
    });
}

#[test]
fn a_text_that_is_missing_or_another_one_is_said_and_nothing_is_deleted() {
    for damage in [None, Some("something else")] {
        journey(|world| {
            let text = long("precious");
            failed(world, &text);
            let key = world.local.keys().find(|key| key.starts_with("text:")).cloned().expect("a text");
            match damage {
                None => drop(world.local.remove(&key)),
                Some(other) => drop(world.local.insert(key.clone(), other.to_owned())),
            }
            world.restart();
            world.click_main();
            // The fallback is opened all the same, and empty.
            let (job, target) = world.opened();
            assert!(matches!(target, Target::Web { url } if !url.contains("precious")));
            world.tell(Input::Opened { job, tab: Some(9) });
            assert_eq!(
                (world.line(1), world.engine.view(world.now).prompts[0].label.key.as_str()),
                ("saved_lost", "state_lost")
            );
            assert_eq!(
                world.engine.view(world.now).prompts[0].head.reveal(),
                text.chars().take(200).collect::<String>()
            );
            assert_eq!(world.local.get(&key).map(String::as_str), damage);
            // Sent again, it is stored again.
            failed(world, &text);
            assert_eq!(world.local.get(&key), Some(&text));
            assert_eq!(world.line(1), "saved_not_sent");
        });
    }
}

#[test]
fn a_temporary_prompt_has_no_text_in_the_lasting_store() {
    journey(|world| {
        let body = serde_json::json!({
            "prompt": long("secret"), "create_conversation_params": {"is_temporary": true},
        });
        let id = world.start("POST", &completion(), false, Some(body.to_string().into_bytes()));
        world.headers(id, 503, "application/json");
        world.step(id, RequestStep::Done);
        assert!(world.local.keys().all(|key| !key.starts_with("text:") && !key.starts_with("entry:")));
        let row = &world.engine.view(world.now).prompts[0];
        assert_eq!(row.text.as_ref().map(UserText::reveal), Some(long("secret").as_str()), "the page has it at once");
    });
}
