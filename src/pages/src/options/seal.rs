//! Whether saved prompts are sealed under a passphrase, with honest words on what that is good for.

use super::{Deed, Options, Shown};
use crate::host::{Host, begin};
use crate::marks::button;
use crate::sealing::{self, SHORTEST, Sealing, Tried};
use crate::stage::Entered;
use crate::tree::{El, el, say};
use std::rc::Rc;
use understudy_engine::UserText;
use understudy_engine::words::Say;

/// What is said of another passphrase; that one stays in its field, to be mended.
const WRONG: &str = "page_unlock_wrong";

/// What the page remembers of it.
#[derive(Debug, Default)]
pub struct Phrases {
    phrase: UserText,
    again: UserText,
    /// Something is being done.
    busy: bool,
    /// Whether the next click deletes what is locked.
    losing: bool,
}

/// What the user can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The passphrase is this.
    Phrase,
    /// And the same once more.
    Again,
    /// Seal from now on.
    Begin,
    /// Open what was sealed in earlier sessions.
    Unlock,
    /// Seal no longer.
    End,
    /// Ask before deleting what is locked.
    Doom,
    /// Keep it.
    Spare,
    /// Delete it.
    Lose,
}

/// The section.
pub(super) fn section(page: &Phrases, shown: &Shown<'_>) -> El<Deed> {
    let Sealing { on, locked } = shown.sealing;
    let section = el("section")
        .attr("aria-labelledby", "seal-title")
        .attr("id", "seal")
        .and(el("h2").attr("id", "seal-title").text(say("page_seal_title")));
    let line = |key| el("p").class("explain").text(say(key));
    let deeds = || el("div").class("deeds");
    let act = |class, label, deed| button(class, say(label), Deed::Seal(deed)).key(label);
    if locked > 0 {
        let row = if page.losing {
            deeds()
                .and(el("span").class("ask").text(say("page_locked_lose_ask")))
                .and(act("secondary danger", "page_forget_yes", Seal::Lose))
                .and(act("secondary", "page_forget_no", Seal::Spare).attr("id", "keep-locked"))
        } else {
            deeds().and(act("secondary", "page_unlock", Seal::Unlock)).and(act(
                "secondary",
                "page_locked_lose",
                Seal::Doom,
            ))
        };
        return section
            .and(el("p").text(sealing::locked(locked)))
            .and(sealing::field("phrase", say("page_unlock_phrase"), false, Deed::Seal(Seal::Phrase)))
            .and(row);
    }
    if on {
        return section.and(el("p").text(say("page_seal_state"))).and(line("page_seal_honest")).and(deeds().and(act(
            "secondary",
            "page_seal_end",
            Seal::End,
        )));
    }
    let new = Say::new("page_seal_phrase").count(SHORTEST as u64);
    section
        .and(line("page_seal_explain"))
        .and(line("page_seal_honest"))
        .and(line("page_seal_lost"))
        .and(sealing::field("phrase", new, true, Deed::Seal(Seal::Phrase)))
        .and(sealing::field("again", say("page_seal_again"), true, Deed::Seal(Seal::Again)))
        .and(deeds().and(act("secondary", "page_seal_begin", Seal::Begin)))
}

/// The user did something.
pub(super) fn done(host: &Rc<Host<Options>>, deed: Seal, entered: Entered) {
    let phrases = |change: fn(&mut Phrases)| host.change(|page| change(&mut page.phrases));
    match deed {
        Seal::Phrase => {
            let locked = host.look(|page, read| {
                page.phrases.phrase = UserText::new(entered.value);
                read.is_some_and(|read| read.sealing.locked > 0)
            });
            // Enter, or on to the button.
            if locked && !entered.typing {
                work(host, Seal::Unlock);
            }
        }
        Seal::Again => host.look(|page, _| page.phrases.again = UserText::new(entered.value)),
        Seal::Doom => {
            phrases(|phrases| phrases.losing = true);
            host.focus("keep-locked");
        }
        Seal::Spare => phrases(|phrases| phrases.losing = false),
        Seal::Begin => {
            let refused = host.look(|page, _| {
                let Phrases { phrase, again, .. } = &page.phrases;
                let short = (phrase.chars() < SHORTEST).then(|| Say::new("page_seal_short").count(SHORTEST as u64));
                short.or_else(|| (phrase != again).then(|| say("page_seal_differs")))
            });
            match refused {
                Some(refused) => host.change(|page| page.notice = Some(refused)),
                None => work(host, deed),
            }
        }
        Seal::Unlock | Seal::End | Seal::Lose => work(host, deed),
    }
}

/// Does what takes a while, once at a time.
fn work(host: &Rc<Host<Options>>, deed: Seal) {
    let Some(phrase) = host.look(|page, _| {
        let free = !std::mem::replace(&mut page.phrases.busy, true);
        free.then(|| page.phrases.phrase.clone())
    }) else {
        return;
    };
    host.change(|page| page.notice = Some(say("page_seal_busy")));
    let host = Rc::clone(host);
    begin(async move {
        let left = |left: u32| host.change(|page| page.notice = Some(Say::new("page_seal_left").count(left.into())));
        let done = match deed {
            Seal::Begin => sealing::begin(&phrase, left).await.map(|()| "page_seal_begun"),
            Seal::End => sealing::end(left).await.map(|()| "page_seal_ended"),
            Seal::Lose => sealing::lose(left).await.map(|()| "page_locked_lost"),
            _ => sealing::unlock(&phrase, left).await.map(|tried| match tried {
                Tried::Right => "page_unlocked",
                Tried::Wrong => WRONG,
            }),
        };
        host.change(|page| {
            (page.phrases.busy, page.phrases.losing) = (false, false);
            if done.as_ref().is_ok_and(|done| *done != WRONG) {
                page.phrases = Phrases::default();
            }
            page.notice = Some(say(done.unwrap_or("page_seal_trouble")));
        });
        host.refresh();
    });
}
