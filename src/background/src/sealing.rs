//! What is private in the lasting store is sealed, if the user wants it so: see `understudy_browser::seal`.

use crate::outputs::Shell;
use crate::{SNAPSHOT, now};
use js_sys::Array;
use understudy_browser::{Members, Refused, member, object, seal, storage};
use understudy_engine::{Area, Stored, is_at_hand, is_private, needed_at_start};
use wasm_bindgen::JsValue;

/// What is brought into its form goes on for so long at a time, in milliseconds: what comes meanwhile waits for it.
const SLICE_MS: u64 = 1_000;

/// What a start finds; and whether what is private is sealed from now on. If so, and nobody has typed the passphrase yet, this is where a
/// key is made that can only write.
pub async fn stored(shell: &Shell) -> Stored {
    let found = storage::found(SNAPSHOT, needed_at_start).await;
    let mut mirror = found.mirror;
    if !mirror.is_object() {
        let on = found.record.is_object();
        let sealed = on && member(&found.record, seal::ENDING).is_falsy();
        if sealed && !found.keys.is_object() {
            // Without a key nothing private is stored, and that is said.
            let _ = seal::begin(&found.record, &now().to_string()).await;
        }
        // The browser was closed in the middle of it.
        if sealed
            && member(&found.record, seal::BEGINNING).is_truthy()
            && convert(true).await.is_ok_and(|left| left == 0)
        {
            let begun = Members::from(found.record).with(seal::BEGINNING, &JsValue::FALSE).into();
            let _ = storage::set_value(Area::Local, seal::RECORD, &begun).await;
        }
        mirror = object()
            .with(seal::ON, &on.into())
            .with(seal::SEALS, &sealed.into())
            .with(seal::LOCKED, &found.locked.into())
            .into();
        if found.trouble.is_none() {
            // A text without its entry gets one now, which is mirrored when it is stored.
            let needed = found.local.iter().filter(|(key, _)| is_at_hand(key));
            let all = needed.fold(object(), |all, (key, value)| all.text(key, value));
            let _ = storage::set_all(Area::Session, all.with(storage::MIRROR, &mirror)).await;
        }
    }
    shell.seals.set(member(&mirror, seal::SEALS).is_truthy());
    Stored { session: found.session, local: found.local }
}

