//! What the playground shows: data in, a tree out. It runs anywhere, and so do its tests.

use crate::life::Life;
use crate::marks::{mark, tone_name};
use crate::recording::{Recording, recording};
use crate::story::Story;
use crate::tree::{El, Part, el};
use std::fmt::Write;
use understudy_engine::moment::clock;
use understudy_engine::receipt::duration;
use understudy_engine::{Millis, Tone};

/// What a visitor can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Choose a story.
    Choose(usize),
    /// Let claude.ai be asked, or not.
    Probing,
    /// Choose a speed.
    Speed(usize),
    /// Play, or stop.
    Play,
    /// Go to a moment.
    Seek,
    /// Go to where the verdict comes.
    Jump(Millis),
    /// Read the file that was chosen.
    File,
    /// Stop reading.
    Cancel,
}

/// Everything there is to show.
pub struct Shown<'a> {
    /// The stories.
    pub stories: &'a [Story],
    /// The one that is played.
    pub chosen: usize,
    /// What came of it.
    pub life: &'a Life,
    /// The moment.
    pub at: Millis,
    /// The index of the speed.
    pub speed: usize,
    /// Whether time passes.
    pub playing: bool,
    /// Whether claude.ai may be asked.
    pub probing: bool,
    /// What became of the visitor's own file.
    pub recording: &'a Recording,
}

/// Speeds: seconds of the story in one second, and what they are called.
pub const SPEEDS: [(u64, &str); 3] = [(60, "1 min/s"), (300, "5 min/s"), (1_200, "20 min/s")];

/// The whole playground.
pub fn page(shown: &Shown<'_>) -> Vec<Part<Deed>> {
    vec![Part::El(play(shown)), Part::El(recording(shown.recording))]
}

fn play(shown: &Shown<'_>) -> El<Deed> {
    let story = &shown.stories[shown.chosen];
    el("section")
        .class("play")
        .attr("aria-labelledby", "play-title")
        .and(el("h2").attr("id", "play-title").text("Live through an outage"))
        .and(el("p").class("explain").text(
            "This is the extension’s own engine, in your browser. One simulated person works in claude.ai, sends, tries \
             again, reloads; the engine is told of each request as the extension is, and judges. Nothing below is recorded: \
             it is computed when you choose.",
        ))
        .and(choices(
            "What happens",
            "story",
            shown.stories.iter().map(|story| (story.id.clone(), story.title.as_str())),
            shown.chosen,
            Deed::Choose,
        ))
        .and(el("p").class("shows").text(story.shows.as_str()))
        .and(now(shown))
        .and(lanes(shown))
        .and(controls(shown))
        .and(figures(shown))
}

/// One of several, as buttons of which one is pressed in.
fn choices<'a>(
    legend: &str,
    name: &'static str,
    labels: impl Iterator<Item = (String, &'a str)>,
    chosen: usize,
    deed: impl Fn(usize) -> Deed,
) -> El<Deed> {
    let options = labels.enumerate().map(|(index, (id, label))| {
        el("label")
            .and(
                el("input")
                    .attr("type", "radio")
                    .attr("name", name)
                    .attr("id", format!("{name}-{id}"))
                    .flag("checked", index == chosen)
                    .does(deed(index)),
            )
            .and(el("span").text(label))
    });
    el("fieldset").class("choices").and(el("legend").text(legend)).with(options)
}

/// What the popup says at the moment that is shown.
fn now(shown: &Shown<'_>) -> El<Deed> {
    let said = shown.life.said(shown.at);
    let tone = said.map_or(Tone::Grey, |said| said.tone);
    let story = &shown.stories[shown.chosen];
    let happened = story.said(shown.at).unwrap_or("Claude works.");
    let why = said.map_or(&[][..], |said| &said.evidence);
    let reasons =
        why.iter().map(|(at, text)| el("li").and(el("time").text(time(*at))).and(el("span").text(text.as_str())));
    el("div")
        .class("now")
        .attr("data-tone", tone_name(tone))
        .and(
            el("p")
                .class("clock")
                .and(el("time").text(format!("{} UTC", time(shown.at))))
                .and(el("span").text(happened)),
        )
        .and(
            el("div")
                .class("headline")
                .attr("aria-live", "polite")
                .and(mark(tone))
                .and(el("h3").attr("id", "headline").text(said.map_or("", |said| said.headline.as_str()))),
        )
        .and(el("p").class("advice").text(said.and_then(|said| said.advice.as_deref()).unwrap_or_default()))
        .with((!why.is_empty()).then(|| {
            el("details")
                .and(el("summary").text(format!("Why ({})", why.len())))
                .and(el("ul").class("reasons").with(reasons))
        }))
}

