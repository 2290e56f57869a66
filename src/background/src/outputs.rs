//! Outputs of the engine, as calls of the browser.

use crate::work;
use js_sys::{Array, Function};
use std::cell::Cell;
use understudy_browser::tabs::Tab;
use understudy_browser::{action, after, alarms, net, notices, object, runtime, say, seal, storage, tabs};
use understudy_engine::{
    Act, Action, Area, Badge, Card, EntryId, FillOrder, Input, JobId, Output, TabId, Target, Tone, is_at_hand,
    is_private,
};
use wasm_bindgen::prelude::*;
use work::Work;

/// The one alarm; a new time replaces the old one.
const ALARM: &str = "wake";

/// A shorter wait, in milliseconds, is a timer's as well.
const ALARM_MS: u64 = 30_000;

/// A timer may come a little before its time by the clock; this much later it does not.
const LATE_MS: u32 = 20;

/// A page that does not answer within this time has nothing to say, in milliseconds.
const LISTEN_MS: u32 = 3_000;

/// What a filler may take beyond the times of its order before it is given up, in milliseconds.
const GRACE: u32 = 10_000;

/// The way out into the browser.
pub struct Shell {
    hand: Function,
    /// Whether what is private is sealed before it is stored.
    pub seals: Cell<bool>,
}

/// What is left to do for an output that was carried out.
pub enum Then {
    /// Nothing.
    Next,
    /// Hand this to the sender of the message being handled.
    Reply(JsValue),
    /// Wait until it is stored.
    Stored(seal::Work),
}

impl Shell {
    /// Answers of spawned work go to `hand(name, …args)`.
    pub fn new(hand: Function) -> Self {
        Self { hand, seals: Cell::new(false) }
    }

    /// Carries out one output.
    ///
    /// Only the stores are waited for. A tab may be frozen and the network slow: what they answer is a new event.
    pub fn carry_out(&self, output: &Output) -> Then {
        match output {
            Output::Persist { area, key, value } => {
                let value = value.as_deref();
                return Then::Stored(match (area, value) {
                    (Area::Local, _) => storage::keep(key, value, self.seals.get() && is_private(key), is_at_hand(key)),
                    (_, Some(value)) => Box::pin(storage::set(*area, key, value)),
                    (_, None) => Box::pin(storage::remove(*area, key)),
                });
            }
            Output::Badge(badge) => show_badge(badge),
            Output::Card { tab, card } => {
                // No script there (the page did not load, or is gone): the badge and the popup say the same.
                let words = card.as_ref().map_or(JsValue::NULL, show_card);
                drop(tabs::send(*tab, &object().text("type", "card").with("card", &words).into()));
            }
            // The sender puts it on the clipboard while the user's click is still fresh.
            Output::Copy { text, .. } => return Then::Reply(object().text("copy", text.reveal()).into()),
            Output::Open { job, target, tab } => self.spawn("opened", open(job, target, *tab)),
            Output::Fill { job, tab, order } => self.spawn("filled", fill(job, *tab, order)),
            Output::Listen { tab, entry } => self.spawn("heard", listen(*tab, entry)),
            Output::FetchStatus { url, timeout_ms } => self.spawn("status", ask(None, url, *timeout_ms)),
            Output::FetchHealth { provider, url, timeout_ms } => {
                self.spawn("health", ask(Some(provider), url, *timeout_ms));
            }
            Output::WakeAt { at } => {
                let _ = alarms::at(ALARM, *at);
                // No store build of Chrome rings an alarm earlier than this; it lives about as long after its last event.
                let wait = at.saturating_sub(crate::now());
                if wait < ALARM_MS {
                    after(u32::try_from(wait).unwrap_or_default() + LATE_MS, &self.hand, "tick");
                }
            }
            Output::Probe { tab, path } => {
                // No script there (see the card): no request comes, and the engine finds that out by itself.
                drop(tabs::send(*tab, &object().text("type", "probe").text("path", path).into()));
            }
            // Whoever took the permission back in this very moment gets none.
            Output::Notify(notice) => {
                let (title, text) = notice.words();
                drop(notices::show(&say(&title), &say(&text)));
            }
            Output::Observed { .. } => {}
        }
        Then::Next
    }

