//! `browser.tabs` and `browser.scripting`.

use crate::{Refused, member, raw, settled, to_js, whole};
use serde::Serialize;
use understudy_engine::TabId;
use wasm_bindgen::JsValue;

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

#[derive(Serialize)]
struct Place<'a> {
    url: &'a str,
    active: bool,
}

/// Opens a URL in a new tab and shows it.
pub async fn create(url: &str) -> Result<Tab, Refused> {
    Ok(settled(raw::tabs_create(&to_js(&Place { url, active: true })?)).await?.into())
}

/// Navigates a tab to a URL and shows it.
pub async fn navigate(tab: TabId, url: &str) -> Result<Tab, Refused> {
    Ok(settled(raw::tabs_update(number(tab)?, &to_js(&Place { url, active: true })?)).await?.into())
}

/// The tab of the calling page; `None` in the popup and in the background.
pub async fn current() -> Result<Option<Tab>, Refused> {
    let tab = settled(raw::tabs_get_current()).await?;
    Ok((!tab.is_undefined()).then(|| tab.into()))
}

/// Sends a message to our script in the tab's top frame, and hands back its reply.
pub async fn send(tab: TabId, message: &JsValue) -> Result<JsValue, Refused> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Top {
        frame_id: u32,
    }
    settled(raw::tabs_send_message(number(tab)?, message, &to_js(&Top { frame_id: 0 })?)).await
}

/// Runs a script file of ours in the tab's top frame; needs the host's permission.
pub async fn run_script(tab: TabId, file: &str) -> Result<(), Refused> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Target {
        tab_id: TabId,
    }
    #[derive(Serialize)]
    struct Injection<'a> {
        target: Target,
        files: [&'a str; 1],
    }
    settled(raw::execute_script(&to_js(&Injection { target: Target { tab_id: tab }, files: [file] })?)).await?;
    Ok(())
}

fn number(tab: TabId) -> Result<i32, Refused> {
    i32::try_from(tab).map_err(|_| Refused("no such tab".to_owned()))
}
