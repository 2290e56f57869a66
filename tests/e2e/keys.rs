//! Every page by the keyboard alone, with real key presses: what Tab reaches and in which order, that one sees where the focus is, that
//! nothing is reached by the mouse only, and that the main action of each page is done without one.
//!
//! The order is compared with `keys.txt`. `UPDATE_EXPECT=1` writes that file anew.

use crate::history::saved;
use crate::suite::Suite;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use understudy_lab::{Effect, Fault, Part, Shape};
use understudy_tests::served::Served;
use understudy_tests::stage::{Words, dist, repository};
use understudy_tests::wait::{PATIENT, SOON, until};
use understudy_tests::{Key, Kind, Place, Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both("keys_alone_reach_and_do_everything", all);
}

const POPUP: Place<'_> = Place::Popup;
const PANEL: Place<'_> = Place::Own("panel.html");
const OPTIONS: Place<'_> = Place::Own("options.html");
const WELCOME: Place<'_> = Place::Own("welcome.html");
const HANDOFF: Place<'_> = Place::Own("handoff.html");
const HISTORY: Place<'_> = Place::Own("history.html");
const SITE: Place<'_> = Place::Tab;

/// The saved prompts, the oldest first; the last one has just failed.
const PROMPTS: [&str; 3] = ["Which animals live here?", "How high is this tower?", "Why is it called so?"];

/// The one that is handed over last, and comes home.
const LAST: &str = "Shall it go there?";

fn all(stage: &Stage) -> Result<()> {
    stage.prefer(&["chatgpt", "gemini", "deepseek"])?;
    stage.browser.grant(&["https://chatgpt.com/*"])?;
    let mut lists = Lists::default();
    site(stage, &mut lists)?;
    prompts(stage)?;
    popup(stage, &mut lists)?;
    panel(stage, &mut lists)?;
    handoff(stage, &mut lists)?;
    homecoming(stage, &mut lists)?;
    history(stage, &mut lists)?;
    options(stage, &mut lists)?;
    welcome(stage, &mut lists)?;
    lists.compare()
}

/// Two prompts are there, and the third one fails.
fn prompts(stage: &Stage) -> Result<()> {
    // As an older version stored them: texts, of which entries are made.
    for (at, text) in PROMPTS.iter().take(2).enumerate() {
        let stored = json!({format!("text:{}-1", 1_772_451_420_000_u64 + at as u64): text});
        stage.browser.store(&stored.to_string())?;
    }
    stage.browser.kill_background()?;
    fail(stage, PROMPTS[2])
}

fn fail(stage: &Stage, text: &str) -> Result<()> {
    stage.lab.reset();
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send(text)?;
    stage.watch(1)?;
    stage.wait_for_entry(text).map(drop)
}

/// Another prompt is chosen with an arrow key and handed over; a question is answered, and Escape closes all.
fn popup(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    browser.open_popup()?;
    until("every prompt has its row", SOON, || {
        Ok((browser.popup_eval("return document.querySelectorAll('.prompt').length")? == PROMPTS.len()).then_some(()))
    })?;
    lists.walk(stage, POPUP, "popup")?;
    // Asked and spared, the focus stays with the prompt.
    reach(stage, POPUP, Key::Tab, "Forget")?;
    browser.press(POPUP, &[Key::Enter])?;
    focused(stage, POPUP, "Keep")?;
    browser.press(POPUP, &[Key::Enter])?;
    held(stage, POPUP, ".prompt:first-child")?;
    // Chromium's own window hears Escape, and no key that is pressed through its protocol.
    if browser.kind() == Kind::Firefox {
        browser.press(POPUP, &[Key::Escape])?;
        until("Escape closes the popup", SOON, || Ok((!browser.popup_is_open()?).then_some(())))?;
    }

    browser.open_popup()?;
    let known = browser.driver().windows()?;
    reach(stage, POPUP, Key::Tab, &format!("Hand over: {}", PROMPTS[2]))?;
    browser.press(POPUP, &[Key::Down])?;
    focused(stage, POPUP, &format!("Hand over: {}", PROMPTS[1]))?;
    reach(stage, POPUP, Key::Back, "Continue in ChatGPT")?;
    browser.press(POPUP, &[Key::Enter])?;
    stage.expect_arrival(&known, "chatgpt.com", PROMPTS[1])?;
    stage.wait_for_handed(PROMPTS[1], "chatgpt")?;
    browser.close_other_tabs(stage.home())
}

