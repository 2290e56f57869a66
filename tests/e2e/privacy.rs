//! Nothing leaves before the click, and the page has no way in.

use crate::suite::Suite;
use anyhow::{Result, ensure};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use understudy_lab::{Effect, FEEDS, Fault, Part, Seen, Shape};
use understudy_tests::Stage;
use understudy_tests::stage::Words;
use understudy_tests::wait::{PATIENT, SOON, never, until};

/// Long enough for anything that was started by a forged message to show.
const WATCH: Duration = Duration::from_millis(1_200);

/// The longest wait of the engine's own beside the status page's minute is 2.5 s.
const REST: Duration = Duration::from_secs(3);

pub fn add(suite: &mut Suite) {
    suite.both("nothing_leaves_before_the_click", nothing_leaves);
    suite.both("page_cannot_reach_the_prompts", page_cannot_reach);
    suite.both("forged_messages_change_nothing", forged);
    suite.both("the_content_of_an_uploaded_file_is_given_to_no_extension", uploads);
}

/// Up to the click the prompt is in no request but the page's own; after it, only where the click went.
fn nothing_leaves(stage: &Stage) -> Result<()> {
    let words = Words::read(stage.browser.kind())?;
    let prompt = "The secret is Xylophon-Quagga-7731";
    let secret = "Xylophon-Quagga-7731";
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send(prompt)?;
    stage.watch(1)?;
    stage.wait_until_idle()?;
    stage.browser.open_popup()?;
    never("a request with the prompt elsewhere", WATCH, || Ok(strangers(stage, secret).pop()))?;
    let hosts: Vec<String> = stage.lab.requests().into_iter().map(|seen| seen.host).filter(|host| !own(host)).collect();
    // The browser may ask for things of its own (updates, lists); they are not the extension's, and none of the fallbacks' hosts.
    ensure!(
        !hosts.iter().any(|host| understudy_lab::Lab::hosts().any(|known| known == host)),
        "asked before the click: {hosts:?}"
    );
    let asked = stage.lab.requests().into_iter().filter(|seen| matches!(seen.part, Part::StatusPage | Part::Feed));
    for seen in asked {
        let told = seen.header("cookie").or_else(|| seen.header("referer")).or_else(|| seen.header("authorization"));
        ensure!(
            seen.method == "GET" && seen.body.is_empty() && told.is_none() && !seen.target.contains('?'),
            "a status page was told more: {seen:?}"
        );
    }
    stage.browser.close_popup()?;
    stage.browser.consent()?;
    let known = stage.browser.driver().windows()?;
    stage.browser.click_card(&words.say("action_continue", &["ChatGPT"])?)?;
    stage.expect_arrival(&known, "chatgpt.com", prompt)?;
    let elsewhere: Vec<Seen> = strangers(stage, secret).into_iter().filter(|seen| seen.host != "chatgpt.com").collect();
    ensure!(elsewhere.is_empty(), "the prompt went elsewhere: {elsewhere:?}");
    Ok(())
}

/// Requests that carry the secret and are not the page's own sending and naming of it.
fn strangers(stage: &Stage, secret: &str) -> Vec<Seen> {
    let own = |seen: &Seen| seen.host == "claude.ai" && matches!(seen.part, Part::Completion | Part::Title);
    stage.lab.requests().into_iter().filter(|seen| seen.carries(secret) && !own(seen)).collect()
}

