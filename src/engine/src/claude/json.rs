//! One walk over any JSON of the site, for every reader of this folder.
//!
//! The site's bodies drift, are cut off after 4,096 characters by the tap, and can be megabytes long. So nothing is
//! deserialized into a shape: a [`Sink`] names the few places it wants, everything else is skipped without being
//! kept, and what was found before the text broke off still counts. One walk for all sinks also keeps the wasm small.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Walks `text`. Tells whether it is (the beginning of) a JSON object or array.
pub(super) fn walk(text: &str, sink: &mut dyn Sink) -> bool {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !start.starts_with(['{', '[']) {
        return false;
    }
    let mut opened = false;
    let mut deserializer = serde_json::Deserializer::from_str(start);
    // An error is a text that was cut or is no JSON after all: what was seen until then stands in the sink.
    let whole = Walk { sink, at: At::Top, opened: &mut opened }.deserialize(&mut deserializer).is_ok();
    opened || whole
}

/// Who wants to know.
pub(super) trait Sink {
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
pub(super) enum At {
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
    // The status page.
    Components,
    Component,
    Incidents,
    Incident,
    Id,
    Name,
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
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
}

impl<'a> Scalar<'a> {
    /// The text, if it is one.
    pub(super) fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// A word of the site's protocol (a code, a type, a model): at most 64 bytes of `[A-Za-z0-9._-]`, else nothing.
pub(super) fn word(text: &str) -> Option<String> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    ((1..=64).contains(&text.len()) && text.bytes().all(fine)).then(|| text.to_owned())
}

/// The beginning of `text`: at most `max` bytes, never half a character.
pub(super) fn head(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

struct Walk<'s, 'o> {
    sink: &'s mut dyn Sink,
    at: At,
    opened: &'o mut bool,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.at == At::Skip {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.sink.scalar(self.at, Scalar::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.sink.scalar(self.at, Scalar::Bool(value));
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "times and counts of the site are far below 2^53")]
    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.sink.scalar(self.at, Scalar::Number(value as f64));
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "times and counts of the site are far below 2^53")]
    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.sink.scalar(self.at, Scalar::Number(value as f64));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.sink.scalar(self.at, Scalar::Number(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.sink.scalar(self.at, Scalar::Text(value));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { sink, at, opened } = self;
        *opened = true;
        let inner = sink.item(at);
        while seq.next_element_seed(Walk { sink: &mut *sink, at: inner, opened: &mut *opened })?.is_some() {}
        sink.close(at);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { sink, at, opened } = self;
        while let Some(inner) = map.next_key_seed(Key { sink: &mut *sink, at })? {
            *opened = true;
            map.next_value_seed(Walk { sink: &mut *sink, at: inner, opened: &mut *opened })?;
        }
        *opened = true;
        sink.close(at);
        Ok(())
    }
}

/// Reads a key without keeping it.
struct Key<'s> {
    sink: &'s mut dyn Sink,
    at: At,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = At;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<At, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = At;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<At, E> {
        if key.len() > 4_096 {
            // No key of the site is this long; stop rather than go on through garbage.
            return Err(E::custom("key"));
        }
        Ok(self.sink.key(self.at, key))
    }
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
