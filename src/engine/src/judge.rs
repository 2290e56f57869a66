//! The judge: what all observations together say of Claude, and what to ask next.
//!
//! One sequential test per surface, a one-sided CUSUM over log-likelihood ratios: `S <- clamp(S + llr, 0, 14)` nats. What
//! a failure weighs depends on what else explains it. A healthy service fails in two ways: now and then by itself
//! (`p0`, learnt per surface), and in short disturbances (a deploy, a moment of the network) during which much fails at
//! once. This null hypothesis is the Gilbert-Elliott channel of the literature on error bursts: the [`Judge`] keeps the
//! belief `b` that such a disturbance is on, which every failure raises, every success lowers and time lets fade, and
//!
//! ```text
//! null     = b q + (1 - b) p0            a failure, while Claude is well
//! llr(fail) = ln(p1 / null)              llr(ok) = ln((1 - p1) / (1 - null))
//! ```
//!
//! So forty failures of one page load are one observation, a failure eight seconds after another weighs little, and one
//! after half a minute weighs in full: smooth episodes in place of counted ones. Everything measured is printed by
//! `understudy accuracy`.

use crate::cause::{Class, Surface};
use crate::codec::{fields, variants};
use crate::input::Millis;
use crate::verdict::State;

/// The groups that are tested; healthy list calls must not hide a dead completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Group {
    /// Sending.
    Completion,
    /// Login, bootstrap, account.
    Auth,
    /// Documents.
    Page,
    /// List and conversation load.
    List,
    /// Uploads, which have failed alone before.
    Upload,
    /// Titles, the rest.
    Other,
}

const GROUPS: usize = 6;

/// `p0` before anything is learnt (failures while Claude is well), `p1` (while it is not), and what the group is worth.
const PARAMETERS: [(f64, f64, f64); GROUPS] = [
    (0.012, 0.80, 1.0),
    (0.006, 0.85, 1.0),
    (0.006, 0.90, 1.0),
    (0.008, 0.75, 0.8),
    (0.03, 0.70, 0.5),
    (0.03, 0.70, 0.15),
];

impl Group {
    /// The group of a surface.
    pub const fn of(surface: Surface) -> Self {
        match surface {
            Surface::Completion => Self::Completion,
            Surface::Login | Surface::Bootstrap | Surface::Account => Self::Auth,
            Surface::Document => Self::Page,
            Surface::List | Surface::Conversation => Self::List,
            Surface::Upload => Self::Upload,
            Surface::Title | Surface::Other => Self::Other,
        }
    }
}

/// Tuning.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub v: [f64; 16],
}
pub static TUNING: std::sync::OnceLock<Tuning> = std::sync::OnceLock::new();
const DEFAULT: Tuning = Tuning { v: [
    10.0, // 0 h single, probes
    8.0,  // 1 h wide, probes
    8.0,  // 2 h thin, probes
    10.0, // 3 h single, no probes
    8.0,  // 4 h wide
    8.0,  // 5 h thin
    8.0,  // 6 tau s
    0.75, // 7 q
    0.003,// 8 b floor
    0.40, // 9 p1 thin
    4.0,  // 10 thin cap up
    3.0,  // 11 credit
    0.6,  // 12 silent worth
    20.0, // 13 min span s probes
    30.0, // 14 min span s no probes
    5.0,  // 15 suspect
] };
fn k(i: usize) -> f64 {
    TUNING.get().unwrap_or(&DEFAULT).v[i]
}

/// The sums never grow beyond this, so that recovery is not delayed for ever.
const CEILING: f64 = 14.0;
/// Failures and successes of one second are one observation.
const SECOND_MS: Millis = 1_000;
/// From this sum on, one request to a neutral origin says whether anything answers.
const ASK: f64 = 3.0;
/// A published incident on the right component adds this, once; an all-green page adds nothing.
const OFFICIAL_NATS: f64 = 2.5;
/// After nothing answered at all, failures without an answer say nothing for so long.
const HOLD_MS: Millis = 20_000;
/// The neutral origin is asked again after this long at the earliest.
const ASK_EVERY_MS: Millis = 15_000;
/// A failure without an answer waits this long for the neutral origin's.
const WAIT_MS: Millis = 60_000;
/// Two successes prove a recovery only this far apart.
pub const EPISODE_MS: Millis = 20_000;
const EPISODE_PROBED_MS: Millis = 8_000;
/// Without any failure for so long, a hiccup is forgotten, …
pub const HICCUP_LIFE_MS: Millis = 30 * 60_000;
/// … and a verdict.
pub const VERDICT_LIFE_MS: Millis = 6 * 3_600_000;
/// After a first success, silence means that Claude is back.
pub const RECOVERED_MS: Millis = 10 * 60_000;
/// For so long after a recovery Claude is fragile (14 % of incidents relapse within it).
pub const FRAGILE_MS: Millis = 3 * 3_600_000;
/// Seconds after the user's first failure at which claude.ai is asked, from its own page.
const PROBES_S: [Millis; 6] = [2, 7, 17, 32, 52, 82];
/// Votes without an answer that wait at once.
const MAX_HELD: usize = 16;
/// Models told apart, and turns remembered.
const MAX_MODELS: usize = 8;
const MAX_TURNS: usize = 16;

