//! The same text after the handoff: every kind of hard text, in every kind of editor, by every way into it.

use crate::suite::Suite;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use understudy_engine::handoff::{normalised, same_text, settle_ms, techniques};
use understudy_engine::provider::find;
use understudy_engine::{FillOrder, Platform, UserText};

use std::time::{Duration, Instant};
use understudy_lab::{Effect, Fault, Part, Shape};
use understudy_tests::stage::{Words, first_difference};
use understudy_tests::texts::{corpus, hard, long};
use understudy_tests::wait::{PATIENT, SOON, until};
use understudy_tests::{Kind, Stage};

pub fn add(suite: &mut Suite) {
    // The longest text keeps an editor busy for many seconds, even where no other browser is.
    suite.both_in_quiet("texts_are_the_same_in_every_editor", every_editor);
    suite.both("texts_are_the_same_after_each_way_down", every_way);
}

/// An editor of a stand-in, and the provider that it stands for.
struct Editor {
    name: &'static str,
    provider: &'static str,
    url: &'static str,
}

/// The providers that stand for them, and their hosts.
const HOSTS: [(&str, &str); 5] = [
    ("chatgpt", "chatgpt.com"),
    ("grok", "grok.com"),
    ("gemini", "gemini.google.com"),
    ("perplexity", "www.perplexity.ai"),
    ("deepseek", "chat.deepseek.com"),
];
const ORIGINS: [&str; 5] = [
    "https://chatgpt.com/*",
    "https://grok.com/*",
    "https://gemini.google.com/*",
    "https://www.perplexity.ai/*",
    "https://chat.deepseek.com/*",
];

/// One of each kind.
const EDITORS: [Editor; 8] = [
    Editor { name: "ProseMirror", provider: "chatgpt", url: "https://chatgpt.com/" },
    Editor { name: "TipTap", provider: "grok", url: "https://grok.com/" },
    Editor { name: "TipTap for text", provider: "claude", url: "https://claude.ai/new" },
    Editor { name: "Quill", provider: "gemini", url: "https://gemini.google.com/app" },
    Editor { name: "Lexical", provider: "perplexity", url: "https://www.perplexity.ai/?lab=" },
    Editor { name: "rich Lexical", provider: "perplexity", url: "https://www.perplexity.ai/?lab=rich" },
    Editor { name: "React textarea", provider: "deepseek", url: "https://chat.deepseek.com/?lab=" },
    Editor { name: "plain textarea", provider: "deepseek", url: "https://chat.deepseek.com/?lab=plain" },
];

/// Every text of the corpus by every technique, and the long one by each first technique. The filler is the shipped one, told what the
/// background tells it; what counts is the editor's own model.
fn every_editor(stage: &Stage) -> Result<()> {
    stage.browser.grant(&ORIGINS)?;
    let tabs = open(stage)?;
    let mut texts = corpus();
    texts.push(("2,000", hard(2_000)));
    let mut tried = Tried::default();
    // One technique after the other, so that no text stands there already.
    for rung in 0..2 {
        for (name, text) in &texts {
            let all: Vec<_> = EDITORS.iter().zip(&tabs).collect();
            tried.fill(stage, &all, rung, name, text)?;
        }
    }
    let long = long();
    for one in EDITORS.iter().zip(&tabs) {
        // By itself: it keeps a processor busy.
        tried.fill(stage, &[one], 0, "100,000 in 5,000 lines", &long)?;
        stage.browser.probe_eval(&format!("await browser.tabs.remove({})", one.1))?;
    }
    eprintln!("{}: {} fills", stage.browser.kind().name(), tried.fills);
    ensure!(tried.fills == 8 + (8 + 6) * texts.len(), "{} fills", tried.fills);
    ensure!(tried.wrong.is_empty(), "{}", tried.wrong.join("\n"));
    Ok(())
}

/// What was tried, and what came of it.
#[derive(Default)]
struct Tried {
    fills: usize,
    wrong: Vec<String>,
}

