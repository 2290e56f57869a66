//! The last day and the last month as pictures of what was seen here, with the official posts below; and as tables.
//!
//! A field of the picture is an hour or a day. An empty one says that nothing failed in it that was seen, and no more:
//! it is not green, because nobody may have looked.

use super::incidents::{end, title, tone};
use super::{Deed, Shown};
use crate::marks::tone_name;
use crate::tree::{El, Words, el, lasted, say};
use std::fmt::Write;
use understudy_engine::incident::Record;
use understudy_engine::words::Say;
use understudy_engine::{Millis, Tone};

/// Both pictures, and what their shapes mean.
pub(super) fn timelines(shown: &Shown<'_>) -> Vec<El<Deed>> {
    let (day, month) = (Window::day(shown), Window::month(shown));
    vec![section("day", "page_day", &day, shown), section("month", "page_month", &month, shown), legend()]
}

/// A stretch of time in equal fields.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    from: Millis,
    field: Millis,
    fields: u64,
    /// A label below each so many fields.
    label: u64,
}

impl Window {
    /// 24 hours, up to the end of this one.
    fn day(shown: &Shown<'_>) -> Self {
        Self::ending(shown, HOUR, 24, 6)
    }

    /// 30 local days, up to the end of this one.
    fn month(shown: &Shown<'_>) -> Self {
        Self::ending(shown, 24 * HOUR, 30, 6)
    }

    /// The local clock decides where a field begins. (On the two days a year on which it jumps, the days before are an hour off.)
    fn ending(shown: &Shown<'_>, field: Millis, fields: u64, label: u64) -> Self {
        let ahead = shown.zone.saturating_mul(60_000);
        let local = shown.now.saturating_add_signed(ahead);
        let end = (local / field + 1) * field;
        Self { from: end.saturating_sub(field * fields).saturating_add_signed(-ahead), field, fields, label }
    }

    fn to(self) -> Millis {
        self.from + self.field * self.fields
    }

    /// Where a moment stands in the picture.
    fn x(self, at: Millis) -> u64 {
        at.clamp(self.from, self.to()).saturating_sub(self.from).saturating_mul(WIDTH) / (self.field * self.fields)
    }

    fn holds(self, record: &Record, shown: &Shown<'_>) -> bool {
        record.since < self.to() && end(record, shown) >= self.from
    }
}

fn section(id: &'static str, title: &str, window: &Window, shown: &Shown<'_>) -> El<Deed> {
    let records: Vec<&Record> = shown.records.iter().filter(|record| window.holds(record, shown)).collect();
    let count = match records.len() {
        0 => say("page_span_none"),
        1 => say("page_span_one"),
        many => Say::new("page_span").count(many as u64),
    };
    let heading = format!("{id}-title");
    el("section")
        .class("timeline")
        .key(id)
        .attr("aria-labelledby", heading.clone())
        .and(
            el("div")
                .class("head")
                .and(el("h2").attr("id", heading.clone()).text(say(title)))
                .and(el("p").class("count").text(count)),
        )
        .and(picture(*window, &records, shown))
        .and(axis(*window))
        .with((!records.is_empty()).then(|| table(&records, shown, &heading)))
}

/// Hidden from who cannot see it: the sentence above and the table below say the same.
fn picture(window: Window, records: &[&Record], shown: &Shown<'_>) -> El<Deed> {
    let mut fields = String::new();
    let wide = WIDTH / window.fields;
    for field in 0..window.fields {
        // A quarter of a field is the gap between two.
        rounded(&mut fields, field * wide + wide / 16, LANE, wide - wide / 8);
    }
    let (mut down, mut failed, mut posts) = (String::new(), String::new(), String::new());
    for record in records {
        let from = window.x(record.since);
        let to = window.x(end(record, shown)).max(from + LEAST);
        // What begins in the last moment still has its place inside.
        let from = from.min(WIDTH - LEAST);
        let wide = to.min(WIDTH) - from;
        if tone(record) == Tone::Down {
            let _ = write!(down, "M{from} {}h{wide}v{}h-{wide}z", LANE.0, LANE.1);
        } else {
            let _ = write!(failed, "M{from} {}h{wide}v{}h-{wide}z", LANE.0 + LANE.1 / 2, LANE.1 / 2);
        }
        if let Some(at) = record.posted.or(record.official).filter(|at| (window.from..window.to()).contains(at)) {
            let x = window.x(at).clamp(POST.1, WIDTH - POST.1);
            let _ = write!(posts, "M{x} {0}l{1} {1}l-{1} {1}l-{1} -{1}z", POST.0, POST.1);
        }
    }
    el("svg")
        .class("picture")
        .attr("viewBox", format!("0 0 {WIDTH} {HEIGHT}"))
        .attr("aria-hidden", "true")
        .attr("focusable", "false")
        .and(el("path").class("fields").attr("d", fields))
        .and(el("path").class("block").attr("data-tone", tone_name(Tone::Warn)).attr("d", failed))
        .and(el("path").class("block").attr("data-tone", tone_name(Tone::Down)).attr("d", down))
        .and(el("path").class("posts").attr("d", posts))
}

