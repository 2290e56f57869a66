//! A visitor's own HAR file: what is shown while it is read and after it.

use crate::marks::{mark, tone_name};
use crate::show::Deed;
use crate::tree::{El, el};
use understudy_cli::diagnose::Diagnosis;
use understudy_engine::Tone;
use understudy_engine::moment::clock;
use understudy_engine::verdict::State;

/// What became of the file.
pub enum Recording {
    /// None was chosen.
    None,
    /// It is being read.
    Reading {
        /// Its name.
        name: String,
        /// Bytes that were read, …
        read: f64,
        /// … of so many.
        size: f64,
    },
    /// Reading it was stopped.
    Stopped(String),
    /// It cannot be used: why, in one sentence.
    Refused(String),
    /// What it shows.
    Told(String, Box<Diagnosis>),
}

/// The section of the page.
pub fn recording(recording: &Recording) -> El<Deed> {
    let field =
        el("label").class("file").and(el("span").text("Choose a HAR file, or drop one anywhere on this page")).and(
            el("input").attr("type", "file").attr("id", "har").attr("accept", ".har,application/json").does(Deed::File),
        );
    let outcome = match recording {
        Recording::None | Recording::Reading { .. } => None,
        Recording::Stopped(name) => {
            Some(el("p").attr("id", "refused").text(format!("{name} was not read to its end.")))
        }
        Recording::Refused(sentence) => Some(el("p").attr("id", "refused").class("refused").text(sentence.as_str())),
        Recording::Told(name, diagnosis) => Some(told(name, diagnosis)),
    };
    // Not in the live region: nobody wants to hear every megabyte.
    let progress = match recording {
        Recording::Reading { name, read, size } => Some(reading(name, *read, *size)),
        _ => None,
    };
    el("section")
        .class("recording")
        .attr("aria-labelledby", "recording-title")
        .and(el("h2").attr("id", "recording-title").text("Ask it about your own recording"))
        .and(el("p").class("explain").text(
            "Developer tools, Network, Export HAR. The file is read here, in your browser, by the same reader as the command \
             line’s, and it is not uploaded: the rules of this page (connect-src 'self'), which your browser enforces, forbid \
             every other address, and to its own it sends nothing. A HAR file holds your cookies and prompts; the reader leaves \
             request bodies unread.",
        ))
        .and(field)
        .with(progress)
        .and(el("div").class("outcome").attr("aria-live", "polite").with(outcome))
}

fn reading(name: &str, read: f64, size: f64) -> El<Deed> {
    el("div")
        .class("reading")
        .attr("id", "reading")
        .and(el("p").text(format!("Reading {name}: {} of {} MB", megabytes(read), megabytes(size))))
        .and(
            el("progress")
                .attr("id", "progress")
                .attr("aria-label", "Read so far")
                .attr("max", size.to_string())
                .attr("value", read.to_string()),
        )
        .and(
            el("button")
                .class("secondary")
                .attr("type", "button")
                .attr("id", "cancel")
                .text("Cancel")
                .does(Deed::Cancel),
        )
}

fn told(name: &str, diagnosis: &Diagnosis) -> El<Deed> {
    let Diagnosis { state, at_end, headline, headline_at_end, evidence, .. } = diagnosis;
    let tone = tone(*state, evidence.is_empty());
    let mut facts = vec![("Verdict", state.name().to_owned())];
    if let Some(since) = diagnosis.since {
        facts.push(("Since", clock(since)));
    }
    if !diagnosis.surfaces.is_empty() {
        let names: Vec<_> = diagnosis.surfaces.iter().map(|surface| surface.name()).collect();
        facts.push(("Failing", names.join(", ")));
    }
    if at_end != state {
        facts.push(("At the end", format!("{}: {headline_at_end}", at_end.name())));
    }
    let entries = diagnosis.entries.len();
    facts.push(("Recording", format!("{name}: {} of {entries} requests went to claude.ai", diagnosis.ours)));
    if let Some((first, last)) = diagnosis.span {
        facts.push(("From, to", format!("{} to {}", clock(first), clock(last))));
    }
    let facts = facts.into_iter().map(|(name, value)| el("div").and(el("dt").text(name)).and(el("dd").text(value)));
    let why = evidence
        .iter()
        .map(|(at, text)| el("li").with(at.map(|at| el("time").text(clock(at)))).and(el("span").text(text.as_str())));
    el("div")
        .class("now told")
        .attr("id", "told")
        .attr("data-tone", tone_name(tone))
        .and(el("div").class("headline").and(mark(tone)).and(el("h3").text(format!("{headline}."))))
        .and(el("dl").class("facts").with(facts))
        .with((!evidence.is_empty()).then(|| el("h4").text("Why")))
        .with((!evidence.is_empty()).then(|| el("ul").class("reasons").with(why)))
}

fn tone(state: State, calm: bool) -> Tone {
    match state {
        State::Down | State::Flapping => Tone::Down,
        State::Hiccup | State::Suspected | State::Recovering => Tone::Warn,
        State::Clear if calm => Tone::Calm,
        // What failed was not Claude.
        State::Clear | State::Blind => Tone::Grey,
    }
}

fn megabytes(bytes: f64) -> String {
    format!("{:.1}", bytes / 1_000_000.0)
}
