//! The options: an order by drag, and settings that are taken along in a file.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::fs;
use understudy_tests::stage::Words;
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Stage, axe};

const PAGE: &str = "options.html";

pub fn add(suite: &mut Suite) {
    suite.both("options_in_a_file", in_a_file);
}

/// Settings are saved to a file; the order is changed by drag; the file brings it back, and one that is broken changes nothing.
fn in_a_file(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let browser = &stage.browser;
    stage.prefer(&["chatgpt", "gemini", "grok", "deepseek"])?;
    browser.open_own_tab(PAGE)?;
    shows(stage, "chatgpt gemini grok deepseek")?;
    browser.own_tab_click(PAGE, "button", &words.say("page_file_save", &[])?)?;
    let path = browser.downloads().join("understudy-settings.json");
    let text = until("the file is saved", SOON, || Ok(fs::read_to_string(&path).ok().filter(|text| !text.is_empty())))?;
    fs::remove_file(&path)?;
    ensure!(text.lines().count() > 10, "not for people to read: {text}");
    let file: Value = serde_json::from_str(&text).context("the file is no JSON")?;
    let stored: Value = serde_json::from_str(browser.local_storage()?["settings"].as_str().context("settings")?)?;
    ensure!(file == json!({"understudy": "settings", "version": 1, "settings": stored}), "{file}");

    browser.own_tab_drag(PAGE, &[&grip("chatgpt"), &row("gemini"), &row("grok")])?;
    stored_as(stage, "gemini grok chatgpt deepseek")?;
    shows(stage, "gemini grok chatgpt deepseek")?;
    browser.own_tab_drag(PAGE, &[&grip("deepseek"), &row("chatgpt"), &row("gemini")])?;
    stored_as(stage, "deepseek gemini grok chatgpt")?;
    shows(stage, "deepseek gemini grok chatgpt")?;
    // Whoever brings it back has had second thoughts.
    browser.own_tab_drag(PAGE, &[&grip("grok"), &row("chatgpt"), &grip("grok")])?;
    let marked = "return [...document.querySelectorAll('.offers [style*=translate], [data-held], [data-line]')].map((one) => one.cloneNode().outerHTML)";
    let mut seen = Value::Null;
    let let_go = until("no row is held", SOON, || {
        seen = browser.own_tab_eval(PAGE, marked)?;
        Ok((seen == json!([])).then_some(()))
    });
    let_go.with_context(|| seen.to_string())?;

    let good = words.say("page_file_loaded", &[])?;
    for (wrong, key, word) in [
        ("{".to_owned(), "page_file_broken", None),
        ("{}".to_owned(), "page_file_foreign", None),
        (text.replace("\"version\": 1", "\"version\": 2"), "page_file_version", None),
        (text.replace("grok", "nobody"), "page_file_provider", Some("nobody")),
        (text.replace("\"keep\": 7", "\"keep\": 8"), "page_file_value", Some("keep")),
        (" ".repeat(70_000), "page_file_large", None),
    ] {
        load(stage, &wrong, &words.say(key, word.as_slice())?)?;
    }
    stored_as(stage, "deepseek gemini grok chatgpt")?;
    load(stage, &text, &good)?;
    stored_as(stage, "chatgpt gemini grok deepseek")?;
    shows(stage, "chatgpt gemini grok deepseek")?;
    // An address that came in a file is told of.
    let own = text.replace("\"customUrl\": \"\"", "\"customUrl\": \"https://chat.example/?q={prompt}\"");
    load(stage, &own, &words.say("page_file_loaded_own", &["chat.example"])?)?;

    axe::sound_page(browser, PAGE)?;
    browser.close_own_tab(PAGE)
}

fn row(id: &str) -> String {
    format!("[data-provider={id}]")
}

fn grip(id: &str) -> String {
    format!("[data-provider={id}] .grip")
}

/// Chooses a file with this text, and waits for what the page says of it.
fn load(stage: &Stage, text: &str, said: &str) -> Result<()> {
    stage.browser.own_tab_eval(
        PAGE,
        &format!(
            "const chosen = new DataTransfer();
             chosen.items.add(new File([{}], 'settings.json'));
             const field = document.getElementById('import');
             field.files = chosen.files;
             for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {{bubbles: true}}));",
            json!(text)
        ),
    )?;
    until(said, SOON, || {
        let shown = stage.browser.own_tab_eval(PAGE, "return document.getElementById('notice').textContent")?;
        Ok((shown == said).then_some(()))
    })
}

/// The order in the page.
fn shows(stage: &Stage, order: &str) -> Result<()> {
    until(&format!("the page shows {order}"), SOON, || {
        let rows =
            "return [...document.querySelectorAll('.offers > .on')].map((row) => row.dataset.provider).join(' ')";
        Ok((stage.browser.own_tab_eval(PAGE, rows)? == order).then_some(()))
    })
}

/// The order that the background has stored.
fn stored_as(stage: &Stage, order: &str) -> Result<()> {
    until(&format!("{order} is stored"), SOON, || {
        let stored = stage.browser.local_storage()?;
        let stored: Value = serde_json::from_str(stored["settings"].as_str().unwrap_or("{}"))?;
        let order: Vec<&str> = order.split(' ').collect();
        Ok((stored["fallbacks"] == json!(order)).then_some(()))
    })
}
