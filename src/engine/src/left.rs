//! The log of what left this browser: when, to whom, by which way, how much, and what went along. Never the text.
//!
//! It is one value of the lasting store, a line for each handoff. The background only adds lines; they are read in pages.

use crate::handoff::Way;
use crate::input::Millis;
use crate::json::push_number;

/// Its key in `storage.local`, and what [`crate::Act::Forget`] is given to delete it; no prompt has this id.
pub const KEY: &str = "left";

/// Lines kept; the oldest goes first.
pub const MAX_LINES: usize = 200;

/// One handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// When.
    pub at: Millis,
    /// The provider's id.
    pub provider: String,
    /// How.
    pub way: Way,
    /// How much, in characters.
    pub size: u64,
    /// What went along.
    pub along: Along,
}

/// What went along with a prompt: flags, and above them the number of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Along(pub u32);

impl Along {
    /// Secrets were found and replaced.
    pub const MASKED: u32 = 1;
    /// Secrets were found, and the user sent them as they are.
    pub const SECRETS: u32 = 2;
    /// The beginning of an answer.
    pub const BEGUN: u32 = 4;
    /// The text of attachments.
    pub const ATTACHMENTS: u32 = 8;
    const MESSAGES: u32 = 8;

    /// These flags with so many messages.
    pub fn new(flags: u32, messages: usize) -> Self {
        Self(flags | u32::try_from(messages).unwrap_or(0xff_ffff).min(0xff_ffff) << Self::MESSAGES)
    }

    /// Whether a flag is set.
    pub const fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    /// Messages before the prompt.
    pub const fn messages(self) -> u32 {
        self.0 >> Self::MESSAGES
    }
}

/// Adds a line.
pub(crate) fn add(log: &mut String, at: Millis, provider: &str, way: Way, size: usize, along: u32) {
    push_number(log, at);
    for word in [provider, way.name()] {
        log.push(' ');
        log.push_str(word);
    }
    for number in [size as u64, along.into()] {
        log.push(' ');
        push_number(log, number);
    }
    log.push('\n');
    let extra = log.bytes().filter(|byte| *byte == b'\n').count().saturating_sub(MAX_LINES);
    for _ in 0..extra {
        let first = log.find('\n').map_or(0, |end| end + 1);
        log.drain(..first);
    }
}

/// Whether it can be one of ours, as far as the background needs to know.
pub(crate) fn is_log(value: &str) -> bool {
    value.ends_with('\n') && value.lines().all(|line| line.split(' ').count() == 5)
}

/// The lines that can be read, the newest first.
pub fn read(log: &str) -> Vec<Left> {
    log.lines().rev().filter_map(line).collect()
}

fn line(line: &str) -> Option<Left> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    Some(Left {
        at: next()?.parse().ok()?,
        provider: next()?.to_owned(),
        way: Way::named(next()?),
        size: next()?.parse().ok()?,
        along: Along(next()?.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::{Along, Left, MAX_LINES, add, is_log, read};
    use crate::handoff::Way;

    #[test]
    fn what_is_added_is_read_the_newest_first() {
        let mut log = String::new();
        let along = Along::new(Along::MASKED | Along::BEGUN, 4);
        add(&mut log, 1_772_452_152_123, "chatgpt", Way::Typed, 1_234, along.0);
        add(&mut log, 0, "custom", Way::LinkOnly, 0, 0);
        assert!(is_log(&log));
        assert_eq!(
            read(&log),
            [
                Left { at: 0, provider: "custom".into(), way: Way::LinkOnly, size: 0, along: Along(0) },
                Left { at: 1_772_452_152_123, provider: "chatgpt".into(), way: Way::Typed, size: 1_234, along },
            ]
        );
        assert!(along.has(Along::MASKED) && !along.has(Along::SECRETS) && along.messages() == 4);
        assert_eq!(Along::new(Along::ATTACHMENTS, usize::MAX).messages(), 0xff_ffff);
    }

    #[test]
    fn it_is_bounded_and_damage_costs_its_line() {
        let mut log = String::new();
        for at in 0..1_000 {
            add(&mut log, at, "gemini", Way::Link, 1, 0);
        }
        let lines = read(&log);
        assert_eq!((lines.len(), lines[0].at, lines[MAX_LINES - 1].at), (MAX_LINES, 999, 1_000 - MAX_LINES as u64));
        for damaged in ["", "x", "{}", "1 2 3 4\n", "1 a typed 3 0"] {
            assert!(!is_log(damaged), "{damaged}");
        }
        assert_eq!(read("x a typed 3 0\n1 a typed 3 0\n1 a typed -3 0\n").len(), 1);
    }
}
