//! Sealing as a page does it, for only a page is told the passphrase: its keys are made and taken out here. What is stored is brought into
//! the form that is wanted by the background, between two events. See `understudy_browser::seal`.
//!
//! A key goes through no message: this is the one thing that pages write into the stores themselves.

use crate::host::{ask, now};
use crate::tree::{El, el, say};
use js_sys::{Array, Uint8Array};
use understudy_browser::{Members, Refused, member, object, seal, storage};
use understudy_engine::words::Say;
use understudy_engine::{Act, Area, UserText, is_private};
use wasm_bindgen::prelude::*;

/// The shortest passphrase, in characters: below that, guessing is a matter of money (NIST SP 800-63B asks for 8 where tries are counted;
/// here they are not).
pub const SHORTEST: usize = 12;

/// Rounds of PBKDF2 with HMAC-SHA-256, as OWASP's Password Storage Cheat Sheet has it (2023).
const ROUNDS: u32 = 600_000;

/// Bits of the pair's modulus: as strong as 128 bits of AES (NIST SP 800-57 Part 1, table 2).
const MODULUS: i64 = 3072;

const SALT: &str = "salt";
const TIMES: &str = "rounds";
const IV: &str = "iv";
const PRIVATE: &str = "private";

/// Whether what is private is sealed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sealing {
    /// It is, or was and is still being opened.
    pub on: bool,
    /// How many prompts are there that cannot be read before somebody types the passphrase.
    pub locked: usize,
}

/// What became of a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It opened what it was for.
    Right,
    /// It is another one.
    Wrong,
}

/// Seals what is private from now on, and what is there.
pub async fn begin(phrase: &UserText, left: impl Fn(u32)) -> Result<(), Refused> {
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let kind = Members::from(seal::for_the_pair())
        .number("modulusLength", MODULUS)
        .with("publicExponent", &Uint8Array::from(&[1, 0, 1][..]));
    let pair = seal::asked("generateKey", &Array::of3(&kind.into(), &JsValue::TRUE, &usages)).await?;
    let half = |format: &str, half| seal::asked("exportKey", &Array::of2(&format.into(), &member(&pair, half)));
    let (public, private) = (half("spki", "publicKey").await?, half("pkcs8", "privateKey").await?);
    let (salt, iv) = (seal::random(16), seal::iv());
    let under = under(phrase, &salt, &ROUNDS.into()).await?;
    let private = seal::with_key("raw", &under, seal::for_a_value(&iv), "encrypt", private).await?;
    let record = object()
        .with(seal::PUBLIC, &seal::letters(&public))
        .with(SALT, &seal::letters(&salt))
        .number(TIMES, ROUNDS.into())
        .with(IV, &seal::letters(&iv))
        .with(PRIVATE, &seal::letters(&private));
    let record = JsValue::from(record.with(seal::BEGINNING, &JsValue::TRUE));
    seal::begin(&record, &now().to_string()).await?;
    storage::set_value(Area::Local, seal::RECORD, &record).await?;
    settle(left).await?;
    let begun = Members::from(record).with(seal::BEGINNING, &JsValue::FALSE).into();
    storage::set_value(Area::Local, seal::RECORD, &begun).await?;
    Ok(())
}

/// Takes the keys of earlier sessions out, for as long as the browser is open.
pub async fn unlock(phrase: &UserText, left: impl Fn(u32)) -> Result<Tried, Refused> {
    let record = record().await?;
    let under = under(phrase, &seal::bytes(&member(&record, SALT)), &member(&record, TIMES)).await?;
    let (iv, private) = (seal::bytes(&member(&record, IV)), seal::bytes(&member(&record, PRIVATE)));
    let Ok(private) = seal::with_key("raw", &under, seal::for_a_value(&iv), "decrypt", private).await else {
        return Ok(Tried::Wrong);
    };
    // The background has begun this session's key by then, if it had not yet.
    settle(|_| ()).await?;
    let mut keys = Members::from(keys().await?);
    for (key, value) in pairs(&storage::everything().await?) {
        if let Some(number) = key.strip_prefix(seal::KEY) {
            let opened = seal::with_key("pkcs8", &private, seal::for_the_pair(), "decrypt", seal::bytes(&value)).await;
            // One that is damaged does not cost the others.
            if let Ok(opened) = opened {
                keys = keys.with(number, &seal::letters(&opened));
            }
        }
    }
    storage::set_value(Area::Session, seal::KEYS, &keys.into()).await?;
    settle(left).await?;
    sweep().await?;
    Ok(Tried::Right)
}

