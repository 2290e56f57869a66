//! What a scenario's user does in the browser.

use crate::stage::Stage;
use crate::wait::{SOON, until};
use anyhow::Result;
use understudy_lab::{BRANCHED, Deed, Playing, UserStep};

/// Does it. What comes of it is for the caller to wait for.
pub fn does(stage: &Stage, planned: &UserStep, number: usize, playing: &Playing) -> Result<()> {
    let browser = &stage.browser;
    let prompt = format!("Prompt number {number} of {}", playing.scenario().title);
    if let Some(model) = &planned.model {
        browser.eval_with("window.lab.chooseModel(arguments[0])", &serde_json::json!([model]))?;
    }
    match planned.does {
        Deed::Reload => {
            let url = browser.driver().url()?;
            // An error page is reloaded by going there again.
            browser.visit(if url.starts_with("https://claude.ai/") { &url } else { "https://claude.ai/new" })?;
            arrives(stage)
        }
        Deed::Load => {
            browser.visit(&format!("https://claude.ai/chat/{BRANCHED}"))?;
            arrives(stage)
        }
        Deed::Send => {
            let before = stage.lab.completions().len();
            stage.send(&prompt)?;
            // A request that a dead network swallows ends all the same: the page says so. An answer that fell silent does not
            // end at all; then the user has waited long enough.
            let met = until("the prompt has met its fate", SOON, || {
                let ended = stage.lab.completions().get(before).is_some_and(|seen| seen.end.is_some());
                let idle = browser.eval("return window.lab ? !window.lab.busy : true")? == true;
                Ok((ended || idle).then_some(()))
            });
            let begun = stage.lab.completions().get(before).is_some_and(|seen| seen.status.is_some());
            met.or_else(|error| if begun { Ok(()) } else { Err(error) })
        }
        Deed::Stop => {
            stage.send(&prompt)?;
            let stop = until("the answer comes", SOON, || {
                let text =
                    browser.eval("return document.querySelector('[data-is-streaming=true]')?.innerText ?? ''")?;
                let stop = browser.driver().find("button[aria-label='Stop response']")?;
                Ok(stop.filter(|_| text.as_str().is_some_and(|text| !text.is_empty())))
            })?;
            browser.driver().click(&stop)?;
            stage.wait_until_idle()
        }
        Deed::Upload => browser
            .eval(
                "const input = document.querySelector('[data-testid=file-upload]');
                 const files = new DataTransfer();
                 files.items.add(new File([new Uint8Array(2048)], 'picture.png', {type: 'image/png'}));
                 input.files = files.files;
                 input.dispatchEvent(new Event('change', {bubbles: true}));
                 return null",
            )
            .map(drop),
    }
}

/// The page has come to rest, whatever it is: the application, a login, a crash page, an error page of the browser.
fn arrives(stage: &Stage) -> Result<()> {
    until("the page has come to rest", SOON, || {
        let rests = stage.browser.eval(
            "return document.readyState === 'complete' && (!location.href.startsWith('https://claude.ai/') || !window.lab || window.lab.ready
                || Boolean(document.querySelector('.full-page')))",
        )?;
        Ok((rests == true).then_some(()))
    })
}
