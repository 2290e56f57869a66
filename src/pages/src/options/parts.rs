//! What the options page is made of, from the settings alone.

use super::{Deed, Shown};
use crate::marks::{button, tick};
use crate::selftest::Outcome;
use crate::tree::{El, Words, el, say};
use understudy_engine::notice::PERMISSION;
use understudy_engine::provider::{CATALOGUE, CUSTOM, Confidence, Link, Login, about, find};
use understudy_engine::words::Say;

pub(super) fn fallbacks(shown: &Shown<'_>) -> El<Deed> {
    let offered = &shown.settings.fallbacks;
    let custom = (!shown.settings.custom_url.is_empty()).then_some(CUSTOM);
    let others = CATALOGUE.iter().map(|provider| provider.id).chain(custom);
    let never = &shown.settings.never;
    let others = others.filter(|id| ![offered, never].iter().any(|list| list.iter().any(|other| other == id)));
    let rows = offered.iter().map(String::as_str).enumerate().map(|(place, id)| row(shown, id, Some(place)));
    let rest = others.map(|id| row(shown, id, None));
    el("section")
        .attr("aria-labelledby", "fallbacks-title")
        .and(el("h2").attr("id", "fallbacks-title").text(say("page_fallbacks")))
        .and(el("p").class("explain").text(say("page_fallbacks_explain")))
        .and(el("ol").class("rows offers").with(rows.chain(rest)))
        .and(el("p").class("explain").text(say("page_allow_explain")))
        .and(el("p").class("explain").text(say("page_known_explain")))
        .and(el("p").and(el("a").attr("href", "selftest.html").text(say("page_selftest"))))
}

/// What must never be offered, and the way back.
pub(super) fn never(shown: &Shown<'_>) -> Option<El<Deed>> {
    let rows = shown.settings.never.iter().map(|id| {
        let name = shown.settings.name_of(id);
        el("li")
            .key(id.clone())
            .class("off")
            .attr("data-never", id.clone())
            .and(el("span").class("name").text(&*name))
            .and(
                button("quiet", say("page_never_undo"), Deed::Again(id.clone()))
                    .attr("aria-label", Say::new("page_never_undo_for").text(&*name)),
            )
    });
    let section = el("section").attr("aria-labelledby", "never-title");
    (!shown.settings.never.is_empty()).then(|| {
        section
            .and(el("h2").attr("id", "never-title").text(say("page_never_title")))
            .and(el("p").class("explain").text(say("page_never_explain")))
            .and(el("ul").class("rows offers").with(rows))
    })
}

/// How well a provider is known, whether it wants an account, and what its link does.
fn known(id: &str) -> Option<El<Deed>> {
    let (provider, about) = (find(id)?, about(id)?);
    let confidence = match about.confidence {
        Confidence::Sure => "page_known_sure",
        Confidence::Once => "page_known_once",
        Confidence::Conflict => "page_known_conflict",
        Confidence::Unverified => "page_known_unverified",
    };
    let login = match about.login {
        Login::Needed => Some("page_login_needed"),
        Login::Without => Some("page_login_without"),
        Login::Varies => None,
    };
    let link = match provider.link {
        Link::Fills(_) => Some("page_link_fills"),
        Link::Sends => Some("page_link_sends"),
        Link::Unsure => Some("page_link_unsure"),
        Link::Missing => None,
    };
    let words = el("span").class("known").text(Say::new("page_known").word(confidence).text(about.seen));
    Some([login, link].into_iter().flatten().fold(words, |words, key| words.text(" ").text(say(key))))
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
    let may = el("span").class("may");
    let (typing, test) = match find(id) {
        None => (may.text(say("page_hint_link")), None),
        Some(provider) => match provider.pattern() {
            None => (may.text(say("page_never_typed")), None),
            Some(pattern) if shown.origins.contains(&pattern) => {
                let test = button("quiet", say("page_test"), Deed::Test(provider.id)).key("test");
                let test = test.attr("aria-label", Say::new("page_test_named").text(&name));
                (may.attr("data-allowed", "yes").text(say("page_allowed")), Some(test))
            }
            Some(pattern) => {
                let allow = button("quiet", say("page_allow_typing"), Deed::Allow(pattern));
                (allow.attr("aria-label", Say::new("page_allow_typing_in").text(&name)), None)
            }
        },
    };
    let tested = shown.tested.outcome(id).map(Outcome::said);
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
        .with((place.is_some() && last > 0).then(grip))
        .and(title)
        .with(lead)
        .with(known(id))
        .and(
            el("span")
                .class("known tested")
                .key("tested")
                .attr("role", "status")
                .with(tested.map(|said| el("span").text(said))),
        )
        .and(typing)
        .with(test)
        .and(
            button("quiet", say("page_never"), Deed::Never(id.to_owned()))
                .key("never")
                .attr("aria-label", Say::new("page_never_for").text(&name)),
        )
        .and(moves)
}

/// Where the pointer takes hold of a row. Who has none has the arrows, so it is nothing to hear of.
fn grip() -> El<Deed> {
    let dots = "M6 3.5v.1M10 3.5v.1M6 8v.1M10 8v.1M6 12.5v.1M10 12.5v.1";
    el("span")
        .class("grip")
        .key("grip")
        .attr("aria-hidden", "true")
        .and(el("svg").attr("viewBox", "0 0 16 16").and(el("path").attr("d", dots)))
}

/// What is done while Claude fails.
pub(super) fn failing(shown: &Shown<'_>) -> El<Deed> {
    let notices = shown.origins.iter().any(|allowed| allowed == PERMISSION);
    el("section")
        .attr("aria-labelledby", "failing-title")
        .and(el("h2").attr("id", "failing-title").text(say("page_failing")))
        .with(tick("probes", shown.settings.probes, ["page_probes", "page_probes_explain"], Deed::Probes))
        .with(tick("limits", shown.settings.limits, ["page_limits", "page_limits_explain"], Deed::Limits))
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
