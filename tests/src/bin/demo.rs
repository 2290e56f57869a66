//! The outage of 2 March 2026, lived through in a real browser with the real extension, compressed into some 70 seconds.
//!
//! Everything it says was measured while it ran: by the lab's log, by the page, and by the extension's own badge, card and popup.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; this program tells its story on a terminal"
)]

use anyhow::{Context, Result, anyhow, bail};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, io};
use understudy_lab::{BRANCHED, Deed, Part, Playing, Scenario, When};
use understudy_tests::arguments::{Arguments, Known};
use understudy_tests::stage::{Shown, Words, now, repository, same_text};
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Kind, Stage, leave_nothing_behind};

const USAGE: &str = "\
Lives through 2 March 2026 in a real browser and tells the story as it happens.

Usage: demo [--browser chromium|firefox] [--watch]

  --browser   which browser (chromium)
  --watch     leave the browser open afterwards, until Enter or Ctrl+C
";

/// The card must stand within this time after the first failed response.
const OFFER_LIMIT_MS: u64 = 1_000;
/// The scenario's own compression times this is what `--watch` users see; nobody waits longer than two minutes.
const STORY_LIMIT: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let (kind, watch) = match Arguments::read(Known { switches: &["--watch"], ..Known::default() }, USAGE) {
        Ok(arguments) => (arguments.browser.unwrap_or(Kind::Chromium), arguments.has("--watch")),
        Err(code) => return code,
    };
    match run(kind, watch) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("The demo could not go on: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Plays the story; whether it went well.
fn run(kind: Kind, watch: bool) -> Result<bool> {
    leave_nothing_behind()?;
    let scenario = Scenario::named("2026-03-02").map_err(|error| anyhow!("{error}"))?;
    let display = env::var("DISPLAY").ok().filter(|display| !display.is_empty());
    println!(
        "{}: {} in {:.0} seconds, in {}{}.",
        scenario.title,
        span(scenario.length()),
        scenario.length() / scenario.compression,
        kind.name(),
        if display.is_some() { "" } else { " without a window" }
    );
    let stage = Stage::start_with(kind, |options| options.display = display)?;
    stage.open("/new")?;
    let words = Words::read(kind)?;
    let pictures = repository().join("target/demo").join(kind.name());
    fs::create_dir_all(&pictures)?;
    let playing = stage.lab.play(&scenario);
    let mut story = Story {
        stage: &stage,
        words,
        playing,
        started: Instant::now(),
        told: 0,
        pictures,
        failed_sends: 0,
        first_failure: None,
        offer_ms: None,
        verdict: None,
        equal: None,
        official: None,
        recovered: None,
        sent: BTreeSet::new(),
    };
    let lived = story.live(&scenario);
    story.tell_steps();
    let well = lived.and_then(|()| story.conclude());
    if watch {
        println!("\nThe browser stays open. Press Enter (or Ctrl+C) to close it.");
        io::stdin().read_line(&mut String::new())?;
    }
    well
}

/// What has been seen so far.
struct Story<'a> {
    stage: &'a Stage,
    words: Words,
    playing: Playing,
    started: Instant,
    /// Steps of the scenario that were told already.
    told: usize,
    pictures: PathBuf,
    failed_sends: usize,
    /// Wall-clock milliseconds.
    first_failure: Option<u64>,
    offer_ms: Option<u64>,
    /// The number of failed sends at which the badge said it.
    verdict: Option<usize>,
    equal: Option<bool>,
    official: Option<String>,
    recovered: Option<u64>,
    sent: BTreeSet<String>,
}

