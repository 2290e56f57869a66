//! What a start needs lies in two stores, and the quick one is never told what the lasting one was not.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and that is what it is for")]

mod stand_in;

use stand_in::{StandIn, install, js};
use understudy_browser::object;
use understudy_browser::storage::{MIRROR, found, get, keep, set, set_value};
use understudy_engine::Area;
use wasm_bindgen_test::wasm_bindgen_test;

async fn mirrored() -> StandIn {
    let browser = install();
    set_value(Area::Session, MIRROR, &object().into()).await.unwrap();
    browser
}

async fn local() -> Vec<(String, String)> {
    let mut local = found("engine", |keys| keys.iter().map(String::as_str).collect()).await.local;
    local.sort();
    local
}

#[wasm_bindgen_test]
async fn a_start_reads_the_mirror_and_every_change_is_in_it() {
    let browser = mirrored().await;
    set(Area::Session, "engine", "snapshot").await.unwrap();
    keep("entry:1", Some("first"), false, true).await.unwrap();
    keep("entry:1", Some("second"), false, true).await.unwrap();
    keep("text:1", Some("text"), false, false).await.unwrap();
    keep("entry:2", Some("gone"), false, true).await.unwrap();
    keep("entry:2", None, false, true).await.unwrap();
    assert_eq!(get(Area::Local, "entry:1").await.unwrap().as_deref(), Some("second"));
    assert_eq!(get(Area::Local, "text:1").await.unwrap().as_deref(), Some("text"));
    // The lasting store is not even asked.
    browser.replace("storage.local.get", "async () => { throw new Error('asked'); }");
    let start = found("engine", |_| Vec::new()).await;
    assert_eq!((start.session.as_deref(), start.trouble.is_none()), (Some("snapshot"), true));
    assert_eq!(start.local, [("entry:1".to_owned(), "second".to_owned())]);
}

#[wasm_bindgen_test]
async fn without_a_mirror_the_lasting_store_is_read() {
    install();
    keep("entry:1", Some("first"), false, true).await.unwrap();
    js("browser.storage.local.set({ 'entry:2': 'second' })");
    let both = [("entry:1", "first"), ("entry:2", "second")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(local().await, both);
}

#[wasm_bindgen_test]
async fn where_the_two_could_differ_there_is_no_mirror() {
    for store in ["local", "session"] {
        for function in [
            "async () => { throw new DOMException('full', 'QuotaExceededError'); }",
            "() => { throw new Error('no'); }",
            "undefined",
        ] {
            let browser = mirrored().await;
            keep("entry:1", Some("first"), false, true).await.unwrap();
            let path = format!("storage.{store}.set");
            browser.replace(&path, function);
            let stored = keep("entry:1", Some("second"), false, true).await;
            assert_eq!(stored.is_err(), store == "local", "{path}");
            let wanted = if store == "local" { "first" } else { "second" };
            assert_eq!(local().await, [("entry:1".to_owned(), wanted.to_owned())], "{path} = {function}");
        }
    }
}
