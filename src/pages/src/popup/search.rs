//! Finding a prompt among many: by its words, and in the panel by its state.

use super::{Deed, Popup};
use crate::tree::{El, Words, el, say};
use understudy_engine::outbox::EntryState;
use understudy_engine::view::{PromptRow, View};
use understudy_engine::words::Say;

/// From more prompts than this on the popup has a field to search them; the panel always has it.
const MANY: usize = 8;

/// What is looked for.
#[derive(Debug, Default)]
pub struct Search {
    /// As it was typed.
    pub typed: String,
    /// Only prompts in this state.
    pub state: Option<EntryState>,
}

impl Search {
    /// Whether all of the words stand in the prompt, in any order and case, as far as its text is known.
    pub fn finds(&self, row: &PromptRow) -> bool {
        let text = row.text.as_ref().unwrap_or(&row.head);
        self.state.is_none_or(|state| state == row.state)
            && (self.typed.is_empty() || holds(&lower(text.reveal()), &lower(&self.typed)))
    }
}

/// By the browser: the tables for every script of the world are fourteen kilobytes, and it has them.
fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

fn holds(text: &str, words: &str) -> bool {
    words.split_whitespace().all(|word| text.contains(word))
}

impl Popup {
    /// The field, and how many prompts it leaves.
    pub(super) fn searching(&self, view: &View) -> Option<El<Deed>> {
        let search = &self.search;
        let typed = !search.typed.is_empty();
        if view.prompts.is_empty() || !(self.panel || typed || view.prompts.len() > MANY) {
            return None;
        }
        let field = el("input")
            .attr("type", "search")
            .attr("id", "search")
            .attr("aria-label", say("page_search"))
            .attr("placeholder", say("page_search"))
            .attr("autocomplete", "off")
            .attr("value", Words::Plain(search.typed.clone()))
            .does(Deed::Search);
        let states = [
            (None, "page_search_all"),
            (Some(EntryState::NotSent), "state_not_sent"),
            (Some(EntryState::Unknown), "state_unknown"),
            (Some(EntryState::Confirmed), "state_confirmed"),
        ];
        let states = states.map(|(state, label)| {
            let radio = el("input")
                .attr("type", "radio")
                .attr("name", "state")
                .flag("checked", search.state == state)
                .does(Deed::Filter(state));
            el("label").class("kind").and(radio).and(el("span").text(say(label)))
        });
        let states = self.panel.then(|| {
            let group = el("div").class("kinds").attr("role", "radiogroup");
            group.attr("aria-label", say("page_search_state")).with(states)
        });
        let found = view.prompts.iter().filter(|row| search.finds(row)).count() as u64;
        let line = el("p").class("found").attr("role", "status");
        let line = if typed || search.state.is_some() {
            line.text(Say::new("page_search_found").count(found).count(view.prompts.len() as u64))
        } else {
            line
        };
        Some(el("div").class("search").and(field).with(states).and(line))
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn every_word_must_be_there_in_any_order() {
        let text = "why does the größe of this table change?";
        for words in ["", "  ", "table", "change? table", "größe", "tab why"] {
            assert!(holds(text, words), "{words:?}");
        }
        for words in ["chair", "table chair", "tables"] {
            assert!(!holds(text, words), "{words:?}");
        }
    }
}
