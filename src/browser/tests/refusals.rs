//! Whatever becomes of a call to the browser, a refusal comes back: no trap, no endless wait. In a real browser.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and that is what it is for")]

mod stand_in;

use js_sys::Promise;
use stand_in::{FAILURES, install, js, turns};
use std::future::Future;
use std::pin::Pin;
use understudy_browser::tabs::Tab;
use understudy_browser::{Refused, action, alarms, net, notices, permissions, runtime, storage, tabs};
use understudy_engine::Area;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

type Outcome = Pin<Box<dyn Future<Output = Result<(), Refused>>>>;

type Call = fn() -> Outcome;

/// A call of ours, and the function of the browser that it stands on.
const CALLS: [(&str, Call); 23] = [
    ("storage.session.get", || Box::pin(async { storage::get(Area::Session, "k").await.map(drop) })),
    ("storage.local.get", || Box::pin(async { storage::get_all(Area::Local).await.map(drop) })),
    ("storage.session.set", || Box::pin(async { storage::set(Area::Session, "k", "v").await.map(drop) })),
    ("storage.local.set", || Box::pin(async { storage::set(Area::Local, "k", "v").await.map(drop) })),
    ("storage.session.remove", || Box::pin(async { storage::remove(Area::Session, "k").await.map(drop) })),
    ("storage.local.remove", || Box::pin(async { storage::remove(Area::Local, "k").await.map(drop) })),
    ("storage.local.setAccessLevel", || Box::pin(async { storage::keep_from_content_scripts().await.map(drop) })),
    ("tabs.create", || Box::pin(async { tabs::create("https://a.example/").await.map(drop) })),
    ("tabs.update", || Box::pin(async { tabs::navigate(1, "https://a.example/").await.map(drop) })),
    ("tabs.getCurrent", || Box::pin(async { tabs::current().await.map(drop) })),
    ("tabs.sendMessage", || Box::pin(async { tabs::send(1, &JsValue::NULL).await.map(drop) })),
    ("scripting.executeScript", || Box::pin(async { tabs::run_script(1, "fill.js").await.map(drop) })),
    ("action.setBadgeText", || Box::pin(badge("title"))),
    ("action.setTitle", || Box::pin(badge("title"))),
    ("permissions.getAll", || Box::pin(async { permissions::origins().await.map(drop) })),
    ("permissions.contains", || Box::pin(async { permissions::contains("https://a.example/*").await.map(drop) })),
    ("permissions.request", || Box::pin(async { permissions::request(Some("https://a.example/*")).await.map(drop) })),
    ("permissions.request", || Box::pin(async { permissions::request_notices().await.map(drop) })),
    ("permissions.remove", || Box::pin(async { permissions::withdraw_notices().await.map(drop) })),
    ("notifications.create", || Box::pin(async { notices::show("title", "text").await.map(drop) })),
    ("notifications.clear", || Box::pin(async { notices::clear().await.map(drop) })),
    ("runtime.sendMessage", || Box::pin(async { runtime::send(&JsValue::NULL).await.map(drop) })),
    ("runtime.openOptionsPage", || Box::pin(runtime::open_options())),
];

async fn badge(title: &str) -> Result<(), Refused> {
    for answer in action::badge("!", "#000", title) {
        answer.await?;
    }
    Ok(())
}

#[wasm_bindgen_test]
async fn a_call_that_fails_in_any_way_is_refused() {
    for (path, call) in CALLS {
        for (how, function) in FAILURES {
            let browser = install();
            assert_eq!(call().await, Ok(()), "{path} works as long as it is left alone");
            browser.replace(path, function);
            assert!(call().await.is_err(), "{path} {how}");
        }
    }
}

#[wasm_bindgen_test]
async fn a_call_whose_whole_api_is_missing_is_refused() {
    for (path, call) in CALLS {
        let browser = install();
        let (api, _) = path.split_once('.').unwrap();
        browser.replace(api, "undefined");
        assert!(call().await.is_err(), "{path} without browser.{api}");
    }
}

