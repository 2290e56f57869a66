//! The first day: the page that opens with the installation, its rehearsal, and its choices.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use understudy_tests::stage::Words;
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Browser, Kind, Stage, axe};

const PAGE: &str = "welcome.html";

pub fn add(suite: &mut Suite) {
    suite.both_alone("welcome_once_with_a_rehearsal_and_choices", welcome);
}

fn welcome(kind: Kind) -> Result<()> {
    let mut stage = Stage::start_with(kind, |options| options.welcome = true)?;
    let words = Words::read(kind)?;
    let browser = &stage.browser;
    let title = words.say("page_welcome", &[])?;
    until("the page opens by itself", SOON, || Ok(browser.own_tab_text(PAGE)?.contains(&title).then_some(())))?;
    axe::sound_page(browser, PAGE)?;
    rehearsal(browser, &words)?;
    choices(browser, &words)?;
    if kind == Kind::Firefox {
        kept_away(browser, &words)?;
    }
    browser.close_own_tab(PAGE)?;

    // It was seen: no restart and no update brings it again.
    stage.browser.restart()?;
    stage.settle_after_restart()?;
    stage.open("/new")?;
    stage.send_whole("Is all well?")?;
    stage.wait_for_entry_state("Is all well?", "confirmed")?;
    ensure!(stage.browser.own_tab_text(PAGE)?.is_empty(), "the welcome page is open again");
    Ok(())
}

/// With the keyboard, from the pretended failure to the pretended arrival: nothing that is stored changes by it.
fn rehearsal(browser: &Browser, words: &Words) -> Result<()> {
    let stored = || browser.probe_eval(ALL_STORED);
    let before = stored()?;
    let shown = |css: &str| {
        let text = browser.own_tab_eval(PAGE, &format!("return document.querySelector('{css}')?.innerText ?? ''"))?;
        Ok::<_, anyhow::Error>(text.as_str().unwrap_or_default().to_owned())
    };
    let focused = |id: &str| {
        until(&format!("#{id} has the focus"), SOON, || {
            let held = browser.own_tab_eval(PAGE, "return document.activeElement.id")?;
            Ok((held == id).then_some(()))
        })
    };
    browser.own_tab_click(PAGE, "#send", "")?;
    let failed = words.say("title_failed", &[])?;
    until("the card is shown", SOON, || Ok((shown(".card h3")? == failed).then_some(())))?;
    let card = shown(".card")?;
    for key in ["what_service", "action_continue"] {
        ensure!(words.are_said(key, &card)?, "the card says: {card}");
    }
    axe::sound_page(browser, PAGE)?;
    focused("carry")?;
    browser.own_tab_enter(PAGE)?;
    let arrived = words.say("handed_verified", &["ChatGPT"])?;
    until("the prompt has arrived", SOON, || Ok(shown(".told")?.contains(&arrived).then_some(())))?;
    let prompt = words.say("page_rehearsal_prompt", &[])?;
    ensure!(shown(".other .box")? == prompt, "it is not the same text: {}", shown(".other .box")?);
    focused("again")?;
    browser.own_tab_enter(PAGE)?;
    focused("send")?;
    ensure!(shown(".other .box")?.is_empty(), "what was rehearsed is still there");
    browser.own_tab_click(PAGE, "#again", &words.say("page_rehearsal_skip", &[])?)?;
    ensure!(shown(".windows")?.is_empty(), "it was not skipped");
    ensure!(stored()? == before, "the rehearsal has changed what is stored");
    Ok(())
}

/// Each is saved at once.
fn choices(browser: &Browser, words: &Words) -> Result<()> {
    let settings = |what: &str, done: &dyn Fn(&Value) -> bool| {
        until(what, SOON, || {
            let stored =
                browser.local_storage()?["settings"].as_str().map(serde_json::from_str::<Value>).transpose()?;
            Ok(stored.filter(done))
        })
    };
    browser.own_tab_click(PAGE, "label", "Gemini")?;
    settings("Gemini comes first", &|stored| {
        stored["fallbacks"][0] == "gemini" && stored["fallbacks"][1] == "chatgpt"
    })?;
    browser.own_tab_click(PAGE, "label", &words.say("page_probes", &[])?)?;
    settings("claude.ai is not asked", &|stored| stored["probes"] == false)?;
    browser.own_tab_click(PAGE, "#allow", "Gemini")?;
    let allowed = words.say("page_welcome_allowed", &["Gemini"])?;
    until("typing is allowed", SOON, || Ok(browser.own_tab_text(PAGE)?.contains(&allowed).then_some(())))?;
    let granted = browser.probe_eval("return await browser.permissions.getAll()")?;
    let gemini =
        granted["origins"].as_array().context("origins")?.iter().any(|origin| origin == "https://gemini.google.com/*");
    ensure!(gemini, "{granted}");
    if browser.kind() == Kind::Firefox {
        ensure!(granted["data_collection"].as_array().is_some_and(|kinds| kinds.len() == 2), "no consent: {granted}");
    }
    browser.own_tab_click(PAGE, "label", &words.say("page_notices", &[])?)?;
    until("notices are allowed", SOON, || {
        let granted =
            browser.probe_eval("return await browser.permissions.contains({permissions: ['notifications']})")?;
        Ok((granted == true).then_some(()))
    })
}

/// Firefox's user has refused claude.ai itself.
fn kept_away(browser: &Browser, words: &Words) -> Result<()> {
    let holds = "return await browser.permissions.contains({origins: ['https://claude.ai/*']})";
    browser.probe_eval("return await browser.permissions.remove({origins: ['https://claude.ai/*']})")?;
    ensure!(browser.probe_eval(holds)? == false, "claude.ai is still allowed");
    browser.own_tab_eval(PAGE, "location.reload()")?;
    browser.own_tab_click(PAGE, "#site", &words.say("page_welcome_site_allow", &[])?)?;
    until("claude.ai is allowed", SOON, || Ok((browser.probe_eval(holds)? == true).then_some(())))?;
    until("nothing is said of it any more", SOON, || {
        Ok((browser.own_tab_eval(PAGE, "return Boolean(document.querySelector('.site'))")? == false).then_some(()))
    })
}

const ALL_STORED: &str = "
    const areas = ['local', 'session'].map((area) => browser.storage[area].get(null));
    return (await Promise.all(areas)).map((all) => JSON.stringify(Object.entries(all).sort()))
";
