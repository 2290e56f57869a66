//! Every scenario file of `tests/scenarios`, lived through by a user in the browser; the file says what must be seen, in order and
//! complete, and what must be true. The short ones are lived through once more while the background is killed again and again.

use crate::suite::Suite;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::collections::BTreeSet;
use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};
use understudy_engine::outbox::EntryState;
use understudy_engine::verdict::State;
use understudy_lab::{Expect, Scenario, Sight};
use understudy_tests::record::{Record, Seen};
use understudy_tests::stage::Words;
use understudy_tests::user::does;
use understudy_tests::wait::{SOON, never, until};
use understudy_tests::webdriver::text;
use understudy_tests::{Stage, axe};

/// What has not come by then was not meant to come.
const QUIET: Duration = Duration::from_millis(1_500);
/// Where nothing was written down for so long, no event is being worked on.
const STILL: Duration = Duration::from_millis(200);
/// The status page is asked again after a minute.
const LONG: Duration = Duration::from_secs(100);
/// A scenario is short if it asks for no more patience than this, in seconds.
const SHORT: u32 = 20;

pub fn add(suite: &mut Suite) {
    for name in Scenario::names() {
        let (test, title) = (name.clone(), name.replace('-', "_"));
        let short = |scenario: Scenario| {
            scenario.user.iter().all(|step| step.wait == 0)
                && scenario.timeline.iter().all(|sight| sight.within <= SHORT)
                && scenario.compression <= 1.0
        };
        let life = move |stage: &Stage| live(stage, &test, None);
        if !Scenario::named(&name).is_ok_and(short) {
            suite.both_patient(&format!("scenario_{title}"), life);
            continue;
        }
        suite.both(&format!("scenario_{title}"), life);
        suite.both(&format!("scenario_{title}_with_kills"), move |stage| {
            let mut kills = Kills::of(&name);
            let seed = kills.seed;
            live(stage, &name, Some(&mut kills)).with_context(|| format!("{SEED}={seed}"))
        });
    }
}

/// The environment variable that varies the moments at which the background is killed.
const SEED: &str = "UNDERSTUDY_SEED";
const USUAL_SEED: u64 = 20_260_302;

/// Moments at which the background dies: random, and the same for the same seed and scenario.
struct Kills {
    seed: u64,
    noise: u64,
}

impl Kills {
    fn of(name: &str) -> Self {
        let seed = env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(USUAL_SEED);
        let mut hasher = DefaultHasher::new();
        (seed, name).hash(&mut hasher);
        Self { seed, noise: hasher.finish() | 1 }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        self.noise % end
    }

    /// Two times in three the background dies here: between two events, up to half a second after the last one was worked on.
    fn strike(&mut self, stage: &Stage, record: &mut Record<'_>) -> Result<()> {
        let (dies, delay) = (self.below(3) > 0, Duration::from_millis(self.below(500)));
        if !dies {
            return Ok(());
        }
        let (mut changes, mut since) = (record.changes(), Instant::now());
        until("nothing is being worked on", SOON, || {
            record.read()?;
            if record.changes() != changes {
                (changes, since) = (record.changes(), Instant::now());
            }
            Ok((since.elapsed() >= STILL).then_some(()))
        })?;
        sleep(delay);
        stage.browser.kill_background()
    }
}

/// Plays the scenario step by step: its clock moves only where the test moves it.
fn live(stage: &Stage, name: &str, mut kills: Option<&mut Kills>) -> Result<()> {
    let scenario = Scenario::named(name).map_err(|error| anyhow!("{error}"))?;
    let user = User { stage, words: Words::read(stage.browser.kind())? };
    stage.probe(scenario.probes)?;
    // Claude is open and works when second 0 comes.
    stage.open("/new")?;
    let mut record = Record::start(&stage.browser)?;
    until("Claude is seen to work", SOON, || {
        let calm = |seen: &Seen| seen.state == State::Clear && seen.headline == "verdict_clear" && seen.card.is_none();
        Ok(record.read()?.last().is_some_and(calm).then_some(()))
    })?;
    record.begin();
    let playing = stage.lab.play_at(&scenario, 0.0);
    let mut last: Option<Instant> = None;
    for (number, step) in (1..).zip(&scenario.user) {
        let wait = Duration::from_secs(step.wait.into());
        let rest = last.map_or(Duration::ZERO, |last| wait.saturating_sub(last.elapsed()));
        // While the user waits nothing may change but what the timeline says.
        as_told(&mut record, &scenario.timeline, number - 1, rest)?;
        if let Some(time) = step.time {
            playing.skip_to(time);
        }
        if let Some(kills) = kills.as_mut() {
            kills.strike(stage, &mut record)?;
        }
        last = Some(Instant::now());
        does(stage, step, number, &playing).with_context(|| format!("deed {number} ({:?})", step.does))?;
        let told = reached(&mut record, &scenario.timeline, number).with_context(|| format!("after deed {number}"))?;
        if let Some(kills) = kills.as_mut() {
            kills.strike(stage, &mut record)?;
        }
        user.sees(told).with_context(|| format!("after deed {number}"))?;
        if kills.is_none() {
            user.looks_closely(told).with_context(|| format!("after deed {number}"))?;
        }
        // The second life is about what is seen: the rest has been proven in the first one.
        for expect in &scenario.expects {
            if expect.after.unwrap_or(scenario.user.len()) == number && kills.is_none() {
                if let Some(time) = expect.time {
                    playing.skip_to(time);
                }
                user.finds(expect).with_context(|| format!("after deed {number}: {}", expect.say))?;
            }
        }
    }
    as_told(&mut record, &scenario.timeline, scenario.user.len(), QUIET)?;
    let notices = stage.browser.probe_eval("return Object.keys((await browser.notifications?.getAll()) ?? {})")?;
    ensure!(notices.as_array().is_none_or(Vec::is_empty), "a notice that nobody has allowed: {notices}");
    playing.stop();
    Ok(())
}

