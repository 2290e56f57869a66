//! The lab's handle.

use crate::clock::now_ms;
use crate::fault::{Fault, Link, Network};
use crate::feed::FEEDS;
use crate::log::{End, Seen};
use crate::part::Part;
use crate::play::Playing;
use crate::scenario::{Scenario, Session, Step};
use crate::server::{self, HOSTS};
use crate::site::{FALLBACKS, Sites};
use crate::status::StatusChange;
use crate::world::World;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// How a lab is started.
#[derive(Clone, Debug)]
pub struct LabConfig {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Where the built front-ends are: `tests/sites/dist`.
    pub sites: PathBuf,
    /// Every waiting time of the sites is divided by it, and so is a scenario's.
    pub speed: f64,
}

impl Default for LabConfig {
    /// A free port, the front-ends of this repository, life's own speed.
    fn default() -> Self {
        Self {
            port: 0,
            sites: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sites/dist")),
            speed: 1.0,
        }
    }
}

/// A running stand-in for claude.ai, the fallback sites and the status page. It stops when it is dropped.
///
/// All methods may be called from any thread; none needs an async runtime, the lab has its own.
#[derive(Debug)]
pub struct Lab {
    world: Arc<World>,
    port: u16,
    certificate: Vec<u8>,
    runtime: tokio::runtime::Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A fault that was set, to be lifted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultId(u64);

impl Lab {
    /// Starts to listen.
    pub fn start(config: LabConfig) -> io::Result<Self> {
        let speed = if config.speed.is_finite() && config.speed > 0.0 { config.speed } else { 1.0 };
        let (tls, certificate) = tls()?;
        let listener = server::bind(config.port)?;
        let port = listener.local_addr()?.port();
        let world = Arc::new(World::new(Sites::new(config.sites, speed), speed));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&world);
        let thread = std::thread::Builder::new().name("lab".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = server::run(served, tls, listener) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { world, port, certificate, runtime: handle, stop: Some(stop), thread: Some(thread) })
    }

    /// The port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The certificate for all names, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Every name the lab answers to.
    pub fn hosts() -> impl Iterator<Item = &'static str> {
        HOSTS.into_iter().chain(FALLBACKS).chain(FEEDS)
    }

    /// The arguments with which Chromium takes the lab for the real hosts.
    pub fn chromium_arguments(&self) -> Vec<String> {
        let rules: Vec<String> = Self::hosts().map(|host| format!("MAP {host}:443 127.0.0.1:{}", self.port)).collect();
        vec![
            format!("--host-resolver-rules={}", rules.join(", ")),
            "--ignore-certificate-errors".to_owned(),
            "--disable-quic".to_owned(),
        ]
    }

    /// The preferences with which Firefox takes the lab for the real hosts. Its certificate has to be accepted besides
    /// (`acceptInsecureCerts`).
    pub fn firefox_preferences(&self) -> Vec<(&'static str, String)> {
        vec![
            ("network.dns.localDomains", Self::hosts().collect::<Vec<_>>().join(",")),
            ("network.socket.forcePort", format!("443={}", self.port)),
        ]
    }

    /// Breaks something, until it is lifted, used up or cleared.
    pub fn fault(&self, fault: Fault) -> FaultId {
        FaultId(self.world.change(|state| state.arm(fault)))
    }

    /// Mends one fault.
    pub fn lift(&self, id: FaultId) {
        self.world.change(|state| state.mend(|armed| armed != id.0));
    }

    /// Mends everything: faults and network. The session, the status page and the log stay.
    pub fn clear(&self) {
        self.world.change(|state| state.mend(|_| false));
        self.network(Network::default());
    }

    /// Sets the network between the browser and the hosts, and returns when the port is open or closed accordingly.
    pub fn network(&self, network: Network) {
        let listens = network.state != Link::Refused;
        self.world.network.send_replace(network);
        self.world.wait_until_it_listens(listens);
    }

    /// Signs the account in or out on the server's side.
    pub fn sign(&self, session: Session) {
        self.world.change(|state| state.claude.sign(session == Session::In));
    }

    /// Publishes something on the status page, now.
    pub fn status(&self, change: &StatusChange) {
        self.world.change(|state| state.status.change(change, now_ms()));
    }

    /// Opens an incident with this title on a fallback's status page ([`crate::FEEDS`]), or with `None` ends it.
    pub fn trouble(&self, host: &str, title: Option<&str>) {
        self.world.change(|state| state.feeds.trouble(host, title, now_ms()));
    }

    /// Carries out one step of a scenario at once.
    pub fn step(&self, step: &Step) {
        step.carry_out(&self.world);
    }

    /// Plays a scenario at its own compression.
    pub fn play(&self, scenario: &Scenario) -> Playing {
        self.play_at(scenario, scenario.compression)
    }

    /// Plays a scenario at another compression; 0 holds it, so that only [`Playing::skip_to`] moves it.
    pub fn play_at(&self, scenario: &Scenario, compression: f64) -> Playing {
        Playing::start(&self.runtime, Arc::clone(&self.world), scenario.clone(), compression)
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.world.lock().seen.clone()
    }

    /// The completions so far (of every form), in the order of arrival.
    pub fn completions(&self) -> Vec<Seen> {
        self.requests().into_iter().filter(|seen| seen.part == Part::Completion).collect()
    }

    /// The prompts that the app behind claude.ai has taken, whether their senders know or not.
    pub fn prompts(&self) -> Vec<String> {
        self.world.lock().claude.prompts()
    }

    /// Waits until a request in the log is as wanted; looks again whenever the log changes.
    pub fn wait_for(&self, limit: Duration, wanted: impl Fn(&Seen) -> bool) -> Option<Seen> {
        self.world.wait(limit, |state| state.seen.iter().find(|seen| wanted(seen)).cloned())
    }

    /// Waits until the n-th completion (from 1) has ended, and returns it.
    pub fn wait_for_completion(&self, n: usize, limit: Duration) -> Option<(Seen, End)> {
        self.world.wait(limit, |state| {
            let seen = state.seen.iter().filter(|seen| seen.part == Part::Completion).nth(n.checked_sub(1)?)?;
            Some((seen.clone(), seen.end?))
        })
    }

    /// Back to fresh: conversations, session, status page, log, faults, network. Open connections stay.
    pub fn reset(&self) {
        self.world.reset();
        self.world.wait_until_it_listens(true);
    }

    /// Stops listening and ends every connection.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.halt();
    }
}

fn tls() -> io::Result<(Arc<ServerConfig>, Vec<u8>)> {
    let names: Vec<String> = Lab::hosts().map(str::to_owned).collect();
    let certified = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    let der = certified.cert.der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![der.clone()], key))
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), der.to_vec()))
}
