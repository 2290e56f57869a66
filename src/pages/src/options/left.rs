//! What has left this browser.

use super::{Deed, Shown};
use crate::marks::button;
use crate::tree::{El, Words, el, say};
use understudy_engine::handoff::Way;
use understudy_engine::left::{Along, Left};
use understudy_engine::provider::Settings;
use understudy_engine::words::Say;

pub(super) fn left(shown: &Shown<'_>) -> El<Deed> {
    let section = el("section")
        .attr("aria-labelledby", "left-title")
        .and(el("h2").attr("id", "left-title").text(say("page_left")))
        .and(el("p").class("explain").text(say("page_left_explain")));
    if shown.left.is_empty() {
        return section.and(el("p").class("explain").text(say("page_left_none")));
    }
    let rows = shown.left.iter().map(|one| row(shown.settings, one));
    section
        .and(el("ol").class("plain left").attr("tabindex", "0").attr("aria-labelledby", "left-title").with(rows))
        .and(el("div").class("deeds").and(button("secondary", say("page_left_forget"), Deed::ForgetLeft)))
}

fn row(settings: &Settings, one: &Left) -> El<Deed> {
    let way = match one.way {
        Way::Typed => "page_left_typed",
        Way::Link | Way::LinkOnly => "page_left_link",
        Way::Clipboard | Way::Empty => "page_left_clipboard",
    };
    let messages = match one.along.messages() {
        0 => None,
        1 => Some(say("page_left_message")),
        many => Some(Say::new("page_left_messages").count(many.into())),
    };
    let flags = [
        (Along::BEGUN, "page_left_begun"),
        (Along::ATTACHMENTS, "page_left_attachments"),
        (Along::MASKED, "page_left_masked"),
        (Along::SECRETS, "page_left_secrets"),
    ];
    let flags = flags.into_iter().filter(|(flag, _)| one.along.has(*flag)).map(|(_, key)| say(key));
    let size = usize::try_from(one.size).unwrap_or(usize::MAX);
    let fine = |words: Words| el("span").class("fine").text(words);
    el("li")
        .and(el("time").text(Words::Clock(one.at)))
        .and(el("span").class("name").text(settings.name_of(&one.provider)))
        .and(fine(say(way).into()))
        .and(fine(Words::Size(size)))
        .with(messages.into_iter().chain(flags).map(|words| fine(words.into())))
}
