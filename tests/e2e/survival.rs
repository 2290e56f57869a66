//! An update of the extension, and the tests' own eyes. What dies while a prompt is on its way is in `matrix.rs`.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};
use understudy_lab::{Effect, Fault, Part, Shape};
use understudy_tests::matrix::{Row, reload_extension};
use understudy_tests::stage::Words;
use understudy_tests::wait::{PATIENT, SOON, never, until};
use understudy_tests::{Died, Kind, Stage};

pub fn add(suite: &mut Suite) {
    suite.both("survives_before_it_is_sent", typed);
    suite.both_alone("survives_update_of_the_extension", updated);
    suite.both_alone("driver_tells_of_a_dead_browser", told_of_death);
}

/// The extension is started anew, as at an update, while claude.ai is open: that page is watched on, without a reload.
fn updated(kind: Kind) -> Result<()> {
    let stage = Row::stage(kind)?;
    stage.open("/new")?;
    stage.send_whole("Before the update")?;
    stage.wait_for_entry_state("Before the update", "confirmed")?;
    let life = "return performance.timeOrigin";
    let before = stage.browser.eval(life)?;
    reload_extension(&stage)?;
    broken(&stage);
    stage.send("After the update")?;
    stage.browser.wait_for_card()?;
    ensure!(stage.browser.eval(life)? == before, "the page was loaded anew");
    kept(&stage, "After the update", "not-sent")?;
    // And what only the tap can tell comes by the port of the new one.
    stage.lab.clear();
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::StreamEnd { after: 4 }));
    stage.send("Cut after the update")?;
    let cut = Words::read(kind)?.say("title_cut", &[])?;
    until("the card tells of the cut", PATIENT, || Ok(stage.browser.card()?.filter(|card| card.title == cut).map(drop)))
}

/// What is typed with the keyboard and never sent: kept while the background sleeps and the page goes, and taken elsewhere. Sent in
/// the end, it is one prompt. Of a temporary chat there is nothing.
fn typed(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let composer = |stage: &Stage| stage.browser.wait_for_element("[data-testid=chat-input]");
    stage.open("/new")?;
    composer(stage)?;
    // Several lines at once, as an input method or a drop does it: no key is pressed.
    stage.browser.eval(
        "document.querySelector('[data-testid=chat-input]').focus();
         return document.execCommand('insertText', false, 'Dear Claude,\\nhow are')",
    )?;
    stage.wait_for_entry("Dear Claude,\nhow are")?;
    stage.browser.kill_background()?;
    stage.browser.driver().type_into(&composer(stage)?, " you?")?;
    let text = "Dear Claude,\nhow are you?";
    let draft = stage.wait_for_entry(text)?;
    ensure!(draft["state"] == "not-sent" && draft["draft"].is_number(), "{draft}");
    ensure!(stage.browser.card()?.is_none() && stage.browser.badge()?.is_empty(), "typing is no failure");
    stage.browser.visit("about:blank")?;
    stage.browser.consent()?;
    stage.browser.open_popup()?;
    let row = words.say("state_draft", &[])?;
    until("the popup shows the draft", SOON, || {
        let shown = stage.browser.popup_text()?;
        Ok((shown.contains("Dear Claude,") && shown.contains(&row)).then_some(()))
    })?;
    let known = stage.browser.driver().windows()?;
    stage.browser.popup_click("button", &words.say("page_put_back", &[])?)?;
    stage.expect_arrival(&known, "claude.ai", text)?;
    // There it is sent by its person.
    stage.browser.driver().type_into(&composer(stage)?, "\u{E007}")?;
    stage.wait_for_entry_state(text, "confirmed")?;
    let entries = stage.browser.entries()?;
    ensure!(entries.len() == 1 && entries[0]["draft"].is_null(), "{entries:?}");

    stage.open("/new?incognito")?;
    stage.browser.driver().type_into(&composer(stage)?, "Not for any file")?;
    never("a temporary chat is stored", Duration::from_millis(1_500), || {
        let stored = stage.browser.local_storage()?.to_string();
        Ok(stored.contains("Not for any file").then_some(()))
    })
}

/// The tests' own eyes: a browser that has died is told apart from one that is slow, at once and by whatever is asked of it.
fn told_of_death(kind: Kind) -> Result<()> {
    type Question = fn(&Stage) -> Result<()>;
    let stage = Stage::start(kind)?;
    stage.open("/new")?;
    stage.browser.crash()?;
    let questions: [(&str, Question); 4] = [
        ("the page", |stage| stage.browser.wait_for("false")),
        ("the card", |stage| stage.browser.wait_for_card().map(drop)),
        ("the badge", |stage| until("a badge", PATIENT, || stage.browser.badge().map(|_| None))),
        ("the background", |stage| until("its end", PATIENT, || stage.browser.background_runs().map(|_| None))),
    ];
    for (what, ask) in questions {
        let asked = Instant::now();
        let error = ask(&stage).err().context("a dead browser answers")?;
        ensure!(Died::in_error(&error).is_some(), "{what}: {error:#}");
        ensure!(asked.elapsed() < SOON, "{what}: told after {:?}", asked.elapsed());
    }
    Ok(())
}

fn broken(stage: &Stage) {
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
}

/// The prompt is stored whole, in this state, and the popup shows it.
fn kept(stage: &Stage, text: &str, fate: &str) -> Result<()> {
    stage.wait_for_entry_state(text, fate)?;
    stage.browser.open_popup()?;
    let first = text.lines().next().unwrap_or_default();
    until("the popup shows the prompt", SOON, || Ok(stage.browser.popup_text()?.contains(first).then_some(())))?;
    stage.browser.close_popup()
}
