//! What the incident log says of Claude, as measured here. Pure functions over records, for pages and the command line.
//!
//! **Uptime.** Its denominator is, where that is known, the minutes in which this person's traffic was observed: a minute
//! counts if at least one request in it told of a surface's health, and as a bad one if an incident with a failed send or a
//! verdict was open in it. Where no such minutes are stored ([`Basis::Calendar`]) it is the minutes of the calendar month up
//! to now, less those of the incidents' spans. Both are one person's figures: nothing is known of minutes nobody looked at.
//!
//! **Median recovery.** Incidents whose end nobody saw (the browser was closed, nothing was tried any more) are censored at
//! their last failure. The median is that of the Kaplan-Meier estimate: the smallest duration at which it falls to one half
//! or below; if it never does, there is none to tell. Leaving the censored ones out would make recoveries look faster than
//! they are, for long outages are the ones that are given up.

use crate::incident::{Record, Span};
use crate::input::Millis;
use crate::moment::Month;
use crate::order;

/// Key of the observed minutes in `storage.local`.
pub(crate) const WATCH_KEY: &str = "watch";
/// Months kept of the observed minutes.
pub(crate) const MAX_MONTHS: usize = 36;

/// Observed minutes and the bad ones among them, by month; [`crate::Engine::watch`] has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch(Vec<(u64, u64, u64)>);

impl Watch {
    /// From the rows of the store: month, minutes, bad minutes.
    pub(crate) fn of_rows(rows: &[u64]) -> Self {
        Self(rows.chunks_exact(3).map(|row| (row[0], row[1], row[2])).collect())
    }

    /// The months in which something was observed, each once.
    pub fn months(&self) -> Vec<Month> {
        let mut months: Vec<Month> =
            self.0.iter().filter(|row| row.1 > 0).filter_map(|row| u32::try_from(row.0).ok()).map(Month).collect();
        Month::each_once(&mut months);
        months
    }

    /// Observed minutes of a month and the bad ones among them; `None` if there were none.
    pub fn of(&self, month: Month) -> Option<(u64, u64)> {
        let rows = self.0.iter().filter(|row| row.0 == u64::from(month.0));
        let sum = rows.fold((0_u64, 0_u64), |sum, row| (sum.0.saturating_add(row.1), sum.1.saturating_add(row.2)));
        (sum.0 > 0).then(|| (sum.0, sum.1.min(sum.0)))
    }
}

/// Of which minutes an uptime is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Of those in which traffic was observed.
    Observed,
    /// Of all in the calendar, for want of anything better.
    Calendar,
}

impl Basis {
    /// The name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Calendar => "calendar",
        }
    }
}

/// Uptime in one month.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uptime {
    /// Of which minutes.
    pub basis: Basis,
    /// Those minutes.
    pub minutes: u64,
    /// The bad ones among them.
    pub bad: u64,
}

impl Uptime {
    /// Per cent of the minutes that were not bad.
    #[expect(clippy::cast_precision_loss, reason = "minutes of a month are far below 2^52")]
    pub fn percent(self) -> f64 {
        if self.minutes == 0 {
            100.0
        } else {
            100.0 * (self.minutes - self.bad.min(self.minutes)) as f64 / self.minutes as f64
        }
    }

    /// Whether it reaches a target, in thousandths of a per cent (99,500 is 99.5 %), in whole numbers so that a target that
    /// is just reached is reached.
    pub fn reaches(self, target: Target) -> bool {
        u128::from(self.minutes - self.bad.min(self.minutes)) * 100_000
            >= u128::from(self.minutes) * u128::from(target.0)
    }

    /// The bad minutes that a target would have allowed, rounded down.
    pub fn allowed(self, target: Target) -> u64 {
        self.minutes.saturating_mul(u64::from(100_000 - target.0.min(100_000))) / 100_000
    }
}

/// A target of availability, in thousandths of a per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(pub u32);

impl Target {
    /// 99.5 %, where the user has set none.
    pub const USUAL: Self = Self(99_500);

    /// Reads `99.5` or `99,5`, with at most three digits after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || rest.len() > 3 || !digits(whole) || !digits(rest) {
            return None;
        }
        let thousandths: u32 = format!("{rest:0<3}").parse().ok()?;
        let target = whole.parse::<u32>().ok()? * 1_000 + thousandths;
        (target <= 100_000).then_some(Self(target))
    }

    /// For example `99.5`.
    pub fn name(self) -> String {
        let text = format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// What one month was like.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthFigures {
    /// The month.
    pub month: Month,
    /// Incidents that began in it.
    pub incidents: usize,
    /// Those of them with a verdict.
    pub verdicts: usize,
    /// Failed sends in them.
    pub failed_sends: u64,
    /// Prompts that were taken to a fallback in them.
    pub handed: u64,
    /// Time lost in them.
    pub lost: Span,
    /// Uptime.
    pub uptime: Uptime,
    /// Median time to recovery, milliseconds.
    pub median_recovery_ms: Option<Millis>,
    /// Median lag of the official post, milliseconds, of those incidents that got one.
    pub median_lag_ms: Option<i64>,
    /// Incidents during which the status page was read and never spoke of them.
    pub unposted: usize,
}

