//! What goes along with a prompt: what a claude.ai page has of the conversation, what of it the user wants, what is masked.

use super::{Deed, Heard};
use crate::tree::{El, Words, el, say};
use understudy_engine::UserText;
use understudy_engine::context::{Budget, Message, Part, Scope, Source, Wish, before, pack};
use understudy_engine::handoff::TYPED_UNITS;
use understudy_engine::left::Along;
use understudy_engine::provider::EVERYTHING;
use understudy_engine::secrets::{self, Kind};
use understudy_engine::view::HandoffView;
use understudy_engine::words::Say;

pub(super) type InWords<'a> = &'a dyn Fn(&Say) -> String;

/// What the user has chosen here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// So many turns, or [`EVERYTHING`]; else what the settings say.
    pub turns: Option<u32>,
    /// With the text of attachments; else as [`with_attachments`] says.
    pub attachments: Option<bool>,
    /// With the beginning of the answer.
    pub begun: bool,
    /// With secrets as they are.
    pub as_is: bool,
    /// From now on.
    pub remember: bool,
}

/// What goes.
#[derive(Debug)]
pub struct Goes {
    /// The text.
    pub text: UserText,
    /// What is in it, for the log.
    pub along: Along,
    /// Whether it is another text than the prompt.
    pub changed: bool,
    /// Too long to be typed, and changed: only the clipboard takes it.
    pub too_long: bool,
    /// What was found, how often.
    found: Vec<(Kind, u64)>,
    /// Whether something that was asked for did not fit.
    left_out: bool,
}

/// What was attached to the prompt itself belongs to it, and goes unless the user says otherwise: a long text that was pasted is such a
/// one. Where only older messages have attachments, theirs stay.
fn with_attachments(heard: &Heard, choice: Choice) -> bool {
    choice.attachments.unwrap_or(heard.sent.is_some())
}

/// What goes by this choice.
pub fn goes(view: &HandoffView, heard: &Heard, choice: Choice, words: InWords<'_>) -> Goes {
    if view.chosen {
        let changed = view.text != view.prompt;
        return Goes {
            text: view.text.clone(),
            along: Along(0),
            changed,
            too_long: false,
            found: Vec::new(),
            left_out: false,
        };
    }
    let wish = Wish {
        scope: match choice.turns.unwrap_or(view.along) {
            0 => Scope::Prompt,
            EVERYTHING => Scope::All,
            turns => Scope::Turns(turns as usize),
        },
        attachments: with_attachments(heard, choice),
        begun: choice.begun,
    };
    let build = |safe: bool| {
        let prompt = if safe { UserText::new(masked(view.prompt.reveal(), words)) } else { view.prompt.clone() };
        let source = source(view, heard, &prompt, safe);
        // A prompt that is longer than what may go along goes by itself, as ever.
        let alone = understudy_engine::context::Pack { text: prompt.clone(), ..Default::default() };
        pack(source, &wish, view.budget, words).unwrap_or(alone)
    };
    let plain = build(false);
    let mut found: Vec<(Kind, u64)> = Vec::new();
    for one in secrets::find(plain.text.reveal()) {
        match found.iter_mut().find(|(kind, _)| *kind == one.kind) {
            Some((_, count)) => *count += 1,
            None => found.push((one.kind, 1)),
        }
    }
    let safe = !found.is_empty() && !choice.as_is;
    let pack = if safe { build(true) } else { plain };
    let flags = [
        (safe, Along::MASKED),
        (!found.is_empty() && choice.as_is, Along::SECRETS),
        (pack.begun, Along::BEGUN),
        (pack.attachments > 0, Along::ATTACHMENTS),
    ];
    let flags = flags.iter().filter(|(on, _)| *on).fold(0, |flags, (_, flag)| flags | flag);
    let changed = pack.text != view.prompt;
    let too_long = changed && Budget::Units(TYPED_UNITS).size(pack.text.reveal()) > TYPED_UNITS;
    let left_out = pack.left_out > 0 || pack.cut;
    Goes { along: Along::new(flags, pack.messages), text: pack.text, changed, too_long, found, left_out }
}

/// What there is to choose from; `safe` with its secrets masked.
fn source<'a>(view: &'a HandoffView, heard: &'a Heard, prompt: &'a UserText, safe: bool) -> Source<'a> {
    let safe = usize::from(safe);
    Source {
        prompt,
        message: view.message.as_deref(),
        parent: view.parent.as_deref(),
        conversation: heard.conversation(view).map(|kept| &kept[safe]),
        sent: heard.sent.as_ref().map(|kept| &kept[safe]),
        begun: heard.begun(view).map(|kept| &kept[safe]),
    }
}

/// The text of a message.
pub(super) fn written(message: &Message) -> String {
    let texts =
        message.parts.iter().filter_map(|part| if let Part::Text(text) = part { Some(text.reveal()) } else { None });
    texts.collect::<Vec<_>>().join("\n")
}

pub(super) fn masked(text: &str, words: InWords<'_>) -> String {
    secrets::masked(text, &|kind| words(&Say::new("page_masked").word(kind.key())))
}

