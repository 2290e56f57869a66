//! The closed list of classes that one response can have, and what its body told.

use serde::{Deserialize, Serialize};

/// A part of claude.ai that can fail by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The HTML of a page.
    Document,
    /// Signing in and out.
    Login,
    /// The first call of a page load.
    Bootstrap,
    /// The account and its organizations.
    Account,
    /// The list of conversations.
    List,
    /// Loading one conversation.
    Conversation,
    /// Sending a prompt and streaming its answer.
    Completion,
    /// Naming a conversation.
    Title,
    /// Uploading a file.
    Upload,
    /// Everything else.
    Other,
}

impl Surface {
    /// Every surface, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::Document,
        Self::Login,
        Self::Bootstrap,
        Self::Account,
        Self::List,
        Self::Conversation,
        Self::Completion,
        Self::Title,
        Self::Upload,
        Self::Other,
    ];

    /// The name in stored data and in the JSON of `understudy diagnose`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Login => "login",
            Self::Bootstrap => "bootstrap",
            Self::Account => "account",
            Self::List => "list",
            Self::Conversation => "conversation",
            Self::Completion => "completion",
            Self::Title => "title",
            Self::Upload => "upload",
            Self::Other => "other",
        }
    }
}

/// What one response (or its absence) means. Only `Service` and `Capacity` speak against Claude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It worked.
    Ok,
    /// Not looked at: telemetry, other products, other hosts.
    Ignored,
    /// The user or the page gave up: stop, navigation, closed tab.
    Aborted,
    /// claude.ai or its edge failed.
    Service,
    /// Overloaded: load management, which the status page never shows.
    Capacity,
    /// The user's plan, model or concurrency limit.
    UserLimit,
    /// Logged out.
    Session,
    /// Ban, billing, organization policy, model not allowed.
    Account,
    /// A bot check stands in between.
    Challenge,
    /// The country is blocked.
    Region,
    /// A bad or too long request, a missing object, a crash of the page.
    ClientFault,
    /// Offline, captive portal, filter: possibly the user's own network.
    OwnNetwork,
    /// Everything else. Never an outage, and never health.
    Unknown,
}

impl Class {
    /// Every class, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::Ignored,
        Self::Aborted,
        Self::Service,
        Self::Capacity,
        Self::UserLimit,
        Self::Session,
        Self::Account,
        Self::Challenge,
        Self::Region,
        Self::ClientFault,
        Self::OwnNetwork,
        Self::Unknown,
    ];

    /// The name in fixtures, in stored data and in the JSON of `understudy diagnose`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Ignored => "ignored",
            Self::Aborted => "aborted",
            Self::Service => "service",
            Self::Capacity => "capacity",
            Self::UserLimit => "user-limit",
            Self::Session => "session",
            Self::Account => "account",
            Self::Challenge => "challenge",
            Self::Region => "region",
            Self::ClientFault => "client-fault",
            Self::OwnNetwork => "own-network",
            Self::Unknown => "unknown",
        }
    }

    /// Whether this class is evidence that claude.ai itself failed.
    pub const fn votes(self) -> bool {
        matches!(self, Self::Service | Self::Capacity)
    }
}

/// A class with what its body told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The class.
    pub class: Class,
    /// Strong evidence by itself: see "Strong" in the error table of [`crate::claude`].
    pub strong: bool,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// `error.details.error_code`, `error.code` or `error.type` of the body, at most 64 bytes of `[a-z0-9_-]`.
    pub code: Option<String>,
    /// When the limit ends, wall-clock milliseconds; only what the server said.
    pub resets_at: Option<u64>,
    /// The `request_id` of the body, for a support claim; at most 64 bytes of `[A-Za-z0-9_-]`.
    pub request_id: Option<String>,
    /// The browser's own word for a request that got no answer (`net::ERR_…`, `NS_ERROR_…`).
    pub transport: Option<String>,
}

impl Cause {
    /// A class with nothing known beside it.
    pub const fn bare(class: Class) -> Self {
        Self { class, strong: false, status: None, code: None, resets_at: None, request_id: None, transport: None }
    }
}
