//! The engine itself: inputs in, outputs out.

use crate::input::{Input, JobId, Millis};
use crate::output::Output;
use crate::view::{HandoffView, View};
use std::collections::VecDeque;

/// Which browser the shell runs in; techniques differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Chrome, Edge, Brave, Opera.
    Chromium,
    /// Firefox.
    Firefox,
}

/// What does not change while the engine lives.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// The browser.
    pub platform: Platform,
}

/// What the shell found in the stores: strings as they were persisted, possibly damaged.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// `storage.session["engine"]`.
    pub session: Option<String>,
    /// Every key and value of `storage.local`.
    pub local: Vec<(String, String)>,
}

/// Decides what failures mean and what happens to prompts. Sans I/O.
///
/// Four kinds of call, and no other order:
/// 1. **start** with [`Engine::restore`] (a first start is a restore from nothing);
/// 2. **mutate** with [`Engine::handle`], which never fails and never blocks;
/// 3. **drain** with [`Engine::poll`] until it returns `None`, carrying out each output in order;
/// 4. **look** with [`Engine::view`] and [`Engine::handoff_view`], at any time.
///
/// Time is the `now` of each call. It may jump in both directions.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    outputs: VecDeque<Output>,
}

impl Engine {
    /// A start, from whatever the stores held. Damaged values are set aside, not deleted.
    pub fn restore(config: Config, stored: Stored, now: Millis) -> Self {
        let _ = (stored, now);
        Self { config, outputs: VecDeque::new() }
    }

    /// Takes one thing that happened at `now`.
    pub fn handle(&mut self, input: Input, now: Millis) {
        let _ = (input, now, self.config);
    }

    /// The next thing to do, if any.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Everything the popup shows.
    pub fn view(&self, now: Millis) -> View {
        let _ = now;
        todo!()
    }

    /// Everything the handoff page of one job shows; `None` if there is no such job (any more).
    pub fn handoff_view(&self, job: &JobId) -> Option<HandoffView> {
        let _ = job;
        None
    }

    /// The settings in force, for the options page.
    pub fn settings(&self) -> crate::provider::Settings {
        todo!()
    }
}
