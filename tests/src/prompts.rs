//! A store full of long prompts, in the form that the extension itself writes.

use crate::Stage;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::fmt::Write as _;
use understudy_engine::{Config, Engine, Headers, Input, Output, Platform, Request, RequestStep, Stored};

/// A word of every planted prompt that stands nowhere else.
pub const MARK: &str = "Quagga-7731";
/// What the planted prompts consist of: no character of two UTF-16 units, so that both languages count alike.
const LINE: &str = "naïve, é and שלום: how does this line\n\tcompare to the last one? ";

/// The text of one planted prompt, of so many characters.
pub fn text(number: usize, chars: usize) -> String {
    let start = format!("{MARK} number {number:03}\n");
    let mut text: String = start.chars().chain(LINE.chars().cycle()).take(chars.saturating_sub(1)).collect();
    text.push('.');
    text
}

/// Stores so many prompts that Claude did not take, of so many characters each, and lets the background start with them. Returns their
/// ids, the oldest first.
pub fn plant(stage: &Stage, count: usize, chars: usize, now: u64) -> Result<Vec<String>> {
    let facts = facts(count, chars, now);
    ensure!(facts.len() == count, "{} of {count} prompts were written", facts.len());
    let ids: Vec<String> = facts.iter().map(|(id, _)| id.clone()).collect();
    for (part, some) in facts.chunks(50).enumerate() {
        let plant = format!(
            "const line = {}.repeat({chars} / 50);
             const items = {{}};
             {}.forEach(([id, facts], at) => {{
                 const start = `{MARK} number ${{String(at + {}).padStart(3, '0')}}\\n`;
                 items['text:' + id] = (start + line).slice(0, {chars} - 1) + '.';
                 items['entry:' + id] = facts;
             }});
             await browser.storage.local.set(items);
             await browser.storage.session.remove('mirror')",
            json!(LINE),
            json!(some),
            part * 50
        );
        // Not every way into a browser keeps characters beyond ASCII; all of these stand in strings.
        let mut ascii = String::with_capacity(plant.len());
        for unit in plant.encode_utf16() {
            match u8::try_from(unit).ok().filter(u8::is_ascii) {
                Some(byte) => ascii.push(char::from(byte)),
                None => drop(write!(ascii, "\\u{unit:04x}")),
            }
        }
        stage.browser.probe_eval(&ascii)?;
    }
    // The same rule in both languages, or nothing that follows means anything.
    let last = ids.last().context("no prompt")?;
    let key = format!("text:{last}");
    let stored = stage.browser.probe_eval(&format!("return (await browser.storage.local.get('{key}'))['{key}']"))?;
    let (stored, wanted) = (stored.as_str().unwrap_or_default(), text(count - 1, chars));
    let same = stored.chars().zip(wanted.chars()).take_while(|(one, other)| one == other).count();
    ensure!(stored == wanted, "of {} planted characters {same} are right", stored.chars().count());
    stage.browser.kill_background()?;
    Ok(ids)
}

/// Ids and facts of the prompts, as an engine writes them that has seen them fail.
fn facts(count: usize, chars: usize, now: u64) -> Vec<(String, String)> {
    let mut engine = Engine::restore(Config { platform: Platform::Chromium }, Stored::default(), now);
    let mut facts = Vec::new();
    for number in 0..count {
        let at = now.saturating_sub((count - number) as u64 * 60_000);
        let body = json!({
            "prompt": text(number, chars), "model": "claude-opus-4-8",
            "create_conversation_params": {"name": ""},
        });
        let url = format!(
            "https://claude.ai/api/organizations/11111111-2222-4333-8444-555555555555/chat_conversations/\
             019f3f4c-ba14-79cd-bbb7-{number:012}/completion"
        );
        let started = RequestStep::Started {
            method: "POST".into(),
            url,
            document: false,
            body: Some(body.to_string().into_bytes()),
        };
        let headers = Headers { content_type: Some("application/json".into()), ..Headers::default() };
        for step in [started, RequestStep::Headers { status: 503, headers }, RequestStep::Done] {
            let input = Input::Request(Request { id: number.to_string(), tab: 7, step });
            let _ = engine.wants(Some(&input));
            engine.handle(input, at);
            while let Some(output) = engine.poll() {
                if let Output::Persist { key, value: Some(value), .. } = output
                    && let Some(id) = key.strip_prefix("entry:")
                {
                    facts.retain(|(known, _)| known != id);
                    facts.push((id.to_owned(), value));
                }
            }
        }
    }
    facts
}
