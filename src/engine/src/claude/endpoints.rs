//! Requests → what they are about, by host, method and path (as of 2026-11).

use super::{Endpoint, Role, named};
use crate::cause::Surface;
use crate::search::{before, has};
use crate::sight::Look;

/// What a request is about; `None` for any host but claude.ai, which is none of our business.
///
/// Only the path decides: telemetry, often blocked by other extensions, lives on the same origin.
/// The first row of [`ENDPOINTS`] that fits wins; a path that fits none is [`Surface::Other`] with weight 0.
pub fn endpoint<'a>(method: &str, url: &'a str) -> Option<Endpoint<'a>> {
    let (base, path) = split(url)?;
    let start = path.bytes().next().unwrap_or(ANY);
    for row in ENDPOINTS {
        if row.base == base.kind()
            && (row.start == start || row.start == ANY)
            && (row.methods.is_empty() || row.methods.split(' ').any(|m| m.eq_ignore_ascii_case(method)))
            && let Some(found) = fits(row.path, path)
        {
            return Some(Endpoint {
                surface: row.surface,
                weight: row.weight,
                role: row.role,
                conversation: base.conversation().or(found.conversation),
                row: row.name,
            });
        }
    }
    Some(Endpoint { conversation: base.conversation(), ..ELSE })
}

/// What a request is about that the browser says loads a page into a tab (`main_frame`): a document, also on a path that
/// [`ENDPOINTS`] does not list, for client routes come and go. API paths opened by hand and the bot check's own stay what they are.
pub fn page(url: &str) -> Option<Endpoint<'_>> {
    let found = endpoint("GET", url)?;
    let (_, path) = split(url)?;
    let first = before(path, b"/");
    if found.row != ELSE.row || matches!(first, "api" | "edge-api" | "v1") {
        return Some(found);
    }
    Some(Endpoint { surface: Surface::Document, weight: 1.0, role: Role::Document, ..found })
}

/// Whether the page has just been sent here because its session is dead: `/logout?involuntary=1…`, then
/// `/login?from=logout&reauth=1` (the web client as of 2026-08).
pub fn is_forced_logout(url: &str) -> bool {
    let Some((_, path)) = split(url) else { return false };
    let first = before(path, b"/?");
    let query = url.split_once('?').map_or("", |(_, query)| query);
    match first {
        "logout" => has(query, "involuntary=1"),
        "login" => has(query, "reauth=1"),
        _ => false,
    }
}

