//! From the popup to somewhere else.

use super::Popup;
use super::text::copied;
use crate::host::{Host, begin, send};
use crate::tree::say;
use std::rc::Rc;
use understudy_browser::{Refused, tabs};
use understudy_engine::Act;

/// The text goes to the clipboard first, inside the click: whatever becomes of the way, it can be pasted.
pub(super) fn hand_off(host: &Rc<Host<Popup>>, provider: String) {
    let entry = host.look(|popup, read| {
        let view = read?.view(crate::host::now());
        popup.chosen(&view).map(|row| row.entry.clone())
    });
    let host = Rc::clone(host);
    begin(async move {
        // The popup goes away with the next tab, and an unfinished copy with it.
        let copied = match entry.clone() {
            Some(entry) => copied(&host, entry).await == Some(true),
            None => false,
        };
        match send(&Act::HandOff { provider, entry, copied }).await {
            Ok(()) => leave(&host).await,
            Err(_) => host.change(|popup| popup.notice = Some(say("page_trouble_send"))),
        }
    });
}

/// To another page; the popup is done then.
pub(super) fn go(host: &Rc<Host<Popup>>, opened: impl Future<Output = Result<(), Refused>> + 'static) {
    let host = Rc::clone(host);
    begin(async move {
        match opened.await {
            Ok(()) => leave(&host).await,
            Err(_) => host.change(|popup| popup.notice = Some(say("page_trouble_send"))),
        }
    });
}

pub(super) fn act(host: &Rc<Host<Popup>>, act: Act) {
    let host = Rc::clone(host);
    begin(async move {
        if send(&act).await.is_err() {
            host.change(|popup| popup.notice = Some(say("page_trouble_send")));
        }
    });
}

/// Closes the popup; opened in a tab, the page stays, and so does the panel.
pub(super) async fn leave(host: &Host<Popup>) {
    if !host.look(|popup, _| popup.panel)
        && let (Ok(None), Some(window)) = (tabs::current().await, web_sys::window())
    {
        let _ = window.close();
    }
}
