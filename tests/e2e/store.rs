//! A store full of long prompts: all of it can be seen, copied, handed over and put back, and nothing of it is told.

use crate::handoff::clipboard_holds;
use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use understudy_tests::prompts::{MARK, plant, text};
use understudy_tests::stage::{Words, now};
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Kind, Stage};

const PROMPTS: usize = 200;
const CHARS: usize = 100_000;

pub fn add(suite: &mut Suite) {
    suite.both("store_carries_200_long_prompts", long_prompts);
}

/// 200 prompts of 100,000 characters: twice what Chrome's store holds without a permission for more.
fn long_prompts(stage: &Stage) -> Result<()> {
    let browser = &stage.browser;
    let words = Words::read(browser.kind())?;
    browser.grant(&["https://chatgpt.com/*"])?;
    stage.prefer(&["chatgpt"])?;
    let ids = plant(stage, PROMPTS, CHARS, now())?;
    // The background starts with them all, and from here on everything that it says is heard.
    browser.background_eval(LISTEN)?;
    stage.open("/new")?;

    // Shown in full, and copied.
    popup(stage, PROMPTS)?;
    if browser.kind() == Kind::Chromium {
        stands_still(stage)?;
    }
    let row = |number: usize| format!("li.prompt[data-key='{}']", ids[number]);
    browser.popup_click(&format!("{} button", row(57)), &words.say("page_more", &[])?)?;
    let shown = format!("return document.querySelector(\"{} .text\").textContent", row(57));
    until("the whole text is shown", SOON, || Ok((browser.popup_eval(&shown)? == text(57, CHARS)).then_some(())))?;
    browser.popup_click(&format!("{} button", row(101)), &words.say("page_copy", &[])?)?;
    let copied = words.say("page_copied", &[])?;
    until("the popup says so", SOON, || Ok(browser.popup_text()?.contains(&copied).then_some(())))?;
    heard_nothing(stage)?;
    browser.close_popup()?;
    clipboard_holds(stage, &text(101, CHARS))?;
    browser.close_other_tabs(stage.home())?;

    // Handed over.
    popup(stage, PROMPTS)?;
    let known = browser.driver().windows()?;
    browser.popup_click(&format!("{} .choice", row(3)), "number 003")?;
    browser.popup_click("button.fallback", "ChatGPT")?;
    stage.expect_arrival(&known, "chatgpt.com", &text(3, CHARS)).context("handed over")?;
    wait_for_handed(stage, &ids[3], "chatgpt")?;
    browser.close_popup()?;
    browser.close_other_tabs(stage.home())?;

    // Put back, after the background has died once more; no page of Claude's is open that it could go into.
    browser.visit("about:blank")?;
    let told = browser.background_eval(TOLD)?;
    browser.kill_background()?;
    browser.background_eval(LISTEN)?;
    popup(stage, PROMPTS)?;
    let known = browser.driver().windows()?;
    browser.popup_click(&format!("{} button", row(196)), &words.say("page_put_back", &[])?)?;
    stage.expect_arrival(&known, "claude.ai", &text(196, CHARS)).context("put back")?;
    wait_for_handed(stage, &ids[196], "claude")?;
    browser.close_popup()?;

    let told = format!("{told} {}", browser.background_eval(TOLD)?);
    ensure!(told.contains("heard") && !told.contains(MARK), "the background has told of a prompt");
    // All of it is still there, each text at its own place alone. (It is too long to be looked at from here.)
    let kept = browser.probe_eval(
        "const all = Object.entries(await browser.storage.local.get());
         const texts = all.filter(([key]) => key.startsWith('text:'));
         const others = all.filter(([key]) => !key.startsWith('text:'));
         return [texts.length, texts.every(([, text]) => text.length === 100000),
             others.filter(([key]) => key.startsWith('entry:')).length,
             others.every(([key, value]) => value.length < 2000 && !value.includes('\"lost\"'))]",
    )?;
    ensure!(kept == json!([PROMPTS, true, PROMPTS, true]), "what is kept is not what it was: {kept}");
    Ok(())
}

/// Waits until the facts of a prompt say that it was typed there, and read back.
fn wait_for_handed(stage: &Stage, id: &str, provider: &str) -> Result<()> {
    let read =
        format!("const key = 'entry:{id}'; return JSON.parse((await browser.storage.local.get(key))[key]).handed");
    until("the handoff is noted", SOON, || {
        let handed = stage.browser.probe_eval(&read)?;
        ensure!(handed.is_null() || handed["verified"] == true, "{handed}");
        Ok((handed["provider"] == provider && handed["way"] == "typed").then_some(()))
    })
}

fn popup(stage: &Stage, rows: usize) -> Result<()> {
    stage.browser.open_popup()?;
    until("the popup shows every prompt", SOON, || {
        let count = stage.browser.popup_eval("return document.querySelectorAll('#page li.prompt').length")?;
        Ok((count == rows).then_some(()))
    })?;
    stage.browser.popup_eval(LISTEN).map(drop)
}

/// Nothing in the popup has moved since its first paint, though most rows came after it. Only Chromium tells of that.
fn stands_still(stage: &Stage) -> Result<()> {
    let moved = |before: &str| {
        let told = stage.browser.popup_eval(&format!(
            "{before}
             await new Promise((seen) => setTimeout(seen, 300));
             const moved = [];
             new PerformanceObserver((list) => moved.push(...list.getEntries()))
                 .observe({{type: 'layout-shift', buffered: true}});
             await new Promise((told) => setTimeout(told, 100));
             return moved.reduce((sum, {{value}}) => sum + value, 0)"
        ))?;
        told.as_f64().context("no number")
    };
    let shift = moved("")?;
    ensure!(shift == 0.0, "the popup has shifted by {shift}");
    // And it would have been seen.
    let pushed = moved("document.querySelector('main').style.paddingTop = '80px';")?;
    ensure!(pushed > 0.0, "a shift is not seen");
    Ok(())
}

fn heard_nothing(stage: &Stage) -> Result<()> {
    let told = stage.browser.popup_eval(TOLD)?.to_string();
    ensure!(told.contains("heard") && !told.contains(MARK), "the popup has told of a prompt");
    Ok(())
}

/// Takes down what is written to the console, and every error that nobody caught.
const LISTEN: &str = "
    self.told ??= [];
    for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table']) {
        self.console[name] = (...all) => self.told.push(all.map((one) => String(one?.stack ?? one)).join(' '));
    }
    for (const name of ['error', 'unhandledrejection']) {
        self.addEventListener(name, (event) => self.told.push(String(event.message ?? event.reason)));
    }
    self.console.info('heard')";
const TOLD: &str = "return self.told.join('\\n')";
