//! Claude is back: what was put off goes home, into its own thread, once and unsent; a fallback's answer comes along.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use understudy_lab::{Answer, Effect, Fault, Part, Shape};
use understudy_tests::stage::{Words, same_text};
use understudy_tests::texts::hard;
use understudy_tests::wait::{PATIENT, SOON, never, until};
use understudy_tests::{Kind, Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both("home_puts_back_once_into_the_thread_that_was_left", put_back);
    suite.both("home_brings_an_answer_along", answer_along);
    suite.both_alone_patient("home_waits_for_a_limit_even_with_the_browser_closed", limit);
}

/// An outage, a handoff, a prompt put off, a recovery: card, badge and popup say so, and two clicks put it back once.
fn put_back(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let text = hard(2_000);
    leave(stage, &words, &text)?;
    let thread = stage.browser.driver().url()?;
    ensure!(thread.starts_with("https://claude.ai/chat/"), "{thread}");
    stage.browser.open_popup()?;
    stage.browser.popup_click("button", &words.say("page_later", &[])?)?;
    until("it is put off", SOON, || Ok((stage.wait_for_entry(&text)?["later"] == 0).then_some(())))?;
    stage.browser.close_popup()?;
    recover(stage)?;
    until("the badge counts it", SOON, || Ok((stage.browser.badge()? == "1").then_some(())))?;
    let said = words.say("title_back", &[])?;
    until("the card says that Claude is back", SOON, || {
        Ok(stage.browser.card()?.filter(|card| card.text.contains(&said)))
    })?;
    // The page is loaded anew: its composer is empty then, and the card comes back.
    stage.browser.visit(&thread)?;
    stage.browser.wait_for("window.lab?.ready && window.lab.model() === ''")?;
    let known = stage.browser.driver().windows()?;
    welcome(stage, &words)?;
    let before = stage.lab.completions().len();
    stage.browser.popup_click("section.home button", &words.say("page_put_back", &[])?)?;
    stage.expect_text("claude.ai", &text)?;
    let handed = stage.wait_for_handed(&text, "claude")?;
    ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
    ensure!(stage.wait_for_entry(&text)?["later"].is_null(), "it is still put off");
    until("the card goes", SOON, || Ok(stage.browser.card()?.is_none().then_some(())))?;
    // Once more, from the list: the thread that is open comes to the front, and keeps what it has.
    again(stage, &text, true)?;
    ensure!(stage.browser.driver().windows()?.len() == known.len(), "another tab was opened");
    ensure!(stage.lab.completions().len() == before, "something was sent for the user");
    // Sent by the user and answered, it goes nowhere any more.
    stage.send_whole(&text)?;
    stage.wait_for_entry_state(&text, "confirmed")?;
    again(stage, &text, false)?;
    ensure!(stage.browser.driver().windows()?.len() == known.len(), "another tab was opened");
    Ok(())
}