/// What a request says of our own sight. A document says nothing: its HTML comes also when everything in it has changed.
pub fn look(endpoint: &Endpoint<'_>, url: &str) -> Look {
    if endpoint.role == Role::Send {
        return Look::Readable;
    }
    if endpoint.weight > 0.0 && endpoint.role != Role::Document {
        return Look::Known;
    }
    // Of all that has no weight only gRPC sends are of this name.
    if endpoint.surface == Surface::Completion && url.ends_with("/appendMessage") {
        Look::Unreadable
    } else if endpoint.row == ELSE.row && url.starts_with("https://claude.ai/api/") {
        Look::Strange
    } else {
        Look::Nothing
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct EndpointRow {
    /// Its name, unique; fixtures and [`Endpoint::row`] refer to it.
    pub name: &'static str,
    /// The methods, separated by spaces; empty for any.
    pub methods: &'static str,
    /// Where `path` begins.
    pub base: Base,
    /// Segments: a literal, `{c}` a UUID that is the conversation, `{u}` another UUID, `{x}` anything, `a|b` either, `a*` a
    /// prefix; `**` at the end stands for any number of segments.
    pub path: &'static str,
    /// The byte that every such path begins with: most rows need not be looked at closer. 0 if it may be one of several.
    pub start: u8,
    /// Its surface.
    pub surface: Surface,
    /// Its weight.
    pub weight: f32,
    /// Its role.
    pub role: Role,
}

/// Where the path of a row begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// `https://claude.ai/`
    Site,
    /// `https://claude.ai/api/organizations/{uuid}/`
    Org,
    /// `https://claude.ai/api/organizations/{uuid}/chat_conversations/{uuid}/`
    ///
    /// Without a UUID there it is not a conversation: `chat_conversations/v2` is a list.
    Chat,
}

/// No byte in particular: no path has it.
const ANY: u8 = 0;

const ELSE: Endpoint<'static> =
    Endpoint { surface: Surface::Other, weight: 0.0, role: Role::Plain, conversation: None, row: "else" };

const fn row(
    name: &'static str,
    methods: &'static str,
    base: Base,
    path: &'static str,
    surface: Surface,
    weight: f32,
    role: Role,
) -> EndpointRow {
    EndpointRow { name: named(name), methods, base, path, start: start(path), surface, weight, role }
}

/// See [`EndpointRow::start`].
const fn start(path: &str) -> u8 {
    let bytes = path.as_bytes();
    if bytes.is_empty() || matches!(bytes[0], b'{' | b'*') {
        return ANY;
    }
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'/' {
        if bytes[at] == b'|' && bytes[at + 1] != bytes[0] {
            return ANY;
        }
        at += 1;
    }
    bytes[0]
}

/// Telemetry and noise.
const fn noise(name: &'static str, base: Base, path: &'static str) -> EndpointRow {
    row(name, "", base, path, Surface::Other, 0.0, Role::Ignored)
}

/// Known, and evidence of nothing.
const fn mute(name: &'static str, base: Base, path: &'static str) -> EndpointRow {
    row(name, "", base, path, Surface::Other, 0.0, Role::Plain)
}

/// The endpoints of claude.ai as of 2026-11, in order.
///
/// Weights: a full vote for what a person cannot work without, a quarter for what fails alone now and then (titles, uploads).
pub const ENDPOINTS: &[EndpointRow] = {
    use Base::{Chat, Org, Site};
    use Role::{Challenge, Document, Load, Plain, Retry, Send, Serving, Stop};
    use Surface::{Account, Bootstrap, Completion, Conversation, List, Login, Title, Upload};
    const DOC: Surface = Surface::Document;
    &[
        // Telemetry and noise, dropped before anything else.
        noise("event-logging", Site, "api/event_logging/**"),
        noise("frame-telemetry", Site, "api/frame/telemetry"),
        noise("claude-code-metrics", Site, "api/claude_code/metrics*/**"),
        noise("batch-branch-status", Site, "v1/code/github/batch-branch-status"),
        noise("experiences", Org, "experiences/**"),
        noise("notification", Org, "notification/**"),
        noise("dust", Org, "dust/**"),
        noise("client-health", Site, "edge-api/client-health/**"),
        noise("sentry", Site, "sentry*/**"),
        noise("cdn-cgi", Site, "cdn-cgi/**"),
        // The turn. A suffix `2` stands behind a flag.
        row("completion", "POST", Chat, "completion", Completion, 1.0, Send),
        row("completion2", "POST", Chat, "completion2", Completion, 1.0, Send),
        row("retry", "POST", Chat, "retry_completion", Completion, 1.0, Retry),
        row("retry2", "POST", Chat, "retry_completion2", Completion, 1.0, Retry),
        // gRPC-web: unobservable, so no data rather than a failure.
        row("grpc", "POST", Site, "v1/mobile/**", Completion, 0.0, Plain),
        row("turn-recovery", "GET", Chat, "completion_status", Completion, 0.0, Plain),
        row("stop", "POST", Chat, "stop_response", Completion, 0.0, Stop),
        mute("tools", Chat, "tool_approval|tool_result|mcp_elicitation_result"),
        mute("task", Chat, "task/{x}/status|stop"),
        // The conversation.
        row("load", "GET", Chat, "", Conversation, 1.0, Load),
        row("serving", "", Chat, "serving", Conversation, 0.0, Serving),
        row("edit", "PUT PATCH DELETE", Chat, "", Conversation, 0.0, Plain),
        row("leaf", "PUT", Chat, "current_leaf_message_uuid", Conversation, 0.0, Plain),
        row("latest", "POST", Chat, "latest", Conversation, 0.0, Plain),
        row("share", "", Chat, "share", Conversation, 0.0, Plain),
        row("create", "POST", Org, "chat_conversations", Conversation, 0.0, Plain),
        row("title", "POST", Chat, "title", Title, 0.25, Plain),
        row("list", "GET", Org, "chat_conversations_v2", List, 1.0, Plain),
        row("list-older", "GET", Org, "chat_conversations", List, 1.0, Plain),
        row("list-segment", "GET", Org, "chat_conversations/v2", List, 1.0, Plain),
        // The page and the account.
        row("document-root", "GET", Site, "", DOC, 1.0, Document),
        row("document-new", "GET", Site, "new", DOC, 1.0, Document),
        row("document-chat", "GET", Site, "chat/{c}", DOC, 1.0, Document),
        row("document-chat-odd", "GET", Site, "chat/{x}", DOC, 1.0, Document),
        row("document-project", "GET", Site, "project/{x}", DOC, 1.0, Document),
        row("document-settings", "GET", Site, "settings/**", DOC, 1.0, Document),
        row("document-route", "GET", Site, "maintenance|restricted", DOC, 1.0, Document),
        row("document-login", "GET", Site, "login|logout", DOC, 1.0, Document),
        row("bootstrap", "GET", Site, "edge-api/bootstrap", Bootstrap, 1.0, Plain),
        row("bootstrap-org", "GET", Site, "edge-api/bootstrap/{u}/app_start", Bootstrap, 1.0, Plain),
        row("bootstrap-older", "GET", Site, "api/bootstrap", Bootstrap, 1.0, Plain),
        row("bootstrap-older-org", "GET", Site, "api/bootstrap/{u}/app_start", Bootstrap, 1.0, Plain),
        row(
            "bootstrap-extras",
            "",
            Site,
            "api|edge-api/bootstrap/{u}/current_user_access|system_prompts",
            Bootstrap,
            0.0,
            Plain,
        ),
        row("account", "GET", Site, "api/account|account_profile|organizations", Account, 1.0, Plain),
        row("account-settings", "GET", Site, "api/account/settings", Account, 1.0, Plain),
        row("login", "", Site, "api/auth/**", Login, 1.0, Plain),
        row("enterprise-login", "", Site, "api/enterprise_auth/**", Login, 1.0, Plain),
        row("challenge-redirect", "", Site, "api/challenge_redirect", Login, 0.0, Challenge),
        // Uploads fail alone.
        row("upload", "POST", Org, "conversations/{c}/wiggle/upload-file", Upload, 0.25, Plain),
        row("upload-older", "POST", Site, "api/{u}/upload", Upload, 0.25, Plain),
        row("convert-document", "POST", Org, "convert_document", Upload, 0.25, Plain),
        row("convert-document-older", "POST", Site, "api/convert_document", Upload, 0.25, Plain),
        row("project-upload", "POST", Org, "projects/{u}/upload", Upload, 0.25, Plain),
        row("prepare-upload", "POST", Org, "conversations/{c}/files/prepare-upload", Upload, 0.25, Plain),
        // Known, and evidence of nothing.
        mute("file-preview", Site, "api/{u}/files/{x}/**"),
        mute("file-contents", Org, "files/{x}/contents"),
        mute("wiggle-files", Org, "conversations/{c}/wiggle/list-files|download-file"),
        mute("usage", Org, "usage"),
        mute("credits", Org, "prepaid/credits"),
        mute("overage", Org, "overage_spend_limit*/**"),
        mute("billing", Site, "api/settings/billing*/**"),
        mute("projects", Org, "projects*/**"),
        mute("artifacts", Org, "artifacts|published_artifacts|artifact-versions/**"),
        mute("memory-styles", Org, "memory*|style-presets/**"),
        mute("models", Org, "model_configs|model_settings*|model_selector_state/**"),
        mute("mcp", Org, "mcp/**"),
        mute("sync", Org, "sync/**"),
        mute("org-products", Org, "cowork*|melange/**"),
        mute("api-products", Site, "api/frame|ws/**"),
        mute("v1-products", Site, "v1/code|sessions|design/**"),
    ]
};

/// A URL's base, with what it says.
enum Split<'a> {
    Site,
    Org,
    Chat(&'a str),
}

impl<'a> Split<'a> {
    fn kind(&self) -> Base {
        match self {
            Self::Site => Base::Site,
            Self::Org => Base::Org,
            Self::Chat(_) => Base::Chat,
        }
    }

    fn conversation(&self) -> Option<&'a str> {
        if let Self::Chat(uuid) = self { Some(uuid) } else { None }
    }
}

