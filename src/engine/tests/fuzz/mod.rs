//! What must hold of every reader, whatever bytes come: one function for each.
//!
//! The same functions are run by the fuzzer (`cargo xtask fuzz`, the folder `fuzz/`) on bytes that it makes up for as long as
//! it is let, and by `corpus.rs` on the committed corpus and its mutations in every run of the tests. A function fails by
//! panicking.

use understudy_engine::claude::{
    self, ANSWERS, Answer, ENDPOINTS, IN_STREAM, Role, SITE, STATUS_URL, SseEvent, SseReader, StreamMark, TRANSPORT,
};
use understudy_engine::incident::{self, Record};
use understudy_engine::json::{Json, Writer};
use understudy_engine::moment::{Month, clock, rfc3339};
use understudy_engine::outbox::{Entry, EntryState};
use understudy_engine::provider::{self, CUSTOM, Settings, Template};
use understudy_engine::receipt::{Form, Receipt};
use understudy_engine::statistics::{self, Target};
use understudy_engine::verdict::State;
use understudy_engine::{
    Act, Area, Cause, Class, Config, Engine, Fact, FillReport, Headers, Input, Output, Platform, Request, RequestStep,
    StatusAnswer, Stored, Surface, entry_key, text_key,
};

/// A reader by the name of its fuzz target and of its folder in the corpus.
pub type Property = (&'static str, fn(&[u8]));

/// Every reader of what others wrote.
pub const PROPERTIES: &[Property] = &[
    ("answers", answers),
    ("endpoints", endpoints),
    ("entries", entries),
    ("json", json),
    ("records", records),
    ("send", send),
    ("settings", settings),
    ("snapshot", snapshot),
    ("status", status),
    ("streams", streams),
    ("times", times),
    ("transport", transport),
];

const NOW: u64 = 1_772_451_420_000;

/// A response: the request's method and URL, the status, `content-type`, `cf-mitigated` and `location`, each on a line (an
/// empty one is none), then the body if there is a sixth line.
pub fn answers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(6, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (request, status) = (line(), line().trim().parse::<u16>().unwrap_or_default());
    let mut header = || Some(line()).filter(|value| !value.is_empty());
    let (content_type, cf_mitigated, location) = (header(), header(), header());
    let body = lines.next();
    let (method, url) = request.split_once(' ').unwrap_or(("GET", request));
    let Some(endpoint) = claude::endpoint(method, url) else { return };
    let answer = Answer { status, content_type, cf_mitigated, location, body };
    let (row, cause) = claude::explain(&endpoint, &answer);
    assert_eq!(cause, claude::classify(&endpoint, &answer), "the same answer is judged once");
    assert!(ANSWERS.iter().chain(IN_STREAM).any(|known| known.name == row), "{row}");
    assert_eq!(cause.status, (status > 0).then_some(status));
    assert_eq!(cause.transport, None, "an answer is no failure of the network");
    cause_in_bounds(&cause);
    if cause.strong {
        assert!(endpoint.weight >= 1.0, "strong evidence has a full vote: {row}");
    }
    if endpoint.role == Role::Ignored {
        assert_eq!(cause.class, Class::Ignored, "telemetry is dropped before anything else");
    }
    if cf_mitigated.is_some_and(|value| value == "challenge") && endpoint.role != Role::Ignored {
        assert_eq!(cause.class, Class::Challenge, "a challenge is told by its header: {row}");
    }
    // Of 4xx only "Rate exceeded" and a site that is read-only speak against Claude; of 3xx and below 200 nothing does.
    if cause.class.votes() {
        let read_only = cause.code.as_deref() == Some("read_only_mode");
        match status {
            0..200 | 300..400 => panic!("{status} speaks against Claude: {row}"),
            400..500 => assert!(status == 429 || read_only, "{status} speaks against Claude: {row}"),
            _ => {}
        }
    }
    let _ = claude::fault(&cause);
}

/// A stream. However it is cut into pieces, the events are the same; written again, they are read again.
pub fn streams(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let whole = SseReader::default().push(&text);
    let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    // Every cut of a short stream, some forty of a long one.
    let step = if cuts.len() <= 300 { 1 } else { cuts.len() / 40 };
    for at in cuts.iter().step_by(step) {
        let mut reader = SseReader::default();
        let mut events = reader.push(&text[..*at]);
        events.extend(reader.push(&text[*at..]));
        assert_eq!(events, whole, "cut at {at}");
    }
    let mut reader = SseReader::default();
    let single: Vec<SseEvent> = text.chars().flat_map(|c| reader.push(c.encode_utf8(&mut [0; 4]))).collect();
    assert_eq!(single, whole, "a character at a time");
    let mut again = String::new();
    for event in &whole {
        assert!(!event.name.contains(['\r', '\n']) && !event.data.contains('\r'), "{event:?}");
        if !event.name.is_empty() {
            again.extend(["event: ", &event.name, "\n"]);
        }
        for line in event.data.split('\n') {
            again.extend(["data: ", line, "\n"]);
        }
        again.push('\n');
    }
    assert_eq!(SseReader::default().push(&again), whole, "written again");
    for event in &whole {
        match claude::stream_event(&event.name, &event.data) {
            StreamMark::Start { model } => assert!(model.is_none_or(|model| is_word(&model))),
            StreamMark::Error(cause) => cause_in_bounds(&cause),
            StreamMark::Limit(cause) => {
                assert_eq!((cause.class, cause.strong), (Class::UserLimit, false));
                cause_in_bounds(&cause);
            }
            StreamMark::Stopped | StreamMark::Terminal | StreamMark::Other => {}
        }
    }
}

/// The status page. Whatever it says, it alone makes no verdict and opens no incident.
pub fn status(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let read = claude::parse_status(&text);
    assert_eq!(claude::parse_status(&format!(" \n{text}")), read, "space before it means nothing");
    if let Some(official) = &read {
        assert!(official.incidents.len() <= 20);
        assert!(official.incidents.iter().all(|one| one.name.len() <= 200));
        assert!(official.incidents.iter().all(|one| !(one.touches_claude_ai && one.untagged)), "{official:?}");
    }
    let mut engine = restored(None, Vec::new());
    engine.handle(Input::Hello { tab: 1, online: true }, NOW);
    let _ = drained(&mut engine);
    let before = engine.state();
    engine.handle(Input::Status(Some(StatusAnswer { status: 200, body: text })), NOW);
    assert_eq!((engine.state(), engine.since()), (before, None), "no verdict by the status page alone");
    assert!(matches!(before, State::Clear | State::Blind), "{before:?}");
    let fetched = drained(&mut engine).iter().any(|output| matches!(output, Output::FetchStatus { .. }));
    assert!(!fetched, "no request while Claude works ({STATUS_URL})");
    let _ = engine.view(NOW);
}

/// The body of a completion request, or a conversation's tree.
pub fn send(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let uuid = |id: &String| id.len() == 36 && !id.bytes().any(|b| b.is_ascii_uppercase());
    let human = claude::human_messages(&text);
    assert!(human.len() <= 1_000 && human.iter().all(uuid));
    let read = claude::parse_send(data);
    if let Some(send) = &read {
        assert!(send.attachments.len() <= 100 && send.attachments.iter().all(|name| name.len() <= 256));
        assert!(send.human_message.iter().chain(&send.parent).all(uuid), "{send:?}");
        assert!(send.model.as_ref().is_none_or(|model| is_word(model)));
        assert!(!format!("{send:?}").contains(&format!("{:?}", send.prompt.reveal())) || send.prompt.chars() < 40);
        // The prompt survives being sent again.
        let body = serde_json::json!({"prompt": send.prompt.reveal()}).to_string();
        assert!(claude::parse_send(body.as_bytes()).is_some_and(|again| again.prompt == send.prompt));
    }
    // What is whole JSON with a prompt in it is never missed. (No key of the site is as long as that.)
    if data.len() <= 4_096
        && let Ok(whole) = serde_json::from_slice::<serde_json::Value>(data)
        && let Some(prompt) = whole["prompt"].as_str()
    {
        assert!(read.is_some_and(|send| send.prompt.reveal() == prompt), "the prompt is lost");
    }
}

/// A request: its method, a space, its URL.
pub fn endpoints(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (method, url) = text.split_once(' ').unwrap_or(("GET", &text));
    let found = claude::endpoint(method, url);
    let page = claude::page(url);
    assert_eq!(page.is_none(), claude::endpoint("GET", url).is_none());
    assert!(!claude::is_forced_logout(url) || found.is_some(), "only claude.ai signs out of claude.ai");
    if let Some(organization) = claude::organization(url) {
        assert!(url.starts_with(SITE) && organization.len() == 36, "{organization}");
        let probe = [SITE, &claude::probe(Surface::List, organization)].concat();
        assert_eq!(claude::endpoint("GET", &probe).map(|probe| probe.surface), Some(Surface::List));
    }
    for endpoint in [&found, &page].into_iter().flatten() {
        assert!([0.0, 0.25, 1.0].contains(&endpoint.weight), "{endpoint:?}");
        assert!(endpoint.row == "else" || ENDPOINTS.iter().any(|row| row.name == endpoint.row), "{endpoint:?}");
        assert!(endpoint.conversation.is_none_or(|id| id.len() == 36 && url.contains(id)), "{endpoint:?}");
        let _ = claude::look(endpoint, url);
    }
    let Some(found) = found else { return };
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    assert!(scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss"), "{url}");
    // Only the path decides.
    if !url.contains(['?', '#']) {
        for more in ["?", "?rendering_mode=raw&tree=True", "#a/b", "?to=https://claude.ai/api/organizations"] {
            let longer = format!("{url}{more}");
            assert_eq!(claude::endpoint(method, &longer).as_ref(), Some(&found), "{more}");
        }
    }
}

/// The engine's own JSON: as `serde_json` reads it, and every message of ours survives being written.
pub fn json(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let ours = Json::parse(&text);
    let theirs = serde_json::from_str::<serde_json::Value>(&text).ok();
    match (&ours, &theirs) {
        (Some(ours), Some(theirs)) => assert_same(ours, theirs),
        // Nesting has a limit of its own in each.
        (None, Some(_)) => assert!(text.matches(['[', '{']).count() > 100, "serde_json reads it"),
        // Half a surrogate pair is read as U+FFFD.
        (Some(_), None) => assert!(text.contains("\\u") || text.matches(['[', '{']).count() > 100, "it is no JSON"),
        (None, None) => {}
    }
    let Some(ours) = ours else { return };
    if let Json::Object(members) = &ours {
        let written = written(members).finish();
        let again =
            Json::parse(&written).map(|json| if let Json::Object(members) = json { members } else { Vec::new() });
        let kept: Vec<_> = members.iter().filter(|(_, value)| is_writable(value)).cloned().collect();
        assert_eq!(again, Some(kept), "what is written is read");
    }
    if let Some(fact) = Fact::parse(&text) {
        let wire = serde_json::to_string(&fact).expect("a fact is JSON");
        assert_eq!(Fact::parse(&wire), Some(fact));
    }
    if let Some(act) = Act::read(ours.clone()) {
        let wire = serde_json::to_string(&act).expect("an act is JSON");
        assert_eq!(Json::parse(&wire).and_then(Act::read), Some(act));
    }
    let _ = FillReport::read(ours);
}

/// A stored prompt. What can be read is written as it was read, and comes back after a start; what cannot is set aside.
pub fn entries(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let read = Entry::parse(&text);
    let key = entry_key(&read.as_ref().map_or_else(|| "1-1".to_owned(), |entry| entry.id.clone()));
    let mut engine = restored(None, vec![(key.clone(), text.clone())]);
    let view = engine.view(NOW);
    let Some(entry) = read else {
        return assert_aside(&mut engine, &key, &text);
    };
    assert_eq!(Entry::parse(&entry.whole()).as_ref(), Some(&entry));
    assert_eq!(Entry::parse(&entry.write()), Some(Entry { text: None, apart: true, ..entry.clone() }));
    serde_json::from_str::<serde_json::Value>(&entry.whole()).expect("JSON that anybody reads");
    assert_eq!(view.prompts.iter().map(|row| &row.head).collect::<Vec<_>>(), [&entry.head]);
    if let Some(text) = &entry.text {
        // What held its text itself has it at the text's own key from now on, or where a lasting store has none of it.
        let own = text_key(&entry.id);
        let moved = drained(&mut engine).into_iter().any(|output| match output {
            Output::Persist { key, value: Some(value), .. } => key == own && value == text.reveal(),
            _ => false,
        });
        assert!(moved || entry.temporary || entry.unstored, "no text is lost");
    }
    engine.handle(Input::Tick, NOW);
    assert!(
        engine.view(NOW).saved == 1 || entry.state == EntryState::Confirmed,
        "only what was answered goes by itself"
    );
    // And it can be taken away from there.
    let act = Act::HandOff { provider: "chatgpt".into(), entry: Some(entry.id), copied: true };
    engine.handle(Input::Act { from: understudy_engine::Place::Page { tab: None }, act }, NOW);
    let _ = drained(&mut engine);
}

/// Stored settings.
pub fn settings(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let read = Json::parse(&text).and_then(Settings::read);
    let mut engine = restored(None, vec![("settings".into(), text.clone())]);
    let Some(settings) = read else {
        assert_eq!(engine.settings(), Settings::default());
        return assert_aside(&mut engine, "settings", &text);
    };
    assert_eq!(Json::parse(&settings.write()).and_then(Settings::read).as_ref(), Some(&settings));
    let clean = settings.cleaned();
    assert_eq!(clean.clone().cleaned(), clean, "clean is clean");
    assert_eq!(engine.settings(), clean);
    let known = |id: &String| provider::find(id).is_some() || (id == CUSTOM && !clean.custom_url.is_empty());
    assert!(clean.fallbacks.iter().all(known) && clean.fallbacks.len() <= provider::CATALOGUE.len() + 1);
    assert!(clean.custom_name.chars().count() <= 40 && clean.target.is_none_or(|target| target <= 100_000));
    if let Ok(template) = Template::parse(&clean.custom_url) {
        let prompt = "a b\n</script>?&#é 漢";
        let url = template.url(prompt);
        assert_eq!(url.len(), template.len_for(prompt));
        assert!(url.bytes().all(|b| b.is_ascii_graphic()), "{url}");
        assert!(url.starts_with(&template.home()[..template.home().len().saturating_sub(1)]), "{url}");
    } else {
        assert!(clean.custom_url.is_empty());
    }
    for id in &clean.fallbacks {
        assert!(!clean.name_of(id).is_empty());
    }
}

/// A stored incident, or the observed minutes: read, counted, told in a receipt; and the log goes on behind it.
pub fn records(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let read = Record::parse(&text);
    let key = incident::incident_key(read.as_ref().map_or(1, |record| record.id));
    let mut engine = restored(None, vec![(key.clone(), text.clone()), ("watch".into(), text.clone())]);
    let mut aside = false;
    for output in drained(&mut engine) {
        aside |= matches!(output, Output::Persist { key: set, value: Some(_), .. } if set == format!("aside:{key}"));
    }
    if let Some(record) = &read {
        let _ = (record.lasted(), record.lost(), clock(record.since), record.official_lag_ms(), record.counts());
        let all = incident::records([(key.as_str(), text.as_str())]);
        assert_eq!(all.as_slice(), std::slice::from_ref(record));
        let watch = engine.watch();
        for month in [Month::of(record.since), Month::of(NOW), Month::of(record.last)] {
            let figures = statistics::figures(month, &all, &watch, NOW.max(record.last));
            assert!((0.0..=100.0).contains(&figures.uptime.percent()), "{figures:?}");
            let receipt = Receipt::of_month(month, &all, &watch, Target::USUAL, NOW);
            serde_json::from_str::<serde_json::Value>(&receipt.write(Form::Json, &|say| say.key.clone()))
                .expect("JSON that anybody reads");
        }
        if let Some(receipt) = Receipt::of_incident(record.id, &all, &watch, Target::USUAL, NOW) {
            for form in [Form::Markdown, Form::Csv, Form::Json] {
                assert!(!receipt.write(form, &|say| say.key.clone()).is_empty());
            }
        }
    } else if text.bytes().skip(8).find(|byte| !byte.is_ascii_digit() && *byte != b',') != Some(b']') {
        // (At a start only the numbers are looked at: there may be five hundred.)
        assert!(aside, "what has no numbers is set aside");
    }
    // The next incident gets a record of its own; the old one stays, whether it can be read or not.
    for n in 0..3 {
        let id = format!("r{n}");
        let step = |step| Input::Request(Request { id: id.clone(), tab: 1, step });
        let at = NOW + n * 60_000;
        let started = RequestStep::Started {
            method: "POST".into(),
            url: format!("{SITE}/api/organizations/{ORG}/chat_conversations/{CHAT}/completion"),
            document: false,
            body: Some(br#"{"prompt":"p","model":"m"}"#.to_vec()),
        };
        engine.handle(step(started), at);
        engine.handle(step(RequestStep::Headers { status: 503, headers: Headers::default() }), at + 1);
        engine.handle(step(RequestStep::Done), at + 2);
        for output in drained(&mut engine) {
            let Output::Persist { key: stored, value: Some(value), .. } = output else { continue };
            if incident::is_incident(&stored) {
                assert!(Record::parse(&value).is_some(), "{stored}");
                assert!(stored != key || aside, "the old record is overwritten");
            }
        }
    }
}

/// A stored snapshot. The first byte decides whether the rest is taken as it is, or gets the seal that a snapshot of this
/// version has, so that damage gets past it. Whatever it is: the engine starts, and what it writes is what it reads.
pub fn snapshot(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let body = String::from_utf8_lossy(rest).into_owned();
    let text = if kind % 2 == 0 {
        body
    } else {
        // The version is found by trying, against a snapshot of the engine's own.
        let own = own_snapshot();
        let version = (0..1_000).find(|version| own.starts_with(&seal(*version, &own.as_bytes()[SEAL..])));
        seal(version.expect("a seal"), body.as_bytes()) + &body
    };
    let mut engine = restored(Some(text), Vec::new());
    let _ = (engine.view(NOW), engine.cards(), engine.badge(NOW), engine.open_record(), engine.state_at(NOW));
    engine.handle(Input::Permissions { origins: vec!["https://chatgpt.com/*".into()] }, NOW);
    engine.handle(Input::Connectivity { online: true }, NOW);
    let Some(written) = session(drained(&mut engine)) else { panic!("a change is written down") };
    let mut again = restored(Some(written.clone()), Vec::new());
    assert_eq!((again.state(), again.failing(), again.since()), (engine.state(), engine.failing(), engine.since()));
    assert_eq!(again.cards(), engine.cards());
    again.handle(Input::Connectivity { online: true }, NOW);
    engine.handle(Input::Connectivity { online: true }, NOW);
    assert_eq!(session(drained(&mut again)), session(drained(&mut engine)), "what is written is read");
}

/// What a browser says of a request without an answer.
pub fn transport(data: &[u8]) {
    let error = String::from_utf8_lossy(data);
    let (online, offline) = (claude::transport(&error, true), claude::transport(&error, false));
    for cause in [&online, &offline] {
        assert!(!cause.class.votes() && !cause.strong, "a failure without an answer never says whose it is: {cause:?}");
        assert!(cause.transport.as_ref().is_none_or(|kept| kept.len() <= 128 && error.starts_with(kept.as_str())));
        assert_eq!(cause.transport.is_none(), error.is_empty());
        assert_ne!(cause.class, Class::Ok, "no answer is no health");
    }
    let known = TRANSPORT.iter().any(|row| row.class == online.class);
    assert!(known, "{online:?}");
    assert!(matches!(offline.class, Class::Aborted | Class::Ignored | Class::ClientFault | Class::OwnNetwork));
    if claude::may_be_abort(&error) {
        assert!(online.class == Class::Aborted && !claude::never_left(&error));
    }
}

/// A moment, a month, a target: what people and programs write of them.
pub fn times(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(millis) = claude::parse_rfc3339(&text) {
        // The year 10000 has five digits.
        if millis < 253_402_300_800_000 {
            assert_eq!(claude::parse_rfc3339(&rfc3339(millis)), Some(millis), "{text}");
        }
        let month = Month::of(millis);
        assert!(month.start() <= millis, "{text}");
        let _ = (clock(millis), month.end());
    }
    if let Some(month) = Month::parse(&text) {
        assert_eq!(month.name(), text);
        assert_eq!(Month::of(month.start()), month);
        assert!(month.end() > month.start(), "{text}");
    }
    if let Some(target) = Target::parse(&text) {
        assert_eq!(Target::parse(&target.name()), Some(target));
    }
}

const ORG: &str = "11111111-2222-4333-8444-555555555555";
const CHAT: &str = "019f3f4c-ba14-79cd-bbb7-6926ba65fb53";

/// What a cause may hold: words of the protocol, never prose.
fn cause_in_bounds(cause: &Cause) {
    assert!(cause.code.iter().chain(&cause.request_id).all(|word| is_word(word)), "{cause:?}");
    assert!(!cause.strong || cause.class.votes(), "{cause:?}");
}

fn is_word(word: &str) -> bool {
    (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

fn restored(session: Option<String>, local: Vec<(String, String)>) -> Engine {
    Engine::restore(Config { platform: Platform::Chromium }, Stored { session, local }, NOW)
}

fn drained(engine: &mut Engine) -> Vec<Output> {
    std::iter::from_fn(|| engine.poll()).collect()
}

/// The last snapshot among these.
fn session(outputs: Vec<Output>) -> Option<String> {
    outputs.into_iter().rev().find_map(|output| match output {
        Output::Persist { area: Area::Session, value, .. } => value,
        _ => None,
    })
}

/// A snapshot that the engine has just written.
fn own_snapshot() -> String {
    let mut engine = restored(None, Vec::new());
    engine.handle(Input::Connectivity { online: true }, NOW);
    session(drained(&mut engine)).expect("a snapshot")
}

/// Bytes of the seal of `codec.rs`, …
const SEAL: usize = 11;

/// … and the seal itself: a sum of 64 bits, six in each byte.
fn seal(version: u64, bytes: &[u8]) -> String {
    let sum = bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325 ^ version, |sum, chunk| {
        let mut word = [u8::try_from(chunk.len()).expect("at most 8"); 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
    });
    (0..SEAL).map(|at| char::from((sum >> (6 * at) & 0x3f).to_le_bytes()[0])).collect()
}

/// What cannot be read is put aside as it was.
fn assert_aside(engine: &mut Engine, key: &str, value: &str) {
    let outputs = drained(engine);
    let persisted = |wanted: &str, what: Option<&str>| {
        outputs.iter().any(|output| {
            matches!(output, Output::Persist { area: Area::Local, key, value } if key == wanted && value.as_deref() == what)
        })
    };
    assert!(persisted(&format!("aside:{key}"), Some(value)) && persisted(key, None), "{key} is set aside");
}

/// Our tree and that of `serde_json` say the same; of members with one name it keeps the last.
fn assert_same(ours: &Json, theirs: &serde_json::Value) {
    use serde_json::Value;
    match (ours, theirs) {
        (Json::List(ours), Value::Array(theirs)) => {
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert_same(ours, theirs);
            }
        }
        (Json::Object(ours), Value::Object(theirs)) => {
            for (key, theirs) in theirs {
                let last = ours.iter().rev().find(|(known, _)| known == key);
                assert_same(&last.expect("a member is lost").1, theirs);
            }
            assert!(ours.iter().all(|(key, _)| theirs.contains_key(key)));
        }
        (Json::Text(ours), Value::String(theirs)) => assert_eq!(ours, theirs),
        (Json::Number(ours), Value::Number(theirs)) => assert_eq!(Some(*ours), theirs.as_u64()),
        (Json::Bool(ours), Value::Bool(theirs)) => assert_eq!(ours, theirs),
        (Json::Null, Value::Number(theirs)) => assert_eq!(theirs.as_u64(), None, "a number is lost"),
        (Json::Null, Value::Null) => {}
        _ => panic!("{ours:?} is not {theirs}"),
    }
}

/// Whether the writer has words for it.
fn is_writable(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::List(list) => list.iter().all(|item| matches!(item, Json::Text(_))),
        Json::Object(members) => members.iter().all(|(_, value)| is_writable(value)),
        Json::Bool(_) | Json::Number(_) | Json::Text(_) => true,
    }
}

fn written(members: &[(String, Json)]) -> Writer {
    let mut writer = Writer::new();
    for (key, value) in members.iter().filter(|(_, value)| is_writable(value)) {
        match value {
            Json::Null => {}
            Json::Bool(truth) => writer.truth(key, *truth),
            Json::Number(number) => writer.number(key, *number),
            Json::Text(text) => writer.text(key, text),
            Json::List(_) => writer.texts(key, &value.clone().texts().unwrap_or_default()),
            Json::Object(members) => writer.object(key, written(members)),
        }
    }
    writer
}
