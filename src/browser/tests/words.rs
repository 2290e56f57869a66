//! Keys, parameters and times become words, in a real browser's own locale and time zone.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and that is what it is for")]

mod stand_in;

use stand_in::{install, js};
use understudy_browser::{clock, day, hour, lasted, member, month, say, whole, zone};
use understudy_engine::handoff::encode;
use understudy_engine::words::Say;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_sentence_is_found_by_its_key() {
    install();
    assert_eq!(say(&Say::new("page_state_down")), "Down");
    assert_eq!(say(&Say::new("page_open_in").text("Le Chat")), "Open Le Chat");
    // A gap is seen and not hidden.
    assert_eq!(say(&Say::new("no_such_key")), "no_such_key");
    assert_eq!(say(&Say::new("page_open_in").word("no_such_word")), "Open no_such_word");
}

#[wasm_bindgen_test]
fn each_kind_of_parameter_has_its_form() {
    let browser = install();
    speak(&browser, "de", "ltr");
    let noon = moment("new Date().setHours(12, 5, 0, 0)");
    let said = Say::new("k").text("a $1 </script>").count(u64::MAX).time(noon).word("w");
    assert_eq!(say(&said), "k(a $1 </script>|18446744073709551615|12:05|w())");
}

/// Every message is its key and its parameters, but for the language's own name and direction.
fn speak(browser: &stand_in::StandIn, language: &str, direction: &str) {
    let words = format!(
        "(key, args) => ({{ ext_language: '{language}', ext_direction: '{direction}' }})[key] ?? `${{key}}(${{args.join('|')}})`"
    );
    browser.replace("i18n.getMessage", &words);
}

fn moment(expression: &str) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date of this era")]
    let at = js(expression).as_f64().unwrap() as u64;
    at
}

#[wasm_bindgen_test]
fn a_clock_time_is_local_and_names_another_day() {
    let browser = install();
    speak(&browser, "de", "ltr");
    let at = |expression: &str| clock(moment(expression));
    assert_eq!(at("new Date().setHours(0, 0, 0, 0)"), "00:00");
    assert_eq!(at("new Date().setHours(23, 59, 59, 999)"), "23:59");
    assert_eq!(at("new Date(2026, 2, 2, 11, 37).getTime()"), "Mo., 2. März, 11:37");
    // A year ago today is another day.
    let year = at("new Date(new Date().getFullYear() - 1, new Date().getMonth(), 1, 7, 3).getTime()");
    assert!(year.contains(" 1. ") && year.ends_with(", 07:03"), "{year}");
    // Far outside of what a Date can hold; whatever is shown, nothing breaks.
    assert!(!clock(u64::MAX).is_empty());
}

#[wasm_bindgen_test]
fn days_are_local_and_months_are_not() {
    let browser = install();
    speak(&browser, "de", "ltr");
    assert_eq!(hour(moment("new Date(2026, 2, 2, 7, 5).getTime()")), "07:05");
    assert_eq!(day(moment("new Date(2026, 2, 2, 0, 0).getTime()")), "2. März");
    assert_eq!(day(moment("new Date(2026, 10, 24, 23, 59).getTime()")), "24. Nov.");
    for edge in ["Date.UTC(2026, 2, 1)", "Date.UTC(2026, 3, 1) - 1"] {
        assert_eq!(month(moment(edge)), "März 2026", "{edge}");
    }
    let ahead = js("-new Date(2026, 2, 2).getTimezoneOffset()").as_f64().unwrap();
    assert!((zone(moment("new Date(2026, 2, 2).getTime()")) - ahead).abs() < f64::EPSILON);
    assert!(!day(u64::MAX).is_empty() && !month(u64::MAX).is_empty());
}

#[wasm_bindgen_test]
fn moments_and_lengths_are_written_as_the_language_that_is_shown_writes_them() {
    let browser = install();
    let afternoon = moment("new Date(2026, 10, 24, 14, 5).getTime()");
    for (shown, own, clock_, length) in [
        ("en", "en-US", "Tue, Nov 24, 02:05 PM", "2 hr 23 min"),
        ("en", "en-GB", "Tue 24 Nov, 14:05", "2 hrs 23 mins"),
        // A browser in a language that the extension does not have.
        ("en", "nl", "Tue, Nov 24, 02:05 PM", "2 hr 23 min"),
        ("fr", "fr", "mar. 24 nov., 14:05", "2\u{202f}h 23\u{a0}min"),
        ("ja", "ja", "11月24日(火) 14:05", "2 時間 23 分"),
        // The digits are those of all other numbers in the sentence.
        ("ar", "ar", "الثلاثاء، 24 نوفمبر، 02:05 م", "2 س 23 د"),
        // Without a language of the extension, as in a page that an update left behind.
        ("", "de", "Di., 24. Nov., 14:05", "2 Std. 23 Min."),
    ] {
        speak(&browser, shown, "ltr");
        browser.replace("i18n.getUILanguage", &format!("() => '{own}'"));
        assert_eq!((clock(afternoon).as_str(), lasted(8_593_000).as_str()), (clock_, length), "{shown} {own}");
    }
}

#[wasm_bindgen_test]
fn a_length_has_its_two_greatest_units() {
    install();
    for (ms, length) in [
        (0, "0 sec"),
        (999, "0 sec"),
        (40_000, "40 sec"),
        (180_000, "3 min"),
        (725_000, "12 min 5 sec"),
        (10_800_000, "3 hr"),
        (10_805_000, "3 hr"),
        (8_593_000, "2 hr 23 min"),
        (-725_000, "-12 min 5 sec"),
        (i64::MIN, "-2,562,047,788,015 hr 12 min"),
    ] {
        assert_eq!(lasted(ms), length, "{ms}");
    }
}

#[wasm_bindgen_test]
fn a_member_of_anything_can_be_asked_for() {
    for object in [
        "undefined",
        "null",
        "7",
        "Symbol('s')",
        "({})",
        "({ get id() { throw new Error('no'); } })",
        "new Proxy({}, { get() { throw new Error('no'); } })",
        "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
    ] {
        assert_eq!(member(&js(object), "id"), JsValue::UNDEFINED, "{object}");
    }
    assert_eq!(member(&js("({ __proto__: { id: 3 } })"), "id"), 3);
    for (value, number) in [
        ("3", Some(3)),
        ("-1", Some(-1)),
        ("2.9", Some(2)),
        ("NaN", Some(0)),
        ("Infinity", Some(i64::MAX)),
        ("'3'", None),
        ("3n", None),
        ("null", None),
        ("new Number(3)", None),
        ("({ valueOf() { return 3; } })", None),
    ] {
        assert_eq!(whole(&js(value)), number, "{value}");
    }
}

/// Whatever is in a prompt, the page at the other end of a link reads the same.
#[wasm_bindgen_test]
fn what_is_encoded_for_a_link_the_browser_decodes() {
    let read = js("(link) => [decodeURIComponent(link.split('=')[1]), new URL(link).searchParams.get('q')]");
    let read: js_sys::Function = read.unchecked_into();
    for plane in 0..=16_u32 {
        let text: String = (plane << 16..=plane << 16 | 0xffff).filter_map(char::from_u32).collect();
        let link = format!("https://chat.example/?q={}", encode(&text));
        let both: js_sys::Array = read.call1(&JsValue::NULL, &link.into()).unwrap().unchecked_into();
        for decoded in both {
            assert!(decoded.as_string().as_deref() == Some(text.as_str()), "plane {plane}");
        }
    }
}