/// The base and the rest of the path, without slashes at either end; `None` for another host.
fn split(url: &str) -> Option<(Split<'_>, &str)> {
    let rest = after(url, "https://").or_else(|| after(url, "wss://"))?;
    let authority = before(rest, b"/?#");
    let path = rest.strip_prefix(authority)?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    if !host.eq_ignore_ascii_case("claude.ai") || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let path = before(path, b"?#");
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);

    let Some((_, inner)) = path.strip_prefix("api/organizations/").and_then(uuid_first) else {
        return Some((Split::Site, path));
    };
    match inner.strip_prefix("chat_conversations/").and_then(uuid_first) {
        Some((uuid, inner)) => Some((Split::Chat(uuid), inner)),
        None => Some((Split::Org, inner)),
    }
}

fn after<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(tail)
}

/// Splits `{uuid}/rest` or `{uuid}`.
fn uuid_first(path: &str) -> Option<(&str, &str)> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    is_uuid(first).then_some((first, rest))
}

/// 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

struct Fit<'a> {
    conversation: Option<&'a str>,
}

/// The mark between segments. (To search for a `char` is built for long texts, and slow in short ones.)
fn slash(c: char) -> bool {
    c == '/'
}

/// Whether `path` fits `pattern`; see [`EndpointRow::path`].
fn fits<'a>(pattern: &str, path: &'a str) -> Option<Fit<'a>> {
    let mut fit = Fit { conversation: None };
    // An empty path is no segment, not one empty segment.
    let mut segments = path.split(slash).filter(|_| !path.is_empty());
    if pattern.is_empty() {
        return segments.next().is_none().then_some(fit);
    }
    for wanted in pattern.split(slash) {
        if wanted == "**" {
            return Some(fit);
        }
        let segment = segments.next()?;
        let fine = match wanted {
            "{x}" => !segment.is_empty(),
            "{u}" => is_uuid(segment),
            "{c}" => {
                fit.conversation = Some(segment);
                is_uuid(segment)
            }
            _ => wanted.split('|').any(|one| match one.strip_suffix('*') {
                Some(prefix) => segment.starts_with(prefix),
                None => segment == one,
            }),
        };
        if !fine {
            return None;
        }
    }
    segments.next().is_none().then_some(fit)
}

