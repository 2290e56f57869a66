//! The panel beside a page: every saved prompt with room, found by its words, and taken to where it can be answered.

use crate::suite::Suite;
use anyhow::{Result, ensure};
use serde_json::json;
use understudy_tests::stage::Words;
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Kind, Stage, axe};

const HISTORY: &str = "history.html";
const PAGE: &str = "panel.html";

pub fn add(suite: &mut Suite) {
    suite.both("panel_finds_a_prompt_and_hands_it_over", panel);
}

fn panel(stage: &Stage) -> Result<()> {
    let (browser, words) = (&stage.browser, Words::read(stage.browser.kind())?);
    let tall = format!("{}\nand at the very end a Zebra", "Which animals live here? ".repeat(80));
    // As an older version stored them: texts, of which entries are made.
    let mut texts: Vec<String> = (0..10).map(|number| format!("Prompt number {number} about tables")).collect();
    texts.push(tall.clone());
    let stored: serde_json::Map<_, _> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| (format!("text:{}-1", 1_772_451_420_000_u64 + at as u64), json!(text)))
        .collect();
    browser.store(&json!(stored).to_string())?;
    browser.kill_background()?;
    stage.open("/new")?;
    browser.grant(&["https://chatgpt.com/*"])?;

    // The popup has a field by now, and opens the panel.
    browser.open_popup()?;
    ensure!(browser.popup_eval("return Boolean(document.querySelector('#search'))")? == true, "nothing to search with");
    browser.popup_click("#panel", &words.say("page_panel", &[])?)?;
    until("the panel shows the prompts", SOON, || Ok((rows(stage)? == texts.len()).then_some(())))?;
    browser.close_popup()?;
    axe::sound_page(browser, PAGE)?;

    // Its words are found wherever they stand in the text, in any order; and nothing goes that is not shown.
    for (typed, count) in [("number TABLES", 10), ("tables 7", 1), ("giraffe", 0), ("zebra animals", 1)] {
        search(stage, typed)?;
        until(typed, SOON, || Ok((rows(stage)? == count).then_some(())))?;
        let said = words.say("page_search_found", &[&count.to_string(), "11"])?;
        ensure!(browser.own_tab_text(PAGE)?.contains(&said), "{typed}: {said:?} is not said");
    }
    let known = browser.driver().windows()?;
    browser.own_tab_click(PAGE, ".fallback", "ChatGPT")?;
    stage.expect_arrival(&known, "chatgpt.com", &tall)?;
    stage.wait_for_handed(&tall, "chatgpt")?;
    browser.close_other_tabs(stage.home())?;

    // It has stayed, and what was found can be deleted, after a question.
    browser.own_tab_click(PAGE, ".prompt button", &words.say("page_forget", &[])?)?;
    browser.own_tab_click(PAGE, ".prompt button", &words.say("page_forget_yes", &[])?)?;
    until("it is gone", SOON, || Ok((rows(stage)? == 0).then_some(())))?;
    search(stage, "")?;
    until("the others are there", SOON, || Ok((rows(stage)? == texts.len() - 1).then_some(())))?;
    browser.own_tab_click(PAGE, ".kind", &words.say("state_confirmed", &[])?)?;
    until("none was answered", SOON, || Ok((rows(stage)? == 0).then_some(())))?;

    // And what is written here is kept with every key, and goes where any prompt goes.
    browser.own_tab_click(PAGE, ".kind", &words.say("page_search_all", &[])?)?;
    let written = "Written here, for Claude does not open:\n\tall of it é 🧑‍💻";
    for end in [10, written.len()] {
        let body = format!(
            "const field = document.querySelector('#write');
             field.focus();
             field.value = {};
             field.dispatchEvent(new InputEvent('input', {{bubbles: true}}))",
            json!(written[..end])
        );
        browser.own_tab_eval(PAGE, &body)?;
    }
    stage.wait_for_entry(written)?;
    ensure!(rows(stage)? == texts.len(), "one prompt more, and not two");
    let known = browser.driver().windows()?;
    browser.own_tab_click(PAGE, ".fallback", "ChatGPT")?;
    stage.expect_arrival(&known, "chatgpt.com", written)?;
    stage.wait_for_handed(written, "chatgpt")?;
    browser.close_other_tabs(stage.home())?;
    for label in ["page_forget", "page_forget_yes"] {
        browser.own_tab_click(PAGE, ".prompt button", &words.say(label, &[])?)?;
    }
    until("it is gone too", SOON, || Ok((rows(stage)? == texts.len() - 1).then_some(())))?;

    // The history has room there, too, and a way back.
    browser.own_tab_click(PAGE, "#history", "")?;
    let lead = words.say("page_history_lead", &[])?;
    until("the history", SOON, || Ok(browser.own_tab_text(HISTORY)?.contains(&lead).then_some(())))?;
    let wide = browser.own_tab_eval(HISTORY, "return document.documentElement.scrollWidth - innerWidth")?;
    ensure!(wide.as_i64().is_some_and(|wide| wide <= 0), "the history is {wide} px too wide for the panel");
    browser.own_tab_eval(HISTORY, "document.getElementById('back').click(); return null")?;
    until("the prompts again", SOON, || Ok((rows(stage)? == texts.len() - 1).then_some(())))?;
    browser.close_panel(PAGE)?;
    if browser.kind() == Kind::Chromium { keys(stage, &texts[9]) } else { Ok(()) }
}

/// The last prompt goes to the first fallback by the keyboard; that the keys were pressed is what Chromium's background is told here.
fn keys(stage: &Stage, last: &str) -> Result<()> {
    let known = stage.browser.driver().windows()?;
    stage.browser.background_eval("browser.commands.onCommand.dispatch('hand-over', {id: 1, windowId: 1})")?;
    stage.expect_arrival(&known, "chatgpt.com", last)?;
    let commands = stage.browser.probe_eval("return (await browser.commands.getAll()).map((one) => one.shortcut)")?;
    let given = commands.as_array().is_some_and(|given| given.len() == 4 && given.iter().all(|keys| keys != ""));
    ensure!(given, "not every command has its keys: {commands}");
    Ok(())
}

fn rows(stage: &Stage) -> Result<usize> {
    let rows = stage.browser.own_tab_eval(PAGE, "return document.querySelectorAll('.prompt').length")?;
    Ok(rows.as_u64().and_then(|rows| usize::try_from(rows).ok()).unwrap_or_default())
}

fn search(stage: &Stage, typed: &str) -> Result<()> {
    let body = format!(
        "const field = document.querySelector('#search');
         field.focus();
         field.value = {};
         field.dispatchEvent(new Event('input', {{bubbles: true}}))",
        json!(typed)
    );
    stage.browser.own_tab_eval(PAGE, &body).map(drop)
}
