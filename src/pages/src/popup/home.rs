//! Claude is back: the prompts that were left behind, and the ways back for each.

use super::go::leave;
use super::parts::beginning;
use super::{Deed, Popup, copied};
use crate::handoff::{Heard, WORDS};
use crate::host::{Host, begin, send};
use crate::marks::button;
use crate::tree::{El, el, say};
use std::rc::Rc;
use understudy_engine::view::{HomeRow, PromptRow, View};
use understudy_engine::words::Say;
use understudy_engine::{Act, EntryId};

/// What waits to go back, if anything does.
pub(super) fn home(view: &View) -> Option<El<Deed>> {
    let prompt = |row: &HomeRow| view.prompts.iter().find(|prompt| prompt.entry == row.entry);
    let rows: Vec<_> = view
        .home
        .iter()
        .filter_map(|row| Some((row, prompt(row)?)))
        .take(MOST)
        .map(|(row, prompt)| one(row, prompt))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let lead = match view.waiting {
        // Whatever else was left behind is listed as well.
        waiting if waiting < view.home.len() as u64 => say("page_home_left"),
        1 => say("page_home_waiting_one"),
        many => Say::new("page_home_waiting").count(many),
    };
    Some(
        el("section")
            .class("home")
            .attr("aria-labelledby", "home-title")
            .and(el("h2").attr("id", "home-title").text(say("page_home")))
            .and(el("p").class("explain").text(lead))
            .and(el("ul").class("rows").with(rows)),
    )
}

fn one(row: &HomeRow, prompt: &PromptRow) -> El<Deed> {
    let entry = &row.entry;
    let id = format!("home-{entry}");
    let text = el("q").attr("id", id.clone()).attr("dir", "auto").text(beginning(prompt.head.reveal(), 80));
    let trail = prompt.handoff.as_ref().map(|handoff| el("p").class("trail").text(handoff));
    let named = |button: El<Deed>, key: &str| button.key(key).attr("aria-describedby", id.clone());
    let back =
        button("primary", say("page_put_back"), Deed::PutBack(entry.clone())).attr("title", say("page_put_back_into"));
    let along = prompt.elsewhere.as_ref().map(|name| {
        named(button("quiet", Say::new("page_home_along").text(name), Deed::Along(entry.clone())), "along")
    });
    let open = row
        .thread
        .as_ref()
        .map(|thread| named(button("quiet", say("page_home_thread"), Deed::Thread(thread.clone())), "thread"));
    let deeds = el("div").class("deeds").and(named(back, "back")).with(along).with(open);
    let deeds = deeds.and(named(button("quiet", say("page_home_not"), Deed::Later(entry.clone(), false)), "not"));
    el("li").key(entry.clone()).class("homely").and(text).with(trail).and(deeds)
}

/// The button that puts a prompt off, or does so no more; none where there is nothing to wait for.
pub(super) fn later(row: &PromptRow) -> Option<El<Deed>> {
    let (label, title) = match &row.put_off {
        Some(_) => ("page_later_off", "page_later_off_title"),
        None if row.may_wait => ("page_later", "page_later_title"),
        None => return None,
    };
    let deed = Deed::Later(row.entry.clone(), row.put_off.is_none());
    Some(button("quiet", say(label), deed).key("later").attr("title", say(title)))
}

/// Puts a prompt back into its thread; not if a page that is open has it in there already.
pub(super) fn put_back(host: &Rc<Host<Popup>>, entry: EntryId) {
    let host = Rc::clone(host);
    begin(async move {
        let copied = copied(&host, entry.clone()).await == Some(true);
        let row = host.look(|_, read| {
            let view = read?.view(crate::host::now());
            view.prompts.into_iter().find(|row| row.entry == entry)
        });
        let Some(row) = row else { return };
        let mut heard = Heard::default();
        heard.take_all(&Heard::ask().await, &WORDS);
        if heard.holds(&row) {
            let _ = send(&Act::Later { entry, on: false }).await;
            host.change(|popup| popup.notice = Some(say("page_home_arrived")));
            return;
        }
        match send(&Act::PutBack { entry, text: None, copied }).await {
            Ok(()) => leave(&host).await,
            Err(_) => host.change(|popup| popup.notice = Some(say("page_trouble_send"))),
        }
    });
}

/// Prompts shown here at once; all of them are in the list below.
const MOST: usize = 5;