/// It is opened from the popup; a prompt is found by its words, deleted after a question, and one is written and handed over.
fn panel(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    browser.open_popup()?;
    reach(stage, POPUP, Key::Back, "Panel")?;
    browser.press(POPUP, &[Key::Enter])?;
    let rows = |count: usize| {
        until(&format!("{count} prompts are shown"), SOON, || {
            let shown = browser.eval_in(PANEL, "return document.querySelectorAll('.prompt').length")?;
            Ok((shown == count).then_some(()))
        })
    };
    rows(PROMPTS.len())?;
    browser.close_popup()?;
    lists.walk(stage, PANEL, "panel")?;

    reach(stage, PANEL, Key::Tab, "Search the saved prompts")?;
    browser.press(PANEL, &letters("animals"))?;
    rows(1)?;
    reach(stage, PANEL, Key::Tab, "Forget")?;
    browser.press(PANEL, &[Key::Enter])?;
    focused(stage, PANEL, "Keep")?;
    reach(stage, PANEL, Key::Back, "Delete")?;
    browser.press(PANEL, &[Key::Space])?;
    rows(0)?;
    held(stage, PANEL, "main, footer")?;
    reach(stage, PANEL, Key::Back, "Write a prompt")?;
    browser.press(PANEL, &letters("written"))?;
    stage.wait_for_entry("written")?;
    reach(stage, PANEL, Key::Back, "Search the saved prompts")?;
    browser.press(PANEL, &[Key::Escape])?;
    reach(stage, PANEL, Key::Back, "Continue in ChatGPT")?;
    let known = browser.driver().windows()?;
    browser.press(PANEL, &[Key::Space])?;
    stage.expect_arrival(&known, "chatgpt.com", "written")?;
    stage.wait_for_handed("written", "chatgpt")?;
    browser.close_other_tabs(stage.home())?;
    browser.close_panel("panel.html")
}

/// Not, and then after all: Enter is enough, for the focus is on the button from the beginning.
fn handoff(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    let words = Words::read(browser.kind())?;
    stage.agree(&[])?;
    fail(stage, LAST)?;
    let main = words.say("action_continue", &["ChatGPT"])?;
    let tabs = || browser.probe_eval("return (await browser.tabs.query({})).length");
    let before = tabs()?;
    for goes in [false, true] {
        let known = browser.driver().windows()?;
        browser.click_card(&main)?;
        focused(stage, HANDOFF, &main)?;
        if goes {
            browser.press(HANDOFF, &[Key::Enter])?;
            stage.expect_arrival(&known, "chatgpt.com", LAST)?;
            stage.wait_for_handed(LAST, "chatgpt")?;
        } else {
            lists.walk(stage, HANDOFF, "handoff")?;
            reach(stage, HANDOFF, Key::Tab, "Cancel")?;
            browser.press(HANDOFF, &[Key::Enter])?;
            until("its tab is gone", SOON, || Ok((tabs()? == before).then_some(())))?;
            browser.driver().switch(stage.home())?;
        }
    }
    browser.close_other_tabs(stage.home())?;
    stage.agree_to_all()
}