/// The figures of one month; `now` ends the one that is running.
pub fn figures(month: Month, records: &[Record], watch: &Watch, now: Millis) -> MonthFigures {
    let mine: Vec<&Record> = records.iter().filter(|record| Month::of(record.since) == month).collect();
    let lost = mine.iter().filter_map(|record| record.lost()).fold(Span { ms: 0, at_least: false }, |sum, one| Span {
        ms: sum.ms.saturating_add(one.ms),
        at_least: sum.at_least || one.at_least,
    });
    let mut lags: Vec<i64> = mine.iter().filter_map(|record| record.official_lag_ms()).collect();
    // As far from the least number there is as each is from zero.
    order::by(&mut lags, |lag| lag.cast_unsigned() ^ (1 << 63));
    MonthFigures {
        month,
        incidents: mine.len(),
        verdicts: mine.iter().filter(|record| record.down.is_some()).count(),
        failed_sends: mine.iter().map(|record| u64::from(record.failed_sends)).sum(),
        handed: mine.iter().map(|record| u64::from(record.handed)).sum(),
        lost,
        uptime: uptime(month, records, watch, now),
        median_recovery_ms: median_recovery(mine.iter().copied()),
        median_lag_ms: (!lags.is_empty()).then(|| lags[(lags.len() - 1) / 2]),
        unposted: mine.iter().filter(|record| record.green.is_some() && record.official.is_none()).count(),
    }
}

/// The uptime of one month.
pub fn uptime(month: Month, records: &[Record], watch: &Watch, now: Millis) -> Uptime {
    if let Some((minutes, bad)) = watch.of(month) {
        return Uptime { basis: Basis::Observed, minutes, bad };
    }
    let (start, end) = (month.start(), month.end().min(now.max(month.start())));
    let mut spans: Vec<(Millis, Millis)> = records
        .iter()
        .map(|record| (record.since.max(start), record.since.saturating_add(record.lasted().ms).min(end)))
        .filter(|(from, to)| from < to)
        .collect();
    order::by(&mut spans, |(from, _)| *from);
    // What overlaps is down once.
    let (mut bad, mut until) = (0, 0);
    for (from, to) in spans {
        bad += to.saturating_sub(from.max(until));
        until = until.max(to);
    }
    Uptime { basis: Basis::Calendar, minutes: (end - start) / 60_000, bad: bad.div_ceil(60_000) }
}

/// The median time to recovery by Kaplan and Meier, milliseconds; `None` if fewer than half of what was seen recovered.
#[expect(clippy::cast_precision_loss, reason = "counts of at most 500")]
pub fn median_recovery<'a>(records: impl Iterator<Item = &'a Record>) -> Option<Millis> {
    let mut spans: Vec<(Millis, bool)> =
        records.map(|record| (record.lasted().ms, record.recovered.is_none())).collect();
    // Of equal durations the recovered ones first: a censored one was still at risk then.
    order::by(&mut spans, |(_, censored)| u64::from(*censored));
    order::by(&mut spans, |(ms, _)| *ms);
    let mut alive = 1.0;
    for (index, (ms, censored)) in spans.iter().enumerate() {
        let at_risk = (spans.len() - index) as f64;
        if !censored {
            alive *= (at_risk - 1.0) / at_risk;
        }
        if alive <= 0.5 + 1e-9 {
            return Some(*ms);
        }
    }
    None
}

/// A figure that somebody else published, for comparison; it is never mixed with ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// Of what.
    pub of: &'static str,
    /// When it was published, `2026-03-02`.
    pub date: &'static str,
    /// By whom.
    pub by: &'static str,
    /// Uptime, hundredths of a per cent.
    pub uptime: u32,
    /// Median recovery, minutes.
    pub median_recovery_min: u32,
}

/// Published figures as of 2026-11. They are of APIs and of months of the publisher's choice, not of claude.ai in yours.
pub const PUBLISHED: &[Published] = &[
    Published {
        of: "Anthropic API",
        date: "2026-03-02",
        by: "press reports on the outage of that day",
        uptime: 9_958,
        median_recovery_min: 46,
    },
    Published {
        of: "OpenAI API",
        date: "2026-03-02",
        by: "press reports on the outage of that day",
        uptime: 9_980,
        median_recovery_min: 74,
    },
];

#[cfg(test)]
mod tests {
    use super::{Basis, Target, Uptime, Watch, figures, median_recovery, uptime};
    use crate::incident::{Record, Span};
    use crate::moment::{Month, parse_rfc3339};

    const MIN: u64 = 60_000;

    fn at(text: &str) -> u64 {
        parse_rfc3339(text).unwrap()
    }

