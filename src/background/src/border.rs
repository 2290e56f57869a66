//! Messages: whose they are, and what such a sender may say. Whatever else arrives is dropped without an answer.

use crate::events::text;
use understudy_browser::{member, runtime, whole};
use understudy_engine::json::Json;
use understudy_engine::{Act, Fact, Input, Place, TabId};
use wasm_bindgen::prelude::*;

/// Longest message, in UTF-16 units of its JSON. The longest fact is a quarter of it; the settings are far shorter.
const MESSAGE: u32 = 256 * 1024;

/// The site whose pages our bridge runs in.
const SITE: &str = "https://claude.ai/";

/// The input inside a message; `None` if the sender is a stranger or says what it may not.
pub fn message(message: &JsValue, sender: &JsValue) -> Option<Input> {
    if text(sender, "id")? != runtime::id() {
        return None;
    }
    let url = text(sender, "url")?;
    let tab = whole(&member(&member(sender, "tab"), "id"));
    let mut said = parse(message)?;
    let kind = said.take("type").text()?;
    let input = if url.starts_with(&runtime::url("")) {
        from_page(tab, &kind, &mut said)?
    } else if url.starts_with(SITE) && whole(&member(sender, "frameId")) == Some(0) {
        // Only from the top: a frame inside the page is not ours.
        from_bridge(tab?, &kind, &mut said)?
    } else {
        return None;
    };
    said.is_spent().then_some(input)
}

fn from_page(tab: Option<TabId>, kind: &str, said: &mut Json) -> Option<Input> {
    (kind == "act").then_some(Input::Act { from: Place::Page { tab }, act: Act::read(said.take("act"))? })
}

fn from_bridge(tab: TabId, kind: &str, said: &mut Json) -> Option<Input> {
    Some(match kind {
        "hello" => Input::Hello { tab, online: said.take("online").truth()? },
        "online" => Input::Connectivity { online: said.take("online").truth()? },
        "fact" => Input::Tap { tab, fact: Fact::parse(&said.take("fact").text()?)? },
        "act" => {
            let act = Act::read(said.take("act"))?;
            on_the_card(&act).then_some(Input::Act { from: Place::Card { tab }, act })?
        }
        _ => return None,
    })
}

/// The card has three kinds of buttons; a claude.ai page has no business with the others.
const fn on_the_card(act: &Act) -> bool {
    matches!(act, Act::HandOff { .. } | Act::Copy { .. } | Act::Dismiss {})
}

fn parse(message: &JsValue) -> Option<Json> {
    let json = js_sys::JSON::stringify(message).ok()?;
    if json.length() > MESSAGE {
        return None;
    }
    Json::parse(&String::from(json))
}
