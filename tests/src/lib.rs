//! Drives real browsers with the built extension against the lab.
//!
//! [`Browser`] is one interface to Chromium and Firefox. The tests are in `tests/e2e`, the demo in `src/bin/demo.rs`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "those rules are the engine's; these tests are the outside world, with clock, processes and a terminal"
)]

pub mod arguments;
pub mod axe;
mod browser;
mod cdp;
mod chromium;
pub mod died;
mod display;
pub mod film;
mod firefox;
pub mod matrix;
mod process;
pub mod prompts;
pub mod record;
pub mod served;
pub mod stage;
pub mod texts;
pub mod user;
pub mod wait;
pub mod webdriver;
pub mod webm;

pub use browser::{Browser, Card, Key, Kind, Options, Place, Sight};
pub use died::Died;
pub use display::Display;
pub use process::{Process, leave_nothing_behind};
pub use stage::Stage;
