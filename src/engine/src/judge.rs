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
use crate::codec::{fields, fields_and_rare};
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
/// The sums: one of each group, of all of them together for what fails everywhere, and for what fails now and then.
const SUMS: usize = GROUPS + 2;
const ALL: usize = GROUPS;
const NOW_AND_THEN: usize = GROUPS + 1;

/// `p0` before anything is learnt (failures while Claude is well), `p1` (while it is not), and what an
/// endpoint's weight counts in its own group (uploads weigh a quarter in what is said of Claude, but for themselves in full).
const PARAMETERS: [(f64, f64, f64); GROUPS] = [
    (0.012, 0.80, 1.0),
    (0.006, 0.85, 1.0),
    (0.006, 0.90, 1.0),
    (0.008, 0.75, 0.8),
    (0.03, 0.70, 4.0),
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

/// When the evidence is strong: nats of a sum, and the milliseconds that it must have taken to gather them, for one surface
/// (or model), for all surfaces together, and for what fails now and then everywhere. Tuned on the seeds 1 to 5 of the
/// workload; the time keeps a disturbance of half a minute, however hard, from becoming a verdict.
type Strong = [(f64, Millis); 3];
/// Without probes, and with them, which see the same sooner and more often.
const STRONG: [Strong; 2] =
    [[(10.0, 30_000), (9.0, 22_000), (9.0, 50_000)], [(10.0, 22_000), (9.3, 17_000), (9.5, 50_000)]];
/// Runs of failures that took so long and passed by themselves are learnt, like `p0`: …
const PASSED_LEAST_MS: Millis = 3_000;
/// … they are forgotten in about a quarter, …
const PASSED_MS: f64 = 90.0 * 86_400_000.0;
/// … so many in a quarter are usual, and twice as many ask ln 2 more nats, up to this.
const PASSED: f64 = 4.0;
const PASSED_MOST: f64 = 1.5;
/// From this sum on it is more than a hiccup.
const SUSPECT: f64 = 5.0;
/// How a passing disturbance looks: requests that fail in it, milliseconds that it lasts on average, and the belief that
/// one is on while nothing speaks for it. Longer and less than total, so that what is total and lasts stands out.
const DISTURBANCE: (f64, f64, f64) = (0.52, 9_000.0, 0.003);
/// The belief is never certainty.
const SURE: f64 = 0.98;
/// `p1` of everything at once, and of now and then everywhere.
const WIDE: f64 = 0.97;
const THIN: f64 = 0.4;
/// Failures for each success that make a second one in which a surface failed, and one in which everything did: where some
/// requests fail and some do not, that is a disturbance rather than an outage of everything.
const FAILED_EACH: (u16, u16) = (1, 3);
/// Nats that one second can add to the sum of now and then, and take from it.
const THIN_SECOND: (f64, f64) = (4.0, -3.0);
/// A failure without an answer, when the network works: it may have been the network a moment ago.
const SILENT: f64 = 0.6;
/// A usage limit is told by the application, though not by the model behind it.
const LIMIT: f64 = 0.66;
/// The sums never grow beyond this, so that recovery is not delayed for ever.
const CEILING: f64 = 14.0;
/// Failures and successes of one second are one observation.
const SECOND_MS: Millis = 1_000;
/// A sum below this has forgotten when it began.
const NOTHING: f64 = 0.5;
/// From this sum on, one request to a neutral origin says whether anything answers.
const ASK: f64 = 3.0;
/// It is asked again for a failure without an answer after this long at the earliest, …
const ASK_HELD_MS: Millis = 5_000;
/// … for another failure after this long, …
const ASK_EVERY_MS: Millis = 15_000;
/// … and without one, while a run of failures is open, this often at first, …
const ASK_TICK_MS: Millis = 60_000;
/// … and more and more seldom: after a quarter of the run's age, up to this.
const ASK_MOST_MS: Millis = 300_000;
/// A published incident on the right component adds this, once; an all-green page adds nothing (first posts come a median
/// of 20 minutes after the impact starts).
const OFFICIAL_NATS: f64 = 2.5;
/// After nothing answered at all, failures without an answer say nothing for so long.
const HOLD_MS: Millis = 20_000;
/// A failure without an answer waits this long for the neutral origin's.
const WAIT_MS: Millis = 60_000;
/// Two successes prove a recovery only this far apart: without probes, and with them.
const EPISODES_MS: [Millis; 2] = [20_000, 8_000];
/// Without any failure for so long, a hiccup is forgotten, …
pub(crate) const HICCUP_LIFE_MS: Millis = 30 * 60_000;
/// … and a verdict (the longest that a user waits for in one sitting).
pub(crate) const VERDICT_LIFE_MS: Millis = 6 * 3_600_000;
/// After a first success, silence means that Claude is back; what goes down and up again must stay up this long.
const RECOVERED_MS: Millis = 10 * 60_000;
/// For so long after a recovery Claude is fragile: 14 % of incidents relapse within it.
const FRAGILE_MS: Millis = 3 * 3_600_000;
/// A second relapse within the fragile time is flapping: one incident that goes on, not many.
const FLAPPING: u32 = 2;
/// Seconds after the user's first failure at which claude.ai is asked from its own page, …
const PROBES_S: [Millis; PROBES as usize] = [2, 7, 17, 32, 52, 82];
/// … then every minute, each time a tenth later, up to this.
const PROBE_MOST_MS: Millis = 300_000;
/// So long after a probe was due that nobody could send, what has passed is not asked about any more.
const STALE_MS: Millis = 60_000;
/// Probes of the schedule.
const PROBES: u32 = 6;
/// While everything seems to fail and that is no verdict yet, the last answer is confirmed after this long, …
const CONFIRM_MS: Millis = 3_000;
/// … for so long after the first failure: by then it is a verdict, or it was a moment.
const CONFIRMED_MS: Millis = 30_000;
/// Failures without an answer that wait at once, models told apart, turns remembered.
const MAX_HELD: usize = 16;
const MAX_MODELS: usize = 8;
const MAX_TURNS: usize = 16;
/// Bytes of a model's name.
const MAX_NAME: usize = 64;
/// Requests over which the failures of a healthy surface are learnt (about eleven days of completions), …
const LEARNT: f64 = 400.0;
/// … and what can be learnt: less than the floor no history of one person can tell.
const RATES: (f64, f64) = (0.005, 0.05);
/// Outcomes of sends that could not be seen, in a row, before we call ourselves blind.
const UNSEEN: u32 = 3;
/// A first byte is late after this long, or after this many times the model's median.
const LATE_MS: Millis = 20_000;
const LATE_TIMES: Millis = 4;
/// A median follows each new value by one part in so many (a frugal streaming median, Ma, Muthukrishnan and Sandler 2013).
const FIRST_BYTES_MS: (Millis, Millis) = (100, 600_000);
const FRUGAL: Millis = 12;

/// How a request ended, as far as that is evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With an answer over HTTP: that alone proves the network.
    Answered,
    /// Without one: whose fault, a neutral origin must say.
    Silent,
    /// Not ended, or not cleanly: slow, stalled, cut off. It counts, and only together with more is it a failure.
    Doubtful,
}