/// Brings what is stored into the form that is wanted now. How many values are left for the next time.
pub async fn convert(sealed: bool) -> Result<JsValue, Refused> {
    let (until, mut left) = (now() + SLICE_MS, 0);
    for pair in storage::everything().await?.iter() {
        let pair = Array::from(&pair);
        let Some(key) = pair.get(0).as_string().filter(|key| is_private(key)) else { continue };
        if pair.get(1).is_string() != sealed {
            continue;
        }
        if now() > until {
            left += 1;
            continue;
        }
        // What cannot be read stays as it is.
        let Some(text) = storage::one(&key).await.value() else { continue };
        storage::keep(&key, Some(&text), sealed, false).await?;
    }
    Ok(left.into())
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::{convert, stored};
    use crate::stand_in::{install, js, turns};
    use crate::{Background, Core, Shell};
    use js_sys::{Array, Promise, Uint8Array};
    use understudy_browser::storage::{everything, one, set, set_value};
    use understudy_browser::{Members, member, object, seal};
    use understudy_engine::{Area, entry_key, text_key};
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use wasm_bindgen_test::wasm_bindgen_test;

    const ID: &str = "1772452152123-1";
    const ENTRY: &str =
        r#"{"id":"1772452152123-1","at":1772452152123,"state":"not-sent","head":"kept","chars":4,"print":0}"#;

    async fn record() -> JsValue {
        let kind = Members::from(seal::for_the_pair())
            .number("modulusLength", 2048)
            .with("publicExponent", &Uint8Array::from(&[1, 0, 1][..]));
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let pair = seal::asked("generateKey", &Array::of3(&kind.into(), &JsValue::TRUE, &usages)).await.unwrap();
        let args = Array::of2(&"spki".into(), &member(&pair, "publicKey"));
        object().with(seal::PUBLIC, &seal::letters(&seal::asked("exportKey", &args).await.unwrap())).into()
    }

    async fn lies() -> String {
        js_sys::JSON::stringify(&everything().await.unwrap()).unwrap().into()
    }

    async fn keep(key: &str, value: &str) {
        set(Area::Local, key, value).await.unwrap();
    }

    #[wasm_bindgen_test]
    async fn what_is_private_is_brought_into_its_form_and_the_rest_left_alone() {
        install();
        let record = record().await;
        for (key, value) in [(entry_key(ID), ENTRY), (text_key(ID), "kept"), ("settings".into(), "{\"keep\":7}")] {
            keep(&key, value).await;
        }
        for key in ["begun:1", "sent:1", "aside:entry:2", "incident:1", "left", "agreed"] {
            keep(key, &["kept ", key].concat()).await;
        }
        let before = lies().await;
        seal::begin(&record, "1").await.unwrap();
        assert_eq!(convert(true).await.unwrap(), 0);
        let sealed = lies().await;
        for key in ["incident:1", "left", "agreed"] {
            assert!(sealed.contains(&["kept ", key].concat()), "{key}: {sealed}");
        }
        assert!(sealed.matches("kept").count() == 3 && sealed.contains("keep"), "{sealed}");
        // Again, there is nothing to do.
        assert_eq!(convert(true).await.unwrap(), 0);
        assert_eq!(lies().await, sealed);
        assert_eq!(convert(false).await.unwrap(), 0);
        let after = lies().await;
        let sorted = |text: &str| {
            let mut values: Vec<_> = text.split("],[").map(|pair| pair.replace(['[', ']'], "")).collect();
            values.retain(|pair| !pair.starts_with("\"sealed:"));
            values.sort();
            values
        };
        assert_eq!(sorted(&after), sorted(&before));
    }

    #[wasm_bindgen_test]
    async fn what_cannot_be_opened_stays() {
        install();
        let record = record().await;
        seal::begin(&record, "1").await.unwrap();
        seal::put("text:1", "kept").await.unwrap();
        let sealed = lies().await;
        js("browser.storage.session.remove('keys')");
        assert_eq!(convert(false).await.unwrap(), 0);
        assert_eq!(lies().await, sealed);
        // And what cannot be sealed stays as it was.
        keep("text:2", "open").await;
        assert!(convert(true).await.is_err());
        assert_eq!(one("text:2").await.value().as_deref(), Some("open"));
    }

    #[wasm_bindgen_test]
    async fn a_start_that_nobody_has_typed_for_gets_a_key_that_only_writes() {
        install();
        let record = record().await;
        seal::begin(&record, "1").await.unwrap();
        set_value(Area::Local, seal::RECORD, &record).await.unwrap();
        seal::put(&entry_key(ID), ENTRY).await.unwrap();
        // A restart: that store is memory.
        js("browser.storage.session.remove('keys')");
        let shell = Shell::new(js("() => {}").unchecked_into());
        let found = stored(&shell).await;
        assert!(
            shell.seals.get() && found.local.iter().all(|(key, _)| key.starts_with("sealed:")),
            "{:?}",
            found.local
        );
        seal::put("text:new", "while locked").await.unwrap();
        assert_eq!(one("text:new").await.value().as_deref(), Some("while locked"));
        assert_eq!(one(&entry_key(ID)).await.value(), None);
        assert_eq!(lies().await.matches(r#"["sealed:"#).count(), 2);
        // The next start of this session makes none.
        stored(&shell).await;
        assert_eq!(lies().await.matches(r#"["sealed:"#).count(), 2);
        // Where sealing is being ended, none is needed.
        js("browser.storage.session.remove('keys')");
        js("browser.storage.session.remove('mirror')");
        let ending = Members::from(record).with(seal::ENDING, &JsValue::TRUE).into();
        set_value(Area::Local, seal::RECORD, &ending).await.unwrap();
        stored(&shell).await;
        assert!(!shell.seals.get());
        assert_eq!(lies().await.matches(r#"["sealed:"#).count(), 2);
    }

    #[wasm_bindgen_test]
    async fn no_text_is_mirrored_and_what_was_forgotten_does_not_come_back() {
        install();
        keep(&text_key(ID), "kept").await;
        let hand = js("() => {}").unchecked_into();
        let background = Background(Core::new(Shell::new(hand)).await);
        let act = |act: &str| {
            let sender = "{ id: browser.runtime.id, url: browser.runtime.getURL('options.html') }";
            let args = Array::from(&js(&format!("[{{ type: 'act', act: {act} }}, {sender}]")));
            JsFuture::from(background.event("message".to_owned(), args))
        };
        act("{ act: 'say', down: false }").await.unwrap();
        let mirrored = || async {
            let session = understudy_browser::storage::read(Area::Session, &JsValue::NULL).await.unwrap();
            let keys: Vec<_> = js_sys::Object::keys(session.unchecked_ref::<js_sys::Object>())
                .iter()
                .filter_map(|key| key.as_string())
                .collect();
            keys
        };
        let keys = mirrored().await;
        assert!(keys.contains(&entry_key(ID)) && !keys.contains(&text_key(ID)), "{keys:?}");
        act("{ act: 'forget', entry: '1772452152123-1' }").await.unwrap();
        assert!(!mirrored().await.contains(&entry_key(ID)));
        let shell = Shell::new(js("() => {}").unchecked_into());
        assert!(stored(&shell).await.local.iter().all(|(key, _)| !key.contains(ID)));
    }

    #[wasm_bindgen_test]
    async fn what_was_not_sealed_to_the_end_is_sealed_at_the_next_start() {
        install();
        let record = record().await;
        keep(&entry_key(ID), ENTRY).await;
        keep(&text_key(ID), "kept").await;
        set_value(Area::Local, seal::RECORD, &record).await.unwrap();
        let shell = Shell::new(js("() => {}").unchecked_into());
        stored(&shell).await;
        assert_eq!(lies().await.matches("kept").count(), 2, "nobody has asked for it");
        let beginning = Members::from(record).with(seal::BEGINNING, &JsValue::TRUE).into();
        set_value(Area::Local, seal::RECORD, &beginning).await.unwrap();
        js("browser.storage.session.remove('mirror')");
        let found = stored(&shell).await;
        assert!(found.local.iter().any(|(key, value)| *key == entry_key(ID) && value == ENTRY));
        assert_eq!(lies().await.matches("kept").count(), 0);
        assert_eq!(one(&text_key(ID)).await.value().as_deref(), Some("kept"));
        assert!(lies().await.contains(r#""beginning":false"#));
    }

    /// From the message of a page to what the engine has and what the store holds.
    #[wasm_bindgen_test]
    async fn a_page_says_that_it_is_sealed_and_the_engine_reads_anew() {
        install();
        let hand = js("() => {}").unchecked_into();
        let background = Background(Core::new(Shell::new(hand)).await);
        keep(&entry_key(ID), ENTRY).await;
        keep(&text_key(ID), "kept").await;
        let record = record().await;
        seal::begin(&record, "1").await.unwrap();
        set_value(Area::Local, seal::RECORD, &record).await.unwrap();
        let say = |act: &str| {
            let sender = "{ id: browser.runtime.id, url: browser.runtime.getURL('options.html') }";
            let args = Array::from(&js(&format!("[{{ type: 'act', act: {act} }}, {sender}]")));
            let reply: Promise = background.event("message".to_owned(), args);
            JsFuture::from(reply)
        };
        assert_eq!(say("{ act: 'seal' }").await.unwrap(), 0);
        assert_eq!(lies().await.matches("kept").count(), 0);
        // The engine knows the prompt, its text is opened when it is asked for, and what it writes is sealed.
        let reply = say("{ act: 'copy', entry: '1772452152123-1' }").await.unwrap();
        assert_eq!(member(&reply, "copy").as_string().as_deref(), Some("kept"));
        say("{ act: 'later', entry: '1772452152123-1', on: true }").await.unwrap();
        turns().await;
        let entry = one(&entry_key(ID)).await.value().unwrap();
        assert!(entry.contains("\"later\""), "{entry}");
        assert_eq!(lies().await.matches("kept").count(), 0);
    }
}