#[cfg(test)]
mod tests {
    use super::{ENDPOINTS, endpoint, fits, page};
    use crate::cause::Surface;
    use crate::claude::Role;
    use std::collections::BTreeSet;

    #[test]
    fn rows_have_names_of_their_own() {
        let names: BTreeSet<_> = ENDPOINTS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ENDPOINTS.len());
        assert!(!names.contains("else"));
    }

    #[test]
    fn noise_comes_first() {
        let first = ENDPOINTS.iter().position(|row| row.role != Role::Ignored).expect("there are others");
        assert!(ENDPOINTS[first..].iter().all(|row| row.role != Role::Ignored));
    }

    #[test]
    fn patterns() {
        for (pattern, path, fine) in [
            ("", "", true),
            ("", "a", false),
            ("a/**", "a", true),
            ("a/**", "a/b/c", true),
            ("a/**", "ab", false),
            ("a*/**", "ab/c", true),
            ("a|b/c", "b/c", true),
            ("a|b/c", "b", false),
            ("a/{x}", "a/", false),
            ("a/{u}", "a/019f3f4c-ba14-79cd-bbb7-6926ba65fb53", true),
            ("a/{u}", "a/019f3f4c-ba14-79cd-bbb7-6926ba65fb5", false),
            ("a/{u}", "a/019f3f4c_ba14-79cd-bbb7-6926ba65fb53", false),
        ] {
            assert_eq!(fits(pattern, path).is_some(), fine, "{pattern} {path}");
        }
    }

    #[test]
    fn other_hosts_are_not_ours() {
        for url in [
            "",
            "claude.ai",
            "https://",
            "https://claude.ai.evil.example/",
            "https://claude.ai@evil.example/",
            "https://evil.example/https://claude.ai/",
            "http://claude.ai/",
            "https://api.claude.ai/",
            "https://claude.ai:x/",
            "https://claude.aí/",
            "data:text/html,https://claude.ai/",
            "https:/claude.ai/new",
        ] {
            assert!(endpoint("GET", url).is_none(), "{url}");
            assert!(page(url).is_none(), "{url}");
        }
        assert_eq!(endpoint("GET", "https://claude.ai").expect("ours").row, "document-root");
        assert_eq!(endpoint("get", "HTTPS://CLAUDE.AI:443/new/?a=/b#c").expect("ours").row, "document-new");
    }

    #[test]
    fn a_page_on_an_unlisted_route_is_a_document() {
        let found = page("https://claude.ai/recents?x=1").expect("ours");
        assert_eq!((found.surface, found.role), (Surface::Document, Role::Document));
        assert!((found.weight - 1.0).abs() < f32::EPSILON);
        assert_eq!(page("https://claude.ai/api/something").expect("ours").surface, Surface::Other);
        assert_eq!(page("https://claude.ai/cdn-cgi/challenge").expect("ours").role, Role::Ignored);
    }
}
