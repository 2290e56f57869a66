//! A saved prompt goes back into Claude's own composer: never over newer text, never twice, into the right conversation.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Duration;
use understudy_lab::{BRANCHED, Effect, Fault, Part, Session, Shape};
use understudy_tests::stage::{Words, same_text};
use understudy_tests::texts::hard;
use understudy_tests::wait::{PATIENT, SOON, until};
use understudy_tests::{Kind, Stage};

pub fn add(suite: &mut Suite) {
    suite.both("restore_into_an_open_page", into_an_open_page);
    suite.both("restore_into_a_page_of_its_own", into_a_page_of_its_own);
}

/// The page in which it failed stands there still. The site has put the prompt back by itself: it is not there twice. Newer text in
/// its composer stays, and that is said. A page that has gone on to another conversation is left alone.
fn into_an_open_page(stage: &Stage) -> Result<()> {
    let driver = stage.browser.driver();
    let text = hard(400);
    fail(stage, "/new", &text)?;
    ensure!(same_text(&model(stage)?, &text), "the stand-in has not put the prompt back by itself");
    let sent = stage.lab.completions().len();
    let known = put_back(stage, &text)?;
    let first = stage.wait_for_handed(&text, "claude")?;
    ensure!(first["way"] == "typed" && first["verified"] == true, "{first}");
    ensure!(same_text(&model(stage)?, &text), "the composer holds {:?}", model(stage)?);
    ensure!(driver.windows()? == known, "another page was opened");

    ensure!(stage.browser.local_storage()?["left"].is_null(), "what goes back to Claude is noted as having left");

    // Emptied, it is filled again; with something newer in it, it is not.
    retype(stage, "")?;
    put_back(stage, &text)?;
    stage.expect_text_here("claude.ai", &text)?;
    until("it is read back again", SOON, || {
        Ok((stage.wait_for_handed(&text, "claude")?["at"].as_u64() > first["at"].as_u64()).then_some(()))
    })?;
    let old = "The old one é 🧑‍💻";
    fail(stage, "/new", old)?;
    let newer = "Something newer";
    retype(stage, newer)?;
    // It is kept too, and stands above the other one.
    stage.wait_for_entry(newer)?;
    put_back(stage, newer)?;
    stage.wait_for_handed(newer, "claude")?;
    ensure!(model(stage)? == newer, "the draft has become {:?}", model(stage)?);
    put_back(stage, old)?;
    let handed = stage.wait_for_handed(old, "claude")?;
    ensure!(handed["way"] == "clipboard" && handed["verified"] == false, "{handed}");
    ensure!(model(stage)? == newer, "the newer text has become {:?}", model(stage)?);
    // One line says so, and the clipboard has the prompt.
    stage.browser.wait_for_element("understudy-hint")?;
    let composer = stage.browser.wait_for_element(COMPOSER)?;
    driver.type_into(&composer, PASTE)?;
    until("the prompt is pasted", SOON, || Ok(model(stage)?.contains(old).then_some(())))?;
    ensure!(driver.windows()? == known, "another page was opened");

    // In a conversation that exists; the page then goes on to another one without being loaded anew.
    stage.lab.clear();
    stage.open("/new")?;
    stage.send_whole("A conversation")?;
    let thread = driver.url()?;
    stage.lab.fault(broken());
    stage.send("For this conversation alone")?;
    stage.browser.wait_for_card()?;
    stage.wait_until_idle()?;
    stage.browser.eval(&format!("document.querySelector('a[href=\"/chat/{BRANCHED}\"]').click(); return null"))?;
    stage.browser.wait_for(&format!("location.pathname === '/chat/{BRANCHED}'"))?;
    let there = driver.window()?;
    retype(stage, "")?;
    let known = put_back(stage, "For this conversation alone")?;
    stage.browser.follow_new_tab(&known)?;
    stage.expect_text("claude.ai", "For this conversation alone")?;
    ensure!(driver.url()? == thread, "it is {} and not {thread}", driver.url()?);
    driver.switch(&there)?;
    ensure!(model(stage)?.is_empty(), "the other conversation has {:?}", model(stage)?);
    stage.browser.close_other_tabs(&there)?;
    ensure!(stage.lab.completions().len() == sent + 3, "something was sent for the user");
    Ok(())
}

