//! The extension in other languages than English: their words, their direction, and the room they take.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use understudy_lab::{Effect, Fault, Part, Shape};
use understudy_tests::stage::Words;
use understudy_tests::wait::{SOON, until};
use understudy_tests::{Kind, Stage, axe};

pub fn add(suite: &mut Suite) {
    suite.both("card_keeps_its_direction", keeps_its_direction);
    suite.both("words_from_the_package", words_from_the_package);
    // Firefox has the words of other languages only with packages of its own.
    for language in ["ar", "de", "fr"] {
        suite.alone(Kind::Chromium, &format!("speaks_{language}"), move |kind| speaks(kind, language));
    }
}

/// What words.js does where the browser gives an extension none of its words: its call can be replaced, and the file be read.
fn words_from_the_package(stage: &Stage) -> Result<()> {
    let said = stage.browser.probe_eval(
        "const [given, wanted] = [browser.i18n.getMessage, browser.i18n.getMessage('page_open_in', ['X'])];
         browser.i18n.getMessage = () => '';
         await (await import(browser.runtime.getURL('words.js'))).default();
         const found = browser.i18n.getMessage('page_open_in', ['X']);
         browser.i18n.getMessage = given;
         return [wanted, found]",
    )?;
    ensure!(said[0] == said[1] && said[0].as_str().is_some_and(|said| said.ends_with('X')), "{said}");
    Ok(())
}

/// Both browsers fill the language's direction into the card's style, so that a page from right to left does not turn English words.
fn keeps_its_direction(stage: &Stage) -> Result<()> {
    stage.open("/new")?;
    stage.browser.eval("document.documentElement.dir = 'rtl'")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("And now?")?;
    stage.browser.wait_for_card()?;
    let seen = stage.browser.eval(DIRECTIONS)?;
    ensure!(seen == json!(["rtl", "ltr"]), "page and card: {seen}");
    Ok(())
}

const DIRECTIONS: &str =
    "return ['body', 'understudy-card'].map((name) => getComputedStyle(document.querySelector(name)).direction)";

/// A failed send is told of by the card and the popup in the browser's language and from its side, nothing of it is cut off, and axe-core
/// finds nothing.
fn speaks(kind: Kind, language: &'static str) -> Result<()> {
    let stage = Stage::start_with(kind, |options| options.language = language)?;
    stage.agree_to_all()?;
    let words = Words::read_in(kind, language)?;
    let direction = words.say("ext_direction", &[])?;
    stage.open("/new")?;
    stage.send_whole("Is all well?")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("And now?")?;
    let card = stage.browser.wait_for_card()?;
    let button = words.say("action_continue", &["ChatGPT"])?;
    ensure!(card.buttons.contains(&button), "{button} is not among {:?}", card.buttons);
    let turned = stage.browser.eval("return getComputedStyle(document.querySelector('understudy-card')).direction")?;
    ensure!(turned == direction.as_str(), "the card's direction is {turned}");

    stage.browser.open_popup()?;
    let title = words.say("page_way", &[])?;
    let text =
        until("the popup speaks", SOON, || Ok(Some(stage.browser.popup_text()?).filter(|text| text.contains(&title))))?;
    let hiccup = words.say("page_state_hiccup", &[])?;
    ensure!(text.contains(&hiccup), "{hiccup} is not in {text}");
    let set = stage
        .browser
        .popup_eval("return [document.documentElement.lang, getComputedStyle(document.body).direction]")?;
    ensure!(set == json!([language, direction]), "{set}");
    fits(&stage.browser.popup_eval(WIDER)?).context("the popup")?;
    axe::sound_popup(&stage.browser).context("the popup")?;
    stage.browser.close_popup()?;

    stage.browser.open_own_tab("options.html")?;
    fits(&stage.browser.own_tab_eval("options.html", WIDER)?).context("the options")
}

/// Nothing is wider than its place.
fn fits(wider: &Value) -> Result<()> {
    let (texts, wide) = (&wider["texts"], &wider["wide"]);
    ensure!(texts.as_u64().is_some_and(|texts| texts > 10), "there is hardly a text: {wider}");
    ensure!(wide.as_array().is_some_and(Vec::is_empty), "wider than its place: {wide}");
    Ok(())
}

/// How many elements have a text of their own, and which of them are wider inside than outside, or stick out of the window. What is cut
/// off on purpose, such as the beginning of a prompt, says so by its dots; inline elements have no width of their own.
const WIDER: &str = "
    const own = [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility()
        && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    const wider = (one) => {
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        if (style.textOverflow === 'ellipsis') return false;
        return (style.display !== 'inline' && one.scrollWidth > one.clientWidth + 1) || box.left < -1 || box.right > innerWidth + 1;
    };
    const page = document.documentElement;
    const wide = own.filter(wider).map((one) => `${one.localName}.${one.className}: ${one.textContent}`);
    if (page.scrollWidth > page.clientWidth) wide.push('the page');
    return {texts: own.length, wide};
";
