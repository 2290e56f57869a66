//! Sealing: what lies in the lasting store so that only who knows a passphrase can read it.
//!
//! All of it is done by `WebCrypto`. A sealed value is encrypted with AES-GCM under the key of the browser session that wrote it. The
//! keys of this session and, once somebody has typed the passphrase, of earlier ones lie in `storage.session`, which is memory. For
//! later sessions each key lies in the lasting store too, encrypted with RSA-OAEP for a pair of keys whose private half the passphrase
//! encrypts: so what is captured before anybody has typed it is sealed as well, and cannot be read before.

use crate::storage::{read, set, set_value};
use crate::{Answer, Refused, member, object, raw, settled};
use js_sys::{Array, Function, Reflect, Uint8Array};
use std::pin::Pin;
use understudy_engine::Area;
use wasm_bindgen::prelude::*;

/// Where the record of sealing lies in the lasting store: an object, whose [`PUBLIC`] is the public key. Without one, nothing is sealed.
pub const RECORD: &str = "seal";

/// In the record, the public key.
pub const PUBLIC: &str = "public";

/// In the mirror ([`crate::storage::MIRROR`]): whether there is a record, whether what is private is sealed before it is stored, and how
/// many values are locked.
pub const ON: &str = "on";
/// See [`ON`].
pub const SEALS: &str = "seals";
/// See [`ON`].
pub const LOCKED: &str = "locked";

/// In the record, that not all of what is private is sealed yet.
pub const BEGINNING: &str = "beginning";

/// In the record, that nothing is to be sealed any more, though something still is.
pub const ENDING: &str = "ending";

/// Where the keys lie in `storage.session`: an object of numbers and keys; at [`WRITING`] is the number of the one that is written with.
pub const KEYS: &str = "keys";

/// See [`KEYS`].
pub const WRITING: &str = "writing";

/// Before the number of a key that lies in the lasting store.
pub const KEY: &str = "sealed:";

/// Bytes of a key of AES-GCM; 256 bits.
const KEY_BYTES: u32 = 32;

/// Bytes of what makes each encryption another one, as AES-GCM has it (NIST SP 800-38D).
const IV_BYTES: u32 = 12;

/// What a chain of calls comes to. Boxed, so that what surrounds it is compiled once.
pub type Work = Pin<Box<dyn Future<Output = Result<JsValue, Refused>>>>;

/// Takes a key in (bytes, or a text that stands for them), and does one thing with it: `usage` is the name of that both as a key's
/// usage and as a function of `WebCrypto`.
pub fn with_key(format: &str, key: &JsValue, algorithm: JsValue, usage: &'static str, data: JsValue) -> Work {
    let usages = Array::of1(&JsValue::from_str(usage));
    let key = asked("importKey", &Array::of5(&format.into(), &bytes(key), &algorithm, &JsValue::FALSE, &usages));
    Box::pin(async move { asked(usage, &Array::of3(&algorithm, &key.await?, &data)).await })
}

/// Calls a function of `WebCrypto`.
pub fn asked(name: &str, args: &Array) -> Answer {
    settled(raw::SUBTLE.with(|subtle| {
        let function: Function = Reflect::get(subtle, &JsValue::from_str(name))?.dyn_into()?;
        Reflect::apply(&function, subtle, args)
    }))
}

/// What `WebCrypto` calls the encryption of a session's key.
pub fn for_the_pair() -> JsValue {
    object().text("name", "RSA-OAEP").text("hash", "SHA-256").into()
}

/// What it calls that of a value.
pub fn for_a_value(iv: &JsValue) -> JsValue {
    object().text("name", "AES-GCM").with("iv", iv).into()
}

/// Random bytes: what makes an encryption another one.
pub fn iv() -> JsValue {
    random(IV_BYTES)
}

/// So many random bytes.
pub fn random(bytes: u32) -> JsValue {
    let random = Uint8Array::new_with_length(bytes);
    raw::get_random_values(&random);
    random.into()
}

/// The text that stands for bytes.
pub fn letters(bytes: &JsValue) -> JsValue {
    raw::to_base64(&Uint8Array::new(bytes))
}

/// The bytes that a text stands for; what is no such text is left as it is.
pub fn bytes(letters: &JsValue) -> JsValue {
    raw::from_base64(letters).unwrap_or_else(|_| letters.clone())
}

/// Begins a session: a key that what is private is written with from now on, and that can be found again with the private half for
/// this record.
pub fn begin(record: &JsValue, number: &str) -> Work {
    let key = random(KEY_BYTES);
    let work = with_key("spki", &member(record, PUBLIC), for_the_pair(), "encrypt", key.clone());
    let keys = object().text(WRITING, number).with(number, &letters(&key)).into();
    let place = [KEY, number].concat();
    Box::pin(async move {
        // First to where it is found again: what is written with a lost key is lost.
        set(Area::Local, &place, &letters(&work.await?).as_string().unwrap_or_default()).await?;
        set_value(Area::Session, KEYS, &keys).await
    })
}

/// Seals a value and stores it. An error if there is no key: then nothing is stored.
pub fn put(key: &str, value: &str) -> Work {
    let keys = read(Area::Session, &JsValue::from_str(KEYS));
    let (key, value) = (key.to_owned(), Uint8Array::from(value.as_bytes()));
    Box::pin(async move {
        let keys = member(&keys.await?, KEYS);
        let number = member(&keys, WRITING);
        let (iv, with) = (iv(), Reflect::get(&keys, &number)?);
        let sealed = with_key("raw", &with, for_a_value(&iv), "encrypt", value.into()).await?;
        set_value(Area::Local, &key, &Array::of3(&number, &letters(&iv), &letters(&sealed))).await
    })
}

/// Opens what [`put`] has stored, with these keys; [`told`] reads what comes of it.
pub fn open(keys: &JsValue, sealed: &Array) -> Work {
    let with = Reflect::get(keys, &sealed.get(0)).unwrap_or_default();
    with_key("raw", &with, for_a_value(&bytes(&sealed.get(1))), "decrypt", bytes(&sealed.get(2)))
}

/// The text in what was opened.
pub fn told(opened: Result<JsValue, Refused>) -> Option<String> {
    String::from_utf8(Uint8Array::new(&opened.ok()?).to_vec()).ok()
}
