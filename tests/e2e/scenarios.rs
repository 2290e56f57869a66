//! Every scenario file of `tests/scenarios`, lived through by a user in the browser; the file says what must be true.

use crate::suite::Suite;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::thread::sleep;
use std::time::{Duration, Instant};
use understudy_engine::outbox::EntryState;
use understudy_engine::verdict::State;
use understudy_lab::{Deed, Expect, Lab, Playing, Scenario};
use understudy_tests::Stage;
use understudy_tests::stage::Words;
use understudy_tests::wait::{SOON, never, until};

/// A card that has not come by then was not meant to come.
const QUIET: Duration = Duration::from_millis(1_500);
/// A stall counts after a minute, and the status page is asked again after a minute.
const LONG: Duration = Duration::from_secs(100);

/// So far apart, failures are evidence of their own: the judge takes those within some eight seconds for one disturbance.
const PACE: Duration = Duration::from_secs(16);

pub fn add(suite: &mut Suite) {
    for name in Scenario::names() {
        let test = name.clone();
        suite.both(&format!("scenario_{}", name.replace('-', "_")), move |stage| live(stage, &test));
    }
}

/// Plays the scenario step by step: its clock moves only where the test moves it.
fn live(stage: &Stage, name: &str) -> Result<()> {
    let scenario = Scenario::named(name).map_err(|error| anyhow!("{error}"))?;
    ensure!(!scenario.expects.is_empty(), "{name} expects nothing");
    let user = User { stage, lab: &stage.lab, words: Words::read(stage.browser.kind())? };
    // Claude is open and works when second 0 comes.
    stage.open("/new")?;
    let playing = stage.lab.play_at(&scenario, 0.0);
    let mut done = 0;
    let mut last: Option<Instant> = None;
    // Where a verdict is expected, the failures must not look like one short disturbance.
    let paced = |deed: usize| {
        let strong = |state: &State| matches!(state, State::Suspected | State::Down);
        let verdict = |expect: &&Expect| !expect.state.is_empty() && expect.state.iter().all(strong);
        scenario.expects.iter().filter(verdict).any(|expect| expect.after.is_none_or(|after| deed < after))
    };
    for expect in &scenario.expects {
        let until = expect.after.unwrap_or(scenario.user.len());
        ensure!(until <= scenario.user.len(), "{name}: there are no {until} deeds");
        for (number, step) in scenario.user.iter().enumerate().take(until).skip(done) {
            if let Some(time) = step.time {
                playing.skip_to(time);
            }
            if let Some(last) = last.filter(|_| paced(number)) {
                sleep(PACE.saturating_sub(last.elapsed()));
            }
            last = Some(Instant::now());
            user.does(step.does, number, &playing).with_context(|| format!("deed {} ({:?})", number + 1, step.does))?;
            done = number + 1;
        }
        if let Some(time) = expect.time {
            playing.skip_to(time);
        }
        user.finds(expect).with_context(|| format!("after {done} deeds: {}", expect.say))?;
    }
    playing.stop();
    Ok(())
}

struct User<'a> {
    stage: &'a Stage,
    lab: &'a Lab,
    words: Words,
}