/// One observation: what one request was found to be.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its surface.
    pub surface: Surface,
    /// Its class.
    pub class: Class,
    /// What it is worth: its endpoint's weight, times 0.6 if it is slow or stalled, times 0.25 if it was cut off.
    pub worth: f64,
    /// How it ended.
    pub way: Way,
    /// The model that was to answer.
    pub model: Option<&'a str>,
    /// The turn it belongs to: all requests of one turn are one vote, and the final outcome counts.
    pub turn: Option<u64>,
}

/// What an observation was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It says nothing of Claude.
    Nothing,
    /// The surface works.
    Worked,
    /// The surface failed.
    Failed,
    /// It got no answer: the neutral origin is to be asked.
    Held,
}

/// What the status page says of the components that a person on claude.ai needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// A component is degraded or worse, or an open incident concerns claude.ai.
    pub bad: bool,
    /// That incident is being monitored: service is usually back three minutes before this is said.
    pub monitoring: bool,
}

/// A run of failures, from the first one to the recovery.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The first failure.
    pub since: Millis,
    /// The last one.
    pub last: Millis,
    /// How many votes.
    pub failures: u32,
    /// When the evidence became strong.
    pub down_at: Option<Millis>,
    /// The first success after that.
    pub recovering_at: Option<Millis>,
    /// The surfaces that failed and have not worked since: one bit each.
    failing: u16,
    /// The surfaces that have failed at all.
    failed: u16,
    official: bool,
    monitoring: bool,
    flapping: bool,
}

/// The judge of one person's traffic. Pure: time is an argument, and all of it is stored in the snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// Whether claude.ai may be asked from its own page.
    pub probing: bool,
    online: bool,
    tests: [Test; SUMS],
    /// Failures per request of each group while Claude is well, as learnt.
    rates: [f64; GROUPS],
    /// The belief that a passing disturbance is on, and the one before the current second.
    belief: f64,
    before: f64,
    second: Millis,
    run: Option<Run>,
    /// When the failure came after which claude.ai is asked (0: none did), how often it was, and when it is next.
    watch_since: Millis,
    probes: u32,
    probe_at: Millis,
    /// When it was asked last.
    probed_at: Millis,
    held: Vec<Vote>,
    hold_until: Millis,
    /// When the neutral origin was asked last.
    asked: Millis,
    models: Vec<Model>,
    turns: Vec<Vote>,
    /// When something last worked.
    seen_at: Option<Millis>,
    unseen: u32,
    unseen_at: Millis,
    /// When a run with a verdict last ended, and how many in a row began within the fragile time.
    recovered_at: Option<Millis>,
    relapses: u32,
    /// How many disturbances have passed by themselves, fading with [`PASSED_MS`], and when that was counted.
    passed: f64,
    passed_at: Millis,
}

impl Default for Judge {
    #[inline(never)]
    fn default() -> Self {
        Self {
            probing: false,
            online: true,
            tests: std::array::from_fn(|_| Test::default()),
            rates: PARAMETERS.map(|(p0, ..)| p0),
            belief: 0.0,
            before: 0.0,
            second: 0,
            run: None,
            watch_since: 0,
            probes: 0,
            probe_at: 0,
            probed_at: 0,
            held: Vec::new(),
            hold_until: 0,
            asked: 0,
            models: Vec::new(),
            turns: Vec::new(),
            seen_at: None,
            unseen: 0,
            unseen_at: 0,
            recovered_at: None,
            relapses: 0,
            passed: 0.0,
            passed_at: 0,
        }
    }
}

impl Judge {
    /// A judge that has seen nothing; with `probing`, one that may ask claude.ai.
    pub fn new(probing: bool) -> Self {
        Self { probing, ..Self::default() }
    }

    /// Whether claude.ai may be asked from its own page from now on. A run of failures that is open is watched at once.
    pub fn allow(&mut self, probing: bool, now: Millis) {
        if self.probing != probing {
            self.probing = probing;
            self.watch_since = 0;
            if self.run.is_some() {
                self.watch(now);
            }
        }
    }

    /// Takes one observation.
    pub fn observe(&mut self, seen: &Seen<'_>, now: Millis) -> Heard {
        match (seen.class, seen.way) {
            (Class::Ok, _) => {
                self.seen_at = Some(now);
                self.unseen = 0;
                self.take_back(seen, now);
                self.vote(seen, false, now);
                self.worked(seen.surface, now);
                self.unwatch();
                Heard::Worked
            }
            (Class::Service | Class::Capacity, Way::Answered) => {
                self.unseen = 0;
                self.failed(seen, now);
                Heard::Failed
            }
            (Class::Service | Class::Capacity | Class::Unknown, Way::Doubtful) => {
                self.vote(seen, true, now);
                if self.level() < SUSPECT {
                    return Heard::Nothing;
                }
                self.fail(seen.surface, now);
                Heard::Failed
            }
            (Class::Service | Class::Capacity | Class::OwnNetwork | Class::Unknown, Way::Silent) => {
                self.hold(seen, now)
            }
            (Class::UserLimit, _) => {
                // The application itself has answered, though not the model behind it: half a success.
                self.vote(&Seen { worth: seen.worth * LIMIT, ..*seen }, false, now);
                Heard::Nothing
            }
            (Class::Unknown, Way::Answered) if seen.surface == Surface::Completion => {
                if self.unseen == 0 {
                    self.unseen_at = now;
                }
                self.unseen = self.unseen.saturating_add(1);
                Heard::Nothing
            }
            _ => Heard::Nothing,
        }
    }

    /// The neutral origin has answered, or has not.
    pub fn neutral(&mut self, up: bool, now: Millis) {
        for held in std::mem::take(&mut self.held) {
            if up && now.abs_diff(held.at) <= WAIT_MS {
                let seen = Seen {
                    surface: held.surface,
                    class: Class::OwnNetwork,
                    worth: held.worth * SILENT,
                    way: Way::Silent,
                    model: None,
                    turn: held.turn,
                };
                self.failed(&seen, now);
            }
        }
        if !up {
            self.hold_until = now.saturating_add(HOLD_MS);
            self.every(Test::drop_silent);
        }
    }

