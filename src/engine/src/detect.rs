//! One sequential test per surface: how much speaks against Claude, and where.
//!
//! A one-sided CUSUM over log-likelihood ratios, `S <- clamp(S + llr, 0, 14)` with `llr(fail) = ln(p1/p0)` and
//! `llr(ok) = ln((1-p1)/(1-p0))`. Rules made for servers do not fit one human: a page load of forty failures is one
//! observation, and thirty-seven completions a day leave no room for "half of the last hundred calls". The parameters
//! were measured on 25 simulated user-years without probes: 0.44 false verdicts a year, 89 % of outages detected.

use crate::cause::Surface;
use crate::codec::fields;
use crate::input::Millis;

/// From here on it is more than a hiccup.
pub const SUSPECT: f64 = 5.0;
/// From here on the evidence is strong: threshold of the test without probes.
pub const VERDICT: f64 = 9.0;
/// The sum never grows beyond this, so that recovery is not delayed for ever.
const CEILING: f64 = 14.0;
/// Failures within one episode are not independent; together they weigh at most [`EPISODE_NATS`].
pub const EPISODE_MS: Millis = 20_000;
/// Nats of evidence that one episode can add.
const EPISODE_NATS: f64 = 5.0;
/// Nats of credit that the successes of one episode can take from the pooled sum.
const EPISODE_CREDIT: f64 = 3.0;
/// A published incident on the right component adds this; an all-green page adds nothing.
pub const OFFICIAL_NATS: f64 = 2.5;
/// Two successes count as two only this far apart.
const SECOND_MS: Millis = 1_000;

/// The groups that are tested; healthy list calls must not hide a dead completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Sending.
    Completion,
    /// Login, bootstrap, account.
    Auth,
    /// Documents.
    Page,
    /// List and conversation load.
    List,
    /// Titles, uploads, the rest.
    Other,
    /// All of them together.
    Pooled,
}

/// `p0` (failures while Claude is well), `p1` (while it is not) and the weight of each group.
const PARAMETERS: [(f64, f64, f64); 5] =
    [(0.012, 0.80, 1.0), (0.006, 0.85, 1.0), (0.006, 0.90, 1.0), (0.008, 0.75, 0.8), (0.03, 0.70, 0.15)];

const GROUPS: usize = 6;

impl Group {
    /// The group of a surface.
    pub const fn of(surface: Surface) -> Self {
        match surface {
            Surface::Completion => Self::Completion,
            Surface::Login | Surface::Bootstrap | Surface::Account => Self::Auth,
            Surface::Document => Self::Page,
            Surface::List | Surface::Conversation => Self::List,
            Surface::Title | Surface::Upload | Surface::Other => Self::Other,
        }
    }
}

/// One sum. Successes and failures of one second are one observation: failed if at least half failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    /// The sum before the current second.
    base: f64,
    /// The current second's contribution.
    delta: f64,
    second: Millis,
    episode: Millis,
    /// Nats used up in the current episode, for and against.
    used: f64,
    credit: f64,
    ok: u16,
    failed: u16,
}

impl Sum {
    fn value(&self) -> f64 {
        (self.base + self.delta).clamp(0.0, CEILING)
    }

    fn observe(&mut self, failed: bool, (fail_llr, ok_llr): (f64, f64), credit_cap: f64, now: Millis) {
        if now.abs_diff(self.second) >= SECOND_MS {
            self.base = self.value();
            self.used += self.delta.max(0.0);
            self.credit += (-self.delta).max(0.0);
            self.delta = 0.0;
            self.second = now;
            (self.ok, self.failed) = (0, 0);
            if now.abs_diff(self.episode) >= EPISODE_MS {
                self.episode = now;
                (self.used, self.credit) = (0.0, 0.0);
            }
        }
        let count = if failed { &mut self.failed } else { &mut self.ok };
        *count = count.saturating_add(1);
        self.delta = if self.failed >= self.ok {
            fail_llr.min(EPISODE_NATS - self.used).max(0.0)
        } else {
            ok_llr.max(self.credit - credit_cap).min(0.0)
        };
    }
}

