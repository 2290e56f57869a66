//! wasm module 1: browser events become engine inputs, engine outputs become browser calls.
//!
//! `extension/background.js` registers the listeners and hands every event to [`Background::event`], strictly one after
//! another. Nothing here is kept that the stores do not have: the browser may end the background between any two events.

mod border;
mod events;
mod outputs;

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
#[path = "../../browser/tests/stand_in/mod.rs"]
mod stand_in;

use js_sys::{Array, Date, Function};
use outputs::Shell;
use std::cell::RefCell;
use understudy_browser::{runtime, storage};
use understudy_engine::{Area, Config, Engine, Input, Millis, Output, Stored};
use wasm_bindgen::prelude::*;

/// Where the engine's snapshot lies in `storage.session`.
const SNAPSHOT: &str = "engine";

/// The engine and its way out into the browser.
#[wasm_bindgen]
pub struct Background {
    engine: RefCell<Engine>,
    shell: Shell,
}

#[wasm_bindgen]
impl Background {
    /// A start or a restart, from whatever the stores hold.
    ///
    /// `hand(name, …args)` puts an event into the queue: answers of spawned work come back through it, so that the order of
    /// events is one order.
    pub async fn start(hand: Function) -> Background {
        std::panic::set_hook(Box::new(|_| renew()));
        // Firefox has no such call; there, no saved text is in the reach of a claude.ai content script by our own doing.
        let _ = storage::keep_from_content_scripts().await;
        let stored = Stored {
            session: storage::get(Area::Session, SNAPSHOT).await.unwrap_or_default(),
            local: storage::get_all(Area::Local).await.unwrap_or_default(),
        };
        let config = Config { platform: runtime::platform() };
        let background = Self { engine: RefCell::new(Engine::restore(config, stored, now())), shell: Shell::new(hand) };
        background.take(events::permissions().await).await;
        background
    }

    /// Takes one event by its name in `background.js`; the reply matters to the senders of messages only.
    pub async fn event(&self, name: String, args: Array) -> JsValue {
        let Some(input) = events::input(&name, &args).await else {
            return JsValue::UNDEFINED;
        };
        self.take(input).await
    }

    /// The shell loop: mutate, then drain, carrying out each output in order.
    async fn take(&self, input: Input) -> JsValue {
        let mut reply = JsValue::UNDEFINED;
        self.engine.borrow_mut().handle(input, now());
        while let Some(output) = self.poll() {
            if let Some(answer) = self.shell.carry_out(output).await {
                reply = answer;
            }
        }
        reply
    }

    /// Lets go of the engine before anything is awaited.
    fn poll(&self) -> Option<Output> {
        self.engine.borrow_mut().poll()
    }
}

/// Declares this instance dead: the next call from JS is made to a fresh one. After a panic nothing in here can be trusted.
#[wasm_bindgen]
pub fn renew() {
    wasm_bindgen::handler::schedule_reinit();
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a clock after 1970 and before the year 287396"
)]
fn now() -> Millis {
    Date::now() as Millis
}
