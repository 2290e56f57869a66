//! The front-ends of the stand-in sites, built by `tests/sites` into `dist/<host>/`.

use crate::http::{Head, Request};
use crate::shape::HTML;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The fallback sites, each a folder of `dist`.
pub const FALLBACKS: [&str; 7] = [
    "chatgpt.com",
    "gemini.google.com",
    "www.perplexity.ai",
    "chat.deepseek.com",
    "chat.mistral.ai",
    "grok.com",
    "copilot.microsoft.com",
];

/// A page of a site's front-end, to be read from `dist`.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) host: &'static str,
    pub(crate) cookies: Vec<String>,
}

/// The built front-ends.
#[derive(Debug)]
pub(crate) struct Sites {
    dist: PathBuf,
    speed: f64,
}

impl Sites {
    /// Reads from `dist`, at every request anew.
    pub(crate) const fn new(dist: PathBuf, speed: f64) -> Self {
        Self { dist, speed }
    }

    /// The HTML of a site with its policy. `nonce` is fresh for each answer.
    pub(crate) fn page(&self, page: &Page, nonce: &str) -> (Head, Vec<u8>) {
        let file = self.dist.join(page.host).join("index.html");
        let html = fs::read_to_string(&file).unwrap_or_else(|_| placeholder(page.host, &file));
        let mut head = Head::new(200, HTML)
            .with("content-security-policy", policy(page.host, nonce))
            .with("cache-control", "private, no-store")
            .with("x-content-type-options", "nosniff")
            .with("referrer-policy", "strict-origin-when-cross-origin");
        for cookie in &page.cookies {
            head = head.with("set-cookie", cookie.clone());
        }
        (head, self.dress(&html, nonce).into_bytes())
    }

    /// A page of a fallback, for any path.
    pub(crate) fn fallback(&self, host: &str, nonce: &str) -> Option<(Head, Vec<u8>)> {
        let host = FALLBACKS.into_iter().find(|it| *it == host)?;
        Some(self.page(&Page { host, cookies: Vec::new() }, nonce))
    }

    /// A script, style or picture.
    pub(crate) fn asset(&self, request: &Request) -> Option<(Head, Vec<u8>)> {
        let path = request.path().trim_start_matches('/');
        let relative = Path::new(path);
        if relative.components().any(|component| !matches!(component, Component::Normal(_))) {
            return None;
        }
        let bytes = fs::read(self.dist.join(&request.host).join(relative)).ok().or_else(|| {
            // The app's bundle may also lie with its site.
            let name = path.strip_prefix(CLAUDE_ASSETS).filter(|_| request.host == "assets-proxy.anthropic.com")?;
            fs::read(self.dist.join("claude.ai/assets").join(name)).ok()
        })?;
        let head = Head::new(200, content_type(path))
            .with("cache-control", "no-cache")
            .with("access-control-allow-origin", "*")
            .with("cross-origin-resource-policy", "cross-origin")
            .with("x-content-type-options", "nosniff");
        Some((head, bytes))
    }

    /// Gives every script the nonce, and the page the lab's speed.
    fn dress(&self, html: &str, nonce: &str) -> String {
        let speed = format!("<meta name=\"lab-speed\" content=\"{}\">", self.speed);
        let html = html.replace(EMPTY_SPEED, &speed);
        let mut out = String::with_capacity(html.len() + 128);
        for (number, piece) in html.split(SCRIPT).enumerate() {
            let is_script = number > 0 && piece.starts_with(['>', ' ', '\n', '\t']);
            if number > 0 {
                out.push_str(SCRIPT);
            }
            if is_script {
                let _ = write!(out, " nonce=\"{nonce}\"");
            }
            out.push_str(piece);
        }
        out
    }
}

/// The policies. claude.ai's exact text has not been captured; what counts is what it refuses: inline script without a nonce, eval and
/// wasm. `DeepSeek`'s stand-in asks for Trusted Types, so that one of the textareas has to be filled under them.
fn policy(host: &str, nonce: &str) -> String {
    match host {
        "claude.ai" => format!(
            "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'self' https://assets-proxy.anthropic.com; style-src 'self' \
             'unsafe-inline' https://assets-proxy.anthropic.com; img-src 'self' data: blob: https:; font-src 'self' data: \
             https://assets-proxy.anthropic.com; connect-src 'self' https://assets-proxy.anthropic.com https://a-api.anthropic.com \
             https://*.claude.ai wss://claude.ai; worker-src 'self' blob:; frame-src https://*.claudeusercontent.com; frame-ancestors \
             'none'; base-uri 'none'; object-src 'none'; form-action 'self'"
        ),
        "chat.deepseek.com" => {
            format!("{}; require-trusted-types-for 'script'", fallback_policy(nonce))
        }
        _ => fallback_policy(nonce),
    }
}

fn fallback_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         connect-src 'self'; base-uri 'none'; object-src 'none'"
    )
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => HTML,
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

fn placeholder(host: &str, file: &Path) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{host} (placeholder)</title></head>\n<body>\n\
         <h1>Placeholder for {host}</h1>\n<p>The front-end of this stand-in has not been built: <code>{}</code> is missing. Run <code>npm \
         ci</code> and <code>npm run build</code> in <code>tests/sites</code>.</p>\n<textarea aria-label=\"Prompt\"></textarea>\n</body></html>\n",
        file.display()
    )
}

const SCRIPT: &str = "<script";
/// Filled in by the lab, read by the pages' own clock.
const EMPTY_SPEED: &str = "<meta name=\"lab-speed\" content=\"\">";
const CLAUDE_ASSETS: &str = "claude-ai/v2/assets/v1/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dresses_every_script_once() {
        let sites = Sites::new(PathBuf::new(), 4.0);
        let html = "<head><meta name=\"lab-speed\" content=\"\"><script src=\"a.js\"></script></head><scripty><script>b</script>";
        let dressed = sites.dress(html, "N");
        assert_eq!(
            dressed,
            "<head><meta name=\"lab-speed\" content=\"4\"><script nonce=\"N\" src=\"a.js\"></script></head><scripty>\
             <script nonce=\"N\">b</script>"
        );
    }

    #[test]
    fn never_leaves_its_folder() {
        let sites = Sites::new(PathBuf::from("/"), 1.0);
        let request = |target: &str| Request {
            method: "GET".to_owned(),
            host: "etc".to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        assert!(sites.asset(&request("/../etc/passwd")).is_none());
        assert!(sites.asset(&request("/passwd")).is_some());
    }
}
