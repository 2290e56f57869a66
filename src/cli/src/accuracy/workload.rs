//! What one person's traffic looks like, and what the world does to it.
//!
//! Every figure of this file is part of the specification of the workload; nothing here was chosen to suit a rule.
//! Answers take no time, except the hanging ones. The person reacts to what happened: retries, reloads.

use super::rng::Rng;
use understudy_engine::{Millis, Surface};

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// 2xx.
    Ok,
    /// 5xx.
    Error,
    /// No HTTP status.
    Silent,
    /// No HTTP status, and the browser says that it is offline.
    Offline,
    /// 429: the usage limit.
    Limit,
    /// 401.
    Session,
}

impl Fate {
    /// Whether it did not do what it was for.
    pub const fn failed(self) -> bool {
        !matches!(self, Self::Ok)
    }
}

/// The end of one request.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When it ended, wall-clock milliseconds.
    pub at: Millis,
    /// When it began.
    pub began: Millis,
    /// `None`: telemetry.
    pub surface: Option<Surface>,
    /// What became of it.
    pub fate: Fate,
    /// The user's action it belongs to.
    pub action: u32,
}

impl Event {
    /// Whether the user's action depends on it.
    pub fn critical(&self) -> bool {
        matches!(self.surface, Some(Surface::Completion | Surface::Document | Surface::Bootstrap))
    }
}

/// The four shapes of an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything fails.
    Full,
    /// Sends fail.
    Completion,
    /// Login and session fail.
    Auth,
    /// A third of everything fails.
    Intermittent,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Full, Self::Completion, Self::Auth, Self::Intermittent];

    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Completion => "completion only",
            Self::Auth => "login and session",
            Self::Intermittent => "intermittent",
        }
    }

    /// One of them, as often as each happens.
    pub fn draw(rng: &mut Rng) -> Self {
        match rng.unit() {
            x if x < 0.5 => Self::Full,
            x if x < 0.8 => Self::Completion,
            x if x < 0.9 => Self::Auth,
            _ => Self::Intermittent,
        }
    }

    fn fails(self, surface: Option<Surface>) -> f64 {
        match (self, surface) {
            (Self::Full, _) => 0.97,
            (Self::Completion, Some(Surface::Completion)) => 0.80,
            (Self::Auth, Some(Surface::Bootstrap)) => 0.90,
            (Self::Auth, Some(Surface::Document)) => 0.50,
            (Self::Auth, Some(Surface::List | Surface::Completion)) => 0.05,
            (Self::Intermittent, _) => 0.35,
            _ => 0.0,
        }
    }
}

/// One outage, in seconds since the beginning of the session.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// Its shape.
    pub kind: Kind,
    /// When it begins, …
    pub from: f64,
    /// … and ends.
    pub until: f64,
}

/// The rates that the stress workload changes.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Factor of the independent failures.
    pub p0: f64,
    /// Share of bursts that start a blip.
    pub blips: f64,
    /// Mean length of one, in seconds.
    pub blip: f64,
}

impl Rates {
    /// The standard workload.
    pub const STANDARD: Self = Self { p0: 1.0, blips: 0.002, blip: 8.0 };
    /// The stress workload.
    pub const STRESS: Self = Self { p0: 2.0, blips: 0.005, blip: 15.0 };
}

/// What becomes of one person's requests.
pub trait Weather {
    /// What becomes of a request at `t` seconds since the beginning, and how many seconds later.
    fn fate(&mut self, surface: Option<Surface>, t: f64, rng: &mut Rng) -> (Fate, f64);

    /// The user has begun something at `t` that takes several requests.
    fn burst(&mut self, _t: f64, _rng: &mut Rng) {}
}

/// What a person who works for so many seconds asks for, in the order in which it was decided: retries and reloads follow from what
/// happened.
pub fn traffic(weather: &mut dyn Weather, start: Millis, seconds: f64, rng: &mut Rng) -> Vec<Event> {
    let mut user = User { t: 0.0, last: seconds + GRACE_S, action: 0, events: Vec::new(), start, weather, rng };
    user.session(seconds);
    user.events
}

/// One session: everything that happened in it, by time.
pub struct Session {
    /// Wall-clock milliseconds of its beginning and its end.
    pub start: Millis,
    /// See `start`.
    pub end: Millis,
    /// What was asked for, and what became of it.
    pub events: Vec<Event>,
    world: World,
}

