//! What the popup is made of, from the view alone.

use super::Deed;
use crate::marks::{button, mark, seen, state_word, tone_name};
use crate::tree::{El, Words, el, lasted, say};
use understudy_engine::handoff::normalised;
use understudy_engine::outbox::EntryState;
use understudy_engine::provider::{LINK_BUDGET, find};
use understudy_engine::view::{Evidence, FallbackRow, PromptRow, Seen, View};
use understudy_engine::wait::{PUBLISHED_INCIDENTS, Wait};
use understudy_engine::words::{Arg, Say};
use understudy_engine::{Tone, UserText};

pub(super) fn verdict(view: &View) -> El<Deed> {
    let word = el("p").class("state").and(mark(view.tone)).and(el("span").text(state_word(
        view.state,
        view.tone,
        &view.headline,
    )));
    let lag = view.diagnosis.as_ref().and_then(|found| found.lag.as_ref());
    let since = view.since.map(|at| {
        let line = el("p").class("since").text(Say::new("page_since").time(at));
        line.with(lag.map(|lag| el("span").class("lag").text(lag)))
    });
    el("header")
        .class("verdict")
        .attr("data-tone", tone_name(view.tone))
        .attr("data-state", view.state.name())
        // A verdict that changes while the popup is open is read out, as one piece.
        .attr("aria-live", "polite")
        .attr("aria-atomic", "true")
        .and(word)
        .and(el("h1").text(in_one_piece(&view.headline)))
        .with(since)
        .with(view.advice.as_ref().map(|advice| el("p").class("advice").text(advice)))
}

/// The same, and no name in it, such as a model's, is broken at one of its hyphens: a line would begin with its number.
pub(super) fn in_one_piece(headline: &Say) -> Say {
    let mut whole = headline.clone();
    for arg in &mut whole.args {
        if let Arg::Text(name) = arg {
            *name = name.split('-').collect::<Vec<_>>().join("\u{2060}-\u{2060}");
        }
    }
    whole
}

/// What fails and what does not, in one row, and how long it may last.
pub(super) fn diagnosis(view: &View, wait: Option<Wait>) -> Option<El<Deed>> {
    let found = view.diagnosis.as_ref()?;
    let parts = found.parts.iter().map(|(name, seen)| sighted("part", Words::from(name), *seen));
    let wait = wait.map(|wait| {
        let basis = match wait.own {
            0 => Say::new("page_wait_published").count(PUBLISHED_INCIDENTS),
            own => Say::new("page_wait_own").count(PUBLISHED_INCIDENTS).count(own as u64),
        };
        let chance = Words::Say(say(chance(wait.within_hour)));
        let range = Words::Phrase("page_wait", vec![lasted(wait.least), lasted(wait.most), chance]);
        el("div").class("wait").and(el("p").class("range").text(range)).and(el("p").class("basis").text(basis))
    });
    Some(
        el("section")
            .class("diagnosis")
            .attr("aria-label", say("page_diagnosis"))
            .and(el("ul").class("parts").with(parts))
            .with(wait),
    )
}

/// The models that were asked, and Claude's API beside the web app.
fn others(view: &View) -> Option<El<Deed>> {
    let found = view.diagnosis.as_ref()?;
    let mut rows: Vec<_> =
        found.models.iter().map(|(name, seen)| sighted("model", Words::Plain(name.clone()), *seen)).collect();
    if found.api_up {
        rows.push(row("model", Words::Say(say("page_api")), Tone::Calm, say("page_api_up")));
    }
    (!rows.is_empty()).then(|| {
        el("section")
            .class("others")
            .attr("aria-labelledby", "others-title")
            .and(el("h2").attr("id", "others-title").text(say("page_others")))
            .and(el("ul").class("models").with(rows))
    })
}

fn sighted(class: &str, name: Words, state: Seen) -> El<Deed> {
    let (tone, word) = seen(state);
    row(class, name, tone, say(word))
}