/// One observation: what one request was found to be.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its surface.
    pub surface: Surface,
    /// Its class.
    pub class: Class,
    /// What it is worth: its endpoint's weight, times 0.6 for a slow or stalled stream.
    pub worth: f64,
    /// There was no HTTP answer: whose fault, a neutral origin must say.
    pub silent: bool,
    /// The model that was to answer.
    pub model: Option<&'a str>,
    /// The turn it belongs to: all requests of one turn are one vote, the final outcome.
    pub turn: Option<u64>,
}

/// What an observation was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Says nothing of Claude.
    Nothing,
    /// The surface works.
    Worked,
    /// The surface failed.
    Failed,
    /// It got no answer; the neutral origin is to be asked.
    Held,
}

/// One group's test.
#[derive(Clone, Debug, Default, PartialEq)]
struct Test {
    /// The sum before the current second, and the current second's part of it.
    base: f64,
    delta: f64,
    second: Millis,
    ok: u16,
    failed: u16,
    /// What of the sum came from failures without an answer.
    silent: f64,
}
fields!(Test: base, delta, second, ok, failed, silent);

impl Test {
    fn value(&self) -> f64 {
        (self.base + self.delta).clamp(0.0, CEILING)
    }

    /// Begins a new second if there is one.
    fn turn(&mut self, now: Millis) {
        if now.abs_diff(self.second) >= SECOND_MS {
            self.base = self.value();
            self.delta = 0.0;
            self.second = now;
            (self.ok, self.failed) = (0, 0);
            self.silent = self.silent.min(self.base);
        }
    }

    fn count(&mut self, failed: bool) {
        let count = if failed { &mut self.failed } else { &mut self.ok };
        *count = count.saturating_add(1);
    }

    fn drop_silent(&mut self) {
        self.base = (self.value() - self.silent).max(0.0);
        (self.delta, self.silent) = (0.0, 0.0);
    }

    fn clear(&mut self) {
        (self.base, self.delta, self.silent) = (0.0, 0.0, 0.0);
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Held {
    at: Millis,
    surface: Surface,
    worth: f64,
    model: Option<String>,
    turn: Option<u64>,
}
fields!(Held: at, surface, worth, model, turn);

/// A run of failures.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The first failure.
    pub since: Millis,
    /// The last one.
    pub last: Millis,
    /// How many.
    pub failures: u32,
    /// When the evidence became strong.
    pub down_at: Option<Millis>,
    /// The first success after that.
    pub recovering_at: Option<Millis>,
    /// The surfaces that failed and have not worked since, one bit each in the order of [`Surface::ALL`].
    failing: u16,
    /// Whether the status page was counted.
    official: bool,
    /// The last failure or success, by group.
    first_group: u16,
    probes: u32,
    probed: Millis,
}
fields!(Run: since, last, failures, down_at, recovering_at, failing, official, first_group, probes, probed);

/// The judge of one person's traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// Whether claude.ai may be asked.
    pub probing: bool,
    online: bool,
    tests: [Test; GROUPS],
    /// All groups together, for what fails everywhere …
    wide: Test,
    /// … and for what fails a little everywhere.
    thin: Test,
    wide_ok: f64,
    /// Failures per request while Claude is well, as learnt.
    rates: [f64; GROUPS],
    /// The belief that a passing disturbance is on.
    belief: f64,
    belief_at: Millis,
    /// The belief before the current second, from which that second's evidence is weighed.
    belief_before: f64,
    belief_second: Millis,
    run: Option<Run>,
    held: Vec<Held>,
    hold_until: Millis,
    asked: Millis,
    seen_at: Option<Millis>,
    recovered_at: Option<Millis>,
}