    /// The browser says whether it is online.
    pub fn online(&mut self, up: bool) {
        self.online = up;
    }

    /// The status page was read.
    pub fn posted(&mut self, posted: Posted, now: Millis) {
        let Some(run) = &mut self.run else { return };
        run.monitoring = posted.monitoring;
        if posted.bad && !posted.monitoring && !run.official {
            run.official = true;
            self.every(|test| {
                if test.value() > 0.0 {
                    test.base = (test.base + OFFICIAL_NATS).min(CEILING);
                }
            });
            self.settle(now);
        }
    }

    /// Whether nothing is open: then neither [`Self::tick`] nor [`Self::asks`] comes to anything.
    pub fn rests(&self) -> bool {
        self.run.is_none() && self.held.is_empty() && self.watch_since == 0
    }

    /// Whether the neutral origin is to be asked now. The answer is taken as asked.
    pub fn asks(&mut self, now: Millis) -> bool {
        let ago = if self.asked == 0 { Millis::MAX } else { now.abs_diff(self.asked) };
        let due = match &self.run {
            _ if !self.held.is_empty() => ago >= ASK_HELD_MS,
            Some(run) if run.recovering_at.is_none() && self.level() >= ASK => {
                ago >= ASK_EVERY_MS && run.last >= self.asked
                    || ago >= self.ask_pause(run) && now.abs_diff(run.last) < HICCUP_LIFE_MS
            }
            _ => false,
        };
        if due {
            self.asked = now;
        }
        due
    }

    /// How long nobody asks the neutral origin again when nothing new fails.
    fn ask_pause(&self, run: &Run) -> Millis {
        (self.asked.saturating_sub(run.since) / 4).clamp(ASK_TICK_MS, ASK_MOST_MS)
    }

    /// When claude.ai is to be asked next from its own page, and for what.
    pub fn probe(&self) -> Option<(Millis, Surface)> {
        if self.watch_since == 0 {
            return None;
        }
        // While nothing works, what failed most; from the first success on, what is still to be proven.
        let works = |run: &&Run| self.seen_at.is_some_and(|at| at > run.last);
        let left =
            self.run.as_ref().filter(works).map_or(0, |run| if run.failing == 0 { run.failed } else { run.failing });
        let list = self.tests[Group::List as usize].value() > self.tests[Group::Auth as usize].value();
        let surface = if left & ACCOUNT != 0 {
            Surface::Bootstrap
        } else if left & bit(Surface::List) != 0 {
            Surface::List
        } else if left & bit(Surface::Document) != 0 {
            Surface::Document
        } else if list {
            Surface::List
        } else {
            Surface::Bootstrap
        };
        Some((self.confirm_at().map_or(self.probe_at, |at| at.min(self.probe_at)), surface))
    }

    /// When what looks like an outage of everything is to be confirmed, between the probes of the schedule.
    fn confirm_at(&self) -> Option<Millis> {
        let down = self.run.as_ref().is_some_and(|run| run.down_at.is_some());
        let at = self.probed_at.max(self.watch_since).saturating_add(CONFIRM_MS);
        let soon = at <= self.watch_since.saturating_add(CONFIRMED_MS);
        (!down && soon && self.tests[ALL].value() >= SUSPECT).then_some(at)
    }

    /// The probe that was due has been sent.
    pub fn probed(&mut self, now: Millis) {
        self.probed_at = now;
        if now < self.probe_at {
            return;
        }
        let planned = |probes: u32| PROBES_S.get(probes as usize).map(|s| self.watch_since.saturating_add(s * 1_000));
        let mut probes = self.probes.saturating_add(1);
        // What could not be asked in time is not asked for afterwards.
        while planned(probes).is_some_and(|at| at <= now) {
            probes += 1;
        }
        self.probe_at = if let Some(at) = planned(probes) {
            at
        } else {
            // The start of the run spreads the probes of many people over a sixth of the pause.
            let pause = (60_000 + 6_000 * u64::from(probes.saturating_sub(PROBES))).min(PROBE_MOST_MS);
            now.saturating_add(pause + self.watch_since % (pause / 6))
        };
        self.probes = probes;
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
        if self.run.is_none() && now.saturating_sub(self.probe_at) >= STALE_MS {
            // Nobody could ask in time whether that was all: a page that is opened later begins anew.
            self.watch_since = 0;
        }
    }

    /// When [`Self::tick`] has something to do at last, or [`Self::asks`] something to ask.
    pub fn wake(&self) -> Option<Millis> {
        // A silence that nobody has explained yet is asked about again.
        let held = (!self.held.is_empty()).then(|| self.asked.saturating_add(ASK_HELD_MS));
        let Some(run) = &self.run else { return held };
        let end = match (run.down_at, run.recovering_at) {
            (_, Some(first)) => first.saturating_add(RECOVERED_MS),
            (None, None) => run.last.saturating_add(HICCUP_LIFE_MS),
            (Some(_), None) => run.last.saturating_add(VERDICT_LIFE_MS),
        };
        let ask = self.asked.saturating_add(self.ask_pause(run));
        let asking = run.recovering_at.is_none() && ask.abs_diff(run.last) < HICCUP_LIFE_MS && self.level() >= ASK;
        let due = if asking { end.min(ask) } else { end };
        Some(held.map_or(due, |held| held.min(due)))
    }

    /// The verdict.
    pub fn state(&self) -> State {
        match &self.run {
            Some(run) if run.flapping => State::Flapping,
            Some(run) if run.recovering_at.is_some() => State::Recovering,
            Some(run) if run.down_at.is_some() => State::Down,
            // One observation alone reaches the threshold and no further: a single failure stays a hiccup.
            Some(run) if run.failures > 1 && self.level() >= SUSPECT => State::Suspected,
            Some(_) => State::Hiccup,
            // Nothing good and nothing bad was seen: that is not health.
            None if self.blind_since().is_some() => State::Blind,
            None => State::Clear,
        }
    }

    /// The run of failures that is open.
    pub fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// Since when nothing is seen that should be (0: nothing was ever seen).
    pub fn blind_since(&self) -> Option<Millis> {
        match self.seen_at {
            None => Some(0),
            Some(_) if self.unseen >= UNSEEN => Some(self.unseen_at),
            Some(_) => None,
        }
    }

    /// When something last worked.
    pub fn seen_at(&self) -> Option<Millis> {
        self.seen_at
    }

    /// When a run with a verdict last ended.
    pub fn recovered_at(&self) -> Option<Millis> {
        self.recovered_at
    }