/// The page in which it failed is not what it was: loaded anew, signed out, replaced by the crash page, crashed.
fn into_a_page_of_its_own(stage: &Stage) -> Result<()> {
    let driver = stage.browser.driver();
    let arrives = |text: &str, known: &[String]| -> Result<()> {
        stage.browser.follow_new_tab(known)?;
        stage.expect_text("claude.ai", text)?;
        let handed = stage.wait_for_handed(text, "claude")?;
        ensure!(handed["way"] == "typed" && handed["verified"] == true, "{handed}");
        stage.browser.close_other_tabs(stage.home())
    };
    let text = hard(300);
    fail(stage, "/new", &text)?;
    driver.reload()?;
    stage.browser.wait_for("window.lab?.ready")?;
    let known = put_back(stage, &text)?;
    arrives(&text, &known).context("after a reload")?;

    // While the page says that Claude will return soon; once it has, that very tab gets the text.
    fail(stage, "/new", "Return soon é 🧑‍💻")?;
    stage.lab.fault(Fault::on(&[Part::Document], Effect::shape(Shape::WillReturnSoon)));
    driver.reload()?;
    stage.browser.wait_for("document.body?.innerText.includes('Claude will return soon')")?;
    let known = put_back(stage, "Return soon é 🧑‍💻")?;
    stage.browser.follow_new_tab(&known)?;
    stage.browser.wait_for("document.body?.innerText.includes('Claude will return soon')")?;
    stage.lab.clear();
    driver.reload()?;
    arrives("Return soon é 🧑‍💻", &known).context("from the page that says that Claude will return soon")?;

    // Signed out, in the middle of it: whoever signs in again finds the text.
    stage.open("/new")?;
    stage.lab.sign(Session::Out);
    stage.send("Signed out é 🧑‍💻")?;
    until("the page has come to the login", PATIENT, || {
        Ok(driver.url()?.starts_with("https://claude.ai/login").then_some(()))
    })?;
    stage.wait_for_entry_state("Signed out é 🧑‍💻", "not-sent")?;
    let known = put_back(stage, "Signed out é 🧑‍💻")?;
    stage.browser.follow_new_tab(&known)?;
    let login = stage.browser.wait_for_element("[data-testid='login-with-google']")?;
    driver.click(&login)?;
    arrives("Signed out é 🧑‍💻", &known).context("after a forced logout")?;

    // The tab itself crashes; it is closed, and the prompt is not gone with it. (Under geckodriver, Firefox ends with it.)
    if stage.browser.kind() == Kind::Firefox {
        return Ok(());
    }
    stage.browser.visit_in_new_tab("about:blank")?;
    fail(stage, "/new", "Crashed é 🧑‍💻")?;
    stage.browser.crash_tab()?;
    driver.switch(stage.home())?;
    stage.lab.clear();
    let known = put_back(stage, "Crashed é 🧑‍💻")?;
    arrives("Crashed é 🧑‍💻", &known).context("after a crash of the tab")
}

/// Sends `text` into a claude.ai whose completions fail, and mends it.
fn fail(stage: &Stage, path: &str, text: &str) -> Result<()> {
    stage.open(path)?;
    let fault = stage.lab.fault(broken());
    stage.send(text)?;
    stage.browser.wait_for_card()?;
    stage.wait_until_idle()?;
    stage.wait_for_entry_state(text, "not-sent")?;
    stage.lab.lift(fault);
    Ok(())
}

fn broken() -> Fault {
    Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError))
}

/// Clicks on "Put back" beside a prompt in the popup, and gives the tabs that were there before.
fn put_back(stage: &Stage, text: &str) -> Result<Vec<String>> {
    let words = Words::read(stage.browser.kind())?;
    // Not every way into a browser keeps what is beyond ASCII.
    let (label, first) =
        (words.say("page_put_back", &[])?, text.split(|c: char| !c.is_ascii_graphic() && c != ' ').next());
    stage.browser.open_popup()?;
    let mark = format!(
        "const row = [...document.querySelectorAll('.prompt')].find((row) => row.textContent.includes({}));
         const button = [...row?.querySelectorAll('button') ?? []].find((button) => button.textContent.trim() === {});
         document.querySelectorAll('#that-one').forEach((other) => other.removeAttribute('id'));
         if (button) button.id = 'that-one';
         return Boolean(button)",
        json!(first),
        json!(label)
    );
    // The popup is drawn twice in the beginning, and a drawing takes away what is not its own.
    until("the popup has the prompt and is drawn whole", SOON, || {
        let marked = stage.browser.popup_eval(&mark)? == true;
        std::thread::sleep(Duration::from_millis(200));
        let still = stage.browser.popup_eval("return Boolean(document.querySelector('#that-one'))")? == true;
        Ok((marked && still).then_some(()))
    })?;
    let known = stage.browser.driver().windows()?;
    stage.browser.popup_click("#that-one", &label)?;
    Ok(known)
}

/// Replaces what stands in the composer, by keys.
fn retype(stage: &Stage, text: &str) -> Result<()> {
    let composer = stage.browser.wait_for_element(COMPOSER)?;
    stage.browser.driver().type_into(&composer, DELETE_ALL)?;
    stage.browser.type_text(COMPOSER, text)?;
    until("the composer holds what was typed", SOON, || Ok((model(stage)? == text).then_some(())))
}

fn model(stage: &Stage) -> Result<String> {
    Ok(stage.browser.eval("return window.lab.model()")?.as_str().unwrap_or_default().to_owned())
}

const COMPOSER: &str = "[data-testid='chat-input'][contenteditable='true']";

/// In `WebDriver`'s key codes: Ctrl+A, Delete; Ctrl+End, Ctrl+V.
const DELETE_ALL: &str = "\u{e009}a\u{e000}\u{e017}";
const PASTE: &str = "\u{e009}\u{e010}v\u{e000}";
