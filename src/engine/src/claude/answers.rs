//! Responses → causes: the error table of claude.ai (as of 2026-11).
//!
//! Order: telemetry, then `cf-mitigated`, then known JSON codes and types, then the bare status; the first row that fits wins.
//! Only `service` and `capacity` speak against Claude. Within JSON 4xx there is one code that does, `read_only_mode`.

use super::json::{At, Scalar, Sink, head, walk, word};
use super::time::parse_rfc3339;
use super::{Answer, Endpoint, Role, named};
use crate::cause::{Cause, Class, Surface};
use crate::search::{before, has};

/// What a response means.
///
/// For a completion this judges the head alone: [`Class::Ok`] says that a stream has begun, its events say how it ended.
/// Without a body (`webRequest` sees none) the content type decides what it can; what needs the body is [`Class::Unknown`].
pub fn classify(endpoint: &Endpoint<'_>, answer: &Answer<'_>) -> Cause {
    explain(endpoint, answer).1
}

/// [`classify`], with the name of the row of [`ANSWERS`] or [`IN_STREAM`] that decided.
pub fn explain(endpoint: &Endpoint<'_>, answer: &Answer<'_>) -> (&'static str, Cause) {
    let look = Look::new(endpoint, answer);
    let mut row = look.first(ANSWERS);
    if row.says == Says::InStream {
        row = look.first(IN_STREAM);
    }
    let listed = matches!(look.status, 0..500 | 500 | 502..=504 | 520..=527 | 529 | 530);
    let mut cause = look.found.cause(row.class, row.strong && listed && endpoint.weight >= 1.0);
    cause.status = (answer.status != 0).then_some(answer.status);
    (row.name, cause)
}

/// One row of the error table.
#[derive(Clone, Copy, Debug)]
pub struct AnswerRow {
    /// Its name, unique; fixtures refer to it.
    pub name: &'static str,
    /// The lowest and the highest status.
    pub status: (u16, u16),
    /// Which endpoints.
    pub on: On,
    /// What kind of body.
    pub shape: Shape,
    /// What else must be said.
    pub says: Says,
    /// The class.
    pub class: Class,
    /// Strong evidence by itself, on a surface with a full vote.
    pub strong: bool,
}

/// Which endpoints a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// All.
    Any,
    /// Those of this role.
    Role(Role),
    /// Completion and retry.
    Turn,
    /// Those that can vote and are no page.
    VotingApi,
    /// A bootstrap.
    Bootstrap,
}

/// What kind of body an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any, or not known.
    Any,
    /// JSON, by its text or, where there is none, by the content type.
    Json,
    /// A page.
    Html,
    /// Other text.
    Text,
    /// A page or other text.
    Prose,
    /// Nothing at all.
    Empty,
    /// An event stream.
    Stream,
    /// Neither text nor content type are known, or JSON whose text is not known.
    Dark,
}

/// What an answer says beyond its status and shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Nothing is asked.
    Any,
    /// `cf-mitigated: challenge`.
    Mitigated,
    /// The page of a challenge, by its own script's variable, not by its words.
    ChallengePage,
    /// `location` has this path segment.
    Location(&'static str),
    /// `location` stays on claude.ai.
    OwnLocation,
    /// `error.code` or `error.details.error_code`, or an `error` that is a bare string.
    Code(&'static [&'static str]),
    /// `error.type`, or an `error` that is a bare string.
    Type(&'static [&'static str]),
    /// An `error` that is a bare string, or of the type "error".
    Bare,
    /// A limit, as JSON inside `error.message`, or with a reset time beside it.
    Limit,
    /// `error.message`, whole: the one sentence that is an API constant rather than prose.
    Message(&'static str),
    /// `"account": null`.
    NoAccount,
    /// An error where a stream should be: [`IN_STREAM`] decides.
    InStream,
}

const fn row(name: &'static str, status: (u16, u16), on: On, shape: Shape, says: Says, class: Class) -> AnswerRow {
    AnswerRow { name: named(name), status, on, shape, says, class, strong: false }
}

const fn strong(row: AnswerRow) -> AnswerRow {
    AnswerRow { strong: true, ..row }
}

