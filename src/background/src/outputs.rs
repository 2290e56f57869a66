//! Outputs of the engine, as calls of the browser.

use js_sys::{Function, Object, Reflect};
use serde::Serialize;
use std::future::Future;
use understudy_browser::{Refused, action, alarms, net, runtime, say, storage, tabs, within};
use understudy_engine::{
    Act, ActionKind, Badge, Card, FillOrder, JobId, Output, TabId, Target, Technique, Tone, UserText,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The one alarm; a new time replaces the old one.
const ALARM: &str = "wake";

/// What a filler may take beyond the times of its order before it is given up, in milliseconds.
const GRACE: u32 = 10_000;

/// The way out into the browser.
pub struct Shell {
    hand: Function,
}

impl Shell {
    /// Answers of spawned work go to `hand(name, …args)`.
    pub fn new(hand: Function) -> Self {
        Self { hand }
    }

    /// Carries out one output; the value, if any, is the reply to the message being handled.
    ///
    /// Only the stores are waited for. A tab may be frozen and the network slow: what they answer is a new event.
    pub async fn carry_out(&self, output: Output) -> Option<JsValue> {
        match output {
            Output::Persist { area, key, value } => {
                let stored = match value {
                    Some(value) => storage::set(area, &key, &value).await,
                    None => storage::remove(area, &key).await,
                };
                if stored.is_err() {
                    // Full, most likely. The key names no content.
                    runtime::warn(&format!("Understudy could not store {key}."));
                }
            }
            Output::Badge(badge) => spawn_local(show_badge(badge)),
            Output::Card { tab, card } => spawn_local(async move {
                // No script there (the page did not load, or is gone): the badge and the popup say the same.
                let _ = show_card(tab, card).await;
            }),
            Output::Copy { text, .. } => return Some(copy(&text)),
            Output::Open { job, target, tab } => self.spawn("opened", async move {
                let opened = open(&job, &target, tab).await.ok().and_then(|tab| tab.id);
                (JsValue::from(job), opened.map_or(JsValue::NULL, number))
            }),
            Output::Fill { job, tab, order } => self.spawn("filled", async move {
                let report = fill(tab, &order).await.unwrap_or(JsValue::NULL);
                (JsValue::from(job), report)
            }),
            Output::FetchStatus { url, timeout_ms } => self.spawn("status", async move {
                match net::get(url, timeout_ms).await {
                    Ok((status, body)) => (JsValue::from(status), JsValue::from(body)),
                    Err(_) => (JsValue::NULL, JsValue::NULL),
                }
            }),
            Output::WakeAt { at } => {
                let _ = alarms::at(ALARM, at);
            }
            Output::Observed { .. } => {}
        }
        None
    }

    fn spawn(&self, name: &'static str, work: impl Future<Output = (JsValue, JsValue)> + 'static) {
        let hand = self.hand.clone();
        spawn_local(async move {
            let (one, two) = work.await;
            let _ = hand.call3(&JsValue::UNDEFINED, &name.into(), &one, &two);
        });
    }
}

async fn show_badge(badge: Badge) {
    let color = match badge.tone {
        Tone::Calm => "#2f7d6b",
        Tone::Grey => "#76736b",
        Tone::Warn => "#9a5b00",
        Tone::Down => "#b3412e",
    };
    let _ = action::badge(&badge.text, color, &say(&badge.title)).await;
}

async fn show_card(tab: TabId, card: Option<Card>) -> Result<(), Refused> {
    #[derive(Serialize)]
    struct Message<'a> {
        r#type: &'static str,
        card: Option<Words<'a>>,
    }
    #[derive(Serialize)]
    struct Words<'a> {
        id: &'a str,
        tone: Tone,
        title: String,
        lines: Vec<String>,
        actions: Vec<Button<'a>>,
    }
    #[derive(Serialize)]
    struct Button<'a> {
        label: String,
        kind: ActionKind,
        act: &'a Act,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }
    let card = card.as_ref().map(|card| Words {
        id: &card.id,
        tone: card.tone,
        title: say(&card.title),
        lines: card.lines.iter().map(say).collect(),
        actions: card
            .actions
            .iter()
            .map(|action| Button {
                label: say(&action.label),
                kind: action.kind,
                act: &action.act,
                note: action.note.as_ref().map(say),
            })
            .collect(),
    });
    tabs::send(tab, &json(&Message { r#type: "card", card })).await?;
    Ok(())
}

/// `{copy: text}`: the sender puts it on the clipboard while the user's click is still fresh.
fn copy(text: &UserText) -> JsValue {
    let reply = Object::new();
    // Setting a member of a fresh object cannot fail.
    let _ = Reflect::set(&reply, &"copy".into(), &text.reveal().into());
    reply.into()
}

async fn open(job: &JobId, target: &Target, tab: Option<TabId>) -> Result<tabs::Tab, Refused> {
    let url = match target {
        Target::Web { url } => url.clone(),
        Target::HandoffPage => {
            runtime::url(&format!("handoff.html?job={}", String::from(js_sys::encode_uri_component(job))))
        }
    };
    if let Some(tab) = tab
        && let Ok(tab) = tabs::navigate(tab, &url).await
    {
        return Ok(tab);
    }
    tabs::create(&url).await
}

/// Refused without the host's permission, on an error page, or when the page is left meanwhile.
async fn fill(tab: TabId, order: &FillOrder) -> Result<JsValue, Refused> {
    #[derive(Serialize)]
    struct Message<'a> {
        r#type: &'static str,
        order: Order<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Order<'a> {
        selectors: &'a [String],
        technique: Technique,
        text: &'a UserText,
        appear_ms: u32,
        settle_ms: u32,
        overwrite: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    }
    tabs::run_script(tab, "fill.js").await?;
    let message = json(&Message {
        r#type: "fill",
        order: Order {
            selectors: &order.selectors,
            technique: order.technique,
            text: &order.text,
            appear_ms: order.appear_ms,
            settle_ms: order.settle_ms,
            overwrite: order.overwrite,
            hint: order.hint.as_ref().map(say),
        },
    });
    let limit = order.appear_ms.saturating_add(order.settle_ms).saturating_add(GRACE);
    within(limit, async move { tabs::send(tab, &message).await }).await
}

/// Plain data of strings and numbers always serialises.
fn json(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "tab ids are small")]
fn number(tab: TabId) -> JsValue {
    JsValue::from_f64(tab as f64)
}
