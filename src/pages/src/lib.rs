//! wasm module 2: the popup, the handoff page, the options page, the history, the welcome page and the self-test. They read what is stored, draw
//! the engine's views and tell the background what the user did; they never decide, and write no store but the keys of
//! what is sealed.
#![deny(clippy::unwrap_used)]

mod handoff;
mod history;
mod home;
mod host;
mod marks;
mod options;
mod popup;
mod save;
mod sealing;
mod selftest;
mod stage;
mod tree;
mod welcome;

use crate::host::Host;
use crate::tree::say;
use wasm_bindgen::prelude::*;

/// Starts the page named in `<html data-page>`: `popup`, `panel`, `handoff`, `options`, `history`, `welcome` or `selftest`.
#[wasm_bindgen]
pub fn start(page: &str) -> Result<(), JsValue> {
    match page {
        "popup" => Host::start(popup::Popup::default(), &say("page_title_popup")),
        "panel" => Host::start(popup::Popup::panel(), &say("page_title_popup")),
        "handoff" => {
            let window = web_sys::window().ok_or("no window")?;
            let query = web_sys::UrlSearchParams::new_with_str(&window.location().search()?)?;
            if let Some(entry) = query.get("home") {
                return Host::start(home::Home::new(entry), &say("page_title_home"));
            }
            let mac = window.navigator().platform().is_ok_and(|platform| platform.starts_with("Mac"));
            Host::start(handoff::Handoff::new(query.get("job").unwrap_or_default(), mac), &say("page_title_handoff"))
        }
        "selftest" => Host::start(selftest::SelfTest::default(), &say("page_title_selftest")),
        "options" => Host::start(options::Options::default(), &say("page_title_options")),
        "history" => {
            let window = web_sys::window().ok_or("no window")?;
            let panel = window.location().search()?.ends_with("panel");
            Host::start(history::History::new(panel), &say("page_title_history"))
        }
        "welcome" => Host::start(welcome::Welcome::default(), &say("page_title_welcome")),
        _ => Err("no such page".into()),
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
#[path = "../../browser/tests/stand_in/mod.rs"]
mod stand_in;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    const SOURCES: [&str; 39] = [
        include_str!("handoff.rs"),
        include_str!("handoff/along.rs"),
        include_str!("handoff/heard.rs"),
        include_str!("handoff/first.rs"),
        include_str!("handoff/said.rs"),
        include_str!("history.rs"),
        include_str!("history/incidents.rs"),
        include_str!("history/months.rs"),
        include_str!("history/timeline.rs"),
        include_str!("home.rs"),
        include_str!("host.rs"),
        include_str!("host/reading.rs"),
        include_str!("marks.rs"),
        include_str!("options.rs"),
        include_str!("options/carry.rs"),
        include_str!("options/change.rs"),
        include_str!("options/drag.rs"),
        include_str!("options/file.rs"),
        include_str!("options/keys.rs"),
        include_str!("options/own.rs"),
        include_str!("options/parts.rs"),
        include_str!("options/choices.rs"),
        include_str!("options/left.rs"),
        include_str!("options/seal.rs"),
        include_str!("popup.rs"),
        include_str!("popup/go.rs"),
        include_str!("popup/home.rs"),
        include_str!("popup/locked.rs"),
        include_str!("popup/parts.rs"),
        include_str!("popup/rows.rs"),
        include_str!("popup/search.rs"),
        include_str!("popup/text.rs"),
        include_str!("popup/write.rs"),
        include_str!("sealing.rs"),
        include_str!("selftest.rs"),
        include_str!("stage.rs"),
        include_str!("welcome.rs"),
        include_str!("welcome/rehearsal.rs"),
        include_str!("../../../extension/pages.js"),
    ];
    const TITLES: [&str; 7] = [
        "page_title_popup",
        "page_title_handoff",
        "page_title_home",
        "page_title_options",
        "page_title_history",
        "page_title_selftest",
        "page_title_welcome",
    ];
    const MESSAGES: &str = include_str!("../../../extension/_locales/en/messages.json");

    #[test]
    fn every_sentence_of_the_pages_exists_and_is_used() {
        let messages: serde_json::Map<String, serde_json::Value> = serde_json::from_str(MESSAGES).unwrap();
        let written: BTreeSet<&str> =
            messages.keys().map(String::as_str).filter(|key| key.starts_with("page_")).collect();
        let mut used: BTreeSet<&str> = TITLES.into();
        for source in SOURCES {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            used.extend(code.split(['"', '\'']).filter(|text| text.starts_with("page_") && !text.contains(' ')));
        }
        assert_eq!(used, written);
    }
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod painting {
    //! Whole pages in a real document, from what the engine has really stored.

    use crate::host::now;
    use crate::stand_in::{StandIn, install, js, page, turns};
    use understudy_browser::storage;
    use understudy_engine::{
        Act, Area, Config, Engine, Fact, Headers, Input, Millis, Output, Place, Platform, Request, RequestStep, Stored,
    };
    use wasm_bindgen_test::wasm_bindgen_test;

    const SEND: &str = "https://claude.ai/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations/\
                        019f3f4c-ba14-79cd-bbb7-6926ba65fb53/completion";
    const PROMPT: &str = "</script><img src=x onerror=alert(1)> \u{202e}שלום";

    /// An engine whose outputs go into the stores.
    struct Life {
        engine: Engine,
        now: Millis,
        requests: u32,
    }

    impl Life {
        async fn begin() -> Self {
            let now = now() - 120_000;
            let engine = Engine::restore(Config { platform: Platform::Chromium }, Stored::default(), now);
            let mut life = Self { engine, now, requests: 0 };
            life.tell(Input::Hello { tab: 7, online: true }).await;
            life.tell(Input::Tap { tab: 7, fact: Fact::Ready {} }).await;
            life
        }

        async fn tell(&mut self, input: Input) {
            self.engine.handle(input, self.now);
            while let Some(output) = self.engine.poll() {
                match output {
                    Output::Persist { area, key, value: Some(value) } => {
                        storage::set(area, &key, &value).await.unwrap();
                    }
                    Output::Persist { area, key, value: None } => {
                        storage::remove(area, &key).await.unwrap();
                    }
                    _ => {}
                }
            }
        }

        /// A prompt that Claude answers with this status.
        async fn send(&mut self, text: &str, status: u16) {
            self.now += 10_000;
            self.requests += 1;
            let body = serde_json::json!({"prompt": text, "model": "claude-opus-4-8", "attachments": [], "files": []});
            let started = RequestStep::Started {
                method: "POST".into(),
                url: SEND.into(),
                document: false,
                body: Some(body.to_string().into_bytes()),
            };
            let headers = Headers { content_type: Some("text/html".into()), ..Headers::default() };
            for step in [started, RequestStep::Headers { status, headers }, RequestStep::Done] {
                self.tell(Input::Request(Request { id: self.requests.to_string(), tab: 7, step })).await;
            }
            self.now += 5_000;
            self.tell(Input::Tick).await;
        }
    }

    async fn open(name: &str) {
        page();
        crate::start(name).unwrap();
        turns().await;
    }

    fn text(selector: &str) -> String {
        let all = format!("[...document.querySelectorAll('#page {selector}')].map((one) => one.textContent).join('|')");
        js(&all).as_string().unwrap()
    }

    /// Every reference from one element to another inside the page leads somewhere, and every button has a name.
    fn assert_accessible() {
        let lost = "[...document.querySelectorAll('#page *')].flatMap((one) => \
                    ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'].flatMap((name) => \
                    (one.getAttribute(name) ?? '').split(' ').filter((id) => id && !document.getElementById(id)))).join()";
        assert_eq!(js(lost), "");
        let nameless = "[...document.querySelectorAll('#page button, #page summary, #page input')].filter((one) => \
                        !one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map((one) => one.outerHTML).join()";
        assert_eq!(js(nameless), "");
        let doubled = "(() => { const ids = [...document.querySelectorAll('#page [id]')].map((one) => one.id); \
                       return ids.filter((id, at) => ids.indexOf(id) !== at).join(); })()";
        assert_eq!(js(doubled), "");
    }

    #[wasm_bindgen_test]
    async fn the_popup_paints_what_is_stored() {
        install();
        let mut life = Life::begin().await;
        life.send(PROMPT, 500).await;
        open("popup").await;
        assert_eq!(js("document.title"), "Understudy");
        assert_eq!(text("h1"), "Claude failed once");
        assert_eq!(text(".prompt .text"), PROMPT);
        assert_eq!(js("document.querySelectorAll('#page script, #page img[onerror]').length"), 0);
        assert!(text(".fallback.primary").starts_with("Continue in ChatGPT"), "{}", text(".fallback.primary"));
        assert!(text(".evidence li").contains("500"), "{}", text(".evidence li"));
        assert_eq!(text(".trouble"), "");
        assert_accessible();
    }

    #[wasm_bindgen_test]
    async fn a_verdict_that_changes_is_read_out_once() {
        install();
        let mut life = Life::begin().await;
        life.send("first", 500).await;
        open("popup").await;
        js("Object.assign(globalThis, { records: [], live: document.querySelector('#page [aria-live=polite]') })");
        js("globalThis.observer = new MutationObserver((more) => { records.push(...more); })");
        js("observer.observe(live, { subtree: true, childList: true, characterData: true })");
        let told = || js("records.filter((one) => one.target.parentNode.localName === 'h1').length");
        // Stored anew without a change.
        let session = storage::get(Area::Session, "engine").await.unwrap().unwrap();
        storage::set(Area::Session, "engine", &session).await.unwrap();
        turns().await;
        assert_eq!((text("h1").as_str(), js("records.length")), ("Claude failed once", 0.into()));
        // Every later store leads to a drawing of its own; only the one that changes the verdict is heard.
        life.send("first", 500).await;
        turns().await;
        assert_eq!((text("h1").as_str(), told()), ("Claude fails repeatedly", 1.into()));
        assert_eq!(js("live.isConnected && document.querySelectorAll('#page [aria-live=polite]').length"), 1);
        js("observer.disconnect()");
    }

    #[wasm_bindgen_test]
    async fn the_focus_survives_news() {
        install();
        let mut life = Life::begin().await;
        life.send("first", 500).await;
        open("popup").await;
        js("document.querySelector('#page .prompt button').focus()");
        js("globalThis.held = document.activeElement");
        assert_eq!(js("held.textContent"), "Copy");
        life.send("second", 503).await;
        turns().await;
        assert_eq!(text(".prompt .text"), "second|first");
        assert_eq!(js("document.activeElement === held && held.isConnected"), true);
    }

    #[wasm_bindgen_test]
    async fn the_options_paint_what_is_stored() {
        install();
        storage::set(
            Area::Local,
            "settings",
            r#"{"fallbacks":["deepseek"],"customName":"</script>","customUrl":"https://a.example/?q={prompt}"}"#,
        )
        .await
        .unwrap();
        open("options").await;
        assert_eq!(js("document.title"), "Options");
        assert_eq!(
            js("[...document.querySelectorAll('#page .offers input:checked')].map((one) => one.id).join()"),
            "offer-deepseek"
        );
        assert!(text(".offers .name").contains("</script>"), "{}", text(".offers .name"));
        assert_accessible();
    }

    /// The acts that were sent to the background.
    fn acts(browser: &StandIn) -> Vec<String> {
        browser.calls().into_iter().filter(|call| call.starts_with("runtime.sendMessage")).collect()
    }

    fn click(selector: &str) {
        js(&format!("document.querySelector('#page {selector}').click()"));
    }

    #[wasm_bindgen_test]
    async fn the_history_paints_what_is_stored() {
        install();
        let mut life = Life::begin().await;
        for _ in 0..2 {
            life.send(PROMPT, 500).await;
        }
        open("history").await;
        assert_eq!((js("document.title"), text("h1")), ("History".into(), "History".to_owned()));
        assert_eq!(text(".incident .what"), "2 sends failed");
        assert_eq!(text(".incident .tag"), "still open");
        let sends = "[...document.querySelectorAll('.facts > div')].find((row) => row.firstChild.textContent === 'Failed sends')";
        assert_eq!(js(&format!("{sends}.lastChild.textContent")), "2");
        assert_eq!(text(".timeline .count"), "1 incident was seen|1 incident was seen");
        assert!(text(".figures dd").starts_with("0.000 %|not known|"), "{}", text(".figures dd"));
        assert!(!text("main").contains("onerror"), "no word of the user's is in it");
        assert_accessible();
        // What the user has opened stays open, and the next failure, with which it is a verdict, is told.
        js("document.querySelector('#page .incident details').open = true");
        life.send(PROMPT, 500).await;
        turns().await;
        assert_eq!(text(".incident .what"), "Claude is down");
        assert_eq!(js("document.querySelector('#page .incident details').open"), true);
    }

    #[wasm_bindgen_test]
    async fn a_receipt_is_a_file_made_in_the_page() {
        install();
        let mut life = Life::begin().await;
        life.send(PROMPT, 500).await;
        open("history").await;
        js(
            "Object.assign(globalThis, { files: [], clickedReally: HTMLAnchorElement.prototype.click, madeReally: URL.createObjectURL })",
        );
        js("URL.createObjectURL = (blob) => { files.push({ blob, type: blob.type }); return 'blob:made'; }");
        js(
            "HTMLAnchorElement.prototype.click = function () { Object.assign(files.at(-1), { name: this.download, href: this.href }); }",
        );
        for form in ["md", "csv", "json"] {
            click(&format!(".incident [data-key={form}]"));
            click(&format!(".month [data-key={form}]"));
        }
        turns().await;
        js("Object.assign(HTMLAnchorElement.prototype, { click: clickedReally })");
        js("Object.assign(URL, { createObjectURL: madeReally })");
        let names = js("files.map((file) => `${file.name} ${file.href}`).join()").as_string().unwrap();
        let names: Vec<&str> = names.split(',').collect();
        assert_eq!(names.len(), 6, "{names:?}");
        for (name, suffix) in names.iter().zip(["md", "md", "csv", "csv", "json", "json"]) {
            assert!(name.starts_with("claude-20") && name.ends_with(&format!(".{suffix} blob:made")), "{name}");
        }
        let read = js_sys::Promise::from(js("files[4].blob.text()"));
        let json = wasm_bindgen_futures::JsFuture::from(read).await.unwrap().as_string().unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&json["incidents"][0]["failed_sends"], json["incidents"].as_array().map(Vec::len)),
            (&1.into(), Some(1))
        );
        assert!(text("[role=status]").starts_with("Saved as claude-20"), "{}", text("[role=status]"));
        // A browser that refuses is said.
        js("URL.createObjectURL = () => { throw new Error('no'); }");
        click(".incident [data-key=md]");
        js("Object.assign(URL, { createObjectURL: madeReally })");
        assert!(text("[role=status]").starts_with("Your browser did not save"), "{}", text("[role=status]"));
    }

    #[wasm_bindgen_test]
    async fn the_history_changes_only_by_acts() {
        let browser = install();
        let mut life = Life::begin().await;
        life.send(PROMPT, 500).await;
        open("history").await;
        click("#target-99900");
        turns().await;
        assert!(acts(&browser)[0].contains(r#""target":99900"#), "{:?}", acts(&browser));
        assert_eq!(js("document.getElementById('own-target').disabled"), true);
        click("#target-own");
        assert_eq!(js("document.activeElement.id"), "own-target");
        js(
            "Object.assign(document.activeElement, { value: '101' }).dispatchEvent(new Event('change', { bubbles: true }))",
        );
        assert!(!text("#target-problem").is_empty() && acts(&browser).len() == 1);
        js(
            "Object.assign(document.activeElement, { value: '99,95' }).dispatchEvent(new Event('change', { bubbles: true }))",
        );
        turns().await;
        assert!(acts(&browser)[1].contains(r#""target":99950"#), "{:?}", acts(&browser));
        assert_eq!(text("#target-problem"), "");
        // Deleting takes two clicks.
        click("#forget");
        assert_eq!((acts(&browser).len(), js("document.activeElement.id")), (2, "keep".into()));
        click("#keep");
        assert_eq!(js("document.activeElement.id"), "forget");
        click("#forget");
        click("#yes");
        turns().await;
        let sent = acts(&browser);
        assert!(sent.len() == 3 && sent[2].contains(r#""entry":"incidents""#), "{sent:?}");
        assert_eq!(text("[role=status]"), "The log was deleted.|");
    }

    #[wasm_bindgen_test]
    async fn a_history_of_nothing_says_so() {
        install();
        open("history").await;
        assert_eq!(text(".nothing h2"), "Nothing has failed yet");
        assert_eq!(js("document.querySelectorAll('#page .timeline, #page .incidents, #forget').length"), 0);
        assert_accessible();
    }

    #[wasm_bindgen_test]
    async fn a_browser_that_keeps_claude_from_us_is_asked_on_the_first_day() {
        let browser = install();
        open("welcome").await;
        assert_eq!((js("document.title"), text(".site")), ("Welcome to Understudy".into(), String::new()));
        assert_eq!(js("document.querySelector('#page [name=first]:checked').id"), "first-chatgpt");
        assert_accessible();
        browser.replace("permissions.getAll", "async () => ({ permissions: ['storage'], origins: [] })");
        open("welcome").await;
        assert!(text(".site h2").contains("claude.ai"), "{}", text(".site"));
        assert_accessible();
        click("#site");
        turns().await;
        let asked = browser.calls();
        // For that site alone: nothing of what is written goes there.
        assert_eq!(asked, [r#"permissions.request [{"origins":["https://claude.ai/*"]}]"#]);
        assert_eq!(text("#notice"), "Allowed. Understudy now sees when Claude fails.");
    }

    #[wasm_bindgen_test]
    async fn the_popup_opens_the_history() {
        let browser = install();
        // In a tab, for a popup closes itself then, and the tests' own window with it.
        browser.replace("tabs.getCurrent", "async () => ({ id: 3 })");
        open("popup").await;
        click("#history");
        turns().await;
        let opened = browser.calls().into_iter().find(|call| call.starts_with("tabs.create")).unwrap_or_default();
        assert!(opened.contains("/history.html"), "{opened}");
    }

    #[wasm_bindgen_test]
    async fn a_handoff_that_is_over_is_said() {
        install();
        open("handoff").await;
        assert_eq!(text("h1"), text("h1").trim());
        assert!(!text("h1").is_empty() && !text("h1").starts_with("page_"), "{}", text("h1"));
        assert!(crate::start("no-such-page").is_err());
    }

    #[wasm_bindgen_test]
    async fn a_secret_stands_between_the_click_and_the_provider() {
        let browser = install();
        let mut life = Life::begin().await;
        let key = format!("sk-ant-api03-{}", "a1B2c3D4e5F6g7H8".repeat(5));
        life.send(&format!("why is {key} refused?"), 500).await;
        life.tell(Input::Permissions { origins: vec!["https://chatgpt.com/*".into()] }).await;
        let entry = life.engine.view(life.now).prompts[0].entry.clone();
        let act = Act::HandOff { provider: "chatgpt".into(), entry: Some(entry), copied: true };
        life.tell(Input::Act { from: Place::Page { tab: None }, act }).await;
        js("history.replaceState(null, '', '?job=j1')");
        open("handoff").await;
        assert_accessible();
        assert_eq!(text("#secrets li"), "an API key");
        assert_eq!(text("#preview"), "why is [an API key was here] refused?");
        assert_eq!(text("button.primary"), "Continue in ChatGPT");
        js("document.getElementById('as-is').click()");
        assert_eq!(text("#preview"), format!("why is {key} refused?"));
        js("document.getElementById('mask').click()");
        js("document.getElementById('go').click()");
        turns().await;
        let sent: Vec<_> = browser.calls().into_iter().filter(|call| call.starts_with("runtime.sendMessage")).collect();
        assert!(sent.len() == 2 && sent[0].contains(r#""act":"choose""#), "{sent:?}");
        assert!(sent[0].contains("an API key was here") && sent[1].contains(r#""granted":true"#), "{sent:?}");
        assert!(!sent.concat().contains(&key), "{sent:?}");
    }

    #[wasm_bindgen_test]
    async fn what_left_is_told_in_the_options() {
        install();
        storage::set(Area::Local, "left", "1772452152123 gemini typed 1234 513\n1772452152124 chatgpt link 5 0\n")
            .await
            .unwrap();
        open("options").await;
        assert_accessible();
        assert!(text(".left li").contains("Gemini") && text(".left li").contains("with 2 messages before it"));
        assert_eq!(js("document.querySelectorAll('#page .left li').length"), 2);
    }

    /// What the popup says when the stores are like this.
    async fn popup_with(spoil: impl AsyncFnOnce(&StandIn)) {
        let browser = install();
        let mut life = Life::begin().await;
        life.send("kept", 500).await;
        spoil(&browser).await;
        open("popup").await;
        assert_accessible();
    }

    #[wasm_bindgen_test]
    async fn stores_that_cannot_be_read_give_a_sentence() {
        const SENTENCE: &str = "Your browser did not let Understudy read what it stored.";
        for (path, function) in [
            ("storage.session.get", "async () => { throw new Error('corrupt'); }"),
            ("storage.local.get", "async () => { throw new Error('corrupt'); }"),
            ("storage.local.get", "() => { throw new Error('corrupt'); }"),
            ("storage.local.get", "undefined"),
            ("storage.local", "undefined"),
            ("storage.local.get", "async () => undefined"),
            ("permissions.getAll", "async () => { throw new Error('no'); }"),
        ] {
            popup_with(async |browser| browser.replace(path, function)).await;
            assert!(text("[role=alert]").starts_with(SENTENCE), "{path} = {function}: {}", text("main"));
            assert_eq!(js("document.getElementById('page').hasAttribute('aria-busy')"), false);
        }
    }

    #[wasm_bindgen_test]
    async fn a_page_recovers_with_its_store() {
        let browser = install();
        browser.replace("storage.local.get_really", "browser.storage.local.get");
        browser.replace("storage.local.get", "async () => { throw new Error('corrupt'); }");
        open("popup").await;
        assert!(!text("[role=alert]").is_empty());
        browser.replace("storage.local.get", "browser.storage.local.get_really");
        Life::begin().await.send("kept", 500).await;
        turns().await;
        assert_eq!((text("[role=alert]").as_str(), text(".prompt .text").as_str()), ("", "kept"));
    }

    #[wasm_bindgen_test]
    async fn damaged_values_cost_themselves_and_nothing_else() {
        for (area, key, value) in [
            (Area::Session, "engine", "\u{0}\u{1}damaged"),
            (Area::Session, "engine", ""),
            (Area::Local, "settings", "{"),
            (Area::Local, "settings", "[1,2,3]"),
            (Area::Local, "entry:odd", "not json"),
            (Area::Local, "entry:odd", "{\"id\":7}"),
            (Area::Local, "entry:odd", "\u{fffd}"),
            (Area::Local, "incident:3", "{"),
            (Area::Local, "unknown", "from a later version"),
        ] {
            popup_with(async |_| drop(storage::set(area, key, value).await.unwrap())).await;
            assert_eq!(text("[role=alert]"), "", "{key} = {value}");
            assert_eq!(text(".prompt .text"), "kept", "{key} = {value}");
            let headline = if key == "engine" { "Nothing of Claude was seen yet" } else { "Claude failed once" };
            assert_eq!(text("h1"), headline, "{key} = {value}");
        }
        // Values of other kinds are not ours.
        popup_with(async |_| drop(js("browser.storage.local.set({ 'entry:odd': { id: 1 }, settings: 7 })"))).await;
        assert_eq!(text(".prompt .text"), "kept");
    }

    #[wasm_bindgen_test]
    async fn a_click_reaches_the_background_as_an_act() {
        let browser = install();
        let mut life = Life::begin().await;
        life.send("kept", 500).await;
        open("popup").await;
        // Deleting takes two clicks.
        js(
            "[...document.querySelectorAll('#page .prompt button')].find((one) => one.textContent === 'Forget').click()",
        );
        assert_eq!((acts(&browser).len(), js("document.activeElement.textContent")), (0, "Keep".into()));
        js(
            "[...document.querySelectorAll('#page .prompt button')].find((one) => one.textContent === 'Delete').click()",
        );
        turns().await;
        let sent = acts(&browser);
        assert!(sent.len() == 1 && sent[0].contains(r#""act":"forget""#), "{sent:?}");
        // A background that does not answer is said.
        for function in ["undefined", "() => { throw new Error('gone'); }", "async () => { throw new Error('gone'); }"]
        {
            browser.replace("runtime.sendMessage", function);
            js(
                "[...document.querySelectorAll('#page .prompt button')].find((one) => one.textContent === 'Forget').click()",
            );
            js(
                "[...document.querySelectorAll('#page .prompt button')].find((one) => one.textContent === 'Delete').click()",
            );
            turns().await;
            assert!(
                text("[role=status]").starts_with("Understudy did not answer."),
                "{function}: {}",
                text("[role=status]")
            );
        }
    }
}