    /// Says that a value could not be stored: the store is full, most likely. The key names no content.
    pub fn unstored(key: String) -> Input {
        runtime::warn(&["Understudy could not store ", &key, "."].concat());
        Input::Unstored { key }
    }

    fn spawn(&self, name: &'static str, work: Work<(JsValue, JsValue)>) {
        let hand = self.hand.clone();
        work::start(Box::pin(async move {
            let (one, two) = work.await;
            let _ = hand.call3(&JsValue::UNDEFINED, &name.into(), &one, &two);
        }));
    }
}

fn show_badge(badge: &Badge) {
    let color = match badge.tone {
        Tone::Calm => "#1f6f4a",
        Tone::Grey => "#5a5f6b",
        Tone::Warn => "#8a5300",
        Tone::Down => "#a32a20",
    };
    let _ = action::badge(&badge.text, color, &say(&badge.title));
}

fn show_card(card: &Card) -> JsValue {
    let lines: Array = card.lines.iter().map(|line| JsValue::from(say(line))).collect();
    let actions: Array = card.actions.iter().filter_map(button).collect();
    object()
        .text("id", &card.id)
        .text("tone", card.tone.name())
        .text("title", &say(&card.title))
        .with("lines", &lines)
        .with("actions", &actions)
        .into()
}

fn button(action: &Action) -> Option<JsValue> {
    let button = object()
        .text("label", &say(&action.label))
        .text("kind", action.kind.name())
        .with("act", &act(&action.act)?)
        .with("note", &action.note.as_ref().map_or(JsValue::NULL, |note| say(note).into()));
    Some(button.into())
}

/// What the button sends back. The card has three kinds of buttons: see `border`.
fn act(act: &Act) -> Option<JsValue> {
    let words = match act {
        Act::HandOff { provider, entry, copied } => object()
            .text("act", "hand-off")
            .text("provider", provider)
            .with("entry", &entry.as_ref().map_or(JsValue::NULL, JsValue::from))
            .with("copied", &(*copied).into()),
        Act::Copy { entry } => object().text("act", "copy").text("entry", entry),
        Act::Dismiss {} => object().text("act", "dismiss"),
        _ => return None,
    };
    Some(words.into())
}

/// The job, and the tab where it was opened.
fn open(job: &JobId, target: &Target, tab: Option<TabId>) -> Work<(JsValue, JsValue)> {
    let mut shown = None;
    let url = match target {
        Target::Web { url } => url.clone(),
        Target::Thread { url, at } => {
            shown = Some(at.as_ref().unwrap_or(url).clone());
            url.clone()
        }
        Target::HandoffPage => runtime::url("handoff.html?job=") + &String::from(js_sys::encode_uri_component(job)),
    };
    let job = JsValue::from(job);
    Box::pin(async move {
        // From now on a page that has loaded may be the one that this is for: see `background.js`.
        let _ = storage::set(Area::Session, "handoff", "1").await;
        let mut opened = None;
        if let Some(at) = shown {
            if let Some(tab) = tabs::bring(&[&at, &url]).await {
                return (job, number(tab));
            }
        } else if let Some(tab) = tab {
            opened = tabs::navigate(tab, &url).await.ok();
        }
        if opened.is_none() {
            opened = tabs::create(&url).await.ok();
        }
        (job, opened.and_then(|tab| Tab::from(tab).id).map_or(JsValue::NULL, number))
    })
}

