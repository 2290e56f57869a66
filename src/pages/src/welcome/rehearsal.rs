//! An outage inside the page: a pretended Claude and a pretended assistant, between them the real card. No network, and nothing is stored
//! or changed: the card is that of an engine of its own, which has lived through a failed send in simulated time (see `build.rs`).

use super::{Deed, Welcome};
use crate::marks::{button, tone_name};
use crate::tree::{El, Words, el, say};
use lived::{LOCAL, NOW, SESSION};
use understudy_engine::provider::Settings;
use understudy_engine::words::Say;
use understudy_engine::{Act, Card, Config, Engine, Platform, Stored};

/// What the engine of the build has stored.
#[allow(
    clippy::octal_escapes,
    clippy::unreadable_literal,
    reason = "written by a program, read by none but the compiler"
)]
mod lived {
    include!(concat!(env!("OUT_DIR"), "/rehearsal.rs"));
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// A prompt stands in Claude's composer.
    #[default]
    Ready,
    /// It was sent.
    Waiting,
    /// Claude has failed, and the card is there.
    Failed,
    /// The prompt stands with this assistant.
    Arrived(String),
    /// The user does not want it.
    Skipped,
}

/// The card that claude.ai's page would show after a failed send, with the user's own choices.
pub fn card(settings: &Settings) -> Option<Card> {
    let mut local: Vec<_> = LOCAL.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    local.push(("settings".to_owned(), settings.write()));
    let stored = Stored { session: Some(SESSION.to_owned()), local };
    let engine = Engine::restore(Config { platform: Platform::Chromium }, stored, NOW);
    engine.cards().into_iter().next().map(|(_, card)| card)
}

impl Welcome {
    pub(super) fn rehearsal(&self, settings: &Settings) -> El<Deed> {
        let skip = ("page_rehearsal_skip", Step::Skipped);
        let anew = ("page_rehearsal_again", Step::Ready);
        let (line, (label, next)) = match &self.step {
            Step::Ready => (say("page_rehearsal_ready"), skip),
            Step::Waiting => (say("page_rehearsal_waiting"), skip),
            Step::Failed => (say("page_rehearsal_failed"), skip),
            Step::Arrived(id) => (Say::new("handed_verified").text(settings.name_of(id)), anew),
            Step::Skipped => (say("page_rehearsal_skipped"), anew),
        };
        // There from the start, so that screen readers hear each step.
        let line = el("p").class("told").attr("role", "status").text(line);
        let line =
            if matches!(self.step, Step::Arrived(_)) { line.text(" ").text(say("page_first_typed")) } else { line };
        let again = button("quiet", say(label), Deed::Rehearse(next)).attr("id", "again");
        el("section")
            .class("rehearsal")
            .attr("aria-labelledby", "rehearsal-title")
            .and(
                el("div")
                    .class("head")
                    .and(el("h2").attr("id", "rehearsal-title").text(say("page_rehearsal")))
                    .and(again),
            )
            .and(el("p").class("explain").text(say("page_rehearsal_explain")))
            .and(line)
            .with((self.step != Step::Skipped).then(|| self.windows(settings)))
    }

    /// Claude, and the assistant that steps in.
    fn windows(&self, settings: &Settings) -> El<Deed> {
        let prompt = |class: &str| el("p").class(class).text(say("page_rehearsal_prompt"));
        let window = |class: &str, name: Words| {
            el("div")
                .class(class)
                .attr("role", "group")
                .attr("aria-label", name.clone())
                .and(el("p").class("whose").text(name))
        };
        let claude = window("window", say("page_rehearsal_claude").into());
        let begun = self.step != Step::Ready;
        let send = button("secondary", say("page_rehearsal_send"), Deed::Rehearse(Step::Waiting))
            .attr("id", "send")
            .attr("aria-disabled", if begun { "true" } else { "false" });
        let claude = if begun { claude.and(prompt("bubble")) } else { claude.and(prompt("box")) }.and(send);
        let failed = matches!(self.step, Step::Failed | Step::Arrived(_));
        let claude = match self.step {
            Step::Waiting => claude.and(el("p").class("dots").attr("aria-hidden", "true").text("…")),
            _ if failed => claude.and(el("p").class("broke").text(say("page_rehearsal_broke"))),
            _ => claude,
        };
        let card = card(settings).filter(|_| self.step == Step::Failed).map(|card| drawn(&card));
        let (to, there) = match &self.step {
            Step::Arrived(id) => (id.as_str(), true),
            _ => (settings.fallbacks.first().map_or("", String::as_str), false),
        };
        let there = if there { prompt("box") } else { el("p").class("box") };
        let name = Say::new("page_rehearsal_other").text(settings.name_of(to));
        el("div").class("windows").and(claude.with(card)).and(window("window other", name.into()).and(there))
    }
}

