//! Each incident, and what is known of it.

use super::{Deed, History, Shown, What, receipts};
use crate::marks::{button, mark, tone_name};
use crate::tree::{El, Words, el, lasted, say};
use understudy_engine::incident::{Record, Span, Word};
use understudy_engine::words::Say;
use understudy_engine::{Class, Millis, Surface, Tone};

impl History {
    /// The list, the newest first.
    pub(super) fn incidents(&self, shown: &Shown<'_>) -> Option<El<Deed>> {
        let most = AT_ONCE + self.older;
        let rows = shown.records.iter().rev().take(most).map(|record| incident(record, shown));
        let more = (shown.records.len() > most)
            .then(|| button("secondary", say("page_older"), Deed::Older).attr("id", "older"));
        (!shown.records.is_empty()).then(|| {
            el("section")
                .attr("aria-labelledby", "incidents-title")
                .and(el("h2").attr("id", "incidents-title").text(say("page_incidents")))
                .and(el("ol").class("incidents").with(rows))
                .with(more)
        })
    }
}

fn incident(record: &Record, shown: &Shown<'_>) -> El<Deed> {
    let (id, tone) = (format!("incident-{}", record.id), tone(record));
    let open = shown.open == Some(record.id);
    let state = match (open, record.recovered) {
        (true, None) => Some("page_open"),
        (false, None) => Some("page_unseen"),
        _ => None,
    };
    let length = Span { ms: end(record, shown).saturating_sub(record.since), at_least: record.recovered.is_none() };
    let summary = el("summary")
        .and(
            el("svg")
                .class("chevron")
                .attr("viewBox", "0 0 16 16")
                .attr("aria-hidden", "true")
                .attr("focusable", "false")
                .and(el("path").attr("d", "M6 4l4 4-4 4")),
        )
        .and(mark(tone))
        .apart([
            Some(el("span").class("what").attr("id", id.clone()).text(title(record, shown))),
            state.map(|key| el("span").class("tag").text(say(key))),
            Some(el("time").class("clock").text(Words::Clock(record.since))),
            Some(el("span").class("length").text(span(length))),
        ]);
    el("li").key(record.id.to_string()).class("incident").attr("data-tone", tone_name(tone)).and(
        el("details")
            .and(summary)
            .and(el("dl").class("facts").with(facts(record, shown)))
            .and(receipts(What::Incident(record.id), &id)),
    )
}

/// What it was, in a few words.
pub(super) fn title(record: &Record, shown: &Shown<'_>) -> Say {
    let signs_in = |surface: &Surface| matches!(surface, Surface::Login | Surface::Bootstrap | Surface::Account);
    let only = |class: Class| !record.classes.is_empty() && record.classes.iter().all(|(seen, _)| *seen == class);
    let open = shown.open == Some(record.id) && record.recovered.is_none();
    match (record.down, record.failed_sends) {
        (Some(_), _) if open => say("title_down"),
        (Some(_), _) if !record.surfaces.is_empty() && record.surfaces.iter().all(signs_in) => {
            say("page_was_down_login")
        }
        (Some(_), _) if only(Class::Capacity) => say("page_was_at_capacity"),
        (Some(_), _) => say("page_was_down"),
        (None, 0 | 1) => say("page_was_failed_one"),
        (None, sends) => Say::new("page_was_failed").count(sends.into()),
    }
}

/// An outage, or failures that never became one.
pub(super) fn tone(record: &Record) -> Tone {
    if record.down.is_some() { Tone::Down } else { Tone::Warn }
}

/// Until when it is known to have lasted.
pub(super) fn end(record: &Record, shown: &Shown<'_>) -> Millis {
    if shown.open == Some(record.id) && record.recovered.is_none() {
        return shown.now.max(record.last);
    }
    record.since.saturating_add(record.lasted().ms)
}

/// A length; one whose end was not seen is at least so long.
pub(super) fn span(span: Span) -> Words {
    let length = lasted(span.ms);
    if span.at_least { Words::Phrase("receipt_at_least", vec![length]) } else { length }
}

