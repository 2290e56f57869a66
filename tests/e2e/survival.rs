//! No prompt is lost, whatever dies.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use understudy_lab::{Effect, Fault, Link, Network, Part, Shape, Target};
use understudy_tests::stage::{Words, dist};
use understudy_tests::texts::hard;
use understudy_tests::wait::{PATIENT, SOON, until};
use understudy_tests::{Died, Kind, Stage};

pub fn add(suite: &mut Suite) {
    suite.both("survives_kill_before_send", killed_before_send);
    suite.both("survives_kill_before_headers", killed_before_headers);
    suite.both("survives_kill_then_late_success", killed_then_late_success);
    suite.both("survives_kill_mid_stream", killed_mid_stream);
    suite.both("survives_kill_after_failure", killed_after_failure);
    suite.both("survives_kill_after_click", killed_after_click);
    suite.both("survives_kill_during_fill", killed_during_fill);
    suite.both("survives_kill_at_handoff_page", killed_at_handoff_page);
    suite.both("survives_reload", reloaded);
    suite.both("survives_before_it_is_sent", typed);
    suite.both_alone("survives_update_of_the_extension", updated);
    suite.both_alone("survives_restart_and_crash", restarted);
    suite.both_alone("driver_tells_of_a_dead_browser", told_of_death);
}

/// The background sleeps when the prompt is sent: the send wakes it in time.
fn killed_before_send(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    broken(stage);
    stage.browser.kill_background()?;
    stage.send("Sent to the sleeping")?;
    let shown = stage.watch(1)?;
    ensure!(shown.after_ms() <= 1_000, "the card came {} ms after the failed response", shown.after_ms());
    kept(stage, "Sent to the sleeping", "not-sent")
}

/// Dead between the request and its answer, which never comes.
fn killed_before_headers(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::Hang));
    stage.send("No answer yet")?;
    stage.wait_for_entry("No answer yet")?;
    stage.browser.kill_background()?;
    stage.wait_for_entry("No answer yet")?;
    stage.lab.network(Network { state: Link::Reset, hosts: vec!["claude.ai".to_owned()] });
    stage.browser.wait_for_card()?;
    kept(stage, "No answer yet", "unknown")
}

/// Dead between the request and its answer, which then comes whole: the new life knows that it was confirmed.
fn killed_then_late_success(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::Slow { ms: 1_500 }));
    stage.send("Answered late")?;
    stage.wait_for_entry("Answered late")?;
    stage.browser.kill_background()?;
    stage.wait_until_idle()?;
    stage.wait_for_entry_state("Answered late", "confirmed")
}

/// Dead in the middle of an answer that then breaks off.
fn killed_mid_stream(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::StreamStall { after: 10, pings: false }));
    stage.send("Half an answer")?;
    stage.browser.wait_for("document.querySelector('[data-is-streaming=true]')?.innerText.length > 5")?;
    stage.wait_for_entry("Half an answer")?;
    stage.browser.kill_background()?;
    stage.lab.network(Network { state: Link::Reset, hosts: vec!["claude.ai".to_owned()] });
    stage.browser.wait_for_card()?;
    kept(stage, "Half an answer", "unknown")
}

/// Dead with the card on the page: its button still works.
fn killed_after_failure(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let text = hard(300);
    stage.open("/new")?;
    broken(stage);
    stage.send(&text)?;
    stage.watch(1)?;
    stage.browser.consent()?;
    stage.browser.kill_background()?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
    stage.expect_arrival(&known, "chatgpt.com", &text)?;
    stage.browser.driver().switch(stage.home())?;
    kept(stage, &text, "not-sent")
}

/// Dead after the click, before the fallback's page has loaded: the text is still typed.
fn killed_after_click(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let text = hard(2_000);
    stage.browser.grant(&["https://chat.deepseek.com/*"])?;
    stage.prefer(&["deepseek"])?;
    stage.open("/new")?;
    broken(stage);
    let slow = Target { host: Some("chat.deepseek.com".to_owned()), path: Some("/".to_owned()), ..Target::default() };
    stage.lab.fault(Fault { on: slow, ..Fault::on(&[], Effect::Slow { ms: 2_000 }) });
    stage.send(&text)?;
    stage.watch(1)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["DeepSeek"])?)?;
    until("the fallback's page is asked for", SOON, || {
        Ok(stage.lab.requests().iter().any(|seen| seen.host == "chat.deepseek.com").then_some(()))
    })?;
    stage.browser.kill_background()?;
    stage.expect_arrival(&known, "chat.deepseek.com", &text)?;
    let handed = stage.wait_for_handed(&text, "deepseek")?;
    ensure!(handed["verified"] == true, "{handed}");
    stage.browser.driver().switch(stage.home())?;
    kept(stage, &text, "not-sent")
}

