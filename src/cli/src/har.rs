//! HAR files of any browser → one small record for each request.
//!
//! Everything is read once, front to back, and nothing but a bounded record of each request survives: of a body the first
//! 4,096 bytes, of a completion stream only its control events. Fields may be missing, of the wrong type or in any order.

use crate::json::{Fault, Json, push_bounded};
use crate::source::Source;
use understudy_engine::claude::{self, Role, SseReader, StreamMark};

/// One request, as far as the engine wants to know.
#[derive(Debug, Default)]
pub struct Entry {
    /// `GET`, `POST`, …
    pub method: String,
    /// Without query and fragment, at most 1,024 bytes: only the path means something.
    pub url: String,
    /// When it began, wall-clock milliseconds.
    pub started: Option<u64>,
    /// How long it took, milliseconds.
    pub took: u64,
    /// How long its body took of that; `None` if not told.
    pub receive: Option<u64>,
    /// Whether it loads a page.
    pub document: bool,
    /// The HTTP status; 0 if there was no answer.
    pub status: u16,
    /// `content-type`
    pub content_type: Option<String>,
    /// `cf-mitigated`
    pub cf_mitigated: Option<String>,
    /// `location`
    pub location: Option<String>,
    /// The body's beginning, or a stream's control events; `None` if the file does not hold it.
    pub body: Option<String>,
    /// Whether the body is a stream that came to its end, or told an error.
    pub told: bool,
    /// The browser's own word (`net::ERR_…`).
    pub error: Option<String>,
}

/// Why a file is no use.
#[derive(Debug)]
pub enum Trouble {
    /// Nothing in it.
    Empty,
    /// Not a HAR file.
    Foreign,
    /// No request to claude.ai in it.
    Elsewhere,
    /// It cannot be read, is damaged or cut off.
    Fault(Fault),
}

