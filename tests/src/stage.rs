//! A lab and a browser that takes it for the world.

use crate::browser::{Browser, Card, Kind, Options};
use crate::wait::{PATIENT, SOON, until};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use understudy_engine::AGREED_KEY;
use understudy_engine::provider::CATALOGUE;
use understudy_lab::{End, Lab, LabConfig, Seen};

/// One browser with the extension in front of one lab.
#[derive(Debug)]
pub struct Stage {
    // The browser goes first: it must not see its world end.
    /// The browser.
    pub browser: Browser,
    /// The world.
    pub lab: Lab,
    home: String,
}

/// When things were seen by the test, in milliseconds since the epoch, as in the lab's log.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The request that failed.
    pub request: Seen,
    /// Its end as the lab saw it.
    pub failed_at: u64,
    /// The first look at which the card stood in the page.
    pub shown_at: u64,
    /// The card.
    pub card: Card,
}

impl Shown {
    /// Milliseconds from the failure to the card. An upper bound: a look takes time itself.
    pub fn after_ms(&self) -> u64 {
        self.shown_at.saturating_sub(self.failed_at)
    }
}

impl Stage {
    /// Starts both, with the built extension.
    pub fn start(kind: Kind) -> Result<Self> {
        Self::start_with(kind, |_| {})
    }

    /// Starts both, with other options for the browser.
    pub fn start_with(kind: Kind, change: impl FnOnce(&mut Options)) -> Result<Self> {
        let lab = Lab::start(LabConfig::default())?;
        let mut options = Options::new(kind, lab.port(), Some(&extension(kind)?));
        change(&mut options);
        let browser = Browser::start(options)?;
        let home = browser.driver().window()?;
        Ok(Self { browser, lab, home })
    }

    /// Everything as on the first day: lab, stores, permissions, tabs.
    pub fn fresh(&self) -> Result<()> {
        self.browser.close_popup()?;
        self.browser.close_other_tabs(&self.home)?;
        self.browser.visit("about:blank")?;
        self.lab.reset();
        // chromedriver does not list the tabs of the extension's own pages.
        self.browser.probe_eval(
            "const own = (await browser.tabs.query({})).filter(({url}) => url?.startsWith(browser.runtime.getURL('')) && url.includes('.html'));
             await browser.tabs.remove(own.map(({id}) => id));
             const {origins, data_collection} = await browser.permissions.getAll();
             if (data_collection?.length) await browser.permissions.remove({data_collection});
             const optional = origins.filter((origin) => (browser.runtime.getManifest().optional_host_permissions ?? []).includes(origin));
             if (optional.length) await browser.permissions.remove({origins: optional});
             await browser.permissions.remove({permissions: browser.runtime.getManifest().optional_permissions})",
        )?;
        self.browser.forget_everything()?;
        self.agree_to_all()
    }

    /// The user has gone to every fallback of the catalogue before.
    pub fn agree_to_all(&self) -> Result<()> {
        self.agree(&CATALOGUE.iter().map(|known| known.id).collect::<Vec<_>>())
    }

    /// The user has gone to these fallbacks before and to no others: the card of the first time is not shown for them.
    pub fn agree(&self, agreed: &[&str]) -> Result<()> {
        let lines: String = agreed.iter().flat_map(|known| [known, "\n"]).collect();
        until("it is stored who was agreed to", SOON, || {
            // An event may have woken the background before, and it knows what it knew then.
            self.browser.store(&json!({AGREED_KEY: lines}).to_string())?;
            self.browser.kill_background()?;
            Ok((!self.browser.background_runs()?).then_some(()))
        })
    }

    /// The browser was started again: its first tab is the home tab now.
    pub fn settle_after_restart(&mut self) -> Result<()> {
        self.home = self.browser.driver().window()?;
        Ok(())
    }

    /// The tab in which claude.ai is open.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// Sets the fallbacks and their order, with the message that the options page sends.
    pub fn prefer(&self, fallbacks: &[&str]) -> Result<()> {
        self.set(&json!({"fallbacks": fallbacks, "customUrl": "", "customName": ""}))
    }

    /// Sets an address of one's own as the only fallback.
    pub fn prefer_own(&self, url: &str, name: &str) -> Result<()> {
        self.agree(&[url])?;
        self.set(&json!({"fallbacks": ["custom"], "customUrl": url, "customName": name}))
    }

    /// Lets claude.ai be asked while it fails, or not.
    pub fn probe(&self, allowed: bool) -> Result<()> {
        self.set(&json!({"fallbacks": ["chatgpt"], "customUrl": "", "customName": "", "probes": allowed}))
    }