#[wasm_bindgen_test]
async fn the_reason_of_a_refusal_is_kept() {
    for (function, reason) in [
        ("() => { throw new Error('no room'); }", "no room"),
        ("async () => { throw 'no room'; }", "no room"),
        ("async () => { throw new DOMException('no room', 'QuotaExceededError'); }", "no room"),
        ("async () => { throw { code: 3 }; }", ""),
    ] {
        install().replace("storage.local.set", function);
        let refused = storage::set(Area::Local, "k", "v").await.unwrap_err();
        assert_eq!(refused.to_string(), reason, "{function}");
    }
}

#[wasm_bindgen_test]
async fn an_answer_without_a_promise_is_an_answer() {
    let browser = install();
    // Firefox answers `alarms.create` with nothing, Chrome with a promise.
    for function in ["() => undefined", "async () => {}", "() => new Promise(() => {})"] {
        browser.replace("alarms.create", function);
        assert_eq!(alarms::at("wake", 1_772_451_420_000), Ok(()), "{function}");
    }
    browser.replace("tabs.create", "() => ({ id: 12 })");
    assert_eq!(tabs::create("https://a.example/").await.map(Tab::from).unwrap().id, Some(12));
    browser.replace("tabs.create", "() => ({ then(done) { done({ id: 13 }); } })");
    assert_eq!(tabs::create("https://a.example/").await.map(Tab::from).unwrap().id, Some(13));
}

#[wasm_bindgen_test]
fn an_alarm_that_cannot_be_set_is_refused() {
    for (how, function) in
        FAILURES.into_iter().filter(|(_, function)| !function.contains("async") && !function.contains("Promise"))
    {
        install().replace("alarms.create", function);
        assert!(alarms::at("wake", 1).is_err(), "{how}");
    }
}

#[wasm_bindgen_test]
async fn a_call_that_never_answers_comes_to_an_end() {
    let browser = install();
    browser.replace("tabs.sendMessage", "() => new Promise(() => {})");
    let sent = tabs::send_within(50, 1, &JsValue::NULL);
    assert!(sent.await.is_err());
    browser.replace("tabs.sendMessage", "async () => 'here'");
    let sent = tabs::send_within(5_000, 1, &JsValue::NULL);
    assert_eq!(sent.await.unwrap(), "here");
    browser.replace("tabs.sendMessage", "async () => { throw new Error('no receiver'); }");
    let sent = tabs::send_within(5_000, 1, &JsValue::NULL);
    assert_eq!(sent.await.unwrap_err().to_string(), "no receiver");
}

#[wasm_bindgen_test]
async fn a_tab_that_cannot_be_is_no_tab() {
    let browser = install();
    assert!(tabs::send(1 << 40, &JsValue::NULL).await.is_err());
    assert!(tabs::navigate(i64::MIN, "https://a.example/").await.is_err());
    assert_eq!(browser.calls(), [""; 0]);
    for (answer, id) in [
        ("({ id: 5 })", Some(5)),
        ("({})", None),
        ("({ id: '5' })", None),
        ("null", None),
        ("({ get id() { throw new Error('gone'); } })", None),
        ("new Proxy({}, { get() { throw new Error('gone'); }, has() { throw 1; } })", None),
    ] {
        browser.replace("tabs.create", &format!("() => {answer}"));
        assert_eq!(tabs::create("https://a.example/").await.ok().and_then(|tab| Tab::from(tab).id), id, "{answer}");
    }
}

