//! Choices of which one holds: what goes along with a prompt, and how long one that was answered is kept.

use super::{Deed, Shown};
use crate::handoff::{SCOPES, scope};
use crate::tree::{El, Words, el, say};
use understudy_engine::provider::KEPT;
use understudy_engine::words::Say;

pub(super) fn along(shown: &Shown<'_>) -> El<Deed> {
    let now = shown.settings.along;
    let other = (!SCOPES.contains(&now)).then_some(now);
    let rows = SCOPES.into_iter().chain(other).map(|turns| {
        let on = turns == now;
        row("along", turns, on, scope(turns), Deed::Along(turns))
    });
    el("section").attr("aria-labelledby", "along-title").and(
        el("fieldset")
            .class("choices")
            .attr("aria-describedby", "along-explain")
            .and(el("legend").and(el("h2").attr("id", "along-title").text(say("page_along"))))
            .and(el("p").class("explain").attr("id", "along-explain").text(say("page_along_explain")))
            .with(rows),
    )
}

pub(super) fn keep(shown: &Shown<'_>) -> El<Deed> {
    let rows = KEPT.into_iter().map(|days| {
        let label = if days == 1 { say("page_keep_day") } else { Say::new("page_keep_days").count(days.into()) };
        row("keep", days, days == shown.settings.keep, label, Deed::Keep(days))
    });
    el("fieldset").class("choices").and(el("legend").text(say("page_keep"))).with(rows)
}

fn row(name: &'static str, value: u32, on: bool, label: impl Into<Words>, deed: Deed) -> El<Deed> {
    let field = el("input")
        .attr("type", "radio")
        .attr("name", name)
        .attr("id", format!("{name}-{value}"))
        .flag("checked", on)
        .does(deed);
    el("label").class("offer").key(value.to_string()).and(field).and(el("span").class("name").text(label))
}
