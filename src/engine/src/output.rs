//! What the engine wants done. One closed set; the shells carry it out, in order.

use crate::cause::{Cause, Surface};
use crate::input::{EntryId, JobId, Millis, Place, TabId, Technique};
use crate::text::UserText;
use crate::words::Say;
use serde::Serialize;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an output that is not carried out is a lost prompt or a silent failure"]
pub enum Output {
    /// Store (or, with `None`, remove) a value. Awaited before any later output is begun.
    Persist {
        /// Which store.
        area: Area,
        /// The key.
        key: String,
        /// JSON.
        value: Option<String>,
    },
    /// The toolbar button.
    Badge(Badge),
    /// Show (or, with `None`, remove) the card in a claude.ai tab.
    Card {
        /// The tab.
        tab: TabId,
        /// The card.
        card: Option<Card>,
    },
    /// Put text on the clipboard, in the place where the user has just clicked.
    Copy {
        /// That place.
        to: Place,
        /// The text.
        text: UserText,
    },
    /// Open a page, in a new active tab or in the tab given. Answered by [`crate::Input::Opened`].
    Open {
        /// The handoff it is for; empty if for none.
        job: JobId,
        /// What.
        target: Target,
        /// The tab to navigate instead of opening a new one.
        tab: Option<TabId>,
    },
    /// Write into the composer of a provider's page. Answered by [`crate::Input::Filled`].
    Fill {
        /// The handoff.
        job: JobId,
        /// The tab.
        tab: TabId,
        /// How.
        order: FillOrder,
    },
    /// One GET to the official status page, without credentials. Answered by [`crate::Input::Status`].
    FetchStatus {
        /// The URL: a constant of the engine, never from a message.
        url: &'static str,
        /// Give up after this long.
        timeout_ms: u32,
    },
    /// One GET to the status page of a fallback, without credentials and with nothing of the user's in it. Only on suspicion:
    /// see [`crate::health`]. Answered by [`crate::Input::Health`].
    FetchHealth {
        /// The fallback.
        provider: &'static str,
        /// The URL: a constant of the engine, never from a message.
        url: &'static str,
        /// Give up after this long.
        timeout_ms: u32,
    },
    /// Ask the page in a tab of claude.ai for its title, and for what it has of an answer that broke off: it will not have them for
    /// long. Nothing is asked of the network. Answered by [`crate::Input::Heard`].
    Listen {
        /// The tab.
        tab: TabId,
        /// The prompt that was not answered.
        entry: EntryId,
    },
    /// Call `handle(Input::Tick)` then; replaces an earlier one. Alarms may come late by half a minute.
    WakeAt {
        /// Wall-clock milliseconds.
        at: Millis,
    },
    /// A notice of the system. Only ever asked for where the permission [`crate::notice::PERMISSION`] is held, and at most
    /// twice for an incident.
    Notify(crate::notice::Notice),
    /// One GET to claude.ai by our script in a page of it, which looks at no answer: what comes of it is told as any request is.
    /// Only ever asked for while Claude fails, and one at a time.
    Probe {
        /// The page's tab.
        tab: TabId,
        /// Path and query: of the engine's own making, never from a message.
        path: String,
    },
    /// What one request was found to be. For the HAR report; the browser shell ignores it.
    Observed {
        /// The request's id.
        request: String,
        /// Its surface.
        surface: Surface,
        /// Its cause.
        cause: Cause,
    },
}

/// The two stores of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// `storage.session`: survives the death of the background, not of the browser.
    Session,
    /// `storage.local`: what the user must keep.
    Local,
}

/// What [`Output::Open`] opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A provider's page.
    Web {
        /// Its URL, from the catalogue or from the user's own template.
        url: String,
    },
    /// A page of Claude's: the tab that shows it already, as it stands, where there is one; else a new one.
    Thread {
        /// The URL to open where there is none.
        url: String,
        /// Another one under which a tab may show it: the address of a chat whose first message never arrived.
        at: Option<String>,
    },
    /// Our own handoff page for this job (`handoff.html?job=…`).
    HandoffPage,
}

/// The toolbar button: never colour alone, at most four characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Hash)]
pub struct Badge {
    /// Empty when there is nothing to say.
    pub text: String,
    /// The colour's role.
    pub tone: Tone,
    /// The tooltip.
    pub title: Say,
}

/// The role of a colour; pages and badge map it to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// All is well.
    Calm,
    /// Not our business to judge, or not known.
    Grey,
    /// Something failed.
    Warn,
    /// Claude is down.
    Down,
}

impl Tone {
    /// The name on the wire, and in the stylesheets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Grey => "grey",
            Self::Warn => "warn",
            Self::Down => "down",
        }
    }
}