impl Default for Judge {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Judge {
    /// A judge that has seen nothing.
    pub fn new(probing: bool) -> Self {
        Self {
            probing,
            online: true,
            tests: std::array::from_fn(|_| Test::default()),
            wide: Test::default(),
            thin: Test::default(),
            wide_ok: 0.0,
            rates: PARAMETERS.map(|(p0, ..)| p0),
            belief: 0.0,
            belief_at: 0,
            belief_before: 0.0,
            belief_second: 0,
            run: None,
            held: Vec::new(),
            hold_until: 0,
            asked: 0,
            seen_at: None,
            recovered_at: None,
        }
    }

    /// Takes one observation.
    pub fn observe(&mut self, seen: &Seen<'_>, now: Millis) -> Heard {
        match seen.class {
            Class::Ok => {
                self.seen_at = Some(now);
                self.vote(seen.surface, false, seen.worth, false, now);
                self.worked(seen.surface, now);
                Heard::Worked
            }
            _ if seen.silent => {
                if !self.online {
                    return Heard::Nothing;
                }
                if self.held.len() < MAX_HELD && now >= self.hold_until {
                    self.held.push(Held {
                        at: now,
                        surface: seen.surface,
                        worth: seen.worth,
                        model: None,
                        turn: seen.turn,
                    });
                }
                Heard::Held
            }
            Class::Service | Class::Capacity => {
                self.failed(seen.surface, seen.worth, false, now);
                Heard::Failed
            }
            _ => Heard::Nothing,
        }
    }

    /// The neutral origin has answered, or has not.
    pub fn neutral(&mut self, up: bool, now: Millis) {
        for held in std::mem::take(&mut self.held) {
            if up && now.abs_diff(held.at) <= WAIT_MS {
                self.failed(held.surface, held.worth * k(12), true, now);
            }
        }
        if !up {
            self.hold_until = now + HOLD_MS;
            for test in self.tests.iter_mut().chain([&mut self.wide, &mut self.thin]) {
                test.drop_silent();
            }
        }
    }

    /// The browser says whether it is online.
    pub fn online(&mut self, up: bool) {
        self.online = up;
    }

    /// Whether the neutral origin is to be asked now; taken as asked.
    pub fn asks(&mut self, now: Millis) -> bool {
        let wanted = !self.held.is_empty();
        if wanted && now.abs_diff(self.asked) >= 2_000 {
            self.asked = now;
            return true;
        }
        false
    }

    /// When claude.ai is to be asked next, and what.
    pub fn probe(&self) -> Option<(Millis, Surface)> {
        let run = self.run.as_ref().filter(|_| self.probing)?;
        let at = match PROBES_S.get(run.probes as usize) {
            Some(seconds) => run.since + seconds * 1_000,
            None => run.probed + (60_000 + 6_000 * u64::from(run.probes - 6)).min(300_000),
        };
        let list = self.tests[Group::List as usize].value() > self.tests[Group::Auth as usize].value();
        Some((at, if list { Surface::List } else { Surface::Bootstrap }))
    }