/// Page code finds no API, no file, no open door: neither the prompts nor a fallback.
fn page_cannot_reach(stage: &Stage) -> Result<()> {
    saved(stage)?;
    let origin = stage.browser.page("")?;
    let windows = stage.browser.driver().windows()?;
    let found = stage.browser.eval(&format!(
        "return (async () => {{
            const found = [];
            const try_ = async (name, work) => {{ try {{ const value = await work(); if (value) found.push(name + ': ' + value); }} catch {{}} }};
            await try_('browser.storage', () => globalThis.browser?.storage && 'reachable');
            await try_('chrome.storage', () => globalThis.chrome?.storage && 'reachable');
            await try_('runtime.id', () => globalThis.chrome?.runtime?.id ?? globalThis.browser?.runtime?.id);
            await try_('sendMessage', async () => {{
                const reply = await new Promise((resolve, reject) => {{
                    if (!globalThis.chrome?.runtime?.sendMessage) return resolve(null);
                    chrome.runtime.sendMessage(new URL('{origin}').host, {{type: 'hello', online: true}}, (reply) => resolve(chrome.runtime.lastError ? null : reply ?? 'taken'));
                    setTimeout(() => resolve(null), 500);
                }});
                return reply && JSON.stringify(reply);
            }});
            for (const file of ['popup.html', 'handoff.html', 'background.js', 'tap.js', 'wasm/background_bg.wasm', 'manifest.json']) {{
                await try_(file, async () => (await fetch('{origin}' + file)).status);
            }}
            await try_('shadow root', () => document.querySelector('understudy-card')?.shadowRoot && 'open');
            await try_('globals', () => Object.getOwnPropertyNames(window).filter((name) => /understudy/i.test(name)).join(' '));
            await try_('page text', () => document.documentElement.outerHTML.includes('{origin}') && 'the address of the extension is in the page');
            await try_('frame', () => new Promise((resolve) => {{
                const frame = document.createElement('iframe');
                frame.src = '{origin}popup.html';
                frame.onload = () => {{ let reached = false; try {{ reached = Boolean(frame.contentDocument?.body?.innerText); }} catch {{}} resolve(reached && 'read'); }};
                frame.onerror = () => resolve(null);
                document.body.append(frame);
                setTimeout(() => resolve(null), 500);
            }}));
            document.querySelectorAll('iframe').forEach((frame) => frame.remove());
            return found;
        }})()"
    ))?;
    ensure!(found == serde_json::json!([]), "page code reached: {found}");
    ensure!(stage.browser.driver().windows()?.len() == windows.len(), "a tab was opened");
    Ok(())
}

/// No browser shows an extension the content of a file that a page sends in a form. If this fails, a browser gives more than before:
/// small files can then be kept.
///
/// What came to `onBeforeRequest` with `requestBody`, as of November 2026: in Chromium, which gives a form
/// that `fetch` sends as `raw`, the bytes around each file, plain fields among them, and of a file from the disk its path; in Firefox
/// `formData`, in which a file is its name.
fn uploads(stage: &Stage) -> Result<()> {
    const FIELD: &str = "Wombat-Note-4417";
    const CONTENT: &str = "Quokka-Ballad-2208";
    let browser = &stage.browser;
    let folder = TempDir::with_prefix("understudy-upload-")?;
    let chosen = folder.path().join("chosen.pdf");
    fs::write(&chosen, CONTENT)?;
    stage.open("/new")?;
    browser.probe_eval(
        "self.given = [];
         self.listener = (details) => { self.given.push(details); };
         browser.webRequest.onBeforeRequest.addListener(self.listener, {urls: ['https://claude.ai/*']}, ['requestBody'])",
    )?;
    // One that a script has made, beside a field that is plain text; and one that is chosen from the disk, which the page sends itself.
    browser.eval(&format!(
        "const form = new FormData();
         form.append('note', '{FIELD}');
         form.append('file', new File(['{CONTENT}'], 'made.pdf', {{type: 'application/pdf'}}));
         const path = '/api/organizations/o/conversations/c/wiggle/upload-file';
         return fetch(path, {{method: 'POST', body: form}}).then(({{ok}}) => ok)"
    ))?;
    let input = browser.wait_for_element("[data-testid=file-upload]")?;
    browser.driver().type_into(&input, &chosen.display().to_string())?;
    until("both files have arrived", SOON, || {
        let arrived =
            stage.lab.requests().into_iter().filter(|seen| seen.part == Part::Upload && seen.carries(CONTENT));
        Ok((arrived.count() == 2).then_some(()))
    })?;
    let given = browser.probe_eval(
        "browser.webRequest.onBeforeRequest.removeListener(self.listener);
         const read = async (one) => {
             if (one === null || typeof one !== 'object') return String(one);
             if (typeof one.text === 'function') return one.text();
             if (ArrayBuffer.isView(one) || /ArrayBuffer/.test(Object.prototype.toString.call(one))) return new TextDecoder().decode(one);
             return (await Promise.all(Object.entries(one).map(async ([key, value]) => `${key} ${await read(value)}`))).join(' ');
         };
         return Promise.all(self.given.filter(({url}) => url.endsWith('/upload-file')).map(read))",
    )?;
    let given: Vec<String> = serde_json::from_value(given)?;
    ensure!(given.len() == 2 && given.iter().all(|one| one.contains("requestBody")), "not seen: {given:#?}");
    // What was listened for does come, as far as it is no file's.
    for (one, told) in [(0, FIELD), (0, "made.pdf"), (1, "chosen.pdf")] {
        ensure!(given[one].contains(told), "{told} is not in {}", given[one]);
    }
    ensure!(!given.concat().contains(CONTENT), "the content of a file was given: {given:#?}");
    Ok(())
}

