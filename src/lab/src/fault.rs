//! Faults: what is broken, and how it shows.

use crate::part::Part;
use crate::shape::Shape;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One thing that is broken. Of several that match a request, the one set last decides.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// Which requests it meets.
    pub on: Target,
    /// What happens to them.
    pub effect: Effect,
    /// It is over after so many requests.
    #[serde(default)]
    pub times: Option<u32>,
    /// Let so many matching requests pass first.
    #[serde(default)]
    pub skip: u32,
    /// It meets only every n-th matching request.
    #[serde(default = "one")]
    pub every: u32,
    /// For failures before the stream: the server has taken the message all the same, although its sender is not told.
    #[serde(default)]
    pub accepted: bool,
}

impl Fault {
    /// A fault that meets all requests of some parts, until it is lifted.
    pub fn on(parts: &[Part], effect: Effect) -> Self {
        Self {
            on: Target { parts: parts.to_vec(), ..Target::default() },
            effect,
            times: None,
            skip: 0,
            every: 1,
            accepted: false,
        }
    }

    /// Ends it after so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// The server has taken the message although the sender sees a failure.
    #[must_use]
    pub fn accepted(mut self) -> Self {
        self.accepted = true;
        self
    }
}

/// Which requests: all conditions that are given must hold. An empty target is every request to claude.ai.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Target {
    /// Any of these parts.
    pub parts: Vec<Part>,
    /// This host; without it and without parts: `claude.ai`.
    pub host: Option<String>,
    /// This method.
    pub method: Option<String>,
    /// This path; `*` stands for any characters.
    pub path: Option<String>,
    /// A prompt to this model.
    pub model: Option<String>,
}

impl Target {
    /// Whether a request with such a body is meant, as far as the model goes.
    pub fn asks(&self, body: &[u8]) -> bool {
        self.model.as_ref().is_none_or(|wanted| {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            body["model"] == wanted.as_str()
        })
    }

    /// Whether a request is meant.
    pub fn meets(&self, host: &str, method: &str, path: &str) -> bool {
        let host_meets = match &self.host {
            Some(wanted) => wanted == host,
            None => !self.parts.is_empty() || host == "claude.ai",
        };
        host_meets
            && (self.parts.is_empty() || self.parts.contains(&Part::of(host, method, path)))
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|pattern| matches(pattern, path))
    }
}

/// How a failure shows at the client. `after` counts bytes of a plain body and events of a stream.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Effect {
    /// TCP reset before any header.
    Reset,
    /// Orderly close before any header.
    Close,
    /// Silence: not even headers, until the client gives up.
    Hang,
    /// Headers, then silence.
    Stall,
    /// The right answer, its headers late.
    Slow {
        /// Milliseconds, divided by the lab's speed.
        ms: u64,
    },
    /// Another answer.
    Answer(Answer),
    /// Headers, a part of the body, then a TCP reset.
    ResetMidBody {
        /// So much of the body goes out first.
        after: usize,
    },
    /// A chunked body that ends without its terminating chunk.
    CutBody {
        /// So much of the body goes out first.
        after: usize,
    },
    /// An orderly close before `content-length` is reached (for a stream: the same as `cut-body`).
    ShortBody {
        /// So much of the body goes out first.
        after: usize,
    },
    /// An `error` event inside a stream with status 200; the stream then ends in order.
    StreamError {
        /// So many events go out first.
        after: usize,
        /// `error.type`, for example `overloaded_error`.
        kind: String,
        /// `error.message`.
        #[serde(default)]
        message: String,
        /// `error.details.error_code`.
        #[serde(default)]
        code: Option<String>,
    },
    /// The stream ends in order, but without its terminal event.
    StreamEnd {
        /// So many events go out first.
        after: usize,
    },
    /// The stream stays open and says nothing more.
    StreamStall {
        /// So many events go out first.
        after: usize,
        /// Whether pings still come.
        #[serde(default)]
        pings: bool,
    },
    /// The stream says nothing for a while, then the connection is closed in order, without the terminating chunk.
    StallThenClose {
        /// So many events go out first.
        after: usize,
        /// Milliseconds of silence, divided by the lab's speed.
        ms: u64,
    },
    /// The whole answer, with a `message_limit` that says the limit is exceeded now.
    StreamLimit {
        /// Seconds until the limit ends.
        resets_in: u64,
    },
}

/// An answer instead of the right one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Answer {
    /// A shape known from the wire.
    pub shape: Option<Shape>,
    /// The status; without it the shape's own, else 500.
    pub status: Option<u16>,
    /// The `content-type` of `body`.
    pub content_type: Option<String>,
    /// The body, word for word, instead of a shape's.
    pub body: Option<String>,
    /// More headers.
    pub headers: BTreeMap<String, String>,
    /// For limits: seconds until they end.
    pub resets_in: Option<u64>,
}

impl Effect {
    /// An answer of a known shape, with its usual status.
    pub fn shape(shape: Shape) -> Self {
        Self::Answer(Answer { shape: Some(shape), ..Answer::default() })
    }

