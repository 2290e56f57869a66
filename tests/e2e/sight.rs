//! For those who see little, or want nothing to move: everything at 200 %, in the colours of the system, and still.

use crate::card::in_card;
use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use understudy_lab::{Effect, Fault, Part, Shape};
use understudy_tests::served::Served;
use understudy_tests::stage::{Words, dist};
use understudy_tests::wait::{PATIENT, SOON, until};
use understudy_tests::{Kind, Place, Sight, Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both_alone("sight_of_all_pages_large_plain_and_still", all);
    suite.both("sight_of_the_popup_where_no_scenario_leads", popup);
}

/// axe-core finds nothing wrong with the popup, light and dark, before anything was seen, by the user's own word, and offline.
fn popup(stage: &Stage) -> Result<()> {
    let (browser, words) = (&stage.browser, Words::read(stage.browser.kind())?);
    let says = |key: &str| {
        // A click in a popup that is closed at once may come to nothing.
        if !browser.popup_is_open()? {
            browser.open_popup()?;
        }
        until(key, SOON, || Ok(words.are_said(key, &browser.popup_text()?)?.then_some(())))?;
        axe::sound_popup(browser).with_context(|| key.to_owned())
    };
    says("verdict_blind")?;
    browser.popup_click("button", &words.say("action_it_is_down", &[])?)?;
    says("verdict_said_down")?;
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("Seen by everybody")?;
    browser.wait_for_card()?;
    browser.open_popup()?;
    browser.popup_click("button", &words.say("action_it_works", &[])?)?;
    says("verdict_said_works")?;
    stage.lab.clear();
    stage.send_whole("Is all well?")?;
    browser.offline(true)?;
    stage.send("And now?")?;
    browser.wait_for_card()?;
    let said = says("verdict_offline");
    browser.offline(false)?;
    said
}

/// Card and pages: nothing is cut off or sticks out, what can be pressed has an edge, every sign has the system's colours, nothing moves,
/// and axe-core finds nothing.
fn all(kind: Kind) -> Result<()> {
    let stage = Stage::start_with(kind, |options| options.sight = Sight::Low)?;
    let (browser, words) = (&stage.browser, Words::read(kind)?);
    stage.agree_to_all()?;
    stage.prefer(&["chatgpt", "deepseek"])?;
    stage.open("/new")?;
    stage.send_whole("Is all well?")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("Seen by everybody")?;
    browser.wait_for_card()?;
    card(&stage).context("the card")?;

    browser.open_popup()?;
    page(|body| browser.popup_eval(body)).context("the popup")?;
    browser.close_popup()?;
    for name in ["panel.html", "options.html", "history.html", "welcome.html", "selftest.html"] {
        browser.open_own_tab(name)?;
        page(|body| browser.own_tab_eval(name, body)).context(name)?;
        browser.close_own_tab(name)?;
    }
    browser.click_card(&words.say("action_name", &["DeepSeek"])?)?;
    let title = words.say("page_handoff_title", &["DeepSeek"])?;
    until(&title, PATIENT, || Ok(browser.own_tab_text("handoff.html")?.contains(&title).then_some(())))?;
    page(|body| browser.own_tab_eval("handoff.html", body)).context("the handoff page")?;

    let site = Served::start(dist().join("www"))?;
    browser.visit(site.url())?;
    browser.wait_for("document.querySelector('#figures')")?;
    page(|body| browser.eval_in(Place::Tab, body)).context("the website")
}

fn page(eval: impl Fn(&str) -> Result<Value>) -> Result<()> {
    sound(&eval(&format!("const root = document, all = document.querySelectorAll('body *'); {LOOK}"))?)?;
    let found = axe::violations(eval)?;
    ensure!(found.is_empty(), "{found:#?}");
    Ok(())
}

/// It stands in the window as a whole, and what does not fit into it can be scrolled to.
fn card(stage: &Stage) -> Result<()> {
    let look = || in_card(stage, &format!("const all = root.querySelectorAll('*'); {LOOK}"));
    sound(&look()?)?;
    let place = in_card(
        stage,
        "const box = root.querySelector('section');
         const { top, bottom, left, right } = box.getBoundingClientRect();
         const hides = getComputedStyle(box).overflowY;
         return {
             inside: top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth,
             reached: box.scrollHeight <= box.clientHeight + 1 || hides === 'auto' || hides === 'scroll',
             main: root.querySelector('button').getBoundingClientRect().bottom <= bottom,
         }",
    )?;
    ensure!(place == json!({"inside": true, "reached": true, "main": true}), "{place}");
    Ok(())
}

fn sound(look: &Value) -> Result<()> {
    ensure!(look["media"] == json!([true, true, true]), "the browser was not told: {look}");
    ensure!(look["texts"].as_u64() > Some(3), "there is hardly a text: {look}");
    for fault in ["wide", "edgeless", "coloured", "moving"] {
        ensure!(look[fault] == json!([]), "{fault}: {}", look[fault]);
    }
    Ok(())
}

/// What is wrong with `all` elements. The browser itself sees to the colours of text and boxes; signs are drawn.
const LOOK: &str = "
    const shown = [...all].filter((one) => one.checkVisibility());
    const told = (ones) => ones.map((one) => `${one.localName}#${one.id}.${one.getAttribute('class')} ${one.textContent.slice(0, 40)}`);
    const texts = shown.filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    const number = Number.parseFloat;
    // A table may be wider than the window where it has a place of its own to be scrolled in.
    const placed = (one) => one && (['auto', 'scroll'].includes(getComputedStyle(one).overflowX) || placed(one.parentElement));
    const sides = ['Top', 'Right', 'Bottom', 'Left'];
    const signs = shown.filter((one) => one.closest('svg[data-tone]') && one.localName !== 'svg');
    const plain = (color) => color === 'none' || new Set(color.match(/[\\d.]+/g)?.slice(0, 3)).size === 1;
    return {
        media: ['(forced-colors: active)', '(prefers-reduced-motion: reduce)', '(min-resolution: 2dppx)'].map((query) => matchMedia(query).matches),
        texts: texts.length,
        wide: told(texts.filter((one) => {
            const { textOverflow, display } = getComputedStyle(one), { left, right } = one.getBoundingClientRect();
            if (textOverflow === 'ellipsis') return false;
            return (display !== 'inline' && one.scrollWidth > one.clientWidth + 1) || ((left < -1 || right > innerWidth + 1) && !placed(one.closest('table')?.parentElement));
        }).concat(document.documentElement.scrollWidth > document.documentElement.clientWidth ? [document.documentElement] : [])),
        edgeless: told(shown.filter((one) => one.matches('button, select, textarea, input:not([type=checkbox], [type=radio], [type=file], [type=range])')
            && !sides.some((side) => {
                const style = getComputedStyle(one);
                return number(style[`border${side}Width`]) >= 1 && style[`border${side}Style`] !== 'none';
            }))),
        coloured: told(signs.filter((one) => !plain(getComputedStyle(one).stroke) || !plain(getComputedStyle(one).fill))),
        moving: told(shown.filter((one) => {
            const { animationName, transitionDuration } = getComputedStyle(one);
            return animationName !== 'none' || transitionDuration.split(',').some((time) => number(time) > 0);
        })),
    };
";
