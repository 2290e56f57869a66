//! The engine's sentences, in English, from the extension's own messages.

use serde::Deserialize;
use std::collections::HashMap;
use understudy_engine::words::{Arg, Say};

/// The messages of the extension.
pub struct Words(HashMap<String, Message>);

#[derive(Deserialize)]
struct Message {
    message: String,
}

impl Words {
    /// All of them.
    pub fn english() -> Self {
        let text = include_str!("../../../extension/_locales/en/messages.json");
        Self(serde_json::from_str(text).unwrap_or_default())
    }

    /// A sentence as a person reads it; a key without a message is shown as it is.
    pub fn say(&self, say: &Say) -> String {
        let Some(message) = self.0.get(&say.key) else { return say.key.clone() };
        let mut text = String::new();
        let mut rest = message.message.as_str();
        while let Some(at) = rest.find('$') {
            text.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let digit = after.chars().next().and_then(|c| c.to_digit(10)).unwrap_or(0) as usize;
            match say.args.get(digit.wrapping_sub(1)) {
                Some(arg) => text.push_str(&self.arg(arg)),
                None => text.push('$'),
            }
            // `$$` is one dollar sign, a number its parameter.
            let used = usize::from(digit > 0 || after.starts_with('$'));
            rest = &after[used..];
        }
        text + rest
    }

    fn arg(&self, arg: &Arg) -> String {
        match arg {
            Arg::Text(text) => text.clone(),
            Arg::Count(count) => count.to_string(),
            Arg::Time(at) => clock(*at),
            Arg::Word(key) => self.0.get(key).map_or_else(|| key.clone(), |message| message.message.clone()),
        }
    }
}

/// RFC 3339 in UTC, for example `2026-03-02T11:37:02.000Z`.
pub fn rfc3339(millis: u64) -> String {
    let (year, month, day) = date(millis / 86_400_000);
    let (hour, minute, second) = time(millis);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1_000)
}

/// For example `2026-03-02 11:37:02 UTC`.
pub fn clock(millis: u64) -> String {
    let (year, month, day) = date(millis / 86_400_000);
    let (hour, minute, second) = time(millis);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

fn time(millis: u64) -> (u64, u64, u64) {
    let seconds = millis / 1_000;
    (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of a day since 1970-01-01, Gregorian (the year begins in March, so that the leap day is its last).
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
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
    use super::{Words, rfc3339};
    use understudy_engine::claude::parse_rfc3339;
    use understudy_engine::words::Say;

    #[test]
    fn sentences_get_their_parameters() {
        let words = Words::english();
        let say = Say::new("seen_limit_until").time(1_772_452_152_123);
        assert!(words.say(&say).ends_with("2026-03-02 11:49:12 UTC"), "{}", words.say(&say));
        assert!(!words.say(&Say::new("verdict_down")).contains("verdict_"));
        assert_eq!(words.say(&Say::new("no_such_key")), "no_such_key");
        assert!(words.say(&Say::new("seen_limit_until")).contains('$'), "a missing parameter is seen, not hidden");
    }

    #[test]
    fn dates_there_and_back() {
        for day in (0..40_000).step_by(7) {
            let millis = day * 86_400_000 + 45_296_789;
            assert_eq!(parse_rfc3339(&rfc3339(millis)), Some(millis), "day {day}");
        }
    }
}