fn rounded(path: &mut String, x: u64, (y, high): (u64, u64), wide: u64) {
    let (across, along) = (wide - 2 * ROUND, high - 2 * ROUND);
    let _ = write!(
        path,
        "M{} {y}h{across}a{ROUND} {ROUND} 0 0 1 {ROUND} {ROUND}v{along}a{ROUND} {ROUND} 0 0 1 -{ROUND} {ROUND}\
         h-{across}a{ROUND} {ROUND} 0 0 1 -{ROUND} -{ROUND}v-{along}a{ROUND} {ROUND} 0 0 1 {ROUND} -{ROUND}z",
        x + ROUND
    );
}

fn axis(window: Window) -> El<Deed> {
    let labels = (0..window.fields).step_by(usize::try_from(window.label).unwrap_or(1)).map(|field| {
        let at = window.from + field * window.field;
        let label = if window.field < 24 * HOUR { Words::Hour(at) } else { Words::Day(at) };
        el("span").text(label)
    });
    el("div").class("axis").attr("aria-hidden", "true").with(labels)
}

fn table(records: &[&Record], shown: &Shown<'_>, heading: &str) -> El<Deed> {
    let head = ["page_col_what", "receipt_since", "receipt_recovered", "receipt_duration", "receipt_official"]
        .map(|key| el("th").attr("scope", "col").text(say(key)));
    let rows = records.iter().rev().map(|record| {
        let length = lasted(end(record, shown).saturating_sub(record.since));
        let least = record.recovered.is_none();
        let length = if least { Words::Phrase("receipt_at_least", vec![length]) } else { length };
        let moment = |at: Option<Millis>, none: &str| at.map_or_else(|| Words::Say(say(none)), Words::Clock);
        let unposted = if record.green.is_some() { "receipt_never" } else { "receipt_unknown" };
        let open = if shown.open == Some(record.id) { "page_open" } else { "receipt_not_seen" };
        el("tr")
            .key(record.id.to_string())
            .and(el("th").attr("scope", "row").text(title(record, shown)))
            .and(el("td").text(Words::Clock(record.since)))
            .and(el("td").text(moment(record.recovered, open)))
            .and(el("td").text(length))
            .and(el("td").text(moment(record.posted.or(record.official), unposted)))
    });
    // Two of them on one page, told apart by what they are tables of.
    let own = [heading, "-table"].concat();
    let named = [&own, " ", heading].concat();
    let summary = el("summary").attr("id", own).attr("aria-labelledby", named).text(say("page_as_table"));
    el("details").class("as-table").and(summary).and(
        // Who has no mouse must be able to scroll it.
        el("div")
            .class("wide")
            .attr("tabindex", "0")
            .attr("role", "region")
            .attr("aria-labelledby", heading.to_owned())
            .and(
                el("table")
                    .attr("aria-labelledby", heading.to_owned())
                    .and(el("thead").and(el("tr").with(head)))
                    .and(el("tbody").with(rows)),
            ),
    )
}

fn legend() -> El<Deed> {
    let shape = |class: &str, tone: Tone, path: &str| {
        el("svg")
            .attr("viewBox", "0 0 16 16")
            .attr("aria-hidden", "true")
            .attr("focusable", "false")
            .and(el("path").class(class).attr("data-tone", tone_name(tone)).attr("d", path.to_owned()))
    };
    let entries = [
        ("page_legend_down", shape("block", Tone::Down, "M5 0h6v16h-6z")),
        ("page_legend_failed", shape("block", Tone::Warn, "M5 8h6v8h-6z")),
        ("page_legend_post", shape("posts", Tone::Grey, "M8 2l6 6l-6 6l-6 -6z")),
        ("page_legend_empty", shape("fields", Tone::Grey, "M2 0h12v16h-12z")),
    ];
    el("ul").class("legend").with(entries.map(|(key, shape)| el("li").and(shape).and(el("span").text(say(key)))))
}

const HOUR: Millis = 3_600_000;
/// The picture in tenths of a pixel, as it is on a wide page: its size, …
const WIDTH: u64 = 7_200;
const HEIGHT: u64 = 600;
/// … where the lane of what was seen here begins and how high it is, …
const LANE: (u64, u64) = (20, 360);
/// … where the posts begin, and half of their size.
const POST: (u64, u64) = (450, 60);
/// Radius of a field's corners.
const ROUND: u64 = 25;
/// Even a minute is seen.
const LEAST: u64 = 40;

#[cfg(test)]
mod tests {
    use super::{HOUR, LEAST, WIDTH, Window, timelines};
    use crate::history::Shown;
    use crate::tree::look::{all, attr, texts};
    use understudy_engine::incident::Record;
    use understudy_engine::moment::parse_rfc3339;
    use understudy_engine::statistics::Watch;

