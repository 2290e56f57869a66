//! One walk over any JSON of the site and of status pages, for every reader of it.
//!
//! The site's bodies drift, are cut off after 4,096 characters by the tap, and can be megabytes long. So nothing is
//! deserialized into a shape: a [`Sink`] names the few places it wants, everything else is skipped without being
//! kept, and what was found before the text broke off still counts. One walk for all sinks also keeps the wasm small.

use crate::json::{DEEPEST, Reader, Value};

/// Walks `text`. Tells whether it is (the beginning of) a JSON object or array.
pub(crate) fn walk(text: &str, sink: &mut dyn Sink) -> bool {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with(['{', '[']) {
        return false;
    }
    let mut opened = false;
    // The text may be cut, or be no JSON after all: what was seen until then stands in the sink.
    let whole = value(&mut Reader::new(start), sink, At::Top, &mut opened, 0).is_some();
    opened || whole
}

/// Who wants to know.
pub(crate) trait Sink {
    /// The place reached by `key` in the object at `at`; [`At::Skip`] skips the value.
    fn key(&mut self, at: At, key: &str) -> At;
    /// The place of each element of the array at `at`.
    fn item(&mut self, _at: At) -> At {
        At::Skip
    }
    /// A value that is neither object nor array.
    fn scalar(&mut self, at: At, value: Scalar<'_>);
    /// The object or array at `at` has ended.
    fn close(&mut self, _at: At) {}
}

/// A place in a body: the places that all sinks want, named once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the site's own names: `resets_at`, `created_at`")]
pub(crate) enum At {
    /// Not wanted.
    Skip,
    /// The whole body.
    Top,
    // Error envelopes and stream events.
    Kind,
    RequestId,
    Account,
    Error,
    ErrorType,
    ErrorCode,
    ErrorMessage,
    Details,
    DetailCode,
    Limit,
    LimitType,
    ResetsAt,
    Message,
    Model,
    Delta,
    StopReason,
    // Completion requests.
    Prompt,
    Turn,
    Parent,
    HumanUuid,
    Create,
    Temporary,
    Attachments,
    Attachment,
    FileName,
    Files,
    File,
    // Conversation trees.
    Messages,
    TreeMessage,
    Uuid,
    Sender,
    // Status pages.
    Page,
    Components,
    Component,
    Incidents,
    Incident,
    Id,
    Name,
    Service,
    Title,
    Status,
    Stage,
    Impact,
    CreatedAt,
    UpdatedAt,
    ResolvedAt,
}

/// A value that is neither object nor array.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
}

impl<'a> Scalar<'a> {
    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// A word of the site's protocol (a code, a type, a model): at most 64 bytes of `[A-Za-z0-9._-]`, else nothing.
pub(crate) fn word(text: &str) -> Option<String> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    ((1..=64).contains(&text.len()) && text.bytes().all(fine)).then(|| text.to_owned())
}

/// The beginning of `text`: at most `max` bytes, never half a character.
pub(crate) fn head(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    loop {
        if let Some(head) = text.get(..end) {
            return head;
        }
        end -= 1;
    }
}

/// Walks one value; `None` where the text was cut or is no JSON.
fn value(reader: &mut Reader<'_>, sink: &mut dyn Sink, at: At, opened: &mut bool, deep: u8) -> Option<()> {
    let wanted = at != At::Skip;
    let found = reader.value(wanted)?;
    let mut first = true;
    match &found {
        Value::List | Value::Object if deep > DEEPEST => return None,
        Value::List => {
            *opened = true;
            let inner = if wanted { sink.item(at) } else { At::Skip };
            while reader.more(b']', std::mem::take(&mut first))? {
                value(reader, sink, inner, opened, deep + 1)?;
            }
        }
        Value::Object => {
            while reader.more(b'}', std::mem::take(&mut first))? {
                let key = reader.key()?;
                // No key of the site is as long as that; stop rather than go on through garbage.
                if key.len() > 4_096 {
                    return None;
                }
                *opened = true;
                let inner = if wanted { sink.key(at, &key) } else { At::Skip };
                reader.colon()?;
                value(reader, sink, inner, opened, deep + 1)?;
            }
            *opened = true;
        }
        _ => {}
    }
    if wanted {
        match &found {
            Value::List | Value::Object => sink.close(at),
            Value::Text(text) => sink.scalar(at, Scalar::Text(text)),
            Value::Null => sink.scalar(at, Scalar::Null),
            Value::Bool(truth) => sink.scalar(at, Scalar::Bool(*truth)),
            Value::Number(number, _) => sink.scalar(at, Scalar::Number(*number)),
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{At, Scalar, Sink, walk};

    #[derive(Default)]
    struct Types(Vec<String>);

    impl Sink for Types {
        fn key(&mut self, at: At, key: &str) -> At {
            match (at, key) {
                (At::Top, "type") => At::Kind,
                (At::Top, "error") => At::Error,
                (At::Error, "type") => At::ErrorType,
                _ => At::Skip,
            }
        }
        fn scalar(&mut self, _: At, value: Scalar<'_>) {
            self.0.extend(value.text().map(str::to_owned));
        }
    }

    fn types(text: &str) -> (bool, Vec<String>) {
        let mut sink = Types::default();
        let json = walk(text, &mut sink);
        (json, sink.0)
    }

    #[test]
    fn what_stands_before_a_cut_is_found() {
        let whole =
            r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"},"x":[1,{"type":"no"}]}"#;
        for cut in 0..whole.len() {
            let (json, found) = types(&whole[..cut]);
            assert_eq!(json, cut >= 7, "{cut}");
            assert_eq!(found.len(), usize::from(cut >= 15) + usize::from(cut >= 43), "{cut}");
        }
        assert_eq!(types(whole), (true, vec!["error".to_owned(), "api_error".to_owned()]));
    }

    #[test]
    fn what_is_not_json_is_not_json() {
        for text in ["", " ", "Rate exceeded", "<html>", "{", "{]", "\"text\"", "12", "null", "{oops}"] {
            assert!(!types(text).0, "{text}");
        }
        for text in ["{}", "[]", "\u{feff}{}", " [1]", "{\"a\":", "[1,"] {
            assert!(types(text).0, "{text}");
        }
    }
}
