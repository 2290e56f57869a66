//! The passphrase, for prompts that were sealed before the browser was closed.

use super::{Deed, Popup};
use crate::host::{Host, begin};
use crate::marks::button;
use crate::sealing::{self, Tried};
use crate::tree::{El, el, say};
use std::rc::Rc;
use understudy_engine::UserText;

/// What the popup remembers of it.
#[derive(Debug, Default)]
pub struct Locked {
    /// How many prompts are locked.
    pub(super) count: usize,
    /// What is typed.
    pub(super) phrase: UserText,
    busy: bool,
}

/// How many are locked, and the field; nothing if none is.
pub(super) fn section(locked: &Locked) -> Option<El<Deed>> {
    (locked.count > 0).then(|| {
        el("section")
            .class("locked")
            .and(el("p").text(sealing::locked(locked.count)))
            .and(sealing::field("phrase", say("page_unlock_phrase"), false, Deed::Phrase))
            .and(
                el("div")
                    .class("deeds")
                    .and(button("secondary", say("page_unlock"), Deed::Unlock).attr("id", "unlock")),
            )
    })
}

pub(super) fn unlock(host: &Rc<Host<Popup>>) {
    let Some(phrase) = host.look(|popup, _| {
        let free = !std::mem::replace(&mut popup.locked.busy, true);
        free.then(|| popup.locked.phrase.clone())
    }) else {
        return;
    };
    host.change(|popup| popup.notice = Some(say("page_seal_busy")));
    let host = Rc::clone(host);
    begin(async move {
        let tried = sealing::unlock(&phrase, |_| ()).await;
        host.change(|popup| {
            popup.locked.busy = false;
            popup.notice = Some(say(match tried {
                Ok(Tried::Right) => "page_unlocked",
                Ok(Tried::Wrong) => "page_unlock_wrong",
                Err(_) => "page_seal_trouble",
            }));
        });
        host.refresh();
    });
}