    /// So many turns of the conversation go along with a prompt.
    pub fn take_along(&self, turns: u32) -> Result<()> {
        self.set(&json!({"fallbacks": ["chatgpt"], "customUrl": "", "customName": "", "along": turns}))
    }

    fn set(&self, settings: &Value) -> Result<()> {
        let message = json!({"type": "act", "act": {"act": "configure", "settings": settings}});
        self.browser.probe_eval(&format!("await browser.runtime.sendMessage({message})"))?;
        until("the settings are stored", SOON, || {
            let stored = self.browser.local_storage()?;
            Ok(stored["settings"]
                .as_str()
                .map(serde_json::from_str::<Value>)
                .transpose()?
                .filter(|stored| stored["fallbacks"] == settings["fallbacks"]))
        })
        .map(drop)
    }

    /// Opens a page of claude.ai and waits until its composer lives.
    pub fn open(&self, path: &str) -> Result<()> {
        self.browser.visit(&format!("https://claude.ai{path}"))?;
        self.browser.wait_for("window.lab?.ready")
    }

    /// Puts a text into the composer by the editor's own means and presses Send; does not wait for the answer.
    pub fn send(&self, text: &str) -> Result<()> {
        self.browser.eval_with("window.lab.send(arguments[0]).catch(() => {}); return null", &json!([text])).map(drop)
    }

    /// Sends a text and waits for the end of its turn.
    pub fn send_whole(&self, text: &str) -> Result<()> {
        self.send(text)?;
        self.wait_until_idle()
    }

    /// Waits until no turn is under way.
    pub fn wait_until_idle(&self) -> Result<()> {
        self.browser.wait_for("!window.lab.busy")
    }

    /// Watches for the end of the n-th completion (from 1) and for the card, and dates both.
    pub fn watch(&self, n: usize) -> Result<Shown> {
        let index = n.checked_sub(1).context("completions are counted from 1")?;
        self.watch_request(|lab| lab.completions().into_iter().nth(index))
    }

    /// Watches for the end of a request and for the card, and dates both.
    pub fn watch_request(&self, find: impl Fn(&Lab) -> Option<Seen>) -> Result<Shown> {
        let mut failed_at = None;
        let mut shown = None;
        until("a request fails and the card is shown", PATIENT, || {
            if failed_at.is_none() {
                let ended = find(&self.lab).filter(|seen| seen.end.is_some());
                // The lab dates the answer's head; a stream ends later, and then the look itself is the date.
                failed_at = ended.map(|seen| match (seen.status, seen.end) {
                    (Some(status), Some(End::Whole)) if status >= 400 => seen.answered_at.unwrap_or_else(now),
                    _ => now(),
                });
            }
            if shown.is_none() {
                shown = self.browser.card()?.map(|card| (now(), card));
            }
            Ok((failed_at.is_some() && shown.is_some()).then_some(()))
        })?;
        let request = find(&self.lab).context("the request vanished")?;
        let (shown_at, card) = shown.context("no card")?;
        Ok(Shown { request, failed_at: failed_at.context("no end")?, shown_at, card })
    }

    /// Waits until a saved prompt with this text is stored, and returns its entry.
    pub fn wait_for_entry(&self, text: &str) -> Result<Value> {
        until("the prompt is stored", SOON, || {
            Ok(self
                .browser
                .entries()?
                .into_iter()
                .find(|entry| entry["text"].as_str().is_some_and(|stored| same_text(stored, text))))
        })
    }

    /// Waits until the stored prompt with this text is in a state (`not-sent`, `unknown`, `confirmed`).
    pub fn wait_for_entry_state(&self, text: &str, state: &str) -> Result<()> {
        until(&format!("the prompt is {state}"), SOON, || {
            let entry = self
                .browser
                .entries()?
                .into_iter()
                .find(|entry| entry["text"].as_str().is_some_and(|stored| same_text(stored, text)));
            match entry {
                Some(entry) if entry["state"] == state => Ok(Some(())),
                Some(entry) => bail!("it is {}", entry["state"]),
                None => bail!("it is not stored"),
            }
        })
    }

    /// Goes to the tab that a click has just opened, waits until its composer holds `text` by the editor's own model, and returns
    /// how long that took. Nothing may have been submitted there.
    pub fn expect_arrival(&self, known: &[String], host: &str, text: &str) -> Result<Duration> {
        let start = SystemTime::now();
        self.browser.follow_new_tab(known)?;
        self.expect_text(host, text)?;
        Ok(start.elapsed()?)
    }

    /// Waits until the current tab is a page of `host` whose composer holds `text`; nothing may have been submitted there.
    pub fn expect_text(&self, host: &str, text: &str) -> Result<()> {
        self.expect_text_here(host, text)?;
        let sent = self.browser.eval("return window.lab.sent.length")?;
        if sent != 0 {
            bail!("{host}: something was submitted");
        }
        Ok(())
    }

