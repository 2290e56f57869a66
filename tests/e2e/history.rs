//! What is left of an outage: the popup says what fails, the history keeps it, and a receipt takes it elsewhere.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::time::Duration;
use understudy_lab::{Effect, Fault, Part, Shape};
use understudy_tests::stage::Words;
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Stage, axe};

/// A verdict takes half a minute of failures.
const VERDICT: Duration = Duration::from_secs(120);
const PAGE: &str = "history.html";

pub fn add(suite: &mut Suite) {
    suite.both_patient("history_of_an_outage", outage);
    suite.both("history_of_nothing", nothing);
}

/// From the first failed send to a receipt, and the log deleted in the end.
fn outage(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let browser = &stage.browser;
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    until("the verdict is down", VERDICT, || {
        if browser.badge()? == "down" {
            return Ok(Some(()));
        }
        stage.send_whole("Are you there?")?;
        Ok(None)
    })?;
    popup_says_what_fails(stage, &words)?;

    stage.lab.clear();
    stage.send_whole("Are you back?")?;
    until("Claude answers again", SOON, || Ok((browser.badge()? == "up?").then_some(())))?;
    let failed = stage.lab.completions().iter().filter(|seen| seen.status.is_some_and(|status| status >= 400)).count();

    browser.open_popup()?;
    browser.popup_click("#history", &words.say("page_history", &[])?)?;
    let title = words.say("page_was_down", &[])?;
    until("the history shows the incident", SOON, || Ok(browser.own_tab_text(PAGE)?.contains(&title).then_some(())))?;
    // It has closed by itself; the driver hears of it here.
    browser.close_popup()?;
    let shown = browser.own_tab_text(PAGE)?;
    ensure!(shown.contains(&words.say("page_span_one", &[])?), "{shown}");
    browser.own_tab_click(PAGE, ".incident summary", &title)?;
    let sends = browser.own_tab_eval(
        PAGE,
        &format!(
            "return [...document.querySelectorAll('.facts > div')]
                .find((row) => row.firstChild.textContent === {})?.lastChild.textContent ?? ''",
            serde_json::json!(words.say("receipt_failed_sends", &[])?)
        ),
    )?;
    ensure!(sends.as_str() == Some(failed.to_string().as_str()), "{sends} failed sends are shown, {failed} failed");

    let receipt: Value = serde_json::from_str(&receipt(stage, "JSON", "json")?).context("the receipt is no JSON")?;
    let incident = &receipt["incidents"][0];
    ensure!(incident["failed_sends"] == failed, "{incident}");
    ensure!(incident["recovery"].is_string() && incident["verdict"].is_string(), "{incident}");
    ensure!(incident["surfaces"] == "completion" && incident["user_said"].is_null(), "{incident}");
    ensure!(incident["request_ids"].as_array().is_some_and(|ids| !ids.is_empty()), "{incident}");
    let markdown = self::receipt(stage, "Markdown", "md")?;
    ensure!(markdown.starts_with("# ") && markdown.contains(&format!("| {failed} |")), "{markdown}");
    let csv = self::receipt(stage, "CSV", "csv")?;
    ensure!(csv.lines().count() == 2 && csv.starts_with("id,first_failure,"), "{csv}");
    for text in [&markdown, &csv] {
        ensure!(!text.contains("Are you"), "a word of the user's is in {text}");
    }
    axe::sound_page(&stage.browser, PAGE)?;

    browser.own_tab_click(PAGE, "#forget", "")?;
    browser.own_tab_click(PAGE, "#yes", "")?;
    let empty = words.say("page_history_empty", &[])?;
    until("the log is deleted", SOON, || Ok(browser.own_tab_text(PAGE)?.contains(&empty).then_some(())))?;
    let stored = browser.local_storage()?;
    let left = stored.as_object().context("a store")?.keys().any(|key| key.starts_with("incident:") || key == "watch");
    ensure!(!left, "something of the log is still stored: {stored}");
    browser.close_own_tab(PAGE)
}

/// The first line stays the verdict; then each part with its word, and a range to wait.
fn popup_says_what_fails(stage: &Stage, words: &Words) -> Result<()> {
    stage.browser.open_popup()?;
    let parts = stage.browser.popup_eval(
        "return [...document.querySelectorAll('.part')].map((part) => [part.dataset.tone, part.innerText.replace(/\\s+/g, ' ').trim()])",
    )?;
    let part = |name: &str, state: &str| -> Result<String> {
        Ok(format!("{} {}", words.say(name, &[])?, words.say(state, &[])?))
    };
    ensure!(parts[0] == serde_json::json!(["down", part("part_sending", "page_state_down")?]), "{parts}");
    ensure!(parts[4] == serde_json::json!(["grey", part("part_uploads", "page_state_untried")?]), "{parts}");
    let wait = stage.browser.popup_eval("return document.querySelector('.wait')?.innerText ?? ''")?;
    ensure!(words.are_said("page_wait", wait.as_str().unwrap_or_default())?, "{wait}");
    let first = stage.browser.popup_text()?;
    ensure!(first.starts_with(&words.say("page_state_down", &[])?), "{first}");
    axe::sound_popup(&stage.browser).context("the popup")?;
    stage.browser.close_popup()
}

/// Presses one of the incident's receipt buttons, and reads its file.
fn receipt(stage: &Stage, label: &str, suffix: &str) -> Result<String> {
    stage.browser.own_tab_click(PAGE, ".incident .receipt button", label)?;
    saved(stage, suffix)
}

/// Reads the file of this kind that the browser has saved, and takes it away.
pub fn saved(stage: &Stage, suffix: &str) -> Result<String> {
    let folder = stage.browser.downloads();
    let path = until(&format!("a .{suffix} file is saved"), SOON, || {
        let files = fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
        // While it is being written it has another ending, or none of its length.
        Ok(files.into_iter().find(|path| {
            path.extension().is_some_and(|found| found == suffix) && fs::metadata(path).is_ok_and(|file| file.len() > 0)
        }))
    })?;
    let text = fs::read_to_string(&path)?;
    fs::remove_file(&path)?;
    Ok(text)
}

/// On the first day there is nothing to show, and that is said.
fn nothing(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.open_own_tab(PAGE)?;
    let text = stage.browser.own_tab_text(PAGE)?;
    for key in ["page_history_empty", "page_history_empty_next"] {
        ensure!(text.contains(&words.say(key, &[])?), "{key} is not said: {text}");
    }
    ensure!(!text.contains(&words.say("page_forget_log", &[])?), "there is nothing to delete: {text}");
    axe::sound_page(&stage.browser, PAGE)?;
    stage.browser.close_own_tab(PAGE)
}
