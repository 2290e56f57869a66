//! What a request is about, as far as faults are aimed at it.

use crate::feed::FEEDS;
use crate::site::FALLBACKS;
use serde::Deserialize;

/// A part of the stand-in world that can be broken by itself. The first ten carry the names of claude.ai's surfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The HTML of a claude.ai page.
    Document,
    /// `/api/auth/*`, `/api/enterprise_auth/*`.
    Login,
    /// `/edge-api/bootstrap…`, `/api/bootstrap…`.
    Bootstrap,
    /// `/api/account*`, `/api/organizations`.
    Account,
    /// The list of conversations, both forms.
    List,
    /// Loading one conversation.
    Conversation,
    /// `completion`, `completion2` and their retry forms.
    Completion,
    /// Naming a conversation.
    Title,
    /// Uploading a file, all routes.
    Upload,
    /// Any other claude.ai API path.
    Other,
    /// `completion_status`.
    Recovery,
    /// `stop_response`.
    Stop,
    /// Telemetry and noise on claude.ai's own origin.
    Telemetry,
    /// The app's scripts and styles.
    Assets,
    /// status.claude.com.
    StatusPage,
    /// Every host of a fallback.
    Fallback,
    /// The status pages of the fallbacks.
    Feed,
    /// A host that the lab does not stand for: the browser's own traffic, when it is sent here.
    Elsewhere,
}

impl Part {
    /// What a request to `host` is about (facts: claude-wire, sections 1 and 2). This is written apart from the engine's own table on
    /// purpose: a stand-in that shared it could not contradict it.
    pub fn of(host: &str, method: &str, path: &str) -> Self {
        match host {
            "claude.ai" => Self::of_claude(method, path),
            "assets-proxy.anthropic.com" => Self::Assets,
            "status.claude.com" | "status.anthropic.com" => Self::StatusPage,
            _ if FALLBACKS.contains(&host) => Self::Fallback,
            // Google's host is more than its status page.
            "www.google.com" if !path.starts_with("/appsstatus/") => Self::Elsewhere,
            _ if FEEDS.contains(&host) => Self::Feed,
            _ => Self::Elsewhere,
        }
    }

    fn of_claude(method: &str, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            ["api", "event_logging", ..]
            | ["api", "frame", "telemetry"]
            | ["api", "claude_code", "metrics", ..]
            | ["edge-api", "client-health", ..]
            | ["cdn-cgi", ..]
            | ["api", "organizations", _, "experiences" | "notification" | "dust", ..] => Self::Telemetry,
            [first, ..] if first.starts_with("sentry") => Self::Telemetry,
            ["api", "auth" | "enterprise_auth", ..] => Self::Login,
            ["edge-api" | "api", "bootstrap"] | ["edge-api" | "api", "bootstrap", _, "app_start"] => Self::Bootstrap,
            ["api", "account" | "account_profile", ..] | ["api", "organizations"] => Self::Account,
            ["api", "organizations", _, "chat_conversations_v2"]
            | ["api", "organizations", _, "chat_conversations", "v2"] => Self::List,
            ["api", "organizations", _, "chat_conversations"] if method == "GET" => Self::List,
            ["api", "organizations", _, "chat_conversations", _] if method == "GET" => Self::Conversation,
            [
                "api",
                "organizations",
                _,
                "chat_conversations",
                _,
                "completion" | "completion2" | "retry_completion" | "retry_completion2",
            ] => Self::Completion,
            ["api", "organizations", _, "chat_conversations", _, "title"] => Self::Title,
            ["api", "organizations", _, "chat_conversations", _, "completion_status"] => Self::Recovery,
            ["api", "organizations", _, "chat_conversations", _, "stop_response"] => Self::Stop,
            ["api", "organizations", _, "conversations", _, "wiggle", "upload-file"]
            | ["api", "organizations", _, "conversations", _, "files", "prepare-upload"]
            | ["api", "organizations", _, "projects", _, "upload"]
            | ["api", "organizations", _, "convert_document"]
            | ["api", "convert_document"]
            | ["api", _, "upload"] => Self::Upload,
            ["api" | "edge-api" | "v1", ..] | ["favicon.ico" | "robots.txt" | "manifest.json"] => Self::Other,
            _ => Self::Document,
        }
    }

    /// The name in scenario files.
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
            Self::Recovery => "recovery",
            Self::Stop => "stop",
            Self::Telemetry => "telemetry",
            Self::Assets => "assets",
            Self::StatusPage => "status-page",
            Self::Feed => "feed",
            Self::Fallback => "fallback",
            Self::Elsewhere => "elsewhere",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORG: &str = "/api/organizations/0f4d1a52-9a3b-4c52-8f0e-4b1f6f0a2b11";
    const CONV: &str = "chat_conversations/019d0d70-0000-7000-8000-000000000001";

    #[test]
    fn tells_the_parts_apart() {
        let cases = [
            ("GET", "/".to_owned(), Part::Document),
            ("GET", "/chat/019d0d70-0000-7000-8000-000000000001".to_owned(), Part::Document),
            ("POST", "/api/auth/send_magic_link".to_owned(), Part::Login),
            ("GET", "/edge-api/bootstrap".to_owned(), Part::Bootstrap),
            ("GET", "/edge-api/bootstrap/x/app_start".to_owned(), Part::Bootstrap),
            ("GET", "/api/bootstrap/x/system_prompts".to_owned(), Part::Other),
            ("GET", "/api/account/settings".to_owned(), Part::Account),
            ("GET", "/api/organizations".to_owned(), Part::Account),
            ("GET", format!("{ORG}/chat_conversations_v2"), Part::List),
            ("GET", format!("{ORG}/chat_conversations"), Part::List),
            ("POST", format!("{ORG}/chat_conversations"), Part::Other),
            ("GET", format!("{ORG}/{CONV}"), Part::Conversation),
            ("DELETE", format!("{ORG}/{CONV}"), Part::Other),
            ("POST", format!("{ORG}/{CONV}/completion"), Part::Completion),
            ("POST", format!("{ORG}/{CONV}/retry_completion2"), Part::Completion),
            ("GET", format!("{ORG}/{CONV}/completion_status"), Part::Recovery),
            ("POST", format!("{ORG}/{CONV}/stop_response"), Part::Stop),
            ("POST", format!("{ORG}/{CONV}/title"), Part::Title),
            ("POST", format!("{ORG}/conversations/c/wiggle/upload-file"), Part::Upload),
            ("GET", format!("{ORG}/conversations/c/wiggle/list-files"), Part::Other),
            ("POST", format!("{ORG}/dust/suggestions"), Part::Telemetry),
            ("POST", "/sentry-tunnel".to_owned(), Part::Telemetry),
            ("POST", "/api/event_logging/v2/batch".to_owned(), Part::Telemetry),
            ("GET", format!("{ORG}/usage"), Part::Other),
            ("GET", "/favicon.ico".to_owned(), Part::Other),
        ];
        for (method, path, part) in cases {
            assert_eq!(Part::of("claude.ai", method, &path), part, "{method} {path}");
        }
        assert_eq!(Part::of("chatgpt.com", "GET", "/"), Part::Fallback);
        assert_eq!(Part::of("update.googleapis.com", "POST", "/"), Part::Elsewhere);
        assert_eq!(Part::of("status.claude.com", "GET", "/api/v2/summary.json"), Part::StatusPage);
    }
}