    /// The same where something has been submitted before.
    pub fn expect_text_here(&self, host: &str, text: &str) -> Result<()> {
        until(&format!("a page of {host}"), PATIENT, || {
            let url = self.browser.driver().url()?;
            Ok(url.starts_with(&format!("https://{host}/")).then_some(()))
        })?;
        self.browser.wait_for("window.lab?.ready")?;
        let mut last = String::new();
        let arrived = until("the text stands in the composer", PATIENT, || {
            self.browser.eval("return window.lab.model()")?.as_str().unwrap_or_default().clone_into(&mut last);
            Ok(same_text(&last, text).then_some(()))
        });
        arrived.with_context(|| first_difference(text, &last))
    }

    /// Waits until the handoff of the prompt with this text is noted with it: its way, and whether the text was read back.
    pub fn wait_for_handed(&self, text: &str, provider: &str) -> Result<Value> {
        until(&format!("the handoff to {provider} is noted"), PATIENT, || {
            Ok(self.wait_for_entry(text)?.get("handed").filter(|handed| handed["provider"] == provider).cloned())
        })
    }
}

/// The sentences of the extension, by key.
#[derive(Debug)]
pub struct Words(BTreeMap<String, Value>);

impl Words {
    /// Reads them in English from the built extension.
    pub fn read(kind: Kind) -> Result<Self> {
        Self::read_in(kind, "en")
    }

    /// The same in another language, by the name of its folder.
    pub fn read_in(kind: Kind, locale: &str) -> Result<Self> {
        let path = extension(kind)?.join("_locales").join(locale).join("messages.json");
        Ok(Self(serde_json::from_slice(&fs::read(&path).with_context(|| path.display().to_string())?)?))
    }

    /// The sentence of a key with its parameters filled in, as `browser.i18n.getMessage` does it.
    pub fn say(&self, key: &str, arguments: &[&str]) -> Result<String> {
        let message = self.0.get(key).with_context(|| format!("no message {key:?}"))?;
        let mut said = message["message"].as_str().with_context(|| format!("{key}: no text"))?.to_owned();
        if let Some(places) = message["placeholders"].as_object() {
            for (name, place) in places {
                said =
                    said.replace(&format!("${}$", name.to_uppercase()), place["content"].as_str().unwrap_or_default());
                said = said.replace(&format!("${name}$"), place["content"].as_str().unwrap_or_default());
            }
        }
        for (index, argument) in arguments.iter().enumerate() {
            said = said.replace(&format!("${}", index + 1), argument);
        }
        Ok(said)
    }

    /// Whether `text` holds the sentence of a key, whatever its parameters are.
    pub fn are_said(&self, key: &str, text: &str) -> Result<bool> {
        let pattern = self.say(key, &["\u{0}"; 9])?;
        let mut rest = text;
        for piece in pattern.split('\u{0}') {
            let Some(at) = rest.find(piece) else { return Ok(false) };
            rest = &rest[at + piece.len()..];
        }
        Ok(true)
    }
}

/// The one rule of comparison: CRLF and CR count as LF, line breaks at the very end do not count, nothing else is forgiven.
pub fn same_text(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned();
    plain(one) == plain(other)
}

/// Where two texts part, without showing more of them than a few characters.
pub fn first_difference(wanted: &str, found: &str) -> String {
    let at = wanted.chars().zip(found.chars()).take_while(|(one, other)| one == other).count();
    let piece = |text: &str| text.chars().skip(at).take(12).collect::<String>();
    format!(
        "{} characters wanted, {} found, the first difference at {at}: {:?} and {:?}",
        wanted.chars().count(),
        found.chars().count(),
        piece(wanted),
        piece(found)
    )
}

/// Milliseconds since the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The built extension for a browser: below `dist`, or below the folder that `UNDERSTUDY_DIST` names.
pub fn extension(kind: Kind) -> Result<PathBuf> {
    let folder = dist().join(kind.folder());
    if !folder.join("manifest.json").exists() {
        bail!("{} is not built; run `cargo xtask build`", folder.display());
    }
    Ok(folder)
}

/// Where the builds and packages are.
pub fn dist() -> PathBuf {
    env::var_os("UNDERSTUDY_DIST").map_or_else(|| repository().join("dist"), PathBuf::from)
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_breaks_at_the_end_are_forgiven() {
        assert!(same_text("a\r\nb\r", "a\nb\n\n"));
        assert!(!same_text("a\n\nb", "a\nb"));
        assert!(!same_text("a b", "a\u{a0}b"));
        assert!(!same_text("a ", "a"));
    }
}