/// The questions, where there are any.
pub fn choices(view: &HandoffView, heard: &Heard, choice: Choice, goes: &Goes) -> Vec<El<Deed>> {
    let mut asked = Vec::new();
    if view.chosen {
        return asked;
    }
    if !goes.found.is_empty() {
        let kinds = goes.found.iter().map(|(kind, count)| {
            let name = el("li").text(say(kind.key()));
            if *count > 1 { name.text(format!(" × {count}")) } else { name }
        });
        asked.push(
            group("secrets", "page_secrets")
                .attr("data-tone", "warn")
                .and(el("ul").class("plain").with(kinds))
                .and(tick("radio", "secrets", "mask", say("page_secrets_mask"), !choice.as_is, Deed::AsIs(false)))
                .and(tick("radio", "secrets", "as-is", say("page_secrets_as_is"), choice.as_is, Deed::AsIs(true))),
        );
    }
    let conversation = heard.conversation(view).map(|kept| &kept[0]).filter(|known| !known.messages.is_empty());
    let wanted = choice.turns.unwrap_or(view.along);
    if conversation.is_none() && wanted > 0 {
        asked.push(el("p").class("explain").attr("id", "unknown").text(say("page_along_unknown")));
    }
    let begun = heard.begun(view);
    if conversation.is_some() || begun.is_some() || heard.sent.is_some() {
        let since = since(source(view, heard, &view.prompt, false), wanted);
        // One of those is chosen among the messages.
        let others = (!SCOPES.contains(&wanted) && wanted as usize > since.len()).then_some(wanted);
        let mut rows = group("along", "page_along");
        for turns in SCOPES.into_iter().chain(others).filter(|_| conversation.is_some()) {
            let deed = Deed::Scope(turns);
            rows = rows.and(tick("radio", "along", &format!("along-{turns}"), scope(turns), wanted == turns, deed));
        }
        if since.len() > 1 {
            let list = el("div").class("choices").with(since);
            rows =
                rows.and(el("details").attr("id", "since").and(el("summary").text(say("page_along_since"))).and(list));
        }
        let inside = |one: &Message| one.attachments.iter().any(|one| one.text.is_some());
        if heard.sent.is_some() || conversation.is_some_and(|known| known.messages.iter().any(inside)) {
            let label = say("page_along_attachments");
            rows = rows.and(tick(
                "checkbox",
                "more",
                "attachments",
                label,
                with_attachments(heard, choice),
                Deed::Attachments,
            ));
        }
        if begun.is_some() {
            rows = rows.and(tick("checkbox", "more", "begun", say("page_along_begun"), choice.begun, Deed::Begun));
        }
        if choice.turns.is_some_and(|turns| turns != view.along) {
            rows = rows.and(tick(
                "checkbox",
                "more",
                "remember",
                say("page_along_remember"),
                choice.remember,
                Deed::Remember,
            ));
        }
        if goes.left_out {
            rows = rows.and(el("p").class("explain").text(say("page_along_left_out")));
        }
        asked.push(rows);
    }
    asked
}

/// The messages of the person's own, the newest first: each can be the one with which what goes along begins.
fn since(source: Source<'_>, wanted: u32) -> Vec<El<Deed>> {
    let own = before(source).iter().rev().filter(|message| message.human).take(MESSAGES);
    let rows = own.zip(1..).map(|(message, turns)| {
        let words = UserText::new(written(message).trim()).beginning(BEGINNING);
        let words = if words.is_blank() {
            Words::Plain(message.attachments.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "))
        } else {
            Words::User(words)
        };
        // Of two rows that mean the same, one is ticked.
        let on = wanted == turns && !SCOPES.contains(&turns);
        tick("radio", "along", &format!("since-{turns}"), words, on, Deed::Scope(turns))
    });
    rows.collect()
}

/// Exactly what will go.
pub fn preview(goes: &Goes) -> El<Deed> {
    shown(&goes.text, "page_handoff_preview")
}

/// A text in full, and its size.
pub(crate) fn shown<D>(text: &UserText, caption: &str) -> El<D> {
    el("figure")
        .class("preview")
        .key("preview")
        .and(
            el("figcaption")
                .and(el("span").text(say(caption)))
                .and(el("span").class("size").text(Words::Size(text.chars()))),
        )
        .and(
            el("pre")
                .attr("id", "preview")
                .attr("tabindex", "0")
                .attr("role", "group")
                .attr("aria-label", say(caption))
                .attr("dir", "auto")
                .text(text),
        )
}

/// So many messages are shown to choose from, and so many characters of each.
const MESSAGES: usize = 100;
const BEGINNING: usize = 120;

/// How much of a conversation can be chosen, in turns.
pub(crate) const SCOPES: [u32; 4] = [0, 2, 6, EVERYTHING];

/// How much of a conversation, in words.
pub(crate) fn scope(turns: u32) -> Say {
    match turns {
        0 => say("page_along_prompt"),
        1 => say("page_along_turn"),
        EVERYTHING => say("page_along_all"),
        turns => Say::new("page_along_turns").count(turns.into()),
    }
}

fn group(id: &'static str, legend: &str) -> El<Deed> {
    el("fieldset").class("choices").key(id).attr("id", id).and(el("legend").text(say(legend)))
}

fn tick(kind: &'static str, name: &'static str, id: &str, label: impl Into<Words>, on: bool, deed: Deed) -> El<Deed> {
    let field =
        el("input").attr("type", kind).attr("name", name).attr("id", id.to_owned()).flag("checked", on).does(deed);
    el("label").class("offer").key(id).and(field).and(el("span").text(label))
}
