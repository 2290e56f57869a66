//! Waiting, with an end.

use crate::raw;
use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};

/// Calls `done(word)` after `ms` milliseconds, if the background lives that long.
pub fn after(ms: u32, done: &Function, word: &str) {
    raw::set_timeout_with(done, ms, word);
}

/// A promise of the same, rejected after `ms` milliseconds.
pub(crate) fn within(ms: u32, promise: &JsValue) -> JsValue {
    let end = Promise::<JsValue>::with_resolvers::<JsValue, JsValue>();
    raw::set_timeout(end.reject().unchecked_ref(), ms);
    Promise::race(&Array::of2(promise, &end.promise())).into()
}