/// Everything a page can fake, faked: the stores stay as they are, and nothing opens.
fn forged(stage: &Stage) -> Result<()> {
    // A probe of ours would change the stores too.
    stage.probe(false)?;
    let id = saved(stage)?;
    let windows = stage.browser.driver().windows()?;
    let before = settled(stage)?;
    let act = format!(r#"{{"type":"act","act":{{"act":"hand-off","provider":"chatgpt","entry":"{id}"}}}}"#);
    stage.browser.eval(&format!(
        "const acts = [{act}, {{type: 'act', act: {{act: 'forget', entry: '{id}'}}}}, {{type: 'act', act: {{act: 'dismiss'}}}},
            {{type: 'fact', fact: JSON.stringify({{fact: 'response', seq: 99, method: 'POST', url: location.origin + '/api/organizations/x/chat_conversations/y/completion', status: 500, content_type: null, cf_mitigated: null, body: ''}})}},
            {{type: 'online', online: false}}];
         for (const act of acts) {{
            window.postMessage(act, '*');
            window.postMessage(JSON.stringify(act), location.origin);
            const {{port1, port2}} = new MessageChannel();
            window.postMessage('understudy', location.origin, [port2]);
            port1.postMessage(act.fact ?? JSON.stringify(act));
            port1.postMessage(act);
            for (const name of ['understudy', 'message', 'understudy-card', 'act']) {{
                window.dispatchEvent(new CustomEvent(name, {{detail: act}}));
                document.dispatchEvent(new CustomEvent(name, {{detail: JSON.stringify(act)}}));
            }}
            window.dispatchEvent(new MessageEvent('message', {{data: 'understudy', origin: location.origin, ports: [new MessageChannel().port1]}}));
         }}
         const host = document.querySelector('understudy-card');
         host.click();
         for (const type of ['pointerdown', 'mousedown', 'mouseup', 'click']) {{
            for (let x = 0; x < innerWidth; x += 24) for (let y = 0; y < innerHeight; y += 24) {{
                const at = document.elementFromPoint(x, y);
                if (at === host) host.dispatchEvent(new MouseEvent(type, {{bubbles: true, composed: true, cancelable: true, clientX: x, clientY: y, view: window}}));
            }}
         }}
         host.focus();
         for (const key of ['Enter', ' ', 'Escape']) host.dispatchEvent(new KeyboardEvent('keydown', {{key, bubbles: true, composed: true}}));
         return null"
    ))?;
    never("a tab opens or a store changes", WATCH, || {
        if stage.browser.driver().windows()?.len() != windows.len() {
            return Ok(Some("a tab".to_owned()));
        }
        let after = stores(stage)?;
        Ok((after != before).then(|| format!("{before} became {after}")))
    })?;
    ensure!(stage.browser.card()?.is_some(), "the card was taken away");
    Ok(())
}

/// Saves one prompt by a failure and returns its id.
fn saved(stage: &Stage) -> Result<String> {
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    stage.send("For my eyes only")?;
    stage.watch(1)?;
    stage.wait_until_idle()?;
    let entry = stage.wait_for_entry("For my eyes only")?;
    Ok(entry["id"].as_str().unwrap_or_default().to_owned())
}

/// Everything that the extension holds: what the user keeps, and the session with the snapshot of the engine.
fn stores(stage: &Stage) -> Result<Value> {
    stage.browser.probe_eval(
        "return { local: await browser.storage.local.get(null), session: await browser.storage.session.get(null) }",
    )
}

/// The same, once the failure has been worked off: nothing has changed for a while.
fn settled(stage: &Stage) -> Result<Value> {
    let mut last = (Instant::now(), stores(stage)?);
    until("the stores come to rest", PATIENT, || {
        let now = stores(stage)?;
        if now != last.1 {
            last = (Instant::now(), now);
        }
        Ok((last.0.elapsed() > REST).then(|| last.1.clone()))
    })
}

/// Whether claude.ai's page, the status check, or the look at the fallbacks' own status pages speaks to this host.
fn own(host: &str) -> bool {
    OWN.contains(&host) || FEEDS.contains(&host)
}

/// Hosts that claude.ai's page and the status check speak to.
const OWN: [&str; 3] = ["claude.ai", "assets-proxy.anthropic.com", "status.claude.com"];
