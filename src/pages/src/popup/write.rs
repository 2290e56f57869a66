//! A field to write a prompt in, for when claude.ai does not open at all. What is written becomes a saved prompt with every key, and goes
//! wherever one can go.

use super::{Deed, Popup};
use crate::host::{Host, now, send};
use crate::tree::{El, el, say};
use std::rc::Rc;
use understudy_engine::{Act, UserText};
use wasm_bindgen_futures::spawn_local;

/// What is being written, on its way to the background.
#[derive(Debug, Default)]
pub struct Written {
    /// The second in which it was begun: what is written in another life of the page is another prompt.
    field: u32,
    /// What the background has not been told yet.
    next: Option<UserText>,
    /// It is being told something.
    busy: bool,
}

/// The field.
pub(super) fn field() -> El<Deed> {
    let area = el("textarea")
        .attr("id", "write")
        .attr("rows", "2")
        .attr("dir", "auto")
        .attr("placeholder", say("page_write_hint"))
        .does(Deed::Write);
    let label = el("label").attr("for", "write").text(say("page_write"));
    el("section").class("write").and(el("div").class("field").and(label).and(area))
}

/// Keeps the text. While one is on its way, the last one waits, and those between need not go at all.
pub(super) fn keep(host: &Rc<Host<Popup>>, text: String) {
    let busy = host.look(|popup, _| {
        let written = &mut popup.written;
        if written.field == 0 {
            written.field = u32::try_from(now() / 1_000).unwrap_or(u32::MAX);
        }
        written.next = Some(UserText::new(text));
        std::mem::replace(&mut written.busy, true)
    });
    if busy {
        return;
    }
    let host = Rc::clone(host);
    spawn_local(async move {
        while let Some((field, text)) = host.look(|popup, _| {
            let next = popup.written.next.take();
            popup.written.busy = next.is_some();
            Some((popup.written.field, next?))
        }) {
            if send(&Act::Write { field, text }).await.is_err() {
                host.change(|popup| popup.notice = Some(say("page_trouble_send")));
            }
        }
    });
}