    /// Whether Claude is back so lately that it may fail again.
    pub fn fragile(&self, now: Millis) -> bool {
        self.recovered_at.is_some_and(|at| now.abs_diff(at) < FRAGILE_MS)
    }

    /// The surfaces that failed in this run and have not worked since.
    pub fn failing(&self) -> impl Iterator<Item = Surface> {
        let failing = self.run.as_ref().map_or(0, |run| run.failing);
        Surface::ALL.into_iter().filter(move |surface| failing & bit(*surface) != 0)
    }

    /// What one surface looks like: clear, hiccup, suspected or down.
    pub fn surface(&self, surface: Surface) -> State {
        if !self.failing().any(|failing| failing == surface) {
            return State::Clear;
        }
        graded(self.tests[Group::of(surface) as usize].value(), self.probing)
    }

    /// Whether anything was heard of a surface (or of its like) since the run began: what nobody has tried is not known
    /// to work.
    pub fn tried(&self, surface: Surface) -> bool {
        self.tests[Group::of(surface) as usize].second >= self.begun()
    }

    /// The models that were asked since the run began (without one, all that are known), and what they look like.
    pub fn models(&self) -> impl Iterator<Item = (&str, State)> {
        let asked = self.models.iter().filter(|model| model.test.second >= self.begun());
        asked.map(|model| {
            // What answered last does not fail now, however long its sum needs to forget.
            let answered = model.test.ok > model.test.failed;
            let state = if answered { State::Clear } else { graded(model.test.value(), self.probing) };
            (model.name.as_str(), state)
        })
    }

    /// Since when what is heard belongs to the run; the first failure may be dated within the second that it opened.
    fn begun(&self) -> Millis {
        self.run.as_ref().map_or(0, |run| run.since.saturating_sub(SECOND_MS - 1))
    }

    /// After how many milliseconds without a first byte an answer of this model is late.
    pub fn late_after(&self, model: Option<&str>) -> Millis {
        let median =
            self.models.iter().find(|known| Some(known.name.as_str()) == model).map_or(0, |known| known.median);
        LATE_MS.max(LATE_TIMES * median)
    }

    /// An answer of this model began after so many milliseconds.
    pub fn first_byte(&mut self, model: &str, took: Millis) {
        if let Some(model) = model_of(&mut self.models, model) {
            model.median = match model.median {
                0 => took,
                median if took > median => median + median / FRUGAL,
                median => median - median / FRUGAL,
            }
            .clamp(FIRST_BYTES_MS.0, FIRST_BYTES_MS.1);
        }
    }

    /// The largest sum, in nats.
    pub fn level(&self) -> f64 {
        self.tests.iter().map(Test::value).fold(0.0, f64::max)
    }

    fn every(&mut self, each: fn(&mut Test)) {
        self.tests.iter_mut().for_each(each);
        for model in &mut self.models {
            each(&mut model.test);
        }
    }

    /// What is over and was no more than a moment need not be watched for longer.
    fn unwatch(&mut self) {
        if self.run.is_none() && (self.level() < 1.0 || self.probes as usize >= PROBES_S.len()) {
            self.watch_since = 0;
        }
    }

    /// Begins to ask.
    fn watch(&mut self, now: Millis) {
        if self.probing {
            self.watch_since = now.max(1);
            self.probes = 0;
            self.probe_at = now.saturating_add(PROBES_S[0] * 1_000);
        }
    }

    fn hold(&mut self, seen: &Seen<'_>, now: Millis) -> Heard {
        if !self.online {
            return Heard::Nothing;
        }
        if now < self.hold_until {
            // Nothing at all answered a moment ago.
            return Heard::Nothing;
        }
        if self.held.len() < MAX_HELD {
            self.held.push(Vote { at: now, surface: seen.surface, worth: seen.worth, nats: 0.0, turn: seen.turn });
        }
        Heard::Held
    }

    fn failed(&mut self, seen: &Seen<'_>, now: Millis) {
        self.vote(seen, true, now);
        self.fail(seen.surface, now);
    }

    fn fail(&mut self, surface: Surface, now: Millis) {
        if self.run.is_none() {
            self.watch(now);
        }
        let run = self.run.get_or_insert(Run {
            since: now,
            last: now,
            failures: 0,
            down_at: None,
            recovering_at: None,
            failing: 0,
            failed: 0,
            official: false,
            monitoring: false,
            flapping: false,
        });
        run.last = now;
        run.failures = run.failures.saturating_add(1);
        run.failing |= bit(surface);
        run.failed |= bit(surface);
        run.recovering_at = None;
        self.settle(now);
    }

    /// Whether the evidence is strong by now.
    fn settle(&mut self, now: Millis) {
        // Where much passes by itself, more is asked: the logarithm of the odds.
        let more = (self.passed / PASSED).max(1.0).ln().min(PASSED_MOST);
        let [single, wide, thin] = STRONG[usize::from(self.probing)];
        // What the status page admits is no moment of this user's network: then it need not have lasted.
        let official = self.run.as_ref().is_some_and(|run| run.official);
        let over = |test: &Test, (nats, ms): (f64, Millis)| {
            test.value() >= nats + more && (official || now.saturating_sub(test.since) >= ms)
        };
        let strong = self.tests.iter().enumerate().any(|(n, test)| {
            over(
                test,
                match n {
                    ALL => wide,
                    NOW_AND_THEN => thin,
                    _ => single,
                },
            )
        }) || self.models.iter().any(|model| over(&model.test, single));
        let fragile = self.fragile(now);
        if let Some(run) = &mut self.run
            && strong
            && run.down_at.is_none()
        {
            run.down_at = Some(now);
            self.relapses = if fragile { self.relapses.saturating_add(1) } else { 0 };
            run.flapping = self.relapses >= FLAPPING;
        }
    }