/// After the end of a session no new message begins; a retry that is due by then still happens, and the tab stays open.
pub const GRACE_S: f64 = 120.0;

/// What is true whether or not anybody asks; seconds since the beginning of the session.
struct World {
    rates: Rates,
    drops: Vec<(f64, f64, bool)>,
    blips: Vec<(f64, f64)>,
    limited: bool,
    expired: Option<(f64, f64)>,
    outage: Option<Outage>,
}

impl World {
    fn dead(&self, t: f64) -> Option<bool> {
        self.drops.iter().find(|(from, until, _)| (*from..*until).contains(&t)).map(|(.., offline)| *offline)
    }

    fn look(&self, surface: Option<Surface>, t: f64, rng: &mut Rng) -> (Fate, f64) {
        if let Some(offline) = self.dead(t) {
            return (if offline { Fate::Offline } else { Fate::Silent }, 0.0);
        }
        if let Some(outage) = self.outage.filter(|outage| (outage.from..outage.until).contains(&t))
            && rng.chance(outage.kind.fails(surface))
        {
            let hangs = outage.kind == Kind::Full && rng.chance(0.2);
            return if hangs { (Fate::Silent, 30.0) } else { (Fate::Error, 0.0) };
        }
        if self.blips.iter().any(|(from, until)| (*from..*until).contains(&t)) && rng.chance(0.6) {
            return (Fate::Error, 0.0);
        }
        let p0 = self.rates.p0
            * match surface {
                Some(Surface::Completion) => 0.008,
                Some(Surface::Bootstrap | Surface::Document) => 0.003,
                Some(Surface::List) => 0.004,
                _ => 0.015,
            };
        if rng.chance(p0) {
            return (if rng.chance(0.7) { Fate::Error } else { Fate::Silent }, 0.0);
        }
        if surface == Some(Surface::Completion) && self.limited {
            return (Fate::Limit, 0.0);
        }
        if self.expired.is_some_and(|(from, until)| (from..until).contains(&t)) && surface != Some(Surface::Document) {
            return (Fate::Session, 0.0);
        }
        (Fate::Ok, 0.0)
    }
}

impl Weather for World {
    fn fate(&mut self, surface: Option<Surface>, t: f64, rng: &mut Rng) -> (Fate, f64) {
        self.look(surface, t, rng)
    }

    fn burst(&mut self, t: f64, rng: &mut Rng) {
        if rng.chance(self.rates.blips) {
            self.blips.push((t, t + rng.exponential(self.rates.blip)));
        }
    }
}

impl Session {
    /// Begins at `start`; `outage` puts one into it, given the length of the session.
    pub fn new(
        start: Millis,
        rates: Rates,
        rng: &mut Rng,
        outage: impl FnOnce(f64, &mut Rng) -> Option<Outage>,
    ) -> Self {
        let length = (60.0 * rng.lognormal(25.0, 0.6)).min(4.0 * 3_600.0);
        let mut drops = Vec::new();
        for _ in 0..rng.poisson(0.25) {
            let from = rng.uniform(0.0, length);
            drops.push((from, from + rng.lognormal(20.0, 1.2), rng.chance(0.5)));
        }
        if rng.chance(0.05) {
            drops.push((0.0, rng.uniform(3.0, 10.0), false));
        }
        let limited = rng.chance(0.08);
        let expired = rng.chance(0.01).then(|| {
            let from = rng.uniform(0.0, length);
            (from, from + rng.uniform(60.0, 180.0))
        });
        let outage = outage(length, rng);
        let mut world = World { rates, drops, blips: Vec::new(), limited, expired, outage };
        let mut events = traffic(&mut world, start, length, rng);
        events.sort_by_key(|event| event.at);
        Self { start, end: start + millis(length), events, world }
    }

    /// The outage in it.
    pub fn outage(&self) -> Option<Outage> {
        self.world.outage
    }

    fn seconds(&self, now: Millis) -> f64 {
        seconds(now.saturating_sub(self.start))
    }

    /// Whether anything answers this user now.
    pub fn network(&self, now: Millis) -> bool {
        self.world.dead(self.seconds(now)).is_none()
    }

