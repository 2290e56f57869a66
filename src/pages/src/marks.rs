//! The four shapes of a verdict. Each tone has a shape and a word: colour alone says nothing to many people.

use crate::tree::{El, Words, el, say};
use understudy_engine::Tone;
use understudy_engine::outbox::EntryState;
use understudy_engine::verdict::State;
use understudy_engine::view::Seen;
use understudy_engine::words::Say;

/// The tone's name, as the stylesheet knows it.
pub fn tone_name(tone: Tone) -> &'static str {
    match tone {
        Tone::Calm => "calm",
        Tone::Grey => "grey",
        Tone::Warn => "warn",
        Tone::Down => "down",
    }
}

/// A tick in a disc, an open ring, a triangle, a barred octagon.
pub fn mark<D>(tone: Tone) -> El<D> {
    let (outline, sign) = match tone {
        Tone::Calm => ("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z", "M4.9 8.3l2.2 2.2 4.2-4.6"),
        Tone::Grey => ("M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z", "M5.6 8h4.8"),
        Tone::Warn => ("M8 1.6 15 14H1Z", "M8 6v4M8 12v.2"),
        Tone::Down => ("M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1Z", "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"),
    };
    el("svg")
        .class("mark")
        .attr("data-tone", tone_name(tone))
        .attr("viewBox", "0 0 16 16")
        .attr("aria-hidden", "true")
        .attr("focusable", "false")
        .and(el("path").class("outline").attr("d", outline))
        .and(el("path").class("sign").attr("d", sign))
}

/// The verdict in one or two words. What is grey is no judgement of Claude, whatever the state behind it.
pub fn state_word(state: State, tone: Tone, headline: &Say) -> Say {
    let word = match (tone, state) {
        (Tone::Grey, _) => match headline.key.as_str() {
            "verdict_blind" => "page_state_blind",
            "verdict_unheard" | "verdict_unread" | "verdict_old" => "page_state_unseen",
            "verdict_offline" | "verdict_own_network" | "verdict_in_between" => "page_state_connection",
            "verdict_unanswered" | "verdict_cut" | "verdict_slow" => "page_state_unclear",
            _ => "page_state_elsewhere",
        },
        (_, State::Clear) => "page_state_clear",
        (_, State::Hiccup) => "page_state_hiccup",
        (_, State::Suspected) => "page_state_suspected",
        (_, State::Down) => "page_state_down",
        (_, State::Recovering) => "page_state_recovering",
        (_, State::Flapping) => "page_state_flapping",
        (_, State::Blind) => "page_state_blind",
    };
    say(word)
}

/// The tone and the word of what a part of claude.ai looks like.
pub fn seen(seen: Seen) -> (Tone, &'static str) {
    match seen {
        None | Some(State::Blind) => (Tone::Grey, "page_state_untried"),
        Some(State::Clear | State::Recovering) => (Tone::Calm, "page_state_clear"),
        Some(State::Hiccup) => (Tone::Warn, "page_state_hiccup"),
        Some(State::Suspected | State::Flapping) => (Tone::Warn, "page_state_suspected"),
        Some(State::Down) => (Tone::Down, "page_state_down"),
    }
}

/// The tone of a saved prompt.
pub fn entry_tone(state: EntryState) -> Tone {
    match state {
        EntryState::NotSent => Tone::Warn,
        EntryState::Unknown => Tone::Grey,
        EntryState::Confirmed => Tone::Calm,
    }
}

/// Whose page this is.
pub fn brand<D>() -> El<D> {
    el("p")
        .class("brand")
        .and(el("img").attr("src", "icons/icon.svg").attr("alt", "").attr("width", "22").attr("height", "22"))
        .and(el("span").text(say("ext_name")))
}

/// A button.
pub fn button<D>(class: &str, label: impl Into<Words>, deed: D) -> El<D> {
    el("button").class(class).attr("type", "button").text(label).does(deed)
}

/// A box to tick and what it means.
pub fn tick<D>(id: &'static str, on: bool, [label, explain]: [&str; 2], deed: D) -> [El<D>; 2] {
    let explained = [id, "-explain"].concat();
    let field = el("input")
        .attr("type", "checkbox")
        .attr("id", id)
        .attr("aria-describedby", explained.clone())
        .flag("checked", on)
        .does(deed);
    [
        el("label").class("offer").and(field).and(el("span").class("name").text(say(label))),
        el("p").class("explain").attr("id", explained).text(say(explain)),
    ]
}
