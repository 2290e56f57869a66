//! A small HTTP/1.1 client over real TLS that sees what a browser's socket sees.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking, and watches the clock")]
#![allow(dead_code, reason = "each test file uses its own part of it")]

use serde_json::Value;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use understudy_lab::{Lab, LabConfig, ORGANIZATION};

/// A lab with its placeholders, many times faster than life.
pub fn lab() -> Lab {
    Lab::start(LabConfig { port: 0, sites: PathBuf::from("/nonexistent"), speed: 40.0 }).unwrap()
}

/// How an answer ended on the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As its framing said.
    Whole,
    /// The peer closed in order, but too early.
    Cut,
    /// The peer closed without TLS's goodbye.
    Torn,
    /// TCP reset.
    Reset,
    /// Nothing (more) came for the time given, or as much as was wanted had come.
    Silence,
}

/// An answer, or as much of it as came.
#[derive(Debug)]
pub struct Got {
    pub status: Option<u16>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub ending: Ending,
    pub first_byte: Duration,
    /// When each piece of the body was read, since the request went out.
    pub arrivals: Vec<Duration>,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// Name and data of every event of a stream.
    pub fn events(&self) -> Vec<(String, Value)> {
        self.body
            .split_terminator("\n\n")
            .map(|event| {
                let (name, data) = event.split_once('\n').unwrap();
                (
                    name.strip_prefix("event: ").unwrap().to_owned(),
                    serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap(),
                )
            })
            .collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.events().into_iter().map(|(name, _)| name).collect()
    }
}

/// A client with its own cookies, as one browser profile has.
pub struct Client {
    port: u16,
    tls: Arc<ClientConfig>,
    pub cookies: Vec<(String, String)>,
    /// How long it waits for the next byte.
    pub patience: Duration,
    /// How many pieces of an answer it reads at most.
    pub pieces: usize,
}

pub type Tls = StreamOwned<ClientConnection, TcpStream>;

impl Client {
    pub fn new(lab: &Lab) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(lab.certificate().to_vec())).unwrap();
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            port: lab.port(),
            tls: Arc::new(tls),
            cookies: Vec::new(),
            patience: Duration::from_secs(10),
            pieces: usize::MAX,
        }
    }

    /// A client that has opened claude.ai once and so has a session.
    pub fn signed_in(lab: &Lab) -> Self {
        let mut client = Self::new(lab);
        assert_eq!(client.get("claude.ai", "/new").status, Some(200));
        client
    }

    pub fn connect(&self, host: &str) -> io::Result<Tls> {
        let tcp = TcpStream::connect(("127.0.0.1", self.port))?;
        tcp.set_read_timeout(Some(self.patience))?;
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, tcp))
    }

    pub fn get(&mut self, host: &str, target: &str) -> Got {
        self.send(host, "GET", target, "")
    }

    pub fn post(&mut self, host: &str, target: &str, body: &Value) -> Got {
        self.send(host, "POST", target, &body.to_string())
    }

    pub fn send(&mut self, host: &str, method: &str, target: &str, body: &str) -> Got {
        let mut stream = match self.connect(host) {
            Ok(stream) => stream,
            Err(error) => return broken(&error),
        };
        self.over(&mut stream, host, method, target, body)
    }

    /// One exchange over a connection that is open already.
    pub fn over(&mut self, stream: &mut Tls, host: &str, method: &str, target: &str, body: &str) -> Got {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
        if !cookies.is_empty() && host == "claude.ai" {
            head += &["cookie: ", &cookies.join("; "), "\r\n"].concat();
        }
        if !body.is_empty() {
            head += &["content-type: application/json\r\ncontent-length: ", &body.len().to_string(), "\r\n"].concat();
        }
        head += "\r\n";
        let started = Instant::now();
        if let Err(error) = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .and_then(|()| stream.flush())
        {
            return broken(&error);
        }
        let got = receive(stream, method, started, self.pieces);
        for (_, value) in got.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = value.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.retain(|(key, _)| key != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        got
    }

    /// A path below the one organization.
    pub fn org(path: &str) -> String {
        format!("/api/organizations/{ORGANIZATION}/{path}")
    }

    /// Sends the first prompt of a new chat.
    pub fn prompt(&mut self, conversation: &str, human: &str, prompt: &str) -> Got {
        self.post(
            "claude.ai",
            &Self::org(&format!("chat_conversations/{conversation}/completion")),
            &first_message(human, prompt),
        )
    }
}

/// The body of the first message of a new chat.
pub fn first_message(human: &str, prompt: &str) -> Value {
    let assistant = human.replacen("-8000-", "-9000-", 1);
    serde_json::json!({"prompt": prompt, "timezone": "America/New_York", "locale": "en-US", "model": "claude-opus-4-8", "tools": [],
        "turn_message_uuids": {"human_message_uuid": human, "assistant_message_uuid": assistant}, "attachments": [], "files": [],
        "sync_sources": [], "rendering_mode": "messages",
        "create_conversation_params": {"name": "", "model": "claude-opus-4-8", "is_temporary": false}})
}

fn broken(error: &io::Error) -> Got {
    Got {
        status: None,
        headers: Vec::new(),
        body: String::new(),
        ending: ending_of(error),
        first_byte: Duration::ZERO,
        arrivals: Vec::new(),
    }
}

fn ending_of(error: &io::Error) -> Ending {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionRefused => Ending::Reset,
        ErrorKind::UnexpectedEof => Ending::Torn,
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Ending::Silence,
        other => panic!("an ending that no test expects: {other:?} {error}"),
    }
}

fn receive(stream: &mut Tls, method: &str, started: Instant, pieces: usize) -> Got {
    let mut bytes = Vec::new();
    let mut arrivals = Vec::new();
    let mut first_byte = Duration::ZERO;
    let mut buffer = [0; 16_384];
    loop {
        if let Some(got) = parse(&bytes, method, false) {
            return Got { first_byte, arrivals, ..got };
        }
        let ending = match stream.read(&mut buffer) {
            Ok(_) if arrivals.len() == pieces => Ending::Silence,
            Ok(0) => Ending::Cut,
            Ok(count) => {
                if bytes.is_empty() {
                    first_byte = started.elapsed();
                }
                arrivals.push(started.elapsed());
                bytes.extend_from_slice(&buffer[..count]);
                continue;
            }
            Err(error) => ending_of(&error),
        };
        let got = parse(&bytes, method, true).unwrap_or_else(|| broken(&ErrorKind::UnexpectedEof.into()));
        return Got { ending, first_byte, arrivals, ..got };
    }
}

/// The whole answer; with `partial`, as much as there is.
fn parse(bytes: &[u8], method: &str, partial: bool) -> Option<Got> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let rest = &bytes[end..];
    let (body, whole) = if method == "HEAD" || status == 204 || status == 304 {
        (Vec::new(), true)
    } else if header("transfer-encoding").is_some() {
        unchunk(rest)
    } else {
        let length: usize = header("content-length")?.parse().ok()?;
        (rest[..rest.len().min(length)].to_vec(), rest.len() >= length)
    };
    (whole || partial).then(|| Got {
        status: Some(status),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        ending: Ending::Whole,
        first_byte: Duration::ZERO,
        arrivals: Vec::new(),
    })
}

fn unchunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        let start = line + 2;
        if size == 0 {
            return (body, rest.len() >= start + 2);
        }
        if rest.len() < start + size + 2 {
            break;
        }
        body.extend_from_slice(&rest[start..start + size]);
        rest = &rest[start + size + 2..];
    }
    (body, false)
}
