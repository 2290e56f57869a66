//! A fallback that is in an incident of its own is marked and comes later; nobody asks while Claude works.

use crate::suite::Suite;
use anyhow::{Result, ensure};
use understudy_lab::{Effect, Fault, Part, Seen, Shape};
use understudy_tests::Stage;
use understudy_tests::stage::Words;
use understudy_tests::wait::{SOON, until};

pub fn add(suite: &mut Suite) {
    suite.both("a_fallback_in_trouble_comes_later", trouble_comes_later);
}

/// `ChatGPT` is the user's first choice and has an incident (incident.io's form), `DeepSeek` the second and has none
/// (Statuspage's form): the card's main button is `DeepSeek`, that of `ChatGPT` says what is the matter.
fn trouble_comes_later(stage: &Stage) -> Result<()> {
    const SECRET: &str = "Xylophon-Quagga-4410";
    let words = Words::read(stage.browser.kind())?;
    stage.prefer(&["chatgpt", "deepseek"])?;
    stage.lab.trouble("status.openai.com", Some("Elevated errors in ChatGPT"));
    stage.open("/new")?;
    stage.send_whole("Is all well?")?;
    stage.wait_for_entry_state("Is all well?", "confirmed")?;
    ensure!(feeds(stage).is_empty(), "asked while Claude works: {:?}", feeds(stage));

    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send(SECRET)?;
    let (main, marked) = (words.say("action_continue", &["DeepSeek"])?, words.say("action_troubled", &["ChatGPT"])?);
    until("the card names the healthy one first, and marks the other", SOON, || {
        let Some(card) = stage.browser.card()? else { return Ok(None) };
        let place = |label: &String| card.buttons.iter().position(|button| button == label);
        Ok((place(&main) == Some(0) && place(&marked) == Some(1)).then_some(()))
    })?;

    let asked = feeds(stage);
    let hosts: Vec<&str> = asked.iter().map(|seen| seen.host.as_str()).collect();
    ensure!(
        hosts.len() == 2 && hosts.contains(&"status.openai.com") && hosts.contains(&"status.deepseek.com"),
        "{hosts:?}"
    );
    for seen in &asked {
        let told = ["cookie", "referer", "authorization"].into_iter().find_map(|name| seen.header(name));
        ensure!(seen.method == "GET" && seen.body.is_empty() && told.is_none(), "told more than it must: {seen:?}");
        ensure!(!seen.carries(SECRET) && !seen.target.contains('?'), "told of the user: {seen:?}");
    }

    // The popup says it too, in the status page's own words.
    stage.browser.open_popup()?;
    until("the popup says what is the matter", SOON, || {
        Ok(stage.browser.popup_text()?.contains("Elevated errors in ChatGPT").then_some(()))
    })?;
    stage.browser.close_popup()
}

/// The requests to status pages of fallbacks.
fn feeds(stage: &Stage) -> Vec<Seen> {
    stage.lab.requests().into_iter().filter(|seen| seen.part == Part::Feed).collect()
}
