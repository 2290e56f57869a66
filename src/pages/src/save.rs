//! A file for the user, made in the page: nothing is fetched, and no permission is needed.

use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Hands a text to the browser's downloads. Call it inside a click.
pub fn save(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let document = web_sys::window().and_then(|window| window.document()).ok_or("no document")?;
    let properties = BlobPropertyBag::new();
    properties.set_type(kind);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &properties)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser reads it after the click.
    Timeout::new(KEPT_MS, move || drop(Url::revoke_object_url(&url))).forget();
    Ok(())
}

/// Long enough for a question where to put it.
const KEPT_MS: u32 = 300_000;