impl User<'_> {
    fn does(&self, deed: Deed, number: usize, playing: &Playing) -> Result<()> {
        let browser = &self.stage.browser;
        let prompt = format!("Prompt number {} of {}", number + 1, playing.scenario().title);
        match deed {
            Deed::Reload => {
                let url = browser.driver().url()?;
                // An error page is reloaded by going there again.
                browser.visit(if url.starts_with("https://claude.ai/") { &url } else { "https://claude.ai/new" })?;
                self.arrives()
            }
            Deed::Load => {
                browser.visit(&format!("https://claude.ai/chat/{}", understudy_lab::BRANCHED))?;
                self.arrives()
            }
            Deed::Send => {
                let before = self.lab.completions().len();
                self.stage.send(&prompt)?;
                // A request that a dead network swallows ends all the same: the page says so. An answer that fell silent does not
                // end at all; then the user has waited long enough.
                let met = until("the prompt has met its fate", SOON, || {
                    let ended = self.lab.completions().get(before).is_some_and(|seen| seen.end.is_some());
                    let idle = browser.eval("return window.lab ? !window.lab.busy : true")? == true;
                    Ok((ended || idle).then_some(()))
                });
                let begun = self.lab.completions().get(before).is_some_and(|seen| seen.status.is_some());
                met.or_else(|error| if begun { Ok(()) } else { Err(error) })
            }
            Deed::Stop => {
                self.stage.send(&prompt)?;
                let stop = until("the answer comes", SOON, || {
                    let text =
                        browser.eval("return document.querySelector('[data-is-streaming=true]')?.innerText ?? ''")?;
                    let stop = browser.driver().find("button[aria-label='Stop response']")?;
                    Ok(stop.filter(|_| text.as_str().is_some_and(|text| !text.is_empty())))
                })?;
                browser.driver().click(&stop)?;
                self.stage.wait_until_idle()
            }
            Deed::Upload => browser
                .eval(
                    "const input = document.querySelector('[data-testid=file-upload]');
                     const files = new DataTransfer();
                     files.items.add(new File([new Uint8Array(2048)], 'picture.png', {type: 'image/png'}));
                     input.files = files.files;
                     input.dispatchEvent(new Event('change', {bubbles: true}));
                     return null",
                )
                .map(drop),
        }
    }

    /// The page has come to rest, whatever it is: the application, a login, a crash page, an error page of the browser.
    fn arrives(&self) -> Result<()> {
        until("the page has come to rest", SOON, || {
            let state = self.stage.browser.eval(
                "return document.readyState === 'complete' && (!location.href.startsWith('https://claude.ai/') || !window.lab || window.lab.ready
                    || Boolean(document.querySelector('.full-page')))",
            )?;
            Ok((state == true).then_some(()))
        })
    }

    fn finds(&self, expect: &Expect) -> Result<()> {
        let browser = &self.stage.browser;
        match expect.card {
            Some(true) => until("the card is shown", LONG, || browser.card()).map(drop)?,
            Some(false) => {
                // One that was there goes with the success; one that was not does not come.
                until("there is no card", SOON, || Ok(browser.card()?.is_none().then_some(())))?;
                never("a card", QUIET, || browser.card())?;
            }
            None => {}
        }
        if let Some(title) = &expect.title {
            until(&format!("the card says {title}"), SOON, || match browser.card()? {
                Some(card) if self.words.are_said(title, &card.title)? => Ok(Some(())),
                Some(card) => bail!("it says {:?}", card.title),
                None => bail!("there is none"),
            })?;
        }
        if let Some(reset) = expect.resets_at {
            until("the limit's clock is right", SOON, || {
                let said = match browser.card()? {
                    Some(card) => self.words.are_said("what_limit_until", &card.text)?,
                    None => false,
                };
                Ok((said == reset).then_some(()))
            })?;
        }
        if let Some(badge) = &expect.badge {
            until(&format!("the badge says {badge:?}"), SOON, || {
                let said = browser.badge()?;
                if said == *badge { Ok(Some(())) } else { bail!("it says {said:?}") }
            })?;
        }
        if let Some(state) = expect.entry {
            self.newest_entry_is(state)?;
        }
        if let Some(offer) = expect.offer {
            self.offers(offer)?;
        }
        self.verdict_is_one_of(expect)?;
        self.popup_says_one_of(&expect.headline.iter().cloned().collect::<Vec<_>>())?;
        self.popup_says_one_of(&expect.official)?;
        browser.close_popup()
    }

    fn newest_entry_is(&self, state: EntryState) -> Result<()> {
        until(&format!("the newest prompt is {}", state.name()), SOON, || {
            let newest = self.stage.browser.entries()?.into_iter().max_by_key(|entry| entry["at"].as_u64());
            match newest {
                Some(entry) if entry["state"] == state.name() => Ok(Some(())),
                Some(entry) => bail!("it is {}", entry["state"]),
                None => bail!("there is none"),
            }
        })
    }

    /// Another assistant is offered: by the card, and where there is none by the popup.
    fn offers(&self, wanted: bool) -> Result<()> {
        let main = self.words.say("action_continue", &["ChatGPT"])?;
        if wanted {
            return until("another assistant is offered", SOON, || {
                if let Some(card) = self.stage.browser.card()? {
                    return Ok(card.buttons.contains(&main).then_some(()));
                }
                self.stage.browser.open_popup()?;
                Ok(self.stage.browser.popup_text()?.contains("ChatGPT").then_some(()))
            });
        }
        never("another assistant is offered", QUIET, || {
            Ok(self.stage.browser.card()?.filter(|card| card.buttons.contains(&main)))
        })
    }

    /// The popup's own state; its words are a matter of the headline.
    fn verdict_is_one_of(&self, expect: &Expect) -> Result<()> {
        if expect.state.is_empty() {
            return Ok(());
        }
        self.stage.browser.open_popup()?;
        until(&format!("the verdict is one of {:?}", expect.state), LONG, || {
            let state = self
                .stage
                .browser
                .popup_eval("return document.querySelector('[data-state]')?.dataset.state ?? null")?;
            if expect.state.iter().any(|wanted| state == wanted.name()) { Ok(Some(())) } else { bail!("it is {state}") }
        })
    }

    fn popup_says_one_of(&self, keys: &[String]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        self.stage.browser.open_popup()?;
        until(&format!("the popup says one of {keys:?}"), LONG, || {
            let text = self.stage.browser.popup_text()?;
            for key in keys {
                if self.words.are_said(key, &text)? {
                    return Ok(Some(()));
                }
            }
            bail!("it says {:?}", text.lines().take(12).collect::<Vec<_>>());
        })
    }
}
