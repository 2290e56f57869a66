//! `browser.storage`: strings in two areas.

use crate::{Refused, raw, settled, to_js};
use js_sys::{Array, Function, Object, Reflect};
use serde::Serialize;
use understudy_engine::Area;
use wasm_bindgen::prelude::*;

/// One value; `None` if it is not there or no string.
pub async fn get(area: Area, key: &str) -> Result<Option<String>, Refused> {
    let found = read(area, &JsValue::from_str(key)).await?;
    Ok(Reflect::get(&found, &JsValue::from_str(key))?.as_string())
}

/// Every key with a string value, in no order.
pub async fn get_all(area: Area) -> Result<Vec<(String, String)>, Refused> {
    let found = read(area, &JsValue::NULL).await?;
    let pairs = raw::entries(&found)?;
    let pairs = pairs.iter().filter_map(|pair| {
        let pair = Array::from(&pair);
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    });
    Ok(pairs.collect())
}

/// Stores one value.
pub async fn set(area: Area, key: &str, value: &str) -> Result<(), Refused> {
    let items = Object::new();
    Reflect::set(&items, &JsValue::from_str(key), &JsValue::from_str(value))?;
    settled(match area {
        Area::Session => raw::session_set(&items),
        Area::Local => raw::local_set(&items),
    })
    .await?;
    Ok(())
}

/// Removes one value; it need not be there.
pub async fn remove(area: Area, key: &str) -> Result<(), Refused> {
    settled(match area {
        Area::Session => raw::session_remove(key),
        Area::Local => raw::local_remove(key),
    })
    .await?;
    Ok(())
}

/// Closes `storage.local` to content scripts. Only Chrome can; Firefox has no such call and refuses.
pub async fn keep_from_content_scripts() -> Result<(), Refused> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Level {
        access_level: &'static str,
    }
    settled(raw::local_set_access_level(&to_js(&Level { access_level: "TRUSTED_CONTEXTS" })?)).await?;
    Ok(())
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

async fn read(area: Area, keys: &JsValue) -> Result<JsValue, Refused> {
    settled(match area {
        Area::Session => raw::session_get(keys),
        Area::Local => raw::local_get(keys),
    })
    .await
}
