//! The bare functions of `browser.*`. Each names its whole path: a namespace object would be looked up too early.

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // storage
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = get)]
    pub async fn session_get(keys: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = set)]
    pub async fn session_set(items: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = remove)]
    pub async fn session_remove(key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = get)]
    pub async fn local_get(keys: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = set)]
    pub async fn local_set(items: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = remove)]
    pub async fn local_remove(key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = setAccessLevel)]
    pub async fn local_set_access_level(level: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "onChanged"], js_name = addListener)]
    pub fn on_storage_changed(listener: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "onChanged"], js_name = removeListener)]
    pub fn off_storage_changed(listener: &Function) -> Result<(), JsValue>;

    // tabs and scripts
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = create)]
    pub async fn tabs_create(properties: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = update)]
    pub async fn tabs_update(tab: i32, properties: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = getCurrent)]
    pub async fn tabs_get_current() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = sendMessage)]
    pub async fn tabs_send_message(tab: i32, message: &JsValue, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "scripting"], js_name = executeScript)]
    pub async fn execute_script(injection: &JsValue) -> Result<JsValue, JsValue>;

    // alarms and the toolbar button
    #[wasm_bindgen(catch, js_namespace = ["browser", "alarms"], js_name = create)]
    pub fn alarms_create(name: &str, info: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setBadgeText)]
    pub async fn set_badge_text(details: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setBadgeBackgroundColor)]
    pub async fn set_badge_background_color(details: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setBadgeTextColor)]
    pub async fn set_badge_text_color(details: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setTitle)]
    pub async fn set_title(details: &JsValue) -> Result<JsValue, JsValue>;

    // permissions
    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = getAll)]
    pub async fn permissions_get_all() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = contains)]
    pub async fn permissions_contains(wanted: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = request)]
    pub async fn permissions_request(wanted: &JsValue) -> Result<JsValue, JsValue>;

    // runtime and words
    #[wasm_bindgen(js_namespace = ["browser", "runtime"], js_name = getURL)]
    pub fn runtime_get_url(path: &str) -> String;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["browser", "runtime"], js_name = id)]
    pub static RUNTIME_ID: String;
    #[wasm_bindgen(catch, js_namespace = ["browser", "runtime"], js_name = sendMessage)]
    pub async fn runtime_send_message(message: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "runtime"], js_name = openOptionsPage)]
    pub async fn open_options_page() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["browser", "i18n"], js_name = getMessage)]
    pub fn get_message(key: &str, substitutions: &Array) -> String;

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub fn warn(message: &str);

    // globals that are the same in a window and in a worker
    #[wasm_bindgen(js_name = setTimeout)]
    pub fn set_timeout(done: &Function, ms: u32);
    #[wasm_bindgen(catch)]
    pub async fn fetch(url: &str, init: &web_sys::RequestInit) -> Result<JsValue, JsValue>;
}
