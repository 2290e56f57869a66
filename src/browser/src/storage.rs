//! `browser.storage`: strings in two areas.

use crate::{Answer, Members, Refused, member, object, raw, seal, settled};
use js_sys::{Array, Function, Reflect};
use std::pin::Pin;
use understudy_engine::Area;
use wasm_bindgen::prelude::*;

/// One value; `None` if it is not there or no string.
pub async fn get(area: Area, key: &str) -> Result<Option<String>, Refused> {
    let found = read(area, &JsValue::from_str(key)).await?;
    Ok(Reflect::get(&found, &JsValue::from_str(key))?.as_string())
}

/// Every key with a string value, in no order.
pub async fn get_all(area: Area) -> Result<Vec<(String, String)>, Refused> {
    pairs(&read(area, &JsValue::NULL).await?)
}

fn pairs(found: &JsValue) -> Result<Vec<(String, String)>, Refused> {
    let pairs = raw::entries(found)?;
    let pairs = pairs.iter().filter_map(|pair| {
        let pair = Array::from(&pair);
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    });
    Ok(pairs.collect())
}

/// What a start finds in the stores.
#[derive(Debug, Default)]
pub struct Found {
    /// The value of that key in `storage.session`.
    pub session: Option<String>,
    /// The chosen keys of `storage.local` with their values; those that are sealed are opened.
    pub local: Vec<(String, String)>,
    /// The record of sealing ([`seal::RECORD`]); `undefined` if nothing is to be sealed, or if it is told in the mirror.
    pub record: JsValue,
    /// The keys of sealed values ([`seal::KEYS`]).
    pub keys: JsValue,
    /// What lies at [`MIRROR`]; `undefined` if the lasting store itself was read.
    pub mirror: JsValue,
    /// How many of the chosen values are sealed with keys that are not there.
    pub locked: usize,
    /// Why it is not everything.
    pub trouble: Option<Refused>,
}

/// Whether `storage.session` has everything that a start needs of `storage.local`, under the same keys, lies there at this key: an
/// object, which is for whoever put it there. To read hundreds of values from the lasting store takes Firefox a fifth of a second, and
/// this a twentieth of that. It is written by the background alone, with every change ([`keep`]).
pub const MIRROR: &str = "mirror";

/// Finds the value of one key of `storage.local` alone.
pub fn one(key: &str) -> Pin<Box<dyn Future<Output = Found>>> {
    find("", Some(JsValue::from_str(key)), |_| Vec::new())
}

/// Finds one value of `storage.session` and the values of `storage.local` whose keys are chosen from all that are there, in the mirror if
/// there is one.
pub fn found(session: &str, choose: fn(&[String]) -> Vec<&str>) -> Pin<Box<dyn Future<Output = Found>>> {
    find(session, None, choose)
}

fn find(
    session: &str,
    only: Option<JsValue>,
    choose: fn(&[String]) -> Vec<&str>,
) -> Pin<Box<dyn Future<Output = Found>>> {
    let name = session.to_owned();
    let session = if only.is_some() { JsValue::from_str(seal::KEYS) } else { JsValue::NULL };
    let session = read(Area::Session, &session);
    Box::pin(async move {
        let mut found = Found::default();
        let here = session.await.unwrap_or_else(|refused| {
            found.trouble = Some(refused);
            JsValue::UNDEFINED
        });
        found.session = member(&here, &name).as_string();
        found.keys = member(&here, seal::KEYS);
        found.mirror = member(&here, MIRROR);
        let local = match only {
            _ if found.mirror.is_object() => Ok(here),
            Some(key) => read(Area::Local, &key).await,
            None => {
                let keys = settled(raw::local_get_keys()).await.map(|keys| chosen(&Array::from(&keys), choose));
                // Firefox before 143 does not tell them.
                read(Area::Local, &keys.unwrap_or(JsValue::NULL)).await
            }
        };
        match local.and_then(|local| Ok((raw::entries(&local)?, local))) {
            Ok((pairs, local)) => {
                found.record = member(&local, seal::RECORD);
                for pair in pairs.iter() {
                    let pair = Array::from(&pair);
                    let Some(key) = pair.get(0).as_string().filter(|key| *key != name) else { continue };
                    let value = match pair.get(1).dyn_ref::<Array>() {
                        None => pair.get(1).as_string(),
                        Some(sealed) => {
                            let opened = seal::told(seal::open(&found.keys, sealed).await);
                            found.locked += usize::from(opened.is_none());
                            opened
                        }
                    };
                    found.local.extend(value.map(|value| (key, value)));
                }
            }
            Err(refused) => found.trouble = Some(refused),
        }
        found
    })
}

