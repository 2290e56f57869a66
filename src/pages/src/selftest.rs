//! The self-test: whether a provider's page has the composer that we know. It looks, and writes nothing.

use crate::host::{Host, Read, Scene, begin};
use crate::marks::{brand, button};
use crate::stage::Entered;
use crate::tree::{El, Part, el, say};
use gloo_timers::future::TimeoutFuture;
use js_sys::Array;
use std::rc::Rc;
use understudy_browser::tabs::Tab;
use understudy_browser::{object, permissions, tabs};
use understudy_engine::Millis;
use understudy_engine::provider::{CATALOGUE, Provider, about, find};
use understudy_engine::words::Say;
use wasm_bindgen::{JsCast as _, JsValue};

/// What the page remembers.
#[derive(Debug, Default)]
pub struct SelfTest {
    /// The providers that were looked at, and what came of it.
    looks: Vec<(&'static str, Outcome)>,
}

/// What came of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is under way.
    Looking,
    /// The user said no.
    Refused,
    /// The page did not load, or went elsewhere, or no script could run in it.
    Unreachable,
    /// Which of the selectors found a composer that one can write in, in their order.
    Looked(Vec<bool>),
}

/// What the user can do here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Open this provider's page and look.
    Look(&'static str),
}

impl Outcome {
    /// In a sentence.
    pub(crate) fn said(&self) -> Say {
        say(match self {
            Self::Looking => "page_selftest_looking",
            Self::Refused => "page_allow_refused",
            Self::Unreachable => "page_selftest_unreachable",
            Self::Looked(found) if found.contains(&true) => "page_selftest_found",
            Self::Looked(_) => "page_selftest_nothing",
        })
    }
}

impl Scene for SelfTest {
    type Deed = Deed;

    fn draw(&mut self, _: &Read, _: Millis) -> Vec<Part<Deed>> {
        self.page()
    }

    fn done(host: &Rc<Host<Self>>, Deed::Look(id): Deed, _: Entered) {
        let Some(provider) = find(id) else { return };
        let Some(pattern) = provider.pattern() else { return };
        // Asked at once, inside the click.
        let asked = permissions::request(Some(&pattern));
        host.change(|page| page.note(id, Outcome::Looking));
        let host = Rc::clone(host);
        begin(async move {
            let outcome = if asked.await.unwrap_or(false) { look(provider).await } else { Outcome::Refused };
            host.change(|page| page.note(id, outcome));
        });
    }
}

impl SelfTest {
    /// Keeps what has come of a look.
    pub(crate) fn note(&mut self, id: &'static str, outcome: Outcome) {
        self.looks.retain(|(known, _)| *known != id);
        self.looks.push((id, outcome));
    }

    /// What came of the look at this provider, if there was one.
    pub(crate) fn outcome(&self, id: &str) -> Option<&Outcome> {
        self.looks.iter().find(|(known, _)| *known == id).map(|(_, outcome)| outcome)
    }

    /// The whole page.
    pub fn page(&self) -> Vec<Part<Deed>> {
        let typed = CATALOGUE.iter().filter(|provider| provider.editor.is_some());
        let main = el("main")
            .class("sheet options")
            .and(brand())
            .and(el("h1").text(say("page_title_selftest")))
            .and(el("p").class("explain").text(say("page_selftest_explain")))
            .and(el("ul").class("rows offers").with(typed.map(|provider| self.row(provider))));
        vec![Part::El(main)]
    }

