//! The popup: the verdict, the way on, the saved prompts, and why we say what we say.

use crate::host::{Host, Read, Scene, begin, copy, send};
use crate::marks::{button, entry_tone, mark, state_word, tone_name};
use crate::stage::Entered;
use crate::tree::{El, Part, Words, el, say};
use std::rc::Rc;
use understudy_browser::{runtime, tabs};
use understudy_engine::outbox::EntryState;
use understudy_engine::verdict::State;
use understudy_engine::view::{Evidence, FallbackRow, PromptRow, View};
use understudy_engine::words::Say;
use understudy_engine::{Act, EntryId, Millis, Tone};

/// What the popup remembers beside the view.
#[derive(Debug, Default)]
pub struct Popup {
    /// The prompt to hand over, if it is not the newest.
    selected: Option<EntryId>,
    /// The prompts shown in full.
    expanded: Vec<EntryId>,
    /// The prompt that would be deleted by the next click.
    doomed: Option<EntryId>,
    /// What came of the last click.
    notice: Option<Say>,
}

/// What the user can do in the popup.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Take the selected prompt to this provider.
    HandOff(String),
    /// Hand over this prompt from now on.
    Select(EntryId),
    /// Show the whole text, or its beginning again.
    Expand(EntryId),
    /// Put the text on the clipboard.
    Copy(EntryId),
    /// Ask before deleting.
    Doom(EntryId),
    /// Keep it after all.
    Spare,
    /// Delete it.
    Forget(EntryId),
    /// Open the options.
    Options,
}

impl Scene for Popup {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, now: Millis) -> Vec<Part<Deed>> {
        self.page(&read.view(now))
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, _: Entered) {
        match deed {
            Deed::HandOff(provider) => hand_off(host, provider),
            Deed::Copy(entry) => {
                let Some(text) = text_of(host, &entry) else { return };
                let (copied, host) = (copy(&text), Rc::clone(host));
                begin(async move {
                    let notice = if copied.await { "page_copied" } else { "page_copy_refused" };
                    host.change(|popup| popup.notice = Some(say(notice)));
                });
            }
            Deed::Forget(entry) => {
                host.change(|popup| popup.doomed = None);
                act(host, Act::Forget { entry });
            }
            Deed::Options => {
                let host = Rc::clone(host);
                begin(async move {
                    match runtime::open_options().await {
                        Ok(()) => leave().await,
                        Err(_) => host.change(|popup| popup.notice = Some(say("page_trouble_send"))),
                    }
                });
            }
            Deed::Select(entry) => host.change(|popup| popup.selected = Some(entry)),
            Deed::Expand(entry) => host.change(|popup| {
                if popup.expanded.contains(&entry) {
                    popup.expanded.retain(|other| *other != entry);
                } else {
                    popup.expanded.push(entry);
                }
            }),
            Deed::Doom(entry) => {
                host.change(|popup| popup.doomed = Some(entry));
                host.focus("keep");
            }
            Deed::Spare => host.change(|popup| popup.doomed = None),
        }
    }
}

impl Popup {
    /// The whole page.
    pub fn page(&self, view: &View) -> Vec<Part<Deed>> {
        let chosen = self.chosen(view);
        let main = el("main")
            .class("popup")
            .and(verdict(view))
            .and(self.notice())
            .with(way_on(view, chosen))
            .and(self.prompts(view, chosen))
            .with(reasons(view));
        let foot = el("footer")
            .and(el("span").class("promise").text(say("page_promise")))
            .and(button("quiet", say("page_options"), Deed::Options).attr("id", "options"));
        vec![Part::El(main), Part::El(foot)]
    }

