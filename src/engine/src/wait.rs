//! How long it will still last: a range and a chance, never a countdown.
//!
//! The length of an outage is lognormal; of 794 published incidents the median is 63 minutes and the spread of the
//! logarithm 1.26. Given that it has lasted `t` already, the quantile `q` of what remains is
//! `exp(mu + s z) - t` with `z = isf((1 - q) sf((ln t - mu) / s))`.
//!
//! A user's own incidents move `mu` and `s`. Those that were not seen to their end (censored) and those that were only
//! noticed after a while (left-truncated) count as what they are, by expectation and maximization (Dempster, Laird and
//! Rubin 1977, with ghosts for the truncated): to leave them out would favour the short ones.

use crate::incident::{Record, Span};
use crate::input::Millis;

/// What is known of the lengths of outages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lengths {
    /// Mean of the logarithm of the length in milliseconds.
    pub mu: f64,
    /// Its standard deviation.
    pub sigma: f64,
}

/// One incident of the user's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Own {
    /// From its beginning, as far as that is known, to its end or to the last that was seen of it.
    pub lasted: Millis,
    /// It had lasted so long already when it could first be noticed; 0 if it was seen from its beginning.
    pub noticed: Millis,
    /// It was not seen to its end.
    pub open: bool,
}

impl Lengths {
    /// As published up to January 2025: median 63 minutes, sigma 1.26.
    pub const PUBLISHED: Self = Self { mu: 15.145_261, sigma: 1.26 };

    /// Moved by the user's own incidents; what is published is worth [`PRIOR`] of them.
    #[must_use]
    pub fn with(self, own: &[Own]) -> Self {
        let mut now = self;
        for _ in 0..ROUNDS {
            let (mut count, mut sum) = (PRIOR, PRIOR * self.mu);
            let mut squares = PRIOR * (self.sigma * self.sigma + self.mu * self.mu);
            for incident in own {
                let length = ln(incident.lasted);
                let (mean, square) = if incident.open { now.beyond(length) } else { (length, length * length) };
                count += 1.0;
                sum += mean;
                squares += square;
                if incident.noticed > 0 {
                    // For each one that was long enough to be noticed there were so many that were not.
                    let from = ln(incident.noticed);
                    let seen = sf((from - now.mu) / now.sigma).max(1.0 / MOST_GHOSTS);
                    let ghosts = (1.0 - seen) / seen;
                    let (mean, square) = now.below(from);
                    count += ghosts;
                    sum += ghosts * mean;
                    squares += ghosts * square;
                }
            }
            let mu = sum / count;
            now = Self { mu, sigma: (squares / count - mu * mu).max(LEAST * LEAST).sqrt() };
        }
        now
    }

    /// Milliseconds that remain, with probability `quantile` no more, when it has lasted `elapsed_ms`.
    pub fn remaining(self, quantile: f64, elapsed_ms: Millis) -> Millis {
        let left = (1.0 - quantile.clamp(0.001, 0.999)) * self.outlasts(elapsed_ms);
        let whole = (self.mu + self.sigma * isf(left)).min(MOST).exp();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and bounded")]
        let whole = whole as Millis;
        whole.saturating_sub(elapsed_ms)
    }

    /// The chance that it ends within the next `within_ms`.
    pub fn ends_within(self, within_ms: Millis, elapsed_ms: Millis) -> f64 {
        1.0 - self.outlasts(elapsed_ms.saturating_add(within_ms)) / self.outlasts(elapsed_ms).max(f64::MIN_POSITIVE)
    }

    fn outlasts(self, elapsed_ms: Millis) -> f64 {
        if elapsed_ms == 0 { 1.0 } else { sf((ln(elapsed_ms) - self.mu) / self.sigma) }
    }

    /// Mean and mean square of the logarithm of those that last longer than `exp(from)`.
    fn beyond(self, from: f64) -> (f64, f64) {
        let z = (from - self.mu) / self.sigma;
        let hazard = density(z) / sf(z).max(f64::MIN_POSITIVE);
        self.moments(hazard, 1.0 + z * hazard)
    }