/// Claude is back, and the prompt that was handed over goes home with the answer that it got there, which is typed as it would be pasted.
fn homecoming(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    stage.lab.clear();
    stage.send_whole("Is it back?")?;
    stage.wait_for_entry_state("Is it back?", "confirmed")?;
    // Its composer is empty now.
    stage.open("/new")?;
    browser.open_popup()?;
    until("it welcomes back", SOON, || {
        Ok((browser.popup_eval("return Boolean(document.querySelector('.home'))")? == true).then_some(()))
    })?;
    lists.walk(stage, POPUP, "popup, back")?;
    reach(stage, POPUP, Key::Tab, "Bring the answer of ChatGPT along")?;
    browser.press(POPUP, &[Key::Enter])?;
    focused(stage, HANDOFF, "The answer of ChatGPT")?;
    browser.close_popup()?;
    lists.walk(stage, HANDOFF, "homecoming")?;
    browser.press(HANDOFF, &letters("because"))?;
    reach(stage, HANDOFF, Key::Tab, "Put back into Claude")?;
    browser.press(HANDOFF, &[Key::Enter])?;
    until("its tab is gone", SOON, || Ok(browser.eval_in(HANDOFF, "return 1")?.is_null().then_some(())))?;
    browser.driver().switch(stage.home())?;
    let lead = Words::read(browser.kind())?.say("pack_answer", &["ChatGPT"])?;
    stage.expect_text("claude.ai", &format!("{LAST}\n\n{lead}\n\n> because"))?;
    stage.wait_for_handed(LAST, "claude").map(drop)
}

/// Tables and incidents open, a receipt is saved, the target is another one, and the log is deleted after a question.
fn history(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    browser.open_popup()?;
    reach(stage, POPUP, Key::Back, "History")?;
    browser.press(POPUP, &[Key::Enter])?;
    until("the history shows the incident", SOON, || {
        let shown = browser.eval_in(HISTORY, "return document.querySelectorAll('.incident').length")?;
        Ok((shown == 1).then_some(()))
    })?;
    browser.close_popup()?;
    reach(stage, HISTORY, Key::Tab, "As a table")?;
    browser.press(HISTORY, &[Key::Enter])?;
    browser.press(HISTORY, &[Key::Tab])?;
    held(stage, HISTORY, ".wide")?;
    for (name, key) in [("As a table", Key::Space), ("2 sends failed", Key::Enter)] {
        reach(stage, HISTORY, Key::Tab, name)?;
        browser.press(HISTORY, &[key])?;
    }
    let open = "return document.querySelectorAll('details[open]').length";
    until("all of it is open", SOON, || Ok((browser.eval_in(HISTORY, open)? == 3).then_some(())))?;
    lists.walk(stage, HISTORY, "history")?;

    let target = |wanted: u32| {
        until("the target is stored", SOON, || {
            let stored = browser.local_storage()?;
            let stored: Value = serde_json::from_str(stored["settings"].as_str().unwrap_or("{}"))?;
            Ok((stored["target"] == wanted).then_some(()))
        })
    };
    reach(stage, HISTORY, Key::Tab, "99.5 %")?;
    browser.press(HISTORY, &[Key::Right])?;
    target(99_900)?;
    focused(stage, HISTORY, "99.9 %")?;
    browser.press(HISTORY, &[Key::Right])?;
    focused(stage, HISTORY, "Own:")?;
    browser.press(HISTORY, &[Key::Tab])?;
    browser.press(HISTORY, &letters("97"))?;
    target(97_000)?;
    // Of the incident itself, which comes behind its month.
    reach(stage, HISTORY, Key::Tab, "2 sends failed")?;
    reach(stage, HISTORY, Key::Tab, "CSV")?;
    browser.press(HISTORY, &[Key::Enter])?;
    ensure!(saved(stage, "csv")?.lines().count() == 2, "the receipt is not of one incident");
    focused(stage, HISTORY, "CSV")?;

    reach(stage, HISTORY, Key::Tab, "Delete the log")?;
    browser.press(HISTORY, &[Key::Enter])?;
    focused(stage, HISTORY, "Keep")?;
    browser.press(HISTORY, &[Key::Enter])?;
    focused(stage, HISTORY, "Delete the log")?;
    browser.press(HISTORY, &[Key::Enter])?;
    focused(stage, HISTORY, "Keep")?;
    reach(stage, HISTORY, Key::Back, "Delete all")?;
    browser.press(HISTORY, &[Key::Enter])?;
    until("the log is gone", SOON, || {
        Ok((browser.eval_in(HISTORY, "return Boolean(document.querySelector('.nothing'))")? == true).then_some(()))
    })?;
    browser.close_own_tab("history.html")
}

