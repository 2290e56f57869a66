//! The welcome page, on the first day only: what Understudy does, a rehearsal, and three choices that the options page has as well.

mod rehearsal;

use crate::host::{Host, Read, Scene, begin, send};
use crate::marks::{brand, button, tick};
use crate::stage::Entered;
use crate::tree::{El, Part, el, say};
use gloo_timers::callback::Timeout;
use rehearsal::Step;
use std::pin::Pin;
use std::rc::Rc;
use understudy_browser::{Refused, permissions};
use understudy_engine::claude::PAGES;
use understudy_engine::notice::PERMISSION;
use understudy_engine::provider::{CATALOGUE, CLAUDE, Provider, Settings, find};
use understudy_engine::words::Say;
use understudy_engine::{Act, Millis};

/// What the page remembers.
#[derive(Debug, Default)]
pub struct Welcome {
    /// How far the rehearsal is.
    step: Step,
    /// Ends the wait for the pretended answer.
    waiting: Option<Timeout>,
    /// Settings on their way to the background.
    pending: Option<Settings>,
    notice: Option<Say>,
}

/// What the user can do here.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Go on with the rehearsal, or begin it anew.
    Rehearse(Step),
    /// This assistant comes first.
    First(&'static str),
    /// Ask the browser for this host.
    Allow(String),
    /// Ask the browser for claude.ai, which it should have allowed at the installation.
    Site,
    /// Ask the browser for notices, or give them back.
    Notices,
    /// Ask claude.ai while it fails, or no longer.
    Probes,
}

impl Scene for Welcome {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, _: Millis) -> Vec<Part<Deed>> {
        let stored = read.engine.settings();
        self.pending.take_if(|pending| *pending == stored);
        let settings = self.pending.clone().unwrap_or(stored);
        self.page(&settings, &read.origins)
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, entered: Entered) {
        match deed {
            Deed::Rehearse(step) => rehearse(host, step),
            Deed::First(id) => configure(host, |settings| {
                settings.never.retain(|other| other != id);
                settings.fallbacks.retain(|other| other != id);
                settings.fallbacks.insert(0, id.to_owned());
            }),
            Deed::Probes => configure(host, |settings| settings.probes = entered.checked),
            // The browser is asked at the call: inside the click.
            Deed::Allow(origin) => {
                let asked = Box::pin(permissions::request(Some(&origin)));
                tell(host, asked, ["page_allowed_now", "page_allow_refused"]);
            }
            Deed::Site => {
                tell(
                    host,
                    Box::pin(permissions::request_site(PAGES)),
                    ["page_welcome_site_on", "page_welcome_site_off"],
                );
            }
            Deed::Notices if entered.checked => {
                tell(host, Box::pin(permissions::request_notices()), ["page_notices_on", "page_notices_refused"]);
            }
            Deed::Notices => {
                tell(host, Box::pin(permissions::withdraw_notices()), ["page_notices_off", "page_trouble_send"]);
            }
        }
    }
}

impl Welcome {
    /// The whole page.
    pub fn page(&self, settings: &Settings, origins: &[String]) -> Vec<Part<Deed>> {
        let notice = el("p").class("notice").attr("role", "status").attr("id", "notice");
        let notice = match &self.notice {
            Some(words) => notice.text(words),
            None => notice,
        };
        let main = el("main")
            .class("sheet welcome")
            .and(brand())
            .and(el("h1").text(say("page_welcome")))
            .and(el("p").class("lead").text(say("page_welcome_lead")))
            .and(notice)
            .with(site(origins))
            .and(self.rehearsal(settings))
            .and(choices(settings, origins))
            .and(
                el("p")
                    .class("next")
                    .and(el("a").class("primary").attr("href", CLAUDE.home).text(say("page_welcome_go")))
                    .and(el("a").attr("href", "options.html").text(say("page_welcome_options"))),
            );
        vec![Part::El(main)]
    }
}

/// What to say, and what to do, where the browser keeps claude.ai from us: Firefox asks its user about it.
fn site(origins: &[String]) -> Option<El<Deed>> {
    let section = el("section").class("site").attr("data-tone", "warn").attr("aria-labelledby", "site-title");
    (!origins.iter().any(|allowed| allowed == PAGES)).then(|| {
        section
            .and(el("h2").attr("id", "site-title").text(say("page_welcome_site")))
            .and(el("p").class("explain").text(say("page_welcome_site_explain")))
            .and(button("primary", say("page_welcome_site_allow"), Deed::Site).attr("id", "site"))
    })
}