    /// The same of those that do not.
    fn below(self, until: f64) -> (f64, f64) {
        let z = (until - self.mu) / self.sigma;
        let hazard = density(z) / sf(-z).max(f64::MIN_POSITIVE);
        self.moments(-hazard, 1.0 - z * hazard)
    }

    fn moments(self, mean: f64, square: f64) -> (f64, f64) {
        let Self { mu, sigma } = self;
        (mu + sigma * mean, mu * mu + 2.0 * mu * sigma * mean + sigma * sigma * square)
    }
}

impl Own {
    /// From the log. Where the status page dates the beginning earlier than our first failure, it had lasted until then
    /// before we could notice it. `None` for what never was a verdict: the published ones are outages, not hiccups.
    pub fn of(record: &Record) -> Option<Self> {
        record.down?;
        let noticed = record.posted.map_or(0, |posted| record.since.saturating_sub(posted));
        let Span { ms, at_least } = record.lasted();
        Some(Self { lasted: ms.saturating_add(noticed), noticed, open: at_least })
    }
}

/// What is still to be waited, to be told to a person: a range, a chance, and what they are made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// It ends before this with a chance of about one in five, milliseconds, rounded down to a length that people say.
    pub least: Millis,
    /// It lasts longer than this with a chance of about one in five, milliseconds, rounded up in the same way.
    pub most: Millis,
    /// The chance that it ends within an hour.
    pub within_hour: f64,
    /// How many of the user's own incidents have a part in it.
    pub own: usize,
}

impl Wait {
    /// For an incident that began at `since`, weighed with the user's own that are over.
    pub fn of(since: Millis, records: &[Record], now: Millis) -> Self {
        let own: Vec<Own> = records.iter().filter(|record| record.since != since).filter_map(Own::of).collect();
        let (lengths, elapsed) = (Lengths::PUBLISHED.with(&own), now.saturating_sub(since));
        let minutes = |quantile| lengths.remaining(quantile, elapsed) / 60_000;
        let (least, most) = (minutes(1.0 - OUTER), minutes(OUTER));
        let steps = STEPS.into_iter();
        Self {
            least: steps.clone().rev().find(|step| *step <= least).unwrap_or(STEPS[0]) * 60_000,
            most: steps.clone().find(|step| *step > most).unwrap_or(STEPS[STEPS.len() - 1]) * 60_000,
            within_hour: lengths.ends_within(3_600_000, elapsed),
            own: own.len(),
        }
    }
}

/// Four of five end before the longer end of the range, one of five before the shorter one.
const OUTER: f64 = 0.8;
/// Lengths that people say, in minutes: a range of them is no countdown, and stands still while time goes on.
const STEPS: [Millis; 19] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1_440, 2_880, 10_080];
/// Published incidents behind [`Lengths::PUBLISHED`].
pub const PUBLISHED_INCIDENTS: u64 = 794;

/// Milliseconds that an outage still lasts, with probability `quantile` no more: see [`Lengths::remaining`].
pub fn remaining(quantile: f64, elapsed_ms: Millis, prior: Lengths) -> Millis {
    prior.remaining(quantile, elapsed_ms)
}

/// What is published is worth so many incidents of the user's own.
const PRIOR: f64 = 20.0;
/// Expectation and maximization settle to four digits within so many rounds.
const ROUNDS: u32 = 40;
/// One that was noticed late stands for no more than so many.
const MOST_GHOSTS: f64 = 20.0;
/// However alike the user's own incidents are, the next one may differ by so much.
const LEAST: f64 = 0.3;
/// exp of this is 4,600 years: a length, not infinity.
const MOST: f64 = 32.6;

fn ln(ms: Millis) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a logarithm")]
    let ms = ms.max(1) as f64;
    ms.ln()
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The chance that a standard normal exceeds `z`: the series of the distribution function near zero, the continued
/// fraction of Mills' ratio beyond.
fn sf(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - sf(-z);
    }
    if z < 3.0 {
        let (mut term, mut sum) = (z, z);
        let mut n = 1.0;
        while term > 1e-17 * sum {
            n += 2.0;
            term *= z * z / n;
            sum += term;
        }
        return 0.5 - density(z) * sum;
    }
    let mut fraction = z;
    for n in (1..=60).rev() {
        fraction = z + f64::from(n) / fraction;
    }
    density(z) / fraction
}