/// A key for each letter of a word.
fn letters(word: &str) -> Vec<Key> {
    word.chars().map(Key::Letter).collect()
}

/// The order is changed without a drag, and whatever goes away under the focus leaves it close by.
fn options(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    browser.open_own_tab("options.html")?;
    lists.walk(stage, OPTIONS, "options")?;
    let first = |id: &str| {
        until(&format!("{id} is the first"), SOON, || {
            let stored = browser.local_storage()?;
            let stored: Value = serde_json::from_str(stored["settings"].as_str().unwrap_or("{}"))?;
            Ok((stored["fallbacks"][0] == id).then_some(()))
        })
    };
    reach(stage, OPTIONS, Key::Tab, "Move Gemini up")?;
    browser.press(OPTIONS, &[Key::Space])?;
    first("gemini")?;
    focused(stage, OPTIONS, "Move Gemini up")?;
    reach(stage, OPTIONS, Key::Tab, "Move Gemini down")?;
    browser.press(OPTIONS, &[Key::Enter])?;
    first("chatgpt")?;
    // What stood before it has the focus then, and not what moves up, which a key that is held would press as well.
    for (name, before) in [("Allow typing in DeepSeek", "deepseek"), ("Never offer Gemini", "chatgpt")] {
        reach(stage, OPTIONS, Key::Back, name)?;
        browser.press(OPTIONS, &[Key::Enter])?;
        until(&format!("{name:?} is done"), SOON, || {
            let there = format!("return Boolean(document.querySelector('[aria-label={}]'))", json!(name));
            Ok((browser.eval_in(OPTIONS, &there)? == false).then_some(()))
        })?;
        held(stage, OPTIONS, &format!("[data-provider={before}]"))?;
    }
    browser.close_own_tab("options.html")
}

/// The rehearsal from its beginning to its end, and the three choices.
fn welcome(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    stage.prefer(&["chatgpt", "gemini", "deepseek"])?;
    browser.open_own_tab("welcome.html")?;
    lists.walk(stage, WELCOME, "welcome")?;
    reach(stage, WELCOME, Key::Tab, "Send")?;
    browser.press(WELCOME, &[Key::Enter])?;
    focused(stage, WELCOME, "Continue in ChatGPT")?;
    browser.press(WELCOME, &[Key::Enter])?;
    focused(stage, WELCOME, "Rehearse again")?;

    let settings = |done: &dyn Fn(&Value) -> bool| {
        until("the choice is stored", SOON, || {
            let stored = browser.local_storage()?;
            let stored: Value = serde_json::from_str(stored["settings"].as_str().unwrap_or("{}"))?;
            Ok(done(&stored).then_some(()))
        })
    };
    reach(stage, WELCOME, Key::Tab, "ChatGPT")?;
    browser.press(WELCOME, &[Key::Right])?;
    settings(&|stored| stored["fallbacks"][0] == "gemini")?;
    let granted = |wanted: &str| {
        until(wanted, SOON, || {
            let granted = browser.probe_eval("return JSON.stringify(await browser.permissions.getAll())")?;
            Ok(granted.as_str().is_some_and(|granted| granted.contains(wanted)).then_some(()))
        })
    };
    reach(stage, WELCOME, Key::Tab, "Allow typing in Gemini")?;
    browser.press(WELCOME, &[Key::Enter])?;
    granted("https://gemini.google.com/*")?;
    held(stage, WELCOME, ".choosing")?;
    reach(stage, WELCOME, Key::Tab, "Show a notice on")?;
    browser.press(WELCOME, &[Key::Space])?;
    granted("notifications")?;
    reach(stage, WELCOME, Key::Tab, "Ask claude.ai now")?;
    browser.press(WELCOME, &[Key::Space])?;
    settings(&|stored| stored["probes"] == false)?;
    browser.close_own_tab("welcome.html")
}