    /// What a probe of `surface` would meet now, and how many milliseconds later.
    pub fn probe(&self, surface: Surface, now: Millis, rng: &mut Rng) -> (Fate, Millis) {
        let (fate, later) = self.world.look(Some(surface), self.seconds(now), rng);
        (fate, millis(later))
    }
}

struct User<'a> {
    t: f64,
    /// Nothing happens after this.
    last: f64,
    action: u32,
    events: Vec<Event>,
    start: Millis,
    weather: &'a mut dyn Weather,
    rng: &'a mut Rng,
}

impl User<'_> {
    fn session(&mut self, length: f64) {
        if !self.load_until_it_works() {
            return;
        }
        self.t += self.rng.exponential(60.0);
        while self.t < length {
            let mut tries = 0_u32;
            loop {
                let fate = self.message();
                if !matches!(fate, Fate::Error | Fate::Silent | Fate::Offline) {
                    break;
                }
                tries += 1;
                self.t += match tries {
                    1 => self.rng.uniform(4.0, 20.0),
                    2..=4 => self.rng.uniform(15.0, 60.0),
                    _ => self.rng.uniform(60.0, 240.0),
                };
                if self.t > self.last || (matches!(tries, 3 | 7) && !self.load_until_it_works()) {
                    return;
                }
            }
            if self.rng.chance(0.03) {
                self.t += self.rng.uniform(1.0, 5.0);
                if !self.load_until_it_works() {
                    return;
                }
            }
            self.t += self.rng.exponential(150.0);
        }
    }

    /// False when the session is over before it does.
    fn load_until_it_works(&mut self) -> bool {
        let mut tries = 0;
        loop {
            if self.t > self.last {
                return false;
            }
            if !self.load() {
                return true;
            }
            self.t += if tries == 0 { self.rng.uniform(3.0, 15.0) } else { self.rng.uniform(30.0, 180.0) };
            tries += 1;
        }
    }

    /// One document and its sub-requests; true when the page is broken.
    fn load(&mut self) -> bool {
        self.burst();
        let began = self.t;
        let document = self.request(Some(Surface::Document), 0.0);
        let mut broken = document.failed();
        if broken && self.rng.chance(0.7) {
            return true;
        }
        let total = self.rng.whole(20, 40) - 1;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small"
        )]
        let lists = (total as f64 * 0.45).round() as u64;
        let within = self.rng.uniform(0.3, 1.0);
        for n in 0..total {
            let later = self.rng.uniform(0.0, within);
            self.t = began;
            let surface = match n {
                0 | 1 => Some(Surface::Bootstrap),
                n if n < 2 + lists => Some(Surface::List),
                _ => None,
            };
            let fate = self.request(surface, later);
            broken |= surface == Some(Surface::Bootstrap) && matches!(fate, Fate::Error | Fate::Silent | Fate::Offline);
        }
        self.t = self.t.max(began + within);
        broken
    }

    /// One completion, two lists, three of telemetry; the completion's fate.
    fn message(&mut self) -> Fate {
        self.burst();
        let began = self.t;
        for surface in [Some(Surface::List), Some(Surface::List), None, None, None] {
            let later = self.rng.uniform(0.0, 2.0);
            self.request(surface, later);
        }
        self.t = began;
        self.request(Some(Surface::Completion), 0.0)
    }

    fn burst(&mut self) {
        self.action += 1;
        self.weather.burst(self.t, self.rng);
    }

    /// Moves on to the end of the request when it is one that the person waits for.
    fn request(&mut self, surface: Option<Surface>, later: f64) -> Fate {
        let began = self.t + later;
        let (fate, hangs) = self.weather.fate(surface, began, self.rng);
        let event = Event {
            at: self.start + millis(began + hangs),
            began: self.start + millis(began),
            surface,
            fate,
            action: self.action,
        };
        if event.critical() {
            self.t = self.t.max(began + hangs);
        }
        self.events.push(event);
        fate
    }
}

/// Seconds in milliseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few years at most, never negative")]
pub fn millis(seconds: f64) -> Millis {
    (seconds * 1_000.0).round() as Millis
}

/// Milliseconds in seconds.
#[expect(clippy::cast_precision_loss, reason = "a few years at most")]
pub fn seconds(millis: Millis) -> f64 {
    millis as f64 / 1_000.0
}
