//! One HTTP/1.1 connection over TLS, with control over every byte and over how it ends.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A request, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// The `Host` header without a port, in lower case.
    pub(crate) host: String,
    /// Path and query as sent.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The part before `?`.
    pub(crate) fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The value of a query parameter, not decoded.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }

    /// A header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter(|(key, _)| key == "cookie")
            .flat_map(|(_, value)| value.split(';'))
            .find_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }

    /// The body as JSON; `null` if it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Status and headers of an answer. Framing headers are added as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// The status.
    pub(crate) status: u16,
    /// Headers in the order they are sent.
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// A head with a content type.
    pub(crate) fn new(status: u16, content_type: &str) -> Self {
        let head = Self { status, headers: Vec::new() };
        if content_type.is_empty() { head } else { head.with("content-type", content_type) }
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Whether a header is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(key, _)| key == name)
    }
}

/// How the length of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// `content-length`.
    Length(usize),
    /// `transfer-encoding: chunked`.
    Chunked,
}

/// How a pause on a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// The time is over.
    Elapsed,
    /// The client has gone away.
    Gone,
}

/// The connection: requests in, bytes out.
#[derive(Debug)]
pub(crate) struct Conn<S> {
    stream: S,
    unread: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conn<S> {
    /// Wraps an established TLS stream.
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// The next request; `None` when the client has closed the connection between two requests.
    pub(crate) async fn read(&mut self) -> io::Result<Option<Request>> {
        let (mut request, head_len) = loop {
            if let Some(found) = parse_head(&self.unread)? {
                break found;
            }
            if self.unread.len() > HEAD_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the head of the request is too long"));
            }
            if !self.fill().await? {
                return if self.unread.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        self.unread.drain(..head_len);
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            self.stream.flush().await?;
        }
        let length = request.header("content-length").and_then(|value| value.parse::<usize>().ok());
        request.body = if request.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
            self.read_chunked().await?
        } else {
            self.read_exactly(length.unwrap_or(0)).await?
        };
        Ok(Some(request))
    }

    /// Sends the head.
    pub(crate) async fn head(&mut self, head: &Head, framing: Framing) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", head.status, reason(head.status));
        for (name, value) in &head.headers {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        }
        match framing {
            // A 204 or 304 must not carry a length (RFC 9110, 8.6).
            Framing::Length(_) if head.status == 204 || head.status == 304 => {}
            Framing::Length(length) => text += &["content-length: ", &length.to_string(), "\r\n"].concat(),
            Framing::Chunked => text.push_str("transfer-encoding: chunked\r\n"),
        }
        text.push_str("\r\n");
        self.bytes(text.as_bytes()).await
    }

    /// Sends bytes as they are.
    pub(crate) async fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Sends one chunk of a chunked body.
    pub(crate) async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
        framed.extend_from_slice(bytes);
        framed.extend_from_slice(b"\r\n");
        self.bytes(&framed).await
    }

    /// Ends a chunked body as it should end.
    pub(crate) async fn last_chunk(&mut self) -> io::Result<()> {
        self.bytes(b"0\r\n\r\n").await
    }

    /// Waits, and notices when the client goes away meanwhile.
    pub(crate) async fn pause(&mut self, time: Duration) -> Pause {
        let sleep = tokio::time::sleep(time);
        tokio::pin!(sleep);
        loop {
            tokio::select! {
                () = &mut sleep => return Pause::Elapsed,
                read = self.stream.read_buf(&mut self.unread) => if matches!(read, Ok(0) | Err(_)) {
                    return Pause::Gone;
                },
            }
        }
    }

    /// Waits until the client goes away.
    pub(crate) async fn wait_for_close(&mut self) {
        while self.pause(Duration::from_secs(3_600)).await == Pause::Elapsed {}
    }

    /// Closes in order, with TLS's own goodbye.
    pub(crate) async fn close(mut self) {
        // The client may have gone first: then there is nobody to say goodbye to.
        let _ = self.stream.shutdown().await;
    }

    async fn fill(&mut self) -> io::Result<bool> {
        self.unread.reserve(READ_AT_ONCE);
        Ok(self.stream.read_buf(&mut self.unread).await? > 0)
    }

    async fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > BODY_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the body of the request is too long"));
        }
        while self.unread.len() < length {
            if !self.fill().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    async fn read_chunked(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.read_line().await?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
            if size == 0 {
                while !self.read_line().await?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.read_exactly(size).await?);
            self.read_line().await?;
        }
    }

    async fn read_line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = String::from_utf8_lossy(&self.unread[..end]).into_owned();
                self.unread.drain(..end + 2);
                return Ok(line);
            }
            if !self.fill().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn parse_head(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    let headers: Vec<(String, String)> = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        host: String::new(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
    };
    let host = request.header("host").unwrap_or_default();
    request.host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    Ok(Some((request, length)))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        // Cloudflare and Anthropic send their own codes over HTTP/2 and 3, which have no reason phrases.
        _ => "",
    }
}

const READ_AT_ONCE: usize = 16 * 1_024;
/// Above the 48 KiB that a long prefill link needs.
const HEAD_MAX: usize = 256 * 1_024;
/// Above claude.ai's own limit for one upload.
const BODY_MAX: usize = 64 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_a_head_in_any_number_of_pieces() {
        let whole = b"POST /a?x=1&y=%20 HTTP/1.1\r\nHost: Claude.AI:443\r\nCookie: a=1; sessionKey=s\r\n\r\nrest";
        let head = whole.len() - 4;
        for cut in 0..head {
            assert!(parse_head(&whole[..cut]).unwrap().is_none(), "cut at {cut}");
        }
        let (request, length) = parse_head(whole).unwrap().unwrap();
        assert_eq!(length, head);
        assert_eq!((request.host.as_str(), request.path()), ("claude.ai", "/a"));
        assert_eq!((request.query("y"), request.query("z")), (Some("%20"), None));
        assert_eq!(request.cookie("sessionKey"), Some("s"));
    }
}