fn row(class: &str, name: Words, tone: Tone, word: Say) -> El<Deed> {
    el("li")
        .class(class)
        .attr("data-tone", tone_name(tone))
        .and(mark(tone))
        .and(el("span").class("name").text(name))
        .and(el("span").class("word").text(word))
}

/// A chance in words; a number would be more exact than the thing itself.
fn chance(of: f64) -> &'static str {
    let least = |(least, _): &(f64, &str)| of >= *least;
    CHANCES.into_iter().find(least).map_or("page_chance_few", |(_, word)| word)
}

/// The least chance that each word is said of: halfway to the next one.
const CHANCES: [(f64, &str); 8] = [
    (0.83, "page_chance_most"),
    (0.71, "page_chance_three_quarters"),
    (0.58, "page_chance_two_thirds"),
    (0.42, "page_chance_half"),
    (0.29, "page_chance_third"),
    (0.225, "page_chance_quarter"),
    (0.15, "page_chance_fifth"),
    (0.07, "page_chance_tenth"),
];

/// What the user can say against the verdict.
pub(super) fn words(view: &View) -> Option<El<Deed>> {
    let said =
        view.words.iter().map(|(label, act)| button("quiet", label, Deed::Say(act.clone())).key(label.key.clone()));
    (!view.words.is_empty()).then(|| el("p").class("words").with(said))
}

/// Whether nothing else would answer either: there is no network.
fn nowhere(view: &View) -> bool {
    matches!(view.headline.key.as_str(), "verdict_offline" | "verdict_own_network" | "verdict_in_between")
}

/// Whether claude.ai may not even open: then one can write here.
pub(super) fn closed(view: &View) -> bool {
    matches!(view.tone, Tone::Warn | Tone::Down) || nowhere(view)
}

/// Whether there is a reason to leave, and something to gain by it.
pub(super) fn leads(view: &View) -> bool {
    let waiting = view.prompts.iter().any(|row| row.state != EntryState::Confirmed);
    // Whoever can go back has no reason to leave.
    !nowhere(view) && view.home.is_empty() && (waiting || matches!(view.tone, Tone::Warn | Tone::Down))
}

/// The fallbacks as buttons; the first one leads when there is a reason to leave.
pub(super) fn way_on(view: &View, chosen: Option<&PromptRow>) -> Option<El<Deed>> {
    let usable: Vec<&FallbackRow> = view.fallbacks.iter().filter(|row| row.enabled).collect();
    if usable.is_empty() {
        return None;
    }
    let leads = leads(view);
    let cargo = chosen.map(|row| {
        el("p")
            .class("cargo")
            .text(say("page_cargo"))
            .text(" ")
            .and(el("q").attr("dir", "auto").text(beginning(row.head.reveal(), 80)))
    });
    let buttons = usable.iter().enumerate().map(|(place, row)| fallback(row, leads && place == 0, chosen));
    let notes = usable.iter().filter_map(|row| {
        let notes: Vec<_> = warnings(row).collect();
        let note = el("p").class("note").attr("id", format!("note-{}", row.provider));
        let note = note.and(el("strong").text(row.name.clone())).text(": ");
        let note = notes.iter().fold(note, |note, words| note.text(*words).text(" "));
        (!notes.is_empty()).then_some(note)
    });
    let section = el("section").class("way");
    let fallbacks = el("div").class("fallbacks").with(buttons);
    // Several at once are said once, before each is.
    let several = view.troubled.as_ref().map(|several| el("p").class("note").text(several));
    let notes: Vec<_> = several.into_iter().chain(notes).collect();
    Some(if leads {
        let title = el("h2").attr("id", "way-title").text(say("page_way"));
        section.attr("aria-labelledby", "way-title").and(title).with(cargo).and(fallbacks).with(notes)
    } else {
        let title = el("summary").text(say("page_way_empty"));
        section.and(el("details").and(title).with(cargo).and(fallbacks).with(notes))
    })
}