fn lanes(shown: &Shown<'_>) -> El<Deed> {
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

fn controls(shown: &Shown<'_>) -> El<Deed> {
    let (from, to) = shown.life.span;
    let moment = (shown.at.saturating_sub(from)) / 1_000 / STEP_S * STEP_S;
    let scrub = el("input")
        .class("scrub")
        .attr("type", "range")
        .attr("id", "scrub")
        .attr("aria-label", "Moment")
        .attr("aria-valuetext", time(shown.at))
        .attr("min", "0")
        .attr("max", ((to - from) / 1_000).to_string())
        .attr("step", STEP_S.to_string())
        .attr("value", moment.to_string())
        .does(Deed::Seek);
    let play = el("button")
        .class("primary")
        .attr("type", "button")
        .attr("id", "play")
        .text(if shown.playing { "Pause" } else { "Play" })
        .does(Deed::Play);
    let verdict = shown.life.down().or(shown.life.offered).map(|at| {
        el("button")
            .class("secondary")
            .attr("type", "button")
            .attr("id", "jump")
            .text("To the verdict")
            .does(Deed::Jump(at))
    });
    let probing = el("label")
        .class("switch")
        .and(
            el("input")
                .attr("type", "checkbox")
                .attr("id", "probing")
                .flag("checked", shown.probing)
                .does(Deed::Probing),
        )
        .and(el("span").text("May ask claude.ai itself while it fails (probes)"));
    el("div")
        .class("controls")
        .and(scrub)
        .and(el("div").class("row").and(play).with(verdict).and(choices(
            "Speed",
            "speed",
            SPEEDS.iter().map(|(speed, label)| (speed.to_string(), *label)),
            shown.speed,
            Deed::Speed,
        )))
        .and(probing)
}

/// The picture as a table.
fn figures(shown: &Shown<'_>) -> El<Deed> {
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
        let cells = [offers, down(said), after(said), over(said, ended)].map(|text| el("td").text(text));
        el("tr").key(name).and(el("th").attr("scope", "row").text(name)).with(cells)
    });
    let head =
        ["Who", "Saves and offers", "Says that Claude is down", "After your first failure", "Says that it is over"]
            .map(|text| el("th").attr("scope", "col").text(text));
    el("div").class("wide").attr("tabindex", "0").attr("role", "region").attr("aria-label", "The same in figures").and(
        el("table")
            .attr("id", "figures")
            .and(el("caption").text(format!(
                "Times in UTC. Your first failure: {}. Asked claude.ai by itself: {} times.",
                first.map_or("none".to_owned(), time),
                life.probes.len()
            )))
            .and(el("thead").and(el("tr").with(head)))
            .and(el("tbody").with(rows)),
    )
}

/// `11:37:02`
pub fn time(at: Millis) -> String {
    clock(at)[11..19].to_owned()
}

/// The picture's own unit.
const WIDTH: u64 = 2_000;
/// One press of an arrow key on the slider.
const STEP_S: u64 = 10;

#[cfg(test)]
mod tests {
    use super::{Deed, Shown, page};
    use crate::life::Life;
    use crate::recording::Recording;
    use crate::story::stories;
    use crate::tree::look::{all, attr, texts};
    use crate::tree::{El, el};
    use understudy_engine::Millis;

    fn drawn(chosen: usize, at: impl Fn(&Life) -> Millis, recording: &Recording) -> El<Deed> {
        let stories = stories();
        let life = Life::live(&stories[chosen], true);
        let (speed, playing, probing) = (1, false, true);
        let shown = Shown { stories: &stories, chosen, at: at(&life), life: &life, speed, playing, probing, recording };
        let mut root = el("div");
        root.parts = page(&shown);
        root
    }

    #[test]
    fn the_picture_is_told_in_words_too() {
        let page = drawn(0, |life| life.down().expect("a verdict"), &Recording::None);
        let text = texts(&page).join("|");
        for part in ["Claude is down", "says so at 11:49:00", "Says that it is over", "resilience4j", "Play"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        for picture in all(&page).into_iter().filter(|one| one.tag == "svg") {
            assert_eq!(attr(picture, "aria-hidden"), Some("true"));
        }
        let live: Vec<_> = all(&page).into_iter().filter(|one| attr(one, "aria-live").is_some()).collect();
        assert_eq!(live.len(), 2, "the verdict, and what became of a file");
        assert!(!texts(live[0]).join("").contains("UTC"), "the clock is not read out ten times a second");
    }

    #[test]
    fn what_is_wrong_of_a_rule_is_called_wrong() {
        let text = texts(&drawn(3, |life| life.span.0, &Recording::None)).join("|");
        assert!(text.contains(", wrongly") && text.contains("never"), "{text}");
        let text = texts(&drawn(0, |life| life.span.0, &Recording::None)).join("|");
        assert!(!text.contains("wrongly"), "{text}");
    }

    #[test]
    fn progress_can_be_stopped_and_is_not_read_out() {
        let recording = Recording::Reading { name: "a.har".into(), read: 1e6, size: 4e6 };
        let page = drawn(1, |life| life.span.1, &recording);
        let bar = all(&page).into_iter().find(|one| one.tag == "progress").expect("a bar");
        assert_eq!((attr(bar, "value"), attr(bar, "max")), (Some("1000000"), Some("4000000")));
        assert!(all(&page).iter().any(|one| one.does == Some(Deed::Cancel)));
        let live = all(&page).into_iter().filter(|one| attr(one, "aria-live").is_some());
        assert!(live.flat_map(all).all(|one| one.tag != "progress"));
    }
}
