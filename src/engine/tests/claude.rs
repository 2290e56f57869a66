//! Every row of the tables about claude.ai has a fixture, and every fixture is answered by the row it names.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use understudy_engine::claude::{
    self, ANSWERS, Answer, ENDPOINTS, IN_STREAM, IncidentStage, Says, SseEvent, SseReader, StreamMark, TRANSPORT,
};
use understudy_engine::{Cause, Surface};

const ORG: &str = "5f1cbd6e-0c2f-4f5c-8b53-9d7d5f3a1c11";
const CONVERSATION: &str = "019f3f4c-ba14-79cd-bbb7-6926ba65fb53";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<R> {
    #[serde(rename = "about")]
    _about: String,
    rows: Vec<R>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

fn rows<R: for<'de> Deserialize<'de>>(name: &str) -> Vec<R> {
    let text = fs::read_to_string(folder().join(name)).expect(name);
    let file: File<R> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!file.rows.is_empty(), "{name} is empty");
    file.rows
}

/// `O`, `C` and `/` of the fixtures, written out.
fn expand(short: &str) -> String {
    let url = if short.contains("://") || short.starts_with("about:") {
        short.to_owned()
    } else if let Some(rest) = short.strip_prefix('O') {
        format!("https://claude.ai/api/organizations/{{org}}{rest}")
    } else if let Some(rest) = short.strip_prefix('C') {
        format!("https://claude.ai/api/organizations/{{org}}/chat_conversations/{{conv}}{rest}")
    } else {
        format!("https://claude.ai{short}")
    };
    url.replace("{org}", ORG).replace("{conv}", CONVERSATION)
}