    fn chosen<'a>(&self, view: &'a View) -> Option<&'a PromptRow> {
        let selected = self.selected.as_ref();
        view.prompts.iter().find(|row| Some(&row.entry) == selected).or_else(|| view.prompts.first())
    }

    /// There from the start, so that screen readers hear what is put in.
    fn notice(&self) -> El<Deed> {
        let line = el("p").class("notice").attr("role", "status").attr("id", "notice");
        match &self.notice {
            Some(notice) => line.text(notice),
            None => line,
        }
    }

    fn prompts(&self, view: &View, chosen: Option<&PromptRow>) -> El<Deed> {
        let section = el("section").class("prompts").attr("aria-labelledby", "prompts-title");
        let title = el("h2").attr("id", "prompts-title").text(say("page_prompts"));
        if view.prompts.is_empty() {
            return section.and(title).and(el("p").class("empty").text(say("page_prompts_none")));
        }
        let rows = view.prompts.iter().map(|row| {
            let choice = (view.prompts.len() > 1).then(|| Some(&row.entry) == chosen.map(|chosen| &chosen.entry));
            self.prompt(row, choice)
        });
        section.and(title).and(el("ul").class("rows").with(rows))
    }

    fn prompt(&self, row: &PromptRow, choice: Option<bool>) -> El<Deed> {
        let open = self.expanded.contains(&row.entry);
        let text_id = format!("text-{}", row.entry);
        let label = el("span")
            .class("label")
            .attr("data-tone", tone_name(entry_tone(row.state)))
            .and(mark(entry_tone(row.state)))
            .and(el("span").text(&row.label));
        let head = el("div").class("head").and(label).and(el("time").class("clock").text(Words::Clock(row.at)));
        let text = el("span")
            .class(if open { "text open" } else { "text" })
            .attr("id", text_id.clone())
            .attr("dir", "auto")
            .text(&row.text);
        // Opened, a long text scrolls, and whoever has no mouse must be able to scroll it.
        let text = if open { text.attr("tabindex", "0") } else { text };
        let body = match choice {
            Some(checked) => el("label")
                .class("choice")
                .and(
                    el("input")
                        .attr("type", "radio")
                        .attr("name", "prompt")
                        .attr("aria-label", Say::new("page_choose").text(beginning(row.text.reveal(), 60)))
                        .flag("checked", checked)
                        .does(Deed::Select(row.entry.clone())),
                )
                .and(text),
            None => el("div").class("choice").and(text),
        };
        let files = (!row.attachments.is_empty())
            .then(|| el("p").class("files").text(Say::new("page_attachments").text(row.attachments.join(", "))));
        let trail = row.handoff.as_ref().map(|handoff| el("p").class("trail").text(handoff));
        let doomed = self.doomed.as_ref() == Some(&row.entry);
        let deeds = el("div").class("deeds").with(if doomed {
            vec![
                el("span").class("ask").text(say("page_forget_ask")),
                button("quiet danger", say("page_forget_yes"), Deed::Forget(row.entry.clone())).key("yes"),
                button("quiet", say("page_forget_no"), Deed::Spare).key("no").attr("id", "keep"),
            ]
        } else {
            vec![
                button(
                    "quiet",
                    say(if open { "page_less" } else { "page_more" }),
                    Deed::Expand(row.entry.clone()),
                )
                .key("expand")
                .attr("aria-expanded", if open { "true" } else { "false" })
                .attr("aria-controls", text_id),
                button("quiet", say("page_copy"), Deed::Copy(row.entry.clone())).key("copy"),
                button("quiet", say("page_forget"), Deed::Doom(row.entry.clone())).key("forget"),
                el("span").key("size").class("size").text(Words::Size(row.text.chars())),
            ]
        });
        el("li").key(row.entry.clone()).class("prompt").and(head).and(body).with(files).with(trail).and(deeds)
    }
}

fn verdict(view: &View) -> El<Deed> {
    let word = el("p")
        .class("state")
        .and(mark(view.tone))
        .and(el("span").text(state_word(view.state, view.tone, &view.headline)));
    let since = view.since.map(|at| el("p").class("since").text(Say::new("page_since").time(at)));
    el("header")
        .class("verdict")
        .attr("data-tone", tone_name(view.tone))
        .attr("data-state", view.state.name())
        .and(word)
        .and(el("h1").text(&view.headline))
        .with(since)
        .with(view.advice.as_ref().map(|advice| el("p").class("advice").text(advice)))
}

/// The fallbacks as buttons. The first one leads only when there is a reason to leave.
fn way_on(view: &View, chosen: Option<&PromptRow>) -> Option<El<Deed>> {
    let usable: Vec<&FallbackRow> = view.fallbacks.iter().filter(|row| row.enabled).collect();
    if usable.is_empty() {
        return None;
    }
    let waiting = view.prompts.iter().any(|row| row.state != EntryState::Confirmed);
    let leads = waiting || view.tone != Tone::Calm && view.state != State::Clear;
    let section = el("section").class("way").attr("aria-labelledby", "way-title");
    let title = el("h2").attr("id", "way-title").text(say(if chosen.is_some() { "page_way" } else { "page_way_empty" }));
    let cargo = chosen.map(|row| {
        el("p")
            .class("cargo")
            .text(say("page_cargo"))
            .text(" ")
            .and(el("q").attr("dir", "auto").text(beginning(row.text.reveal(), 80)))
    });
    let buttons = usable.iter().enumerate().map(|(place, row)| fallback(row, place, leads && place == 0, chosen.is_some()));
    Some(section.and(title).with(cargo).and(el("div").class("fallbacks").with(buttons)))
}