/// Waits until all that follows from so many deeds is seen, and gives the last of it.
fn reached<'a>(record: &mut Record<'_>, timeline: &'a [Sight], deeds: usize) -> Result<Option<&'a Sight>> {
    let told = timeline.iter().take_while(|sight| sight.after <= deeds).count();
    let patience = timeline.iter().filter(|sight| sight.after == deeds).map(|sight| sight.within).max();
    let waited = until("what the timeline says is seen", Duration::from_secs(patience.unwrap_or(SHORT).into()), || {
        let seen = record.read()?;
        if let Some(wrong) = difference(seen, timeline, deeds) {
            return Ok(Some(Err(wrong)));
        }
        Ok((seen.len() > told).then_some(Ok(())))
    });
    match waited {
        Ok(Ok(())) => Ok(timeline[..told].last()),
        Ok(Err(wrong)) => Err(wrong),
        Err(error) => Err(error.context(listed(record.read()?))),
    }
}

/// For so long nothing is seen but what follows from so many deeds.
fn as_told(record: &mut Record<'_>, timeline: &[Sight], deeds: usize, span: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        if let Some(wrong) = difference(record.read()?, timeline, deeds) {
            return Err(wrong.context(format!("after {deeds} deeds")));
        }
        let left = span.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        sleep(left.min(STILL));
    }
}

/// What was seen and should not have been: another thing, or one more, or one too early.
fn difference(seen: &[Seen], timeline: &[Sight], deeds: usize) -> Option<anyhow::Error> {
    let mut told = timeline.iter().take_while(|sight| sight.after <= deeds);
    let wrong = seen.iter().skip(1).find(|seen| told.next().is_none_or(|told| !is(told, seen)))?;
    Some(anyhow!("not in the timeline here: {wrong}; seen so far:{}", listed(seen)))
}

fn is(told: &Sight, seen: &Seen) -> bool {
    (told.state, &told.headline, &told.card, &told.badge) == (seen.state, &seen.headline, &seen.card, &seen.badge)
}

fn listed(seen: &[Seen]) -> String {
    let start = seen.first().map_or(0, |seen| seen.at);
    let lines: Vec<String> = seen.iter().map(|seen| format!("\n  {:>6} ms: {seen}", seen.at - start)).collect();
    lines.concat()
}

struct User<'a> {
    stage: &'a Stage,
    words: Words,
}

impl User<'_> {
    /// What the extension has decided is what a person has before them: the card in the page, the badge, the popup.
    fn sees(&self, told: Option<&Sight>) -> Result<()> {
        let calm = Sight { headline: "verdict_clear".to_owned(), ..Sight::default() };
        let told = told.unwrap_or(&calm);
        let browser = &self.stage.browser;
        // An error page of the browser's own has no room for a card.
        let page = text(browser.eval("return location.protocol")?)? == "https:";
        until(&format!("the card says {:?}", told.card), SOON, || match (browser.card()?, &told.card) {
            (None, None) => Ok(Some(())),
            (None, Some(_)) if !page => Ok(Some(())),
            (Some(card), Some(title)) if self.words.are_said(title, &card.title)? => Ok(Some(())),
            (card, _) => bail!("it is {card:?}"),
        })?;
        until(&format!("the badge says {:?}", told.badge), SOON, || {
            let said = browser.badge()?;
            if said == told.badge { Ok(Some(())) } else { bail!("it says {said:?}") }
        })?;
        browser.open_popup()?;
        until(&format!("the popup says {} and {}", told.state.name(), told.headline), SOON, || {
            let state = browser.popup_eval("return document.querySelector('[data-state]')?.dataset.state ?? null")?;
            let text = browser.popup_text()?;
            if state == told.state.name() && self.words.are_said(&told.headline, &text)? {
                return Ok(Some(()));
            }
            bail!("it says {state} and {:?}", text.lines().take(6).collect::<Vec<_>>())
        })?;
        browser.close_popup()
    }

    /// axe-core finds nothing wrong with the popup, light and dark: once for everything that it can say.
    fn looks_closely(&self, told: Option<&Sight>) -> Result<()> {
        static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        let browser = &self.stage.browser;
        let (state, said) = told.map_or((State::Clear, "verdict_clear"), |told| (told.state, told.headline.as_str()));
        let said = format!("{} {} {said}", browser.kind().name(), state.name());
        if seen().contains(&said) {
            return Ok(());
        }
        axe::sound_popup(browser).with_context(|| said.clone())?;
        // What was found wrong is looked at again in the test's second run.
        seen().insert(said);
        browser.close_popup()
    }

    fn finds(&self, expect: &Expect) -> Result<()> {
        let browser = &self.stage.browser;
        if let Some(reset) = expect.resets_at {
            until("the limit's clock is right", SOON, || {
                let said = match browser.card()? {
                    Some(card) => self.words.are_said("what_limit_until", &card.text)?,
                    None => false,
                };
                Ok((said == reset).then_some(()))
            })?;
        }
        if let Some(state) = expect.entry {
            self.newest_entry_is(state)?;
        }
        if let Some(offer) = expect.offer {
            self.offers(offer)?;
        }
        if let Some(official) = &expect.official {
            browser.open_popup()?;
            until(&format!("the popup says {official}"), LONG, || {
                let text = browser.popup_text()?;
                if self.words.are_said(official, &text)? {
                    return Ok(Some(()));
                }
                bail!("it says {:?}", text.lines().take(20).collect::<Vec<_>>());
            })?;
        }
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
}
