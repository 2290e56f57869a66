//! Requests without a (whole) answer → causes, by the browser's own word (measured with Chromium 156 and Firefox 153).
//!
//! Only codes decide. Firefox tells TLS faults in whole, translated sentences; they stay [`Class::Unknown`].
//! A failure without a status never says whose fault it is: while the browser is online it is unknown until a neutral
//! origin has answered.

use super::json::head;
use crate::cause::{Cause, Class};

/// What the absence of an answer means. `error` is `net::ERR_…` or `NS_ERROR_…` of `webRequest`, or the name of a rejected `fetch`.
///
/// Two traps: Chromium reports a page's abort in mid-body as `ERR_FAILED`, Firefox as `NS_BINDING_ABORTED` or, for
/// `reader.cancel()`, `NS_BASE_STREAM_CLOSED`. And in Firefox another extension's block is `NS_ERROR_ABORT`, which is no abort by the page.
pub fn transport(error: &str, online: bool) -> Cause {
    let name = error.strip_prefix("net::").unwrap_or(error);
    let row = TRANSPORT.iter().find(|row| row.words.iter().any(|word| fits(word, name)));
    let class = match row.map(|row| row.class) {
        Some(class @ (Class::Aborted | Class::Ignored | Class::ClientFault)) => class,
        _ if !online => Class::OwnNetwork,
        Some(class) => class,
        None => Class::Unknown,
    };
    let kept = head(error, 128);
    Cause { transport: (!kept.is_empty()).then(|| kept.to_owned()), ..Cause::bare(class) }
}

/// Whether this word of the browser proves that the request never reached claude.ai: no connection was ever made, so nothing can
/// have arrived. A reset or a timeout proves nothing of the kind.
pub fn never_left(error: &str) -> bool {
    let error = error.strip_prefix("net::").unwrap_or(error);
    NEVER_LEFT.iter().any(|word| fits(word, error))
}

/// Whether this word of the browser is told of an abort by the page and of other failures alike: Chromium's `ERR_FAILED`.
pub fn may_be_abort(error: &str) -> bool {
    error.strip_prefix("net::").unwrap_or(error) == "ERR_FAILED"
}

/// One row of the table of transport errors.
#[derive(Clone, Copy, Debug)]
pub struct TransportRow {
    /// Its name, unique; fixtures refer to it.
    pub name: &'static str,
    /// The browsers' words, without `net::`; `*` at the end stands for anything.
    pub words: &'static [&'static str],
    /// The class while the browser is online.
    pub class: Class,
}

/// The browsers' words as of 2026-11; the first row that fits wins, no row is [`Class::Unknown`].
pub const TRANSPORT: &[TransportRow] = &[
    TransportRow {
        name: "aborted",
        words: &["ERR_ABORTED", "ERR_FAILED", "NS_BINDING_ABORTED", "NS_BASE_STREAM_CLOSED", "AbortError"],
        class: Class::Aborted,
    },
    TransportRow {
        // Filtered by a company's policy: not the user's doing, and not Claude's.
        name: "blocked-by-policy",
        words: &["ERR_BLOCKED_BY_ADMINISTRATOR", "ERR_NETWORK_ACCESS_DENIED"],
        class: Class::OwnNetwork,
    },
    TransportRow {
        name: "blocked",
        words: &[
            "ERR_BLOCKED_BY_*",
            "NS_ERROR_ABORT",
            "NS_ERROR_BLOCKED_*",
            "NS_ERROR_TRACKING_URI",
            "NS_ERROR_SOCIALTRACKING_URI",
            "NS_ERROR_FINGERPRINTING_URI",
        ],
        class: Class::Ignored,
    },
    TransportRow {
        name: "offline",
        words: &[
            "ERR_INTERNET_DISCONNECTED",
            "ERR_NETWORK_CHANGED",
            "ERR_NETWORK_IO_SUSPENDED",
            "ERR_ADDRESS_UNREACHABLE",
            "NS_ERROR_OFFLINE",
            "NS_ERROR_NETWORK_LINK_DOWN",
        ],
        class: Class::OwnNetwork,
    },
    TransportRow {
        name: "proxy",
        words: &[
            "ERR_PROXY_*",
            "ERR_TUNNEL_*",
            "ERR_SOCKS_*",
            "ERR_MANDATORY_PROXY_*",
            "NS_ERROR_PROXY_*",
            "NS_ERROR_UNKNOWN_PROXY_HOST",
        ],
        class: Class::OwnNetwork,
    },
    TransportRow {
        // Somebody else answers for claude.ai: a filter that opens TLS, a captive portal.
        name: "certificate",
        words: &["ERR_CERT_AUTHORITY_INVALID", "ERR_CERT_COMMON_NAME_INVALID", "ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN"],
        class: Class::OwnNetwork,
    },
    TransportRow {
        // The page's own stream reader lost count.
        name: "client",
        words: &["Content block index did not match the expected index*"],
        class: Class::ClientFault,
    },
    TransportRow {
        name: "unknown",
        words: &[
            "ERR_NAME_NOT_RESOLVED",
            "ERR_CONNECTION_*",
            "ERR_EMPTY_RESPONSE",
            "ERR_TIMED_OUT",
            "ERR_INCOMPLETE_CHUNKED_ENCODING",
            "ERR_CONTENT_LENGTH_MISMATCH",
            "ERR_HTTP2_*",
            "ERR_QUIC_*",
            "ERR_SSL_*",
            "ERR_CERT_*",
            "NS_ERROR_UNKNOWN_HOST",
            "NS_ERROR_CONNECTION_REFUSED",
            "NS_ERROR_NET_*",
            "SSL received a record that exceeded the maximum permissible length.",
            "The certificate is not trusted*",
            "Failed to fetch",
            "NetworkError when attempting to fetch resource.",
            "Load failed",
        ],
        class: Class::Unknown,
    },
];

/// The words of a connection that never came about.
const NEVER_LEFT: &[&str] = &[
    "ERR_NAME_NOT_RESOLVED",
    "ERR_CONNECTION_REFUSED",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_ADDRESS_UNREACHABLE",
    "ERR_BLOCKED_BY_CLIENT",
    "ERR_BLOCKED_BY_ADMINISTRATOR",
    "ERR_PROXY_CONNECTION_FAILED",
    "ERR_TUNNEL_CONNECTION_FAILED",
    "ERR_CERT_*",
    "NS_ERROR_UNKNOWN_HOST",
    "NS_ERROR_CONNECTION_REFUSED",
    "NS_ERROR_OFFLINE",
    "NS_ERROR_PROXY_CONNECTION_REFUSED",
    "NS_ERROR_UNKNOWN_PROXY_HOST",
];

fn fits(word: &str, error: &str) -> bool {
    match word.strip_suffix('*') {
        Some(prefix) => error.starts_with(prefix),
        None => error == word,
    }
}