    fn row(&self, provider: &'static Provider) -> El<Deed> {
        let outcome = self.outcome(provider.id);
        let words = match outcome {
            None => about(provider.id).map(|about| Say::new("page_selftest_seen").text(about.seen)),
            Some(outcome) => Some(outcome.said()),
        };
        let found = if let Some(Outcome::Looked(found)) = outcome { found.as_slice() } else { &[] };
        let lines = provider.composer.split('\n').zip(found).map(|(css, found)| {
            let word = if *found { "page_selftest_yes" } else { "page_selftest_no" };
            el("li")
                .attr("data-found", if *found { "yes" } else { "no" })
                .and(el("code").text(css))
                .text(" ")
                .text(say(word))
        });
        el("li")
            .key(provider.id)
            .attr("data-provider", provider.id)
            .and(el("span").class("name").text(provider.name))
            .and(
                button("quiet", say("page_selftest_look"), Deed::Look(provider.id))
                    .attr("aria-label", Say::new("page_selftest_look_at").text(provider.name)),
            )
            .and(
                el("div")
                    .class("known")
                    .attr("role", "status")
                    .with(words.map(|words| el("span").text(words)))
                    .and(el("ul").class("plain").with(lines)),
            )
    }
}

/// Opens the provider's page and asks the filler there what it finds, until it finds something.
pub(crate) async fn look(provider: &'static Provider) -> Outcome {
    let Ok(tab) = tabs::create(provider.home).await else { return Outcome::Unreachable };
    let Some(tab) = Tab::from(tab).id else { return Outcome::Unreachable };
    let order = object().text("origin", provider.origin()).text("selectors", provider.composer);
    let message = JsValue::from(object().text("type", "look").with("order", &order.into()));
    let mut outcome = Outcome::Unreachable;
    for _ in 0..LOOKS {
        TimeoutFuture::new(PAUSE_MS).await;
        // Not loaded yet, or an error page: the next look will tell.
        if tabs::run_script(tab, "fill.js").await.is_err() {
            continue;
        }
        let Ok(reply) = tabs::send_within(PAUSE_MS, tab, &message).await else { continue };
        // A page of another site answers with an outcome instead.
        let Some(found) = reply.dyn_ref::<Array>() else { continue };
        let found: Vec<bool> = found.iter().map(|one| one.is_truthy()).collect();
        let done = found.contains(&true);
        outcome = Outcome::Looked(found);
        if done {
            break;
        }
    }
    outcome
}

/// How often the page is looked at: cold single-page apps take seconds.
const LOOKS: u32 = 24;
/// Between two looks, and how long each may take.
const PAUSE_MS: u32 = 500;

#[cfg(test)]
mod tests {
    use super::{Deed, Outcome, SelfTest};
    use crate::tree::El;
    use crate::tree::look::{self, all, attr, texts};
    use understudy_engine::provider::CATALOGUE;

    fn whole(page: &SelfTest) -> El<Deed> {
        look::page(page.page())
    }

    #[test]
    fn every_composer_can_be_looked_for_and_nothing_is_looked_at_unasked() {
        let root = whole(&SelfTest::default());
        let looks = all(&root).into_iter().filter(|element| matches!(element.does, Some(Deed::Look(_)))).count();
        assert_eq!(looks, CATALOGUE.iter().filter(|provider| provider.editor.is_some()).count());
        assert!(!texts(&root).contains(&"page_selftest_found".to_owned()));
    }

    #[test]
    fn each_selector_says_whether_it_found_something() {
        let mut page = SelfTest::default();
        page.note("chatgpt", Outcome::Looking);
        page.note("chatgpt", Outcome::Looked(vec![false, true]));
        page.note("gemini", Outcome::Looked(vec![false, false]));
        page.note("grok", Outcome::Unreachable);
        let root = whole(&page);
        let row = |id: &str| {
            let row =
                all(&root).into_iter().find(|element| attr(element, "data-provider") == Some(id)).expect("its row");
            let found = all(row).into_iter().filter_map(|element| attr(element, "data-found").map(str::to_owned));
            (texts(row), found.collect::<Vec<_>>())
        };
        let (words, found) = row("chatgpt");
        assert_eq!(found, ["no", "yes"]);
        assert!(words.contains(&"page_selftest_found".to_owned()) && words.contains(&"#prompt-textarea".to_owned()));
        assert!(row("gemini").0.contains(&"page_selftest_nothing".to_owned()));
        assert!(row("grok").0.contains(&"page_selftest_unreachable".to_owned()) && row("grok").1.is_empty());
    }
}
