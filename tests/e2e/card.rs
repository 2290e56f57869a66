//! The card for those who do not use a mouse, do not see it, or like it dark.

use crate::suite::Suite;
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;
use understudy_lab::{Answer, Effect, Fault, Link, Network, Part, Scenario, Shape};
use understudy_tests::stage::{Words, extension};
use understudy_tests::user::does;
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Card, Kind, Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both("card_by_keyboard", by_keyboard);
    suite.both("card_is_announced", announced);
    suite.both("card_follows_the_scheme", scheme);
    suite.both_alone_patient("card_is_accessible_in_every_state", accessible);
}

/// axe-core finds nothing wrong with the card, whatever its title is, light and dark. It cannot look into a closed tree, so the extension
/// is the built one with that one word changed.
fn accessible(kind: Kind) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let copied = Command::new("cp").arg("-r").arg(extension(kind)?).arg(folder.path()).status()?;
    ensure!(copied.success(), "the extension was not copied");
    let copy = folder.path().join(extension(kind)?.file_name().context("a folder")?);
    let bridge = fs::read_to_string(copy.join("bridge.js"))?;
    let (closed, open) = ("attachShadow({ mode: \"closed\" })", "attachShadow({ mode: \"open\" })");
    ensure!(bridge.matches(closed).count() == 1, "the card's tree is made in another way now");
    fs::write(copy.join("bridge.js"), bridge.replace(closed, open))?;
    let messages: Value = serde_json::from_slice(&fs::read(copy.join("_locales/en/messages.json"))?)?;
    let keys = messages.as_object().context("messages")?.keys();
    let words = Words::read(kind)?;
    let stage = Stage::start_with(kind, |options| options.extension = Some(copy))?;
    stage.agree_to_all()?;

    let mut titles = at_once(&stage, &words)?;
    for story in ["one-model", "site-down", "login-only", "stall"] {
        titles.append(&mut told(&stage, &words, story).context(story)?);
    }
    for key in keys.filter(|key| key.starts_with("title_")) {
        let mut said = false;
        for title in &titles {
            said |= words.are_said(key, title)?;
        }
        ensure!(said, "no card was looked at that says {key}: {titles:?}");
    }
    Ok(())
}

/// The titles that follow from one answer; and those of an outage, and of the end of a short one.
fn at_once(stage: &Stage, words: &Words) -> Result<BTreeSet<String>> {
    let limit = Answer { shape: Some(Shape::UsageLimit), resets_in: Some(7_200), ..Answer::default() };
    let error = Effect::StreamError { after: 8, kind: "api_error".to_owned(), message: "x".to_owned(), code: None };
    let strange = Answer { status: Some(418), ..Answer::default() };
    let effects = [
        ("title_failed", Effect::shape(Shape::ApiError)),
        ("title_failed", Effect::shape(Shape::Cloudflare)),
        ("title_capacity", Effect::shape(Shape::Overloaded)),
        ("title_cut", error),
        ("title_cut", Effect::CutBody { after: 12 }),
        ("title_silent", Effect::Reset),
        ("title_limit", Effect::Answer(limit)),
        ("title_session", Effect::shape(Shape::SessionInvalid)),
        ("title_challenge", Effect::shape(Shape::Challenge)),
        // From a banned account the page leaves at once, and may take with it what it was told.
        ("title_account", Effect::shape(Shape::ModelNotAvailable)),
        ("title_region", Effect::shape(Shape::Region)),
        ("title_in_between", Effect::shape(Shape::CompanyFilter)),
        ("title_refused", Effect::shape(Shape::TooLarge)),
        ("title_in_between", Effect::shape(Shape::Empty)),
        ("title_unknown", Effect::Answer(strange)),
    ];
    let says = |key: &str| {
        until(key, SOON, || {
            let Some(card) = stage.browser.card()? else { return Ok(None) };
            if words.are_said(key, &card.title)? {
                return Ok(Some(card));
            }
            bail!("it says {:?}", card.title)
        })
    };
    let mut titles = BTreeSet::new();
    for (key, effect) in effects {
        stage.fresh()?;
        stage.open("/new")?;
        let named = format!("{key} by {effect:?}");
        stage.lab.fault(Fault::on(&[Part::Completion], effect));
        stage.send("Seen by everybody")?;
        // The first one may know less.
        titles.insert(says(key).with_context(|| named.clone())?.title);
        sound(stage).context(named)?;
    }
    // And where Claude is not to blame.
    stage.fresh()?;
    stage.open("/new")?;
    stage.lab.network(Network::all(Link::Reset));
    stage.send("Seen by everybody")?;
    let dead = |card: &Card| words.are_said("what_own_network", &card.text).unwrap_or(false);
    titles.insert(until("the network is found dead", SOON, || Ok(stage.browser.card()?.filter(dead)))?.title);
    sound(stage).context("own network")?;
    stage.fresh()?;
    stage.open("/new")?;
    stage.browser.offline(true)?;
    stage.send("Seen by everybody")?;
    titles.insert(says("title_offline")?.title);
    sound(stage).context("offline")?;
    stage.browser.offline(false)?;

    stage.fresh()?;
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    let title = words.say("title_down", &[])?;
    let down = until("the card says that Claude is down", Duration::from_secs(120), || {
        stage.send("Seen by everybody")?;
        stage.wait_until_idle()?;
        Ok(stage.browser.card()?.filter(|card| card.title == title))
    })?;
    titles.insert(down.title);
    sound(stage).context("down")?;
    stage.fresh()?;
    fail(stage, "Seen by everybody")?;
    stage.browser.open_popup()?;
    stage.browser.popup_click("button", &words.say("page_later", &[])?)?;
    stage.browser.close_popup()?;
    stage.lab.clear();
    stage.browser.visit_in_new_tab("https://claude.ai/new")?;
    stage.browser.wait_for("window.lab?.ready")?;
    stage.send_whole("And now?")?;
    stage.browser.close_other_tabs(stage.home())?;
    titles.insert(says("title_back")?.title);
    sound(stage).context("back")?;
    Ok(titles)
}

