//! Outputs of the engine, as calls of the browser.

use js_sys::{Array, Function, Object, Reflect};
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use understudy_browser::{Refused, action, after, alarms, net, runtime, say, storage, tabs, within};
use understudy_engine::{Action, Area, Badge, Card, FillOrder, JobId, Output, TabId, Target, Tone, UserText};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The one alarm; a new time replaces the old one.
const ALARM: &str = "wake";

/// A shorter wait, in milliseconds, is a timer's as well.
const ALARM_MS: u64 = 30_000;

/// A timer may come a little before its time by the clock; this much later it does not.
const LATE_MS: u32 = 20;

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
                    let _ = self.hand.call2(&JsValue::UNDEFINED, &"unstored".into(), &key.into());
                }
            }
            Output::Badge(badge) => start(show_badge(badge)),
            Output::Card { tab, card } => start(async move {
                // No script there (the page did not load, or is gone): the badge and the popup say the same.
                let _ = show_card(tab, card).await;
            }),
            Output::Copy { text, .. } => return Some(copy(&text)),
            Output::Open { job, target, tab } => {
                // From now on a page that has loaded may be the one that this is for: see `background.js`.
                let _ = storage::set(Area::Session, "handoff", "1").await;
                self.spawn("opened", async move {
                    let opened = open(&job, &target, tab).await.ok().and_then(|tab| tab.id);
                    (JsValue::from(job), opened.map_or(JsValue::NULL, number))
                });
            }
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
                // No store build of Chrome rings an alarm earlier than this; it lives about as long after its last event.
                let wait = at.saturating_sub(crate::now());
                if wait < ALARM_MS {
                    after(u32::try_from(wait).unwrap_or_default() + LATE_MS, &self.hand, "tick");
                }
            }
            // Nobody is asked for the permission yet, so the engine asks for no notice.
            Output::Notify { .. } | Output::Observed { .. } => {}
        }
        None
    }

    fn spawn(&self, name: &'static str, work: impl Future<Output = (JsValue, JsValue)> + 'static) {
        let hand = self.hand.clone();
        start(async move {
            let (one, two) = work.await;
            let _ = hand.call3(&JsValue::UNDEFINED, &name.into(), &one, &two);
        });
    }
}

/// Boxed, so that the machinery around a task is compiled once and not once for each.
fn start(work: impl Future<Output = ()> + 'static) {
    let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    spawn_local(work);
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
    let words = card.map_or(JsValue::NULL, |card| {
        let lines: Array = card.lines.iter().map(|line| JsValue::from(say(line))).collect();
        let actions: Array = card.actions.iter().map(button).collect();
        object([
            ("id", card.id.into()),
            ("tone", wire(&card.tone)),
            ("title", say(&card.title).into()),
            ("lines", lines.into()),
            ("actions", actions.into()),
        ])
    });
    tabs::send(tab, &object([("type", "card".into()), ("card", words)])).await?;
    Ok(())
}

fn button(action: &Action) -> JsValue {
    object([
        ("label", say(&action.label).into()),
        ("kind", wire(&action.kind)),
        ("act", wire(&action.act)),
        ("note", action.note.as_ref().map_or(JsValue::NULL, |note| say(note).into())),
    ])
}

/// `{copy: text}`: the sender puts it on the clipboard while the user's click is still fresh.
fn copy(text: &UserText) -> JsValue {
    object([("copy", text.reveal().into())])
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
    tabs::run_script(tab, "fill.js").await?;
    let selectors: Array = order.selectors.iter().map(|selector| JsValue::from(selector.as_str())).collect();
    let order_words = object([
        ("origin", order.origin.into()),
        ("selectors", selectors.into()),
        ("technique", wire(&order.technique)),
        ("text", order.text.reveal().into()),
        ("appearMs", order.appear_ms.into()),
        ("settleMs", order.settle_ms.into()),
        ("overwrite", order.overwrite.into()),
        ("hint", order.hint.as_ref().map_or(JsValue::NULL, |hint| say(hint).into())),
    ]);
    let message = object([("type", "fill".into()), ("order", order_words)]);
    let limit = order.appear_ms.saturating_add(order.settle_ms).saturating_add(GRACE);
    within(limit, async move { tabs::send(tab, &message).await }).await
}

/// An object of these members.
fn object<const N: usize>(members: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // Setting a member of a fresh object cannot fail.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}

/// The engine's own wire form of a value: JSON, parsed.
fn wire(value: &impl Serialize) -> JsValue {
    serde_json::to_string(value).ok().and_then(|json| js_sys::JSON::parse(&json).ok()).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "tab ids are small")]
fn number(tab: TabId) -> JsValue {
    JsValue::from_f64(tab as f64)
}
