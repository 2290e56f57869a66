//! Waiting, with an end.

use crate::{Refused, raw};
use js_sys::{Array, Function, Promise};
use std::future::Future;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

/// Calls `done(word)` after `ms` milliseconds, if the background lives that long.
pub fn after(ms: u32, done: &Function, word: &str) {
    raw::set_timeout_with(done, ms, word);
}

/// The outcome of `work`, or a refusal after `ms` milliseconds; the work itself is not stopped.
pub async fn within(
    ms: u32,
    work: impl Future<Output = Result<JsValue, Refused>> + 'static,
) -> Result<JsValue, Refused> {
    let work = future_to_promise(async move { work.await.map_err(|Refused(why)| JsValue::from(why)) });
    let end = Promise::new(&mut |_, reject| raw::set_timeout(&reject, ms));
    Ok(JsFuture::from(Promise::race(&Array::of2(&work, &end))).await?)
}