/// The card, as `bridge.js` draws it; what has no place in a rehearsal is left out.
fn drawn(card: &Card) -> El<Deed> {
    let mut first = true;
    let actions = card.actions.iter().filter_map(|action| {
        let Act::HandOff { provider, .. } = &action.act else { return None };
        let made = button(action.kind.name(), &action.label, Deed::Rehearse(Step::Arrived(provider.clone())));
        Some(if std::mem::take(&mut first) { made.attr("id", "carry") } else { made })
    });
    el("section")
        .class("card")
        .attr("data-tone", tone_name(card.tone))
        .attr("aria-label", say("ext_name"))
        .and(el("h3").text(&card.title))
        .with(card.lines.iter().map(|line| el("p").text(line)))
        .and(el("div").class("actions").with(actions))
}

#[cfg(test)]
mod tests {
    use super::{Step, card};
    use crate::tree::El;
    use crate::tree::look::{self, all, attr, texts};
    use crate::welcome::{Deed, Welcome};
    use understudy_engine::provider::Settings;
    use understudy_engine::{Act, Tone};

    fn whole(step: Step, settings: &Settings) -> El<Deed> {
        let page = Welcome { step, ..Welcome::default() };
        look::page(page.page(settings, &[]))
    }

    fn carries(root: &El<Deed>) -> Vec<String> {
        let deeds = all(root).into_iter().filter_map(|element| match &element.does {
            Some(Deed::Rehearse(Step::Arrived(id))) => Some(id.clone()),
            _ => None,
        });
        deeds.collect()
    }

    #[test]
    fn the_card_is_the_engines_own_with_the_users_choice_first() {
        let settings = Settings { fallbacks: vec!["gemini".into(), "chatgpt".into()], ..Settings::default() };
        let card = card(&settings).expect("the engine of today reads what the engine of the build wrote");
        assert_eq!(
            (card.tone, card.title.key.as_str(), card.lines[0].key.as_str()),
            (Tone::Warn, "title_failed", "what_service")
        );
        assert!(card.lines[1].key.starts_with("saved_"), "{:?}", card.lines);
        let Act::HandOff { provider, entry, .. } = &card.actions[0].act else { panic!("{:?}", card.actions[0]) };
        assert!(provider == "gemini" && entry.is_some());
        assert_eq!(carries(&whole(Step::Failed, &settings)), ["gemini", "chatgpt"]);
    }

    #[test]
    fn each_step_shows_its_own() {
        let settings = Settings::default();
        let prompts = |root: &El<Deed>| texts(root).iter().filter(|text| *text == "page_rehearsal_prompt").count();
        for (step, said, shown) in [
            (Step::Ready, "page_rehearsal_ready", 1),
            (Step::Waiting, "page_rehearsal_waiting", 1),
            (Step::Failed, "page_rehearsal_failed", 1),
            (Step::Arrived("chatgpt".into()), "handed_verified", 2),
            (Step::Skipped, "page_rehearsal_skipped", 0),
        ] {
            let root = whole(step.clone(), &settings);
            let status = all(&root).into_iter().find(|element| attr(element, "class") == Some("told")).expect("a line");
            assert_eq!(texts(status)[0], said);
            assert_eq!((prompts(&root), carries(&root).is_empty()), (shown, step != Step::Failed), "{step:?}");
            let again = all(&root).into_iter().any(|element| attr(element, "id") == Some("again"));
            assert!(again, "{step:?} can be left or begun anew");
        }
    }

    #[test]
    fn without_a_fallback_there_is_still_a_card() {
        let settings = Settings { fallbacks: Vec::new(), ..Settings::default() };
        assert!(card(&settings).is_some());
        assert!(carries(&whole(Step::Failed, &settings)).is_empty());
    }
}
