//! What the extension made of it, without a gap.
//!
//! Whatever the engine in the background decides, it writes down before anybody sees it: that is how it survives its own death. So
//! an ordinary listener to the stores, in a page of the extension that runs nothing else, gets every state in order, however short,
//! and the same engine reads it here.

use crate::browser::{Browser, Kind};
use crate::stage::now;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt;
use understudy_engine::verdict::State;
use understudy_engine::{Config, Engine, Platform, Stored};

/// A record of one browser, from [`Record::start`] on.
pub struct Record<'a> {
    browser: &'a Browser,
    local: BTreeMap<String, String>,
    /// Changes of the stores that were taken in.
    read: usize,
    seen: Vec<Seen>,
}

/// What a person sees, from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Since when, in milliseconds of the browser's clock.
    pub at: u64,
    /// The verdict.
    pub state: State,
    /// The message key of the popup's headline.
    pub headline: String,
    /// The message key of the card's title, if there is a card; of several cards all.
    pub card: Option<String>,
    /// The badge's text.
    pub badge: String,
}

impl<'a> Record<'a> {
    /// Begins with what is in the stores now.
    pub fn start(browser: &'a Browser) -> Result<Self> {
        browser.probe_eval(START)?;
        let mut record = Self { browser, local: BTreeMap::new(), read: 0, seen: Vec::new() };
        record.read()?;
        Ok(record)
    }

    /// All that was seen so far, each moment differing from the one before it.
    pub fn read(&mut self) -> Result<&[Seen]> {
        let changes = self.browser.probe_eval(&format!("return window.understudyRecord.slice({})", self.read))?;
        for change in changes.as_array().context("the record is gone")? {
            self.read += 1;
            let key = change[2].as_str().unwrap_or_default();
            let value = change[3].as_str();
            if change[1] == "local" {
                match value {
                    Some(value) => self.local.insert(key.to_owned(), value.to_owned()),
                    None => self.local.remove(key),
                };
            } else if let Some(snapshot) = value.filter(|_| key == "engine") {
                let seen = self.look(change[0].as_u64().context("no time")?, snapshot);
                match self.seen.last_mut() {
                    Some(last) if last.is_like(&seen) => {}
                    Some(last) if last.is_glimpse_before(&seen) => *last = Seen { at: last.at, ..seen },
                    _ => self.seen.push(seen),
                }
            }
        }
        // What has only just come may be such a glimpse.
        let fresh =
            self.seen.last().is_some_and(|last| self.seen.len() > 1 && now().saturating_sub(last.at) < GLIMPSE_MS);
        Ok(&self.seen[..self.seen.len() - usize::from(fresh)])
    }

    /// How many changes of the stores were taken in.
    pub fn changes(&self) -> usize {
        self.read
    }

    /// Forgets all but the last moment.
    pub fn begin(&mut self) {
        self.seen.drain(..self.seen.len().saturating_sub(1));
    }

    fn look(&self, at: u64, snapshot: &str) -> Seen {
        let platform = match self.browser.kind() {
            Kind::Chromium => Platform::Chromium,
            Kind::Firefox => Platform::Firefox,
        };
        let local = self.local.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let engine = Engine::restore(Config { platform }, Stored { session: Some(snapshot.to_owned()), local }, at);
        let titles: Vec<String> = engine.cards().into_iter().map(|(_, card)| card.title.key).collect();
        let view = engine.view(at);
        Seen {
            at,
            state: view.state,
            headline: view.headline.key,
            card: (!titles.is_empty()).then(|| titles.join(" and ")),
            badge: engine.badge(at).text,
        }
    }
}

impl Seen {
    fn is_like(&self, other: &Self) -> bool {
        self.is_like_but_for_the_badge(other) && self.badge == other.badge
    }

    /// Firefox may tell of a request a few milliseconds after the tap has told of its answer: until then there is no prompt to count
    /// at the badge, and no model to name. Nobody sees that, and no other difference is passed over, however short.
    fn is_glimpse_before(&self, other: &Self) -> bool {
        let names_the_model = self.state == other.state
            && self.card.as_deref() == Some("title_failed")
            && other.card.as_deref() == Some("title_model");
        (self.is_like_but_for_the_badge(other) || names_the_model) && other.at.saturating_sub(self.at) < GLIMPSE_MS
    }

    fn is_like_but_for_the_badge(&self, other: &Self) -> bool {
        (self.state, &self.headline, &self.card) == (other.state, &other.headline, &other.card)
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let card = self.card.as_deref().unwrap_or("no card");
        write!(f, "{}, {}, {card}, badge {:?}", self.state.name(), self.headline, self.badge)
    }
}

/// What is put right so soon was not wrong: "!" for "1" beside the right card, or a failure whose model has no name yet.
const GLIMPSE_MS: u64 = 400;

/// One record at a time: a browser is shared by many tests. The values that are there already come first, the lasting ones before
/// the snapshot that refers to them.
const START: &str = "
    if (window.understudyListener) browser.storage.onChanged.removeListener(window.understudyListener);
    const record = window.understudyRecord = [];
    const note = (area, key, value) => record.push([Date.now(), area, key, typeof value === 'string' ? value : null]);
    for (const area of ['local', 'session']) {
        for (const [key, value] of Object.entries(await browser.storage[area].get(null))) note(area, key, value);
    }
    window.understudyListener = (changes, area) => {
        for (const [key, change] of Object.entries(changes)) note(area, key, change.newValue);
    };
    browser.storage.onChanged.addListener(window.understudyListener);
    return null;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_badge_and_a_missing_name_may_be_a_glimpse() {
        let seen = |at, card: &str, badge: &str| Seen {
            at,
            state: State::Clear,
            headline: "verdict_limit".to_owned(),
            card: Some(card.to_owned()),
            badge: badge.to_owned(),
        };
        let first = seen(1_000, "title_limit", "!");
        assert!(first.is_glimpse_before(&seen(1_016, "title_limit", "1")));
        assert!(!first.is_glimpse_before(&seen(1_400, "title_limit", "1")), "that is seen");
        assert!(!first.is_glimpse_before(&seen(1_016, "title_down", "1")), "a card is never passed over");
        assert!(first.is_like(&seen(9_000, "title_limit", "!")));
        let unnamed = seen(1_000, "title_failed", "!");
        assert!(unnamed.is_glimpse_before(&seen(1_016, "title_model", "!")));
        assert!(!unnamed.is_glimpse_before(&seen(1_400, "title_model", "!")), "that is seen");
        assert!(!unnamed.is_glimpse_before(&seen(1_016, "title_capacity", "!")), "another card");
    }
}
