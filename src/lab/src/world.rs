//! Everything the lab knows, shared by its connections and its owner.

use crate::claude::{Claude, Finish, Job, Reply};
use crate::clock::now_ms;
use crate::fault::{Armed, Effect, Fault, Network};
use crate::feed::Feeds;
use crate::http::Request;
use crate::log::{End, Seen};
use crate::part::Part;
use crate::site::Sites;
use crate::status::StatusPage;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The shared state.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) sites: Sites,
    /// Every waiting time of the sites is divided by it.
    pub(crate) speed: f64,
    pub(crate) network: watch::Sender<Network>,
    listening: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

/// What a reset throws away.
#[derive(Debug)]
pub(crate) struct State {
    since: u64,
    ids: u64,
    /// Grows with every reset, so that a scenario that still plays notices.
    pub(crate) life: u64,
    pub(crate) seen: Vec<Seen>,
    pub(crate) faults: Vec<Armed>,
    pub(crate) claude: Claude,
    pub(crate) status: StatusPage,
    pub(crate) feeds: Feeds,
    last_break: Option<Break>,
}

/// A connection that was just broken before its headers: browsers send such a request once more by themselves.
#[derive(Debug)]
struct Break {
    print: u64,
    at: u64,
    strike: Strike,
}

/// A fault that strikes a request.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    pub(crate) effect: Effect,
    pub(crate) accepted: bool,
}

impl World {
    /// Fresh, with a network that works.
    pub(crate) fn new(sites: Sites, speed: f64) -> Self {
        let (network, _) = watch::channel(Network::default());
        Self {
            sites,
            speed,
            network,
            listening: AtomicBool::new(true),
            state: Mutex::new(State::new(0, 0)),
            changed: Condvar::new(),
        }
    }

    /// The state, locked. A panic elsewhere must not take the log away from the test that wants to know why.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever waits for it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until `look` finds something, at most `limit`.
    pub(crate) fn wait<T>(&self, limit: Duration, mut look: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(found) = look(&state) {
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Back to fresh: conversations, session, status page, log, faults, network.
    pub(crate) fn reset(&self) {
        self.change(|state| {
            let (ids, life) = (state.ids, state.life + 1);
            *state = State::new(ids, life);
        });
        self.network.send_replace(Network::default());
    }

    /// Notes whether the port is open.
    pub(crate) fn listens(&self, listening: bool) {
        if self.listening.swap(listening, Ordering::SeqCst) != listening {
            self.change(|_| ());
        }
    }

    /// Waits until the port is open or closed.
    pub(crate) fn wait_until_it_listens(&self, listening: bool) {
        self.wait(Duration::from_secs(10), |_| (self.listening.load(Ordering::SeqCst) == listening).then_some(()));
    }

    /// A waiting time of the sites.
    pub(crate) fn time(&self, ms: u64) -> Duration {
        Duration::from_millis(ms).div_f64(self.speed)
    }

    /// Logs a request and finds out what strikes it.
    pub(crate) fn admit(&self, request: &Request) -> (u64, Part, Option<Strike>) {
        self.change(|state| {
            let part = Part::of(&request.host, &request.method, request.path());
            state.ids += 1;
            let id = state.ids;
            let now = now_ms();
            let strike = state.strike(request, now);
            let mut seen = Seen::new(id, now, state.since, part, request);
            seen.fault = strike.as_ref().map(|strike| strike.effect.name());
            state.seen.push(seen);
            (id, part, strike)
        })
    }

    /// Notes that an answer's head went out, or that the connection is broken instead.
    pub(crate) fn answered(&self, id: u64, status: Option<u16>) {
        self.change(|state| {
            if let Some(seen) = state.seen_mut(id) {
                seen.status = status;
                seen.answered_at = Some(now_ms());
            }
        });
    }

    /// Notes how an exchange ended.
    pub(crate) fn ended(&self, id: u64, end: End) {
        self.change(|state| {
            if let Some(seen) = state.seen_mut(id) {
                seen.end.get_or_insert(end);
                seen.ended_at.get_or_insert_with(now_ms);
            }
        });
    }

    /// Notes what became of an answer.
    pub(crate) fn finish(&self, job: &Job, text: &str, finish: Finish) {
        self.change(|state| state.claude.finish(&job.conversation, &job.assistant, text, finish, now_ms()));
    }

    /// Lets the app behind claude.ai answer.
    pub(crate) fn respond(&self, request: &Request, part: Part, id: &str, exceeded_until: Option<u64>) -> Reply {
        self.change(|state| state.claude.respond(request, part, id, now_ms(), exceeded_until))
    }
}

impl State {
    fn new(ids: u64, life: u64) -> Self {
        let now = now_ms();
        Self {
            since: now,
            ids,
            life,
            seen: Vec::new(),
            faults: Vec::new(),
            claude: Claude::new(now),
            status: StatusPage::new(now),
            feeds: Feeds::default(),
            last_break: None,
        }
    }

    /// Sets a fault and names it.
    pub(crate) fn arm(&mut self, fault: Fault) -> u64 {
        self.ids += 1;
        self.faults.push(Armed { id: self.ids, fault, met: 0, used: 0 });
        self.ids
    }

    /// Mends the faults that are not wanted any more.
    pub(crate) fn mend(&mut self, keep: impl Fn(u64) -> bool) {
        self.faults.retain(|armed| keep(armed.id));
        self.last_break = None;
    }

    fn seen_mut(&mut self, id: u64) -> Option<&mut Seen> {
        self.seen.iter_mut().rev().find(|seen| seen.id == id)
    }

    fn strike(&mut self, request: &Request, now: u64) -> Option<Strike> {
        let print = print(request);
        if let Some(last) = &self.last_break
            && last.print == print
            && now.saturating_sub(last.at) <= BROWSER_RETRY_MS
        {
            return Some(last.strike.clone());
        }
        let strike = self
            .faults
            .iter_mut()
            .rev()
            .filter(|armed| armed.fault.on.meets(&request.host, &request.method, request.path()))
            .filter(|armed| armed.fault.on.asks(&request.body))
            .find_map(|armed| {
                armed.strikes().then(|| Strike { effect: armed.fault.effect.clone(), accepted: armed.fault.accepted })
            });
        self.last_break = strike
            .as_ref()
            .filter(|strike| strike.effect.is_retried_by_browsers())
            .map(|strike| Break { print, at: now, strike: strike.clone() })
            .or(self.last_break.take());
        strike
    }
}

/// One turn of the browser's own retry (a new connection to loopback) takes a few milliseconds; the app's own retries come later.
const BROWSER_RETRY_MS: u64 = 60;

fn print(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.host, &request.method, &request.target, &request.body).hash(&mut hasher);
    hasher.finish()
}