    fn record(since: u64, minutes: u64, recovered: bool) -> Record {
        let end = since + minutes * MIN;
        Record {
            id: since,
            since,
            sent: Some(since),
            recovered: recovered.then_some(end),
            last: if recovered { since } else { end },
            failed_sends: 2,
            green: Some(since + MIN),
            ..Record::default()
        }
    }

    #[test]
    fn a_median_knows_of_ends_that_nobody_saw() {
        let median = |spans: &[(u64, bool)]| {
            let records: Vec<Record> = spans.iter().map(|(minutes, seen)| record(0, *minutes, *seen)).collect();
            median_recovery(records.iter()).map(|ms| ms / MIN)
        };
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(10, true)]), Some(10));
        assert_eq!(median(&[(30, true), (10, true), (20, true)]), Some(20));
        // By hand: S(10) = 4/5, the censored 15 leaves three, S(20) = 4/5 * 2/3 = 8/15, S(60) = 4/15.
        assert_eq!(median(&[(10, true), (15, false), (20, true), (60, true), (90, true)]), Some(60));
        assert_eq!(
            median(&[(10, true), (20, true), (60, true), (90, true)]),
            Some(20),
            "without it the median is shorter"
        );
        assert_eq!(median(&[(10, true), (15, false), (20, false)]), None, "most of it was never seen to end");
        assert_eq!(median(&[(10, false), (10, true)]), Some(10), "censored at the same time was still at risk");
    }

    #[test]
    fn observed_minutes_are_the_better_denominator() {
        let month = Month::parse("2026-03").unwrap();
        let records = [record(at("2026-03-02T11:37:00Z"), 120, true)];
        let now = at("2026-04-10T00:00:00Z");
        let calendar = uptime(month, &records, &Watch::default(), now);
        assert_eq!((calendar.basis, calendar.minutes, calendar.bad), (Basis::Calendar, 31 * 1_440, 120));
        let rows = [1, 7, 7, u64::from(month.0), 1_000, 8, u64::from(month.0), 200, 4, 9];
        let watch = Watch::of_rows(&rows);
        assert_eq!(watch.months(), [Month(1), month], "the rows of one month are one");
        let observed = uptime(month, &records, &watch, now);
        assert_eq!((observed.basis, observed.minutes, observed.bad), (Basis::Observed, 1_200, 12));
        assert!((observed.percent() - 99.0).abs() < 1e-9);
    }

    #[test]
    fn calendar_minutes_are_clipped_and_overlaps_count_once() {
        let month = Month::parse("2026-03").unwrap();
        let records = [
            record(at("2026-02-28T23:50:00Z"), 30, true),
            record(at("2026-03-01T00:10:00Z"), 20, true),
            record(at("2026-03-31T23:50:00Z"), 30, true),
            record(at("2026-03-05T00:00:00Z"), 5, false),
        ];
        let whole = uptime(month, &records, &Watch::default(), at("2026-05-01T00:00:00Z"));
        assert_eq!(whole.bad, 30 + 10 + 5);
        let running = uptime(month, &records, &Watch::default(), at("2026-03-02T00:00:00Z"));
        assert_eq!((running.minutes, running.bad), (1_440, 30));
        let ahead = uptime(month, &records, &Watch::default(), at("2026-01-01T00:00:00Z"));
        assert_eq!((ahead.minutes, ahead.bad, ahead.percent()), (0, 0, 100.0));
    }

    #[test]
    fn targets_are_exact() {
        assert_eq!(Target::parse("99.5"), Some(Target(99_500)));
        assert_eq!(Target::parse(" 99,95 % "), Some(Target(99_950)));
        assert_eq!(Target::parse("100").map(Target::name), Some("100".to_owned()));
        assert_eq!(Target(99_900).name(), "99.9");
        for text in ["", ".5", "100.1", "-1", "99.5.1", "99.1234", "many"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
        let just = Uptime { basis: Basis::Observed, minutes: 1_000, bad: 5 };
        assert!(just.reaches(Target::USUAL) && !just.reaches(Target(99_501)));
        assert_eq!(just.allowed(Target::USUAL), 5);
    }

    #[test]
    fn a_month_has_its_own_incidents() {
        let month = Month::parse("2026-03").unwrap();
        let mut posted = record(at("2026-03-02T11:37:00Z"), 60, true);
        posted.down = Some(posted.since + MIN);
        posted.official = Some(posted.since + 12 * MIN);
        posted.handed = 1;
        posted.left = Some(posted.since + 3 * MIN);
        let records =
            [posted, record(at("2026-03-20T08:00:00Z"), 10, false), record(at("2026-04-01T00:00:00Z"), 9, true)];
        let found = figures(month, &records, &Watch::default(), at("2026-04-10T00:00:00Z"));
        assert_eq!((found.incidents, found.verdicts, found.failed_sends, found.handed), (2, 1, 4, 1));
        assert_eq!(found.lost, Span { ms: 13 * MIN, at_least: true });
        assert_eq!(found.median_recovery_ms, Some(60 * MIN));
        assert_eq!((found.median_lag_ms, found.unposted), (Some(12 * 60_000), 1));
    }
}
