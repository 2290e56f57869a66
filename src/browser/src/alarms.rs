//! `browser.alarms`: the only timers that outlive the background.

use crate::{Refused, object, raw};
use understudy_engine::Millis;

/// Rings once, at a wall-clock time; replaces an alarm of the same name. It may come late by half a minute.
pub fn at(name: &str, when: Millis) -> Result<(), Refused> {
    // A promise in Chrome and nothing at all in Firefox: not to be awaited.
    raw::alarms_create(name, &object().number("when", when.cast_signed()).into())?;
    Ok(())
}
