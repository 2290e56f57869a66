//! Messages: whose they are, and what such a sender may say. Whatever else arrives is dropped without an answer.

use crate::events::text;
use understudy_browser::{json, member, runtime, whole};
use understudy_engine::json::Json;
use understudy_engine::{Act, Fact, Input, Place, TabId, UserText};
use wasm_bindgen::prelude::*;

/// Longest message, in UTF-16 units of its JSON: what a person has typed may be long. The longest fact is a sixteenth of it; the
/// settings are far shorter.
pub const MESSAGE: u32 = 1024 * 1024;

/// The site whose pages our bridge runs in.
pub const SITE: &str = "https://claude.ai/";

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
        "draft" => Input::Draft { tab, url: said.take("url").text()?, text: UserText::new(said.take("text").text()?) },
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
    let json = json(message)?;
    if json.length() > MESSAGE {
        return None;
    }
    Json::parse(&String::from(json))
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::message;
    use crate::stand_in::{install, js};
    use understudy_engine::{Act, Fact, Input, Place};
    use wasm_bindgen_test::wasm_bindgen_test;

    const PAGE: &str = "{ id: browser.runtime.id, url: browser.runtime.getURL('popup.html') }";
    const BRIDGE: &str = "{ id: browser.runtime.id, url: 'https://claude.ai/chat/1', frameId: 0, tab: { id: 4 } }";

    /// Every message that exists, and whether a claude.ai page may say it.
    const MESSAGES: [(&str, bool); 16] = [
        ("{ type: 'draft', url: 'https://claude.ai/new', text: 'dear' }", true),
        ("{ type: 'hello', online: true }", true),
        ("{ type: 'online', online: false }", true),
        ("{ type: 'fact', fact: '{\"fact\":\"ready\"}' }", true),
        ("{ type: 'act', act: { act: 'hand-off', provider: 'chatgpt', entry: 'e1' } }", true),
        ("{ type: 'act', act: { act: 'hand-off', provider: 'chatgpt', entry: 'e1', copied: true } }", true),
        ("{ type: 'act', act: { act: 'hand-off', provider: 'chatgpt', entry: null } }", true),
        ("{ type: 'act', act: { act: 'copy', entry: 'e1' } }", true),
        ("{ type: 'act', act: { act: 'dismiss' } }", true),
        ("{ type: 'act', act: { act: 'decided', job: 'j1', granted: true } }", false),
        ("{ type: 'act', act: { act: 'choose', job: 'j1', text: 'other', along: 0, copied: true } }", false),
        ("{ type: 'act', act: { act: 'paste-by-hand', job: 'j1' } }", false),
        ("{ type: 'act', act: { act: 'put-back', entry: 'e1', text: 'other', copied: true } }", false),
        ("{ type: 'act', act: { act: 'later', entry: 'e1', on: true } }", false),
        ("{ type: 'act', act: { act: 'forget', entry: 'e1' } }", false),
        (
            "{ type: 'act', act: { act: 'configure', settings: { fallbacks: ['custom'], customName: '', \
             customUrl: 'https://evil.example/?q={prompt}' } } }",
            false,
        ),
    ];

    fn said(text: &str, sender: &str) -> Option<Input> {
        message(&js(text), &js(sender))
    }

    #[wasm_bindgen_test]
    fn each_sender_may_say_its_own_and_nothing_else() {
        install();
        for (text, from_bridge) in MESSAGES {
            assert_eq!(said(text, BRIDGE).is_some(), from_bridge, "a claude.ai page says {text}");
            let act = text.contains("type: 'act'");
            assert_eq!(said(text, PAGE).is_some(), act, "one of our pages says {text}");
        }
    }

    #[wasm_bindgen_test]
    fn the_place_of_a_sender_is_taken_from_the_browser() {
        install();
        let dismiss = "{ type: 'act', act: { act: 'dismiss' } }";
        let place = |sender: &str| match said(dismiss, sender) {
            Some(Input::Act { from, act: Act::Dismiss {} }) => from,
            other => panic!("{other:?}"),
        };
        assert_eq!(place(BRIDGE), Place::Card { tab: 4 });
        assert_eq!(place(PAGE), Place::Page { tab: None });
        let in_tab =
            "{ id: browser.runtime.id, url: browser.runtime.getURL('options.html'), tab: { id: 9 }, frameId: 0 }";
        assert_eq!(place(in_tab), Place::Page { tab: Some(9) });
        let hello = said("{ type: 'hello', online: false }", BRIDGE);
        assert!(matches!(hello, Some(Input::Hello { tab: 4, online: false })), "{hello:?}");
        let fact = said("{ type: 'fact', fact: '{\"fact\":\"ready\"}' }", BRIDGE);
        assert!(matches!(fact, Some(Input::Tap { tab: 4, fact: Fact::Ready {} })), "{fact:?}");
    }

    #[wasm_bindgen_test]
    fn a_stranger_is_not_heard() {
        install();
        for sender in [
            "undefined",
            "null",
            "{}",
            "{ id: browser.runtime.id }",
            "{ url: 'https://claude.ai/', frameId: 0, tab: { id: 4 } }",
            // Another extension, whatever page it says it is.
            "{ id: 'another', url: browser.runtime.getURL('popup.html') }",
            "{ id: [browser.runtime.id], url: browser.runtime.getURL('popup.html') }",
            "{ id: browser.runtime.id, url: 'chrome-extension://another/popup.html' }",
            "{ id: browser.runtime.id, url: 'https://evil.example/' + browser.runtime.getURL('popup.html') }",
            // Pages that look like claude.ai.
            "{ id: browser.runtime.id, url: 'https://claude.ai.evil.example/', frameId: 0, tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'https://claude.ai@evil.example/', frameId: 0, tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'https://claude.ai:8443/', frameId: 0, tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'http://claude.ai/', frameId: 0, tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'HTTPS://evil.example/?https://claude.ai/', frameId: 0, tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'blob:https://claude.ai/1', frameId: 0, tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'about:srcdoc', frameId: 0, tab: { id: 4 } }",
            // A frame inside the page, or none at all.
            "{ id: browser.runtime.id, url: 'https://claude.ai/', frameId: 1, tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'https://claude.ai/', frameId: '0', tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'https://claude.ai/', tab: { id: 4 } }",
            "{ id: browser.runtime.id, url: 'https://claude.ai/', frameId: 0 }",
            "{ id: browser.runtime.id, url: 'https://claude.ai/', frameId: 0, tab: {} }",
            // Objects that fight back.
            "{ get id() { throw new Error('no'); }, url: 'https://claude.ai/' }",
            "{ id: browser.runtime.id, get url() { throw new Error('no'); } }",
            "{ id: browser.runtime.id, url: 'https://claude.ai/', frameId: 0, get tab() { throw new Error('no'); } }",
            "new Proxy({}, { get() { throw new Error('no'); } })",
            "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
        ] {
            for (text, _) in MESSAGES {
                assert!(said(text, sender).is_none(), "{sender} says {text}");
            }
        }
    }

    #[wasm_bindgen_test]
    fn what_is_not_exactly_a_message_is_dropped() {
        install();
        for text in [
            "undefined",
            "null",
            "7",
            "3n",
            "NaN",
            "'hello'",
            "[]",
            "{}",
            "() => 1",
            "Symbol('s')",
            "{ type: 'hello' }",
            "{ type: 'hello', online: 'true' }",
            "{ type: 'hello', online: true, url: 'https://evil.example/' }",
            "{ type: 'hello', online: true, tab: 9 }",
            "{ type: ['hello'], online: true }",
            "{ type: 'fetch', url: 'https://evil.example/' }",
            "{ type: 'fact', fact: { fact: 'ready' } }",
            "{ type: 'fact', fact: '{\"fact\":\"ready\",\"url\":\"https://evil.example/\"}' }",
            "{ type: 'act', act: { act: 'dismiss', tab: 9 } }",
            "{ type: 'act', act: { act: 'copy', entry: { toString() { return 'e1'; } } } }",
            "{ type: 'act', act: { act: 'hand-off', provider: 'chatgpt', entry: 'e1', url: 'https://evil.example/' } }",
            "{ type: 'act' }",
            "{ get type() { throw new Error('no'); } }",
            "{ toJSON() { return undefined; } }",
            "{ toJSON() { throw new Error('no'); } }",
            "new Proxy({}, { ownKeys() { throw new Error('no'); } })",
            "(() => { const a = { type: 'act' }; a.act = a; return a; })()",
            // Nested deeper than any stack.
            "(() => { let a = {}; for (let i = 0; i < 5000; i += 1) a = { a }; return a; })()",
            "(() => { let a = []; for (let i = 0; i < 50000; i += 1) a = [a]; return a; })()",
        ] {
            for sender in [BRIDGE, PAGE] {
                assert!(said(text, sender).is_none(), "{text} from {sender}");
            }
        }
    }

    #[wasm_bindgen_test]
    fn a_message_has_a_longest_length() {
        install();
        // In UTF-16 units of the whole JSON.
        let copy = |units: usize| format!("{{ type: 'act', act: {{ act: 'copy', entry: 'x'.repeat({units}) }} }}");
        let own = js(&format!("JSON.stringify({}).length", copy(0))).as_f64();
        let own = own.map(|own| format!("{own}").parse::<usize>().unwrap()).unwrap();
        assert!(said(&copy(1024 * 1024 - own), BRIDGE).is_some());
        assert!(said(&copy(1024 * 1024 - own + 1), BRIDGE).is_none());
        assert!(said(&copy(64 * 1024 * 1024), BRIDGE).is_none());
        // Half a pair is no reason to lose the rest.
        let half = "{ type: 'act', act: { act: 'copy', entry: 'e\\ud83d1' } }";
        let Some(Input::Act { act: Act::Copy { entry }, .. }) = said(half, BRIDGE) else { panic!() };
        assert_eq!(entry, "e\u{fffd}1");
    }
}
