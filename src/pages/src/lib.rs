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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    const SOURCES: [&str; 9] = [
        include_str!("handoff.rs"),
        include_str!("host.rs"),
        include_str!("marks.rs"),
        include_str!("options.rs"),
        include_str!("options/parts.rs"),
        include_str!("popup.rs"),
        include_str!("popup/parts.rs"),
        include_str!("stage.rs"),
        include_str!("../../../extension/pages.js"),
    ];
    const TITLES: [&str; 3] = ["page_title_popup", "page_title_handoff", "page_title_options"];
    const MESSAGES: &str = include_str!("../../../extension/_locales/en/messages.json");

    #[test]
    fn every_sentence_of_the_pages_exists_and_is_used() {
        let messages: serde_json::Map<String, serde_json::Value> = serde_json::from_str(MESSAGES).unwrap();
        let written: BTreeSet<&str> =
            messages.keys().map(String::as_str).filter(|key| key.starts_with("page_")).collect();
        let mut used: BTreeSet<&str> = TITLES.into();
        for source in SOURCES {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            used.extend(code.split(['"', '\'']).filter(|text| text.starts_with("page_") && !text.contains(' ')));
        }
        assert_eq!(used, written);
    }

    #[test]
    fn parameters_are_written_as_both_browsers_read_them() {
        let messages: serde_json::Map<String, serde_json::Value> = serde_json::from_str(MESSAGES).unwrap();
        for (key, message) in messages {
            let text = message["message"].as_str().unwrap_or_default();
            assert!(!text.trim().is_empty(), "{key} is empty");
            for (at, _) in text.match_indices('$') {
                let after = &text[at + 1..];
                assert!(after.starts_with(|c: char| ('1'..='9').contains(&c)), "{key}: a bare $");
                // `$1$` would be read as a named placeholder.
                assert!(!after[1..].starts_with('$'), "{key}: parameters must not touch");
            }
        }
    }
}