fn assert_all<'a>(table: impl Iterator<Item = &'a str>, used: &BTreeSet<String>) {
    let missing: Vec<_> = table.filter(|name| !used.contains(*name)).collect();
    assert!(missing.is_empty(), "rows without a fixture: {missing:?}");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointFixture {
    row: Option<String>,
    #[serde(default)]
    method: String,
    url: String,
    surface: Option<Surface>,
    weight: Option<f32>,
    role: Option<claude::Role>,
    #[serde(default)]
    conversation: bool,
    #[serde(default)]
    none: bool,
    #[serde(default, rename = "note")]
    _note: String,
}

#[test]
fn endpoints() {
    let mut used = BTreeSet::new();
    for fixture in rows::<EndpointFixture>("endpoints.json") {
        let url = expand(&fixture.url);
        let found = claude::endpoint(&fixture.method, &url);
        if fixture.none {
            assert!(found.is_none() && fixture.row.is_none(), "{url} is not ours");
            assert!(claude::page(&url).is_none(), "{url} is not ours");
            continue;
        }
        let found = found.unwrap_or_else(|| panic!("{url} is ours"));
        let row = fixture.row.expect("a row");
        assert_eq!(found.row, row, "{} {url}", fixture.method);
        assert_eq!(Some(found.surface), fixture.surface, "{url}");
        assert_eq!(Some(found.weight), fixture.weight, "{url}");
        assert_eq!(Some(found.role), fixture.role, "{url}");
        assert_eq!(found.conversation, fixture.conversation.then_some(CONVERSATION), "{url}");
        used.insert(row);
    }
    assert_all(ENDPOINTS.iter().map(|row| row.name).chain(["else"]), &used);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFixture {
    row: String,
    on: String,
    status: u16,
    content_type: Option<String>,
    cf_mitigated: Option<String>,
    location: Option<String>,
    body: Option<String>,
    class: String,
    #[serde(default)]
    strong: bool,
    code: Option<String>,
    resets_at: Option<u64>,
    request_id: Option<String>,
    #[serde(default, rename = "note")]
    _note: String,
}

#[test]
fn answers() {
    let mut used = BTreeSet::new();
    let mut spoken = BTreeSet::new();
    for fixture in rows::<AnswerFixture>("answers.json") {
        let (method, url) = fixture.on.split_once(' ').expect("a method and a URL");
        let url = expand(url);
        let endpoint = claude::endpoint(method, &url).unwrap_or_else(|| panic!("{url} is ours"));
        assert_ne!(endpoint.row, "else", "{url}");
        let answer = Answer {
            status: fixture.status,
            content_type: fixture.content_type.as_deref(),
            cf_mitigated: fixture.cf_mitigated.as_deref(),
            location: fixture.location.as_deref(),
            body: fixture.body.as_deref(),
        };
        let (row, cause) = claude::explain(&endpoint, &answer);
        let told = format!("{} {} {:?}", fixture.on, fixture.status, fixture.body);
        assert_eq!(row, fixture.row, "{told}");
        assert_eq!(cause, claude::classify(&endpoint, &answer));
        assert_eq!(cause.class.name(), fixture.class, "{told}");
        let expected = Cause {
            class: cause.class,
            strong: fixture.strong,
            status: (fixture.status > 0).then_some(fixture.status),
            code: fixture.code,
            resets_at: fixture.resets_at,
            request_id: fixture.request_id,
            transport: None,
        };
        assert_eq!(cause, expected, "{told}");
        spoken.extend(fixture.body.map(|body| (fixture.row.clone(), body)));
        used.insert(fixture.row);
    }
    // `send-error` hands over to the table of errors in a stream and is never the last word.
    assert_all(ANSWERS.iter().filter(|row| row.says != Says::InStream).chain(IN_STREAM).map(|row| row.name), &used);
    // Every single code and type of the tables is spoken by a fixture of its row.
    for row in ANSWERS.iter().chain(IN_STREAM) {
        let (Says::Code(words) | Says::Type(words)) = row.says else { continue };
        for word in words {
            let said = spoken.iter().any(|(name, body)| name == row.name && body.contains(&format!("\"{word}\"")));
            assert!(said, "no fixture of {} says {word}", row.name);
        }
    }
    let names: BTreeSet<_> = ANSWERS.iter().chain(IN_STREAM).map(|row| row.name).collect();
    assert_eq!(names.len(), ANSWERS.len() + IN_STREAM.len(), "names are unique");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransportFixture {
    row: Option<String>,
    error: String,
    class: String,
    offline: String,
    #[serde(default)]
    never_left: bool,
    #[serde(default, rename = "note")]
    _note: String,
}

#[test]
fn transport() {
    let mut used = BTreeSet::new();
    for fixture in rows::<TransportFixture>("transport.json") {
        let cause = claude::transport(&fixture.error, true);
        assert_eq!(cause.class.name(), fixture.class, "{}", fixture.error);
        assert_eq!(cause.transport.unwrap_or_default(), fixture.error, "the browser's own word is kept");
        assert_eq!(claude::transport(&fixture.error, false).class.name(), fixture.offline, "{}", fixture.error);
        assert_eq!(claude::never_left(&fixture.error), fixture.never_left, "{}", fixture.error);
        let bare = fixture.error.strip_prefix("net::").unwrap_or(&fixture.error);
        let fits =
            |word: &&'static str| word.strip_suffix('*').map_or(*word == bare, |prefix| bare.starts_with(prefix));
        let row = TRANSPORT.iter().find(|row| row.words.iter().any(fits)).map(|row| row.name);
        assert_eq!(row, fixture.row.as_deref(), "{}", fixture.error);
        used.extend(fixture.row);
    }
    assert_all(TRANSPORT.iter().map(|row| row.name), &used);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamFixture {
    #[serde(rename = "about")]
    _about: String,
    events: usize,
    marks: Vec<Mark>,
    /// Words of the answer: for the test of the tap, which must not tell them on.
    #[serde(rename = "never_told")]
    _never_told: Vec<String>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Mark {
    at: usize,
    #[serde(rename = "mark")]
    kind: String,
    model: Option<String>,
    class: Option<String>,
    strong: bool,
    code: Option<String>,
    resets_at: Option<u64>,
    request_id: Option<String>,
}

fn marks(events: &[SseEvent]) -> Vec<Mark> {
    let mut all = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let (mark, model, cause) = match claude::stream_event(&event.name, &event.data) {
            StreamMark::Start { model } => ("start", model, None),
            StreamMark::Stopped => ("stopped", None, None),
            StreamMark::Terminal => ("terminal", None, None),
            StreamMark::Error(cause) => ("error", None, Some(cause)),
            StreamMark::Limit(cause) => ("limit", None, Some(cause)),
            StreamMark::Other => continue,
        };
        let class = cause.as_ref().map(|cause| cause.class.name().to_owned());
        let cause = cause.unwrap_or(Cause::bare(understudy_engine::Class::Ok));
        let Cause { strong, code, resets_at, request_id, .. } = cause;
        all.push(Mark { at, kind: mark.to_owned(), model, class, strong, code, resets_at, request_id });
    }
    all
}

#[test]
fn streams() {
    let mut seen = BTreeSet::new();
    let mut names: Vec<String> = Vec::new();
    for file in fs::read_dir(folder().join("streams")).expect("the folder") {
        names.push(file.expect("a file").file_name().into_string().expect("a name"));
    }
    for name in &names {
        let (stem, kind) = name.rsplit_once('.').expect("an extension");
        let other = format!("{stem}.{}", if kind == "sse" { "json" } else { "sse" });
        assert!(matches!(kind, "sse" | "json") && names.contains(&other), "{name} stands alone");
        if kind == "json" {
            continue;
        }
        let path = folder().join("streams").join(name);
        let text = fs::read_to_string(&path).expect(name);
        let expected: StreamFixture =
            serde_json::from_str(&fs::read_to_string(path.with_extension("json")).expect(name)).expect(name);
        let whole = SseReader::default().push(&text);
        assert_eq!(whole.len(), expected.events, "{name}");
        assert_eq!(marks(&whole), expected.marks, "{name}");
        seen.extend(expected.marks.into_iter().map(|mark| mark.kind));
        // However it is cut, the events are the same.
        for (at, _) in text.char_indices() {
            let mut reader = SseReader::default();
            let mut events = reader.push(&text[..at]);
            events.extend(reader.push(&text[at..]));
            assert_eq!(events, whole, "{name} cut at {at}");
        }
        for size in [1, 2, 3, 7, 64] {
            let mut reader = SseReader::default();
            let characters: Vec<char> = text.chars().collect();
            let events: Vec<_> =
                characters.chunks(size).flat_map(|chunk| reader.push(&chunk.iter().collect::<String>())).collect();
            assert_eq!(events, whole, "{name} in pieces of {size}");
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["error", "limit", "start", "stopped", "terminal"]);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusFixture {
    about: String,
    body: Option<serde_json::Value>,
    text: Option<String>,
    official: Option<OfficialFixture>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct OfficialFixture {
    claude_ai: Option<claude::ComponentStatus>,
    api: Option<claude::ComponentStatus>,
    down: bool,
    incidents: Vec<IncidentFixture>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct IncidentFixture {
    name: String,
    impact: String,
    status: String,
    touches: bool,
    untagged: bool,
    created_at: Option<u64>,
    updated_at: Option<u64>,
}

#[test]
fn status_page() {
    assert!(claude::STATUS_URL.starts_with("https://status.claude.com/"));
    for fixture in rows::<StatusFixture>("status.json") {
        let text = fixture.text.or(fixture.body.map(|body| body.to_string())).expect("a body");
        let found = claude::parse_status(&text).map(|official| OfficialFixture {
            claude_ai: official.claude_ai,
            api: official.api,
            down: official.says_down(),
            incidents: official
                .incidents
                .into_iter()
                .map(|one| IncidentFixture {
                    impact: format!("{:?}", one.impact).to_lowercase(),
                    status: match one.status {
                        IncidentStage::Investigating => "investigating",
                        IncidentStage::Identified => "identified",
                        IncidentStage::Monitoring => "monitoring",
                        IncidentStage::Unknown => "unknown",
                    }
                    .to_owned(),
                    name: one.name,
                    touches: one.touches_claude_ai,
                    untagged: one.untagged,
                    created_at: one.created_at,
                    updated_at: one.updated_at,
                })
                .collect(),
        });
        assert_eq!(found, fixture.official, "{}", fixture.about);
    }
}

/// Marsaglia's xorshift: the same garbage on every machine.
struct Garbage(u64);

impl Garbage {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("small")
    }

    /// A fixture with pieces overwritten, cut out, doubled or cut off.
    fn spoil(&mut self, text: &[u8]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.next().to_le_bytes()[0]),
                2 if !bytes.is_empty() => {
                    bytes[at] = *b"{}[]\",:\\\n\r0nt\xff\x00".get(self.below(16)).unwrap_or(&b' ');
                }
                3 => {
                    let end = at + self.below(bytes.len() - at);
                    bytes.drain(at..end);
                }
                _ => {
                    let piece = bytes[at..at + self.below(bytes.len() - at)].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
            bytes.truncate(16 * 1024);
        }
        bytes
    }
}

/// Nothing that a server, a proxy or a broken export can say makes a reader panic, and what it says of Claude stays in bounds.
#[test]
fn garbage_is_harmless() {
    let mut seeds: Vec<Vec<u8>> = vec![Vec::new(), b"{\"prompt\":\"hi\"}".to_vec(), "[".repeat(10_000).into_bytes()];
    seeds.push("{\"error\":".repeat(10_000).into_bytes());
    seeds.extend(rows::<AnswerFixture>("answers.json").into_iter().filter_map(|row| row.body).map(String::into_bytes));
    for name in ["answers.json", "status.json", "streams/tools.sse", "streams/error-kinds.sse", "streams/unicode.sse"] {
        seeds.push(fs::read(folder().join(name)).expect(name));
    }
    let urls: Vec<String> =
        rows::<EndpointFixture>("endpoints.json").into_iter().map(|fixture| expand(&fixture.url)).collect();
    let mut garbage = Garbage(0x9E37_79B9_7F4A_7C15);
    for round in 0..4_000 {
        let seed = garbage.below(seeds.len());
        let bytes = garbage.spoil(&seeds[seed]);
        let text = String::from_utf8_lossy(&bytes);
        let url = garbage.below(urls.len());
        let url = if round % 3 == 0 { garbage.spoil(urls[url].as_bytes()) } else { urls[url].clone().into_bytes() };
        let url = String::from_utf8_lossy(&url);
        let _ = claude::parse_send(&bytes);
        assert!(claude::human_messages(&text).len() <= 1_000);
        let _ = claude::parse_status(&text);
        let _ = claude::parse_rfc3339(&text);
        let _ = claude::transport(&text, round % 2 == 0);
        for event in SseReader::default().push(&text) {
            let _ = claude::stream_event(&event.name, &event.data);
        }
        let _ = claude::stream_event("error", &text);
        let _ = claude::page(&url);
        let Some(endpoint) = claude::endpoint(["GET", "POST", ""][garbage.below(3)], &url) else { continue };
        let pick = garbage.below(6);
        let answer = Answer {
            status: u16::try_from(garbage.below(700)).expect("small"),
            content_type: [None, Some("application/json"), Some("text/html"), Some(&*text), Some(""), Some("é;")][pick],
            cf_mitigated: (round % 7 == 0).then_some(&*text),
            location: (round % 5 == 0).then_some(&*text),
            body: (round % 11 != 0).then_some(&*text),
        };
        let cause = claude::classify(&endpoint, &answer);
        let fine = |word: &String| {
            word.len() <= 64 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        assert!(cause.code.iter().chain(&cause.request_id).all(fine), "{cause:?}");
        assert!(!cause.strong || cause.class.votes(), "{cause:?}");
        // A 4xx speaks against Claude only as "Rate exceeded" or as read-only.
        if cause.class.votes() && (400..500).contains(&answer.status) {
            assert!(answer.status == 429 || cause.code.as_deref() == Some("read_only_mode"), "{cause:?}");
        }
    }
}
