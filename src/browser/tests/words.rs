//! Keys, parameters and times become words, in a real browser's own locale and time zone.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and that is what it is for")]

mod stand_in;

use stand_in::{install, js};
use understudy_browser::{clock, day, hour, member, month, say, whole, zone};
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
    browser.replace("i18n.getMessage", "(key, args) => `${key}(${args.join('|')})`");
    let noon = js("new Date().setHours(12, 5, 0, 0)").as_f64().unwrap();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date of this era")]
    let noon = noon as u64;
    let said = Say::new("k").text("a $1 </script>").count(u64::MAX).time(noon).word("w");
    assert_eq!(say(&said), "k(a $1 </script>|18446744073709551615|12:05|w())");
}

#[wasm_bindgen_test]
fn a_clock_time_is_local_and_names_another_day() {
    let at = |expression: &str| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date of this era")]
        let at = js(expression).as_f64().unwrap() as u64;
        clock(at)
    };
    assert_eq!(at("new Date().setHours(0, 0, 0, 0)"), "00:00");
    assert_eq!(at("new Date().setHours(23, 59, 59, 999)"), "23:59");
    assert_eq!(at("new Date(2026, 2, 2, 11, 37).getTime()"), "Mon Mar 02, 11:37");
    // A year ago today is another day.
    let year = at("new Date(new Date().getFullYear() - 1, new Date().getMonth(), 1, 7, 3).getTime()");
    assert!(year.ends_with(" 01, 07:03"), "{year}");
    // Far outside of what a Date can hold; whatever is shown, nothing breaks.
    assert!(!clock(u64::MAX).is_empty());
}

#[wasm_bindgen_test]
fn days_are_local_and_months_are_not() {
    let at = |expression: &str| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date of this era")]
        let at = js(expression).as_f64().unwrap() as u64;
        at
    };
    assert_eq!(hour(at("new Date(2026, 2, 2, 7, 5).getTime()")), "07:05");
    assert_eq!(day(at("new Date(2026, 2, 2, 0, 0).getTime()")), "Mar 02");
    assert_eq!(day(at("new Date(2026, 10, 24, 23, 59).getTime()")), "Nov 24");
    for edge in ["Date.UTC(2026, 2, 1)", "Date.UTC(2026, 3, 1) - 1"] {
        let wanted = "new Date(2026, 2, 15).toLocaleDateString('default', { month: 'long', year: 'numeric' })";
        assert_eq!(month(at(edge)), js(wanted).as_string().unwrap(), "{edge}");
    }
    let ahead = js("-new Date(2026, 2, 2).getTimezoneOffset()").as_f64().unwrap();
    assert!((zone(at("new Date(2026, 2, 2).getTime()")) - ahead).abs() < f64::EPSILON);
    assert!(!day(u64::MAX).is_empty() && !month(u64::MAX).is_empty());
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