    fn worked(&mut self, surface: Surface, now: Millis) {
        let Some(run) = &mut self.run else { return };
        let sends = run.failed & bit(Surface::Completion) != 0;
        let before = run.failing;
        run.failing &= match surface {
            // An answer to a prompt proves everything on its way; …
            Surface::Completion if sends => 0,
            // … if prompts never failed, it does not prove that one can still sign in.
            Surface::Completion => AUTH,
            // The start of the app carries the account.
            Surface::Bootstrap => !ACCOUNT,
            // Chats that failed together with their list are back with it.
            Surface::List if run.failed & bit(Surface::List) != 0 => !CHATS,
            _ => !bit(surface),
        };
        if run.failing != 0 {
            if surface == Surface::Completion || run.failing != before {
                self.probe_at = self.probe_at.min(now.saturating_add(PROBES_S[0] * 1_000));
            }
            return;
        }
        let episode = match run {
            Run { flapping: true, .. } => RECOVERED_MS,
            Run { monitoring: true, .. } => 0,
            _ => EPISODES_MS[usize::from(self.probing)],
        };
        // Where prompts failed, only an answer is a proof; elsewhere whatever had failed.
        let proof = surface == Surface::Completion || (!sends && run.failed & bit(surface) != 0);
        match (run.down_at, run.recovering_at) {
            (None, _) => self.close(false, now),
            (Some(_), _) if !proof => {}
            (Some(_), None) if episode > 0 => {
                run.recovering_at = Some(now);
                self.probe_at = self.probe_at.min(now.saturating_add(EPISODES_MS[1]));
            }
            (Some(_), first) => {
                if first.is_none_or(|first| now.abs_diff(first) >= episode) {
                    self.close(true, now);
                }
            }
        }
    }

    /// The run is over. What a mere hiccup has added to the sums stays: the next failure is weighed with it.
    fn close(&mut self, reset: bool, now: Millis) {
        let Some(run) = self.run.take() else { return };
        let worked = run.recovering_at.is_some() || self.seen_at.is_some_and(|at| at >= run.last);
        if !worked {
            // Nothing was heard of it any more: that is no recovery, and what was good before it proves nothing now.
            self.seen_at = None;
        } else if run.down_at.is_some() {
            self.recovered_at = Some(now);
        } else if run.failures > 1 && run.last.saturating_sub(run.since) >= PASSED_LEAST_MS {
            self.passed = 1.0 + self.passed / grown(now.saturating_sub(self.passed_at), PASSED_MS);
            self.passed_at = now;
        }
        if reset {
            self.every(Test::clear);
            self.watch_since = 0;
        }
    }

    /// A turn that failed before has worked in the end: its vote was none.
    fn take_back(&mut self, seen: &Seen<'_>, now: Millis) {
        let Some(index) = self.turns.iter().position(|turn| turn.turn == seen.turn) else { return };
        let turn = self.turns.remove(index);
        for n in [Group::of(turn.surface) as usize, ALL, NOW_AND_THEN] {
            let test = &mut self.tests[n];
            test.second(now);
            test.base = (test.value() - turn.nats).max(0.0);
            test.delta = 0.0;
        }
    }

    /// One vote of a surface.
    fn vote(&mut self, seen: &Seen<'_>, failed: bool, now: Millis) {
        let group = Group::of(seen.surface) as usize;
        let (_, p1, own) = PARAMETERS[group];
        let mut worth = seen.worth.clamp(0.0, 1.0);
        if failed && let Some(turn) = self.turns.iter_mut().find(|turn| turn.turn == seen.turn) {
            // The turn has voted already; a plain failure after a doubtful one adds what was missing.
            let more = (worth - turn.worth).max(0.0);
            turn.worth += more;
            worth = more;
        }
        let weight = worth * own.min(1.0);
        let (q, lasts, idle) = DISTURBANCE;
        // The belief fades with time.
        if now.abs_diff(self.second) >= SECOND_MS {
            let growth = grown(now.saturating_sub(self.second), lasts);
            self.belief = idle + (self.belief - idle).max(0.0) / growth;
            self.before = self.belief;
            self.second = now;
        }
        let p0 = self.rates[group].clamp(RATES.0, RATES.1);
        let update = self.belief * q + (1.0 - self.belief) * p0;
        let after = if failed { self.belief * q / update } else { self.belief * (1.0 - q) / (1.0 - update) };
        self.belief = (self.belief + (after - self.belief) * weight).clamp(idle, SURE);
        if self.run.as_ref().is_none_or(|run| run.down_at.is_none()) {
            let x = if failed { 1.0 } else { 0.0 };
            self.rates[group] += (x - self.rates[group]) * worth / LEARNT;
        }

        let null = self.before * q + (1.0 - self.before) * p0;
        let llr = |p1: f64| ratio(failed, p1, null);
        let silent = seen.way == Way::Silent;
        self.tests[group].add(failed, worth * own * llr(p1), silent, FAILED_EACH.0, now);
        if group == Group::Completion as usize
            && let Some(model) = seen.model.and_then(|name| model_of(&mut self.models, name))
        {
            model.test.add(failed, worth * llr(p1), silent, FAILED_EACH.0, now);
        }
        self.tests[ALL].add(failed, weight * llr(WIDE), silent, FAILED_EACH.1, now);
        self.tests[NOW_AND_THEN].pile(weight * llr(THIN), silent, now);
        if failed && seen.turn.is_some() && !self.turns.iter().any(|turn| turn.turn == seen.turn) {
            if self.turns.len() >= MAX_TURNS {
                self.turns.remove(0);
            }
            let nats = weight * llr(p1);
            self.turns.push(Vote { at: now, surface: seen.surface, worth, nats, turn: seen.turn });
        }
    }
}

/// What a sum alone says.
fn graded(level: f64, probing: bool) -> State {
    match level {
        level if level >= STRONG[usize::from(probing)][0].0 => State::Down,
        level if level >= SUSPECT => State::Suspected,
        level if level > NOTHING => State::Hiccup,
        _ => State::Clear,
    }
}

const AUTH: u16 = bit(Surface::Login) | ACCOUNT;
const ACCOUNT: u16 = bit(Surface::Bootstrap) | bit(Surface::Account);
const CHATS: u16 = bit(Surface::List) | bit(Surface::Conversation);

/// The logarithm of the likelihood ratio of one observation.
#[inline(never)]
fn ratio(failed: bool, p1: f64, null: f64) -> f64 {
    if failed { (p1 / null).ln().max(0.0) } else { ((1.0 - p1) / (1.0 - null)).ln().min(0.0) }
}

/// exp(ms / lasts), by its first terms: what fades is divided by it.
fn grown(ms: Millis, lasts: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let x = ms as f64 / lasts;
    1.0 + x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x / 24.0)))
}

const fn bit(surface: Surface) -> u16 {
    1 << surface as u16
}

/// The model of this name, which takes the place of the oldest one if it is new.
fn model_of<'a>(models: &'a mut Vec<Model>, name: &str) -> Option<&'a mut Model> {
    if name.len() > MAX_NAME {
        return None;
    }
    let index = models.iter().position(|model| model.name == name).unwrap_or_else(|| {
        if models.len() >= MAX_MODELS {
            models.remove(0);
        }
        models.push(Model { name: name.to_owned(), median: 0, test: Test::default() });
        models.len() - 1
    });
    models.get_mut(index)
}

/// One sum.
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
    /// When the sum left zero: the test's estimate of when it began.
    since: Millis,
}