impl Trouble {
    /// What is wrong with the file of this name, for a person.
    pub fn sentence(&self, name: &str) -> String {
        match self {
            Self::Empty => format!("{name} is empty."),
            Self::Foreign => format!("{name} is not a HAR file."),
            Self::Elsewhere => format!("{name} holds no request to claude.ai."),
            Self::Fault(Fault::Io(error)) => format!("{name} cannot be read: {error}"),
            Self::Fault(Fault::Cut) => format!("{name} is incomplete: it ends in the middle. Export it again."),
            Self::Fault(Fault::Syntax(at)) => format!("{name} is damaged: it is not JSON from byte {at} on."),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Reads a HAR file and hands out its entries, in the order of the file.
pub async fn read(source: impl Source, each: &mut dyn FnMut(Entry)) -> Result<(), Trouble> {
    let mut json = Json::new(source).await?;
    match json.peek().await? {
        None => return Err(Trouble::Empty),
        Some(b'{') => {}
        Some(_) => return Err(Trouble::Foreign),
    }
    let mut found = false;
    json.object(async |json, key| {
        if key != "log" {
            return json.skip().await;
        }
        json.object_or_skip(async |json, key| {
            if key != "entries" || json.peek().await? != Some(b'[') {
                return json.skip().await;
            }
            found = true;
            json.array(async |json| {
                each(entry(json).await?);
                Ok(())
            })
            .await
        })
        .await
    })
    .await?;
    json.end().await?;
    if found { Ok(()) } else { Err(Trouble::Foreign) }
}

/// Bytes kept of a body, as many as the tap tells of one.
const BODY: usize = 4_096;
/// Bytes of base64 that hold as many.
const BODY_BASE64: usize = BODY / 3 * 4 + 4;
/// Bytes kept of a URL.
const URL: usize = 1_024;
/// Bytes kept of a header.
const HEADER: usize = 256;

async fn entry<R: Source>(json: &mut Json<R>) -> Result<Entry, Fault> {
    let mut entry = Entry { method: "GET".to_owned(), ..Entry::default() };
    let mut body = Body::default();
    let mut kind = None;
    let mut fetched_as = None;
    json.object_or_skip(async |json, key| {
        match key {
            "startedDateTime" => entry.started = json.text(64).await?.as_deref().and_then(claude::parse_rfc3339),
            "time" => entry.took = millis(json.number().await?).unwrap_or(0),
            "_resourceType" => kind = json.text(64).await?,
            "_error" => entry.error = json.text(128).await?.or(entry.error.take()),
            "timings" => {
                json.object_or_skip(async |json, key| {
                    if key == "receive" {
                        entry.receive = millis(json.number().await?);
                        return Ok(());
                    }
                    json.skip().await
                })
                .await?;
            }
            "request" => {
                request(json, &mut entry, &mut fetched_as).await?;
                body.wanted(&entry);
            }
            "response" => response(json, &mut entry, &mut body).await?,
            _ => json.skip().await?,
        }
        Ok(())
    })
    .await?;
    entry.document = match (kind.as_deref(), fetched_as.as_deref()) {
        (_, Some(dest)) => dest == "document",
        (Some(kind), None) => kind == "document",
        (None, None) => false,
    };
    body.settle(&mut entry);
    Ok(entry)
}

async fn request<R: Source>(
    json: &mut Json<R>,
    entry: &mut Entry,
    fetched_as: &mut Option<String>,
) -> Result<(), Fault> {
    json.object_or_skip(async |json, key| {
        match key {
            "method" => entry.method = json.text(16).await?.unwrap_or(std::mem::take(&mut entry.method)),
            "url" => {
                let mut url = json.text(URL).await?.unwrap_or_default();
                url.truncate(url.find(['?', '#']).unwrap_or(url.len()));
                entry.url = url;
            }
            "headers" => {
                headers(json, &mut |name, value| {
                    if name.eq_ignore_ascii_case("sec-fetch-dest") {
                        *fetched_as = Some(value);
                    }
                })
                .await?;
            }
            _ => json.skip().await?,
        }
        Ok(())
    })
    .await
}

async fn response<R: Source>(json: &mut Json<R>, entry: &mut Entry, body: &mut Body) -> Result<(), Fault> {
    json.object_or_skip(async |json, key| {
        match key {
            "status" => entry.status = millis(json.number().await?).and_then(|n| u16::try_from(n).ok()).unwrap_or(0),
            "_error" => entry.error = json.text(128).await?.or(entry.error.take()),
            "redirectURL" => {
                let url = json.text(HEADER).await?.filter(|url| !url.is_empty());
                entry.location = entry.location.take().or(url);
            }
            "headers" => {
                headers(json, &mut |name, value| {
                    let to = match name.to_ascii_lowercase().as_str() {
                        "content-type" => &mut entry.content_type,
                        "cf-mitigated" => &mut entry.cf_mitigated,
                        "location" => &mut entry.location,
                        _ => return,
                    };
                    *to = Some(value);
                })
                .await?;
            }
            "content" => {
                json.object_or_skip(async |json, key| {
                    match key {
                        "size" => body.size = json.number().await?,
                        "mimeType" => body.kind = json.text(HEADER).await?,
                        "encoding" => {
                            body.base64 = json.text(16).await?.is_some_and(|word| word.eq_ignore_ascii_case("base64"));
                        }
                        "text" if body.skip => json.skip().await?,
                        "text" => body.present = json.pieces(&mut |piece| body.push(piece)).await?,
                        _ => json.skip().await?,
                    }
                    Ok(())
                })
                .await?;
            }
            _ => json.skip().await?,
        }
        Ok(())
    })
    .await
}

async fn headers<R: Source>(json: &mut Json<R>, each: &mut dyn FnMut(&str, String)) -> Result<(), Fault> {
    json.array_or_skip(async |json| {
        let (mut name, mut value) = (None, None);
        json.object_or_skip(async |json, key| {
            match key {
                "name" => name = json.text(64).await?,
                "value" => value = json.text(HEADER).await?,
                _ => json.skip().await?,
            }
            Ok(())
        })
        .await?;
        if let (Some(name), Some(value)) = (name, value) {
            each(&name, value);
        }
        Ok(())
    })
    .await
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range checked just before")]
fn millis(number: Option<f64>) -> Option<u64> {
    // A request of more than a day is a damaged number.
    number.filter(|n| (0.0..86_400_000.0).contains(n)).map(|n| n as u64)
}

/// A response body while it is read: what it is encoded in is told only after it.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one body")]
struct Body {
    /// Another host's: not looked at.
    skip: bool,
    /// No completion: only its beginning says anything.
    head_only: bool,
    present: bool,
    base64: bool,
    size: Option<f64>,
    kind: Option<String>,
    head: String,
    plain: Digest,
    decoded: Digest,
    decoder: Base64,
}

impl Body {
    /// The request is known now (it may also come after the response).
    fn wanted(&mut self, entry: &Entry) {
        let found = claude::endpoint(&entry.method, &entry.url);
        self.skip = found.as_ref().is_none_or(|found| found.role == Role::Ignored);
        self.head_only = found.is_some_and(|found| !matches!(found.role, Role::Send | Role::Retry));
    }

    /// Tells whether it wants more.
    fn push(&mut self, piece: &str) -> bool {
        let room = push_bounded(&mut self.head, piece, BODY_BASE64);
        if self.head_only {
            return room;
        }
        self.plain.push(piece);
        let Self { decoder, decoded, .. } = self;
        decoder.push(piece, &mut |text| decoded.push(text));
        true
    }

    fn settle(self, entry: &mut Entry) {
        // Chromium's name for "there was none".
        let kind = self.kind.filter(|kind| !kind.is_empty() && kind != "x-unknown");
        entry.content_type = entry.content_type.take().or(kind);
        let stream = entry.content_type.as_deref().is_some_and(|kind| kind.contains("text/event-stream"));
        // An empty text with a size is a body that the browser did not keep.
        let kept = self.present && (!self.head.is_empty() || self.size == Some(0.0));
        if !kept {
            return;
        }
        if stream {
            let digest = if self.base64 { self.decoded } else { self.plain };
            entry.told = digest.told;
            entry.body = Some(digest.text);
            return;
        }
        let mut text = String::new();
        if self.base64 {
            Base64::default().push(&self.head, &mut |piece| {
                push_bounded(&mut text, piece, BODY);
            });
        } else {
            push_bounded(&mut text, &self.head, BODY);
        }
        entry.body = Some(text);
    }
}

/// A stream's control events, in a bounded text of the same format.
#[derive(Default)]
struct Digest {
    reader: SseReader,
    text: String,
    told: bool,
}

impl Digest {
    fn push(&mut self, piece: &str) {
        for event in self.reader.push(piece) {
            let mark = claude::stream_event(&event.name, &event.data);
            let terminal = mark == StreamMark::Terminal;
            let fatal = matches!(mark, StreamMark::Error(_));
            // The first word on how it ended is the last that counts.
            if mark == StreamMark::Other || self.told || (self.text.len() >= BODY && !terminal && !fatal) {
                continue;
            }
            self.told = terminal || fatal;
            if !event.name.is_empty() {
                self.text.push_str("event: ");
                push_bounded(&mut self.text, &event.name, usize::MAX);
                self.text.push('\n');
            }
            let mut data = String::new();
            push_bounded(&mut data, &event.data, BODY);
            for line in data.split('\n') {
                self.text.push_str("data: ");
                self.text.push_str(line);
                self.text.push('\n');
            }
            self.text.push('\n');
        }
    }
}

/// Base64 → text, in pieces; gives up at the first character that does not belong to it.
#[derive(Default)]
struct Base64 {
    bits: u32,
    count: u32,
    over: bool,
    bytes: Vec<u8>,
}

impl Base64 {
    fn push(&mut self, piece: &str, each: &mut dyn FnMut(&str)) {
        for byte in piece.bytes() {
            let value = match byte {
                _ if self.over => return,
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'\r' | b'\n' => continue,
                _ => {
                    self.over = true;
                    break;
                }
            };
            self.bits = (self.bits << 6) | u32::from(value);
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                self.bytes.push((self.bits >> self.count).to_le_bytes()[0]);
            }
        }
        // What is whole goes on; the beginning of a character waits, and bytes that are no text are replaced.
        while !self.bytes.is_empty() {
            let (text, rest) = match std::str::from_utf8(&self.bytes) {
                Ok(_) => (self.bytes.len(), self.bytes.len()),
                Err(error) => (error.valid_up_to(), error.valid_up_to() + error.error_len().unwrap_or(0)),
            };
            if rest == 0 {
                break;
            }
            each(std::str::from_utf8(&self.bytes[..text]).unwrap_or_default());
            if rest > text {
                each("\u{fffd}");
            }
            self.bytes.drain(..rest);
        }
    }
}