    /// An answer of a known shape with another status.
    pub fn shape_with(shape: Shape, status: u16) -> Self {
        Self::Answer(Answer { shape: Some(shape), status: Some(status), ..Answer::default() })
    }

    /// Whether the server's own work is skipped: the request never reaches the app.
    pub(crate) const fn replaces(&self) -> bool {
        matches!(self, Self::Reset | Self::Close | Self::Hang | Self::Answer(_))
    }

    /// Whether the connection dies in a way that makes browsers send the request again by themselves.
    pub(crate) const fn is_retried_by_browsers(&self) -> bool {
        matches!(self, Self::Reset | Self::Close)
    }

    /// The name in scenario files and in the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Close => "close",
            Self::Hang => "hang",
            Self::Stall => "stall",
            Self::Slow { .. } => "slow",
            Self::Answer(_) => "answer",
            Self::ResetMidBody { .. } => "reset-mid-body",
            Self::CutBody { .. } => "cut-body",
            Self::ShortBody { .. } => "short-body",
            Self::StreamError { .. } => "stream-error",
            Self::StreamEnd { .. } => "stream-end",
            Self::StreamStall { .. } => "stream-stall",
            Self::StallThenClose { .. } => "stall-then-close",
            Self::StreamLimit { .. } => "stream-limit",
        }
    }
}

/// The state of the network between the browser and some hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// What happens to connections.
    pub state: Link,
    /// To these hosts only; empty means all. `refused` is always all: there is one port.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// What happens to connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// They work.
    #[default]
    Up,
    /// Open ones are reset, and so are new ones at once.
    Reset,
    /// Open ones are reset, and nobody listens any more.
    Refused,
    /// New ones are taken and never answered; open ones fall silent.
    Silent,
}

impl Network {
    /// The same for all hosts.
    pub const fn all(state: Link) -> Self {
        Self { state, hosts: Vec::new() }
    }

    /// What a connection to this host meets; `None` is a host not known yet.
    pub(crate) fn link(&self, host: Option<&str>) -> Link {
        let meant = self.state == Link::Refused
            || self.hosts.is_empty()
            || host.is_some_and(|host| self.hosts.iter().any(|name| name == host));
        if meant { self.state } else { Link::Up }
    }
}

/// A fault that is set, and how often it has been met.
#[derive(Debug)]
pub(crate) struct Armed {
    pub(crate) id: u64,
    pub(crate) fault: Fault,
    pub(crate) met: u32,
    pub(crate) used: u32,
}

impl Armed {
    /// Takes a matching request and says whether the fault strikes.
    pub(crate) fn strikes(&mut self) -> bool {
        if self.fault.times.is_some_and(|times| self.used >= times) {
            return false;
        }
        self.met += 1;
        let past =
            self.met > self.fault.skip && (self.met - self.fault.skip - 1).is_multiple_of(self.fault.every.max(1));
        self.used += u32::from(past);
        past
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == path };
    let Some(mut left) = path.strip_prefix(start) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(found) = left.find(piece) else { return false };
        left = &left[found + piece.len()..];
    }
    left.ends_with(last)
}

const fn one() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        assert!(matches("/api/*/completion", "/api/a/b/completion"));
        assert!(!matches("/api/*/completion", "/api/a/b/completion2"));
        assert!(matches("/new", "/new") && !matches("/new", "/newer"));
        assert!(matches("/a*b*c", "/a-b-b-c") && !matches("/a*b*c", "/a-c"));
        assert!(matches("*", "/anything"));
    }

    #[test]
    fn an_empty_target_is_claude_alone() {
        let all = Target::default();
        assert!(all.meets("claude.ai", "GET", "/"));
        assert!(!all.meets("chatgpt.com", "GET", "/"));
    }

    #[test]
    fn one_model_can_be_broken_alone() {
        let target = Target { model: Some("large".to_owned()), ..Target::default() };
        assert!(target.asks(br#"{"model":"large","prompt":"x"}"#));
        assert!(!target.asks(br#"{"model":"small"}"#) && !target.asks(b"") && Target::default().asks(b""));
    }

    #[test]
    fn strikes_when_it_is_told_to() {
        let fault = Fault { skip: 1, every: 2, times: Some(2), ..Fault::on(&[Part::List], Effect::Reset) };
        let mut armed = Armed { id: 0, fault, met: 0, used: 0 };
        let struck: Vec<bool> = (0..7).map(|_| armed.strikes()).collect();
        assert_eq!(struck, [false, true, false, true, false, false, false]);
    }

    #[test]
    fn one_host_can_be_cut_off_alone() {
        let network = Network { state: Link::Reset, hosts: vec!["claude.ai".to_owned()] };
        assert_eq!(network.link(Some("claude.ai")), Link::Reset);
        assert_eq!(network.link(Some("status.claude.com")), Link::Up);
        assert_eq!(network.link(None), Link::Up);
        assert_eq!(Network::all(Link::Silent).link(None), Link::Silent);
    }
}