/// The error table as of 2026-11, in order.
pub const ANSWERS: &[AnswerRow] = {
    use Class::{
        Account, Capacity, Challenge, ClientFault, Ignored, Ok, OwnNetwork, Region, Service, Session, Unknown,
        UserLimit,
    };
    use Says::{Bare, Code, Limit, Location, Message, Mitigated, NoAccount, OwnLocation, Type};
    use Shape::{Dark, Empty, Html, Json, Prose, Stream};
    const ALL: (u16, u16) = (0, u16::MAX);
    const FINE: (u16, u16) = (200, 299);
    const MOVED: (u16, u16) = (300, 399);
    const FAULT: (u16, u16) = (400, 499);
    const SERVER: (u16, u16) = (500, 599);
    const ERROR: (u16, u16) = (400, 599);
    const ANY: Shape = Shape::Any;
    const SAID: Says = Says::Any;
    &[
        row("telemetry", ALL, On::Role(Role::Ignored), ANY, SAID, Ignored),
        // Between the user and Claude.
        row("challenge-header", ALL, On::Any, ANY, Mitigated, Challenge),
        row("challenge-bounce", ALL, On::Role(Role::Challenge), ANY, SAID, Challenge),
        row("challenge-location", MOVED, On::Any, ANY, Location("challenge_redirect"), Challenge),
        row("region-location", MOVED, On::Any, ANY, Location("app-unavailable-in-region"), Region),
        row("region-status", (451, 451), On::Any, ANY, SAID, Region),
        row("no-status", (0, 99), On::Any, ANY, SAID, Unknown),
        // A duplicate send: the first one was accepted. What cannot be told from a container in use is not called accepted.
        row("send-conflict", (409, 409), On::Turn, Json, Code(&["wiggle_container_in_use", "conflict"]), ClientFault),
        row("send-409-dark", (409, 409), On::Turn, Dark, SAID, Unknown),
        row("send-409-page", (409, 409), On::Turn, Html, SAID, OwnNetwork),
        row("send-duplicate", (409, 409), On::Turn, ANY, SAID, Ok),
        row("serving-404", (404, 404), On::Role(Role::Serving), ANY, SAID, Ok),
        // Claude or its edge. Chat switched off is told with a 4xx.
        strong(row("read-only", ERROR, On::Any, Json, Code(&["read_only_mode"]), Service)),
        row("network-login", (511, 511), On::Any, ANY, SAID, OwnNetwork),
        strong(row("overloaded", SERVER, On::Any, Json, Type(&["overloaded_error"]), Capacity)),
        strong(row("server-error", SERVER, On::Any, Json, Type(&["api_error", "timeout_error"]), Service)),
        strong(row("overloaded-status", (529, 529), On::Any, ANY, SAID, Capacity)),
        strong(row("gateway", (500, 504), On::Any, ANY, SAID, Service)),
        strong(row("edge", (520, 530), On::Any, ANY, SAID, Service)),
        row("server-other", SERVER, On::Any, ANY, SAID, Service),
        // 4xx with a known code.
        row("session-code", FAULT, On::Any, Json, Code(&["account_session_invalid"]), Session),
        row(
            "account-code",
            FAULT,
            On::Any,
            Json,
            Code(&[
                "account_banned",
                "tenant_restriction_violation",
                "ip_not_in_allowed_range",
                "dlp_request_denied",
                "model_blocklisted",
                "access_denied",
                "kyc_pending",
            ]),
            Account,
        ),
        row("model-gone", (404, 404), On::Any, Json, Code(&["model_not_available"]), ClientFault),
        row("model-not-allowed", FAULT, On::Any, Json, Code(&["model_not_available"]), Account),
        row(
            "limit-code",
            FAULT,
            On::Any,
            Json,
            Code(&["thinking_messages_rate_limit_exceeded", "opus_messages_rate_limit_exceeded", "credits_required"]),
            UserLimit,
        ),
        row(
            "client-code",
            FAULT,
            On::Any,
            Json,
            Code(&[
                "exceeded_max_uploads_per_message",
                "exceeded_max_image_limit_per_chat",
                "chat_conversation_not_found",
                "wiggle_container_in_use",
                "conflict",
            ]),
            ClientFault,
        ),
        row("organization-disabled", FAULT, On::Any, Json, Message("This organization has been disabled."), Account),
        // 4xx with a known type. What contradicts its status is not believed.
        row("limit", (429, 429), On::Any, Json, Limit, UserLimit),
        row("limit-type", FAULT, On::Any, Json, Type(&["rate_limit_error"]), UserLimit),
        row("session-type", FAULT, On::Any, Json, Type(&["authentication_error"]), Session),
        row("account-type", FAULT, On::Any, Json, Type(&["permission_error", "billing_error"]), Account),
        row(
            "client-type",
            FAULT,
            On::Any,
            Json,
            Type(&["invalid_request_error", "not_found_error", "request_too_large"]),
            ClientFault,
        ),
        row("contradiction", FAULT, On::Any, Json, Type(&["api_error", "overloaded_error", "timeout_error"]), Unknown),
        // 4xx, bare status.
        row("proxy-login", (407, 407), On::Any, ANY, SAID, OwnNetwork),
        row("timeout-408", (408, 408), On::Any, ANY, SAID, Unknown),
        row("too-large", (413, 413), On::Any, ANY, SAID, ClientFault),
        row("unauthorized", (401, 401), On::Any, Json, SAID, Session),
        row("unauthorized-empty", (401, 401), On::Any, Empty, SAID, Session),
        row("not-found", (404, 404), On::Any, Json, SAID, ClientFault),
        row("conflict", (409, 409), On::Any, Json, SAID, ClientFault),
        row("limit-json", (429, 429), On::Any, Json, SAID, UserLimit),
        row("bare-permission", (403, 403), On::Any, Json, Bare, Account),
        row("bare-request", FAULT, On::Any, Json, Bare, ClientFault),
        // Nobody's quota: "Rate exceeded" as plain text came for everybody at once.
        strong(row("rate-exceeded", (429, 429), On::Any, Prose, SAID, Service)),
        row("rate-exceeded-empty", (429, 429), On::Any, Empty, SAID, Service),
        row("challenge-page", (403, 403), On::Any, Html, Says::ChallengePage, Challenge),
        row("filter", FAULT, On::Any, Prose, SAID, OwnNetwork),
        row("fault-unknown", FAULT, On::Any, ANY, SAID, Unknown),
        // 3xx.
        row("not-modified", (304, 304), On::Any, ANY, SAID, Ok),
        row("page-moved", MOVED, On::Role(Role::Document), ANY, OwnLocation, Ok),
        row("moved", MOVED, On::Any, ANY, SAID, Unknown),
        // 2xx is not yet success.
        row("stream", FINE, On::Turn, Stream, SAID, Ok),
        row("send-error", FINE, On::Turn, Json, Says::InStream, Unknown),
        row("api-page", FINE, On::VotingApi, Html, SAID, OwnNetwork),
        row("api-empty", (200, 200), On::VotingApi, Empty, SAID, OwnNetwork),
        row("no-stream", FINE, On::Turn, ANY, SAID, Unknown),
        row("no-account", FINE, On::Bootstrap, Json, NoAccount, Session),
        row("page-empty", (200, 200), On::Role(Role::Document), Empty, SAID, Unknown),
        row("ok", FINE, On::Any, ANY, SAID, Ok),
        row("switched", (101, 101), On::Any, ANY, SAID, Ok),
        row("else", ALL, On::Any, ANY, SAID, Unknown),
    ]
};