pub(super) fn fallback(row: &FallbackRow, leads: bool, chosen: Option<&PromptRow>) -> El<Deed> {
    let label = match (leads, chosen) {
        (true, Some(_)) => Words::Say(Say::new("page_continue_in").text(&row.name)),
        (true, None) => Words::Say(Say::new("page_open_in").text(&row.name)),
        (false, _) => Words::Plain(row.name.clone()),
    };
    let hint = chosen.map(|prompt| {
        el("span")
            .class("hint")
            .attr("data-allowed", if row.allowed { "yes" } else { "no" })
            .text(say(hint(row, prompt)))
    });
    let button = el("button")
        .key(row.provider.clone())
        .class(if leads { "fallback primary" } else { "fallback" })
        .attr("type", "button")
        .attr("data-provider", row.provider.clone())
        .apart([Some(el("span").class("name").text(label)), hint])
        .does(Deed::HandOff(row.provider.clone()));
    match warnings(row).next() {
        Some(_) => button.attr("aria-describedby", format!("note-{}", row.provider)),
        None => button,
    }
}

/// What to know before the click: its own trouble; and of its link, where Understudy does not type.
pub(super) fn warnings(row: &FallbackRow) -> impl Iterator<Item = &Say> {
    row.warning.iter().chain(row.note.as_ref().filter(|_| !row.allowed))
}

/// What a click will do with this prompt.
pub(super) fn hint(row: &FallbackRow, prompt: &PromptRow) -> &'static str {
    // A long one need not be looked at: in a link every character takes at least its own room.
    let short = Some(prompt.text.as_ref().unwrap_or(&prompt.head)).filter(|_| prompt.chars <= LINK_BUDGET);
    let link = |text: &UserText| find(&row.provider)?.filling_link(&normalised(text.reveal()));
    let fits = short.and_then(link).is_some();
    match (row.allowed, fits, &row.origin) {
        (true, _, _) => "page_hint_types",
        (false, true, _) => "page_hint_link",
        (false, false, Some(_)) => "page_hint_asks",
        (false, false, None) => "page_hint_custom",
    }
}

pub(super) fn reasons(view: &View) -> Vec<El<Deed>> {
    let mut found: Vec<_> = others(view).into_iter().collect();
    if !view.evidence.is_empty() {
        let (first, rest) = view.evidence.split_at(view.evidence.len().min(REASONS_AT_ONCE));
        let more = (!rest.is_empty()).then(|| {
            el("details")
                .and(el("summary").text(Say::new("page_evidence_more").count(rest.len() as u64)))
                .and(el("ol").class("rows reasons").with(rest.iter().map(reason)))
        });
        found.push(
            el("section")
                .class("evidence")
                .attr("aria-labelledby", "evidence-title")
                .and(el("h2").attr("id", "evidence-title").text(say("page_evidence")))
                .and(el("ol").class("rows reasons").with(first.iter().map(reason)))
                .with(more),
        );
    }
    if let Some(official) = &view.official {
        found.push(
            el("section")
                .class("official")
                .attr("aria-labelledby", "official-title")
                .and(el("h2").attr("id", "official-title").text(say("page_official")))
                .and(el("ol").class("rows reasons").and(reason(official))),
        );
    }
    found
}

pub(super) fn reason(evidence: &Evidence) -> El<Deed> {
    // What has no time of its own has zero.
    let clock = (evidence.at > 0).then(|| el("time").class("clock").text(Words::Clock(evidence.at)));
    el("li").with(clock).and(el("span").text(&evidence.say))
}

/// Whether a text is longer than the two lines that are always shown.
pub(super) fn has_more(text: &str) -> bool {
    text.trim().contains('\n') || text.chars().nth(TWO_LINES).is_some()
}

/// The beginning of a text on one line, cut at a character.
pub(super) fn beginning(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut chars = 0;
    for word in text.split_whitespace() {
        if chars > 0 {
            line.push(' ');
            chars += 1;
        }
        for c in word.chars() {
            if chars >= limit {
                line.push('…');
                return line;
            }
            line.push(c);
            chars += 1;
        }
    }
    line
}

/// Reasons shown at once; a long night has more, behind a fold.
const REASONS_AT_ONCE: usize = 4;

/// Characters that always fit into two lines of the popup, even when they are wide.
const TWO_LINES: usize = 56;
