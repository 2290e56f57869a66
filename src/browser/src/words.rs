//! Sentences: keys and parameters of the engine become words of the user's language.

use crate::{object, raw};
use js_sys::{Array, Date};
use understudy_engine::Millis;
use understudy_engine::json::numbered;
use understudy_engine::words::{Arg, Say};
use wasm_bindgen::JsValue;

/// The sentence in words; the bare key if the language files do not have it, so that a gap is seen and not hidden.
pub fn say(sentence: &Say) -> String {
    let args = sentence.args.iter().map(|arg| {
        JsValue::from(match arg {
            Arg::Text(text) => text.clone(),
            Arg::Count(count) => numbered("", *count),
            Arg::Time(at) => clock(*at),
            Arg::Word(key) => self::say(&Say::new(key)),
        })
    });
    let words = raw::get_message(&sentence.key, &args.collect::<Array>());
    if words.is_empty() { sentence.key.clone() } else { words }
}

/// A local clock time, `HH:MM`, whatever its day.
pub fn hour(at: Millis) -> String {
    // "14:05:09 GMT+0100 (…)", in every language.
    let time = String::from(date(at).to_time_string());
    time.get(..5).unwrap_or(&time).to_owned()
}

/// A local clock time, `HH:MM`; with the day in front when it is not today's.
pub fn clock(at: Millis) -> String {
    let (then, now) = (date(at), Date::new_0());
    let clock = hour(at);
    let day = then.to_date_string();
    if day == now.to_date_string() {
        return clock;
    }
    // "Tue Nov 24 2026" without its year.
    let day = String::from(day);
    [day.get(..10).unwrap_or(&day), ", ", &clock].concat()
}

/// A local day, "Nov 24".
pub fn day(at: Millis) -> String {
    // "Tue Nov 24 2026" without its weekday and year.
    let day = String::from(date(at).to_date_string());
    day.get(4..10).unwrap_or(&day).to_owned()
}

/// The month of a moment in UTC, with its year, in the browser's language.
pub fn month(at: Millis) -> String {
    let look = object().text("month", "long").text("year", "numeric").text("timeZone", "UTC").into();
    String::from(date(at).to_locale_date_string("default", &look))
}

/// Minutes by which the local clock is ahead of UTC at a moment.
pub fn zone(at: Millis) -> f64 {
    -date(at).get_timezone_offset()
}

#[expect(clippy::cast_precision_loss, reason = "a date of this era is far below 2^53 ms")]
fn date(at: Millis) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}
