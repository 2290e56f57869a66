//! What each page shows, complete, so that a page only renders.

use crate::context::Budget;
use crate::input::{Act, EntryId, JobId, Millis};
use crate::output::Tone;
use crate::text::UserText;
use crate::words::Say;

/// Everything the popup shows.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The verdict.
    pub state: crate::verdict::State,
    /// The colour's role.
    pub tone: Tone,
    /// The verdict in one line.
    pub headline: Say,
    /// Since when: the first failure, or since when nothing is seen that should be.
    pub since: Option<Millis>,
    /// What to do next, where there is something.
    pub advice: Option<Say>,
    /// Why, the strongest first.
    pub evidence: Vec<Evidence>,
    /// What the official status page said and when we asked.
    pub official: Option<Evidence>,
    /// What exactly fails, while an incident is open.
    pub diagnosis: Option<Diagnosis>,
    /// What the user can say against the verdict: a label and the act for it.
    pub words: Vec<(Say, Act)>,
    /// Saved prompts, the newest first, as many as fit.
    pub prompts: Vec<PromptRow>,
    /// Claude is back: the prompts that an outage or a limit has left behind, the newest first.
    pub home: Vec<HomeRow>,
    /// How many of them were put off until now.
    pub waiting: u64,
    /// How many are saved in all.
    pub saved: usize,
    /// Where they can go: the healthy ones first, each kind in the user's order.
    pub fallbacks: Vec<FallbackRow>,
    /// The fallbacks that are in an incident of their own, in one line, if there are several.
    pub troubled: Option<Say>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// When it was seen.
    pub at: Millis,
    /// In plain words.
    pub say: Say,
}

/// What fails in the incident that is open, and what does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// The parts of claude.ai as people know them, always the same ones in the same order.
    pub parts: Vec<(Say, Seen)>,
    /// The models that were asked since it began.
    pub models: Vec<(String, Seen)>,
    /// Whether the status page says that Claude's API works.
    pub api_up: bool,
    /// How far the status page is behind what was seen here, as far as it was read.
    pub lag: Option<Say>,
    /// Whether there is a verdict by our own evidence, so that there is an end to wait for.
    pub down: bool,
}

/// What a part of claude.ai looks like in an incident; `None` if nobody has tried it since: that is not health.
pub type Seen = Option<crate::verdict::State>;

/// One saved prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptRow {
    /// Its id.
    pub entry: EntryId,
    /// When it was sent.
    pub at: Millis,
    /// Its state: *not sent*, *unknown* or *confirmed*.
    pub state: crate::outbox::EntryState,
    /// The state in words.
    pub label: Say,
    /// The beginning of its text, at most [`crate::outbox::HEAD`] characters.
    pub head: UserText,
    /// The length of the text, in Unicode scalar values.
    pub chars: usize,
    /// The whole text, where it lies in no lasting store; else it is at [`crate::text_key`].
    pub text: Option<UserText>,
    /// The names of its attachments.
    pub attachments: Vec<String>,
    /// Whether the text of one of them is kept.
    pub inside: bool,
    /// The title of its conversation, where that is known.
    pub title: Option<UserText>,
    /// Where the last handoff took it, and whether the text was seen there.
    pub handoff: Option<Say>,
    /// Whether it can be put back into Claude's composer: not what was answered, nor what a temporary chat must not leave behind.
    pub back: bool,
    /// What it was put off for, if it waits.
    pub put_off: Option<Say>,
    /// Whether there is something to put it off for.
    pub may_wait: bool,
    /// The name of the fallback it was taken to, whose answer may come along when it goes back.
    pub elsewhere: Option<String>,
    /// The UUIDs of its conversation, of its message, and of the message that it follows.
    pub place: [Option<String>; 3],
}

/// A prompt that can go back, now that Claude is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeRow {
    /// Its id.
    pub entry: EntryId,
    /// The address of its thread, where that exists.
    pub thread: Option<String>,
    /// Whether it was put off until now.
    pub put_off: bool,
}

/// One fallback.
#[derive(Clone, Debug, PartialEq)]
pub struct FallbackRow {
    /// The provider's id.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// Whether a click takes the prompt there (it is enabled and, for a custom one, has a usable address).
    pub enabled: bool,
    /// The match pattern of its host, for `permissions.request`.
    pub origin: Option<String>,
    /// Whether Understudy may type there.
    pub allowed: bool,
    /// What a person must know first (for example "this link sends by itself").
    pub note: Option<Say>,
    /// Why it does not come first: an incident of its own, or what the last handoff found there.
    pub warning: Option<Say>,
}

/// Everything the handoff page shows.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent questions, in no order")]
pub struct HandoffView {
    /// Which handoff.
    pub job: JobId,
    /// The provider's id.
    pub provider: String,
    /// The provider's name.
    pub name: String,
    /// The address of its page.
    pub home: String,
    /// Whether nothing has gone there yet: the page says what kind of place that is.
    pub first: bool,
    /// Whether Understudy types the text: it may already, or asks for that here.
    pub typed: bool,
    /// The match pattern to ask for; `None` if the provider's own link is enough, or the address is the user's own.
    pub origin: Option<String>,
    /// Whether Firefox's consent to the handoff is to be asked for (with the host, if there is one).
    pub consent: bool,
    /// Whether the host was refused already: then only the clipboard way is shown.
    pub refused: bool,
    /// The text that will go.
    pub text: UserText,
    /// Whether it can only be pasted by hand: the host was refused, or the address is the user's own and too short for it.
    pub by_hand: bool,
    /// The prompt by itself.
    pub prompt: UserText,
    /// Whether it was decided already what goes.
    pub chosen: bool,
    /// The UUID of the conversation that the prompt belongs to.
    pub conversation: Option<String>,
    /// The UUID of the prompt's message.
    pub message: Option<String>,
    /// The UUID of the message that the prompt follows.
    pub parent: Option<String>,
    /// What goes along where nothing else is chosen: [`crate::provider::Settings::along`].
    pub along: u32,
    /// How much text may go.
    pub budget: Budget,
    /// What happens next, in words.
    pub lines: Vec<Say>,
}
