//! What the options page is made of, from the settings alone.

use super::{Deed, Shown};
use crate::marks::button;
use crate::tree::{El, Words, el, say};
use understudy_engine::notice::PERMISSION;
use understudy_engine::provider::{CATALOGUE, CUSTOM, find};
use understudy_engine::words::Say;

pub(super) fn fallbacks(shown: &Shown<'_>) -> El<Deed> {
    let offered = &shown.settings.fallbacks;
    let custom = (!shown.settings.custom_url.is_empty()).then_some(CUSTOM);
    let others = CATALOGUE.iter().map(|provider| provider.id).chain(custom);
    let others = others.filter(|id| !offered.iter().any(|offered| offered == id));
    let rows = offered.iter().map(String::as_str).enumerate().map(|(place, id)| row(shown, id, Some(place)));
    let rest = others.map(|id| row(shown, id, None));
    el("section")
        .attr("aria-labelledby", "fallbacks-title")
        .and(el("h2").attr("id", "fallbacks-title").text(say("page_fallbacks")))
        .and(el("p").class("explain").text(say("page_fallbacks_explain")))
        .and(el("ol").class("rows offers").with(rows.chain(rest)))
        .and(el("p").class("explain").text(say("page_allow_explain")))
}

pub(super) fn row(shown: &Shown<'_>, id: &str, place: Option<usize>) -> El<Deed> {
    let name = shown.settings.name_of(id);
    let last = shown.settings.fallbacks.len().saturating_sub(1);
    let title = el("label")
        .class("offer")
        .and(
            el("input")
                .attr("type", "checkbox")
                .attr("id", format!("offer-{id}"))
                .flag("checked", place.is_some())
                .does(Deed::Offer(id.to_owned())),
        )
        .and(el("span").class("name").text(name.clone()));
    let lead = (place == Some(0)).then(|| el("span").class("tag").text(say("page_main_button")));
    let typing = match find(id) {
        None => el("span").class("may").text(say("page_hint_link")),
        Some(provider) if shown.origins.iter().any(|origin| origin == provider.origin) => {
            el("span").class("may").attr("data-allowed", "yes").text(say("page_allowed"))
        }
        Some(provider) => button("quiet", say("page_allow_typing"), Deed::Allow(provider.origin.to_owned()))
            .attr("aria-label", Say::new("page_allow_typing_in").text(&name)),
    };
    let arrow = |up: bool| {
        let (label, key, sign, end) = if up {
            ("page_up", "up", "M4 10l4-4 4 4", Some(0))
        } else {
            ("page_down", "down", "M4 6l4 4 4-4", Some(last))
        };
        let stuck = place.is_none() || place == end;
        el("button")
            .class("arrow")
            .key(key)
            .attr("type", "button")
            .attr("aria-label", Say::new(label).text(&name))
            .attr("aria-disabled", if stuck { "true" } else { "false" })
            .and(el("svg").attr("viewBox", "0 0 16 16").attr("aria-hidden", "true").and(el("path").attr("d", sign)))
            .does(if up { Deed::Up(id.to_owned()) } else { Deed::Down(id.to_owned()) })
    };
    let moves = el("span").class("moves").and(arrow(true)).and(arrow(false));
    el("li")
        .key(id)
        .class(if place.is_some() { "on" } else { "off" })
        .attr("data-provider", id)
        .and(title)
        .with(lead)
        .and(typing)
        .and(moves)
}

/// What is done while Claude fails.
pub(super) fn failing(shown: &Shown<'_>) -> El<Deed> {
    let notices = shown.origins.iter().any(|allowed| allowed == PERMISSION);
    let tick = |id: &'static str, on: bool, [label, explain]: [&str; 2], deed: Deed| {
        let explained = format!("{id}-explain");
        let field = el("input")
            .attr("type", "checkbox")
            .attr("id", id)
            .attr("aria-describedby", explained.clone())
            .flag("checked", on)
            .does(deed);
        [
            el("label").class("offer").and(field).and(el("span").class("name").text(say(label))),
            el("p").class("explain").attr("id", explained).text(say(explain)),
        ]
    };
    el("section")
        .attr("aria-labelledby", "failing-title")
        .and(el("h2").attr("id", "failing-title").text(say("page_failing")))
        .with(tick("probes", shown.settings.probes, ["page_probes", "page_probes_explain"], Deed::Probes))
        .with(tick("notices", notices, ["page_notices", "page_notices_explain"], Deed::Notices))
}

pub(super) fn field(id: &'static str, value: &str, deed: Deed) -> El<Deed> {
    el("input")
        .attr("type", "text")
        .attr("id", id)
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .attr("value", Words::Plain(value.to_owned()))
        .does(deed)
}
