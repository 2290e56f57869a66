//! What a person wrote, kept out of every log.

use crate::codec::{Codec, Field};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};

/// A prompt, a draft or an answer: text that must never reach a log.
///
/// There is no `Display`, and `Debug` shows only the length.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserText(String);

impl UserText {
    /// Takes the text in; from here on it is only seen through [`UserText::reveal`].
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the composer, the clipboard or the store. Never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to keep.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Unicode scalar values, the "characters" a person is told about.
    pub fn chars(&self) -> usize {
        self.0.chars().count()
    }

    /// Its beginning, at most so many characters.
    #[must_use]
    pub fn beginning(&self, chars: usize) -> Self {
        Self(self.0.chars().take(chars).collect())
    }

    /// The fingerprint of its words, 64 bits: enough to know the same text again, also where an editor's blocks and the site's own
    /// Markdown of them differ in white space.
    pub fn print(&self) -> u64 {
        /// Each word ends with a mark, and nothing is as wide as a pointer: the print is the same on every machine.
        struct Words<'a>(&'a str);
        impl Hash for Words<'_> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.split_whitespace().for_each(|word| word.hash(state));
            }
        }
        crate::engine::fingerprint(&Words(&self.0))
    }
}

impl Field for UserText {
    fn blank() -> Self {
        Self::default()
    }
    fn code(&mut self, codec: &mut Codec<'_>) {
        self.0.code(codec);
    }
}

impl fmt::Debug for UserText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserText({} bytes, redacted)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::UserText;

    /// It is stored, so it must not depend on the machine: a list's own hash begins with its length, as wide as a pointer.
    #[test]
    fn a_fingerprint_is_the_same_on_every_machine_and_knows_words() {
        let print = |text: &str| UserText::new(text).print();
        let fnv = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0xcbf2_9ce4_8422_2325_u64, |all, byte| (all ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
        };
        assert_eq!(print("naïve words"), fnv(&["naïve".as_bytes(), &[0xff], b"words", &[0xff]].concat()));
        assert_eq!(print("a b"), print("a\n\tb "));
        assert_ne!(print("a b"), print("ab"));
    }

    #[test]
    fn debug_does_not_show_the_text() {
        let text = UserText::new("the secret plan");
        assert_eq!(format!("{text:?}"), "UserText(15 bytes, redacted)");
        assert!(!format!("{:?}", Some(vec![text])).contains("secret"));
    }
}
