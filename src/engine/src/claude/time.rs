//! RFC 3339, as the status page and HAR files write it.

/// Milliseconds since the Unix epoch; `None` for anything that is no date and time with an offset since 1970.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let b = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = b.get(from..to)?;
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |n, d| n * 10 + i64::from(d - b'0')))
    };
    let mark = |at: usize, one: &[u8]| b.get(at).is_some_and(|c| one.contains(c));
    if !(mark(4, b"-") && mark(7, b"-") && mark(10, b"Tt ") && mark(13, b":") && mark(16, b":")) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut millis = 0;
    if mark(at, b".") {
        at += 1;
        let digits = b[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for place in 0..3 {
            millis = millis * 10 + if place < digits { i64::from(b[at + place] - b'0') } else { 0 };
        }
        at += digits;
    }
    let offset = match b.get(at)? {
        b'Z' | b'z' if b.len() == at + 1 => 0,
        sign @ (b'+' | b'-') if mark(at + 3, b":") && b.len() == at + 6 => {
            let minutes = number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        // Firefox and some exporters write `+0100`.
        sign @ (b'+' | b'-') if b.len() == at + 5 => {
            let minutes = number(at + 1, at + 3)? * 60 + number(at + 3, at + 5)?;
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60;
    u64::try_from(seconds * 1_000 + millis).ok()
}

/// Days from 1970-01-01 in the Gregorian calendar (the year begins in March, so that the leap day is its last).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse_rfc3339;

    #[test]
    fn dates() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-03-02T11:49:12.123Z", Some(1_772_452_152_123)),
            ("2026-03-02T12:49:12.1239999+01:00", Some(1_772_452_152_123)),
            ("2026-03-02T06:19:12-0530", Some(1_772_452_152_000)),
            ("2024-02-29T23:59:60z", Some(1_709_251_200_000)),
            ("2000-03-01T00:00:00Z", Some(951_868_800_000)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-13-02T11:49:12Z", None),
            ("2026-03-02T11:49:12", None),
            ("2026-03-02", None),
            ("2026-03-02T11:49:12.Z", None),
            ("2026-03-02T11:49:12+é0:0", None),
            ("", None),
        ] {
            assert_eq!(parse_rfc3339(text), millis, "{text}");
        }
    }
}