impl Found {
    /// The last value that was found, as the only one is.
    pub fn value(mut self) -> Option<String> {
        self.local.pop().map(|(_, value)| value)
    }
}

fn chosen(keys: &Array, choose: fn(&[String]) -> Vec<&str>) -> JsValue {
    let keys: Vec<String> = keys.iter().filter_map(|key| key.as_string()).collect();
    choose(&keys).into_iter().map(JsValue::from_str).collect::<Array>().into()
}

/// Stores a value in the lasting store, or removes it: `seals` before it is stored, and `mirrors` it. Where one of the two cannot be, there
/// is no mirror any more.
pub fn keep(key: &str, value: Option<&str>, seals: bool, mirrors: bool) -> seal::Work {
    let lasting: seal::Work = match value {
        Some(value) if seals => seal::put(key, value),
        Some(value) => Box::pin(set(Area::Local, key, value)),
        None => Box::pin(remove(Area::Local, key)),
    };
    // Both at once: whoever dies between two calls of one turn dies before both.
    let mirror = mirrors.then(|| match value {
        Some(value) => set(Area::Session, key, value),
        None => remove(Area::Session, key),
    });
    Box::pin(async move {
        let stored = lasting.await;
        let mirrored = match mirror {
            Some(mirror) => mirror.await.is_ok(),
            None => true,
        };
        if stored.is_err() || !mirrored {
            let _ = remove(Area::Session, MIRROR).await;
        }
        stored
    })
}

/// Everything in `storage.local`, as pairs of a key and whatever lies there.
pub async fn everything() -> Result<Array, Refused> {
    Ok(raw::entries(&read(Area::Local, &JsValue::NULL).await?)?)
}

/// Stores one value.
pub fn set(area: Area, key: &str, value: &str) -> Answer {
    set_value(area, key, &JsValue::from_str(value))
}

/// Stores one value of any kind.
pub fn set_value(area: Area, key: &str, value: &JsValue) -> Answer {
    set_all(area, object().with(key, value))
}

/// Stores several values at once.
pub fn set_all(area: Area, items: Members) -> Answer {
    let items = items.into();
    settled(match area {
        Area::Session => raw::session_set(&items),
        Area::Local => raw::local_set(&items),
    })
}

/// Removes one value; it need not be there.
pub fn remove(area: Area, key: &str) -> Answer {
    settled(match area {
        Area::Session => raw::session_remove(key),
        Area::Local => raw::local_remove(key),
    })
}

/// Closes `storage.local` to content scripts. Only Chrome can; Firefox has no such call and refuses.
pub fn keep_from_content_scripts() -> Answer {
    settled(raw::local_set_access_level(&object().text("accessLevel", "TRUSTED_CONTEXTS").into()))
}

/// Listens to both areas until it is dropped.
#[must_use = "the listener ends when this is dropped"]
pub struct Changes {
    listener: Closure<dyn FnMut()>,
}

impl Changes {
    /// Calls `heard` after every change; what changed is to be read again.
    pub fn listen(heard: impl FnMut() + 'static) -> Result<Self, Refused> {
        let listener = Closure::new(heard);
        raw::on_storage_changed(function(&listener))?;
        Ok(Self { listener })
    }

    /// Listens for as long as the document lives.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        // A refusal means that the extension is gone, and the listener with it.
        let _ = raw::off_storage_changed(function(&self.listener));
    }
}

fn function(listener: &Closure<dyn FnMut()>) -> &Function {
    listener.as_ref().unchecked_ref()
}

/// Reads values; what is there of them comes as members of an object.
pub fn read(area: Area, keys: &JsValue) -> Answer {
    settled(match area {
        Area::Session => raw::session_get(keys),
        Area::Local => raw::local_get(keys),
    })
}
