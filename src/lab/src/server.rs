//! Connections: accepted, answered, and broken in every way a fault asks for.

use crate::claude::{Finish, Job, Reply};
use crate::clock::{http_date, now_ms};
use crate::fault::{Effect, Link};
use crate::http::{Conn, Framing, Head, Pause, Request};
use crate::log::End;
use crate::part::Part;
use crate::shape::{HTML, JSON, Layer, TEXT, render};
use crate::site::FALLBACKS;
use crate::stream::{error, ping};
use crate::world::{Strike, World};
use socket2::{Domain, SockRef, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

/// Every name the lab answers to.
pub const HOSTS: [&str; 4] = ["claude.ai", "assets-proxy.anthropic.com", "status.claude.com", "status.anthropic.com"];

/// Listens on loopback; port 0 takes any free one.
pub(crate) fn bind(port: u16) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // The same port must be had again after a time of refused connections.
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(1_024)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Accepts until the runtime is shut down.
pub(crate) async fn run(world: Arc<World>, tls: Arc<ServerConfig>, first: std::net::TcpListener) -> io::Result<()> {
    let port = first.local_addr()?.port();
    let mut network = world.network.subscribe();
    let mut listener = TcpListener::from_std(first)?;
    loop {
        if network.borrow_and_update().state == Link::Refused {
            drop(listener);
            world.listens(false);
            if network.wait_for(|network| network.state != Link::Refused).await.is_err() {
                return Ok(());
            }
            listener = bind_again(port).await?;
        }
        world.listens(true);
        tokio::select! {
            accepted = listener.accept() => {
                // A failed accept is the client's doing (it was gone already); out of file descriptors would show at once everywhere.
                if let Ok((tcp, _)) = accepted {
                    tokio::spawn(connection(Arc::clone(&world), Arc::clone(&tls), tcp));
                }
            }
            changed = network.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}

/// Listens again on a port that was given up: somebody else may hold it for a moment.
async fn bind_again(port: u16) -> io::Result<TcpListener> {
    let mut tries = 0;
    loop {
        match bind(port) {
            Ok(listener) => return TcpListener::from_std(listener),
            Err(error) if tries == 250 => return Err(error),
            Err(_) => tries += 1,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How the exchange on a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// With another request.
    Keep,
    /// An orderly close.
    Close,
    /// A TCP reset.
    Reset,
}

async fn connection(world: Arc<World>, tls: Arc<ServerConfig>, tcp: TcpStream) {
    let Ok((tcp, handle)) = with_handle(tcp) else { return };
    let mut network = world.network.subscribe();
    if !passes(&mut network, None).await {
        return reset(&handle);
    }
    let handshake = async {
        let start = LazyConfigAcceptor::new(Acceptor::default(), tcp).await?;
        let name = start.client_hello().server_name().map(str::to_owned);
        Ok::<_, io::Error>((start, name))
    };
    let Ok((start, name)) = handshake.await else { return };
    if !passes(&mut network, name.as_deref()).await {
        return reset(&handle);
    }
    let Ok(stream) = start.into_stream(tls).await else { return };
    let mut serving = pin!(exchanges(&world, stream));
    loop {
        // The network first: what has just died answers nothing more.
        tokio::select! {
            biased;
            changed = network.changed() => {
                if changed.is_err() || !passes(&mut network, name.as_deref()).await {
                    return reset(&handle);
                }
            }
            next = &mut serving => {
                if next == Next::Reset {
                    reset(&handle);
                }
                return;
            }
        }
    }
}

/// Waits out a silent network; false means that the connection is to be reset.
async fn passes(network: &mut watch::Receiver<crate::fault::Network>, host: Option<&str>) -> bool {
    match network.wait_for(|network| network.link(host) != Link::Silent).await {
        Ok(network) => network.link(host) == Link::Up,
        Err(_) => false,
    }
}

/// Answers requests until the connection ends. A reset is carried out by the caller, when everything else of the socket is dropped.
async fn exchanges(world: &World, stream: TlsStream<TcpStream>) -> Next {
    let mut conn = Conn::new(stream);
    loop {
        let Ok(Some(request)) = conn.read().await else { break };
        let (id, part, strike) = world.admit(&request);
        let mut exchange = Exchange { world, id, conn: &mut conn };
        match exchange.answer(&request, part, strike).await {
            Ok(Next::Keep) => world.ended(id, End::Whole),
            Ok(Next::Close) => {
                world.ended(id, End::Broken);
                break;
            }
            Ok(Next::Reset) => {
                world.ended(id, End::Broken);
                return Next::Reset;
            }
            Err(_) => {
                world.ended(id, End::ClientGone);
                return Next::Close;
            }
        }
    }
    conn.close().await;
    Next::Close
}

/// One request and its answer.
struct Exchange<'a> {
    world: &'a World,
    id: u64,
    conn: &'a mut Conn<TlsStream<TcpStream>>,
}

impl Exchange<'_> {
    async fn answer(&mut self, request: &Request, part: Part, strike: Option<Strike>) -> io::Result<Next> {
        let request_id = request_id(self.id);
        let effect = strike.as_ref().map(|strike| &strike.effect);
        let exceeded_until = match effect {
            Some(Effect::StreamLimit { resets_in }) => Some(now_ms() / 1_000 + resets_in),
            _ => None,
        };
        if let Some(strike) = &strike
            && strike.effect.replaces()
        {
            if strike.accepted {
                // The app has taken it and even answers; nobody hears of it.
                if let Reply::Stream(job) = self.world.respond(request, part, &request_id, None) {
                    let text: String = job.events.iter().filter_map(|event| event.text()).collect();
                    self.world.finish(&job, &text, Finish::Whole);
                }
            }
            return self.replace(&strike.effect, request, &request_id).await;
        }
        if let Some(Effect::Slow { ms }) = effect {
            let time = self.world.time(*ms);
            self.pause(time).await?;
        }
        let reply = match part {
            Part::Assets | Part::StatusPage | Part::Fallback | Part::Feed => self.static_reply(request, part),
            _ => self.world.respond(request, part, &request_id, exceeded_until),
        };
        let layer = if request.host == "claude.ai" { Layer::App } else { Layer::Stranger };
        match reply {
            Reply::Stream(mut job) => {
                job.head = dress(job.head, layer, self.id, &request_id);
                self.stream(&job, effect).await
            }
            Reply::Whole(head, body) => {
                self.whole(dress(head, layer, self.id, &request_id), &body, request, effect).await
            }
            Reply::Page(page) => {
                let (head, body) = self.world.sites.page(&page, &nonce(self.id));
                self.whole(dress(head, layer, self.id, &request_id), &body, request, effect).await
            }
        }
    }

    fn static_reply(&self, request: &Request, part: Part) -> Reply {
        if request.method == "OPTIONS" {
            let head = Head::new(204, "")
                .with("access-control-allow-origin", "*")
                .with("access-control-allow-methods", "GET, HEAD, OPTIONS")
                .with("access-control-allow-headers", "*");
            return Reply::Whole(head, Vec::new());
        }
        let sites = &self.world.sites;
        let found = match part {
            Part::StatusPage => return self.status_page(request),
            Part::Assets => sites.asset(request),
            Part::Feed => self.world.lock().feeds.answer(&request.host, request.path()),
            _ if request.path().starts_with("/assets/") => sites.asset(request),
            _ if request.path() == "/favicon.ico" => Some((Head::new(204, ""), Vec::new())),
            // What a page of a fallback posts is only logged.
            _ if request.method != "GET" && FALLBACKS.contains(&request.host.as_str()) => {
                Some((Head::new(200, JSON), b"{}".to_vec()))
            }
            _ => sites.fallback(&request.host, &nonce(self.id)),
        };
        let (head, body) = found.unwrap_or_else(|| (Head::new(404, TEXT), b"Not found".to_vec()));
        Reply::Whole(head, body)
    }

    fn status_page(&self, request: &Request) -> Reply {
        if request.host == "status.anthropic.com" {
            let to = format!("https://status.claude.com{}", request.target);
            return Reply::Whole(
                Head::new(302, "").with("location", to).with("access-control-allow-origin", "*"),
                Vec::new(),
            );
        }
        let Some(value) = self.world.lock().status.json(request.path()) else {
            if request.path().starts_with("/api/") {
                return Reply::Whole(Head::new(404, TEXT), b"Not found".to_vec());
            }
            return Reply::Whole(
                Head::new(200, HTML),
                b"<!DOCTYPE html><title>Claude Status</title><h1>Claude Status</h1>".to_vec(),
            );
        };
        let body = value.to_string().into_bytes();
        let tag = format!("W/\"{:016x}\"", fingerprint(&body));
        let fresh = request.header("if-none-match") == Some(tag.as_str());
        let head = Head::new(if fresh { 304 } else { 200 }, "application/json; charset=utf-8")
            .with("access-control-allow-origin", "*")
            .with("cache-control", "max-age=0, private, must-revalidate")
            .with("etag", tag);
        Reply::Whole(head, if fresh { Vec::new() } else { body })
    }

    /// What happens instead of any answer of the app.
    async fn replace(&mut self, effect: &Effect, request: &Request, request_id: &str) -> io::Result<Next> {
        match effect {
            Effect::Answer(answer) => {
                let (head, body, layer) = render(answer, request_id, now_ms());
                let layer = if request.host == "claude.ai" { layer } else { Layer::Stranger };
                self.whole(dress(head, layer, self.id, request_id), &body, request, None).await
            }
            Effect::Hang => {
                self.conn.wait_for_close().await;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Effect::Close => {
                self.world.answered(self.id, None);
                Ok(Next::Close)
            }
            _ => {
                self.world.answered(self.id, None);
                Ok(Next::Reset)
            }
        }
    }

    /// An answer whose body is known, whole or broken.
    async fn whole(&mut self, head: Head, body: &[u8], request: &Request, effect: Option<&Effect>) -> io::Result<Next> {
        let framing = match effect {
            Some(Effect::CutBody { .. } | Effect::Stall) => Framing::Chunked,
            _ => Framing::Length(body.len()),
        };
        self.world.answered(self.id, Some(head.status));
        self.conn.head(&head, framing).await?;
        if request.method == "HEAD" || head.status == 204 || head.status == 304 {
            return Ok(Next::Keep);
        }
        match effect {
            Some(Effect::Stall) => {
                self.conn.wait_for_close().await;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(Effect::CutBody { after }) => {
                let part = &body[..body.len().min(*after)];
                if !part.is_empty() {
                    self.conn.chunk(part).await?;
                }
                Ok(Next::Close)
            }
            Some(Effect::ShortBody { after }) => {
                self.conn.bytes(&body[..body.len().saturating_sub(1).min(*after)]).await?;
                Ok(Next::Close)
            }
            Some(Effect::ResetMidBody { after }) => {
                self.conn.bytes(&body[..body.len().saturating_sub(1).min(*after)]).await?;
                self.let_it_arrive().await?;
                Ok(Next::Reset)
            }
            _ => {
                self.conn.bytes(body).await?;
                Ok(Next::Keep)
            }
        }
    }

    /// A stream, whole or broken.
    async fn stream(&mut self, job: &Job, effect: Option<&Effect>) -> io::Result<Next> {
        let mut said = String::new();
        let outcome = self.stream_events(job, effect, &mut said).await;
        match &outcome {
            // The app went on although nobody was listening any more.
            Err(_) if !self.world.lock().claude.is_stopped(&job.assistant) => {
                let failed = matches!(effect, Some(Effect::Stall | Effect::StreamStall { .. }));
                let text: String = job.events.iter().filter_map(|event| event.text()).collect();
                let finish = if failed { Finish::Failed } else { Finish::Whole };
                self.world.finish(job, if failed { &said } else { &text }, finish);
            }
            Err(_) => self.world.finish(job, &said, Finish::Stopped),
            Ok(_) if self.world.lock().claude.is_stopped(&job.assistant) => {
                self.world.finish(job, &said, Finish::Stopped);
            }
            Ok(_) => {}
        }
        outcome
    }

    async fn stream_events(&mut self, job: &Job, effect: Option<&Effect>, said: &mut String) -> io::Result<Next> {
        let breaks_after = match effect {
            Some(
                Effect::ResetMidBody { after }
                | Effect::CutBody { after }
                | Effect::ShortBody { after }
                | Effect::StreamError { after, .. }
                | Effect::StreamEnd { after }
                | Effect::StreamStall { after, .. }
                | Effect::StallThenClose { after, .. },
            ) => *after,
            Some(Effect::Stall) => 0,
            _ => usize::MAX,
        };
        self.world.answered(self.id, Some(job.head.status));
        self.conn.head(&job.head, Framing::Chunked).await?;
        for (number, event) in job.events.iter().enumerate() {
            if number >= breaks_after {
                return self.break_stream(job, effect, said).await;
            }
            let time = self.world.time(event.wait_ms);
            self.pause(time).await?;
            if self.world.lock().claude.is_stopped(&job.assistant) {
                self.conn.last_chunk().await?;
                return Ok(Next::Keep);
            }
            let bytes = event.bytes();
            // Every fifth event comes in two pieces, as events do on a long way.
            let cut = if number % 5 == 4 { bytes.len() / 2 } else { bytes.len() };
            self.conn.chunk(&bytes[..cut]).await?;
            if cut < bytes.len() {
                self.conn.chunk(&bytes[cut..]).await?;
            }
            said.push_str(event.text().unwrap_or_default());
        }
        // Told to the app before the client can know: whoever loads the conversation after the end finds the whole answer.
        self.world.finish(job, said, Finish::Whole);
        self.conn.last_chunk().await?;
        Ok(Next::Keep)
    }

    async fn break_stream(&mut self, job: &Job, effect: Option<&Effect>, said: &str) -> io::Result<Next> {
        match effect {
            Some(Effect::StreamStall { pings: true, .. }) => loop {
                let time = self.world.time(PING_MS);
                self.pause(time).await?;
                self.conn.chunk(&ping(0).bytes()).await?;
            },
            Some(Effect::Stall | Effect::StreamStall { .. }) => {
                self.conn.wait_for_close().await;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Some(Effect::StallThenClose { ms, .. }) => {
                let time = self.world.time(*ms);
                self.pause(time).await?;
            }
            _ => {}
        }
        self.world.finish(job, said, Finish::Failed);
        match effect {
            Some(Effect::StreamError { kind, message, code, .. }) => {
                let message = if message.is_empty() { usual_message(kind) } else { message };
                self.conn.chunk(&error(kind, message, code.as_deref()).bytes()).await?;
                self.conn.last_chunk().await?;
                Ok(Next::Keep)
            }
            Some(Effect::StreamEnd { .. }) => {
                self.conn.last_chunk().await?;
                Ok(Next::Keep)
            }
            Some(Effect::ResetMidBody { .. }) => {
                self.let_it_arrive().await?;
                Ok(Next::Reset)
            }
            _ => Ok(Next::Close),
        }
    }

    /// A reset throws away what the client has not read yet: let it read first.
    async fn let_it_arrive(&mut self) -> io::Result<()> {
        self.pause(Duration::from_millis(80)).await
    }

    async fn pause(&mut self, time: Duration) -> io::Result<()> {
        match self.conn.pause(time).await {
            Pause::Elapsed => Ok(()),
            Pause::Gone => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

/// A second handle on the socket, which outlives the TLS stream: the last one closed decides how the connection ends.
fn with_handle(tcp: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    let tcp = tcp.into_std()?;
    tcp.set_nodelay(true)?;
    let handle = tcp.try_clone()?;
    Ok((TcpStream::from_std(tcp)?, handle))
}

/// Makes the coming close a reset (RST) instead of an orderly end (FIN).
fn reset(handle: &std::net::TcpStream) {
    // It fails only on a socket that is gone already.
    let _ = SockRef::from(handle).set_linger(Some(Duration::ZERO));
}

/// The headers of the layers that an answer of claude.ai has passed (facts: claude-wire, section 1).
fn dress(head: Head, layer: Layer, id: u64, request_id: &str) -> Head {
    let head = head.with("date", http_date(now_ms()));
    if layer == Layer::Stranger {
        return head;
    }
    let mut head =
        head.with("server", "cloudflare").with("cf-ray", format!("{:016x}-AMS", fingerprint(&id.to_le_bytes())));
    if layer != Layer::Cloudflare {
        head = head.with("cf-cache-status", "DYNAMIC").with("via", "1.1 google");
    }
    if layer == Layer::App {
        head = head.with("request-id", request_id).with("x-envoy-upstream-service-time", (12 + id % 40).to_string());
    }
    if !head.has("cache-control") {
        head = head.with("cache-control", "no-store");
    }
    head
}

/// For example `req_011Cb7f3d2a19c04e865`.
fn request_id(id: u64) -> String {
    format!("req_011C{:016x}", fingerprint(&id.to_be_bytes()))
}

fn nonce(id: u64) -> String {
    format!("{:016x}", fingerprint(&[&id.to_le_bytes()[..], b"nonce"].concat()))
}

/// FNV-1a.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn usual_message(kind: &str) -> &'static str {
    match kind {
        "overloaded_error" => "Overloaded",
        "rate_limit_error" => "Rate limited",
        "authentication_error" => "Invalid authentication",
        _ => "Internal server error",
    }
}

/// A ping comes about every 15 s while a stream is idle.
const PING_MS: u64 = 15_000;