impl Tried {
    /// Fills one text into several editors at once, each by its technique of this rung.
    fn fill(&mut self, stage: &Stage, editors: &[(&Editor, &i64)], rung: usize, name: &str, text: &str) -> Result<()> {
        let platform = platform(stage);
        let text = normalised(text);
        let mut orders = Vec::new();
        let mut tried = Vec::new();
        for (editor, tab) in editors {
            let provider = find(editor.provider).context("the provider")?;
            let kind = provider.editor.context("its editor")?;
            let Some(technique) = techniques(kind, platform, &text).get(rung).copied() else { continue };
            let order = FillOrder {
                origin: provider.origin(),
                selectors: provider.composer,
                technique,
                text: UserText::new(&*text),
                appear_ms: 12_000,
                settle_ms: settle_ms(kind, technique, platform),
                overwrite: true,
                hint: None,
            };
            orders.push(json!({"tab": tab, "order": order}));
            tried.push(format!("{name:?} in {} by {}", editor.name, technique.name()));
        }
        stage.browser.probe_eval(&format!("const orders = {}; {FILL}", json!(orders)))?;
        let began = Instant::now();
        let done = until(&format!("{name:?} is filled in: {tried:?}"), Duration::from_secs(240), || {
            Ok(Some(stage.browser.probe_eval("return window.filled ?? null")?).filter(Value::is_array))
        })?;
        if editors.len() == 1 {
            eprintln!("{}: {} after {} ms", stage.browser.kind().name(), tried.concat(), began.elapsed().as_millis());
        }
        for (what, filled) in tried.into_iter().zip(done.as_array().context("no answers")?) {
            self.fills += 1;
            for (read, how) in [(&filled["model"], "by its model"), (&filled["read"], "as read back")] {
                let read = read.as_str().unwrap_or_default();
                if !same_text(read, &text) {
                    self.wrong.push(format!("{what}, {how}: {}", first_difference(&text, read)));
                }
            }
            // Half a pair would come here as the character that it is not.
            if filled["whole"] != true || filled["sent"] != 0 || filled["outcome"] != "written" {
                self.wrong.push(format!("{what}: {}, {}, {}", filled["whole"], filled["sent"], filled["outcome"]));
            }
        }
        Ok(())
    }
}

/// The falls of one provider, one after the other: what does not work at its site (see `tests/sites/src/fallbacks/spoil.js`), and the way
/// that is left then. That the second technique did it is proved by the next fall: what breaks it, breaks the way.
const COURSES: [(&str, &[(&str, &str)]); 5] = [
    (
        "chatgpt",
        &[
            ("", "typed"),
            ("no-dom", "typed"),
            ("no-dom,no-pm-paste", "link"),
            ("no-dom,no-pm-paste,no-link", "clipboard"),
        ],
    ),
    ("gemini", &[("", "typed"), ("no-paste", "typed"), ("no-paste,no-dom", "clipboard")]),
    ("grok", &[("", "typed"), ("no-dom", "typed"), ("no-dom,no-pm-paste", "clipboard")]),
    ("deepseek", &[("", "typed"), ("no-insert", "typed"), ("no-insert,no-value", "clipboard")]),
    ("perplexity", &[("", "typed"), ("no-before-input", "clipboard")]),
];

/// The whole way, from a failed send to the other composer: each technique broken on purpose in turn, down to the provider's own link and
/// to the clipboard. In the text are NULs and half a surrogate pair.
fn every_way(stage: &Stage) -> Result<()> {
    stage.browser.grant(&ORIGINS)?;
    stage.prefer(&COURSES.map(|(provider, _)| provider))?;
    let text = mixed();
    stage.open("/new")?;
    stage.lab.fault(Fault::on(&[Part::Completion], Effect::shape(Shape::ApiError)));
    let send = format!("window.lab.send({} + '\\ud83d half a pair').catch(() => {{}}); return null", json!(text));
    stage.browser.eval(&send)?;
    stage.watch(1)?;
    let kept = format!("{text}\u{fffd} half a pair");
    let entry = stage.wait_for_entry(&kept)?["id"].clone();
    // The clipboard is filled where a click is, which is here; and the card tells of what cannot be taken along.
    let words = Words::read(stage.browser.kind())?;
    stage.browser.click_card(&words.say("action_copy", &[])?)?;
    let replaced = kept.chars().filter(|c| matches!(c, '\0' | '\u{fffd}')).count();
    let told = words.say("saved_replaced", &[&replaced.to_string()])?;
    ensure!(replaced == 3 && stage.browser.wait_for_card()?.text.contains(&told), "the card does not say {told:?}");
    let text = normalised(&kept);
    ensure!(find("chatgpt").is_some_and(|found| found.filling_link(&text).is_some()), "too long for a link");
    let checked = all_courses(stage, &entry, &text);
    for (provider, _) in COURSES {
        break_ways(stage, provider, "")?;
    }
    checked
}

