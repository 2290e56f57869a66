//! Saved prompts under a passphrase: nothing of them lies on the disk as it was written, what is captured while they are locked is
//! kept as well, and whoever knows the passphrase gets all of it back.

use crate::suite::Suite;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use understudy_lab::{Effect, Fault, Part, Shape};
use understudy_tests::matrix::Row;
use understudy_tests::stage::Words;
use understudy_tests::wait::{PATIENT, SOON, until};
use understudy_tests::{Key, Kind, Place, Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both_alone("sealed_under_a_passphrase", sealed);
}

const OPTIONS: &str = "options.html";
const PHRASE: &str = "correct horse é 🧑‍💻z";
const BEFORE: &str = "Before it was sealed é 🧑‍💻";
const AFTER: &str = "Sealed from the beginning";
const LOCKED: &str = "Captured while it was locked";

fn sealed(kind: Kind) -> Result<()> {
    let mut stage = Row::stage(kind)?;
    let words = Words::read(kind)?;
    stage.open("/new")?;
    fail(&stage, BEFORE)?;
    ensure!(lies_open(&stage, BEFORE)?, "the test does not see what lies open");

    // Too short a passphrase, and one that is not repeated, seal nothing.
    open_options(&stage)?;
    begin(&stage, &words, "short", "short")?;
    said(&stage, &words.say("page_seal_short", &["12"])?)?;
    begin(&stage, &words, PHRASE, "another one, as long")?;
    said(&stage, &words.say("page_seal_differs", &[])?)?;
    ensure!(lies_open(&stage, BEFORE)?, "it is sealed");
    begin(&stage, &words, PHRASE, PHRASE)?;
    said(&stage, &words.say("page_seal_begun", &[])?)?;
    ensure!(!lies_open(&stage, BEFORE)?, "it lies open still");

    stage.browser.close_own_tab(OPTIONS)?;
    // What comes now lies open at no time, and both can be read for as long as the browser is open, whatever the background does.
    fail(&stage, AFTER)?;
    ensure!(!lies_open(&stage, AFTER)?, "the next one lies open");
    stage.browser.kill_background()?;
    shows(&stage, &[BEFORE, AFTER], &[])?;

    // After a restart nobody can read them. What is captured then is there, and sealed too.
    stage.browser.restart()?;
    stage.settle_after_restart()?;
    stage.open("/new")?;
    fail(&stage, LOCKED)?;
    ensure!(!lies_open(&stage, LOCKED)?, "it lies open, because nobody has typed the passphrase");
    stage.browser.kill_background()?;
    shows(&stage, &[LOCKED], &[BEFORE, AFTER])?;
    let locked = words.say("page_locked_many", &["2"])?;
    stage.browser.open_popup()?;
    until("the popup tells of two", SOON, || Ok(stage.browser.popup_text()?.contains(&locked).then_some(())))?;

    // Another passphrase changes nothing; the right one opens everything, in the popup as in the options.
    axe::sound_popup(&stage.browser)?;
    stage.browser.popup_eval(&typed("phrase", "correct horse é 🧑‍🔧z"))?;
    stage.browser.popup_click("#unlock", &words.say("page_unlock", &[])?)?;
    let wrong = words.say("page_unlock_wrong", &[])?;
    until("it is said to be wrong", PATIENT, || Ok(stage.browser.popup_text()?.contains(&wrong).then_some(())))?;
    ensure!(stage.browser.popup_text()?.contains(&locked), "they are not locked any more");
    // The last key and Enter are real ones.
    let all_but_one = PHRASE.strip_suffix('z').context("its last letter")?;
    stage.browser.popup_eval(&typed("phrase", all_but_one))?;
    stage.browser.press(Place::Popup, &[Key::Letter('z'), Key::Enter])?;
    let unlocked = words.say("page_unlocked", &[])?;
    until("they are unlocked", PATIENT, || Ok(stage.browser.popup_text()?.contains(&unlocked).then_some(())))?;
    stage.browser.close_popup()?;
    shows(&stage, &[BEFORE, AFTER, LOCKED], &[])?;
    stage.browser.kill_background()?;
    shows(&stage, &[BEFORE, AFTER, LOCKED], &[])?;

    // Without it again, everything lies as it did, and no key is left.
    open_options(&stage)?;
    axe::sound_page(&stage.browser, OPTIONS)?;
    stage.browser.own_tab_click(OPTIONS, "#seal button", &words.say("page_seal_end", &[])?)?;
    said(&stage, &words.say("page_seal_ended", &[])?)?;
    stage.browser.close_own_tab(OPTIONS)?;
    for text in [BEFORE, AFTER, LOCKED] {
        ensure!(lies_open(&stage, text)?, "{text} is sealed still");
    }
    let stored = stage.browser.local_storage()?;
    let keys = stored.as_object().context("no store")?.keys().filter(|key| key.starts_with("seal"));
    ensure!(keys.count() == 0, "keys are left: {stored}");
    stage.browser.kill_background()?;
    shows(&stage, &[BEFORE, AFTER, LOCKED], &[])
}

/// A prompt that Claude does not take.
fn fail(stage: &Stage, text: &str) -> Result<()> {
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.open("/new")?;
    stage.send(text)?;
    stage.browser.wait_for_card()?;
    Ok(())
}

/// Whether a text, or the part of it that no encoding of JSON touches, lies in the lasting store.
fn lies_open(stage: &Stage, text: &str) -> Result<bool> {
    let plain = text.split(" é").next().unwrap_or(text);
    Ok(stage.browser.local_storage()?.to_string().contains(plain))
}

/// The popup has these prompts and not those, whole: from the store, not from what the page remembers.
fn shows(stage: &Stage, there: &[&str], gone: &[&str]) -> Result<()> {
    stage.browser.open_popup()?;
    until("the popup shows what it should", PATIENT, || {
        let shown = stage.browser.popup_text()?;
        Ok(there.iter().all(|text| shown.contains(text)).then_some(()))
    })?;
    let shown = stage.browser.popup_text()?;
    if let Some(text) = gone.iter().find(|text| shown.contains(**text)) {
        bail!("the popup shows {text:?}: {shown}");
    }
    stage.browser.close_popup()
}

fn open_options(stage: &Stage) -> Result<()> {
    stage.browser.open_own_tab(OPTIONS)?;
    until("the options are there", SOON, || {
        let there = stage.browser.own_tab_eval(OPTIONS, "return Boolean(document.getElementById('seal'))")?;
        Ok((there == Value::Bool(true)).then_some(()))
    })
}

fn begin(stage: &Stage, words: &Words, phrase: &str, again: &str) -> Result<()> {
    for (id, value) in [("phrase", phrase), ("again", again)] {
        stage.browser.own_tab_eval(OPTIONS, &typed(id, value))?;
    }
    stage.browser.own_tab_click(OPTIONS, "#seal button", &words.say("page_seal_begin", &[])?)
}

/// Types into a field.
fn typed(id: &str, value: &str) -> String {
    format!(
        "const field = document.getElementById({id}); field.focus(); field.value = {value}; \
         field.dispatchEvent(new Event('input', {{ bubbles: true }})); return true",
        id = json!(id),
        value = json!(value)
    )
}

fn said(stage: &Stage, words: &str) -> Result<()> {
    until("the page says what came of it", PATIENT, || {
        let said = stage.browser.own_tab_eval(OPTIONS, "return document.getElementById('notice').textContent")?;
        Ok((said == words).then_some(()))
    })
}