/// Dead while the script in the fallback's page is writing.
fn killed_during_fill(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let text = hard(20_000);
    stage.browser.grant(&["https://gemini.google.com/*"])?;
    stage.prefer(&["gemini"])?;
    stage.open("/new")?;
    broken(stage);
    stage.send(&text)?;
    stage.watch(1)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["Gemini"])?)?;
    stage.browser.follow_new_tab(&known)?;
    stage.browser.wait_for("window.lab?.ready")?;
    stage.browser.kill_background()?;
    stage.expect_text("gemini.google.com", &text)?;
    stage.browser.driver().switch(stage.home())?;
    kept(stage, &text, "not-sent")
}

/// Dead while the handoff page waits for a decision.
fn killed_at_handoff_page(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let text = hard(3_000);
    stage.prefer(&["gemini"])?;
    stage.open("/new")?;
    broken(stage);
    stage.send(&text)?;
    stage.watch(1)?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["Gemini"])?)?;
    let allow = words.say("page_allow", &[])?;
    until("the handoff page", PATIENT, || {
        Ok(stage.browser.own_tab_text("handoff.html")?.contains(&allow).then_some(()))
    })?;
    stage.browser.kill_background()?;
    stage.browser.own_tab_click("handoff.html", "button", &allow)?;
    stage.browser.follow_new_tab(&known)?;
    stage.expect_text("gemini.google.com", &text)?;
    stage.browser.driver().switch(stage.home())?;
    kept(stage, &text, "not-sent")
}

/// The tab is reloaded: the prompt is kept and the card is back.
fn reloaded(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    broken(stage);
    stage.send("Reloaded in anger")?;
    stage.watch(1)?;
    stage.browser.driver().reload()?;
    stage.browser.wait_for("window.lab?.ready")?;
    stage.browser.wait_for_card()?;
    kept(stage, "Reloaded in anger", "not-sent")
}

/// The extension is started anew, as at an update, while claude.ai is open: that page is watched on, without a reload.
fn updated(kind: Kind) -> Result<()> {
    let stage = Stage::start_with(kind, |options| options.package = package(kind))?;
    stage.open("/new")?;
    stage.send_whole("Before the update")?;
    stage.wait_for_entry_state("Before the update", "confirmed")?;
    let life = "return performance.timeOrigin";
    let before = stage.browser.eval(life)?;
    stage.browser.probe_eval("setTimeout(() => browser.runtime.reload(), 100)")?;
    std::thread::sleep(Duration::from_secs(2));
    until("the background is back", PATIENT, || stage.browser.background_runs().map(|runs| runs.then_some(())))?;
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

/// The browser is closed and started again, then killed and started again, each time with the same profile.
fn restarted(kind: Kind) -> Result<()> {
    let mut stage = Stage::start_with(kind, |options| options.package = package(kind))?;
    stage.open("/new")?;
    broken(&stage);
    stage.send("Older than the browser")?;
    stage.watch(1)?;
    stage.wait_for_entry_state("Older than the browser", "not-sent")?;
    stage.browser.restart()?;
    stage.settle_after_restart()?;
    kept(&stage, "Older than the browser", "not-sent")?;
    stage.open("/new")?;
    stage.send("And this one too")?;
    stage.wait_for_entry("And this one too")?;
    stage.browser.crash_and_restart()?;
    stage.settle_after_restart()?;
    kept(&stage, "Older than the browser", "not-sent")?;
    stage.wait_for_entry("And this one too").map(drop)
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
    std::thread::sleep(Duration::from_millis(1_500));
    let stored = stage.browser.local_storage()?.to_string();
    ensure!(!stored.contains("Not for any file"), "a temporary chat was stored");
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

/// The package for the store: Firefox keeps it over a restart.
fn package(kind: Kind) -> Option<PathBuf> {
    let path = dist().join("understudy-firefox.zip");
    (kind == Kind::Firefox && path.exists()).then_some(path)
}