impl Story<'_> {
    fn live(&mut self, scenario: &Scenario) -> Result<()> {
        for step in &scenario.user {
            if let Some(time) = step.time {
                self.wait_until(scenario, time)?;
            }
            match step.does {
                Deed::Send => self.send()?,
                Deed::Reload => self.reload()?,
                Deed::Load => self.open_chat()?,
                other => bail!("the demo's user does not know how to {other:?}"),
            }
        }
        self.expect_recovery()
    }

    /// Waits for a moment of the story; tells what happens meanwhile, and looks at the badge.
    fn wait_until(&mut self, scenario: &Scenario, time: When) -> Result<()> {
        let target = scenario.seconds(time);
        until("the story goes on", STORY_LIMIT, || {
            self.tell_steps();
            self.look_at_badge()?;
            self.look_at_status()?;
            Ok((self.playing.seconds() >= target).then_some(()))
        })
    }

    fn send(&mut self) -> Result<()> {
        let prompt = if self.recovered.is_some() || self.stage_is_back() { THANKS } else { PROMPT };
        self.sent.insert(prompt.to_owned());
        let n = self.stage.lab.completions().len() + 1;
        self.say("You send a prompt.");
        self.stage.send(prompt)?;
        let (seen, _) = self.stage.lab.wait_for_completion(n, SOON).context("the prompt was not sent")?;
        if seen.status.is_some_and(|status| status < 400) {
            self.stage.wait_until_idle()?;
            self.say("Claude answers.");
            return Ok(());
        }
        self.failed_sends += 1;
        let status = seen.status.map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"));
        self.say(&format!("Claude fails: {status}. Failed sends so far: {}.", self.failed_sends));
        let shown = self.stage.watch(n)?;
        if self.first_failure.is_none() {
            self.first_offer(&shown)?;
        }
        self.look_at_badge()?;
        if self.failed_sends == FAILED_SENDS_BEFORE_LEAVING {
            self.leave()?;
        }
        Ok(())
    }

    fn first_offer(&mut self, shown: &Shown) -> Result<()> {
        self.first_failure = Some(shown.failed_at);
        self.offer_ms = Some(shown.after_ms());
        self.say(&format!("Understudy's card stands {} ms after the failed response:", shown.after_ms()));
        for line in shown.card.text.lines().filter(|line| !line.trim().is_empty()).take(3) {
            println!("{:24}│ {line}", "");
        }
        self.stage.wait_for_entry_state(PROMPT, "not-sent")?;
        self.say("The prompt is saved; its state is \"not sent\".");
        self.picture("card.png", &self.stage.browser.screenshot()?)
    }

    /// One click on the card's main button; then back to the tab of Claude.
    fn leave(&mut self) -> Result<()> {
        let browser = &self.stage.browser;
        let card = browser.wait_for_card()?;
        let label = card.buttons.first().context("the card has no button")?.clone();
        let known = browser.driver().windows()?;
        self.say(&format!("You click \"{label}\"."));
        browser.click_card(&label)?;
        until("the card of the first time", SOON, || {
            Ok((!browser.own_tab_text("handoff.html")?.is_empty()).then_some(()))
        })?;
        self.say("The first time, Understudy says where the prompt goes and what happens there. You press Enter.");
        self.picture("first.png", &browser.own_tab_screenshot("handoff.html")?)?;
        let clicked = Instant::now();
        until("the focus is on the button", SOON, || {
            Ok((browser.own_tab_eval("handoff.html", "return document.activeElement?.id")? == "go").then_some(()))
        })?;
        browser.own_tab_enter("handoff.html")?;
        browser.follow_new_tab(&known)?;
        let arrived = until("the text stands in the composer", SOON, || {
            let model = browser.eval("return window.lab?.model?.() ?? null")?;
            Ok(model.as_str().filter(|model| same_text(model, PROMPT)).map(str::to_owned))
        });
        let url = browser.driver().url()?;
        let unsent = browser.eval("return window.lab?.sent?.length === 0")? == true;
        self.equal = Some(arrived.is_ok() && unsent);
        self.say(&format!(
            "{} after {} ms; the same text stands in its composer: {}; submitted by itself: {}.",
            url.split('/').nth(2).unwrap_or(&url),
            clicked.elapsed().as_millis(),
            yes(arrived.is_ok()),
            yes(!unsent)
        ));
        self.picture("fallback.png", &browser.screenshot()?)?;
        browser.driver().switch(self.stage.home())
    }

    fn open_chat(&mut self) -> Result<()> {
        self.say("You open a conversation of yesterday.");
        self.stage.open(&format!("/chat/{BRANCHED}"))
    }

    fn reload(&mut self) -> Result<()> {
        self.say("You reload the page.");
        let url = self.stage.browser.driver().url()?;
        self.stage.browser.visit(&url)?;
        if self.stage_is_back() {
            self.stage.browser.wait_for("window.lab?.ready")?;
            self.say("The page is back.");
        } else {
            let title = self.stage.browser.eval("return document.querySelector('h1')?.innerText ?? document.title")?;
            self.say(&format!("The page says: {}.", title.as_str().unwrap_or("nothing").trim_end_matches('.')));
        }
        Ok(())
    }

    /// The prompt of the first failure is answered, and Understudy knows it.
    fn expect_recovery(&mut self) -> Result<()> {
        let badge = until("the badge no longer says that Claude is down", SOON, || {
            let badge = self.stage.browser.badge()?;
            Ok((badge != "down" && badge != "!").then_some(badge))
        })?;
        until("the card is gone", SOON, || Ok(self.stage.browser.card()?.is_none().then_some(())))?;
        self.recovered = Some(now());
        let headline = self.headline()?;
        self.say(&format!(
            "Recovery, proven by your own success: {headline:?} (badge {badge:?}), and the card is gone."
        ));
        Ok(())
    }

    fn look_at_badge(&mut self) -> Result<()> {
        if self.verdict.is_none() && self.failed_sends > 0 && self.stage.browser.badge()? == "down" {
            self.verdict = Some(self.failed_sends);
            let headline = self.headline()?;
            let since = self.first_failure.map_or(0, |first| now().saturating_sub(first));
            self.say(&format!(
                "Verdict after {} failed sends, {:.1} s of real time after the first: {headline:?}.",
                self.failed_sends,
                seconds(since)
            ));
        }
        Ok(())
    }

    /// What Understudy has read from the official status page, once it says anything of an incident.
    fn look_at_status(&mut self) -> Result<()> {
        let (None, Some(first)) = (&self.official, self.first_failure) else { return Ok(()) };
        let asked =
            self.stage.lab.requests().into_iter().rfind(|seen| seen.part == Part::StatusPage && seen.status.is_some());
        let posted = self.playing.done().into_iter().find(|done| done.say.starts_with("The status page posts"));
        let (Some(asked), Some(posted)) = (asked, posted) else { return Ok(()) };
        if asked.at < posted.at {
            return Ok(());
        }
        self.stage.browser.open_popup()?;
        let line = self.stage.browser.popup_eval(
            "const line = document.querySelector('.official li')?.cloneNode(true);
             line?.querySelector('time')?.remove();
             return line?.innerText.trim() ?? ''",
        )?;
        let line = line.as_str().unwrap_or_default().to_owned();
        // Until it speaks of the incident, it says that all is well.
        if line.is_empty()
            || !self.words.are_said("official_incident_lag", &line)?
                && !self.words.are_said("official_incident", &line)?
        {
            return Ok(());
        }
        let later = posted.at.saturating_sub(first);
        self.say(&format!(
            "The official status page, as Understudy read it: {line}. It was posted {} of that day after your first failure.",
            span(seconds(later) * self.playing.scenario().compression)
        ));
        self.picture("popup.png", &self.stage.browser.popup_screenshot()?)?;
        self.official = Some(line);
        Ok(())
    }

    /// The popup's first line of words.
    fn headline(&self) -> Result<String> {
        self.stage.browser.open_popup()?;
        let text = self.stage.browser.popup_eval("return document.querySelector('h1, h2')?.innerText ?? ''")?;
        Ok(text.as_str().unwrap_or_default().trim().to_owned())
    }

    /// Whether the scenario has mended claude.ai.
    fn stage_is_back(&self) -> bool {
        self.playing.done().iter().any(|done| self.playing.scenario().steps[done.index].clear)
    }

    fn tell_steps(&mut self) {
        for done in self.playing.done().into_iter().skip(self.told) {
            println!("{}  {:>7}   {}", done.clock, "", done.say);
            self.told += 1;
        }
    }

    fn say(&mut self, line: &str) {
        self.tell_steps();
        println!("{}  {:>6.1}s   {line}", self.playing.clock(), self.started.elapsed().as_secs_f64());
    }

    fn picture(&self, name: &str, png: &[u8]) -> Result<()> {
        fs::write(self.pictures.join(name), png).with_context(|| format!("cannot write {name}"))
    }

    /// The figures of the day; whether all went well.
    fn conclude(&self) -> Result<bool> {
        let entries = self.stage.browser.entries()?;
        let kept = |prompt: &str| {
            entries.iter().any(|entry| entry["text"].as_str().is_some_and(|text| same_text(text, prompt)))
        };
        let lost = self.sent.iter().filter(|prompt| !kept(prompt)).count();
        let offer = self.offer_ms.map_or_else(|| "never".to_owned(), |ms| format!("{ms} ms after the failed response"));
        let verdict = self.verdict.map_or_else(|| "none".to_owned(), |sends| format!("after {sends} failed sends"));
        println!();
        println!("Offer:             {offer}");
        println!("Verdict:           {verdict}");
        println!("Status page:       {}", self.official.as_deref().unwrap_or("not read"));
        println!("Text equal:        {}", self.equal.map_or("not tried", yes));
        println!("Recovery:          {}", self.recovered.map_or("not seen", |_| "seen"));
        println!("Prompts lost:      {lost} of {}", self.sent.len());
        println!("Pictures:          {}", self.pictures.display());
        let in_time = self.offer_ms.is_some_and(|ms| ms <= OFFER_LIMIT_MS);
        let told = self.verdict.is_some() && self.official.is_some();
        Ok(in_time && told && self.equal == Some(true) && lost == 0 && self.recovered.is_some())
    }
}

const fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

#[expect(clippy::cast_precision_loss, reason = "a few hours in milliseconds")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// `4 h 13 min`, `12 min`.
fn span(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round();
    if minutes >= 60.0 {
        format!("{:.0} h {:.0} min", (minutes / 60.0).floor(), minutes % 60.0)
    } else {
        format!("{minutes:.0} min")
    }
}

/// The third failed send is enough for this user.
const FAILED_SENDS_BEFORE_LEAVING: usize = 3;

const PROMPT: &str = "Please review this function before the release at 13:00.\n\n```rust\nfn share(total: u64, people: u64) -> u64 {\n\ttotal / people // what if nobody comes?\n}\n```\n\n- keep it in `no_std`\n- תודה 🙏 and a </script> for good measure";
const THANKS: &str = "Good to have you back. Where were we?";