/// The titles of the cards in a scenario of `tests/scenarios`.
fn told(stage: &Stage, words: &Words, story: &str) -> Result<BTreeSet<String>> {
    let scenario = Scenario::named(story).map_err(|error| anyhow!("{error}"))?;
    stage.fresh()?;
    stage.probe(scenario.probes)?;
    stage.open("/new")?;
    let playing = stage.lab.play_at(&scenario, 0.0);
    let mut titles = BTreeSet::new();
    for (number, step) in (1..).zip(&scenario.user) {
        sleep(Duration::from_secs(step.wait.into()));
        if let Some(time) = step.time {
            playing.skip_to(time);
        }
        does(stage, step, number, &playing)?;
        for sight in scenario.timeline.iter().filter(|sight| sight.after == number) {
            let Some(key) = &sight.card else { continue };
            let card = until(key, Duration::from_secs(sight.within.into()), || {
                let Some(card) = stage.browser.card()? else { return Ok(None) };
                Ok(words.are_said(key, &card.title)?.then_some(card))
            })?;
            if titles.insert(card.title) {
                sound(stage).with_context(|| key.clone())?;
            }
        }
    }
    playing.stop();
    ensure!(!titles.is_empty(), "this story shows no card");
    Ok(titles)
}

fn sound(stage: &Stage) -> Result<()> {
    let card = "return Boolean(document.querySelector('understudy-card')?.shadowRoot?.querySelector('h2'))";
    until("the card has its words", SOON, || Ok((stage.browser.eval(card)? == true).then_some(())))?;
    axe::sound_in("'understudy-card'", &stage.browser, |body| {
        stage.browser.eval(&format!("return (async () => {{{body}\n}})()"))
    })
}

/// It takes no focus by itself. Tab reaches its buttons in order, Escape closes it and gives the focus back, Enter is a click.
fn by_keyboard(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    stage.browser.consent()?;
    fail(stage, "Without a mouse")?;
    ensure!(in_card(stage, FOCUS)?.is_null(), "the card took the focus");
    stage.browser.eval("document.querySelector('.ProseMirror').focus(); return null")?;
    let typed = "still typing";
    stage.browser.driver().press(typed)?;
    let model =
        stage.browser.eval("return window.lab.model?.() ?? document.querySelector('.ProseMirror').innerText")?;
    ensure!(model.as_str().is_some_and(|text| text.contains(typed)), "the composer did not get the keys: {model}");

    let mut walked = Vec::new();
    until("Tab reaches the card's last button", SOON, || {
        stage.browser.driver().press(TAB)?;
        if let Some(label) = in_card(stage, FOCUS)?.as_str()
            && walked.last().is_none_or(|last| last != label)
        {
            walked.push(label.to_owned());
        }
        let close = words.say("action_close", &[])?;
        Ok(walked.contains(&close).then_some(()))
    })?;
    let buttons = stage.browser.wait_for_card()?.buttons;
    ensure!(walked == buttons, "Tab walked {walked:?}, the card has {buttons:?}");
    stage.browser.driver().press(ESCAPE)?;
    until("the card is closed", SOON, || Ok(stage.browser.card()?.is_none().then_some(())))?;
    let back = stage.browser.eval("return document.activeElement !== document.body")?;
    ensure!(back == true, "the focus was not given back to the page");

    fail(stage, "Once more without a mouse")?;
    let main = words.say("action_continue", &["ChatGPT"])?;
    until("Tab reaches the main button", SOON, || {
        stage.browser.driver().press(TAB)?;
        Ok((in_card(stage, FOCUS)? == main).then_some(()))
    })?;
    let known = stage.browser.driver().windows()?;
    // The card has stood there long enough to be read: a key that comes sooner is not taken for a click on it.
    sleep(Duration::from_millis(400));
    stage.browser.driver().press(ENTER)?;
    stage.expect_arrival(&known, "chatgpt.com", "Once more without a mouse").map(drop)
}

