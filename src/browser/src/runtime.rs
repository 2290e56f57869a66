//! `browser.runtime`: who and where we are.

use crate::{Answer, Refused, raw, settled};
use understudy_engine::Platform;
use wasm_bindgen::JsValue;

/// The extension's id.
pub fn id() -> String {
    raw::RUNTIME_ID.with(Clone::clone)
}

/// The absolute URL of a file of ours.
pub fn url(path: &str) -> String {
    raw::runtime_get_url(path)
}

/// Which browser this is, by the scheme of our own pages: it cannot be faked by a user agent switcher.
pub fn platform() -> Platform {
    if url("").starts_with("moz-extension:") { Platform::Firefox } else { Platform::Chromium }
}

/// Sends a message to the background, and hands back its reply.
pub fn send(message: &JsValue) -> Answer {
    settled(raw::runtime_send_message(message))
}

/// Opens the options page.
pub async fn open_options() -> Result<(), Refused> {
    settled(raw::open_options_page()).await?;
    Ok(())
}

/// Tells whoever looks into the console. Never text of the user's.
pub fn warn(message: &str) {
    raw::warn(message);
}
