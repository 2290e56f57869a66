//! The self-test page: it looks at an assistant's page, and says what it found there.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Duration;
use understudy_tests::stage::Words;
use understudy_tests::wait::{PATIENT, until};
use understudy_tests::{Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both("selftest_says_which_anchors_it_found", anchors);
    suite.both("selftest_of_a_fallback_is_one_click_in_the_options", one_click);
}

/// Where typing is allowed the options have a button for it, and its row tells what came of it. Nothing is written anywhere.
fn one_click(stage: &Stage) -> Result<()> {
    let (browser, words) = (&stage.browser, Words::read(stage.browser.kind())?);
    browser.grant(&["https://gemini.google.com/*"])?;
    browser.open_own_tab(OPTIONS)?;
    let known = browser.driver().windows()?;
    browser.own_tab_click(OPTIONS, "[data-provider=gemini] button", &words.say("page_test", &[])?)?;
    let found = words.say("page_selftest_found", &[])?;
    until(&found, PATIENT, || {
        let said = "return document.querySelector('[data-provider=gemini] [role=status]').innerText";
        Ok((browser.own_tab_eval(OPTIONS, said)? == found.as_str()).then_some(()))
    })?;
    browser.follow_new_tab(&known)?;
    ensure!(browser.driver().url()?.starts_with("https://gemini.google.com/"), "another page was opened");
    let written = browser.eval("return window.lab.model() + window.lab.sent.length")?;
    ensure!(written == "0", "something was written: {written}");
    browser.driver().close_tab()?;
    browser.driver().switch(stage.home())?;
    let front = "const {id} = await browser.tabs.getCurrent(); await browser.tabs.update(id, {active: true})";
    browser.own_tab_eval(OPTIONS, front)?;
    axe::sound_page(browser, OPTIONS)?;
    browser.close_own_tab(OPTIONS)
}

const OPTIONS: &str = "options.html";

/// As the sites are; where the first anchor is not there any more; and where there is no composer at all. Nothing is written anywhere.
fn anchors(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let looked = [
        ("chatgpt", "https://chatgpt.com/", "", "page_selftest_found", ["yes", "no"].as_slice()),
        ("perplexity", "https://www.perplexity.ai/", "renamed", "page_selftest_found", &["no", "yes"]),
        ("deepseek", "https://chat.deepseek.com/", "nocomposer", "page_selftest_nothing", &["no", "no", "no", "no"]),
    ];
    for (_, url, variant, ..) in looked {
        stage.browser.visit_in_new_tab(&format!("{url}?lab=nocomposer"))?;
        stage.browser.eval(&format!("document.cookie = 'lab={variant}; path=/'"))?;
        stage.browser.close_other_tabs(stage.home())?;
    }
    let checked = (|| {
        let open = "return (await browser.tabs.create({url: browser.runtime.getURL('selftest.html')})).id";
        let own = stage.browser.probe_eval(open)?;
        for (id, url, _, said, found) in looked {
            // The result is to be read where the click was.
            stage.browser.probe_eval(&format!("await browser.tabs.update({own}, {{active: true}})"))?;
            let known = stage.browser.driver().windows()?;
            let row = format!("[data-provider={id}]");
            stage.browser.own_tab_click(PAGE, &format!("{row} button"), &words.say("page_selftest_look", &[])?)?;
            // A page without a composer is looked at for a while.
            let body = format!(
                "const row = document.querySelector({});
                 return {{said: row.querySelector('[role=status]').innerText, found: [...row.querySelectorAll('[data-found]')].map((line) => line.dataset.found)}}",
                json!(row)
            );
            let said = words.say(said, &[])?;
            let shown = until(&format!("{id}: {said}"), Duration::from_secs(60), || {
                let shown = stage.browser.own_tab_eval(PAGE, &body)?;
                Ok(shown["said"].as_str().is_some_and(|shown| shown.contains(&said)).then_some(shown))
            })?;
            ensure!(shown["found"] == json!(found), "{id}: {shown}");
            let tab = stage.browser.follow_new_tab(&known)?;
            ensure!(stage.browser.driver().url()?.starts_with(url), "{id}: another page was opened");
            let written =
                stage.browser.eval("return window.lab.ready ? window.lab.model() + window.lab.sent.length : '0'")?;
            ensure!(written == "0", "{id}: something was written");
            stage.browser.driver().switch(&tab)?;
            stage.browser.driver().close_tab()?;
            stage.browser.driver().switch(stage.home())?;
        }
        // With all of its answers.
        stage.browser.probe_eval(&format!("await browser.tabs.update({own}, {{active: true}})"))?;
        axe::sound_page(&stage.browser, PAGE)
    })();
    for (_, url, ..) in looked {
        stage.browser.visit_in_new_tab(&format!("{url}?lab=nocomposer"))?;
        stage.browser.eval("document.cookie = 'lab=; path=/; max-age=0'").context("the cookie")?;
    }
    stage.browser.close_own_tab(PAGE)?;
    checked
}

const PAGE: &str = "selftest.html";
