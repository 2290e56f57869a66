//! Moments as people and programs read them: RFC 3339 in UTC, and calendar months.

use crate::input::Millis;
use crate::order;

pub use crate::claude::parse_rfc3339;

/// RFC 3339 in UTC with milliseconds, for example `2026-03-02T11:37:02.000Z`.
pub fn rfc3339(millis: Millis) -> String {
    let (year, month, day) = date(millis);
    let (hour, minute, second) = time(millis);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1_000)
}

/// For a reader, for example `2026-03-02 11:37:02 UTC`.
pub fn clock(millis: Millis) -> String {
    let (year, month, day) = date(millis);
    let (hour, minute, second) = time(millis);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// A calendar month in UTC, counted from January of the year 0: `year * 12 + month - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub u32);

impl Month {
    /// The month of a moment.
    pub fn of(millis: Millis) -> Self {
        let (year, month, _) = date(millis);
        Self(u32::try_from(year * 12 + month - 1).unwrap_or(u32::MAX))
    }

    /// Reads `2026-03`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return None;
        }
        let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
        (year >= 1970 && (1..=12).contains(&month)).then_some(Self(year * 12 + month - 1))
    }

    /// Puts months in their order, each once.
    pub fn each_once(months: &mut Vec<Self>) {
        order::by(months, |month| month.0.into());
        months.dedup();
    }

    /// For example `2026-03`.
    pub fn name(self) -> String {
        format!("{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }

    /// Its first millisecond.
    pub fn start(self) -> Millis {
        // Never 1970-01-01 or later only by a damaged value: then the month begins with the epoch.
        parse_rfc3339(&format!("{}-01T00:00:00Z", self.name())).unwrap_or_default()
    }

    /// The first millisecond of the next one; of the last one that four digits can name, and of what a damaged value says is
    /// later, the end of time.
    pub fn end(self) -> Millis {
        if self.0 < LAST { Self(self.0 + 1).start() } else { Millis::MAX }
    }
}

/// December of the year 9999.
const LAST: u32 = 9_999 * 12 + 11;

fn time(millis: Millis) -> (u64, u64, u64) {
    let seconds = millis / 1_000;
    (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day, Gregorian (counted in years that begin in March, so that the leap day is their last).
fn date(millis: Millis) -> (u64, u64, u64) {
    let day = millis / 86_400_000 + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{Month, clock, parse_rfc3339, rfc3339};

    #[test]
    fn dates_there_and_back() {
        for day in (0..40_000).step_by(7) {
            let millis = day * 86_400_000 + 45_296_789;
            assert_eq!(parse_rfc3339(&rfc3339(millis)), Some(millis), "day {day}");
        }
        assert_eq!(clock(1_772_452_152_123), "2026-03-02 11:49:12 UTC");
    }

    #[test]
    fn months_have_their_ends() {
        let march = Month::of(1_772_452_152_123);
        assert_eq!((march.name().as_str(), Month::parse("2026-03")), ("2026-03", Some(march)));
        assert_eq!(rfc3339(march.start()), "2026-03-01T00:00:00.000Z");
        assert_eq!(rfc3339(march.end()), "2026-04-01T00:00:00.000Z");
        let december = Month::parse("2024-12").unwrap();
        assert_eq!(rfc3339(december.end() - 1), "2024-12-31T23:59:59.999Z");
        assert_eq!(Month::parse("2024-02").map(|m| m.end() - m.start()), Some(29 * 86_400_000));
        for text in ["2026-3", "2026-13", "2026-00", "26-03", "2026-03-02", "1969-12", "", "+026-03"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
        let last = Month::parse("9999-12").unwrap();
        assert_eq!((rfc3339(last.start()).as_str(), last.end()), ("9999-12-01T00:00:00.000Z", u64::MAX));
        let _ = (Month(0).start(), Month(u32::MAX).end());
    }
}
