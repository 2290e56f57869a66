//! Times as the sites write them, and ids. The only place of the lab that reads the machine's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall-clock milliseconds since the Unix epoch: the same clock as the browser's.
pub(crate) fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// `2026-03-02T11:37:00.000Z`
pub(crate) fn rfc3339(ms: u64) -> String {
    let (year, month, day) = civil(ms / DAY_MS);
    let in_day = ms % DAY_MS;
    let (hour, minute, second) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", in_day % 1_000)
}

/// `Mon, 02 Mar 2026 11:37:00 GMT`, for the `date` header.
pub(crate) fn http_date(ms: u64) -> String {
    let days = ms / DAY_MS;
    let (year, month, day) = civil(days);
    let in_day = ms % DAY_MS / 1_000;
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][usize::try_from(days % 7).unwrap_or(0)];
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        [usize::try_from(month - 1).unwrap_or(0)];
    format!(
        "{weekday}, {day:02} {month} {year:04} {:02}:{:02}:{:02} GMT",
        in_day / 3_600,
        in_day / 60 % 60,
        in_day % 60
    )
}

/// A version 7 UUID whose random part is the running number `n`: unique within one lab, the same in every run but for its time.
pub(crate) fn uuid7(ms: u64, n: u64) -> String {
    let spread = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        ms >> 16 & 0xFFFF_FFFF,
        ms & 0xFFFF,
        spread >> 52,
        0x8000 | spread >> 38 & 0x3FFF,
        n & 0xFFFF_FFFF_FFFF
    )
}

/// Whether this is a UUID in the usual form: claude.ai answers 400 to anything else where it expects one.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

const DAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-02 11:37:00 UTC.
    const OUTAGE: u64 = 1_772_451_420_000;

    #[test]
    fn writes_times_as_the_sites_do() {
        assert_eq!(rfc3339(OUTAGE), "2026-03-02T11:37:00.000Z");
        assert_eq!(http_date(OUTAGE), "Mon, 02 Mar 2026 11:37:00 GMT");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
    }

    #[test]
    fn makes_version_7_uuids() {
        let id = uuid7(OUTAGE, 41);
        assert!(is_uuid(&id), "{id}");
        assert_eq!(&id[14..15], "7");
        assert!("89ab".contains(&id[19..20]), "{id}");
        assert_ne!(id, uuid7(OUTAGE, 42));
    }
}
