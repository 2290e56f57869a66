//! Understudy's engine: it decides, and touches nothing.
//!
//! No clock, no browser, no network, no randomness, no logging: [`Engine::handle`] takes what happened and the time,
//! [`Engine::poll`] hands out what is to be done. `cargo xtask check` proves that this crate builds for wasm without a
//! single import.
#![deny(clippy::disallowed_methods, clippy::disallowed_macros)]

pub mod cause;
pub mod claude;
mod codec;
pub mod context;
mod engine;
pub mod handoff;
pub mod health;
pub mod incident;
mod input;
pub mod json;
pub mod judge;
pub mod left;
mod map;
pub mod moment;
pub mod notice;
pub mod order;
pub mod outbox;
mod output;
pub mod provider;
pub mod receipt;
mod search;
pub mod secrets;
pub mod sight;
pub mod statistics;
mod text;
pub mod verdict;
pub mod view;
pub mod wait;
pub mod words;

pub use cause::{Cause, Class, Surface};
pub use engine::{AGREED_KEY, Config, Engine, Platform, Stored};
pub use input::{
    Act, CONSENT, EntryId, Fact, FillOutcome, FillReport, Headers, Input, JobId, Millis, Place, Request, RequestStep,
    StatusAnswer, StreamEnd, TabId, Technique,
};
pub use output::{
    Action, ActionKind, Area, Badge, Card, FillOrder, Output, Target, Tone, begun_key, entry_key, is_at_hand,
    is_private, needed_at_start, sent_key, text_key,
};
pub use text::UserText;
