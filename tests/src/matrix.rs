//! The fault matrix: whatever breaks while a prompt is on its way, not one character of it is lost, and its state is the right one.
//!
//! [`ROWS`] is its one definition; the end-to-end tests prove each row in both browsers, and `cargo xtask matrix` prints them as a table.

use crate::browser::Kind;
use crate::stage::{Stage, Words, dist, same_text};
use crate::texts::hard;
use crate::wait::{PATIENT, SOON, never, until};
use anyhow::{Context, Result, bail, ensure};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};
use understudy_engine::outbox::EntryState;
use understudy_lab::{Answer, Effect, End, Fault, Link, Network, Part, Shape, Target};

/// One fault, and what must have become of the prompt.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// In the names of tests.
    pub name: &'static str,
    /// What breaks, in words.
    pub fault: &'static str,
    /// What the outbox must say of the prompt.
    pub state: EntryState,
    /// Where the prompt must be found afterwards, besides the outbox.
    pub found: Found,
    /// The length of the prompt, in UTF-16 units.
    units: usize,
    /// Before the page is opened.
    before: Deed,
    /// What every completion meets.
    meets: Option<fn() -> Effect>,
    /// What else is done when the prompt has been typed, right before it is sent.
    breaks: Deed,
    /// When it has been sent.
    then: Then,
}

/// Where a person finds the prompt again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The card on the page has this title; its button takes the prompt into another assistant's composer.
    ByCard(&'static str),
    /// The card on the page has this title and offers to copy the prompt: another assistant would not be reached either.
    ToCopy(&'static str),
    /// There is no page with a card any more: the popup takes the prompt into another assistant's composer.
    ByPopup,
    /// By the card, but the background dies once more on the way.
    KilledOnTheWay(Moment),
    /// Nothing is the matter, and nothing is offered; the popup has it.
    Nowhere,
}

/// When the background is killed on the way into the other assistant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The card stands there, and has not been clicked yet.
    BeforeClick,
    /// The other assistant's page has been asked for, and has not come yet.
    BeforePage,
    /// Its script is writing.
    DuringFill,
    /// The handoff page waits for a decision.
    AtDecision,
}

