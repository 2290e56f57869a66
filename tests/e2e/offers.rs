//! Each kind of failure gets its own words within a second; what is no failure gets none.

use crate::suite::Suite;
use anyhow::{Result, ensure};
use std::time::Duration;
use understudy_lab::{Answer, Effect, Fault, Lab, Link, Network, Part, Shape};
use understudy_tests::matrix::{FALLBACKS, Fallback};
use understudy_tests::stage::Words;
use understudy_tests::texts::hard;
use understudy_tests::wait::{SOON, never, until};
use understudy_tests::{Browser, Stage};

/// A card must stand within this time after the failed response.
const OFFER_LIMIT_MS: u64 = 1_000;
/// A card that has not come by then was not meant to come: the slowest offer comes within a second.
const QUIET: Duration = Duration::from_millis(1_500);

/// A failure of the completion, and what the card must say.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    breaks: fn(&Lab),
    title: &'static str,
    what: &'static str,
    entry: &'static str,
}

const CASES: [Case; 10] = [
    Case {
        name: "service_500",
        breaks: |lab| completion(lab, Effect::shape(Shape::ApiError)),
        title: "title_failed",
        what: "what_service",
        entry: "not-sent",
    },
    Case {
        name: "overloaded_529",
        breaks: |lab| completion(lab, Effect::shape(Shape::Overloaded)),
        title: "title_capacity",
        what: "what_capacity",
        entry: "not-sent",
    },
    Case {
        name: "edge_522_html",
        breaks: |lab| completion(lab, Effect::shape(Shape::Cloudflare)),
        title: "title_failed",
        what: "what_service",
        entry: "unknown",
    },
    Case {
        name: "overloaded_in_200_stream",
        breaks: |lab| completion(lab, stream_error("overloaded_error")),
        title: "title_capacity",
        what: "what_capacity",
        entry: "unknown",
    },
    Case {
        name: "error_in_200_stream",
        breaks: |lab| completion(lab, stream_error("api_error")),
        title: "title_cut",
        what: "what_broken",
        entry: "unknown",
    },
    Case {
        name: "stream_cut",
        breaks: |lab| completion(lab, Effect::CutBody { after: 12 }),
        title: "title_cut",
        what: "what_cut",
        entry: "unknown",
    },
    Case {
        name: "rate_exceeded",
        breaks: |lab| completion(lab, Effect::shape(Shape::RateExceeded)),
        title: "title_failed",
        what: "what_rate",
        entry: "not-sent",
    },
    Case {
        name: "usage_limit",
        breaks: |lab| {
            completion(
                lab,
                Effect::Answer(Answer { shape: Some(Shape::UsageLimit), resets_in: Some(7_200), ..Answer::default() }),
            );
        },
        title: "title_limit",
        what: "what_limit_until",
        entry: "not-sent",
    },
    Case {
        name: "logged_out",
        breaks: |lab| completion(lab, Effect::shape(Shape::SessionInvalid)),
        title: "title_session",
        what: "what_session",
        entry: "not-sent",
    },
    Case {
        name: "challenge",
        breaks: |lab| completion(lab, Effect::shape(Shape::Challenge)),
        title: "title_challenge",
        what: "what_challenge",
        entry: "not-sent",
    },
];

pub fn add(suite: &mut Suite) {
    suite.both("healthy_is_quiet", healthy_is_quiet);
    for (number, case) in CASES.into_iter().enumerate() {
        // One click takes texts of three sizes into another assistant; the editors take turns.
        for (turn, units) in [10, 2_000, 100_000].into_iter().enumerate() {
            let editor = FALLBACKS[(number + turn) % FALLBACKS.len()];
            let (name, test) =
                (format!("offer_{}_{units}", case.name), move |stage: &Stage| offer(stage, case, units, editor));
            // The page leaves for the check's own page, and the card must stand again there.
            if case.name == "challenge" {
                suite.both_in_quiet(&name, test);
            } else {
                suite.both(&name, test);
            }
        }
    }
    suite.both("stopped_by_the_user_is_quiet", stopped_is_quiet);
    suite.both("blocked_telemetry_is_quiet", telemetry_is_quiet);
    suite.both("site_down_is_offered_by_badge_and_popup", site_down);
    suite.both("success_withdraws_the_offer", recovery);
    suite.both("card_closes_and_stays_closed", card_closes);
}

/// A healthy page behaves as without Understudy: the answer is whole, the prompt confirmed, nothing is shown.
fn healthy_is_quiet(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    stage.send_whole("Is all well?")?;
    let answer = stage.browser.eval("return window.lab.lastAnswerBytes.at(-1)")?;
    ensure!(
        answer["done"] == true && answer["error"].is_null() && answer["status"] == 200,
        "the page's own answer: {answer}"
    );
    stage.wait_for_entry_state("Is all well?", "confirmed")?;
    quiet(stage)
}

