//! Sentences: keys and parameters of the engine become words of the user's language.

use crate::raw;
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

/// A local clock time, `HH:MM`; with the day in front when it is not today's.
pub fn clock(at: Millis) -> String {
    let (then, now) = (date(at), Date::new_0());
    // "14:05:09 GMT+0100 (…)", in every language.
    let time = String::from(then.to_time_string());
    let clock = time.get(..5).unwrap_or(&time);
    let day = then.to_date_string();
    if day == now.to_date_string() {
        return clock.to_owned();
    }
    // "Tue Nov 24 2026" without its year.
    let day = String::from(day);
    [day.get(..10).unwrap_or(&day), ", ", clock].concat()
}

#[expect(clippy::cast_precision_loss, reason = "a date of this era is far below 2^53 ms")]
fn date(at: Millis) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}
