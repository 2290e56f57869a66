//! What the playground shows: data in, a tree out. It runs anywhere, and so do its tests.

use crate::lanes::{figures, lanes};
use crate::life::Life;
use crate::marks::{mark, tone_name};
use crate::recording::{Recording, recording};
use crate::story::Story;
use crate::tree::{El, Part, el};
use understudy_engine::moment::clock;
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
             again, reloads; Claude and its status page answer as the scenario says. The engine is told of each request as the \
             extension is, and judges. No result is written down: all of it is computed when you choose.",
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

/// `11:37:02`
pub fn time(at: Millis) -> String {
    clock(at)[11..19].to_owned()
}

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