/// Its inverse, by halving: exact to the last digits, and asked a few times an hour.
fn isf(p: f64) -> f64 {
    let (mut low, mut high) = (-10.0_f64, 37.0_f64);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if sf(middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::{Lengths, OUTER, Own, Wait, isf, remaining, sf};
    use crate::incident::Record;

    const MINUTE: u64 = 60_000;

    #[expect(clippy::cast_precision_loss, reason = "minutes")]
    fn minutes(quantile: f64, elapsed: u64) -> f64 {
        remaining(quantile, elapsed * MINUTE, Lengths::PUBLISHED) as f64 / MINUTE as f64
    }

    #[test]
    fn the_tail_of_the_normal_distribution() {
        for (z, p) in [(0.0, 0.5), (1.0, 0.158_655_253_931), (1.96, 0.024_997_895_148), (4.0, 3.167_124_183e-5)] {
            assert!((sf(z) / p - 1.0).abs() < 1e-9, "{z}: {}", sf(z));
            assert!((isf(p) - z).abs() < 1e-8, "{p}: {}", isf(p));
            assert!((sf(-z) - (1.0 - p)).abs() < 1e-12);
        }
        // Both ways of computing meet.
        assert!((sf(3.0 - 1e-9) / sf(3.0) - 1.0).abs() < 1e-8);
        assert!(sf(30.0) > 0.0 && sf(30.0) < 1e-190);
    }

    /// What remained of 794 published incidents, in minutes: already down, median, 80 %, chances of 30 and 60 minutes.
    #[test]
    fn the_published_incidents() {
        for (elapsed, median, most, half_hour, hour) in [
            (0, 64.0, 175.0, 0.30, 0.47),
            (15, 61.0, 184.0, 0.31, 0.50),
            (30, 74.0, 196.0, 0.24, 0.41),
            (60, 82.0, 191.0, 0.23, 0.47),
            (120, 104.0, 258.0, 0.14, 0.30),
        ] {
            let (found, high) = (minutes(0.5, elapsed), minutes(0.8, elapsed));
            assert!((0.75..1.35).contains(&(found / median)), "{elapsed}: median {found} for {median}");
            assert!((0.75..1.6).contains(&(high / most)), "{elapsed}: 80 % {high} for {most}");
            for (within, chance) in [(30, half_hour), (60, hour)] {
                let found = Lengths::PUBLISHED.ends_within(within * MINUTE, elapsed * MINUTE);
                assert!((found - chance).abs() < 0.11, "{elapsed}: {found} for {chance}");
            }
        }
    }

    #[test]
    fn quantiles_and_chances_are_one_thing() {
        for elapsed in [0, 1, 90_000, 10_000_000, u64::MAX / 2] {
            let mut before = 0;
            for tenth in 1..10 {
                let quantile = f64::from(tenth) / 10.0;
                let left = remaining(quantile, elapsed, Lengths::PUBLISHED);
                assert!(left >= before);
                before = left;
                if elapsed < 1 << 40 {
                    let chance = Lengths::PUBLISHED.ends_within(left, elapsed);
                    assert!((chance - quantile).abs() < 1e-3, "{elapsed} {quantile} {chance}");
                }
            }
        }
    }

    #[test]
    fn own_incidents_weigh_what_they_are_worth() {
        let seen = |minutes: u64| Own { lasted: minutes * MINUTE, noticed: 0, open: false };
        let prior = Lengths::PUBLISHED;
        assert!((prior.with(&[]).mu - prior.mu).abs() < 1e-9 && (prior.with(&[]).sigma - prior.sigma).abs() < 1e-9);
        let short = prior.with(&[seen(10); 20]);
        // Twenty of ten minutes and twenty of 63: halfway between them.
        assert!((short.mu - f64::midpoint(prior.mu, 600_000_f64.ln())).abs() < 1e-6);
        assert!(prior.with(&[seen(10); 500]).remaining(0.5, 0) < 12 * MINUTE);
        // One that was not seen to its end says that it is longer.
        let open = prior.with(&[Own { open: true, ..seen(10) }; 20]);
        assert!(open.mu > prior.mu && open.mu > short.mu);
        // Those that could only be noticed after an hour do not make all of them long.
        let long = prior.with(&[seen(120); 20]);
        let late = prior.with(&[Own { noticed: 60 * MINUTE, ..seen(120) }; 20]);
        assert!(late.mu < long.mu);
        // Nothing breaks it.
        let odd = [Own { lasted: 0, noticed: u64::MAX, open: true }, Own { lasted: u64::MAX, noticed: 0, open: true }];
        let found = prior.with(&odd.repeat(50));
        assert!(found.mu.is_finite() && found.sigma.is_finite(), "{found:?}");
        assert!(found.remaining(0.9, u64::MAX) == 0);
    }

    #[test]
    fn the_range_holds_what_it_promises_and_stands_still() {
        let mut ranges = Vec::new();
        for elapsed in 0..600 {
            let wait = Wait::of(1, &[], 1 + elapsed * MINUTE);
            let ends = |within| Lengths::PUBLISHED.ends_within(within, elapsed * MINUTE);
            assert!(ends(wait.most) - ends(wait.least) >= 2.0 * OUTER - 1.0, "{elapsed}: {wait:?}");
            assert!((wait.within_hour - ends(60 * MINUTE)).abs() < 1e-9 && wait.least < wait.most);
            ranges.push((wait.least / MINUTE, wait.most / MINUTE));
        }
        assert_eq!((ranges[1], ranges[60]), ((20, 240), (20, 360)));
        ranges.dedup();
        assert!(ranges.len() <= 12, "about one an hour is no countdown: {ranges:?}");
    }

    #[test]
    fn the_users_own_outages_have_a_part_in_it() {
        let record = |since: u64, minutes: u64, seen: bool| Record {
            since,
            down: Some(since),
            recovered: seen.then_some(since + minutes * MINUTE),
            last: since + minutes * MINUTE,
            ..Record::default()
        };
        let short: Vec<Record> = (2..42).map(|since| record(since, 6, true)).collect();
        let (own, prior) = (Wait::of(1, &short, 1), Wait::of(1, &[], 1));
        assert_eq!((own.own, prior.own), (40, 0));
        assert!(own.most < prior.most && own.within_hour > prior.within_hour, "{own:?} {prior:?}");
        let late = Record { posted: Some(1_000), ..record(1_000 + 30 * MINUTE, 10, false) };
        assert_eq!(Own::of(&late), Some(Own { lasted: 40 * MINUTE, noticed: 30 * MINUTE, open: true }));
        assert_eq!(Own::of(&Record { down: None, ..late }), None, "a hiccup is no outage");
        assert_eq!(Wait::of(7, &[record(7, 5, false)], 8).own, 0, "the one that is open says nothing of itself");
    }

    /// Drawn from a known distribution, cut off and noticed late: what was drawn from is found again.
    #[test]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths")]
    fn censored_and_truncated_incidents_do_not_mislead() {
        let truth = Lengths { mu: (30.0 * 60_000_f64).ln(), sigma: 0.8 };
        let mut own = Vec::new();
        let count = 20_000_u32;
        for n in 0_u32..count {
            let length = (truth.mu + truth.sigma * isf((f64::from(n) + 0.5) / f64::from(count))).exp() as u64;
            let noticed = u64::from(n % 4) * 5 * MINUTE;
            let given_up = 60 * MINUTE;
            if length > noticed {
                own.push(Own { lasted: length.min(given_up), noticed, open: length > given_up });
            }
        }
        let found = Lengths::PUBLISHED.with(&own);
        assert!((found.mu - truth.mu).abs() < 0.03 && (found.sigma - truth.sigma).abs() < 0.03, "{found:?}, {truth:?}");
        // Left out or taken at their face they would have misled.
        let naive: Vec<Own> = own.iter().map(|own| Own { noticed: 0, open: false, ..*own }).collect();
        assert!((Lengths::PUBLISHED.with(&naive).sigma - truth.sigma).abs() > 0.1);
    }
}