/// One hard failure: the card stands within a second, with the right words; the prompt is stored with the right state; and one click
/// later the same text stands in the other assistant's composer.
fn offer(stage: &Stage, case: Case, units: usize, (id, name, host): Fallback) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.grant(&[&format!("https://{host}/*")])?;
    stage.prefer(&[id])?;
    stage.open("/new")?;
    (case.breaks)(&stage.lab);
    let prompt = hard(units);
    stage.send(&prompt)?;
    let shown = stage.watch(1)?;
    // With a long text the stand-in's own editor keeps the page busy: the time is taken with short ones.
    let in_time = units > 2_000 || shown.after_ms() <= OFFER_LIMIT_MS;
    ensure!(in_time, "the card came {} ms after the failed response", shown.after_ms());
    eprintln!("{} offer_{}_{units}: {} ms", stage.browser.kind().name(), case.name, shown.after_ms());
    if case.name == "logged_out" {
        // A click while the page leaves would go with it.
        until("the page has come to the login", SOON, || {
            Ok(stage.browser.driver().url()?.starts_with("https://claude.ai/login").then_some(()))
        })?;
    }
    says(&stage.browser, &words, case.title, case.what)?;
    let card = stage.browser.wait_for_card()?;
    let main = words.say("action_continue", &[name])?;
    ensure!(card.buttons.contains(&main), "buttons: {:?}", card.buttons);
    ensure!(card.buttons.contains(&words.say("action_copy", &[])?), "no copy button: {:?}", card.buttons);
    stage.wait_for_entry_state(&prompt, case.entry)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&main)?;
    stage.expect_arrival(&known, host, &prompt)?;
    let handed = stage.wait_for_handed(&prompt, id)?;
    ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
    Ok(())
}

/// Stop is the user's own wish.
fn stopped_is_quiet(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    stage.send("Count to a million")?;
    let stop = until("the answer comes", SOON, || {
        let text = stage.browser.eval("return document.querySelector('[data-is-streaming=true]')?.innerText ?? ''")?;
        let stop = stage.browser.driver().find("button[aria-label='Stop response']")?;
        Ok(stop.filter(|_| text.as_str().is_some_and(|text| text.len() > 20)))
    })?;
    stage.browser.driver().click(&stop)?;
    stage.wait_until_idle()?;
    quiet(stage)
}

/// A blocked measuring request is no failure.
fn telemetry_is_quiet(stage: &Stage) -> Result<()> {
    stage.lab.fault(Fault::on(&[Part::Telemetry], Effect::Reset));
    stage.open("/new")?;
    stage.send_whole("Hello")?;
    let body = "for (let n = 0; n < 5; n += 1) await fetch('/api/event_logging/v2/batch', {method: 'POST', body: '{}'}).catch(() => {})";
    stage.browser.eval(&format!("return (async () => {{ {body} }})()"))?;
    quiet(stage)
}

/// claude.ai itself does not load: badge and popup carry the offer, with a prompt that was saved before.
fn site_down(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.consent()?;
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("Saved before the site went down")?;
    stage.watch(1)?;
    stage.lab.network(Network { state: Link::Reset, hosts: vec!["claude.ai".to_owned()] });
    stage.browser.visit("https://claude.ai/new")?;
    until("the badge speaks", SOON, || Ok((!stage.browser.badge()?.is_empty()).then_some(())))?;
    stage.browser.open_popup()?;
    let main = words.say("page_continue_in", &["ChatGPT"])?;
    until("the popup offers the prompt", SOON, || {
        let text = stage.browser.popup_text()?;
        Ok((text.contains(&main) && text.contains("Saved before the site went down")).then_some(()))
    })?;
    let known = stage.browser.driver().windows()?;
    stage.browser.popup_click("button", &main)?;
    stage.expect_arrival(&known, "chatgpt.com", "Saved before the site went down").map(drop)
}

/// The next send works: the card goes, the prompt is confirmed, the badge is silent.
fn recovery(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("Try, and try again")?;
    stage.watch(1)?;
    stage.wait_until_idle()?;
    stage.lab.clear();
    stage.send_whole("Try, and try again")?;
    until("the card is gone", SOON, || Ok(stage.browser.card()?.is_none().then_some(())))?;
    stage.wait_for_entry_state("Try, and try again", "confirmed")?;
    until("the badge is silent", SOON, || Ok(stage.browser.badge()?.is_empty().then_some(())))
}

/// Closed is closed: the same failure does not bring the card back; a new prompt's failure does.
fn card_closes(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("Leave me alone")?;
    stage.watch(1)?;
    stage.browser.click_card(&words.say("action_close", &[])?)?;
    until("the card is gone", SOON, || Ok(stage.browser.card()?.is_none().then_some(())))?;
    stage.wait_until_idle()?;
    stage.send_whole("Leave me alone")?;
    never("the card comes back", QUIET, || stage.browser.card())?;
    stage.send("Something else")?;
    stage.browser.wait_for_card().map(drop)
}

/// No card, no badge.
fn quiet(stage: &Stage) -> Result<()> {
    never("a card", QUIET, || stage.browser.card())?;
    let badge = stage.browser.badge()?;
    ensure!(badge.is_empty(), "the badge says {badge:?}");
    Ok(())
}

/// Waits until the card says both.
fn says(browser: &Browser, words: &Words, title: &str, what: &str) -> Result<()> {
    let mut last = None;
    let said = until(&format!("the card says {title} and {what}"), SOON, || {
        let Some(card) = browser.card()? else { return Ok(None) };
        let right = words.are_said(title, &card.title)? && words.are_said(what, &card.text)?;
        last = Some(card);
        Ok(right.then_some(()))
    });
    said.map_err(|error| error.context(format!("the card is {last:?}")))
}

fn completion(lab: &Lab, effect: Effect) {
    lab.fault(Fault::on(&[Part::Completion], effect));
}

fn stream_error(kind: &str) -> Effect {
    Effect::StreamError { after: 8, kind: kind.to_owned(), message: "Overloaded".to_owned(), code: None }
}