/// Another outage, another speed, without probes, by hand and by itself.
fn site(stage: &Stage, lists: &mut Lists) -> Result<()> {
    let browser = &stage.browser;
    let site = Served::start(dist().join("www"))?;
    browser.visit(site.url())?;
    browser.wait_for("document.querySelector('#figures')")?;
    // The browser's own controls of a film have as many stops as each browser likes.
    browser.eval("document.querySelector('video').inert = true; return null")?;
    lists.walk(stage, SITE, "website")?;
    browser
        .eval("document.querySelector('video').inert = false; document.querySelector('nav a').focus(); return null")?;
    reach(stage, SITE, Key::Tab, "Recording: a prompt fails in claude.ai, and one click takes it to ChatGPT")?;
    browser.press(SITE, &[Key::Space])?;
    browser.wait_for("document.querySelector('video').currentTime > 0")?;
    browser.press(SITE, &[Key::Space])?;
    browser.wait_for("document.querySelector('video').paused")?;
    let text = |css: &str| {
        let text = browser.eval_in(SITE, &format!("return document.querySelector('{css}').textContent"))?;
        Ok::<_, anyhow::Error>(text.as_str().unwrap_or_default().to_owned())
    };
    let beginning = text(".clock time")?;
    reach(stage, SITE, Key::Tab, "Moment")?;
    browser.press(SITE, &[Key::Right; 3])?;
    ensure!(text(".clock time")? > beginning, "the slider has not moved");
    let moved = text(".clock time")?;
    reach(stage, SITE, Key::Tab, "Play")?;
    reach(stage, SITE, Key::Tab, "5 min/s")?;
    browser.press(SITE, &[Key::Right])?;
    focused(stage, SITE, "20 min/s")?;
    reach(stage, SITE, Key::Tab, "May ask claude.ai")?;
    browser.press(SITE, &[Key::Space])?;
    ensure!(text("#note")?.ends_with("Asked claude.ai by itself: 0 times."), "{}", text("#note")?);
    reach(stage, SITE, Key::Back, "Play")?;
    browser.press(SITE, &[Key::Space])?;
    until("it plays", SOON, || Ok((text(".clock time")? > moved).then_some(())))?;
    focused(stage, SITE, "Pause")?;
    browser.press(SITE, &[Key::Enter])?;
    ensure!(text("#play")? == "Play", "it has not stopped");
    browser.visit("about:blank")
}

/// Presses Tab, or Shift+Tab, until the focus is on what begins with this name.
fn reach(stage: &Stage, place: Place<'_>, way: Key, name: &str) -> Result<()> {
    let mut passed = Vec::new();
    for _ in 0..MOST {
        stage.browser.press(place, &[way])?;
        let at = stage.browser.eval_in(place, NAME)?;
        let at = at.as_str().unwrap_or_default();
        if at.starts_with(name) {
            return Ok(());
        }
        passed.push(at.to_owned());
    }
    bail!("{name:?} is not reached, but {passed:?}")
}

/// Waits until the focus is on what begins with this name.
fn focused(stage: &Stage, place: Place<'_>, name: &str) -> Result<()> {
    let mut at = Value::Null;
    let waited = until(&format!("the focus is on {name:?}"), PATIENT, || {
        at = stage.browser.eval_in(place, NAME)?;
        Ok(at.as_str().is_some_and(|at| at.starts_with(name)).then_some(()))
    });
    waited.with_context(|| format!("it is on {at}"))
}

/// The focus is on something in there, and not lost.
fn held(stage: &Stage, place: Place<'_>, css: &str) -> Result<()> {
    let here = format!("return Boolean(document.activeElement.closest({}))", json!(css));
    let stays = until(&format!("the focus is in {css}"), SOON, || {
        Ok((stage.browser.eval_in(place, &here)? == true).then_some(()))
    });
    stays.with_context(|| format!("it is on {:?}", stage.browser.eval_in(place, NAME)))
}

