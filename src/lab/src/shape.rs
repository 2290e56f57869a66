//! The shapes of failure known from the wire (facts: claude-wire, section 5), word for word where a body has been captured.

use crate::fault::Answer;
use crate::http::Head;
use serde::Deserialize;
use serde_json::json;

/// A failing answer as a layer of the real thing sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// 500 JSON `api_error`, "Internal server error".
    ApiError,
    /// 529 JSON `overloaded_error`.
    Overloaded,
    /// 503 plain text by Envoy, "upstream connect error…".
    UpstreamConnect,
    /// 502 plain text, "Bad gateway".
    BadGateway,
    /// 504 JSON `timeout_error`.
    GatewayTimeout,
    /// 502 HTML by the load balancer.
    EdgeHtml,
    /// 500 HTML, the page "Claude will return soon".
    WillReturnSoon,
    /// 522 (or another 52x) HTML by Cloudflare.
    Cloudflare,
    /// 522 (or another 52x) plain text, `error code: 522`.
    CloudflareText,
    /// 403 HTML with `cf-mitigated: challenge`.
    Challenge,
    /// 429 plain text, "Rate exceeded".
    RateExceeded,
    /// 429 JSON `rate_limit_error` with `exceeded_limit` and a reset clock inside its message.
    UsageLimit,
    /// 429 JSON, too many answers at once: no reset clock.
    Concurrents,
    /// 403 JSON `account_session_invalid`.
    SessionInvalid,
    /// 401 JSON `authentication_error`.
    Unauthenticated,
    /// 403 JSON `account_banned`.
    Banned,
    /// 403 JSON `model_not_available`.
    ModelNotAvailable,
    /// 400 JSON, "This organization has been disabled."
    OrganizationDisabled,
    /// 307 to the page that says the region is not served.
    Region,
    /// 200 HTML of a hotel's login page.
    CaptivePortal,
    /// 403 HTML of a company's filter.
    CompanyFilter,
    /// 403 JSON `read_only_mode` (its real status has not been seen).
    ReadOnlyMode,
    /// 413 JSON, the message is too long.
    TooLarge,
    /// 400 JSON, "prompt is too long".
    PromptTooLong,
    /// 404 JSON `chat_conversation_not_found`.
    NotFound,
    /// 409 JSON `conflict`.
    Conflict,
    /// 200 and no body.
    Empty,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 27] = [
        Self::ApiError,
        Self::Overloaded,
        Self::UpstreamConnect,
        Self::BadGateway,
        Self::GatewayTimeout,
        Self::EdgeHtml,
        Self::WillReturnSoon,
        Self::Cloudflare,
        Self::CloudflareText,
        Self::Challenge,
        Self::RateExceeded,
        Self::UsageLimit,
        Self::Concurrents,
        Self::SessionInvalid,
        Self::Unauthenticated,
        Self::Banned,
        Self::ModelNotAvailable,
        Self::OrganizationDisabled,
        Self::Region,
        Self::CaptivePortal,
        Self::CompanyFilter,
        Self::ReadOnlyMode,
        Self::TooLarge,
        Self::PromptTooLong,
        Self::NotFound,
        Self::Conflict,
        Self::Empty,
    ];

    /// The status it usually has.
    pub const fn status(self) -> u16 {
        match self {
            Self::CaptivePortal | Self::Empty => 200,
            Self::Region => 307,
            Self::OrganizationDisabled | Self::PromptTooLong => 400,
            Self::Unauthenticated => 401,
            Self::Challenge
            | Self::SessionInvalid
            | Self::Banned
            | Self::ModelNotAvailable
            | Self::CompanyFilter
            | Self::ReadOnlyMode => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::RateExceeded | Self::UsageLimit | Self::Concurrents => 429,
            Self::ApiError | Self::WillReturnSoon => 500,
            Self::BadGateway | Self::EdgeHtml => 502,
            Self::UpstreamConnect => 503,
            Self::GatewayTimeout => 504,
            Self::Cloudflare | Self::CloudflareText => 522,
            Self::Overloaded => 529,
        }
    }

    /// Which layer answers: the headers differ.
    pub(crate) const fn layer(self) -> Layer {
        match self {
            Self::Cloudflare | Self::CloudflareText | Self::Challenge | Self::Region => Layer::Cloudflare,
            Self::EdgeHtml | Self::UpstreamConnect | Self::BadGateway => Layer::LoadBalancer,
            Self::CaptivePortal | Self::CompanyFilter => Layer::Stranger,
            _ => Layer::App,
        }
    }

    /// Type and body. `status` is the one sent, `id` the request id, `resets_at` unix seconds.
    fn body(self, status: u16, id: &str, resets_at: u64) -> (&'static str, String) {
        match self {
            Self::ApiError => envelope("api_error", "Internal server error", None, Some(id)),
            Self::Overloaded => envelope("overloaded_error", "Overloaded", None, Some(id)),
            Self::UpstreamConnect => (
                TEXT,
                "upstream connect error or disconnect/reset before headers. reset reason: connection termination"
                    .to_owned(),
            ),
            Self::BadGateway => (TEXT, "Bad gateway".to_owned()),
            Self::GatewayTimeout => envelope("timeout_error", "Request timed out", None, Some(id)),
            Self::EdgeHtml => (HTML, edge_page(status)),
            Self::WillReturnSoon => (HTML, WILL_RETURN_SOON.to_owned()),
            Self::Cloudflare => (HTML, cloudflare_page(status)),
            Self::CloudflareText => (TEXT, format!("error code: {status}")),
            Self::Challenge => (HTML, CHALLENGE.to_owned()),
            Self::RateExceeded => (TEXT, "Rate exceeded".to_owned()),
            Self::UsageLimit => limit("five_hour", Some(resets_at), id),
            Self::Concurrents => limit("concurrents", None, id),
            Self::SessionInvalid => {
                envelope("permission_error", "Invalid authorization", Some("account_session_invalid"), None)
            }
            Self::Unauthenticated => envelope("authentication_error", "Invalid authentication", None, Some(id)),
            Self::Banned => {
                envelope("permission_error", "Your account has been disabled.", Some("account_banned"), Some(id))
            }
            Self::ModelNotAvailable => {
                envelope("permission_error", "This model isn't available.", Some("model_not_available"), Some(id))
            }
            Self::OrganizationDisabled => {
                envelope("invalid_request_error", "This organization has been disabled.", None, Some(id))
            }
            Self::CaptivePortal => (HTML, CAPTIVE_PORTAL.to_owned()),
            Self::CompanyFilter => (HTML, COMPANY_FILTER.to_owned()),
            Self::ReadOnlyMode => (
                JSON,
                json!({"type": "error", "error": {"type": "invalid_request_error", "code": "read_only_mode",
                    "message": "Chat is in read-only mode."}, "request_id": id})
                .to_string(),
            ),
            Self::TooLarge => envelope(
                "invalid_request_error",
                "Your message will exceed the length limit for this chat.",
                Some("request_too_large"),
                Some(id),
            ),
            Self::PromptTooLong => envelope("invalid_request_error", "prompt is too long", None, Some(id)),
            Self::NotFound => {
                envelope("not_found_error", "Conversation not found", Some("chat_conversation_not_found"), Some(id))
            }
            Self::Conflict => envelope("invalid_request_error", "Message already exists", Some("conflict"), Some(id)),
            Self::Region | Self::Empty => ("", String::new()),
        }
    }
}