/// The errors inside a stream, whose status is 200 already; in order.
pub const IN_STREAM: &[AnswerRow] = {
    use Class::{Account, Capacity, ClientFault, Service, Session, Unknown, UserLimit};
    use Says::{Code, Limit, Type};
    const fn says(name: &'static str, says: Says, class: Class) -> AnswerRow {
        row(name, (0, u16::MAX), On::Any, Shape::Any, says, class)
    }
    &[
        strong(says("stream-read-only", Code(&["read_only_mode"]), Service)),
        says("stream-session-code", Code(&["account_session_invalid"]), Session),
        says(
            "stream-account-code",
            Code(&[
                "account_banned",
                "tenant_restriction_violation",
                "ip_not_in_allowed_range",
                "dlp_request_denied",
                "model_blocklisted",
                "model_not_available",
                "access_denied",
                "kyc_pending",
            ]),
            Account,
        ),
        says(
            "stream-limit-code",
            Code(&["thinking_messages_rate_limit_exceeded", "opus_messages_rate_limit_exceeded", "credits_required"]),
            UserLimit,
        ),
        strong(says("stream-overloaded", Type(&["overloaded_error"]), Capacity)),
        strong(says("stream-server", Type(&["api_error"]), Service)),
        says("stream-limit", Limit, UserLimit),
        says("stream-limit-type", Type(&["rate_limit_error"]), UserLimit),
        says("stream-session", Type(&["authentication_error"]), Session),
        says("stream-account", Type(&["permission_error", "billing_error"]), Account),
        says("stream-client", Type(&["invalid_request_error", "not_found_error"]), ClientFault),
        says("stream-else", Says::Any, Unknown),
    ]
};

