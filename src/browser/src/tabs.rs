//! `browser.tabs` and `browser.scripting`.

use crate::{Refused, raw, to_js};
use serde::{Deserialize, Serialize};
use understudy_engine::TabId;
use wasm_bindgen::JsValue;

/// A tab, as far as we may know it.
#[derive(Clone, Debug, Deserialize)]
pub struct Tab {
    /// Its id.
    #[serde(default)]
    pub id: Option<TabId>,
    /// Its URL; only for hosts that we may access.
    #[serde(default)]
    pub url: Option<String>,
    /// `loading` or `complete`.
    #[serde(default)]
    pub status: Option<String>,
}

#[derive(Serialize)]
struct Place<'a> {
    url: &'a str,
    active: bool,
}

/// Opens a URL in a new tab and shows it.
pub async fn create(url: &str) -> Result<Tab, Refused> {
    let tab = raw::tabs_create(&to_js(&Place { url, active: true })?).await?;
    Ok(serde_wasm_bindgen::from_value(tab)?)
}

/// Navigates a tab to a URL and shows it.
pub async fn navigate(tab: TabId, url: &str) -> Result<Tab, Refused> {
    let tab = raw::tabs_update(number(tab)?, &to_js(&Place { url, active: true })?).await?;
    Ok(serde_wasm_bindgen::from_value(tab)?)
}

/// A tab by its id.
pub async fn get(tab: TabId) -> Result<Tab, Refused> {
    Ok(serde_wasm_bindgen::from_value(
        raw::tabs_get(number(tab)?).await?,
    )?)
}

/// The tab of the calling page; `None` in the popup and in the background.
pub async fn current() -> Result<Option<Tab>, Refused> {
    Ok(serde_wasm_bindgen::from_value(
        raw::tabs_get_current().await?,
    )?)
}

/// Sends a message (JSON) to our script in the tab's top frame, and hands back its reply.
pub async fn send(tab: TabId, message: &str) -> Result<JsValue, Refused> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Top {
        frame_id: u32,
    }
    let message = js_sys::JSON::parse(message)?;
    Ok(raw::tabs_send_message(number(tab)?, &message, &to_js(&Top { frame_id: 0 })?).await?)
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
    raw::execute_script(&to_js(&Injection {
        target: Target { tab_id: tab },
        files: [file],
    })?)
    .await?;
    Ok(())
}

fn number(tab: TabId) -> Result<i32, Refused> {
    i32::try_from(tab).map_err(|_| Refused("no such tab".to_owned()))
}
