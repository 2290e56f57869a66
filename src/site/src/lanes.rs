//! Ours, the other rule and the status page, as a picture and as a table.

use crate::marks::tone_name;
use crate::show::{Deed, Shown, time};
use crate::tree::{El, el};
use std::fmt::Write;
use understudy_engine::moment::clock;
use understudy_engine::receipt::duration;
use understudy_engine::{Millis, Tone};

/// The picture.
pub fn lanes(shown: &Shown<'_>) -> El<Deed> {
    let life = shown.life;
    let view = Picture { span: life.span };
    let mut ours: [(Tone, String); 3] = [Tone::Grey, Tone::Warn, Tone::Down].map(|tone| (tone, String::new()));
    for (index, said) in life.said.iter().enumerate() {
        let until = life.said.get(index + 1).map_or(life.span.1, |next| next.at);
        if let Some((_, path)) = ours.iter_mut().find(|(tone, _)| *tone == said.tone) {
            view.block(path, said.at, until);
        }
    }
    let other = |changes: &[(Millis, bool)]| {
        let mut path = String::new();
        for (index, (at, on)) in changes.iter().enumerate() {
            if *on {
                view.block(&mut path, *at, changes.get(index + 1).map_or(life.span.1, |next| next.0));
            }
        }
        vec![(Tone::Down, path)]
    };
    let mut tries = String::new();
    for at in &life.failed {
        let _ = write!(tries, "M{} 0h3v20h-3z", view.x(*at));
    }
    let at = |moment: Option<Millis>| moment.map_or("says nothing".to_owned(), |at| format!("says so at {}", time(at)));
    let rows = [
        ("tries", "Your failed tries", format!("{} times", life.failed.len()), vec![(Tone::Grey, tries)]),
        ("ours", "Understudy", at(life.down()), ours.to_vec()),
        ("rival", "resilience4j", at(on(&life.rival)), other(&life.rival)),
        ("official", "Status page", at(on(&life.official)), other(&life.official)),
    ];
    let lanes = rows.map(|(key, name, said, paths)| {
        el("div")
            .class("lane")
            .key(key)
            .and(el("p").class("name").text(name))
            .and(el("p").class("said").text(said))
            .and(view.svg(shown.at, paths))
    });
    el("div").class("lanes").with(lanes).and(view.axis())
}

/// When something was said first.
fn on(changes: &[(Millis, bool)]) -> Option<Millis> {
    changes.iter().find(|(_, on)| *on).map(|(at, _)| *at)
}

/// A stretch of time, [`WIDTH`] wide.
struct Picture {
    span: (Millis, Millis),
}

impl Picture {
    fn x(&self, at: Millis) -> u64 {
        let (from, to) = self.span;
        (at.clamp(from, to) - from) * WIDTH / (to - from).max(1)
    }

    fn block(&self, path: &mut String, from: Millis, until: Millis) {
        // What lasts for no time is not seen.
        if until <= from {
            return;
        }
        let x = self.x(from);
        let wide = self.x(until).saturating_sub(x).max(2);
        let _ = write!(path, "M{x} 0h{wide}v20h-{wide}z");
    }

    /// Hidden from who cannot see it: the words beside it and the table below say the same.
    fn svg(&self, at: Millis, paths: Vec<(Tone, String)>) -> El<Deed> {
        let x = self.x(at);
        let blocks = paths
            .into_iter()
            .map(|(tone, path)| el("path").class("block").attr("data-tone", tone_name(tone)).attr("d", path));
        el("svg")
            .attr("viewBox", format!("0 0 {WIDTH} 20"))
            .attr("preserveAspectRatio", "none")
            .attr("aria-hidden", "true")
            .attr("focusable", "false")
            .with(blocks)
            .and(el("path").class("later").attr("d", format!("M{x} 0h{}v20H{x}z", WIDTH - x)))
            .and(el("path").class("cursor").attr("d", format!("M{x} 0v20")))
    }

    fn axis(&self) -> El<Deed> {
        let (from, to) = self.span;
        let labels = (0..=4).map(|n| el("span").text(&clock(from + (to - from) * n / 4)[11..16]));
        el("div").class("axis").attr("aria-hidden", "true").with(labels)
    }
}

/// The picture as a table.
pub fn figures(shown: &Shown<'_>) -> El<Deed> {
    let Shown { life, stories, chosen, .. } = shown;
    let innocent = stories[*chosen].innocent();
    let first = life.failed.first().copied();
    let told = |at: Option<Millis>| at.map_or("never".to_owned(), time);
    let down = |at: Option<Millis>| match at {
        Some(at) if innocent => format!("{}, wrongly", time(at)),
        at => told(at),
    };
    let after = |at: Option<Millis>| match (at, first) {
        // By the seconds that are shown.
        (Some(at), Some(first)) if at >= first => duration(at / 1_000 * 1_000 - first / 1_000 * 1_000),
        (Some(_), Some(_)) => "before it".to_owned(),
        _ => "–".to_owned(),
    };
    let over = |said: Option<Millis>, over: Option<Millis>| if said.is_some() { told(over) } else { "–".to_owned() };
    let off = |changes: &[(Millis, bool)]| changes.iter().rev().find(|(_, on)| !on).map(|(at, _)| *at);
    let offered = life.offered.map_or("nothing".to_owned(), |at| format!("your prompt, at {}", time(at)));
    let rows = [
        ("Understudy", offered, life.down(), life.over()),
        ("resilience4j", "nothing".to_owned(), on(&life.rival), off(&life.rival)),
        ("Status page", "nothing".to_owned(), on(&life.official), off(&life.official)),
    ];
    let rows = rows.map(|(name, offers, said, ended)| {
        let cells = [down(said), after(said), over(said, ended), offers].map(|text| el("td").text(text));
        el("tr").key(name).and(el("th").attr("scope", "row").text(name)).with(cells)
    });
    let head =
        ["Who", "Says that Claude is down", "After your first failure", "Says that it is over", "Saves and offers"]
            .map(|text| el("th").attr("scope", "col").text(text));
    let note = format!(
        "Times in UTC. Your first failure: {}. Asked claude.ai by itself: {} times.",
        first.map_or("none".to_owned(), time),
        life.probes.len()
    );
    let table = el("table")
        .attr("id", "figures")
        .attr("aria-describedby", "note")
        .and(el("thead").and(el("tr").with(head)))
        .and(el("tbody").with(rows));
    let label = "The same in figures";
    el("div")
        .class("figures")
        .and(el("p").class("note").attr("id", "note").text(note))
        // Who has no mouse must be able to scroll it.
        .and(el("div").class("wide").attr("tabindex", "0").attr("role", "region").attr("aria-label", label).and(table))
}

/// The picture's own unit.
const WIDTH: u64 = 2_000;