fn facts(record: &Record, shown: &Shown<'_>) -> Vec<El<Deed>> {
    let mut rows = Vec::new();
    let mut row = |key: &str, value: Option<El<Deed>>| {
        rows.extend(value.map(|value| el("div").key(key).and(el("dt").text(say(key))).and(value)));
    };
    let plain = |words: Words| el("dd").text(words);
    let clock = |at: Millis| plain(Words::Clock(at));
    let count = |count: u32| plain(Words::Plain(count.to_string()));
    row("receipt_since", Some(clock(record.since)));
    row("receipt_sent", record.sent.map(clock));
    row("receipt_offered", record.offered.map(clock));
    row("receipt_down", record.down.map(clock));
    row("receipt_green", record.green.map(clock));
    row("receipt_official", Some(official(record)));
    row("receipt_lag", record.official_lag_ms().map(|ms| plain(lag(ms))));
    let ended = if shown.open == Some(record.id) { "page_open" } else { "receipt_not_seen" };
    row("receipt_recovered", Some(record.recovered.map_or_else(|| plain(Words::Say(say(ended))), clock)));
    row("receipt_last", Some(clock(record.last)));
    row("receipt_failed_sends", Some(count(record.failed_sends)));
    row("receipt_failures", Some(count(record.failures)));
    row("page_time_lost", record.lost().map(|lost| plain(span(lost))));
    row("receipt_handed", (record.handed > 0).then(|| count(record.handed)));
    row(
        "receipt_surfaces",
        (!record.surfaces.is_empty()).then(|| listed(record.surfaces.iter().copied().map(surface))),
    );
    row("receipt_classes", (!record.classes.is_empty()).then(|| listed(record.classes.iter().map(class))));
    let names =
        |names: &[String]| (!names.is_empty()).then(|| el("dd").class("names").text(Words::Plain(names.join(", "))));
    row("receipt_models", names(&record.models));
    row(
        "page_request_ids",
        match record.request_ids.split_at_checked(IDS) {
            Some((first, rest)) if !rest.is_empty() => {
                let said = Say::new("page_request_ids_more").text(first.join(", ")).count(rest.len() as u64);
                Some(el("dd").class("names").text(said))
            }
            _ => names(&record.request_ids),
        },
    );
    row(
        "page_you_said",
        record.word.map(|word| {
            plain(Words::Say(say(match word {
                Word::Works => "action_it_works",
                Word::Down => "action_it_is_down",
            })))
        }),
    );
    rows
}

/// What the status page said of it.
fn official(record: &Record) -> El<Deed> {
    let value = el("dd");
    let Some(at) = record.posted.or(record.official) else {
        let unposted = if record.green.is_some() { "receipt_never" } else { "receipt_unknown" };
        return value.text(say(unposted));
    };
    match &record.title {
        Some(title) => value.text(Words::Clock(at)).text(" ").and(el("q").text(Words::Plain(title.clone()))),
        None => value.text(Words::Clock(at)),
    }
}

fn lag(ms: i64) -> Words {
    let key = if ms < 0 { "page_lag_before" } else { "page_lag_after" };
    Words::Phrase(key, vec![lasted(ms.unsigned_abs())])
}

fn surface(surface: Surface) -> Say {
    say(match surface {
        Surface::Document => "surface_document",
        Surface::Login => "surface_login",
        Surface::Bootstrap => "surface_bootstrap",
        Surface::Account => "surface_account",
        Surface::List => "surface_list",
        Surface::Conversation => "surface_conversation",
        Surface::Completion => "surface_completion",
        Surface::Title => "surface_title",
        Surface::Upload => "surface_upload",
        Surface::Other => "surface_other",
    })
}

/// Of the classes only those that speak against Claude are logged; what another version has logged keeps its name.
fn class((class, count): &(Class, u32)) -> Say {
    match class {
        Class::Service => Say::new("page_class_service").count((*count).into()),
        Class::Capacity => Say::new("page_class_capacity").count((*count).into()),
        other => Say::new("page_class_other").text(other.name()).count((*count).into()),
    }
}

fn listed(words: impl Iterator<Item = Say>) -> El<Deed> {
    words.enumerate().fold(el("dd"), |list, (place, word)| {
        let list = if place > 0 { list.text(", ") } else { list };
        list.text(word)
    })
}

/// Request ids shown; the receipt has all of them.
const IDS: usize = 3;
/// Incidents shown at once.
pub(super) const AT_ONCE: usize = 30;

#[cfg(test)]
mod tests {
    use crate::history::{History, Shown};
    use crate::tree::look::{self, all, attr, texts};
    use understudy_engine::incident::Record;
    use understudy_engine::statistics::Watch;

    #[test]
    fn an_incident_has_one_name_and_its_buttons_have_it_too() {
        let records = [Record { id: 3, since: 1_000, down: Some(2_000), last: 5_000, ..Record::default() }];
        let watch = Watch::default();
        let shown = Shown { records: &records, open: Some(3), watch: &watch, target: None, now: 9_000, zone: 0 };
        let root = look::page(History::default().page(&shown));
        let found = all(&root);
        let row = found.iter().find(|one| attr(one, "class") == Some("incident")).expect("its row");
        let summary = all(row).into_iter().find(|one| one.tag == "summary").expect("a summary");
        assert_eq!(texts(summary).concat().split(' ').skip(1).take(2).collect::<Vec<_>>(), ["title_down", "page_open"]);
        let described = all(row).into_iter().filter_map(|one| attr(one, "aria-describedby"));
        let ids: Vec<_> = described.flat_map(|ids| ids.split(' ')).collect();
        assert_eq!(ids.len(), 6, "three buttons, two ids each");
        assert!(ids.iter().all(|id| found.iter().any(|one| attr(one, "id") == Some(*id))), "{ids:?}");
    }
}
