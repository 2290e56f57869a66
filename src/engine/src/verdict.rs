//! The verdict: one state for all of claude.ai.

use serde::{Deserialize, Serialize};

/// What we say of Claude.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing speaks against it.
    #[default]
    Clear,
    /// Something failed once.
    Hiccup,
    /// It looks like more than that.
    Suspected,
    /// Strong evidence, listed.
    Down,
    /// A first success after `Down`.
    Recovering,
    /// Down and up again, repeatedly.
    Flapping,
    /// What should be seen is not seen.
    Blind,
}

impl State {
    /// The name in stored data, in messages and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Hiccup => "hiccup",
            Self::Suspected => "suspected",
            Self::Down => "down",
            Self::Recovering => "recovering",
            Self::Flapping => "flapping",
            Self::Blind => "blind",
        }
    }
}