fields!(Sum: base, delta, second, episode, used, credit, ok, failed);

/// The test of all groups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detector {
    sums: [Sum; GROUPS],
}

fields!(Detector: sums);

impl Detector {
    /// Takes one vote: a surface failed, or worked. `weight` is the endpoint's own (1, 0.25, 0), times what the
    /// observation is worth (0.6 for a failure without an answer).
    pub fn observe(&mut self, surface: Surface, failed: bool, weight: f64, now: Millis) {
        let group = Group::of(surface) as usize;
        let (p0, p1, own) = PARAMETERS[group];
        let fail = (p1 / p0).ln() * weight * own;
        let ok = ((1.0 - p1) / (1.0 - p0)).ln() * weight * own;
        self.sums[group].observe(failed, (fail, ok), f64::INFINITY, now);
        self.sums[Group::Pooled as usize].observe(failed, (fail, ok), EPISODE_CREDIT, now);
    }

    /// The status page speaks of an incident on claude.ai: once per incident.
    pub fn official(&mut self) {
        for sum in &mut self.sums {
            if sum.value() > 0.0 {
                sum.base = (sum.base + OFFICIAL_NATS).min(CEILING);
            }
        }
    }

    /// Nothing on the network answers: what was seen in this episode says nothing about Claude.
    pub fn drop_episode(&mut self) {
        for sum in &mut self.sums {
            sum.base = (sum.value() - sum.used - sum.delta.max(0.0)).max(0.0);
            (sum.delta, sum.used) = (0.0, 0.0);
        }
    }

    /// The largest sum.
    pub fn level(&self) -> f64 {
        self.sums.iter().map(Sum::value).fold(0.0, f64::max)
    }

    /// The sum of one surface's group.
    pub fn level_of(&self, surface: Surface) -> f64 {
        self.sums[Group::of(surface) as usize].value()
    }

    /// Forgets everything: Claude is back.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::{Detector, EPISODE_MS, SUSPECT, VERDICT};
    use crate::cause::Surface;

    #[test]
    fn one_page_load_of_failures_is_one_observation() {
        let mut detector = Detector::default();
        for n in 0..40 {
            detector.observe(Surface::List, true, 1.0, 100_000 + n * 20);
        }
        assert!(detector.level() < SUSPECT + 0.01, "{}", detector.level());
    }

    #[test]
    fn failed_sends_in_three_episodes_are_strong_evidence() {
        let mut detector = Detector::default();
        detector.observe(Surface::Completion, true, 1.0, 100_000);
        assert!(detector.level() < SUSPECT);
        detector.observe(Surface::Completion, true, 1.0, 100_000 + EPISODE_MS);
        assert!(detector.level() > SUSPECT && detector.level() < VERDICT);
        detector.observe(Surface::Completion, true, 1.0, 100_000 + 2 * EPISODE_MS);
        assert!(detector.level() > VERDICT);
    }

    #[test]
    fn healthy_lists_do_not_hide_a_dead_completion() {
        let mut detector = Detector::default();
        for n in 0..3 {
            let now = 100_000 + n * EPISODE_MS;
            detector.observe(Surface::Completion, true, 1.0, now);
            detector.observe(Surface::List, false, 1.0, now + 2_000);
            detector.observe(Surface::List, false, 1.0, now + 4_000);
        }
        assert!(detector.level_of(Surface::Completion) > VERDICT);
    }

    #[test]
    fn what_a_dead_network_did_is_taken_back() {
        let mut detector = Detector::default();
        detector.observe(Surface::Completion, true, 0.6, 100_000);
        detector.drop_episode();
        assert!(detector.level() < 0.01);
    }

    #[test]
    fn a_jump_of_the_clock_is_survived() {
        let mut detector = Detector::default();
        for now in [5_000_000, 3, u64::MAX, 0, 5_000_000] {
            detector.observe(Surface::Completion, true, 1.0, now);
        }
        assert!(detector.level() <= 14.0);
    }
}