/// What the pages were found to be like, by their names.
#[derive(Default)]
struct Lists(BTreeMap<&'static str, Vec<String>>);

impl Lists {
    /// Walks through a page from its beginning to its end and back. Each press leads to the next stop, none is lost or a trap, each can
    /// be seen, and what can be clicked is among them.
    fn walk(&mut self, stage: &Stage, place: Place<'_>, name: &'static str) -> Result<()> {
        let walked = walked(stage, place).with_context(|| name.to_owned())?;
        self.0.insert(name, walked);
        Ok(())
    }

    fn compare(&self) -> Result<()> {
        let found = self.0.iter().fold(String::new(), |mut text, (page, stops)| {
            let _ = writeln!(text, "{}[{page}]\n{}", if text.is_empty() { "" } else { "\n" }, stops.join("\n"));
            text
        });
        let path = path();
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, &found)?;
        }
        let wanted = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for (line, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
            ensure!(found == wanted, "keys.txt, line {}: {wanted:?} is wanted, {found:?} was found", line + 1);
        }
        ensure!(found == wanted, "not as many stops as in keys.txt:\n{found}");
        Ok(())
    }
}

fn path() -> PathBuf {
    repository().join("tests/e2e/keys.txt")
}

fn walked(stage: &Stage, place: Place<'_>) -> Result<Vec<String>> {
    let browser = &stage.browser;
    let at = |script: &str| browser.eval_in(place, script);
    axe::put(at)?;
    at(LISTEN)?;
    let count = at("return window.walked.stops.length")?.as_u64().context("no number")?;
    let count = usize::try_from(count)?;
    // To the first one, where the page has put the focus itself.
    let begun = at("return window.walked.stops.indexOf(document.activeElement)")?.as_u64();
    if let Some(before) = begun {
        browser.press(place, &vec![Key::Back; usize::try_from(before)?])?;
        at("window.walked.seen = []; window.walked.look()")?;
    }
    browser.press(place, &vec![Key::Tab; count - usize::from(begun.is_some())])?;
    let there = at(TELL)?;
    // Beyond the last one the browser decides, and takes its time: some begin anew, some go to their own buttons.
    browser.press(place, &[Key::Tab])?;
    let left = "return !document.hasFocus() || document.activeElement !== window.walked.stops.at(-1)";
    until("the last stop is no trap", SOON, || Ok((at(left)? == true).then_some(())))?;
    browser.press(place, &[])?;
    until("one comes back to the last stop", PATIENT, || {
        let here = at(HERE)?.as_u64().and_then(|here| usize::try_from(here).ok());
        match here.map(|here| count - 1 - here) {
            Some(0) => Ok(Some(())),
            Some(further) => browser.press(place, &vec![Key::Tab; further]).map(|()| None),
            None => browser.press(place, &[Key::Back]).map(|()| None),
        }
    })?;
    at("window.walked.seen = []; window.walked.look()")?;
    browser.press(place, &vec![Key::Back; count - 1])?;
    let back = at(TELL)?;
    let there: Vec<Stop> = serde_json::from_value(there)?;
    let back: Vec<Stop> = serde_json::from_value(back)?;
    let names = |stops: &[Stop]| stops.iter().map(|[name, ..]| name.clone()).collect::<Vec<_>>();
    let (order, mut again) = (names(&there), names(&back));
    again.reverse();
    ensure!(order == again, "there {order:#?} and back {again:#?}");
    for [name, _, trouble] in there.iter().chain(&back) {
        ensure!(trouble.is_empty(), "{name}: {trouble}");
    }
    ensure!(order.len() == count, "{count} stops are there, and {} were reached: {order:#?}", order.len());
    // A line for each row of a list.
    let mut lines: Vec<(String, String)> = Vec::new();
    for [name, row, _] in there {
        match lines.last_mut().filter(|(last, _)| !row.is_empty() && *last == row) {
            Some((_, line)) => drop(write!(line, " · {name}")),
            None => lines.push((row, name)),
        }
    }
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

/// One stop of the focus: role and accessible name, the row that it stands in, and what is wrong with it.
type Stop = [String; 3];

/// No page has more stops.
const MOST: usize = 120;

/// What the focus is on, in short.
const NAME: &str = "
    const at = document.activeElement;
    return at === document.body ? 'nothing' : (at.ariaLabel || at.labels?.[0]?.innerText || at.innerText || '').trim()";

/// The number of the stop that has the focus, or has it in a moment; -1 if none has.
const HERE: &str = "
    const here = () => document.hasFocus() ? window.walked.stops.indexOf(document.activeElement) : -1;
    for (let turn = 0; turn < 100 && here() < 0; turn++) await new Promise((done) => setTimeout(done, 10));
    return here()";

/// From now on every Tab is noted where it has come to: what it is, whether one sees that, and whether it is in sight.
const LISTEN: &str = "
    // What is folded away has its boxes in Chromium.
    const shown = (one) => one.getClientRects().length && one.checkVisibility({visibilityProperty: true});
    const sole = (one) => one.type !== 'radio' || one.checked || !document.querySelector(`[name='${one.name}']:checked`);
    const all = 'a[href], button, input, textarea, select, summary, [tabindex]';
    const stops = [...document.querySelectorAll(all)].filter((one) => shown(one) && sole(one) && one.tabIndex >= 0 && !one.disabled);
    const ring = (one) => [one, one.nextElementSibling].filter(Boolean).map((one) => {
        const {outlineStyle, outlineWidth, outlineColor, boxShadow} = getComputedStyle(one);
        const drawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && !/, 0\\)$/.test(outlineColor);
        return (drawn ? [outlineStyle, outlineWidth, outlineColor] : []).concat(boxShadow).join(' ');
    }).join();
    const inSight = (one) => {
        const {left, right, top, bottom} = one.getBoundingClientRect();
        const [x, y] = [[left, right], [top, bottom]];
        return [0.5, 0.1, 0.9].some((part) => {
            const hit = document.elementFromPoint(x[0] + (x[1] - x[0]) * part, y[0] + (y[1] - y[0]) * part);
            return hit && (one.contains(hit) || hit.contains(one) || hit.closest('label')?.contains(one));
        });
    };
    let last = null;
    const look = () => {
        const one = document.activeElement;
        // The one before it is what it is without the focus.
        if (last && last.one !== one && ring(last.one) === last.ring) last.trouble = 'one does not see the focus on it';
        last = {one, ring: ring(one), trouble: null};
        if (one === document.body) last.trouble = 'the focus is lost';
        else if (!inSight(one)) {
            // A busy Firefox scrolls there a moment after the key.
            one.scrollIntoView({block: 'nearest', behavior: 'instant'});
            if (!inSight(one)) last.trouble = 'it is not in sight';
        }
        window.walked.seen.push(last);
    };
    window.walked = {stops, look, seen: []};
    addEventListener('keyup', ({key}) => { if (key === 'Tab') look(); }, true);
";

/// No name here depends on the hour.
const TELL: &str = "
    const clocks = [...document.querySelectorAll('time, .length')];
    clocks.forEach((one) => one.setAttribute('aria-hidden', 'true'));
    window.axe.setup(document);
    try {
        const {aria, text} = window.axe.commons;
        return window.walked.seen.map(({one, trouble}) => [
            one === document.body ? 'nothing' : `${aria.getRole(one) ?? one.localName} ${text.accessibleText(one)}`,
            one.closest(':is(li, article)[data-key]')?.dataset.key ?? '',
            trouble ?? '',
        ]);
    } finally {
        window.axe.teardown();
        clocks.forEach((one) => one.removeAttribute('aria-hidden'));
    }
";
