//! What the page says before anything has gone to an assistant: what place that is, who sends the text, and whether an account is needed.
//! What goes stands below it, as ever.

use super::Deed;
use crate::tree::{El, el, say};
use understudy_engine::provider::{Link, Login, Own, about, find};
use understudy_engine::view::HandoffView;
use understudy_engine::words::Say;

/// All of it at one glance. `template` is the user's own address, where that is what was clicked.
pub fn facts(view: &HandoffView, by_hand: bool, template: &str) -> El<Deed> {
    let host = view.home.split('/').nth(2).unwrap_or_default();
    let place = Say::new(place(host)).text(host);
    let login = about(&view.provider).map(|about| match about.login {
        Login::Needed => "page_first_login",
        Login::Without => "page_first_no_login",
        Login::Varies => "page_first_login_varies",
    });
    el("dl")
        .class("first")
        .and(el("dt").text(say("page_first_where")))
        .and(el("dd").text(place))
        .and(el("dt").text(say("page_first_sending")))
        .and(
            el("dd").text(say(sending(view, by_hand, template))).with(link(view).map(|words| el("p").text(say(words)))),
        )
        .with(login.is_some().then(|| el("dt").text(say("page_first_account"))))
        .with(login.map(|login| el("dd").text(say(login))))
}

/// What kind of place a host (with its port) is.
fn place(host: &str) -> &'static str {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let numbers: Vec<u8> = name.split('.').map_while(|part| part.parse().ok()).collect();
    let end = |end: &str| name.ends_with(end);
    match *numbers.as_slice() {
        [127, _, _, _] => "page_first_here",
        [10, _, _, _] | [172, 16..=31, _, _] | [192, 168, _, _] | [169, 254, _, _] => "page_first_near",
        _ if name == "localhost" || end(".localhost") => "page_first_here",
        _ if !name.contains('.') || end(".local") || end(".lan") || end(".internal") || end(".home.arpa") => {
            "page_first_near"
        }
        _ => "page_first_web",
    }
}

/// Who sends it, and how it comes there.
fn sending(view: &HandoffView, by_hand: bool, template: &str) -> &'static str {
    match find(&view.provider) {
        _ if by_hand => "page_first_pasted",
        None if matches!(Own::of(template).0, Own::OpenWebUi | Own::LibreChat) => "page_first_filled",
        None => "page_first_unknown",
        Some(_) if view.typed => "page_first_typed",
        Some(_) => "page_first_filled",
    }
}

/// What is to be said of its own link, where it is not the way.
fn link(view: &HandoffView) -> Option<&'static str> {
    match find(&view.provider)?.link {
        Link::Sends => Some("note_link_sends"),
        Link::Unsure => Some("page_first_unsure"),
        Link::Fills(_) | Link::Missing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_is_on_the_web_unless_its_address_says_otherwise() {
        for host in ["localhost", "localhost:3000", "127.0.0.1:8080", "chat.localhost"] {
            assert_eq!(place(host), "page_first_here", "{host}");
        }
        for host in
            ["192.168.1.5:3000", "10.0.0.7", "172.16.0.1", "172.31.255.1", "nas", "ai.local", "ai.lan", "x.home.arpa"]
        {
            assert_eq!(place(host), "page_first_near", "{host}");
        }
        for host in
            ["chatgpt.com", "chat.example:8443", "172.32.0.1", "192.169.0.1", "10.example", "11.0.0.1", "local.example"]
        {
            assert_eq!(place(host), "page_first_web", "{host}");
        }
    }
}
