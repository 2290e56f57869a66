//! Sentences as keys and parameters. The texts are in `extension/_locales`.

use serde::Serialize;

/// A message key of `_locales/*/messages.json` and its parameters, in the order of `$1`, `$2`, ….
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Say {
    /// The key.
    pub key: String,
    /// The parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<Arg>,
}

/// A parameter. Times are formatted where they are shown, in the user's locale.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arg {
    /// A name or a code, as it is.
    Text(String),
    /// A whole number.
    Count(u64),
    /// Wall-clock milliseconds, shown as a clock time.
    Time(u64),
    /// Another message's key, shown as that message.
    Word(String),
}

impl Say {
    /// A sentence without parameters.
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), args: Vec::new() }
    }

    /// Adds a name or a code.
    #[must_use]
    pub fn text(mut self, value: impl Into<String>) -> Self {
        self.args.push(Arg::Text(value.into()));
        self
    }

    /// Adds another message, without parameters of its own.
    #[must_use]
    pub fn word(mut self, key: impl Into<String>) -> Self {
        self.args.push(Arg::Word(key.into()));
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn count(mut self, value: u64) -> Self {
        self.args.push(Arg::Count(value));
        self
    }

    /// Adds a clock time.
    #[must_use]
    pub fn time(mut self, value: u64) -> Self {
        self.args.push(Arg::Time(value));
        self
    }
}