/// The cause of an `error` event with this `data`.
pub(super) fn in_stream(data: &str) -> Cause {
    let mut found = Found::default();
    walk(bounded(data), &mut found);
    found.unfold();
    let look = Look { endpoint: None, status: 0, shape: Shape::Json, dark: false, answer: &Answer::default(), found };
    let row = look.first(IN_STREAM);
    look.found.cause(row.class, row.strong)
}

/// An answer, read once.
struct Look<'a> {
    endpoint: Option<&'a Endpoint<'a>>,
    answer: &'a Answer<'a>,
    status: u16,
    shape: Shape,
    /// Whether the text of the body is unknown.
    dark: bool,
    found: Found,
}

impl<'a> Look<'a> {
    fn new(endpoint: &'a Endpoint<'a>, answer: &'a Answer<'a>) -> Self {
        let mut found = Found::default();
        let kind = answer.content_type.map(|kind| before(kind, b";").trim());
        let is = |name: &str| kind.is_some_and(|k| k.eq_ignore_ascii_case(name));
        let json_kind = is("application/json")
            || kind.is_some_and(|k| k.len() >= 5 && k.as_bytes()[k.len() - 5..].eq_ignore_ascii_case(b"+json"));
        let html_kind = is("text/html") || is("application/xhtml+xml");
        let shape = match answer.body.map(bounded) {
            None if json_kind => Shape::Json,
            None if html_kind => Shape::Html,
            None if is("text/event-stream") => Shape::Stream,
            None if kind.is_some_and(|k| !k.is_empty()) => Shape::Text,
            None => Shape::Dark,
            Some(body) => {
                let start = body.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
                if start.is_empty() && !is("text/event-stream") {
                    Shape::Empty
                } else if is("text/event-stream") || ["event:", "data:", ": "].iter().any(|f| start.starts_with(f)) {
                    Shape::Stream
                } else if walk(body, &mut found) {
                    Shape::Json
                } else if html_kind || start.starts_with('<') {
                    Shape::Html
                } else {
                    Shape::Text
                }
            }
        };
        found.unfold();
        let dark = answer.body.is_none() && matches!(shape, Shape::Dark | Shape::Json);
        Self { endpoint: Some(endpoint), answer, status: answer.status, shape, dark, found }
    }

    fn first(&self, table: &'static [AnswerRow]) -> &'static AnswerRow {
        // The last row of each table takes everything.
        table.iter().find(|row| self.fits(row)).unwrap_or(&table[table.len() - 1])
    }

    fn fits(&self, row: &AnswerRow) -> bool {
        (row.status.0..=row.status.1).contains(&self.status)
            && self.endpoint.is_none_or(|endpoint| is_on(row.on, endpoint))
            && match row.shape {
                Shape::Any => true,
                Shape::Dark => self.dark,
                Shape::Prose => matches!(self.shape, Shape::Html | Shape::Text),
                shape => shape == self.shape,
            }
            && self.says(row.says)
    }

    fn says(&self, says: Says) -> bool {
        let found = &self.found;
        let among = |words: &[&str], word: &Option<String>| word.as_deref().is_some_and(|w| words.contains(&w));
        match says {
            Says::Any => true,
            Says::Mitigated => self.answer.cf_mitigated.is_some_and(|v| v.trim().eq_ignore_ascii_case("challenge")),
            Says::ChallengePage => self.answer.body.is_some_and(|body| has(bounded(body), "_cf_chl_opt")),
            Says::Location(segment) => {
                self.answer.location.is_some_and(|to| before(to, b"?#").split('/').any(|s| s == segment))
            }
            Says::OwnLocation => self.answer.location.is_some_and(|to| {
                (to.starts_with('/') && !to.starts_with("//")) || super::endpoint("GET", to).is_some()
            }),
            Says::Code(codes) => among(codes, &found.detail) || among(codes, &found.code),
            Says::Type(types) => among(types, &found.kind),
            Says::Bare => found.bare || found.kind.as_deref() == Some("error"),
            Says::Limit => found.limit,
            Says::Message(text) => found.message.as_deref() == Some(text),
            Says::NoAccount => found.no_account,
            Says::InStream => found.bare || found.kind.is_some() || found.code.is_some() || found.detail.is_some(),
        }
    }
}

fn is_on(on: On, endpoint: &Endpoint<'_>) -> bool {
    match on {
        On::Any => true,
        On::Role(role) => endpoint.role == role,
        On::Turn => matches!(endpoint.role, Role::Send | Role::Retry),
        On::VotingApi => endpoint.weight > 0.0 && endpoint.role != Role::Document,
        On::Bootstrap => endpoint.surface == Surface::Bootstrap && endpoint.weight > 0.0,
    }
}

/// What a body told, of an answer or of a stream's event.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of one body")]
pub(super) struct Found {
    /// `type` at the top: a stream's event.
    pub(super) event: Option<String>,
    /// `error.type`
    kind: Option<String>,
    /// `error.code`
    code: Option<String>,
    /// `error.details.error_code`
    detail: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    /// Whether `error` is a bare string.
    bare: bool,
    no_account: bool,
    /// Whether there is a limit body.
    limit: bool,
    /// `type` of the limit body is `exceeded_limit`.
    pub(super) exceeded: bool,
    resets_at: Option<u64>,
    pub(super) model: Option<String>,
    /// Whether there is a `stop_reason` that is not null.
    pub(super) stopped: bool,
    /// Whether this walk is about the JSON inside `error.message`.
    inner: bool,
}

impl Found {
    /// Reads the JSON inside `error.message` of a limit.
    fn unfold(&mut self) {
        if let Some(message) = self.message.take() {
            self.inner = true;
            walk(&message, self);
            self.inner = false;
            self.message = Some(message);
        }
    }