/// Who answers, on the way from the browser to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// The app, behind all the others.
    App,
    /// Google's load balancer or Envoy, behind Cloudflare.
    LoadBalancer,
    /// Cloudflare alone.
    Cloudflare,
    /// Somebody between the browser and Cloudflare.
    Stranger,
}

/// Head (without the layer's own headers), body and layer of an answer that a fault gives.
pub(crate) fn render(answer: &Answer, id: &str, now_ms: u64) -> (Head, Vec<u8>, Layer) {
    let status = answer.status.or_else(|| answer.shape.map(Shape::status)).unwrap_or(500);
    let resets_at = now_ms / 1_000 + answer.resets_in.unwrap_or(TWO_HOURS);
    let (mut content_type, mut body) =
        answer.shape.map_or(("", String::new()), |shape| shape.body(status, id, resets_at));
    if let Some(own) = &answer.body {
        body.clone_from(own);
        if content_type.is_empty() {
            content_type = TEXT;
        }
    }
    let mut head = Head::new(status, answer.content_type.as_deref().unwrap_or(content_type));
    match answer.shape {
        Some(Shape::Challenge) => head = head.with("cf-mitigated", "challenge"),
        Some(Shape::Region) => head = head.with("location", "https://claude.com/app-unavailable-in-region"),
        Some(Shape::GatewayTimeout | Shape::Overloaded) => head = head.with("x-should-retry", "true"),
        _ => {}
    }
    for (name, value) in &answer.headers {
        head = head.with(name, value.clone());
    }
    (head, body.into_bytes(), answer.shape.map_or(Layer::App, Shape::layer))
}

/// The error envelope of claude.ai's API.
pub(crate) fn envelope(kind: &str, message: &str, code: Option<&str>, id: Option<&str>) -> (&'static str, String) {
    let mut error = json!({"type": kind, "message": message});
    if let Some(code) = code {
        error["details"] = json!({"error_code": code, "error_visibility": "user_facing"});
    }
    (JSON, json!({"type": "error", "error": error, "request_id": id}).to_string())
}

