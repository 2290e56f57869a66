//! All knowledge of claude.ai, in one dated place (as of 2026-11).
//!
//! Claude.ai drifts weekly. So everything here is data in tables, each row has a fixture (`tests/fixtures`), and what is
//! not recognised is [`Class::Unknown`](crate::Class): never an outage, and never health. Nothing is decided from prose,
//! neither of a page nor of an answer. Every function takes any input, does bounded work and never panics.
//!
//! - [`endpoint`]: what a request is about, by its path;
//! - [`classify`]: what a response means; [`transport`]: what its absence means;
//! - [`stream_event`] and [`SseReader`]: what a completion stream tells;
//! - [`parse_send`], [`human_messages`]: the prompt in a request, and the proof that it arrived;
//! - [`probe`]: what is asked of claude.ai itself while it fails;
//! - [`conversation`], [`begun_answer`]: what was said, for a page that takes it along;
//! - [`parse_status`]: the official status page, a second opinion.

mod answers;
mod conversation;
mod endpoints;
mod fault;
pub(crate) mod json;
mod network;
mod probe;
mod send;
mod status;
mod stream;
mod time;

use crate::cause::{Cause, Surface};
use crate::text::UserText;
use serde::{Deserialize, Serialize};

pub use answers::{ANSWERS, AnswerRow, IN_STREAM, On, Says, Shape, classify, explain};
pub use conversation::{begun_answer, conversation, sent_message};
use endpoints::is_uuid;
pub use endpoints::{Base, ENDPOINTS, EndpointRow, endpoint, is_forced_logout, look, page};
pub use fault::{Fault, fault};
pub use network::{TRANSPORT, TransportRow, may_be_abort, never_left, transport};
pub use probe::{SITE, organization, probe};
pub use send::{body_text, human_messages, parse_send};
pub use status::{ComponentStatus, Impact, IncidentStage, Official, OfficialIncident, STATUS_URL, parse_status};
pub use stream::{SseEvent, SseReader, stream_event};
pub use time::parse_rfc3339;

/// The name of a table's row, for fixtures and for whoever looks into a recording. The browser's modules do without: there it is empty.
const fn named(name: &'static str) -> &'static str {
    if cfg!(target_arch = "wasm32") { "" } else { name }
}

/// The pages that our scripts run in, as a match pattern.
pub const PAGES: &str = "https://claude.ai/*";

/// The page of a conversation.
pub fn thread(conversation: &str) -> String {
    [SITE, "/chat/", conversation].concat()
}

/// The page that a composer stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The conversation's UUID; none for a chat that has not begun.
    pub conversation: Option<&'a str>,
    /// A temporary chat, of which nothing is ever stored.
    pub temporary: bool,
}

/// What the address of a page says of its composer; `None` if it is no page of claude.ai's.
pub fn place(url: &str) -> Option<Place<'_>> {
    let path = url.strip_prefix(SITE).filter(|path| path.starts_with('/'))?;
    let (path, rest) = path.find(['?', '#']).and_then(|at| path.split_at_checked(at)).unwrap_or((path, ""));
    Some(Place {
        conversation: path.strip_prefix("/chat/").filter(|id| is_uuid(id)),
        temporary: rest.split(['?', '&', '#', '=']).any(|part| part == "incognito"),
    })
}

/// The title of a conversation, from that of its page, which adds its own name (as of 2026-11). An error page has another one, and a chat
/// that was given no name yet has none.
pub fn title(page: &str) -> Option<&str> {
    let title = page.strip_suffix(" - Claude")?.trim();
    (!["", "New chat"].contains(&title)).then_some(title)
}

/// What a request to claude.ai is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint<'a> {
    /// Its surface.
    pub surface: Surface,
    /// 1 full, 0.25 weak, 0 none: a weight of 0 is evidence neither of a failure nor of health.
    pub weight: f32,
    /// What the engine does with it beyond counting.
    pub role: Role,
    /// The conversation's UUID in the path.
    pub conversation: Option<&'a str>,
    /// The row of [`ENDPOINTS`] that matched (empty in the browser's modules), or `"else"`.
    pub row: &'static str,
}

/// Endpoints the engine treats in a way of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Telemetry and noise: dropped before anything else.
    Ignored,
    /// A page's HTML.
    Document,
    /// `completion`, `completion2`: a prompt is sent, a stream comes back.
    Send,
    /// `retry_completion`, `retry_completion2`.
    Retry,
    /// `stop_response`: the user pressed Stop.
    Stop,
    /// Loading one conversation: its tree proves which prompts arrived.
    Load,
    /// `serving`: a 404 is its normal answer.
    Serving,
    /// The Cloudflare bounce: to be sent there is to be challenged.
    Challenge,
    /// Anything else.
    Plain,
}

/// A response, or as much of it as is known, for [`classify`].
#[derive(Clone, Debug, Default)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `content-type`, as sent.
    pub content_type: Option<&'a str>,
    /// `cf-mitigated`.
    pub cf_mitigated: Option<&'a str>,
    /// `location`.
    pub location: Option<&'a str>,
    /// The body or its beginning; `None` when it is not known (webRequest alone).
    pub body: Option<&'a str>,
}

/// What one event of a completion stream means.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamMark {
    /// `message_start`, with the model.
    Start {
        /// For example `claude-sonnet-4-6`.
        model: Option<String>,
    },
    /// A `stop_reason` has come.
    Stopped,
    /// `message_stop` (or the end of the old format): success.
    Terminal,
    /// An `error` event.
    Error(Cause),
    /// `message_limit` that says the limit is exceeded.
    Limit(Cause),
    /// Anything else.
    Other,
}

/// A prompt as found in the body of a completion request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Send {
    /// `prompt`.
    pub prompt: UserText,
    /// `turn_message_uuids.human_message_uuid`.
    pub human_message: Option<String>,
    /// `parent_message_uuid`: for a retry, the human message that is answered anew.
    pub parent: Option<String>,
    /// `model`, of the body or of `create_conversation_params`.
    pub model: Option<String>,
    /// `attachments[].file_name`, and one entry "file" for each of `files[]`.
    pub attachments: Vec<String>,
    /// Whether one of them has its text in the body, as `extracted_content`: a long text that is pasted becomes such a one.
    pub inside: bool,
    /// `create_conversation_params.is_temporary`.
    pub temporary: bool,
    /// Whether `create_conversation_params` is there: the first message of a new chat.
    pub first: bool,
}