impl Test {
    fn value(&self) -> f64 {
        (self.base + self.delta).clamp(0.0, CEILING)
    }

    /// Begins a new second, if it is one.
    fn second(&mut self, now: Millis) {
        if now.abs_diff(self.second) >= SECOND_MS {
            self.base = self.value();
            self.silent = self.silent.min(self.base);
            self.delta = 0.0;
            self.second = now;
            (self.ok, self.failed) = (0, 0);
        }
    }

    fn begin(&mut self, failed: bool, now: Millis) {
        self.second(now);
        if failed && self.value() < NOTHING {
            self.since = now;
        }
    }

    /// One vote: all of one second are one observation, failed if for each that worked at least so many failed.
    fn add(&mut self, failed: bool, llr: f64, silent: bool, each: u16, now: Millis) {
        self.begin(failed, now);
        let count = if failed { &mut self.failed } else { &mut self.ok };
        *count = count.saturating_add(1);
        if failed == (self.failed >= self.ok.saturating_mul(each)) {
            self.delta = if failed { llr.max(self.delta) } else { llr };
        }
        if failed && silent {
            self.silent += self.delta.max(0.0);
        }
    }

    /// One vote of many that each count, up to what one second may say.
    fn pile(&mut self, llr: f64, silent: bool, now: Millis) {
        self.begin(llr > 0.0, now);
        self.delta = (self.delta + llr).clamp(THIN_SECOND.1, THIN_SECOND.0);
        if silent {
            self.silent += llr.max(0.0);
        }
    }

    /// Nothing on the network answers: failures without an answer were no evidence.
    fn drop_silent(&mut self) {
        self.base = (self.value() - self.silent).max(0.0);
        (self.delta, self.silent) = (0.0, 0.0);
    }

    fn clear(&mut self) {
        (self.base, self.delta, self.silent) = (0.0, 0.0, 0.0);
    }
}

/// A failure that is remembered: because it had no answer and waits for the neutral origin's, or because its turn may
/// still end well.
#[derive(Clone, Debug, PartialEq)]
struct Vote {
    at: Millis,
    surface: Surface,
    worth: f64,
    /// What it has added to each sum.
    nats: f64,
    turn: Option<u64>,
}

/// One model: its own test, and how long it takes to its first byte.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    name: String,
    /// Median milliseconds to the first byte; 0 before the first answer.
    median: Millis,
    test: Test,
}

fields!(Judge: probing, online, tests, rates, belief, before, second, run, watch_since, probes, probe_at, probed_at, held, hold_until, asked, models, turns, seen_at, unseen, unseen_at, recovered_at, relapses, passed, passed_at);
fields!(Run: since, last, failures, down_at, recovering_at, failing, failed, official, monitoring, flapping);
fields_and_rare!(Test:; base, delta, second, ok, failed, silent, since);
fields!(Vote: at, surface, worth, nats, turn);
fields!(Model: name, median, test);

#[cfg(test)]
mod tests {
    use super::{CEILING, Heard, Judge, MAX_HELD, MAX_MODELS, MAX_TURNS, Posted, Seen, Way};
    use crate::cause::{Class, Surface};
    use crate::codec;
    use crate::verdict::State;

    const T0: u64 = 1_772_451_420_000;