/// The answer from elsewhere is read from its page on a click, or pasted by the user; what stands in the composer is what our page showed.
fn answer_along(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let text = hard(400);
    leave(stage, &words, &text)?;
    let thread = stage.browser.driver().url()?;
    recover(stage)?;
    stage.browser.visit(&thread)?;
    stage.browser.wait_for("window.lab?.ready && window.lab.model() === ''")?;
    let known = stage.browser.driver().windows()?;
    welcome(stage, &words)?;
    stage.browser.popup_click("section.home button", &words.say("page_home_along", &["ChatGPT"])?)?;
    let shown = || {
        let shown = stage.browser.own_tab_eval(HOME, "return document.querySelector('#preview')?.textContent ?? ''")?;
        anyhow::Ok(shown.as_str().unwrap_or_default().to_owned())
    };
    until("the page shows the prompt", PATIENT, || Ok(same_text(&shown()?, &text).then_some(())))?;
    read_it(stage, &words)?;
    stage.browser.own_tab_eval(
        HOME,
        "const box = document.querySelector('#answer');
         box.value = 'Because.\\n\\n<b>it</b> depends \\u{1F9D1}\\u{200D}\\u{1F4BB}';
         box.dispatchEvent(new Event('input', {bubbles: true}))",
    )?;
    let lead = words.say("pack_answer", &["ChatGPT"])?;
    let wanted = format!("{text}\n\n{lead}\n\n> Because.\n>\n> <b>it</b> depends 🧑‍💻");
    let preview = shown()?;
    ensure!(same_text(&preview, &wanted), "the preview is {preview:?}");
    stage.browser.close_popup()?;
    axe::sound_page(&stage.browser, HOME)?;
    stage.browser.own_tab_click(HOME, "button", &words.say("page_put_back_into", &[])?)?;
    until("our page closes", SOON, || Ok((stage.browser.driver().windows()?.len() == known.len()).then_some(())))?;
    stage.browser.driver().switch(stage.home())?;
    stage.expect_text("claude.ai", &wanted)?;
    stage.wait_for_handed(&text, "claude")?;
    // What was sent so is kept whole, and its answer settles the prompt in it.
    stage.send_whole(&wanted)?;
    stage.wait_for_entry_state(&wanted, "confirmed")?;
    stage.wait_for_entry_state(&text, "confirmed")
}

/// On a click the last answer of the page is read, as its reader sees it; where there is none, that is said, and nothing is lost.
fn read_it(stage: &Stage, words: &Words) -> Result<()> {
    let ours = stage.browser.driver().windows()?;
    let page = "return {said: document.querySelector('[role=status]').innerText, stands: document.querySelector('#answer').value,
         goes: document.querySelector('#preview').textContent}";
    // A person reads the result where the click was.
    let to_front = || {
        let front = "const {id} = await browser.tabs.getCurrent(); await browser.tabs.update(id, {active: true})";
        stage.browser.own_tab_eval(HOME, front)
    };
    let read = |expected: &dyn Fn(&Value) -> bool| {
        to_front()?;
        stage.browser.own_tab_click(HOME, "button", &words.say("page_home_read", &["ChatGPT"])?)?;
        let mut last = Value::Null;
        until("what the click has brought", SOON, || {
            last = stage.browser.own_tab_eval(HOME, page)?;
            Ok(expected(&last).then_some(()))
        })
        .with_context(|| last.to_string())
    };
    let none = words.say("page_home_unread", &["ChatGPT"])?;
    read(&|page| page["said"] == none.as_str() && page["stands"] == "")?;
    stage.browser.visit_in_new_tab("https://chatgpt.com/")?;
    stage.browser.wait_for("window.lab?.ready")?;
    read(&|page| page["said"] == none.as_str())?;
    for (role, text) in [("assistant", "No."), ("user", "Why?"), ("assistant", "First.\n\n\tcode();\n</textarea>")] {
        stage.browser.eval(&format!(
            "const one = document.createElement('article');
             one.setAttribute('data-message-author-role', {});
             const hidden = Object.assign(document.createElement('p'), {{textContent: 'not seen', hidden: true}});
             const seen = Object.assign(document.createElement('pre'), {{textContent: {}}});
             one.append(hidden, seen);
             document.querySelector('.thread').append(one)",
            json!(role),
            json!(text)
        ))?;
    }
    let quoted = "> First.\n>\n> \tcode();\n> </textarea>";
    read(&|page| {
        page["said"] == ""
            && page["stands"] == "First.\n\n\tcode();\n</textarea>"
            && page["goes"].as_str().is_some_and(|goes| goes.ends_with(quoted))
    })?;
    let stranger = |tab: &String| !ours.contains(tab);
    for tab in stage.browser.driver().windows()?.into_iter().filter(stranger) {
        stage.browser.driver().switch(&tab)?;
        stage.browser.driver().close_tab()?;
    }
    stage.browser.driver().switch(stage.home())?;
    to_front()?;
    Ok(())
}