    fn at(text: &str) -> u64 {
        parse_rfc3339(text).expect("a moment")
    }

    fn shown<'a>(records: &'a [Record], watch: &'a Watch) -> Shown<'a> {
        Shown { records, open: None, watch, target: None, now: at("2026-03-02T15:20:00Z"), zone: 60 }
    }

    #[test]
    fn fields_begin_where_the_local_clock_says() {
        let watch = Watch::default();
        let shown = shown(&[], &watch);
        let day = Window::day(&shown);
        assert_eq!((day.from, day.to()), (at("2026-03-01T16:00:00Z"), at("2026-03-02T16:00:00Z")));
        let month = Window::month(&shown);
        assert_eq!((month.from, month.to()), (at("2026-01-31T23:00:00Z"), at("2026-03-02T23:00:00Z")));
        let half = Window::day(&Shown { zone: 330, ..shown });
        assert_eq!(half.to(), at("2026-03-02T15:30:00Z"), "five and a half hours ahead");
        assert_eq!((day.x(0), day.x(day.from + 12 * HOUR), day.x(u64::MAX)), (0, WIDTH / 2, WIDTH));
    }

    fn record(id: u64, since: &str, minutes: u64, down: bool) -> Record {
        let since = at(since);
        Record {
            id,
            since,
            sent: Some(since),
            down: down.then_some(since + 60_000),
            recovered: Some(since + minutes * 60_000),
            last: since,
            closed: true,
            failed_sends: 1,
            posted: down.then_some(since + 720_000),
            ..Record::default()
        }
    }

    #[test]
    fn picture_and_table_tell_the_same() {
        let records = [
            record(1, "2025-12-01T08:00:00Z", 9, true),
            record(2, "2026-02-20T08:00:00Z", 10, false),
            record(3, "2026-03-02T11:37:00Z", 223, true),
        ];
        let watch = Watch::default();
        let drawn = timelines(&shown(&records, &watch));
        let path = |section: usize, class: &str, tone: &str| {
            let found = all(&drawn[section]).into_iter().find(|element| {
                attr(element, "class") == Some(class) && attr(element, "data-tone").unwrap_or("") == tone
            });
            found.and_then(|element| attr(element, "d")).unwrap_or_default().to_owned()
        };
        let rows = |section: usize| all(&drawn[section]).into_iter().filter(|element| element.tag == "tr").count();
        let count = |section: usize, class: &str, tone: &str| path(section, class, tone).matches('M').count();
        for (section, fields, down, failed) in [(0, 24, 1, 0), (1, 30, 1, 1)] {
            assert_eq!(count(section, "fields", ""), fields);
            assert_eq!((count(section, "block", "down"), count(section, "block", "warn")), (down, failed));
            assert_eq!(count(section, "posts", ""), down, "a post for each that has one");
            assert_eq!(rows(section), 1 + down + failed);
        }
        // 11:37 is 19 hours and 37 minutes after the beginning, 223 minutes are 1,115 units of 5 for each minute.
        assert!(path(0, "block", "down").starts_with("M5885 20h1115v"), "{}", path(0, "block", "down"));
        assert!(path(1, "block", "warn").contains(&format!("h{LEAST}v")), "ten minutes of a month are still seen");
        assert!(texts(&drawn[0]).contains(&"page_span_one".to_owned()));
        assert!(texts(&drawn[1]).contains(&"page_span".to_owned()));
    }

    #[test]
    fn what_is_open_lasts_until_now_and_what_was_not_seen_to_end_until_its_last_failure() {
        let mut open = record(3, "2026-03-02T14:20:00Z", 0, true);
        (open.recovered, open.closed) = (None, false);
        let (watch, records) = (Watch::default(), [open]);
        let wide = |open: Option<u64>| {
            let drawn = timelines(&Shown { open, ..shown(&records, &watch) });
            let block = all(&drawn[0]).into_iter().find(|element| attr(element, "data-tone") == Some("down"));
            block.and_then(|block| attr(block, "d")).unwrap_or_default().to_owned()
        };
        assert!(wide(Some(3)).contains("h300v"), "{}", wide(Some(3)));
        assert!(wide(None).contains(&format!("h{LEAST}v")), "{}", wide(None));
        let rows = texts(&timelines(&Shown { open: Some(3), ..shown(&records, &watch) })[0]);
        assert!(rows.contains(&"page_open".to_owned()), "{rows:?}");
    }

    #[test]
    fn nothing_seen_is_said_and_has_no_table() {
        let watch = Watch::default();
        let drawn = timelines(&shown(&[], &watch));
        assert!(texts(&drawn[0]).contains(&"page_span_none".to_owned()));
        assert!(!all(&drawn[0]).into_iter().any(|element| element.tag == "table"));
    }
}