    fn seen(surface: Surface, class: Class) -> Seen<'static> {
        let way = if class == Class::OwnNetwork { Way::Silent } else { Way::Answered };
        Seen { surface, class, worth: 1.0, way, model: None, turn: None }
    }

    fn fail(judge: &mut Judge, surface: Surface, second: u64) {
        assert_eq!(judge.observe(&seen(surface, Class::Service), T0 + second * 1_000), Heard::Failed);
    }

    fn work(judge: &mut Judge, surface: Surface, second: u64) {
        assert_eq!(judge.observe(&seen(surface, Class::Ok), T0 + second * 1_000), Heard::Worked);
    }

    fn down() -> Judge {
        let mut judge = Judge::new(false);
        for second in [0, 25, 50] {
            fail(&mut judge, Surface::Completion, second);
        }
        assert_eq!(judge.state(), State::Down);
        judge
    }

    #[test]
    fn one_page_load_of_failures_is_one_observation() {
        let mut judge = Judge::new(true);
        for n in 0..40 {
            judge.observe(&seen(Surface::List, Class::Service), T0 + n * 20);
            judge.observe(&seen(Surface::Bootstrap, Class::Service), T0 + n * 20);
        }
        assert!(judge.level() < 6.0, "{}", judge.level());
        assert_ne!(judge.state(), State::Down);
    }

    #[test]
    fn healthy_lists_do_not_hide_a_dead_completion() {
        let mut judge = Judge::new(false);
        for second in [0, 25, 50] {
            fail(&mut judge, Surface::Completion, second);
            work(&mut judge, Surface::List, second + 1);
            work(&mut judge, Surface::List, second + 3);
        }
        assert_eq!(judge.state(), State::Down);
        assert_eq!(judge.failing().collect::<Vec<_>>(), [Surface::Completion]);
        assert_eq!((judge.surface(Surface::Completion), judge.surface(Surface::List)), (State::Down, State::Clear));
    }

    #[test]
    fn two_answers_apart_are_a_recovery_and_lists_are_none() {
        let mut judge = down();
        work(&mut judge, Surface::List, 60);
        assert_eq!(judge.state(), State::Down);
        work(&mut judge, Surface::Completion, 70);
        assert_eq!(judge.state(), State::Recovering);
        work(&mut judge, Surface::Completion, 75);
        work(&mut judge, Surface::List, 200);
        assert_eq!(judge.state(), State::Recovering);
        work(&mut judge, Surface::Completion, 91);
        assert_eq!(judge.state(), State::Clear);
        assert!(judge.fragile(T0 + 3_600_000) && !judge.fragile(T0 + 4 * 3_600_000));
    }

    #[test]
    fn a_failure_takes_a_recovery_back_and_silence_completes_it() {
        let mut judge = down();
        work(&mut judge, Surface::Completion, 70);
        fail(&mut judge, Surface::Completion, 80);
        assert_eq!(judge.state(), State::Down);
        work(&mut judge, Surface::Completion, 100);
        let wake = judge.wake().expect("a wish");
        judge.tick(wake - 1);
        assert_eq!(judge.state(), State::Recovering);
        judge.tick(wake);
        assert_eq!(judge.state(), State::Clear);
    }

    #[test]
    fn monitoring_and_one_answer_are_a_recovery() {
        let mut judge = down();
        judge.posted(Posted { bad: true, monitoring: true }, T0 + 60_000);
        work(&mut judge, Surface::Completion, 61);
        assert_eq!(judge.state(), State::Clear);
    }

    #[test]
    fn what_goes_down_again_and_again_is_one_flapping() {
        let mut judge = down();
        let mut at = 100;
        let mut states = Vec::new();
        for _ in 0..3 {
            work(&mut judge, Surface::Completion, at);
            work(&mut judge, Surface::Completion, at + 30);
            states.push(judge.state());
            for second in [60, 90, 120, 150] {
                fail(&mut judge, Surface::Completion, at + second);
            }
            states.push(judge.state());
            at += 300;
        }
        // The second relapse stays one state through what would be recoveries.
        assert_eq!(
            states,
            [State::Clear, State::Down, State::Clear, State::Flapping, State::Flapping, State::Flapping]
        );
        work(&mut judge, Surface::Completion, at);
        work(&mut judge, Surface::Completion, at + 601);
        assert_eq!(judge.state(), State::Clear);
    }

    #[test]
    fn what_a_dead_network_did_is_no_evidence() {
        let mut judge = Judge::new(false);
        work(&mut judge, Surface::List, 0);
        for second in [10, 40, 70, 100] {
            let now = T0 + second * 1_000;
            assert_eq!(judge.observe(&seen(Surface::Completion, Class::OwnNetwork), now), Heard::Held);
            assert!(judge.asks(now));
            judge.neutral(false, now + 500);
        }
        assert!(judge.level() < 0.01 && judge.state() == State::Clear);
        // With an answer from elsewhere the same is a failure, though a weaker one.
        for second in [200, 230, 260, 290, 320, 350] {
            judge.observe(&seen(Surface::Completion, Class::OwnNetwork), T0 + second * 1_000);
            judge.neutral(true, T0 + second * 1_000 + 500);
        }
        assert_eq!(judge.state(), State::Down);
    }

    #[test]
    fn offline_is_the_browsers_word() {
        let mut judge = Judge::new(false);
        judge.online(false);
        assert_eq!(judge.observe(&seen(Surface::Completion, Class::OwnNetwork), T0), Heard::Nothing);
        assert!(!judge.asks(T0));
    }

    #[test]
    fn a_turn_is_one_vote_and_its_final_outcome_counts() {
        let turn = |class| Seen { turn: Some(7), ..seen(Surface::Completion, class) };
        let mut judge = Judge::new(false);
        for second in [0, 25, 50, 75] {
            judge.observe(&turn(Class::Capacity), T0 + second * 1_000);
        }
        assert!(judge.level() < 5.0 && judge.state() == State::Hiccup, "{}", judge.level());
        judge.observe(&turn(Class::Ok), T0 + 100_000);
        assert!(judge.level() < 0.5 && judge.state() == State::Clear, "{}", judge.level());
    }

    #[test]
    fn one_model_fails_and_the_others_do_not() {
        let mut judge = Judge::new(false);
        for second in [0, 30, 60, 90] {
            let of = |class, model| Seen { model: Some(model), ..seen(Surface::Completion, class) };
            judge.observe(&of(Class::Service, "large"), T0 + second * 1_000);
            judge.observe(&of(Class::Ok, "small"), T0 + second * 1_000 + 5_000);
        }
        assert_eq!(judge.models().collect::<Vec<_>>(), [("large", State::Down), ("small", State::Clear)]);
    }

    #[test]
    fn slow_is_measured_against_the_models_own_pace() {
        let mut judge = Judge::new(false);
        assert_eq!(judge.late_after(Some("deep")), 20_000);
        for _ in 0..200 {
            judge.first_byte("deep", 12_000);
            judge.first_byte("quick", 900);
        }
        assert!((40_000..56_000).contains(&judge.late_after(Some("deep"))), "{}", judge.late_after(Some("deep")));
        assert_eq!(judge.late_after(Some("quick")), 20_000);
        let doubt = Seen { way: Way::Doubtful, worth: 0.6, ..seen(Surface::Completion, Class::Unknown) };
        assert_eq!(judge.observe(&doubt, T0), Heard::Nothing);
        assert_eq!(judge.observe(&doubt, T0 + 60_000), Heard::Failed, "{}", judge.level());
    }

    #[test]
    fn nobody_is_asked_while_claude_works() {
        let mut judge = Judge::new(true);
        for second in 0..1_000 {
            work(&mut judge, Surface::List, second);
            assert_eq!((judge.asks(T0 + second * 1_000), judge.probe(), judge.wake()), (false, None, None));
        }
    }

    #[test]
    fn the_neutral_origin_is_asked_more_and_more_seldom() {
        let mut judge = Judge::new(false);
        let mut asked = Vec::new();
        for second in 0..3_600 {
            let now = T0 + second * 1_000;
            // Somebody tries again every ten minutes, or the run would be forgotten.
            if second % 600 == 0 {
                fail(&mut judge, Surface::Completion, second);
            }
            judge.tick(now);
            if judge.asks(now) {
                asked.push(second);
            }
        }
        assert_eq!(asked[..4], [0, 15, 75, 135]);
        assert!(asked.len() <= 26, "{asked:?}");
        let pauses: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses.iter().all(|pause| *pause <= 300) && pauses[pauses.len() - 4..].contains(&300), "{pauses:?}");
    }

    #[test]
    fn probes_follow_the_schedule_and_back_off() {
        let mut judge = Judge::new(true);
        fail(&mut judge, Surface::Completion, 0);
        let mut times = Vec::new();
        for _ in 0..60 {
            let (at, _) = judge.probe().expect("one more");
            times.push((at - T0) / 1_000);
            judge.probed(at);
        }
        assert_eq!(times[..6], [2, 7, 17, 32, 52, 82]);
        let pauses: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        for (n, pause) in (0..).zip(&pauses[5..]) {
            let least = (60 + 6 * n).min(300);
            assert!((least..=least + least / 6 + 1).contains(pause), "{pauses:?}");
        }
        let mut silent = Judge::new(false);
        fail(&mut silent, Surface::Completion, 0);
        assert_eq!(silent.probe(), None);
    }

    #[test]
    fn an_outage_of_everything_is_confirmed_before_it_is_told() {
        let mut judge = Judge::new(true);
        fail(&mut judge, Surface::Document, 0);
        let mut times = Vec::new();
        while judge.state() != State::Down {
            let (at, surface) = judge.probe().expect("one more");
            times.push(at - T0);
            judge.probed(at);
            judge.observe(&seen(surface, Class::Service), at + 100);
        }
        // The schedule's, and one every few seconds between them, until that is enough.
        assert!(times.starts_with(&[2_000, 5_000, 7_000, 10_000]), "{times:?}");
        assert!(times.contains(&17_000) && *times.last().expect("some") <= 30_000, "{times:?}");
        // Then no more than the schedule's.
        assert_eq!(judge.probe().map(|(at, _)| at), Some(T0 + 32_000));
        // And none while it looks like a moment of one surface.
        let mut calm = Judge::new(true);
        fail(&mut calm, Surface::Completion, 0);
        for expected in [2_000, 7_000, 17_000, 32_000] {
            let (at, surface) = calm.probe().expect("one more");
            assert_eq!(at - T0, expected);
            calm.probed(at);
            calm.observe(&seen(surface, Class::Ok), at + 100);
        }
    }

    #[test]
    fn a_second_in_which_some_requests_work_is_no_outage_of_everything() {
        let run = |works: bool| {
            let mut judge = Judge::new(true);
            for second in [0, 9, 18, 27] {
                for surface in [Surface::Document, Surface::Bootstrap, Surface::List] {
                    judge.observe(&seen(surface, Class::Service), T0 + second * 1_000);
                }
                for _ in 0..if works { 2 } else { 0 } {
                    judge.observe(&seen(Surface::Bootstrap, Class::Ok), T0 + second * 1_000 + 1);
                }
            }
            (judge.tests[super::ALL].value(), judge.state())
        };
        let (all, state) = run(false);
        assert!(all > 7.7 && state == State::Down, "{all}");
        let (all, state) = run(true);
        assert!(all < 1.0 && state != State::Down, "{all}");
    }

    #[test]
    fn not_seeing_is_not_green() {
        let mut judge = Judge::new(false);
        assert_eq!((judge.state(), judge.blind_since()), (State::Blind, Some(0)));
        work(&mut judge, Surface::Completion, 0);
        for second in [10, 20, 30] {
            assert_eq!(judge.state(), State::Clear);
            judge.observe(&seen(Surface::Completion, Class::Unknown), T0 + second * 1_000);
        }
        assert_eq!((judge.state(), judge.blind_since()), (State::Blind, Some(T0 + 10_000)));
        work(&mut judge, Surface::Completion, 40);
        assert_eq!(judge.state(), State::Clear);
    }

    #[test]
    fn what_fails_by_itself_is_learnt() {
        let mut judge = Judge::new(false);
        let mut other = Judge::new(false);
        for second in 0..3_000 {
            work(&mut judge, Surface::Completion, second * 60);
            if second % 25 == 0 {
                fail(&mut other, Surface::Completion, second * 60);
            } else {
                work(&mut other, Surface::Completion, second * 60);
            }
        }
        for judge in [&mut judge, &mut other] {
            fail(judge, Surface::Completion, 200_000);
        }
        assert!(judge.level() > other.level() + 1.0, "{} {}", judge.level(), other.level());
    }

    #[test]
    fn what_comes_at_the_same_time_commutes() {
        let all =
            [(Surface::Completion, Class::Service), (Surface::List, Class::Ok), (Surface::Bootstrap, Class::Service)];
        let run = |order: [usize; 3]| {
            let mut judge = Judge::new(true);
            for second in [0, 3, 9] {
                for index in order {
                    let (surface, class) = all[index];
                    judge.observe(&seen(surface, class), T0 + second * 1_000);
                }
            }
            (judge.state(), judge.failing().collect::<Vec<_>>(), all.map(|(surface, _)| judge.surface(surface)))
        };
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(run(order), run([0, 1, 2]), "{order:?}");
        }
    }

    /// Anything in any order, with a death after every step, and a clock that goes back, stands still and jumps.
    #[test]
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "drawn below a thousand")]
    fn anything_is_survived_and_nothing_is_forgotten() {
        let mut noise = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = |below: u64| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise % below
        };
        let models = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        for round in 0..60 {
            let mut whole = Judge::new(round % 2 == 0);
            let mut broken = whole.clone();
            let mut now = T0;
            for _ in 0..400 {
                now = match draw(40) {
                    0 => now.wrapping_sub(draw(7 * 86_400_000)),
                    1 => now.saturating_add(draw(14 * 86_400_000)),
                    2 => [0, u64::MAX, T0][draw(3) as usize],
                    _ => {
                        let scale = draw(17);
                        now.saturating_add(draw(1 << scale))
                    }
                };
                let (kind, one, two, three) = (draw(16), draw(10), draw(13), draw(3));
                let (turn, model, worth) = (draw(30), draw(11), draw(1_000));
                for judge in [&mut whole, &mut broken] {
                    match kind {
                        0 => judge.neutral(one % 2 == 0, now),
                        1 => judge.online(one > 0),
                        2 => judge.posted(Posted { bad: one % 2 == 0, monitoring: one > 7 }, now),
                        3 if one > 7 => judge.allow(two % 2 == 0, now),
                        3 => judge.tick(now),
                        4 => judge.first_byte(models[one as usize], [0, u64::MAX, worth * 100][three as usize]),
                        5 => {
                            judge.asks(now);
                        }
                        6 if judge.probe().is_some() => judge.probed(now),
                        _ => {
                            let class = if kind > 11 { Class::Service } else { Class::ALL[two as usize] };
                            judge.observe(
                                &Seen {
                                    surface: Surface::ALL[one as usize],
                                    class,
                                    worth: [worth as f64 / 1_000.0, 1.0, f64::MAX][three as usize],
                                    way: [Way::Answered, Way::Silent, Way::Doubtful][(kind % 3) as usize],
                                    model: models.get(model as usize).copied(),
                                    turn: (turn < 20).then_some(turn),
                                },
                                now,
                            );
                        }
                    }
                }
                let text = codec::write(1, &mut broken);
                assert!(text.len() < 4_096, "{}", text.len());
                broken = codec::read(1, &text, Judge::default()).expect("what was written");
                assert_eq!(whole, broken);
                if whole.rests() {
                    let mut told = whole.clone();
                    told.tick(now);
                    assert!(!told.asks(now));
                    assert_eq!(whole, told, "who rests need not be told of time");
                }
                assert!((0.0..=CEILING).contains(&whole.level()), "{}", whole.level());
                assert!(
                    whole.held.len() <= MAX_HELD && whole.models.len() <= MAX_MODELS && whole.turns.len() <= MAX_TURNS
                );
                assert!((0.0..1.0).contains(&whole.belief) && whole.rates.iter().all(|rate| (0.0..1.0).contains(rate)));
                let _ = (whole.state(), whole.wake(), whole.probe(), whole.late_after(Some("a")), whole.blind_since());
            }
        }
    }
}
