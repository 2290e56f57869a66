//! axe-core, run on a page.

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