#[wasm_bindgen_test]
async fn the_question_for_a_host_is_put_before_anything_is_awaited() {
    let browser = install();
    let asked = permissions::request(Some("https://a.example/*"));
    assert_eq!(browser.calls(), [r#"permissions.request [{"origins":["https://a.example/*"]}]"#]);
    assert_eq!(asked.await, Ok(true));

    let browser = install();
    browser.replace("runtime.getURL", "(path) => `moz-extension://0b5c/${path}`");
    browser.replace(
        "permissions.request",
        "(...args) => { globalThis.asked = JSON.stringify(args); return Promise.resolve(false); }",
    );
    let asked = permissions::request(Some("https://a.example/*"));
    assert_eq!(
        js("asked"),
        r#"[{"origins":["https://a.example/*"],"data_collection":["websiteContent","personalCommunications"]}]"#
    );
    assert_eq!(asked.await, Ok(false));
}

#[wasm_bindgen_test]
async fn notices_are_asked_for_before_anything_is_awaited_and_can_be_given_back() {
    let browser = install();
    let asked = permissions::request_notices();
    assert_eq!(browser.calls(), [r#"permissions.request [{"permissions":["notifications"]}]"#]);
    assert_eq!(asked.await, Ok(true));
    assert_eq!(permissions::withdraw_notices().await, Ok(true));
    assert_eq!(browser.calls()[1], r#"permissions.remove [{"permissions":["notifications"]}]"#);
    for (granted, told) in [("['storage', 'notifications']", true), ("['storage']", false), ("undefined", false)] {
        browser.replace("permissions.getAll", &format!("async () => ({{ permissions: {granted}, origins: ['a'] }})"));
        let origins = permissions::origins().await.unwrap();
        assert_eq!((origins[0].as_str(), origins.contains(&"notifications".to_owned())), ("a", told), "{granted}");
    }
}

#[wasm_bindgen_test]
async fn there_is_one_notice_at_a_time() {
    let browser = install();
    notices::show("Claude is down", "Go on elsewhere.").await.unwrap();
    let icon = "chrome-extension://understudy-under-test/icons/128.png";
    let looks =
        format!(r#"{{"type":"basic","iconUrl":"{icon}","title":"Claude is down","message":"Go on elsewhere."}}"#);
    assert_eq!(browser.calls(), [format!(r#"notifications.create ["understudy",{looks}]"#)]);
}

#[wasm_bindgen_test]
async fn the_tab_looked_at_last_is_brought_to_the_front_if_there_is_one() {
    let bring = || tabs::bring(&["https://a.example/b", "https://a.example/c"]);
    let browser = install();
    assert_eq!(bring().await, Some(6));
    let query = r#"tabs.query [{"url":["https://a.example/b*","https://a.example/c*"]}]"#;
    assert_eq!(
        browser.calls(),
        [query, r#"tabs.update [6,{"active":true}]"#, r#"windows.update [3,{"focused":true}]"#]
    );
    let browser = install();
    browser.replace("windows", "undefined");
    assert_eq!(bring().await, Some(6), "Android has none");
    for none in ["async () => []", "async () => undefined", "async () => ({})", "() => { throw new Error('no'); }"] {
        let browser = install();
        browser.replace("tabs.query", none);
        assert_eq!(bring().await, None, "{none}");
    }
}

#[wasm_bindgen_test]
async fn a_store_gives_strings_and_only_those() {
    install();
    assert_eq!(storage::get(Area::Local, "entry:e1").await, Ok(None));
    // A lone half of a surrogate pair cannot be a Rust string; the rest of the text is kept.
    js(
        "browser.storage.local.set({ 'entry:e1': '{\"text\":\"\\u202e</script>\\ud83d\"}', settings: { a: 1 }, n: 7, z: null, __proto__: { x: 'y' } })",
    );
    turns().await;
    assert_eq!(storage::get(Area::Local, "settings").await, Ok(None));
    assert_eq!(storage::get(Area::Local, "toString").await, Ok(None));
    let all = storage::get_all(Area::Local).await.unwrap();
    assert_eq!(all, [("entry:e1".to_owned(), "{\"text\":\"\u{202e}</script>\u{fffd}\"}".to_owned())]);
    storage::set(Area::Local, "entry:e1", "changed").await.unwrap();
    assert_eq!(storage::get(Area::Local, "entry:e1").await, Ok(Some("changed".to_owned())));
    storage::remove(Area::Local, "entry:e1").await.unwrap();
    assert_eq!(storage::get_all(Area::Local).await, Ok(Vec::new()));
}

#[wasm_bindgen_test]
async fn a_store_that_answers_with_nonsense_is_refused_or_empty() {
    for answer in ["undefined", "null", "7", "''", "({ get k() { throw new Error('gone'); } })"] {
        let browser = install();
        for path in ["storage.local.get", "storage.session.get"] {
            browser.replace(path, &format!("async () => {answer}"));
        }
        assert!(!matches!(storage::get(Area::Session, "k").await, Ok(Some(_))), "{answer}");
        assert!(storage::get_all(Area::Local).await.unwrap_or_default().is_empty(), "{answer}");
    }
}

#[wasm_bindgen_test]
async fn a_listener_ends_when_it_is_dropped() {
    use std::cell::Cell;
    use std::rc::Rc;
    let browser = install();
    let heard = Rc::new(Cell::new(0));
    let counting = Rc::clone(&heard);
    let changes = storage::Changes::listen(move || counting.set(counting.get() + 1)).unwrap();
    assert_eq!(browser.listeners(), 1);
    storage::set(Area::Session, "a", "b").await.unwrap();
    storage::set(Area::Local, "a", "b").await.unwrap();
    assert_eq!(heard.get(), 2);
    drop(changes);
    assert_eq!(browser.listeners(), 0);
    storage::set(Area::Local, "a", "c").await.unwrap();
    assert_eq!(heard.get(), 2);

    for (how, function) in &FAILURES[..5] {
        let browser = install();
        browser.replace("storage.onChanged.addListener", function);
        assert!(storage::Changes::listen(|| {}).is_err(), "{how}");
        let browser = install();
        let changes = storage::Changes::listen(|| {}).unwrap();
        browser.replace("storage.onChanged.removeListener", function);
        drop(changes);
    }
}

#[wasm_bindgen_test]
async fn a_request_is_real_and_has_an_end() {
    // The page's own server is asked: this is no stand-in.
    let own = js("location.href").as_string().unwrap();
    let (status, body) = net::get(&own, 10_000).await.unwrap();
    assert_eq!(status, 200);
    assert!(body.contains("<html"), "{body}");
    assert_eq!(net::get("/no-such-page", 10_000).await.unwrap().0, 404);
    assert!(net::get(&own, 0).await.is_err(), "no time at all");
    assert!(net::get("http://", 10_000).await.is_err(), "no address");
    assert!(net::get("http://127.0.0.1:1/", 10_000).await.is_err(), "nobody there");
}

#[wasm_bindgen_test]
async fn a_body_is_cut_at_a_character() {
    let long = |unit: &str, times: usize| {
        js(&format!("URL.createObjectURL(new Blob(['{unit}'.repeat({times})]))")).as_string().unwrap()
    };
    let (_, body) = net::get(&long("x", 300 * 1024), 10_000).await.unwrap();
    assert_eq!(body.len(), 256 * 1024);
    // Three bytes each: the limit falls into the middle of one.
    let (_, body) = net::get(&long("€", 100 * 1024), 10_000).await.unwrap();
    assert_eq!((body.len(), body.chars().all(|c| c == '€')), (256 * 1024 / 3 * 3, true));
    // A body that stops half way ends with the time given, not with the connection.
    let never = js("globalThis.fetch.bind(globalThis)");
    js(
        "globalThis.fetch = async (_, { signal }) => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array(3)); signal.addEventListener('abort', () => c.error(signal.reason)); } }))",
    );
    let slow = net::get("/", 50).await;
    js_sys::Reflect::set(&js_sys::global(), &"fetch".into(), &never).unwrap();
    assert!(slow.is_err());
}

#[wasm_bindgen_test]
async fn a_badge_goes_on_where_one_of_its_calls_is_missing() {
    let browser = install();
    // Firefox for Android has no badge of its own; the title is what is left.
    browser.replace("action.setBadgeText", "undefined");
    browser.replace("action.setBadgeBackgroundColor", "undefined");
    browser.replace("action.setBadgeTextColor", "undefined");
    assert!(badge("Claude is down").await.is_err());
    assert_eq!(browser.calls(), [r#"setTitle [{"title":"Claude is down"}]"#]);
    // What is left behind must not end as an unhandled rejection, which would be taken for a trap.
    js("globalThis.unhandled = 0");
    js("addEventListener('unhandledrejection', () => { globalThis.unhandled += 1; })");
    install().replace("action.setTitle", "async () => { throw new Error('one'); }");
    js("browser.action.setBadgeText = async () => { throw new Error('two'); }");
    assert!(badge("title").await.is_err());
    let settled: Promise = js("new Promise((done) => setTimeout(done, 50))").unchecked_into();
    JsFuture::from(settled).await.unwrap();
    assert_eq!(js("unhandled"), 0);
}
