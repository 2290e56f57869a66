//! Reading the stores, the same code for every page.

use super::{Read, now};
use crate::sealing::Sealing;
use gloo_timers::callback::Timeout;
use std::collections::BTreeMap;
use std::rc::Rc;
use understudy_browser::{Refused, member, permissions, runtime, seal, storage};
use understudy_engine::{Config, Engine, EntryId, Stored, incident, needed_at_start, text_key};

/// A page of any kind, as far as reading is concerned: the same code for all of them.
pub(super) trait Page {
    /// Whether something has changed since the last look; from now on nothing has.
    fn is_stale(&self) -> bool;
    /// The prompts whose texts it shows.
    fn wanted(&self, read: &Read) -> Vec<EntryId>;
    /// Draws what was read; whether that is the first picture.
    fn take(&self, read: Read) -> bool;
    /// Draws what was left out of the first picture.
    fn rest(&self);
    /// Says that nothing could be read.
    fn trouble(&self);
    /// Nothing is being read any more.
    fn rested(&self);
}

/// Reads, with the texts that stand in the page, until nothing has changed meanwhile.
pub(super) async fn keep_up(page: Rc<dyn Page>) {
    while page.is_stale() {
        let Ok(mut read) = read().await else {
            page.trouble();
            continue;
        };
        for entry in page.wanted(&read) {
            // Anew each time: a draft goes on while it is looked at.
            let text = text(&entry).await;
            read.take(entry, text);
        }
        if page.take(read) {
            let page = Rc::clone(&page);
            Timeout::new(REST_MS, move || page.rest()).forget();
        }
    }
    page.rested();
}

async fn read() -> Result<Read, Refused> {
    let origins = permissions::origins();
    let found = storage::found("engine", needed_at_start).await;
    if let Some(trouble) = found.trouble {
        return Err(trouble);
    }
    let (session, local) = (found.session, found.local);
    let damaged = local.iter().filter(|(key, _)| key.starts_with("aside:")).count();
    let log = local.iter().filter(|(key, _)| incident::is_incident(key)).cloned().collect();
    let engine = Engine::restore(Config { platform: runtime::platform() }, Stored { session, local }, now());
    let sealing = if found.mirror.is_object() {
        let locked = member(&found.mirror, seal::LOCKED).as_f64().unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as many as there are prompts")]
        Sealing { on: member(&found.mirror, seal::ON).is_truthy(), locked: locked as usize }
    } else {
        Sealing { on: found.record.is_object(), locked: found.locked }
    };
    Ok(Read { engine, damaged, origins: origins.await?, texts: BTreeMap::new(), log, sealing })
}

/// What is stored of a prompt's text.
pub(super) async fn text(entry: &str) -> Option<String> {
    storage::one(&text_key(entry)).await.value()
}

/// What is too long for the first picture comes so much later, when that is painted: some frames.
const REST_MS: u32 = 60;
