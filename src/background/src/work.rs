//! Work that goes on while the browser answers.
//!
//! All of it is boxed, and started in one place: what surrounds a task is compiled once, and not once for each.

use js_sys::{Function, Promise};
use std::future::Future;
use std::pin::Pin;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

/// Work that comes to a `T`.
pub type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// Starts work that nobody waits for.
pub fn start(work: Work<()>) {
    spawn_local(work);
}

/// Starts work whose outcome JavaScript waits for.
pub fn promise(work: Work<JsValue>) -> Promise {
    let promised = Promise::<JsValue>::with_resolvers::<JsValue, JsValue>();
    let (promise, resolve) = (promised.promise(), promised.resolve().unchecked_into::<Function>());
    start(Box::pin(async move {
        let _ = resolve.call1(&JsValue::UNDEFINED, &work.await);
    }));
    promise
}
