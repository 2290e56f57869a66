//! The whole texts of saved prompts: where they are known, and on their way to the clipboard.

use super::Popup;
use crate::host::{Host, begin, copy};
use std::rc::Rc;
use understudy_engine::{EntryId, UserText};

/// Puts a prompt on the clipboard, and says whether that worked; `None` if its text is not there. A text that was read before goes at
/// once, inside the click; any other within the few seconds for which both browsers remember a click.
pub(super) async fn copied(host: &Host<Popup>, entry: EntryId) -> Option<bool> {
    let mut found = text_of(host, &entry);
    if found.is_none() {
        host.read_text(entry.clone()).await;
        found = text_of(host, &entry);
    }
    Some(copy(found?.reveal()).await)
}

pub(super) fn read_text(host: &Rc<Host<Popup>>, entry: EntryId) {
    if text_of(host, &entry).is_none() {
        let host = Rc::clone(host);
        begin(async move { host.read_text(entry).await });
    }
}

/// The text of a prompt, where it is known.
fn text_of(host: &Host<Popup>, entry: &EntryId) -> Option<UserText> {
    host.look(|_, read| {
        let view = read?.view(crate::host::now());
        view.prompts.into_iter().find(|row| row.entry == *entry)?.text
    })
}
