//! What is sealed, with the browser's own `WebCrypto` and a stand-in for its stores.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and that is what it is for")]

mod stand_in;

use js_sys::{Array, Uint8Array};
use stand_in::{install, js};
use understudy_browser::storage::{everything, found, one, set, set_value};
use understudy_browser::{Members, Refused, member, object, seal};
use understudy_engine::Area;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// A record, as far as writing needs it, and the private half of its pair.
async fn record() -> (JsValue, JsValue) {
    let kind = Members::from(seal::for_the_pair())
        .number("modulusLength", 2048)
        .with("publicExponent", &Uint8Array::from(&[1, 0, 1][..]));
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let pair = seal::asked("generateKey", &Array::of3(&kind.into(), &JsValue::TRUE, &usages)).await.unwrap();
    let half = |format: &str, half| seal::asked("exportKey", &Array::of2(&format.into(), &member(&pair, half)));
    let public = half("spki", "publicKey").await.unwrap();
    let private = half("pkcs8", "privateKey").await.unwrap();
    (object().with(seal::PUBLIC, &seal::letters(&public)).into(), private)
}

/// All of `storage.local`, as JSON.
async fn stored() -> String {
    js_sys::JSON::stringify(&everything().await.unwrap()).unwrap().into()
}

async fn keys() -> JsValue {
    found("engine", |_| Vec::new()).await.keys
}

#[wasm_bindgen_test]
async fn what_is_sealed_is_read_with_its_key_and_is_no_text_without() {
    install();
    let (record, private) = record().await;
    seal::begin(&record, "17").await.unwrap();
    let text = "{\"text\":\"é 🧑‍💻 \\u202e</script>\"}".repeat(3_000);
    for (key, value) in [("entry:e1", "short"), ("text:e1", &text), ("text:e2", "")] {
        seal::put(key, value).await.unwrap();
        let found = one(key).await;
        assert_eq!((found.locked, found.value().as_deref()), (0, Some(value)), "{key}");
    }
    set(Area::Local, "settings", "short").await.unwrap();
    let lies = stored().await;
    assert!(!lies.contains("🧑‍💻") && lies.matches("short").count() == 1, "{lies}");
    // Twice the same is not twice the same on the disk.
    seal::put("text:e3", "short").await.unwrap();
    let pairs = everything().await.unwrap();
    let sealed = |key: &str| {
        let pair = pairs.iter().map(|pair| Array::from(&pair)).find(|pair| pair.get(0) == key).unwrap();
        String::from(js_sys::JSON::stringify(&pair.get(1)).unwrap())
    };
    assert!(sealed("entry:e1") != sealed("text:e3"));

    // After a restart its key is not there, and what can be read is.
    js("browser.storage.session.remove('keys')");
    let all = found("engine", |keys| keys.iter().map(String::as_str).collect()).await;
    assert_eq!(all.locked, 4);
    assert!(all.local.contains(&("settings".to_owned(), "short".to_owned())) && all.trouble.is_none());
    assert_eq!(one("text:e1").await.value(), None);

    // The private half takes it out.
    let wrapped = one("sealed:17").await.value().unwrap();
    let key = seal::with_key("pkcs8", &private, seal::for_the_pair(), "decrypt", seal::bytes(&wrapped.into()));
    let keys = object().with("17", &seal::letters(&key.await.unwrap())).into();
    set_value(Area::Session, seal::KEYS, &keys).await.unwrap();
    assert_eq!(one("text:e1").await.value(), Some(text));
}

#[wasm_bindgen_test]
async fn each_session_writes_with_its_own_key_and_reads_with_all_it_has() {
    install();
    let (record, _) = record().await;
    seal::begin(&record, "1").await.unwrap();
    seal::put("text:a", "first").await.unwrap();
    let first = keys().await;
    js("browser.storage.session.remove('keys')");
    seal::begin(&record, "2").await.unwrap();
    seal::put("text:b", "second").await.unwrap();
    assert_eq!((one("text:a").await.value(), one("text:b").await.value()), (None, Some("second".to_owned())));
    let both: JsValue = Members::from(keys().await).with("1", &member(&first, "1")).into();
    set_value(Area::Session, seal::KEYS, &both).await.unwrap();
    assert_eq!(one("text:a").await.value().as_deref(), Some("first"));
    seal::put("text:c", "third").await.unwrap();
    assert!(stored().await.contains(r#"["text:c",["2","#));
}

#[wasm_bindgen_test]
async fn without_a_key_nothing_is_stored() {
    install();
    assert!(seal::put("text:a", "secret").await.is_err());
    for public in ["", "no letters!", "AAAA"] {
        let record = object().text(seal::PUBLIC, public).into();
        assert!(seal::begin(&record, "1").await.is_err(), "{public:?}");
    }
    assert!(seal::begin(&JsValue::UNDEFINED, "1").await.is_err());
    assert!(seal::put("text:a", "secret").await.is_err());
    // A key whose way back could not be stored is not written with.
    let browser = install();
    browser.replace("storage.local.set", "async () => { throw new Error('full'); }");
    let (record, _) = record().await;
    assert!(seal::begin(&record, "1").await.is_err());
    browser.replace("storage.local.set", "async () => {}");
    assert!(seal::put("text:a", "secret").await.is_err());
}

#[wasm_bindgen_test]
async fn what_was_changed_on_the_disk_is_not_read() {
    install();
    let (record, _) = record().await;
    seal::begin(&record, "1").await.unwrap();
    seal::put("text:a", "secret").await.unwrap();
    let keys = keys().await;
    let sound = js("browser.storage.local.get('text:a')");
    let sound = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(sound)).await.unwrap();
    let sound = Array::from(&member(&sound, "text:a"));
    assert_eq!(seal::told(seal::open(&keys, &sound).await).as_deref(), Some("secret"));
    for (at, value) in [(0, "2"), (1, "AAAAAAAAAAAAAAAA"), (2, "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"), (2, "?"), (2, "")] {
        let damaged = sound.slice(0, 3);
        damaged.set(at, value.into());
        assert_eq!(seal::told(seal::open(&keys, &damaged).await), None, "{at} {value}");
    }
    for damaged in ["[]", "[1]", "['1']", "['1', null, {}]", "['toString', 'AAAA', 'AAAA']", "[[], [], []]"] {
        let opened: Result<JsValue, Refused> = seal::open(&keys, &Array::from(&js(damaged))).await;
        assert_eq!(seal::told(opened), None, "{damaged}");
    }
}