/// The job, and the filler's report: none without the host's permission, on an error page, or when the page is left meanwhile.
fn fill(job: &JobId, tab: TabId, order: &FillOrder) -> Work<(JsValue, JsValue)> {
    let order_words = object()
        .text("origin", order.origin)
        .text("selectors", order.selectors)
        .text("technique", order.technique.name())
        .text("text", order.text.reveal())
        .number("appearMs", order.appear_ms.into())
        .number("settleMs", order.settle_ms.into())
        .with("overwrite", &order.overwrite.into())
        .with("hint", &order.hint.as_ref().map_or(JsValue::NULL, |hint| say(hint).into()));
    let message = JsValue::from(object().text("type", "fill").with("order", &order_words.into()));
    let limit = order.appear_ms.saturating_add(order.settle_ms).saturating_add(GRACE);
    let job = JsValue::from(job);
    Box::pin(async move {
        let report = match tabs::run_script(tab, "fill.js").await {
            Ok(_) => tabs::send_within(limit, tab, &message).await,
            Err(refused) => Err(refused),
        };
        (job, report.unwrap_or(JsValue::NULL))
    })
}

/// The prompt; the title of its page, and the events of an answer that are there.
fn listen(tab: TabId, entry: &EntryId) -> Work<(JsValue, JsValue)> {
    let message = JsValue::from(object().text("type", "context"));
    let entry = JsValue::from(entry);
    Box::pin(async move {
        let told = tabs::send_within(LISTEN_MS, tab, &message).await.unwrap_or_default();
        // The events come first; behind them are whole conversations, and those are Claude's to keep.
        let begun = told.dyn_ref::<Array>().map_or(JsValue::UNDEFINED, |told| told.get(0));
        (entry, Array::of2(&tabs::title(tab).await, &begun).into())
    })
}

/// Status and body of the status page; of a fallback's, its id and the body of a good answer.
fn ask(provider: Option<&'static str>, url: &'static str, timeout_ms: u32) -> Work<(JsValue, JsValue)> {
    Box::pin(async move {
        let answer = net::get(url, timeout_ms).await.ok();
        let status = answer.as_ref().map(|(status, _)| *status);
        let body = answer.map_or(JsValue::NULL, |(_, body)| body.into());
        match provider {
            Some(provider) if status == Some(200) => (provider.into(), body),
            Some(provider) => (provider.into(), JsValue::NULL),
            None => (status.map_or(JsValue::NULL, JsValue::from), body),
        }
    })
}

#[expect(clippy::cast_precision_loss, reason = "tab ids are small")]
fn number(tab: TabId) -> JsValue {
    JsValue::from_f64(tab as f64)
}

#[cfg(test)]
#[cfg(target_arch = "wasm32")]
mod tests {
    use super::act;
    use crate::stand_in::js;
    use understudy_engine::{Act, ActionKind, Technique, Tone};
    use wasm_bindgen_test::wasm_bindgen_test;

    /// Pages and scripts know these by the engine's wire form.
    #[wasm_bindgen_test]
    fn a_name_is_the_one_of_the_wire() {
        for one in [Tone::Calm, Tone::Grey, Tone::Warn, Tone::Down] {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
        }
        for one in [ActionKind::Primary, ActionKind::Secondary, ActionKind::Close] {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
        }
        for one in [
            Technique::Dom,
            Technique::PmPaste,
            Technique::Paste,
            Technique::BeforeInput,
            Technique::InsertText,
            Technique::InsertHtml,
            Technique::Value,
            Technique::ByHand,
        ] {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
        }
        for one in [
            Act::HandOff { provider: "chatgpt".into(), entry: Some("e".into()), copied: true },
            Act::HandOff { provider: "chatgpt".into(), entry: None, copied: false },
            Act::Copy { entry: "e".into() },
            Act::Dismiss {},
        ] {
            let told = js_sys::JSON::stringify(&act(&one).unwrap()).unwrap();
            let wire = js(&format!("JSON.stringify({})", serde_json::to_string(&one).unwrap()));
            assert_eq!(wire.as_string(), Some(String::from(told)));
        }
        assert!(act(&Act::ForgetAll {}).is_none());
    }
}
