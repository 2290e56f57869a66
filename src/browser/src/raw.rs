//! The bare functions of `browser.*`. Each names its whole path: a namespace object would be looked up too early.
//!
//! None of them is `async`: some answer with a promise in one browser and with nothing in the other. [`crate::settled`] takes
//! both, and its one future is shared by all.

use js_sys::{Array, Date, Function, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // storage
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = get)]
    pub fn session_get(keys: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = set)]
    pub fn session_set(items: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = remove)]
    pub fn session_remove(key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = get)]
    pub fn local_get(keys: &JsValue) -> Result<JsValue, JsValue>;
    // Chrome from 130 on, Firefox from 143 on.
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = getKeys)]
    pub fn local_get_keys() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = set)]
    pub fn local_set(items: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = remove)]
    pub fn local_remove(key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = setAccessLevel)]
    pub fn local_set_access_level(level: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "onChanged"], js_name = addListener)]
    pub fn on_storage_changed(listener: &Function) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "onChanged"], js_name = removeListener)]
    pub fn off_storage_changed(listener: &Function) -> Result<(), JsValue>;

    // tabs and scripts
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = create)]
    pub fn tabs_create(properties: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = update)]
    pub fn tabs_update(tab: i32, properties: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = query)]
    pub fn tabs_query(wanted: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "windows"], js_name = update)]
    pub fn windows_update(window: i32, properties: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = get)]
    pub fn tabs_get(tab: i32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "windows"], js_name = getCurrent)]
    pub fn windows_get_current() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "sidebarAction"], js_name = open)]
    pub fn sidebar_open() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = getCurrent)]
    pub fn tabs_get_current() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = remove)]
    pub fn tabs_remove(tab: i32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = sendMessage)]
    pub fn tabs_send_message(tab: i32, message: &JsValue, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "scripting"], js_name = executeScript)]
    pub fn execute_script(injection: &JsValue) -> Result<JsValue, JsValue>;

    // alarms and the toolbar button
    #[wasm_bindgen(catch, js_namespace = ["browser", "alarms"], js_name = create)]
    pub fn alarms_create(name: &str, info: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setBadgeText)]
    pub fn set_badge_text(details: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setBadgeBackgroundColor)]
    pub fn set_badge_background_color(details: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setBadgeTextColor)]
    pub fn set_badge_text_color(details: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setTitle)]
    pub fn set_title(details: &JsValue) -> Result<JsValue, JsValue>;

    // notices of the system
    #[wasm_bindgen(catch, js_namespace = ["browser", "notifications"], js_name = create)]
    pub fn notifications_create(id: &str, looks: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "notifications"], js_name = clear)]
    pub fn notifications_clear(id: &str) -> Result<JsValue, JsValue>;

    // permissions
    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = getAll)]
    pub fn permissions_get_all() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = contains)]
    pub fn permissions_contains(wanted: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = request)]
    pub fn permissions_request(wanted: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = remove)]
    pub fn permissions_remove(unwanted: &JsValue) -> Result<JsValue, JsValue>;

    // runtime and words
    #[wasm_bindgen(js_namespace = ["browser", "runtime"], js_name = getURL)]
    pub fn runtime_get_url(path: &str) -> String;
    #[wasm_bindgen(thread_local_v2, js_namespace = ["browser", "runtime"], js_name = id)]
    pub static RUNTIME_ID: String;
    #[wasm_bindgen(catch, js_namespace = ["browser", "runtime"], js_name = sendMessage)]
    pub fn runtime_send_message(message: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "runtime"], js_name = openOptionsPage)]
    pub fn open_options_page() -> Result<JsValue, JsValue>;
    // `js_sys` gives numbers no options, and a string of JavaScript for a date.
    #[wasm_bindgen(js_namespace = ["Date", "prototype", "toLocaleString"], js_name = call)]
    pub fn date_to_locale_string(date: &Date, locale: &str, options: &JsValue) -> String;
    #[wasm_bindgen(js_namespace = ["Number", "prototype", "toLocaleString"], js_name = call)]
    pub fn number_to_locale_string(number: f64, locale: &str, options: &JsValue) -> String;
    #[wasm_bindgen(js_namespace = ["browser", "i18n"], js_name = getUILanguage)]
    pub fn ui_language() -> String;
    #[wasm_bindgen(js_namespace = ["browser", "i18n"], js_name = getMessage)]
    pub fn get_message(key: &str, substitutions: &Array) -> String;

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub fn warn(message: &str);

    // WebCrypto, and texts that stand for bytes
    #[wasm_bindgen(thread_local_v2, js_namespace = crypto, js_name = subtle)]
    pub static SUBTLE: JsValue;
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    pub fn get_random_values(bytes: &Uint8Array);
    #[wasm_bindgen(catch, js_namespace = Uint8Array, js_name = fromBase64)]
    pub fn from_base64(text: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["Uint8Array", "prototype", "toBase64"], js_name = call)]
    pub fn to_base64(bytes: &Uint8Array) -> JsValue;

    // globals that are the same in a window and in a worker
    #[wasm_bindgen(js_name = setTimeout)]
    pub fn set_timeout(done: &Function, ms: u32);
    #[wasm_bindgen(js_name = setTimeout)]
    pub fn set_timeout_with(done: &Function, ms: u32, word: &str);
    // js-sys has it too, without `catch`.
    #[wasm_bindgen(catch, js_namespace = Object, js_name = entries)]
    pub fn entries(object: &JsValue) -> Result<Array, JsValue>;
    #[wasm_bindgen(catch)]
    pub fn fetch(url: &str, init: &JsValue) -> Result<JsValue, JsValue>;
}