    pub(super) fn cause(&self, class: Class, strong: bool) -> Cause {
        let code = self.detail.as_ref().or(self.code.as_ref()).or(self.kind.as_ref());
        let plain = |w: &&String| w.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
        Cause {
            strong,
            // An answer that worked has no error, whatever its body speaks of.
            code: if matches!(class, Class::Ok | Class::Ignored) { None } else { code.filter(plain).cloned() },
            resets_at: if class == Class::UserLimit { self.resets_at } else { None },
            request_id: self.request_id.clone().filter(|id| !id.contains('.')),
            ..Cause::bare(class)
        }
    }
}

impl Sink for Found {
    fn key(&mut self, at: At, key: &str) -> At {
        match (if self.inner && at == At::Top { At::Limit } else { at }, key) {
            (At::Top, "type") => At::Kind,
            (At::Top, "error") => At::Error,
            (At::Top, "request_id") => At::RequestId,
            (At::Top, "account") => At::Account,
            (At::Top, "message") => At::Message,
            (At::Top, "message_limit" | "messageLimit") => At::Limit,
            (At::Top, "delta") => At::Delta,
            (At::Top | At::Message, "model") => At::Model,
            (At::Top | At::Delta, "stop_reason") => At::StopReason,
            (At::Error, "type") => At::ErrorType,
            (At::Error, "code") => At::ErrorCode,
            (At::Error, "message") => At::ErrorMessage,
            (At::Error, "details") => At::Details,
            (At::Error | At::Limit, "resets_at" | "resetsAt") => At::ResetsAt,
            (At::Details, "error_code") => At::DetailCode,
            (At::Limit, "type") => At::LimitType,
            _ => At::Skip,
        }
    }

    fn scalar(&mut self, at: At, value: Scalar<'_>) {
        let text = value.text();
        match at {
            At::Kind => self.event = text.and_then(word),
            At::RequestId => self.request_id = text.and_then(word),
            At::Account => self.no_account = matches!(value, Scalar::Null),
            At::Error => {
                self.bare = text.is_some();
                self.kind = text.and_then(word);
                self.code.clone_from(&self.kind);
            }
            At::ErrorType => self.kind = text.and_then(word),
            At::ErrorCode => self.code = text.and_then(word),
            At::DetailCode => self.detail = text.and_then(word),
            At::ErrorMessage => self.message = text.filter(|t| t.len() <= 4_096).map(str::to_owned),
            At::LimitType => {
                self.limit = true;
                self.exceeded = text == Some("exceeded_limit");
            }
            At::ResetsAt => {
                self.resets_at = moment(value);
                self.limit |= self.resets_at.is_some();
            }
            At::Model => self.model = text.and_then(word).or(self.model.take()),
            At::StopReason => self.stopped = text.is_some(),
            _ => {}
        }
    }
}

/// Unix seconds, or milliseconds, or RFC 3339 → milliseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range checked just before")]
fn moment(value: Scalar<'_>) -> Option<u64> {
    match value {
        Scalar::Number(n) if (1e9..1e11).contains(&n) => Some((n * 1_000.0) as u64),
        Scalar::Number(n) if (1e12..1e14).contains(&n) => Some(n as u64),
        Scalar::Text(text) => parse_rfc3339(text),
        _ => None,
    }
}

/// The beginning of a body: more is never read, however long it is.
pub(super) fn bounded(text: &str) -> &str {
    head(text, 256 * 1024)
}