    /// The probe that was due has been sent.
    pub fn probed(&mut self, now: Millis) {
        if let Some(run) = &mut self.run {
            run.probes += 1;
            run.probed = now;
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Millis) {
        let over = self.run.as_ref().is_some_and(|run| {
            let quiet = now.saturating_sub(run.last);
            match (run.down_at, run.recovering_at) {
                (_, Some(first)) => now.saturating_sub(first) >= RECOVERED_MS,
                (None, None) => quiet >= HICCUP_LIFE_MS,
                (Some(_), None) => quiet >= VERDICT_LIFE_MS,
            }
        });
        if over {
            self.close(true, now);
        }
    }

    /// The verdict.
    pub fn state(&self) -> State {
        match &self.run {
            Some(run) if run.recovering_at.is_some() => State::Recovering,
            Some(run) if run.down_at.is_some() => State::Down,
            Some(run) if run.failures > 1 && self.level() >= k(15) => State::Suspected,
            Some(_) => State::Hiccup,
            None if self.seen_at.is_none() => State::Blind,
            None => State::Clear,
        }
    }

    /// The largest sum.
    pub fn level(&self) -> f64 {
        self.tests.iter().chain([&self.wide, &self.thin]).map(Test::value).fold(0.0, f64::max)
    }

    pub fn debug(&self) -> String {
        format!("{:?} b{:.2} w{:.1} t{:.1}", self.tests.iter().map(|t| (t.value()*10.0).round()/10.0).collect::<Vec<_>>(), self.belief, self.wide.value(), self.thin.value())
    }

    fn failed(&mut self, surface: Surface, worth: f64, silent: bool, now: Millis) {
        self.vote(surface, true, worth, silent, now);
        let run = self.run.get_or_insert_with(|| Run {
            since: now,
            last: now,
            failures: 0,
            down_at: None,
            recovering_at: None,
            failing: 0,
            official: false,
            first_group: 0,
            probes: 0,
            probed: now,
        });
        run.last = now;
        run.failures = run.failures.saturating_add(1);
        run.failing |= 1 << surface as u16;
        run.recovering_at = None;
        self.settle(now);
    }

    fn settle(&mut self, now: Millis) {
        let o = if self.probing { 0 } else { 3 };
        let single = self.tests.iter().map(Test::value).fold(0.0, f64::max);
        let strong = single >= k(o) || self.wide.value() >= k(o + 1) || self.thin.value() >= k(o + 2);
        let span = 1_000.0 * k(if self.probing { 13 } else { 14 });
        if let Some(run) = &mut self.run {
            if strong && run.down_at.is_none() && now.saturating_sub(run.since) as f64 >= span {
                run.down_at = Some(now);
            }
        }
    }

    fn worked(&mut self, surface: Surface, now: Millis) {
        let Some(run) = &mut self.run else { return };
        let completion = 1 << Surface::Completion as u16;
        let proof = surface == Surface::Completion
            || (run.failing & 1 << surface as u16 != 0 && run.failing & completion == 0);
        run.failing = if surface == Surface::Completion { 0 } else { run.failing & !(1 << surface as u16) };
        if !proof {
            return;
        }
        let episode = if self.probing { EPISODE_PROBED_MS } else { EPISODE_MS };
        match (run.down_at, run.recovering_at) {
            (None, _) => {
                if run.failing == 0 && self.level() < 1.0 {
                    self.close(false, now);
                }
            }
            (Some(_), None) => run.recovering_at = Some(now),
            (Some(_), Some(first)) => {
                if now.abs_diff(first) >= episode {
                    self.close(true, now);
                }
            }
        }
    }

    fn close(&mut self, reset: bool, now: Millis) {
        if let Some(run) = self.run.take() {
            if run.down_at.is_some() {
                self.recovered_at = Some(now);
            }
        }
        if reset {
            for test in self.tests.iter_mut().chain([&mut self.wide, &mut self.thin]) {
                test.clear();
            }
        }
    }

    /// One vote of a surface.
    fn vote(&mut self, surface: Surface, failed: bool, worth: f64, silent: bool, now: Millis) {
        let group = Group::of(surface) as usize;
        let (_, p1, own) = PARAMETERS[group];
        let p0 = self.rates[group].clamp(0.005, 0.05);
        let weight = worth * own;
        let q = k(7);
        // The belief fades with time.
        if now.abs_diff(self.belief_second) >= SECOND_MS {
            let gap = now.saturating_sub(self.belief_at) as f64 / (1_000.0 * k(6));
            self.belief = k(8) + (self.belief - k(8)).max(0.0) * (-gap).exp();
            self.belief_before = self.belief;
            self.belief_second = now;
        }
        self.belief_at = now;
        let before = self.belief_before;
        let null = before * q + (1.0 - before) * p0;
        let update = self.belief * q + (1.0 - self.belief) * p0;
        let posterior = if failed { self.belief * q / update } else { self.belief * (1.0 - q) / (1.0 - update) };
        self.belief += (posterior - self.belief) * weight.min(1.0);
        self.belief = self.belief.clamp(k(8), 0.98);

        let fail = weight * (p1 / null).ln().max(0.0);
        let ok = weight * ((1.0 - p1) / (1.0 - null)).ln().min(0.0);
        let mut thin_add = if failed { weight * (k(9) / null).ln().max(0.0) } else { weight * ((1.0 - k(9)) / (1.0 - null)).ln().min(0.0) };

        let test = &mut self.tests[group];
        test.turn(now);
        test.count(failed);
        test.delta = if test.failed >= test.ok { if failed { fail.max(test.delta) } else { test.delta } } else { ok };
        if failed && silent {
            test.silent += test.delta.max(0.0);
        }
        let wide = &mut self.wide;
        wide.turn(now);
        wide.count(failed);
        wide.delta = if wide.failed >= wide.ok { if failed { fail.max(wide.delta) } else { wide.delta } } else { ok };
        if failed && silent {
            wide.silent += wide.delta.max(0.0);
        }
        let thin = &mut self.thin;
        thin.turn(now);
        thin.count(failed);
        thin.delta = (thin.delta + thin_add).clamp(-k(11), k(10));
        if failed && silent {
            thin.silent += thin_add;
        }
    }
}
