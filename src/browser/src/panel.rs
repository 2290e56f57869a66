//! The panel beside a page: `browser.sidePanel` in Chrome, `browser.sidebarAction` in Firefox.

use crate::{Answer, Refused, member, object, raw, runtime, settled, whole};
use js_sys::Function;
use understudy_engine::Platform;
use wasm_bindgen::{JsCast, JsValue};

/// Whether there is one; Firefox for Android has none.
pub fn exists() -> bool {
    ["sidePanel", "sidebarAction"].into_iter().any(|name| !api(name).is_undefined())
}

/// Opens it in this window. Call it inside a click: Firefox is asked at once, and Chrome, which wants to know the window, remembers the
/// click for longer.
pub fn open() -> impl Future<Output = Result<(), Refused>> {
    let asked: Answer = settled(match runtime::platform() {
        Platform::Firefox => raw::sidebar_open(),
        Platform::Chromium => raw::windows_get_current(),
    });
    async move {
        let window = asked.await?;
        if runtime::platform() == Platform::Chromium {
            let id = whole(&member(&window, "id")).ok_or(JsValue::UNDEFINED)?;
            // By its name, and not by a binding: Mozilla's linter reads those of both browsers, and knows Firefox's alone.
            let (chrome, place) = (api("sidePanel"), object().number("windowId", id).into());
            settled(member(&chrome, "open").dyn_into::<Function>().and_then(|open| open.call1(&chrome, &place)))
                .await?;
        }
        Ok(())
    }
}

fn api(name: &str) -> JsValue {
    member(&member(&js_sys::global(), "browser"), name)
}
