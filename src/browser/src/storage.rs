//! `browser.storage`: strings in two areas.

use crate::{Answer, Refused, object, raw, settled};
use js_sys::{Array, Function, Reflect};
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

/// The keys and string values of `storage.local` that are chosen from all its keys; where the browser does not tell them, all.
pub async fn get_some(choose: fn(&[String]) -> Vec<&str>) -> Result<Vec<(String, String)>, Refused> {
    let Ok(keys) = settled(raw::local_get_keys()).await else { return get_all(Area::Local).await };
    let keys: Vec<String> = Array::from(&keys).iter().filter_map(|key| key.as_string()).collect();
    let wanted: Array = choose(&keys).into_iter().map(JsValue::from_str).collect();
    pairs(&read(Area::Local, &wanted).await?)
}

/// Stores one value.
pub fn set(area: Area, key: &str, value: &str) -> Answer {
    let items = object().text(key, value).into();
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

fn read(area: Area, keys: &JsValue) -> Answer {
    settled(match area {
        Area::Session => raw::session_get(keys),
        Area::Local => raw::local_get(keys),
    })
}
