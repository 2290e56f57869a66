//! Prompts, kept until the server's terminal event for that very request.

use serde::{Deserialize, Serialize};

/// What we know of a saved prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// The server answered that it did not take it.
    NotSent,
    /// Dispatched, no answer seen: sending it again may double it.
    Unknown,
    /// The answer came to its end, or the prompt was seen in the conversation.
    Confirmed,
}