/// The limit's end comes in the next life of the browser; nothing of Claude is opened for it.
fn limit(kind: Kind) -> Result<()> {
    const SECONDS: u64 = 45;
    let mut stage = Stage::start(kind)?;
    let words = Words::read(kind)?;
    stage.open("/new")?;
    let answer = Answer { shape: Some(Shape::UsageLimit), resets_in: Some(SECONDS), ..Answer::default() };
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::Answer(answer)));
    stage.send("Too much for today")?;
    stage.browser.wait_for_card()?;
    stage.browser.open_popup()?;
    stage.browser.popup_click("button", &words.say("page_later", &[])?)?;
    let end = until("it is put off until the limit ends", SOON, || {
        Ok(stage.wait_for_entry("Too much for today")?["later"].as_u64().filter(|end| *end > 1_000))
    })?;
    stage.browser.close_popup()?;
    stage.browser.restart()?;
    stage.settle_after_restart()?;
    ensure!(understudy_tests::stage::now() < end, "the restart took too long to prove anything");
    ensure!(stage.browser.badge()?.is_empty(), "the limit is not over");
    until("the badge counts it", Duration::from_secs(2 * SECONDS), || {
        Ok((stage.browser.badge()? == "1").then_some(()))
    })?;
    ensure!(understudy_tests::stage::now() >= end, "too early");
    stage.lab.clear();
    let known = stage.browser.driver().windows()?;
    welcome(&stage, &words)?;
    stage.browser.popup_click("section.home button", &words.say("page_put_back", &[])?)?;
    stage.expect_arrival(&known, "claude.ai", "Too much for today").map(drop)
}

/// A conversation, then a prompt in it that fails and is taken to `ChatGPT`; Claude's tab is in front again.
fn leave(stage: &Stage, words: &Words, text: &str) -> Result<()> {
    stage.browser.grant(&["https://chatgpt.com/*"])?;
    stage.prefer(&["chatgpt"])?;
    stage.open("/new")?;
    stage.send_whole("Are you there?")?;
    stage.wait_for_entry_state("Are you there?", "confirmed")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send(text)?;
    stage.watch(2)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
    stage.expect_arrival(&known, "chatgpt.com", text)?;
    stage.wait_for_handed(text, "chatgpt")?;
    stage.browser.close_other_tabs(stage.home())?;
    stage.wait_until_idle()
}

/// Claude answers again, in another tab.
fn recover(stage: &Stage) -> Result<()> {
    stage.lab.clear();
    stage.browser.visit_in_new_tab("https://claude.ai/new")?;
    stage.browser.wait_for("window.lab?.ready")?;
    stage.send_whole("And now?")?;
    stage.wait_for_entry_state("And now?", "confirmed")?;
    stage.browser.close_other_tabs(stage.home())
}

/// The popup welcomes back, and axe-core finds nothing wrong with it.
fn welcome(stage: &Stage, words: &Words) -> Result<()> {
    stage.browser.open_popup()?;
    let title = words.say("page_home", &[])?;
    until("the popup welcomes back", SOON, || Ok(stage.browser.popup_text()?.contains(&title).then_some(())))?;
    axe::sound_popup(&stage.browser).context("the popup")
}

/// A second page asks for the same: the composer has the text once, if at all.
fn again(stage: &Stage, text: &str, stands: bool) -> Result<()> {
    let entry = stage.wait_for_entry(text)?["id"].as_str().context("an id")?.to_owned();
    let message = json!({"type": "act", "act": {"act": "put-back", "entry": entry, "copied": true}});
    stage.browser.probe_eval(&format!("await browser.runtime.sendMessage({message})"))?;
    let wanted = if stands { text } else { "" };
    never("something else stands in the composer", Duration::from_secs(2), || {
        let model = stage.browser.eval("return window.lab.model()")?;
        let model = model.as_str().unwrap_or_default().to_owned();
        Ok((!same_text(&model, wanted)).then_some(model))
    })
}

/// The page on which the answer is pasted.
const HOME: &str = "handoff.html";
