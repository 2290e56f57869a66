//! wasm module 1: browser events become engine inputs, engine outputs become browser calls.
//!
//! `extension/background.js` registers the listeners and hands every event to [`Background::event`], strictly one after
//! another. Nothing here is kept that the stores do not have: the browser may end the background between any two events.

mod border;
mod events;
mod outputs;
mod sealing;
mod work;

use js_sys::{Array, Date, Function, Promise};
use outputs::{Shell, Then};
use std::cell::RefCell;
use understudy_browser::{notices, runtime, storage};
use understudy_engine::{Act, Area, Config, Engine, Input, Millis, Output, Place, Stored, text_key};
use wasm_bindgen::prelude::*;

/// Where the engine's snapshot lies in `storage.session`.
const SNAPSHOT: &str = "engine";

/// The engine and its way out into the browser.
///
/// It is never taken down: it lives as long as its module, and nothing that could take it apart is shipped.
#[wasm_bindgen]
pub struct Background(&'static Core);

struct Core {
    engine: RefCell<Engine>,
    shell: Shell,
}

#[wasm_bindgen]
impl Background {
    /// A start or a restart, from whatever the stores hold; a promise of a `Background`.
    ///
    /// `hand(name, …args)` puts an event into the queue: answers of spawned work come back through it, so that the order of
    /// events is one order.
    pub fn start(hand: Function) -> Promise {
        work::promise(Box::pin(async move {
            // Firefox has no such call; there, no saved text is in the reach of a claude.ai content script by our own doing.
            let _ = storage::keep_from_content_scripts().await;
            let core = Core::new(Shell::new(hand)).await;
            core.fetch(None).await;
            core.take(events::permissions().await).await;
            Background(core).into()
        }))
    }

    /// Takes one event by its name in `background.js`; the reply matters to the senders of messages only.
    pub fn event(&self, name: String, args: Array) -> Promise {
        let core = self.0;
        work::promise(Box::pin(async move {
            if name == "notice" {
                drop(notices::clear());
            }
            let input = match name.as_str() {
                "permissions" => Some(events::permissions().await),
                "command" => core.command(args.get(0).as_string()),
                _ => events::input(&name, &args),
            };
            match input {
                Some(Input::Act { act: Act::Seal {}, .. }) => core.read_anew().await,
                Some(input) => core.take(input).await,
                None => JsValue::UNDEFINED,
            }
        }))
    }
}

impl Core {
    async fn new(shell: Shell) -> &'static Self {
        let engine = RefCell::new(restored(sealing::stored(&shell).await));
        Box::leak(Box::new(Self { engine, shell }))
    }

    /// As after the death of a background: sealing has begun or ended, or its keys have come. How much is left to be brought into the
    /// form that is wanted now.
    async fn read_anew(&self) -> JsValue {
        let _ = storage::remove(Area::Session, storage::MIRROR).await;
        let stored = sealing::stored(&self.shell).await;
        // What could take an engine apart would be shipped for this alone: it stays where it is, and that happens once or twice in the
        // life of a browser.
        std::mem::forget(self.engine.replace(restored(stored)));
        let left = sealing::convert(self.shell.seals.get()).await;
        self.fetch(None).await;
        self.take(Input::Tick).await;
        left.unwrap_or(JsValue::NULL)
    }

    /// The shell loop: give what is needed, mutate, then drain, carrying out each output in order.
    async fn take(&self, input: Input) -> JsValue {
        let mut reply = JsValue::UNDEFINED;
        self.tell(input).await;
        while let Some(output) = self.poll() {
            match self.shell.carry_out(&output) {
                Then::Next => {}
                Then::Reply(answer) => reply = answer,
                Then::Stored(answer) => {
                    if answer.await.is_err()
                        && let Output::Persist { key, .. } = output
                    {
                        self.tell(Shell::unstored(key)).await;
                    }
                }
            }
        }
        reply
    }

    /// The keys of a command were pressed.
    fn command(&self, name: Option<String>) -> Option<Input> {
        let act = self.engine.borrow().command(&name?, now())?;
        Some(Input::Act { from: Place::Page { tab: None }, act })
    }

    async fn tell(&self, input: Input) {
        self.fetch(Some(&input)).await;
        self.engine.borrow_mut().handle(input, now());
    }

    /// Gives the engine the texts that it needs now.
    async fn fetch(&self, input: Option<&Input>) {
        let wanted = self.engine.borrow_mut().wants(input);
        for id in wanted {
            let text = storage::one(&text_key(&id)).await.value();
            self.engine.borrow_mut().give(&id, text);
        }
    }

    /// Lets go of the engine before anything is awaited.
    fn poll(&self) -> Option<Output> {
        self.engine.borrow_mut().poll()
    }
}