/// Every provider goes its own course, all at the same time: most of it is waiting.
fn all_courses(stage: &Stage, entry: &Value, text: &str) -> Result<()> {
    let hand_off = |provider: &str, broken: &str| {
        break_ways(stage, provider, broken)?;
        let act = json!({"act": "hand-off", "provider": provider, "entry": entry, "copied": true});
        stage.browser.probe_eval(&format!("await browser.runtime.sendMessage({{type: 'act', act: {act}}})"))
    };
    for (provider, falls) in COURSES {
        hand_off(provider, falls[0].0)?;
    }
    let mut at = COURSES.map(|_| 0);
    until("every course is over", Duration::from_secs(150), || {
        let left = stage.browser.local_storage()?["left"].as_str().unwrap_or_default().to_owned();
        for ((provider, falls), at) in COURSES.iter().zip(&mut at) {
            // When, to whom, by which way: what the options page shows.
            let ways = left.lines().map(|line| line.split(' ').collect::<Vec<_>>()).filter(|line| line[1] == *provider);
            let (Some(way), Some((broken, wanted))) = (ways.map(|line| line[2]).nth(*at), falls.get(*at)) else {
                continue;
            };
            *at += 1;
            if let Err(error) = ended(stage, provider, (way, wanted), text) {
                // Once is enough.
                return Ok(Some(Err(error.context(format!("{provider}: {broken}")))));
            }
            if let Some((broken, _)) = falls.get(*at) {
                hand_off(provider, broken)?;
            }
        }
        Ok(COURSES.iter().zip(&at).all(|((_, falls), at)| *at == falls.len()).then_some(Ok(())))
    })?
}

/// A handoff has ended: what stands in the composer now, and what the user can still do.
fn ended(stage: &Stage, provider: &str, (way, wanted): (&str, &str), text: &str) -> Result<()> {
    ensure!(way == wanted, "it went by {way}");
    let stands = read(stage, provider)?;
    ensure!(stands["sent"] == 0 && stands["whole"] == true, "{stands}");
    let model = stands["model"].as_str().unwrap_or_default();
    if way != "clipboard" {
        ensure!(same_text(model, text), "{}", first_difference(text, model));
        return Ok(());
    }
    ensure!(!same_text(model, text), "the text stands there after all");
    until("the hint is shown", PATIENT, || Ok((read(stage, provider)?["hint"] == true).then_some(())))?;
    // Into ProseMirror the browser's own paste loses blank lines, which is the site's affair.
    if ["chatgpt", "grok"].contains(&provider) { Ok(()) } else { paste(stage, provider, text) }
}

/// What stands in the composer of a provider's page.
fn read(stage: &Stage, provider: &str) -> Result<Value> {
    stage.browser.probe_eval(&format!("const urls = ['https://{}/*']; {READ}", host(provider)))
}