/// The card in the page. The bridge renders it and knows nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Hash)]
pub struct Card {
    /// The same while it is about the same failure; a change replaces the content without stealing the focus.
    pub id: String,
    /// The colour's role.
    pub tone: Tone,
    /// What happened.
    pub title: Say,
    /// What is saved, what to do; each a paragraph.
    pub lines: Vec<Say>,
    /// The buttons, the main one first.
    pub actions: Vec<Action>,
}

/// A button of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Hash)]
pub struct Action {
    /// Its label.
    pub label: Say,
    /// How it looks.
    pub kind: ActionKind,
    /// Sent back to the background as it is.
    pub act: crate::input::Act,
    /// A longer description for the tooltip and for screen readers (for example "this link sends by itself").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Say>,
}

/// The looks of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    /// The one main button.
    Primary,
    /// The others.
    Secondary,
    /// The close button.
    Close,
}

impl ActionKind {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Close => "close",
        }
    }
}

/// One attempt at a composer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FillOrder {
    /// The provider's origin (`https://chatgpt.com`): in a page of any other, nothing is written.
    pub origin: &'static str,
    /// CSS selectors of the composer, newest first, one a line; the first visible match wins.
    pub selectors: &'static str,
    /// How to write.
    pub technique: Technique,
    /// What to write: only LF line breaks.
    pub text: UserText,
    /// Wait this long for a composer to appear.
    pub appear_ms: u32,
    /// Read back until equal, at most this long.
    pub settle_ms: u32,
    /// Overwrite what stands there, or with [`Technique::ByHand`] select it: only when the last attempt of this very job wrote it.
    pub overwrite: bool,
    /// The line to show with [`Technique::ByHand`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Say>,
}

/// Where the facts of a saved prompt are stored in `storage.local`.
pub fn entry_key(entry: &str) -> String {
    [ENTRY, entry].concat()
}

/// Where its text is: written once, before the facts, and read when it is needed.
pub fn text_key(entry: &str) -> String {
    [TEXT, entry].concat()
}

/// Where the body of its request is, if the text of an attachment is in it.
pub fn sent_key(entry: &str) -> String {
    [SENT, entry].concat()
}

/// Where the beginning of its answer is, if it broke off there: the events of the stream, the `data` of one a line.
pub fn begun_key(entry: &str) -> String {
    [BEGUN, entry].concat()
}

/// Of the keys in `storage.local`, those that a start needs: all but the texts of prompts, of attachments and of answers. A text without its entry is one of
/// them, for the engine makes an entry of it.
pub fn needed_at_start(keys: &[String]) -> Vec<&str> {
    let mut needed = Vec::new();
    for key in keys {
        let kept = key
            .strip_prefix(TEXT)
            .is_some_and(|id| keys.iter().any(|other| other.strip_prefix(ENTRY).is_some_and(|other| other == id)));
        if !kept && (key.starts_with(TEXT) || is_at_hand(key)) {
            needed.push(key.as_str());
        }
    }
    needed
}

/// Whether every start needs what lies at this key in `storage.local`: everything but the texts of prompts, of attachments and of answers.
pub fn is_at_hand(key: &str) -> bool {
    ![TEXT, BEGUN, SENT].iter().any(|place| key.starts_with(place))
}

/// Whether what lies at this key in `storage.local` is a person's words, or tells of them.
pub fn is_private(key: &str) -> bool {
    [ENTRY, TEXT, BEGUN, SENT, ASIDE].iter().any(|place| key.starts_with(place))
}

pub(crate) const ENTRY: &str = "entry:";
pub(crate) const TEXT: &str = "text:";
pub(crate) const BEGUN: &str = "begun:";
pub(crate) const SENT: &str = "sent:";
/// Before the key of a damaged value that was set aside.
pub(crate) const ASIDE: &str = "aside:";

#[cfg(test)]
mod tests {
    use super::{ActionKind, Tone, is_at_hand, is_private, needed_at_start};

    #[test]
    fn what_is_private_is_sealed_and_what_every_start_needs_is_mirrored() {
        for (key, private, at_hand) in [
            ("entry:1", true, true),
            ("text:1", true, false),
            ("begun:1", true, false),
            ("sent:1", true, false),
            ("aside:entry:1", true, true),
            ("incident:1", false, true),
            ("settings", false, true),
            ("left", false, true),
            ("agreed", false, true),
            ("watch", false, true),
        ] {
            assert_eq!((is_private(key), is_at_hand(key)), (private, at_hand), "{key}");
            assert_eq!(needed_at_start(&[key.to_owned(), "entry:1".to_owned()]).contains(&key), at_hand, "{key}");
        }
    }

    #[test]
    fn names_are_what_the_wire_has() {
        for tone in [Tone::Calm, Tone::Grey, Tone::Warn, Tone::Down] {
            assert_eq!(serde_json::to_value(tone).unwrap(), tone.name());
        }
        for kind in [ActionKind::Primary, ActionKind::Secondary, ActionKind::Close] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