/// What became of a row in a browser.
#[derive(Debug)]
pub struct Outcome {
    /// The state that the outbox gives, once the row is through; none if the prompt is not there.
    pub state: Option<String>,
    /// The characters that were typed, by the editor's own document.
    pub typed: usize,
    /// The characters of those that are kept.
    pub kept: usize,
    /// The characters that arrived in the other assistant's editor, and its name.
    pub arrived: Option<(usize, &'static str)>,
    /// What was wrong.
    pub wrong: Option<anyhow::Error>,
}

type Deed = fn(&Stage) -> Result<()>;

#[derive(Clone, Copy, Debug)]
enum Then {
    /// In any browser, knowing the prompt.
    Shared(fn(&Stage, &str) -> Result<()>),
    /// The browser itself ends or its extension does: in a browser that no other test needs.
    Alone(fn(&mut Stage, &str) -> Result<()>),
}

/// Another assistant: id, name, host.
pub type Fallback = (&'static str, &'static str, &'static str);

/// One for each kind of editor: `ProseMirror`, Quill, Lexical, a controlled textarea.
pub const FALLBACKS: [Fallback; 4] = [
    ("chatgpt", "ChatGPT", "chatgpt.com"),
    ("gemini", "Gemini", "gemini.google.com"),
    ("perplexity", "Perplexity", "www.perplexity.ai"),
    ("deepseek", "DeepSeek", "chat.deepseek.com"),
];

/// Long enough for one of everything hard: line breaks, blank lines, a tab, emoji with joiners, right-to-left text, combining marks.
const UNITS: usize = 450;

const NOTHING: Deed = |_| Ok(());

/// A row in which nothing happens.
const CALM: Row = Row {
    name: "nothing",
    fault: "nothing",
    state: EntryState::Confirmed,
    found: Found::Nowhere,
    units: UNITS,
    before: NOTHING,
    meets: None,
    breaks: NOTHING,
    then: Then::Shared(|_, _| Ok(())),
};

/// All rows. The states are the engine's: *not sent* where the server said no or was never reached, *unknown* where it may have taken the
/// prompt, *confirmed* where its answer came to its end.
pub const ROWS: &[Row] = &[
    CALM,
    Row {
        name: "500",
        fault: "HTTP 500",
        state: EntryState::NotSent,
        found: Found::ByCard("title_failed"),
        meets: Some(|| Effect::shape(Shape::ApiError)),
        ..CALM
    },
    Row {
        name: "529",
        fault: "HTTP 529, at capacity",
        state: EntryState::NotSent,
        found: Found::ByCard("title_capacity"),
        meets: Some(|| Effect::shape(Shape::Overloaded)),
        ..CALM
    },
    Row {
        name: "edge_522",
        fault: "HTTP 522 from the edge",
        state: EntryState::Unknown,
        found: Found::ByCard("title_failed"),
        meets: Some(|| Effect::shape(Shape::Cloudflare)),
        ..CALM
    },
    Row {
        name: "error_in_stream",
        fault: "error in a 200 stream",
        state: EntryState::Unknown,
        found: Found::ByCard("title_cut"),
        meets: Some(|| stream_error("api_error")),
        ..CALM
    },
    Row {
        name: "overloaded_in_stream",
        fault: "at capacity in a 200 stream",
        state: EntryState::Unknown,
        found: Found::ByCard("title_capacity"),
        meets: Some(|| stream_error("overloaded_error")),
        ..CALM
    },
    Row {
        name: "cut_stream",
        fault: "stream cut off",
        state: EntryState::Unknown,
        found: Found::ByCard("title_cut"),
        meets: Some(|| Effect::CutBody { after: 12 }),
        ..CALM
    },
    Row {
        name: "stall_then_close",
        fault: "stream stalls, then closes",
        state: EntryState::Unknown,
        found: Found::ByCard("title_cut"),
        meets: Some(|| Effect::StallThenClose { after: 12, ms: 3_000 }),
        ..CALM
    },
    Row {
        name: "reset",
        fault: "connection reset",
        state: EntryState::Unknown,
        found: Found::ByCard("title_silent"),
        meets: Some(|| Effect::Reset),
        ..CALM
    },
    Row {
        name: "network_reset",
        fault: "network reset, every host",
        state: EntryState::Unknown,
        found: Found::ToCopy("title_own_network"),
        breaks: |stage| {
            stage.lab.network(Network::all(Link::Reset));
            Ok(())
        },
        ..CALM
    },
    Row {
        name: "offline",
        fault: "offline",
        state: EntryState::NotSent,
        found: Found::ToCopy("title_offline"),
        breaks: |stage| stage.browser.offline(true),
        ..CALM
    },
    Row {
        name: "logged_out",
        fault: "logged out during the send",
        state: EntryState::NotSent,
        found: Found::ByCard("title_session"),
        meets: Some(|| Effect::shape(Shape::SessionInvalid)),
        then: Then::Shared(|stage, _| {
            // A click while the page leaves would go with it.
            until("the page has come to the login", SOON, || {
                Ok(stage.browser.driver().url()?.starts_with("https://claude.ai/login").then_some(()))
            })
        }),
        ..CALM
    },
    Row {
        name: "usage_limit",
        fault: "usage limit",
        state: EntryState::NotSent,
        found: Found::ByCard("title_limit"),
        meets: Some(|| {
            Effect::Answer(Answer { shape: Some(Shape::UsageLimit), resets_in: Some(7_200), ..Answer::default() })
        }),
        ..CALM
    },
    Row {
        name: "rate_exceeded",
        fault: "rate exceeded",
        state: EntryState::NotSent,
        found: Found::ByCard("title_failed"),
        meets: Some(|| Effect::shape(Shape::RateExceeded)),
        ..CALM
    },
    Row {
        name: "page_reloaded",
        fault: "HTTP 500, then the page is reloaded",
        state: EntryState::NotSent,
        found: Found::ByCard("title_failed"),
        meets: Some(|| Effect::shape(Shape::ApiError)),
        then: Then::Shared(|stage, _| {
            stage.browser.wait_for_card()?;
            stage.browser.driver().reload()?;
            stage.browser.wait_for("window.lab?.ready")
        }),
        ..CALM
    },
    Row {
        name: "tab_closed_before_answer",
        fault: "tab closed before the answer",
        state: EntryState::Unknown,
        found: Found::ByPopup,
        before: in_a_new_tab,
        meets: Some(|| Effect::Hang),
        then: Then::Shared(|stage, _| close_tab(stage)),
        ..CALM
    },
    Row {
        name: "tab_closed_mid_answer",
        fault: "tab closed during the answer",
        state: EntryState::Unknown,
        found: Found::ByPopup,
        before: in_a_new_tab,
        meets: Some(|| Effect::StreamStall { after: 10, pings: false }),
        then: Then::Shared(|stage, _| {
            answer_begins(stage)?;
            close_tab(stage)
        }),
        ..CALM
    },
    Row {
        name: "kill_before_send",
        fault: "background killed before the send",
        state: EntryState::NotSent,
        found: Found::ByCard("title_failed"),
        meets: Some(|| Effect::shape(Shape::ApiError)),
        breaks: |stage| stage.browser.kill_background(),
        ..CALM
    },
    Row {
        name: "kill_before_answer",
        fault: "background killed before the answer",
        state: EntryState::Unknown,
        found: Found::ByCard("title_silent"),
        meets: Some(|| Effect::Hang),
        then: Then::Shared(|stage, text| {
            stage.wait_for_entry(text)?;
            stage.browser.kill_background()?;
            stage.wait_for_entry(text)?;
            reset_claude(stage);
            Ok(())
        }),
        ..CALM
    },
    Row {
        name: "kill_then_late_answer",
        fault: "background killed, then a whole answer",
        meets: Some(|| Effect::Slow { ms: 1_500 }),
        then: Then::Shared(|stage, text| {
            stage.wait_for_entry(text)?;
            stage.browser.kill_background()?;
            stage.wait_until_idle()
        }),
        ..CALM
    },
    Row {
        name: "kill_mid_answer",
        fault: "background killed during the answer",
        state: EntryState::Unknown,
        found: Found::ByCard("title_cut"),
        meets: Some(|| Effect::StreamStall { after: 10, pings: false }),
        then: Then::Shared(|stage, text| {
            answer_begins(stage)?;
            stage.wait_for_entry(text)?;
            stage.browser.kill_background()?;
            reset_claude(stage);
            Ok(())
        }),
        ..CALM
    },
    Row {
        name: "kill_after_failure",
        fault: "background killed after the failure",
        state: EntryState::NotSent,
        found: Found::KilledOnTheWay(Moment::BeforeClick),
        meets: Some(|| Effect::shape(Shape::ApiError)),
        ..CALM
    },
    Row {
        name: "kill_after_click",
        fault: "background killed after the click",
        state: EntryState::NotSent,
        found: Found::KilledOnTheWay(Moment::BeforePage),
        meets: Some(|| Effect::shape(Shape::ApiError)),
        ..CALM
    },
    Row {
        name: "kill_at_decision",
        fault: "background killed at the handoff page",
        state: EntryState::NotSent,
        found: Found::KilledOnTheWay(Moment::AtDecision),
        meets: Some(|| Effect::shape(Shape::ApiError)),
        ..CALM
    },
    Row {
        name: "kill_during_fill",
        fault: "background killed while it types",
        state: EntryState::NotSent,
        found: Found::KilledOnTheWay(Moment::DuringFill),
        // So long that the writing takes a while.
        units: 20_000,
        meets: Some(|| Effect::shape(Shape::ApiError)),
        ..CALM
    },
    Row {
        name: "extension_reloaded",
        fault: "extension reloaded during the send",
        state: EntryState::Unknown,
        found: Found::ByPopup,
        meets: Some(|| Effect::Hang),
        then: Then::Alone(|stage, text| {
            stage.wait_for_entry(text)?;
            reload_extension(stage)?;
            reset_claude(stage);
            Ok(())
        }),
        ..CALM
    },
    Row {
        name: "browser_closed",
        fault: "browser closed after the failure",
        state: EntryState::NotSent,
        found: Found::ByPopup,
        meets: Some(|| Effect::shape(Shape::ApiError)),
        then: Then::Alone(|stage, text| {
            stage.browser.wait_for_card()?;
            stage.wait_for_entry_state(text, EntryState::NotSent.name())?;
            stage.browser.restart()?;
            stage.settle_after_restart()
        }),
        ..CALM
    },
    Row {
        name: "browser_killed",
        fault: "browser killed during the send",
        state: EntryState::Unknown,
        found: Found::ByPopup,
        meets: Some(|| Effect::Hang),
        then: Then::Alone(|stage, text| {
            stage.wait_for_entry(text)?;
            stage.browser.crash_and_restart()?;
            stage.settle_after_restart()
        }),
        ..CALM
    },
];

impl Row {
    /// Whether it needs a stage of its own, as [`Row::stage`] starts one.
    pub const fn is_alone(&self) -> bool {
        matches!(self.then, Then::Alone(_))
    }

    /// A stage whose browser keeps the extension when it ends.
    pub fn stage(kind: Kind) -> Result<Stage> {
        let stage = Stage::start_with(kind, |options| options.package = package(kind))?;
        stage.agree_to_all()?;
        Ok(stage)
    }

    /// Lives through a row that needs no stage of its own, on one that is as on the first day.
    pub fn live(&self, stage: &Stage) -> Outcome {
        let text = hard(self.units);
        let mut outcome = Outcome::of(&text);
        let lived = self.begin(stage, &text).and_then(|()| match self.then {
            Then::Shared(then) => then(stage, &text),
            Then::Alone(_) => bail!("this row needs a stage of its own"),
        });
        self.end(stage, &text, lived, &mut outcome);
        outcome
    }

    /// Lives through any row.
    pub fn live_alone(&self, stage: &mut Stage) -> Outcome {
        let Then::Alone(then) = self.then else { return self.live(stage) };
        let text = hard(self.units);
        let mut outcome = Outcome::of(&text);
        let lived = self.begin(stage, &text).and_then(|()| then(stage, &text));
        self.end(stage, &text, lived, &mut outcome);
        outcome
    }

    /// What there is to say when the row could not even begin.
    pub fn not_lived(&self, error: anyhow::Error) -> Outcome {
        Outcome { wrong: Some(error.context(self.fault)), ..Outcome::of(&hard(self.units)) }
    }

    /// The editors take turns.
    fn fallback(&self) -> Fallback {
        match self.found {
            // The only one with neither a link nor, before the click, a permission.
            Found::KilledOnTheWay(Moment::AtDecision | Moment::DuringFill) => FALLBACKS[1],
            _ => FALLBACKS[self.name.len() % FALLBACKS.len()],
        }
    }

    /// Types the prompt into the composer of claude.ai and presses its Send button.
    fn begin(&self, stage: &Stage, text: &str) -> Result<()> {
        stage.prefer(&[self.fallback().0])?;
        (self.before)(stage)?;
        stage.open("/new")?;
        if let Some(effect) = self.meets {
            stage.lab.fault(Fault::on(&[Part::Completion], effect()));
        }
        if self.units > UNITS {
            // By the editor's own means: keys would take a minute.
            (self.breaks)(stage)?;
            return stage.send(text);
        }
        stage.browser.type_text(COMPOSER, text)?;
        let model = stage.browser.eval("return window.lab.model()")?;
        ensure!(model.as_str().is_some_and(|model| same_text(model, text)), "the editor holds {model}");
        let send = stage.browser.wait_for_element("button[aria-label='Send message']:enabled")?;
        (self.breaks)(stage)?;
        stage.browser.driver().click(&send)
    }

    /// Looks at everything, whatever was wrong before.
    fn end(&self, stage: &Stage, text: &str, lived: Result<()>, outcome: &mut Outcome) {
        let checked = lived.and_then(|()| {
            let words = Words::read(stage.browser.kind())?;
            self.card(stage, &words)?;
            self.kept(stage, text)?;
            if let Some(arrived) = self.taken(stage, &words, text)? {
                outcome.arrived = Some((arrived.chars().count(), self.fallback().1));
            }
            // And what was taken along has not gone with it.
            stage.browser.driver().switch(stage.home())?;
            stage.wait_for_entry_state(text, self.state.name())?;
            let badge = stage.browser.badge()?;
            ensure!(badge != "down", "one failure was called an outage");
            Ok(())
        });
        let looked = (|| {
            // It belongs to the tab, and would outlive the row.
            stage.browser.offline(false)?;
            outcome.look(stage, text)
        })();
        let wrong = checked.and(looked).err();
        let wrong = wrong.or_else(|| outcome.lost().map(anyhow::Error::msg));
        outcome.wrong = wrong.map(|wrong| wrong.context(self.fault));
    }

    /// The page says what happened, or there is none that could.
    fn card(&self, stage: &Stage, words: &Words) -> Result<()> {
        let title = match self.found {
            Found::ByCard(title) | Found::ToCopy(title) => title,
            Found::KilledOnTheWay(_) => "title_failed",
            Found::ByPopup => return Ok(()),
            Found::Nowhere => {
                stage.wait_until_idle()?;
                return never("a card", QUIET, || stage.browser.card());
            }
        };
        if let Found::ToCopy(_) = self.found {
            // No request arrives anywhere that could date the failure. The first card may still be unsure.
            let start = Instant::now();
            stage.browser.wait_for_card()?;
            ensure!(start.elapsed() <= OFFER_LIMIT, "the card came after {:?}", start.elapsed());
        }
        let mut last = None;
        let said = until(&format!("the card says {title}"), SOON, || {
            let Some(card) = stage.browser.card()? else { return Ok(None) };
            let right = words.are_said(title, &card.title)?;
            last = Some(card.title);
            Ok(right.then_some(()))
        });
        said.with_context(|| format!("the card says {last:?}"))
    }

    /// The outbox has the prompt in its state and stays with it, and the popup shows it.
    fn kept(&self, stage: &Stage, text: &str) -> Result<()> {
        stage.wait_for_entry_state(text, self.state.name())?;
        never("the state changes", STILL, || {
            let entry = stage.wait_for_entry(text)?;
            Ok((entry["state"] != self.state.name()).then(|| entry["state"].clone()))
        })?;
        stage.browser.open_popup()?;
        let first = text.lines().next().unwrap_or_default();
        until("the popup shows the prompt", SOON, || Ok(stage.browser.popup_text()?.contains(first).then_some(())))?;
        stage.browser.close_popup()
    }

    /// Takes the prompt into the other assistant, where the row offers it, and gives what stands in its editor.
    fn taken(&self, stage: &Stage, words: &Words, text: &str) -> Result<Option<String>> {
        let (id, name, host) = self.fallback();
        if self.found != Found::KilledOnTheWay(Moment::AtDecision) {
            stage.browser.grant(&[&format!("https://{host}/*")])?;
        }
        let main = words.say("action_continue", &[name])?;
        let known = stage.browser.driver().windows()?;
        match self.found {
            Found::Nowhere => return Ok(None),
            Found::ToCopy(_) => {
                let buttons = stage.browser.wait_for_card()?.buttons;
                ensure!(!buttons.contains(&main), "another assistant is offered: {buttons:?}");
                ensure!(buttons.contains(&words.say("action_copy", &[])?), "no copy button: {buttons:?}");
                return Ok(None);
            }
            Found::ByCard(_) => stage.browser.click_card(&main)?,
            Found::ByPopup => {
                stage.browser.open_popup()?;
                stage.browser.popup_click("button", &words.say("page_continue_in", &[name])?)?;
            }
            Found::KilledOnTheWay(moment) => strike(stage, moment, self.fallback(), &main, &known)?,
        }
        if self.found == Found::KilledOnTheWay(Moment::DuringFill) {
            stage.expect_text(host, text)?;
        } else {
            stage.expect_arrival(&known, host, text)?;
        }
        let arrived = stage.browser.eval("return window.lab.model()")?.as_str().unwrap_or_default().to_owned();
        let handed = stage.wait_for_handed(text, id)?;
        ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
        Ok(Some(arrived))
    }
}

impl Outcome {
    fn of(text: &str) -> Self {
        Self { state: None, typed: text.chars().count(), kept: 0, arrived: None, wrong: None }
    }

    /// Reads the outbox: the entry that has most of the prompt.
    fn look(&mut self, stage: &Stage, text: &str) -> Result<()> {
        for entry in stage.browser.entries()? {
            let stored = entry["text"].as_str().unwrap_or_default();
            let kept = stored.chars().zip(text.chars()).take_while(|(one, other)| one == other).count();
            if kept > self.kept {
                self.kept = kept;
                self.state = entry["state"].as_str().map(str::to_owned);
            }
        }
        Ok(())
    }

    fn lost(&self) -> Option<String> {
        let lost = self.typed - self.kept;
        (lost > 0).then(|| format!("{lost} of {} characters are lost", self.typed))
    }

    /// Whether nothing was wrong, as the result of a test.
    pub fn verdict(self) -> Result<()> {
        self.wrong.map_or(Ok(()), Err)
    }
}

/// Clicks the card's main button and kills the background at that moment of the handoff.
fn strike(stage: &Stage, moment: Moment, (_, _, host): Fallback, main: &str, known: &[String]) -> Result<()> {
    match moment {
        Moment::BeforeClick => {
            stage.browser.kill_background()?;
            stage.browser.click_card(main)
        }
        Moment::BeforePage => {
            let page = Target { host: Some(host.to_owned()), path: Some("/".to_owned()), ..Target::default() };
            stage.lab.fault(Fault { on: page, ..Fault::on(&[], Effect::Slow { ms: 2_000 }) });
            stage.browser.click_card(main)?;
            until("the fallback's page is asked for", SOON, || {
                Ok(stage.lab.requests().iter().any(|seen| seen.host == host).then_some(()))
            })?;
            stage.browser.kill_background()
        }
        Moment::DuringFill => {
            stage.browser.click_card(main)?;
            stage.browser.follow_new_tab(known)?;
            stage.browser.wait_for("window.lab?.ready")?;
            stage.browser.kill_background()
        }
        Moment::AtDecision => {
            stage.browser.click_card(main)?;
            until("the handoff page", PATIENT, || {
                Ok(stage.browser.own_tab_text("handoff.html")?.contains(main).then_some(()))
            })?;
            stage.browser.kill_background()?;
            stage.browser.own_tab_click("handoff.html", "button", main)
        }
    }
}

fn stream_error(kind: &str) -> Effect {
    Effect::StreamError { after: 8, kind: kind.to_owned(), message: "Overloaded".to_owned(), code: None }
}

/// Every connection to claude.ai is reset, now and from now on.
fn reset_claude(stage: &Stage) {
    stage.lab.network(Network { state: Link::Reset, hosts: vec!["claude.ai".to_owned()] });
}

fn in_a_new_tab(stage: &Stage) -> Result<()> {
    stage.browser.visit_in_new_tab("about:blank").map(drop)
}

/// Closes the tab of the prompt as soon as the server has it.
fn close_tab(stage: &Stage) -> Result<()> {
    until("the prompt is under way", SOON, || Ok(stage.lab.completions().pop()))?;
    stage.browser.driver().close_tab()?;
    stage.browser.driver().switch(stage.home())?;
    until("the server is rid of the request", SOON, || {
        Ok(stage.lab.completions().pop().filter(|seen| seen.end == Some(End::ClientGone)).map(drop))
    })
}

fn answer_begins(stage: &Stage) -> Result<()> {
    stage.browser.wait_for("document.querySelector('[data-is-streaming=true]')?.innerText.length > 5")
}

/// Starts the extension anew, as an update does, and waits for its background.
pub fn reload_extension(stage: &Stage) -> Result<()> {
    stage.browser.probe_eval("setTimeout(() => browser.runtime.reload(), 100)")?;
    sleep(Duration::from_secs(2));
    until("the background is back", PATIENT, || stage.browser.background_runs().map(|runs| runs.then_some(())))
}

/// The package for the store: Firefox keeps it over a restart.
fn package(kind: Kind) -> Option<PathBuf> {
    let path = dist().join("understudy-firefox.zip");
    (kind == Kind::Firefox && path.exists()).then_some(path)
}

const COMPOSER: &str = "[data-testid='chat-input'][contenteditable='true']";
/// A card must stand within this time after the failure.
const OFFER_LIMIT: Duration = Duration::from_secs(1);
/// A card that has not come by then was not meant to come: the slowest offer comes within a second.
const QUIET: Duration = Duration::from_millis(1_500);
/// A state that is going to change does so at once.
const STILL: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_the_text_everything_hard() {
        for (number, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..number].iter().all(|other| other.name != row.name), "{}", row.name);
        }
        let text = hard(UNITS);
        for piece in ["\n\n", "\t", "\u{200d}", "ש", "\u{301}", "漢"] {
            assert!(text.contains(piece), "{piece:?}");
        }
    }
}