/// The user does what the hint says; what a failed attempt has left there is replaced by it.
fn paste(stage: &Stage, provider: &str, text: &str) -> Result<()> {
    let page = format!("https://{}/", host(provider));
    let driver = stage.browser.driver();
    for tab in driver.windows()? {
        driver.switch(&tab)?;
        if driver.url()?.starts_with(&page) {
            break;
        }
    }
    stage.browser.probe_eval(&format!(
        "const [tab] = await browser.tabs.query({{url: '{page}*'}}); await browser.tabs.update(tab.id, {{active: true}})"
    ))?;
    let key = |kind: &str, value: &str| json!({"type": kind, "value": value});
    let strokes = [key("keyDown", "\u{e009}"), key("keyDown", "v"), key("keyUp", "v"), key("keyUp", "\u{e009}")];
    driver.post("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}))?;
    let mut model = String::new();
    let pasted = until("the pasted text stands there", SOON, || {
        read(stage, provider)?["model"].as_str().unwrap_or_default().clone_into(&mut model);
        Ok(same_text(&model, text).then_some(()))
    });
    pasted.with_context(|| first_difference(text, &model))
}

/// Lets a stand-in break ways of writing from its next page on, and closes those that are open.
fn break_ways(stage: &Stage, provider: &str, broken: &str) -> Result<()> {
    stage.browser.driver().switch(stage.home())?;
    stage.browser.visit_in_new_tab(&format!("https://{}/?lab=nocomposer", host(provider)))?;
    stage.browser.eval(&format!("document.cookie = 'lab=' + encodeURIComponent({}) + '; path=/'", json!(broken)))?;
    stage.browser.driver().switch(stage.home())?;
    let urls = json!([format!("https://{}/*", host(provider))]);
    let close = format!(
        "const tabs = await browser.tabs.query({{url: {urls}}}); await browser.tabs.remove(tabs.map((tab) => tab.id))"
    );
    stage.browser.probe_eval(&close).map(drop)
}

fn host(provider: &str) -> &'static str {
    HOSTS.iter().find(|(id, _)| *id == provider).map_or("", |(_, host)| host)
}

/// A line of each text of the corpus, short enough for a link.
fn mixed() -> String {
    let beginnings = corpus().into_iter().map(|(_, text)| text.chars().take(50).collect::<String>());
    beginnings.collect::<Vec<_>>().join("\n") + "\n\0"
}

fn platform(stage: &Stage) -> Platform {
    match stage.browser.kind() {
        Kind::Chromium => Platform::Chromium,
        Kind::Firefox => Platform::Firefox,
    }
}

/// Opens the stand-ins, each in a window of its own so that no timer is held back, with the filler in them; returns their tabs.
fn open(stage: &Stage) -> Result<Vec<i64>> {
    let mut tabs: Vec<i64> = Vec::new();
    for editor in EDITORS {
        let opened = stage.browser.probe_eval(&format!(
            "return (await browser.windows.create({{url: {}, focused: false}})).tabs[0].id",
            json!(editor.url)
        ))?;
        tabs.push(opened.as_i64().context("no tab")?);
    }
    until("all editors live", PATIENT, || {
        let ready = stage.browser.probe_eval(&format!("const tabs = {}; {READY}", json!(tabs)))?;
        Ok((ready == true).then_some(()))
    })?;
    Ok(tabs)
}

const READY: &str = "
    const ready = await Promise.all(tabs.map((tabId) => browser.scripting.executeScript({
        target: {tabId}, world: 'MAIN', func: () => Boolean(window.lab?.ready),
    }).then(([{result}]) => result, () => false)));
    if (!ready.every(Boolean)) return false;
    await Promise.all(tabs.map((tabId) => browser.scripting.executeScript({target: {tabId}, files: ['fill.js']})));
    return true";

/// As the background does it; then the editor's model is asked. A long text takes longer than a script may.
const FILL: &str = "
    window.filled = null;
    Promise.all(orders.map(async ({tab, order}) => {
        const reply = await browser.tabs.sendMessage(tab, {type: 'fill', order});
        const [{result}] = await browser.scripting.executeScript({
            target: {tabId: tab}, world: 'MAIN',
            func: () => ({model: lab.model(), whole: lab.model().isWellFormed(), sent: lab.sent.length}),
        });
        return {...reply, ...result};
    })).then((all) => { window.filled = all; }, (error) => { window.filled = [{outcome: String(error)}]; })";

/// What stands in a site's composer by the editor's own model.
const READ: &str = "
    const tabs = await browser.tabs.query({url: urls});
    const [{result}] = await browser.scripting.executeScript({
        target: {tabId: tabs.at(-1).id}, world: 'MAIN',
        func: () => ({
            model: lab.model(), whole: lab.model().isWellFormed(), sent: lab.sent.length,
            hint: Boolean(document.querySelector('understudy-hint')),
        }),
    });
    return result";
