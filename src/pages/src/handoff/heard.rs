//! What is known of a conversation: what claude.ai's pages have in their memory, and what was kept with the prompt.

use super::along::{InWords, masked, written};
use js_sys::Array;
use understudy_browser::{object, storage, tabs};
use understudy_engine::claude;
use understudy_engine::context::{Begun, Conversation, Message};
use understudy_engine::handoff::same_text;
use understudy_engine::view::{HandoffView, PromptRow};
use understudy_engine::{EntryId, UserText, begun_key, sent_key};
use wasm_bindgen::JsCast;

/// What claude.ai's pages keep in their memory, and what was kept with the prompt: nothing is asked of claude.ai for it.
#[derive(Debug, Default)]
pub struct Heard {
    /// As it is, and with its secrets masked.
    conversations: Vec<[Conversation; 2]>,
    begun: Vec<[Begun; 2]>,
    /// What was attached to the prompt.
    pub(super) sent: Option<[Message; 2]>,
}

impl Heard {
    /// What was kept with a prompt: the beginning of its answer, and what was attached to it.
    pub async fn kept(entry: &EntryId, words: InWords<'_>) -> Self {
        let mut heard = Self::default();
        if let Some(begun) = storage::one(&begun_key(entry)).await.value() {
            heard.take(&begun, words);
        }
        if let Some(sent) = storage::one(&sent_key(entry)).await.value() {
            heard.take_sent(&sent, words);
        }
        heard
    }

    /// Asks the claude.ai pages that are open: what [`Self::take`] takes in.
    pub async fn ask() -> Vec<String> {
        let mut texts = Vec::new();
        for tab in tabs::showing(claude::PAGES).await.unwrap_or_default() {
            let asked = object().text("type", "context").into();
            let Ok(reply) = tabs::send_within(PATIENCE_MS, tab, &asked).await else { continue };
            texts.extend(
                reply.dyn_ref::<Array>().into_iter().flat_map(Array::to_vec).filter_map(|text| text.as_string()),
            );
        }
        texts
    }

    /// Takes in all that pages have kept.
    pub fn take_all(&mut self, texts: &[String], words: InWords<'_>) {
        for text in texts {
            self.take(text, words);
        }
    }

    /// Takes in one text that a page has kept: a conversation as it was loaded, or the events of an answer.
    pub fn take(&mut self, text: &str, words: InWords<'_>) {
        if let Some(plain) = claude::conversation(text) {
            let mut safe = plain.clone();
            safe.change(&|text| masked(text, words));
            self.conversations.push([plain, safe]);
        } else if let Some(plain) = claude::begun_answer(text) {
            let safe = Begun { text: UserText::new(masked(plain.text.reveal(), words)), ..plain.clone() };
            self.begun.push([plain, safe]);
        }
    }

    /// Takes in the body of the request that carried the prompt.
    pub fn take_sent(&mut self, body: &str, words: InWords<'_>) {
        self.sent = claude::sent_message(body).map(|plain| {
            let mut safe = plain.clone();
            safe.change(&|text| masked(text, words));
            [plain, safe]
        });
    }

    /// Whether a conversation, as a page has loaded it, holds a prompt: its very message, or the same words after the message that it
    /// follows.
    pub fn holds(&self, row: &PromptRow) -> bool {
        let [conversation, message, parent] = &row.place;
        let ours = self.conversations.iter().filter(|kept| kept[0].uuid.is_some() && kept[0].uuid == *conversation);
        ours.flat_map(|kept| {
            let messages = &kept[0].messages;
            let after = messages.iter().position(|one| parent.is_some() && one.uuid == *parent);
            messages.iter().enumerate().filter(move |(at, one)| {
                let same = || row.text.as_ref().is_some_and(|text| same_text(&written(one), text.reveal()));
                let itself = message.is_some() && one.uuid == *message;
                one.human && (itself || (after.is_some_and(|after| *at > after) && same()))
            })
        })
        .next()
        .is_some()
    }

    pub(super) fn conversation(&self, view: &HandoffView) -> Option<&[Conversation; 2]> {
        // One that was loaded before the last turns is not the conversation any more: better none than one with a gap.
        let whole = |kept: &Conversation| {
            view.parent.is_none() || kept.messages.iter().any(|message| message.uuid == view.parent)
        };
        let known = |kept: &&[Conversation; 2]| kept[0].uuid.is_some() && kept[0].uuid == view.conversation;
        self.conversations.iter().rev().find(|kept| known(kept) && whole(&kept[0]))
    }

    pub(super) fn begun(&self, view: &HandoffView) -> Option<&[Begun; 2]> {
        let known = |kept: &&[Begun; 2]| kept[0].parent.is_some() && kept[0].parent == view.message;
        self.begun.iter().rev().find(known)
    }
}

/// A page that does not answer within this time has nothing to say, in milliseconds.
const PATIENCE_MS: u32 = 3_000;
