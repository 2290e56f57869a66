//! The fallback at an address of the user's own.

use super::change::{configure, offer};
use super::parts::field;
use super::{Deed, Options};
use crate::host::Host;
use crate::tree::{El, el, say};
use std::rc::Rc;
use understudy_engine::provider::{CUSTOM, Own, Settings, Template};

impl Options {
    pub(super) fn custom(&self, settings: &Settings) -> El<Deed> {
        let (stored, base) = Own::of(&settings.custom_url);
        let own = self.own.unwrap_or(stored);
        let address = self.draft.as_deref().unwrap_or(if own == stored { base } else { "" });
        let problem = Template::parse(&own.template(address)).err().filter(|_| !address.trim().is_empty());
        let kinds = Own::ALL.map(|kind| {
            el("label")
                .class("kind")
                .and(
                    el("input")
                        .attr("type", "radio")
                        .attr("name", "own")
                        .attr("id", format!("own-{}", kind.name()))
                        .flag("checked", kind == own)
                        .does(Deed::Kind(kind)),
                )
                .and(el("span").text(say(kind_name(kind))))
        });
        let (explain, label, example) = kind_words(own);
        let line = el("p").class("problem").attr("id", "custom-problem").attr("role", "status");
        let line = match problem {
            Some(problem) => line.text(say(problem.key())),
            None => line,
        };
        el("section")
            .attr("aria-labelledby", "custom-title")
            .and(el("h2").attr("id", "custom-title").text(say("page_custom")))
            .and(
                el("div").class("kinds").attr("role", "radiogroup").attr("aria-labelledby", "custom-title").with(kinds),
            )
            .and(el("p").class("explain").text(say(explain)))
            .and(
                el("div")
                    .class("field")
                    .and(el("label").attr("for", "custom-url").text(say(label)))
                    .and(
                        field("custom-url", address, Deed::Url)
                            .attr("inputmode", "url")
                            .attr("dir", "ltr")
                            .attr("placeholder", example)
                            .attr("aria-describedby", "custom-problem")
                            .attr("aria-invalid", if problem.is_some() { "true" } else { "false" }),
                    )
                    .and(line),
            )
            .and(
                el("div").class("field").and(el("label").attr("for", "custom-name").text(say("page_custom_name"))).and(
                    field("custom-name", &settings.custom_name, Deed::Name).attr("dir", "auto").attr("maxlength", "40"),
                ),
            )
    }
}

fn kind_name(own: Own) -> &'static str {
    match own {
        Own::Address => "page_own_address",
        Own::OpenWebUi => "page_own_openwebui",
        Own::LibreChat => "page_own_librechat",
        Own::LlamaCpp => "page_own_llamacpp",
    }
}

/// What to write, the field's name, and an example.
fn kind_words(own: Own) -> (&'static str, &'static str, &'static str) {
    match own {
        Own::Address => ("page_custom_explain", "page_custom_url", "https://chat.example/?q={prompt}"),
        Own::OpenWebUi => ("page_own_explain", "page_own_base", "http://localhost:3000"),
        Own::LibreChat => ("page_own_explain", "page_own_base", "http://localhost:3080"),
        Own::LlamaCpp => ("page_own_explain_llamacpp", "page_own_base", "http://localhost:8080"),
    }
}

/// A usable address is saved and offered; an unusable one stays in the field with the reason below it.
pub(super) fn readdress(host: &Rc<Host<Options>>, typed: &str) {
    let own = host.look(|page, read| {
        let stored = read.map(|read| Own::of(&read.engine.settings().custom_url).0);
        page.own.or(stored).unwrap_or(Own::Address)
    });
    let address = own.template(typed);
    if !address.is_empty() && Template::parse(&address).is_err() {
        host.change(|page| {
            page.draft = Some(typed.to_owned());
            page.notice = None;
        });
        return;
    }
    host.look(|page, _| {
        page.draft = None;
        page.own = Some(own);
    });
    configure(host, |settings| {
        if address.is_empty() || !settings.fallbacks.iter().any(|id| id == CUSTOM) {
            offer(settings, CUSTOM, !address.is_empty());
        }
        settings.custom_url = address;
    });
}

pub(super) fn rename(host: &Rc<Host<Options>>, typed: &str) {
    configure(host, |settings| typed.trim().clone_into(&mut settings.custom_name));
}