/// Opens everything that can be, and seals nothing any more. Until nothing is sealed, the record stays: it is the way to the keys.
pub async fn end(left: impl Fn(u32)) -> Result<(), Refused> {
    let ending = Members::from(record().await?).with(seal::ENDING, &JsValue::TRUE).into();
    storage::set_value(Area::Local, seal::RECORD, &ending).await?;
    settle(left).await?;
    if sweep().await? {
        storage::remove(Area::Local, seal::RECORD).await?;
        storage::remove(Area::Session, seal::KEYS).await?;
    }
    Ok(())
}

/// Deletes what cannot be read, because its passphrase is forgotten, and seals nothing any more.
pub async fn lose(left: impl Fn(u32)) -> Result<(), Refused> {
    let keys = keys().await?;
    for (key, value) in pairs(&storage::everything().await?) {
        if is_private(&key) && number(&value).is_some_and(|number| member(&keys, &number).is_undefined()) {
            storage::remove(Area::Local, &key).await?;
        }
    }
    end(left).await
}

/// Lets the background bring what is stored into the form that is wanted, slice by slice; `left` hears how many values are left.
async fn settle(left: impl Fn(u32)) -> Result<(), Refused> {
    loop {
        let more = ask(&Act::Seal {}).await?.as_f64().ok_or(JsValue::NULL)?;
        if more < 1.0 {
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as many as there are values")]
        left(more as u32);
    }
}

/// Removes the keys that nothing is sealed with, but for the one that is written with, if any. Whether nothing is sealed at all.
async fn sweep() -> Result<bool, Refused> {
    let pairs = pairs(&storage::everything().await?);
    let used: Vec<String> = pairs.iter().filter_map(|(_, value)| number(value)).collect();
    let record = record().await?;
    let writing = if is_ending(&record) { None } else { member(&keys().await?, seal::WRITING).as_string() };
    for (key, _) in &pairs {
        if let Some(number) = key.strip_prefix(seal::KEY)
            && writing.as_deref() != Some(number)
            && !used.iter().any(|used| used == number)
        {
            storage::remove(Area::Local, key).await?;
        }
    }
    Ok(used.is_empty())
}

/// The key that stands for a passphrase.
async fn under(phrase: &UserText, salt: &JsValue, rounds: &JsValue) -> Result<JsValue, Refused> {
    let how = object().text("name", "PBKDF2").text("hash", "SHA-256").with("salt", salt).with("iterations", rounds);
    let phrase = Uint8Array::from(phrase.reveal().as_bytes()).into();
    seal::with_key("raw", &phrase, how.into(), "deriveBits", 256.into()).await
}

async fn record() -> Result<JsValue, Refused> {
    Ok(member(&storage::read(Area::Local, &seal::RECORD.into()).await?, seal::RECORD))
}

async fn keys() -> Result<JsValue, Refused> {
    Ok(member(&storage::read(Area::Session, &seal::KEYS.into()).await?, seal::KEYS))
}

fn is_ending(record: &JsValue) -> bool {
    member(record, seal::ENDING).is_truthy()
}

/// The number of the key that a value is sealed with, if it is.
fn number(value: &JsValue) -> Option<String> {
    value.dyn_ref::<Array>()?.get(0).as_string()
}

fn pairs(everything: &Array) -> Vec<(String, JsValue)> {
    let pair = |pair: JsValue| {
        let pair = Array::from(&pair);
        Some((pair.get(0).as_string()?, pair.get(1)))
    };
    everything.iter().filter_map(pair).collect()
}

/// A field for a passphrase.
pub fn field<D>(id: &'static str, label: Say, new: bool, deed: D) -> El<D> {
    let input = el("input")
        .attr("type", "password")
        .attr("id", id)
        .attr("autocomplete", if new { "new-password" } else { "current-password" })
        .attr("spellcheck", "false")
        .does(deed);
    el("div").class("field").key(id).and(el("label").attr("for", id).text(label)).and(input)
}

/// How many prompts are locked.
pub fn locked(count: usize) -> Say {
    if count == 1 { say("page_locked_one") } else { Say::new("page_locked_many").count(count as u64) }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed, and that is what it is for")]
mod tests {
    use super::{Tried, begin, end, lose, unlock};
    use crate::stand_in::{StandIn, install, js};
    use understudy_browser::seal;
    use understudy_browser::storage::{everything, found, one, set};
    use understudy_engine::{Area, UserText};
    use wasm_bindgen_test::wasm_bindgen_test;

    /// The stores, with a background beside them that has nothing to do.
    fn stores() -> StandIn {
        let browser = install();
        browser.replace("runtime.sendMessage", "async () => 0");
        browser
    }

    async fn lies() -> String {
        js_sys::JSON::stringify(&everything().await.unwrap()).unwrap().into()
    }

    fn restart() {
        js("browser.storage.session.remove('keys')");
    }

    /// What the background does for the act.
    async fn open(key: &str) {
        let text = one(key).await.value().unwrap();
        set(Area::Local, key, &text).await.unwrap();
    }

    #[wasm_bindgen_test]
    async fn only_the_passphrase_opens_and_it_opens_every_session() {
        stores();
        let phrase = UserText::new("correct horse é 🧑‍💻");
        begin(&phrase, |_| ()).await.unwrap();
        let record = lies().await;
        assert!(!record.contains("correct horse"), "{record}");
        seal::put("text:1", "first").await.unwrap();
        restart();
        let found = found("engine", |_| vec!["seal"]).await;
        seal::begin(&found.record, "2").await.unwrap();
        seal::put("text:2", "second").await.unwrap();
        let before = lies().await;
        for wrong in ["", "correct horse", "correct horse é 🧑‍💻 "] {
            assert_eq!(unlock(&UserText::new(wrong), |_| ()).await.unwrap(), Tried::Wrong, "{wrong:?}");
        }
        assert_eq!((one("text:1").await.value(), lies().await), (None, before));
        assert_eq!(unlock(&phrase, |_| ()).await.unwrap(), Tried::Right);
        for (key, text) in [("text:1", "first"), ("text:2", "second")] {
            assert_eq!(one(key).await.value().as_deref(), Some(text));
        }
        // What is written now is of this session still.
        seal::put("text:3", "third").await.unwrap();
        assert!(lies().await.contains(r#"["text:3",["2","#));
        // A key that nothing is sealed with any more goes; the one that is written with stays.
        js("browser.storage.local.remove('text:1')");
        js("browser.storage.local.remove('text:2')");
        js("browser.storage.local.remove('text:3')");
        assert_eq!(unlock(&phrase, |_| ()).await.unwrap(), Tried::Right);
        assert!(lies().await.contains(r#"["sealed:2""#) && lies().await.matches("[\"sealed:").count() == 1);
    }

    #[wasm_bindgen_test]
    async fn the_way_to_the_keys_stays_until_nothing_is_sealed() {
        stores();
        let phrase = UserText::new("a passphrase, long");
        begin(&phrase, |_| ()).await.unwrap();
        seal::put("text:1", "first").await.unwrap();
        seal::put("text:2", "second").await.unwrap();
        // The browser is closed in the middle of it.
        open("text:1").await;
        end(|_| ()).await.unwrap();
        assert!(lies().await.contains("ending"), "{}", lies().await);
        restart();
        assert_eq!(one("text:2").await.value(), None);
        assert_eq!(unlock(&phrase, |_| ()).await.unwrap(), Tried::Right);
        open("text:2").await;
        end(|_| ()).await.unwrap();
        let mut pairs: Vec<String> =
            everything().await.unwrap().iter().map(|pair| js_sys::JSON::stringify(&pair).unwrap().into()).collect();
        pairs.sort();
        assert_eq!(pairs, [r#"["text:1","first"]"#, r#"["text:2","second"]"#]);
        assert!(found("engine", |_| Vec::new()).await.keys.is_undefined());
    }

    #[wasm_bindgen_test]
    async fn what_is_forgotten_goes_alone() {
        stores();
        begin(&UserText::new("a passphrase, long"), |_| ()).await.unwrap();
        seal::put("text:1", "first").await.unwrap();
        restart();
        let record = found("engine", |_| vec!["seal"]).await.record;
        seal::begin(&record, "2").await.unwrap();
        seal::put("text:2", "second").await.unwrap();
        set(Area::Local, "settings", "{}").await.unwrap();
        lose(|_| ()).await.unwrap();
        let left = lies().await;
        assert!(!left.contains("text:1") && left.contains("settings"), "{left}");
        assert_eq!(one("text:2").await.value().as_deref(), Some("second"));
    }

    #[wasm_bindgen_test]
    async fn a_background_that_does_not_answer_is_trouble_and_costs_nothing() {
        let browser = stores();
        let phrase = UserText::new("a passphrase, long");
        begin(&phrase, |_| ()).await.unwrap();
        seal::put("text:1", "first").await.unwrap();
        for answer in ["async () => undefined", "async () => null", "async () => { throw new Error('gone'); }"] {
            browser.replace("runtime.sendMessage", answer);
            assert!(end(|_| ()).await.is_err() && unlock(&phrase, |_| ()).await.is_err(), "{answer}");
            assert_eq!(one("text:1").await.value().as_deref(), Some("first"));
        }
    }
}
