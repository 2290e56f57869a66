//! Completion streams: server-sent events, framed as the standard says, read by `event:` and `type` alone.
//!
//! A good stream can hold `"is_error":true`, "404" or "overloaded" in the result of a tool: nothing is matched in its text.

use super::StreamMark;
use super::answers::{Found, bounded, in_stream};
use super::json::{head, walk};
use crate::cause::Class;

/// What one event of a completion stream means; `name` is its `event:` field, empty if there was none.
pub fn stream_event(name: &str, data: &str) -> StreamMark {
    let mut found = Found::default();
    // Without a name the `type` of the data says which event it is (and the live stream has both equal).
    let read = matches!(name, "" | "message" | "message_start" | "message_delta" | "message_limit" | "completion");
    if read {
        walk(bounded(data), &mut found);
    }
    let event = found.event.take();
    let kind = if matches!(name, "" | "message") { event.as_deref().unwrap_or_default() } else { name };
    match kind {
        "message_start" => StreamMark::Start { model: found.model },
        "message_delta" if found.stopped => StreamMark::Stopped,
        "message_stop" => StreamMark::Terminal,
        // The old format: text and, in its last event, the reason to stop. An answer that came to its end is whole, limit or not.
        "completion" if found.stopped => StreamMark::Terminal,
        "message_limit" | "completion" if found.exceeded => StreamMark::Limit(found.cause(Class::UserLimit, false)),
        "error" => StreamMark::Error(in_stream(data)),
        _ => StreamMark::Other,
    }
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// Its `event:` field; empty if it has none.
    pub name: String,
    /// Its `data:` lines, joined with LF.
    pub data: String,
}

/// Frames server-sent events, however the text is cut into pieces.
///
/// As the HTML standard says: lines end with CR LF, LF or CR, a byte order mark is skipped, `data` lines are joined with LF,
/// an event without data is none, and an event that is not closed by an empty line is dropped.
#[derive(Clone, Debug, Default)]
pub struct SseReader {
    line: String,
    name: String,
    data: String,
    has_data: bool,
    /// The last piece ended with CR: a LF at the start of the next belongs to it.
    after_cr: bool,
    /// Something other than a byte order mark has come.
    begun: bool,
}

impl SseReader {
    /// An event longer than this is cut: no control event comes near it.
    const LIMIT: usize = 1024 * 1024;

    /// Takes the next piece and hands out the events that it completes.
    pub fn push(&mut self, text: &str) -> Vec<SseEvent> {
        let mut events = Vec::new();
        let mut rest = text;
        if !self.begun && !rest.is_empty() {
            self.begun = true;
            rest = rest.strip_prefix('\u{feff}').unwrap_or(rest);
        }
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        let line = |text: &str| text.bytes().position(|b| matches!(b, b'\r' | b'\n'));
        while let Some((head, tail)) = line(rest).and_then(|end| rest.split_at_checked(end)) {
            if self.line.is_empty() {
                self.field(head, &mut events);
            } else {
                append(&mut self.line, head);
                let line = std::mem::take(&mut self.line);
                self.field(&line, &mut events);
                // Gives the room back for the next piece.
                self.line = line;
                self.line.clear();
            }
            rest = tail.get(1..).unwrap_or_default();
            if tail.starts_with('\r') {
                if rest.is_empty() {
                    self.after_cr = true;
                } else {
                    rest = rest.strip_prefix('\n').unwrap_or(rest);
                }
            }
        }
        append(&mut self.line, rest);
        events
    }

    fn field(&mut self, line: &str, events: &mut Vec<SseEvent>) {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            if std::mem::take(&mut self.has_data) {
                events.push(SseEvent { name, data });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => {
                self.name.clear();
                append(&mut self.name, value);
            }
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                append(&mut self.data, value);
            }
            _ => {}
        }
    }
}

fn append(to: &mut String, text: &str) {
    let room = SseReader::LIMIT.saturating_sub(to.len());
    to.push_str(head(text, room));
}

#[cfg(test)]
mod tests {
    use super::{SseEvent, SseReader, stream_event};
    use crate::claude::StreamMark;

    fn events(pieces: &[&str]) -> Vec<SseEvent> {
        let mut reader = SseReader::default();
        pieces.iter().flat_map(|piece| reader.push(piece)).collect()
    }

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn framing_follows_the_standard() {
        let text = "\u{feff}: a comment\r\nevent: one\r\ndata: 1\r\ndata:  2\r\n\r\nevent: nothing\n\ndata\n\nid: 7\rdata:x:y\r\r\
                    event:two\nevent: three\ndata: é😀\n\nretry: 10\nevent: cut\ndata: never closed\n";
        let expected = vec![event("one", "1\n 2"), event("", ""), event("", "x:y"), event("three", "é😀")];
        assert_eq!(events(&[text]), expected);
        for (first, _) in text.char_indices() {
            let (a, b) = text.split_at(first);
            assert_eq!(events(&[a, b]), expected, "split at {first}");
            for (second, _) in b.char_indices() {
                let (b, c) = b.split_at(second);
                assert_eq!(events(&[a, b, c]), expected, "split at {first} and {}", first + second);
            }
        }
        let single: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(events(&single.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn an_event_is_bounded() {
        let long = "data: ".to_owned() + &"é".repeat(SseReader::LIMIT) + "\n\n";
        let all = events(&[&long]);
        assert_eq!(all.len(), 1);
        assert!(all[0].data.len() <= SseReader::LIMIT);
        let mut reader = SseReader::default();
        for _ in 0..8 {
            assert!(reader.push(&"x".repeat(SseReader::LIMIT / 2)).is_empty());
        }
        assert!(reader.line.len() <= SseReader::LIMIT);
    }

    #[test]
    fn events_without_a_name_are_told_by_their_type() {
        assert_eq!(stream_event("", r#"{"type":"message_stop"}"#), StreamMark::Terminal);
        assert_eq!(stream_event("message_stop", "garbage"), StreamMark::Terminal);
        assert_eq!(stream_event("ping", r#"{"type":"error"}"#), StreamMark::Other);
        assert_eq!(stream_event("message_delta", r#"{"delta":{"stop_reason":null}}"#), StreamMark::Other);
    }
}
