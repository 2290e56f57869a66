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

fn message(key: &str) -> String {
    raw::get_message(key, &Array::new())
}

/// The language that is shown, as the browser has it: en-GB writes times in another way than en-US, and both read the English words.
fn language() -> String {
    let (shown, own) = (message("ext_language"), raw::ui_language());
    if own.starts_with(&shown) { own } else { shown }
}

/// How the parts of a moment are written. In Arabic too with the digits of all other numbers here.
const FIELDS: [(&str, &str); 6] = [
    ("weekday", "short"),
    ("month", "short"),
    ("day", "numeric"),
    ("numberingSystem", "latn"),
    ("hour", "2-digit"),
    ("minute", "2-digit"),
];

/// Some of the [`FIELDS`] of a moment, in the language that is shown.
#[inline(never)]
fn written(date: &Date, fields: &[(&str, &str)]) -> String {
    let look = fields.iter().fold(object(), |look, (name, value)| look.text(name, value));
    raw::date_to_locale_string(date, &language(), &look.into())
}

/// A local clock time, whatever its day.
pub fn hour(at: Millis) -> String {
    written(&date(at), &FIELDS[3..])
}

/// A local clock time; with the day in front when it is not today's.
pub fn clock(at: Millis) -> String {
    let then = date(at);
    let today = then.to_date_string() == Date::new_0().to_date_string();
    written(&then, &FIELDS[if today { 3 } else { 0 }..])
}

/// A local day, with its month.
pub fn day(at: Millis) -> String {
    written(&date(at), &FIELDS[1..4])
}

/// The month of a moment in UTC, with its year.
pub fn month(at: Millis) -> String {
    written(&date(at), &[("month", "long"), ("year", "numeric"), ("timeZone", "UTC"), FIELDS[3]])
}

/// How long something took, in its two greatest units; what took less than nothing came before.
pub fn lasted(ms: i64) -> String {
    let seconds = ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let (first, second) = match (hours, minutes, seconds) {
        (0, 0, _) => ((seconds, "second"), (0, "")),
        (0, ..) => ((minutes, "minute"), (seconds, "second")),
        _ => ((hours, "hour"), (minutes, "minute")),
    };
    let unit = |(count, unit): (i64, &str)| {
        let look = object().text("style", "unit").text("unit", unit).with(FIELDS[3].0, &FIELDS[3].1.into()).into();
        #[expect(clippy::cast_precision_loss, reason = "no length comes near 2^53")]
        raw::number_to_locale_string(count as f64, &language(), &look)
    };
    if second.0 == 0 { unit(first) } else { [unit(first), " ".to_owned(), unit((second.0.abs(), second.1))].concat() }
}

/// Minutes by which the local clock is ahead of UTC at a moment.
pub fn zone(at: Millis) -> f64 {
    -date(at).get_timezone_offset()
}

#[expect(clippy::cast_precision_loss, reason = "a date of this era is far below 2^53 ms")]
fn date(at: Millis) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}