/// A limit's `message` is JSON inside a string.
fn limit(claim: &str, resets_at: Option<u64>, id: &str) -> (&'static str, String) {
    let mut message =
        json!({"type": "exceeded_limit", "representativeClaim": claim, "perModelLimit": false, "remaining": 0});
    if let Some(resets_at) = resets_at {
        message["resetsAt"] = json!(resets_at);
        message["windows"] = json!({"5h": {"status": "exceeded_limit", "resets_at": resets_at, "utilization": 1.0}});
    }
    envelope("rate_limit_error", &message.to_string(), None, Some(id))
}

fn edge_page(status: u16) -> String {
    format!(
        "<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n<title>{status} Server Error</title>\n\
         </head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: Server Error</h1>\n<h2>The server encountered a temporary error and \
         could not complete your request.<p>Please try again in 30 seconds.</h2>\n<h2></h2>\n</body></html>\n"
    )
}

fn cloudflare_page(status: u16) -> String {
    let what = match status {
        520 => "Web server is returning an unknown error",
        521 => "Web server is down",
        523 => "Origin is unreachable",
        524 => "A timeout occurred",
        525 => "SSL handshake failed",
        526 => "Invalid SSL certificate",
        530 => "Origin DNS error",
        _ => "Connection timed out",
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head>\n<title>claude.ai | {status}: {what}</title>\n<meta charset=\"UTF-8\" />\n\
         </head>\n<body>\n<div id=\"cf-wrapper\"><div id=\"cf-error-details\"><h1><span>{what}</span> <span>Error code {status}</span></h1>\
         </div></div>\n</body>\n</html>\n"
    )
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const TEXT: &str = "text/plain";
const TWO_HOURS: u64 = 7_200;

const WILL_RETURN_SOON: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Claude</title></head>\n<body>\n\
<main><h1>Claude will return soon</h1>\n<p>Claude is currently experiencing a temporary service disruption. We\u{2019}re working on it, \
please check back soon.</p>\n<a href=\"/\">Go to home</a></main>\n</body>\n</html>\n";

const CHALLENGE: &str = "<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title>\
<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\"><meta name=\"robots\" content=\"noindex,nofollow\"></head>\
<body><div class=\"main-wrapper\" role=\"main\"><div class=\"main-content\"><noscript><span id=\"challenge-error-text\">Enable JavaScript \
and cookies to continue</span></noscript></div></div><script src=\"/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1\"></script>\
</body></html>";

const CAPTIVE_PORTAL: &str = "<!DOCTYPE html>\n<html><head><title>Guest Wi-Fi</title></head>\n<body><h1>Welcome to the hotel's Wi-Fi</h1>\n\
<form method=\"post\" action=\"http://login.guest.example/\"><input name=\"room\"><button>Connect</button></form></body></html>\n";

const COMPANY_FILTER: &str = "<!DOCTYPE html>\n<html><head><title>Blocked by policy</title></head>\n\
<body><h1>This site has been blocked by your organization</h1>\n<p>Category: Artificial intelligence</p></body></html>\n";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn sent(answer: &Answer) -> (Head, String) {
        let (head, body, _) = render(answer, "req_011Ctest", 1_700_000_000_000);
        (head, String::from_utf8(body).unwrap())
    }

    fn of(shape: Shape) -> (Head, String) {
        sent(&Answer { shape: Some(shape), ..Answer::default() })
    }

    #[test]
    fn every_json_shape_is_the_documented_envelope() {
        for shape in Shape::ALL {
            let (head, body) = of(shape);
            assert_eq!(head.status, shape.status(), "{shape:?}");
            if head.headers.iter().any(|(_, value)| value == JSON) {
                let body: Value = serde_json::from_str(&body).unwrap();
                assert_eq!(body["type"], "error", "{shape:?}");
                assert!(body["error"]["type"].is_string(), "{shape:?}");
                assert!(body.get("request_id").is_some(), "{shape:?}");
            }
        }
    }

    #[test]
    fn a_limit_hides_its_clock_in_a_string() {
        let (_, body) = sent(&Answer { shape: Some(Shape::UsageLimit), resets_in: Some(60), ..Answer::default() });
        let body: Value = serde_json::from_str(&body).unwrap();
        let inner: Value = serde_json::from_str(body["error"]["message"].as_str().unwrap()).unwrap();
        assert_eq!(inner["type"], "exceeded_limit");
        assert_eq!(inner["resetsAt"], 1_700_000_060);
    }

    #[test]
    fn own_bodies_and_headers_win() {
        let answer = Answer {
            status: Some(418),
            body: Some("short and stout".to_owned()),
            headers: [("retry-after".to_owned(), "7".to_owned())].into(),
            ..Answer::default()
        };
        let (head, body) = sent(&answer);
        assert_eq!((head.status, body.as_str()), (418, "short and stout"));
        assert!(head.has("retry-after") && head.has("content-type"));
    }

    #[test]
    fn the_challenge_is_marked() {
        let (head, body) = of(Shape::Challenge);
        assert!(head.has("cf-mitigated") && body.contains("/cdn-cgi/challenge-platform/"));
    }
}