fn fallback(row: &FallbackRow, place: usize, leads: bool, carries: bool) -> El<Deed> {
    let hint = match &row.note {
        Some(note) => note.clone(),
        None if row.allowed => say("page_hint_types"),
        None if row.origin.is_some() => say("page_hint_asks"),
        None => say("page_hint_link"),
    };
    let label = if leads {
        Words::Say(Say::new(if carries { "page_continue_in" } else { "page_open_in" }).text(&row.name))
    } else {
        Words::Plain(row.name.clone())
    };
    el("button")
        .key(row.provider.clone())
        .class(if leads { "fallback primary" } else { "fallback" })
        .attr("type", "button")
        .attr("data-provider", row.provider.clone())
        .attr("data-place", place.to_string())
        .and(el("span").class("name").text(label))
        .and(el("span").class("hint").attr("data-allowed", if row.allowed { "yes" } else { "no" }).text(hint))
        .does(Deed::HandOff(row.provider.clone()))
}

fn reasons(view: &View) -> Vec<El<Deed>> {
    let mut found = Vec::new();
    if !view.evidence.is_empty() {
        let (first, rest) = view.evidence.split_at(view.evidence.len().min(REASONS_AT_ONCE));
        let more = (!rest.is_empty()).then(|| {
            el("details")
                .and(el("summary").text(Say::new("page_evidence_more").count(rest.len() as u64)))
                .and(el("ol").class("rows reasons").with(rest.iter().map(reason)))
        });
        found.push(
            el("section")
                .class("evidence")
                .attr("aria-labelledby", "evidence-title")
                .and(el("h2").attr("id", "evidence-title").text(say("page_evidence")))
                .and(el("ol").class("rows reasons").with(first.iter().map(reason)))
                .with(more),
        );
    }
    if let Some(official) = &view.official {
        found.push(
            el("section")
                .class("official")
                .attr("aria-labelledby", "official-title")
                .and(el("h2").attr("id", "official-title").text(say("page_official")))
                .and(el("ol").class("rows reasons").and(reason(official))),
        );
    }
    found
}

fn reason(evidence: &Evidence) -> El<Deed> {
    // What has no time of its own has zero.
    let clock = (evidence.at > 0).then(|| el("time").class("clock").text(Words::Clock(evidence.at)));
    el("li").with(clock).and(el("span").text(&evidence.say))
}

/// The beginning of a text on one line, cut at a character.
fn beginning(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut chars = 0;
    for word in text.split_whitespace() {
        if chars > 0 {
            line.push(' ');
            chars += 1;
        }
        for c in word.chars() {
            if chars >= limit {
                line.push('…');
                return line;
            }
            line.push(c);
            chars += 1;
        }
    }
    line
}

/// The text goes to the clipboard first, inside the click: whatever becomes of the way, it can be pasted.
fn hand_off(host: &Rc<Host<Popup>>, provider: String) {
    let chosen = host.look(|popup, read| {
        let view = read?.view(crate::host::now());
        popup.chosen(&view).map(|row| (row.entry.clone(), row.text.clone()))
    });
    let copied = chosen.as_ref().map(|(_, text)| copy(text.reveal()));
    let act = Act::HandOff { provider, entry: chosen.map(|(entry, _)| entry) };
    let host = Rc::clone(host);
    begin(async move {
        // The popup goes away with the next tab, and an unfinished copy with it.
        if let Some(copied) = copied {
            copied.await;
        }
        match send(&act).await {
            Ok(()) => leave().await,
            Err(_) => host.change(|popup| popup.notice = Some(say("page_trouble_send"))),
        }
    });
}

fn act(host: &Rc<Host<Popup>>, act: Act) {
    let host = Rc::clone(host);
    begin(async move {
        if send(&act).await.is_err() {
            host.change(|popup| popup.notice = Some(say("page_trouble_send")));
        }
    });
}

fn text_of(host: &Host<Popup>, entry: &EntryId) -> Option<String> {
    host.look(|_, read| {
        let view = read?.view(crate::host::now());
        view.prompts.iter().find(|row| row.entry == *entry).map(|row| row.text.reveal().to_owned())
    })
}

/// Closes the popup; opened in a tab, the page stays.
async fn leave() {
    if let (Ok(None), Some(window)) = (tabs::current().await, web_sys::window()) {
        let _ = window.close();
    }
}

/// Reasons shown at once; a long night has more, behind a fold.
const REASONS_AT_ONCE: usize = 4;
