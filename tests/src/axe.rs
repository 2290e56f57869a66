//! axe-core, run on a page.

use crate::browser::Browser;
use crate::stage::repository;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;

/// What axe-core finds wrong with a document, a line each; `eval` runs the body of an async function in it.
pub fn violations(eval: impl FnOnce(&str) -> Result<Value>) -> Result<Vec<String>> {
    violations_in("document", eval)
}

/// The same for a part of a document: an expression of JavaScript, or a selector in quotes.
pub fn violations_in(part: &str, eval: impl FnOnce(&str) -> Result<Value>) -> Result<Vec<String>> {
    let found = eval(&format!("{}\nconst part = {part};\n{RUN}", source()?))?;
    // A run that looked at nothing finds nothing either.
    ensure!(found["passes"].as_u64().is_some_and(|passes| passes > 5), "axe-core did not run: {found}");
    Ok(serde_json::from_value(found["violations"].clone())?)
}

/// Fails with what axe-core finds wrong with a document, in light or in dark.
pub fn sound(browser: &Browser, eval: impl Fn(&str) -> Result<Value>) -> Result<()> {
    sound_in("document", browser, eval)
}

/// The same for a part of a document.
pub fn sound_in(part: &str, browser: &Browser, eval: impl Fn(&str) -> Result<Value>) -> Result<()> {
    let looked = [false, true].into_iter().try_for_each(|dark| {
        browser.dark(dark)?;
        let found = violations_in(part, &eval).with_context(|| format!("dark {dark}"))?;
        ensure!(found.is_empty(), "dark {dark}: {found:#?}");
        Ok(())
    });
    browser.dark(false)?;
    looked
}

/// The same for one of the extension's own pages, which is not wider than its window either.
pub fn sound_page(browser: &Browser, page: &str) -> Result<()> {
    sound(browser, |body| browser.own_tab_eval(page, body))?;
    let wide = browser.own_tab_eval(page, "return document.documentElement.scrollWidth - innerWidth")?;
    ensure!(wide.as_i64().is_some_and(|wide| wide <= 0), "{page} is {wide} px too wide");
    Ok(())
}

/// The same for the popup.
pub fn sound_popup(browser: &Browser) -> Result<()> {
    sound(browser, |body| {
        // Firefox tells it when it opens whether the browser is a dark one.
        browser.open_popup()?;
        browser.popup_eval(body)
    })
}

/// Puts axe-core into a document as `window.axe`, for what else it knows.
pub fn put(eval: impl FnOnce(&str) -> Result<Value>) -> Result<()> {
    eval(&source()?).map(drop)
}

fn source() -> Result<String> {
    let path = repository().join("tests/sites/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&path).with_context(|| format!("{} is missing", path.display()))
}

/// Nothing is fetched for it: the pages' own rules would not allow it.
/// What is on its way from one colour to another is taken to its end first; halfway it is nobody's choice.
const RUN: &str = "
    for (const animation of document.getAnimations()) animation.finish();
    const found = await window.axe.run(part, {preload: false});
    return {
        passes: found.passes.length,
        violations: found.violations.flatMap(({id, nodes}) =>
            nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary.replaceAll('\\n', ' ')}`)),
    };
";
