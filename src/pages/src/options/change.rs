//! What a deed changes in the settings, and how the background hears of it.

use super::Options;
use crate::host::{Host, begin, send};
use crate::tree::say;
use std::rc::Rc;
use understudy_engine::Act;
use understudy_engine::provider::Settings;
use understudy_engine::words::Say;

/// Deletes something, and says that it is gone.
pub(super) fn forget(host: &Rc<Host<Options>>, act: Act, gone: &'static str) {
    let host = Rc::clone(host);
    begin(async move {
        let notice = if send(&act).await.is_ok() { gone } else { "page_trouble_send" };
        host.change(|page| page.notice = Some(say(notice)));
    });
}

pub(super) fn offer(settings: &mut Settings, id: &str, on: bool) {
    settings.fallbacks.retain(|other| other != id);
    if on {
        settings.fallbacks.push(id.to_owned());
    }
}

pub(super) fn shift(settings: &mut Settings, id: &str, up: bool) {
    let list = &mut settings.fallbacks;
    let Some(at) = list.iter().position(|other| other == id) else { return };
    let to = if up { at.checked_sub(1) } else { Some(at + 1) };
    if let Some(to) = to.filter(|to| *to < list.len()) {
        list.swap(at, to);
    }
}

/// Puts a fallback where another one stands now.
pub(super) fn place(settings: &mut Settings, id: &str, there: &str) {
    let list = &mut settings.fallbacks;
    let at = |id: &str| list.iter().position(|other| other == id);
    if let (Some(at), Some(to)) = (at(id), at(there)) {
        let moved = list.remove(at);
        list.insert(to, moved);
    }
}

/// The settings in force, or on their way to be.
pub(super) fn now(host: &Rc<Host<Options>>) -> Option<Settings> {
    host.look(|page, read| page.pending.clone().or_else(|| read.map(|read| read.engine.settings())))
}

pub(super) fn configure(host: &Rc<Host<Options>>, change: impl FnOnce(&mut Settings)) {
    let changed = now(host).and_then(|before| {
        let mut settings = before.clone();
        change(&mut settings);
        let settings = settings.cleaned();
        (settings != before).then_some(settings)
    });
    let Some(settings) = changed else {
        host.change(|_| ());
        return;
    };
    put(host, settings, say("page_saved"));
}

/// Sends settings to the background, and says this once they are stored.
pub(super) fn put(host: &Rc<Host<Options>>, settings: Settings, saved: Say) {
    host.change(|page| page.pending = Some(settings.clone()));
    let host = Rc::clone(host);
    begin(async move {
        let notice = if send(&Act::Configure { settings }).await.is_ok() {
            saved
        } else {
            host.look(|page, _| page.pending = None);
            say("page_trouble_send")
        };
        host.change(|page| page.notice = Some(notice));
    });
}