/// Declares this instance dead: the next call from JS is made to a fresh one. After a panic nothing in here can be trusted.
// The build makes every panic call this (`xtask/src/panics.rs`): a hook would bring all that a panic could say.
#[wasm_bindgen]
pub fn renew() {
    wasm_bindgen::handler::schedule_reinit();
}

fn restored(stored: Stored) -> Engine {
    Engine::restore(Config { platform: runtime::platform() }, stored, now())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a clock after 1970 and before the year 287396"
)]
fn now() -> Millis {
    Date::now() as Millis
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
#[path = "../../browser/tests/stand_in/mod.rs"]
mod stand_in;

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::{Background, Core, now};
    use crate::outputs::Shell;
    use crate::stand_in::{StandIn, install, js, turns};
    use js_sys::Array;
    use understudy_browser::storage;
    use understudy_engine::notice::Notice;
    use understudy_engine::{Area, Output};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use wasm_bindgen_test::wasm_bindgen_test;

    const SEND: &str = "https://claude.ai/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations/\
                        019f3f4c-ba14-79cd-bbb7-6926ba65fb53/completion";

    /// A send that claude.ai answers with 500, as both browsers tell it.
    async fn failed_send(browser: &StandIn) -> usize {
        // Not by `start`: its panic hook would take the harness's place.
        let hand = js("(...args) => { globalThis.handed = args; }").unchecked_into();
        let background = Background(Core::new(Shell::new(hand)).await);
        let body = "new TextEncoder().encode(JSON.stringify({ prompt: 'kept', model: 'm', attachments: [], files: [] })).buffer";
        for (name, details) in [
            (
                "started",
                format!(
                    "method: 'POST', url: '{SEND}', type: 'xmlhttprequest', requestBody: {{ raw: [{{ bytes: {body} }}] }}"
                ),
            ),
            ("headers", "statusCode: 500, responseHeaders: [{ name: 'Content-Type', value: 'text/html' }]".to_owned()),
            ("done", "statusCode: 500".to_owned()),
        ] {
            let args = js(&format!("[{{ requestId: '9', tabId: 4, {details} }}]"));
            let reply = JsFuture::from(background.event(name.to_owned(), Array::from(&args))).await.unwrap();
            assert!(reply.is_undefined(), "{name}");
        }
        turns().await;
        browser.calls().iter().filter(|call| call.starts_with("setBadgeText ")).count()
    }

    async fn prompts() -> usize {
        let stored = storage::get_all(Area::Local).await.unwrap();
        stored.iter().filter(|(key, value)| key.starts_with("text:") && value == "kept").count()
    }

    #[wasm_bindgen_test]
    async fn a_failed_send_is_stored_and_shown() {
        let browser = install();
        assert!(failed_send(&browser).await > 0, "{:?}", browser.calls());
        assert_eq!(prompts().await, 1);
        assert!(storage::get(Area::Session, super::SNAPSHOT).await.unwrap().is_some());
        let calls = browser.calls();
        let cards: Vec<_> = calls.iter().filter(|call| call.starts_with("tabs.sendMessage [4,")).collect();
        assert!(cards.iter().any(|card| card.contains(r#""type":"card""#)), "{calls:?}");
        assert!(cards.iter().all(|card| card.ends_with(r#"{"frameId":0}]"#)), "{calls:?}");
        assert!(calls.iter().any(|call| call.starts_with("alarms.create [")), "{calls:?}");
    }

    #[wasm_bindgen_test]
    async fn a_short_wait_does_not_hang_on_an_alarm() {
        let browser = install();
        let shell = Shell::new(js("(...args) => { (globalThis.ticks ??= []).push(args.join()); }").unchecked_into());
        js("globalThis.ticks = []");
        for wait in [0, 40, 30_000, 31_000] {
            shell.carry_out(&Output::WakeAt { at: now() + wait });
        }
        assert_eq!(browser.calls().iter().filter(|call| call.starts_with("alarms.create ")).count(), 4);
        for _ in 0..10 {
            turns().await;
        }
        assert_eq!(js("ticks.join('|')").as_string().unwrap(), "tick|tick");
    }

    #[wasm_bindgen_test]
    async fn a_probe_goes_to_the_bridge_and_a_notice_to_the_system() {
        let browser = install();
        let shell = Shell::new(js("() => {}").unchecked_into());
        shell.carry_out(&Output::Probe { tab: 4, path: "/edge-api/bootstrap?a=1".to_owned() });
        shell.carry_out(&Output::Notify(Notice::Down));
        let calls = browser.calls();
        assert_eq!(calls[0], r#"tabs.sendMessage [4,{"type":"probe","path":"/edge-api/bootstrap?a=1"},{"frameId":0}]"#);
        assert!(calls[1].starts_with(r#"notifications.create ["understudy",{"type":"basic","#), "{calls:?}");
        assert!(calls[1].contains(r#""title":"Claude is down","message":"Your prompts are saved."#), "{calls:?}");
        // Both may be refused: nobody waits, and nothing traps.
        browser.replace("tabs.sendMessage", "async () => { throw new Error('no receiver'); }");
        browser.replace("notifications", "undefined");
        shell.carry_out(&Output::Probe { tab: 4, path: "/new".to_owned() });
        shell.carry_out(&Output::Notify(Notice::Back(2)));
        turns().await;
    }

    #[wasm_bindgen_test]
    async fn a_click_on_a_notice_brings_claude_to_the_front() {
        let browser = install();
        let hand = js("() => {}").unchecked_into();
        let background = Background(Core::new(Shell::new(hand)).await);
        JsFuture::from(background.event("notice".to_owned(), Array::new())).await.unwrap();
        turns().await;
        let wanted = [
            r#"tabs.query [{"url":["https://claude.ai/*","https://claude.ai/*"]}]"#,
            r#"tabs.update [6,{"active":true}]"#,
            r#"windows.update [3,{"focused":true}]"#,
        ];
        let calls = browser.calls();
        assert_eq!(calls[0], r#"notifications.clear ["understudy"]"#);
        assert!(calls.ends_with(&wanted.map(str::to_owned)), "{calls:?}");
    }

    #[wasm_bindgen_test]
    async fn one_part_of_the_browser_that_fails_stops_no_other() {
        for (path, function) in [
            ("storage.session.set", "async () => { throw new DOMException('full', 'QuotaExceededError'); }"),
            ("storage.session.set", "undefined"),
            ("tabs.sendMessage", "() => new Promise(() => {})"),
            ("tabs.sendMessage", "() => { throw new Error('no receiver'); }"),
            ("tabs.sendMessage", "undefined"),
            ("alarms.create", "() => { throw new Error('no'); }"),
            ("alarms", "undefined"),
            ("action.setTitle", "async () => { throw new Error('no'); }"),
        ] {
            let browser = install();
            browser.replace(path, function);
            assert!(failed_send(&browser).await > 0, "{path} = {function}: no badge");
            assert_eq!(prompts().await, 1, "{path} = {function}");
        }
    }

    #[wasm_bindgen_test]
    async fn a_store_that_is_full_is_said_without_what_was_to_be_stored() {
        let browser = install();
        browser.replace("storage.local.set", "async () => { throw new DOMException('full', 'QuotaExceededError'); }");
        js("Object.assign(globalThis, { warnings: [], warn: console.warn })");
        js("console.warn = (...args) => { warnings.push(args.join(' ')); }");
        let badges = failed_send(&browser).await;
        js("console.warn = warn");
        let warnings = js("warnings.join('|')").as_string().unwrap();
        assert!(badges > 0 && warnings.contains("could not store text:"), "{warnings}");
        assert!(!warnings.contains("kept"), "{warnings}");
    }
}
