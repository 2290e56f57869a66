//! The saved prompts, a row each, and what can be done with one.

use super::parts::{beginning, has_more};
use super::{Deed, Popup, home};
use crate::marks::{button, entry_tone, mark, tone_name};
use crate::tree::{El, Words, el, say};
use understudy_engine::outbox::HEAD;
use understudy_engine::view::{PromptRow, View};
use understudy_engine::words::Say;

/// More rows than a popup has room for.
const FIRST_ROWS: usize = 20;

impl Popup {
    pub(super) fn prompts(&self, view: &View, chosen: Option<&PromptRow>) -> El<Deed> {
        let section = el("section").class("prompts").attr("aria-labelledby", "prompts-title");
        let title = el("h2").attr("id", "prompts-title").text(say("page_prompts"));
        if view.prompts.is_empty() {
            return section.and(title).and(el("p").class("empty").text(say("page_prompts_none")));
        }
        let rows = view.prompts.iter().filter(|row| self.search.finds(row)).take(if self.whole {
            usize::MAX
        } else {
            FIRST_ROWS
        });
        let rows = rows.map(|row| {
            let choice = (view.prompts.len() > 1).then(|| Some(&row.entry) == chosen.map(|chosen| &chosen.entry));
            self.prompt(row, choice)
        });
        section.and(title).with(self.searching(view)).and(el("ul").class("rows").with(rows))
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
            .text(row.text.as_ref().filter(|_| open).unwrap_or(&row.head));
        let text = if open || row.chars <= HEAD { text } else { text.text("…") };
        // Opened, a long text scrolls, and whoever has no mouse must be able to scroll it.
        let text = if open { text.attr("tabindex", "0") } else { text };
        let body = match choice {
            Some(checked) => el("label")
                .class("choice")
                .and(
                    el("input")
                        .attr("type", "radio")
                        .attr("name", "prompt")
                        .attr("aria-label", Say::new("page_choose").text(beginning(row.head.reveal(), 60)))
                        .flag("checked", checked)
                        .does(Deed::Select(row.entry.clone())),
                )
                .and(text),
            None => el("div").class("choice").and(text),
        };
        let files = (!row.attachments.is_empty()).then(|| {
            el("p").class("files").text(
                Say::new(if row.inside { "page_attachments_kept" } else { "page_attachments" })
                    .text(row.attachments.join(", ")),
            )
        });
        let title = row.title.as_ref().map(|title| {
            el("p").class("files").attr("dir", "auto").text(Say::new("page_in_thread").text(title.reveal()))
        });
        let trail = row.handoff.iter().chain(&row.put_off).map(|said| el("p").class("trail").text(said));
        let doomed = self.doomed.as_ref() == Some(&row.entry);
        // Named, for what stands above it comes and goes while somebody may have the focus in it.
        let deeds = el("div").key("deeds").class("deeds").with(if doomed {
            vec![
                el("span").class("ask").text(say("page_forget_ask")),
                button("quiet danger", say("page_forget_yes"), Deed::Forget(row.entry.clone())).key("yes"),
                button("quiet", say("page_forget_no"), Deed::Spare).key("no").attr("id", "keep"),
            ]
        } else {
            let expand =
                button("quiet", say(if open { "page_less" } else { "page_more" }), Deed::Expand(row.entry.clone()))
                    .key("expand")
                    .attr("aria-expanded", if open { "true" } else { "false" })
                    .attr("aria-controls", text_id);
            let mut deeds = vec![
                button("quiet", say("page_copy"), Deed::Copy(row.entry.clone())).key("copy"),
                button("quiet", say("page_forget"), Deed::Doom(row.entry.clone())).key("forget"),
                el("span").key("size").class("size").text(Words::Size(row.chars)),
            ];
            if row.back {
                deeds.insert(
                    1,
                    button("quiet", say("page_put_back"), Deed::PutBack(row.entry.clone()))
                        .key("back")
                        .attr("title", say("page_put_back_into"))
                        .attr("aria-label", say("page_put_back_into")),
                );
            }
            if let Some(later) = home::later(row) {
                deeds.insert(deeds.len() - 2, later);
            }
            if open || has_more(row.head.reveal()) {
                deeds.insert(0, expand);
            }
            deeds
        });
        el("li")
            .key(row.entry.clone())
            .class("prompt")
            .and(head)
            .and(body)
            .with(title)
            .with(files)
            .with(trail)
            .and(deeds)
    }
}
