//! `browser.tabs` and `browser.scripting`.

use crate::time::within;
use crate::{Answer, Refused, member, object, raw, settled, whole};
use js_sys::Array;
use understudy_engine::TabId;
use wasm_bindgen::{JsCast, JsValue};

/// A tab, as far as we need to know it.
#[derive(Clone, Copy, Debug)]
pub struct Tab {
    /// Its id.
    pub id: Option<TabId>,
}

impl From<JsValue> for Tab {
    fn from(tab: JsValue) -> Self {
        Self { id: whole(&member(&tab, "id")) }
    }
}

/// Opens a URL in a new tab and shows it; the answer is a [`Tab`].
pub fn create(url: &str) -> Answer {
    settled(raw::tabs_create(&shown(url)))
}

/// Navigates a tab to a URL and shows it; the answer is a [`Tab`].
pub fn navigate(tab: TabId, url: &str) -> Answer {
    settled(number(tab).and_then(|tab| raw::tabs_update(tab, &shown(url))))
}

/// Brings the tab to the front that was last looked at among those whose address begins with one of these, with its window. `None` if
/// there is none.
pub async fn bring(shown: &[&str]) -> Option<TabId> {
    let tab = last(shown).await?;
    let id = Tab::from(tab.clone()).id?;
    let active = object().with("active", &JsValue::TRUE).into();
    let shown = settled(number(id).and_then(|id| raw::tabs_update(id, &active)));
    if let Some(window) = whole(&member(&tab, "windowId")) {
        // Nobody waits for that: Firefox for Android has no windows.
        let focused = object().with("focused", &JsValue::TRUE).into();
        drop(settled(number(window).and_then(|window| raw::windows_update(window, &focused))));
    }
    shown.await.ok()?;
    Some(id)
}

/// The tab that was last looked at among those whose address begins with one of these, and which are open to us.
pub async fn last(shown: &[&str]) -> Option<JsValue> {
    let patterns: Array = shown.iter().map(|address| JsValue::from([address, "*"].concat())).collect();
    let found = settled(raw::tabs_query(&object().with("url", &patterns).into())).await.ok()?;
    let looked_at = |tab: &JsValue| member(tab, "lastAccessed").as_f64().unwrap_or_default();
    let tabs = found.dyn_ref::<Array>()?.to_vec();
    tabs.into_iter().max_by(|one, other| looked_at(one).total_cmp(&looked_at(other)))
}

fn shown(url: &str) -> JsValue {
    object().text("url", url).with("active", &JsValue::TRUE).into()
}

/// The tab of the calling page; `None` in the popup and in the background.
pub async fn current() -> Result<Option<Tab>, Refused> {
    let tab = settled(raw::tabs_get_current()).await?;
    Ok((!tab.is_undefined()).then(|| tab.into()))
}

/// The title of a page, where its host is open to us.
pub async fn title(tab: TabId) -> JsValue {
    let tab = settled(number(tab).and_then(raw::tabs_get)).await;
    tab.map_or(JsValue::UNDEFINED, |tab| member(&tab, "title"))
}

/// The tabs that show a page of a site that is open to us, by its match pattern.
pub async fn showing(pattern: &str) -> Result<Vec<TabId>, Refused> {
    let found = settled(raw::tabs_query(&object().text("url", pattern).into())).await?;
    let found = found.dyn_into::<Array>().map_err(|_| Refused::from(JsValue::UNDEFINED))?;
    Ok(found.iter().filter_map(|tab| Tab::from(tab).id).collect())
}

/// Closes a tab.
pub fn close(tab: TabId) -> Answer {
    settled(number(tab).and_then(raw::tabs_remove))
}

/// Sends a message to our script in the tab's top frame, and hands back its reply.
pub fn send(tab: TabId, message: &JsValue) -> Answer {
    settled(said(tab, message))
}

/// The same, refused after `ms` milliseconds; the message itself is not taken back.
pub fn send_within(ms: u32, tab: TabId, message: &JsValue) -> Answer {
    settled(said(tab, message).map(|reply| within(ms, &reply)))
}

fn said(tab: TabId, message: &JsValue) -> Result<JsValue, JsValue> {
    raw::tabs_send_message(number(tab)?, message, &object().number("frameId", 0).into())
}

/// Runs a script file of ours in the tab's top frame; needs the host's permission.
pub fn run_script(tab: TabId, file: &str) -> Answer {
    let target = object().number("tabId", tab).into();
    let files = Array::of1(&file.into());
    settled(raw::execute_script(&object().with("target", &target).with("files", &files).into()))
}

fn number(tab: TabId) -> Result<i32, JsValue> {
    i32::try_from(tab).map_err(|_| "no such tab".into())
}