/// A screen reader is told politely, by a live region that stood there before its words; every button has a name.
fn announced(stage: &Stage) -> Result<()> {
    fail(stage, "Read it to me")?;
    let tree = in_card(
        stage,
        "const region = root.querySelector('section');
         const status = root.querySelector('[role=status]');
         return {
             region: region?.getAttribute('aria-label') ?? null,
             said: status?.innerText ?? '',
             unnamed: [...root.querySelectorAll('button')].filter((b) => !(b.getAttribute('aria-label') || b.innerText.trim())).length,
             heading: Boolean(status?.querySelector('h2')),
         }",
    )?;
    ensure!(tree["region"] == "Understudy" && tree["heading"] == true && tree["unnamed"] == 0, "{tree}");
    let card = stage.browser.wait_for_card()?;
    ensure!(tree["said"].as_str().is_some_and(|said| said.contains(&card.title)), "{tree}");
    Ok(())
}

/// Light in a light browser, dark in a dark one, and readable in both: text and main button have a contrast of 4.5 at least.
fn scheme(stage: &Stage) -> Result<()> {
    fail(stage, "Light and dark")?;
    let mut papers = Vec::new();
    for dark in [false, true] {
        stage.browser.dark(dark)?;
        // Colours change over a tenth of a second.
        let looks = until("text and button are readable", SOON, || {
            let looks = in_card(stage, LOOKS)?;
            for pair in ["text", "button"] {
                let ratio = looks[pair].as_f64().with_context(|| format!("{pair} in {looks}"))?;
                ensure!(ratio >= 4.5, "dark {dark}: the contrast of {pair} is {ratio:.2}");
            }
            Ok(Some(looks))
        })?;
        papers.push(looks["paper"].as_f64().context("paper")?);
    }
    stage.browser.dark(false)?;
    ensure!(papers[0] > 0.8 && papers[1] < 0.1, "the paper's luminance, light and dark: {papers:?}");
    Ok(())
}

fn fail(stage: &Stage, prompt: &str) -> Result<()> {
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send(prompt)?;
    stage.browser.wait_for_card()?;
    stage.wait_until_idle()
}

/// Runs the body of a function with the card's shadow root as `root`.
pub fn in_card(stage: &Stage, body: &str) -> Result<Value> {
    let driver = stage.browser.driver();
    let host = driver.find("understudy-card")?.context("there is no card")?;
    let root = driver.shadow(&host)?;
    stage.browser.eval_with(&format!("const root = arguments[0]; {body}"), &json!([root.argument()]))
}

const FOCUS: &str =
    "const held = root.activeElement; return held ? held.getAttribute('aria-label') || held.innerText.trim() : null";

/// Relative luminance and contrast as WCAG 2.2 defines them.
const LOOKS: &str = "
    const numbers = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const luminance = (color) => numbers(color).map((n) => n / 255).map((n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4))
        .reduce((sum, n, index) => sum + n * [0.2126, 0.7152, 0.0722][index], 0);
    const contrast = (one, other) => {
        const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
    };
    return Promise.allSettled(document.getAnimations().map((animation) => animation.finished)).then(() => {
        const paper = getComputedStyle(root.querySelector('section')).backgroundColor;
        const line = getComputedStyle(root.querySelector('p')).color;
        const main = getComputedStyle(root.querySelector('button'));
        return {paper: luminance(paper), text: contrast(line, paper), button: contrast(main.color, main.backgroundColor)};
    });
";

/// `WebDriver`'s code points.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
