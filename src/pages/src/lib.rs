//! wasm module 2: the popup, the handoff page and the options page. They read what is stored, draw the engine's views
//! and tell the background what the user did; they never write a store and never decide.
#![deny(clippy::unwrap_used)]

mod handoff;
mod host;
mod marks;
mod options;
mod popup;
mod stage;
mod tree;

use crate::host::Host;
use crate::tree::say;
use wasm_bindgen::prelude::*;

/// Starts the page named in `<html data-page>`: `popup`, `handoff` or `options`.
#[wasm_bindgen]
pub fn start(page: &str) -> Result<(), JsValue> {
    match page {
        "popup" => Host::start(popup::Popup::default(), &say("page_title_popup")),
        "handoff" => {
            let window = web_sys::window().ok_or("no window")?;
            let query = web_sys::UrlSearchParams::new_with_str(&window.location().search()?)?;
            let mac = window.navigator().platform().is_ok_and(|platform| platform.starts_with("Mac"));
            Host::start(handoff::Handoff::new(query.get("job").unwrap_or_default(), mac), &say("page_title_handoff"))
        }
        "options" => Host::start(options::Options::default(), &say("page_title_options")),
        _ => Err("no such page".into()),
    }
}