fn choices(settings: &Settings, origins: &[String]) -> El<Deed> {
    let first = settings.fallbacks.first().map_or("", String::as_str);
    let kinds = CATALOGUE.iter().take(OFFERED).map(|provider| {
        let field = el("input")
            .attr("type", "radio")
            .attr("name", "first")
            .attr("id", ["first-", provider.id].concat())
            .flag("checked", provider.id == first)
            .does(Deed::First(provider.id));
        el("label").class("kind").and(field).and(el("span").text(provider.name))
    });
    let name = settings.name_of(first);
    let typing = find(first).and_then(Provider::pattern).map(|pattern| {
        if origins.contains(&pattern) {
            el("p").class("may").attr("data-allowed", "yes").text(Say::new("page_welcome_allowed").text(name))
        } else {
            let label = Say::new("page_allow_typing_in").text(name);
            button("secondary", label, Deed::Allow(pattern))
                .attr("id", "allow")
                .attr("aria-describedby", "allow-explain")
        }
    });
    let explain = el("p").class("explain").attr("id", "allow-explain").text(say("page_allow_explain"));
    let notices = origins.iter().any(|allowed| allowed == PERMISSION);
    let group = el("div").class("kinds").attr("role", "radiogroup").attr("aria-labelledby", "first-title").with(kinds);
    let first = el("div").and(el("h3").attr("id", "first-title").text(say("page_welcome_first"))).and(group);
    let other = |parts: [El<Deed>; 2]| el("div").with(parts);
    el("section")
        .attr("aria-labelledby", "choices-title")
        .and(el("h2").attr("id", "choices-title").text(say("page_welcome_choices")))
        .and(
            el("div")
                .class("choosing")
                .and(first.with(typing).and(explain))
                .and(other(tick("notices", notices, ["page_notices", "page_notices_explain"], Deed::Notices)))
                .and(other(tick("probes", settings.probes, ["page_probes", "page_probes_explain"], Deed::Probes))),
        )
}

fn configure(host: &Rc<Host<Welcome>>, change: impl FnOnce(&mut Settings)) {
    let found = host.look(|page, read| page.pending.clone().or_else(|| read.map(|read| read.engine.settings())));
    let Some(mut settings) = found else { return };
    change(&mut settings);
    let settings = settings.cleaned();
    host.change(|page| page.pending = Some(settings.clone()));
    let sent = async move { send(&Act::Configure { settings }).await.map(|()| true) };
    tell(host, Box::pin(sent), ["page_saved", "page_trouble_send"]);
}

/// Says what has come of it, if it was granted and if not.
fn tell(
    host: &Rc<Host<Welcome>>,
    asked: Pin<Box<dyn Future<Output = Result<bool, Refused>>>>,
    [granted, refused]: [&'static str; 2],
) {
    let host = Rc::clone(host);
    begin(async move {
        let notice = if asked.await.unwrap_or(false) {
            granted
        } else {
            host.look(|page, _| page.pending = None);
            refused
        };
        host.change(|page| page.notice = Some(say(notice)));
        host.refresh();
    });
}

/// One step of the rehearsal. The pretended answer is waited for in real time: nothing else would look like it.
fn rehearse(host: &Rc<Host<Welcome>>, step: Step) {
    let waits = step == Step::Waiting;
    let focus = match step {
        Step::Ready => "send",
        Step::Waiting => "",
        Step::Failed | Step::Arrived(_) | Step::Skipped => "again",
    };
    let later = Rc::clone(host);
    let waiting = waits.then(|| {
        Timeout::new(ANSWER_MS, move || {
            later.change(|page| page.step = Step::Failed);
            later.focus("carry");
        })
    });
    host.change(|page| {
        page.step = step;
        page.waiting = waiting;
    });
    host.focus(focus);
}

/// So many of the catalogue's assistants are offered here: the best known ones.
const OFFERED: usize = 6;

/// So long the pretended Claude takes to fail.
const ANSWER_MS: u32 = 1_600;
