//! The log of every request, so that tests can say what left the browser and what did not.

use crate::http::Request;
use crate::part::Part;

/// One request as the lab saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// A running number, unique within one lab.
    pub id: u64,
    /// Wall-clock milliseconds since the Unix epoch at which it was read whole.
    pub at: u64,
    /// The same in milliseconds since the lab was started or reset.
    pub at_ms: u64,
    /// The host it was meant for.
    pub host: String,
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// What it is about.
    pub part: Part,
    /// All request headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// The status sent, if any was.
    pub status: Option<u16>,
    /// The name of the fault that struck.
    pub fault: Option<&'static str>,
    /// Wall-clock milliseconds at which the answer's head went out (or the connection was broken instead).
    pub answered_at: Option<u64>,
    /// Wall-clock milliseconds at which it ended.
    pub ended_at: Option<u64>,
    /// How it ended; `None` while it is under way.
    pub end: Option<End>,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The answer was sent to its end.
    Whole,
    /// The lab broke it, as a fault demanded.
    Broken,
    /// The client went away first.
    ClientGone,
}

impl Seen {
    pub(crate) fn new(id: u64, at: u64, since: u64, part: Part, request: &Request) -> Self {
        Self {
            id,
            at,
            at_ms: at.saturating_sub(since),
            host: request.host.clone(),
            method: request.method.clone(),
            target: request.target.clone(),
            part,
            headers: request.headers.clone(),
            body: request.body.clone(),
            status: None,
            fault: None,
            answered_at: None,
            ended_at: None,
            end: None,
        }
    }

    /// The part of the target before `?`.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The length of the body in bytes.
    pub fn body_len(&self) -> usize {
        self.body.len()
    }

    /// The body as text.
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `prompt` of a completion's body.
    pub fn prompt(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("prompt")?.as_str()?.to_owned())
    }

    /// Whether `text` left the browser in this request: in target, headers or body, as it is, percent-encoded, with `+` for spaces, or
    /// escaped as in JSON (and then once more percent-encoded).
    pub fn carries(&self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        let quoted = serde_json::Value::from(text).to_string();
        let escaped = &quoted[1..quoted.len() - 1];
        let holds = |hay: &str| {
            let plain = percent_decode(hay);
            let plus = percent_decode(&hay.replace('+', " "));
            [hay, plain.as_str(), plus.as_str()].iter().any(|hay| hay.contains(text) || hay.contains(escaped))
        };
        holds(&self.target) || self.headers.iter().any(|(_, value)| holds(value)) || holds(&self.body_text())
    }
}

/// Text with its `%XX` turned into what they stand for.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(target: &str, body: &str) -> Seen {
        let request = Request {
            method: "POST".to_owned(),
            host: "chatgpt.com".to_owned(),
            target: target.to_owned(),
            headers: vec![("x".to_owned(), "search%20term".to_owned())],
            body: body.as_bytes().to_vec(),
        };
        Seen::new(1, 10, 4, Part::Fallback, &request)
    }

    #[test]
    fn finds_a_text_in_every_dress() {
        let text = "say \"hi\"\nto ünïcode";
        let json = serde_json::json!({"prompt": text}).to_string();
        assert!(seen("/", &json).carries(text));
        assert_eq!(seen("/", &json).prompt().as_deref(), Some(text));
        assert!(seen("/?prompt=say%20%22hi%22%0Ato%20%C3%BCn%C3%AFcode", "").carries(text));
        assert!(seen("/?q=say+%22hi%22%0Ato+%C3%BCn%C3%AFcode", "").carries(text));
        assert!(seen("/", "").carries("search term"));
        assert!(!seen("/?q=100%", "nothing").carries(text));
        assert!(!seen("/", "").carries(""));
    }
}
