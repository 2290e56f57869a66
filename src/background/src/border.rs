//! Messages: whose they are, and what such a sender may say. Whatever else arrives is dropped without an answer.

use crate::events::{id, member, text};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use understudy_browser::runtime;
use understudy_engine::{Act, Fact, Input, Place, TabId};
use wasm_bindgen::prelude::*;

/// Longest message, in UTF-16 units of its JSON. The longest fact is a quarter of it; the settings are far shorter.
const MESSAGE: u32 = 256 * 1024;

/// The site whose pages our bridge runs in.
const SITE: &str = "https://claude.ai/";

/// What the bridge in a claude.ai page may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum FromBridge {
    Hello { online: bool },
    Online { online: bool },
    Fact { fact: String },
    Act { act: Act },
}

/// What our own pages may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum FromPage {
    Act { act: Act },
}

/// The input inside a message; `None` if the sender is a stranger or says what it may not.
pub fn message(message: &JsValue, sender: &JsValue) -> Option<Input> {
    if text(sender, "id")? != runtime::id() {
        return None;
    }
    let url = text(sender, "url")?;
    let tab = id(&member(&member(sender, "tab"), "id"));
    if url.starts_with(&runtime::url("")) {
        let FromPage::Act { act } = parse(message)?;
        return Some(Input::Act {
            from: Place::Page { tab },
            act,
        });
    }
    // A frame inside the page is not ours: the scripts run in the top one only.
    let top = id(&member(sender, "frameId")) == Some(0);
    if url.starts_with(SITE) && top {
        from_bridge(tab?, parse(message)?)
    } else {
        None
    }
}

fn from_bridge(tab: TabId, said: FromBridge) -> Option<Input> {
    Some(match said {
        FromBridge::Hello { online } => Input::Hello { tab, online },
        FromBridge::Online { online } => Input::Connectivity { online },
        FromBridge::Fact { fact } => Input::Tap {
            tab,
            fact: serde_json::from_str::<Fact>(&fact).ok()?,
        },
        FromBridge::Act { act } if on_the_card(&act) => Input::Act {
            from: Place::Card { tab },
            act,
        },
        FromBridge::Act { .. } => return None,
    })
}

/// The card has three kinds of buttons; a claude.ai page has no business with the others.
const fn on_the_card(act: &Act) -> bool {
    matches!(
        act,
        Act::HandOff { .. } | Act::Copy { .. } | Act::Dismiss {}
    )
}

fn parse<T: DeserializeOwned>(message: &JsValue) -> Option<T> {
    let json = js_sys::JSON::stringify(message).ok()?;
    if json.length() > MESSAGE {
        return None;
    }
    serde_json::from_str(&String::from(json)).ok()
}
