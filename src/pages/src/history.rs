//! The history: what the incident log says, as pictures, as tables, and as receipts.

mod incidents;
mod months;
mod timeline;

use crate::host::{Host, Read, Scene, begin, send};
use crate::marks::{brand, button};
use crate::save::save;
use crate::stage::Entered;
use crate::tree::{El, Part, el, say};
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use understudy_engine::incident::{LOG, Record};
use understudy_engine::moment::{Month, rfc3339};
use understudy_engine::provider::Settings;
use understudy_engine::receipt::{Form, Receipt};
use understudy_engine::statistics::{Target, Watch};
use understudy_engine::words::Say;
use understudy_engine::{Act, Millis};

/// What the page remembers.
#[derive(Debug, Default)]
pub struct History {
    /// Whether it stands in the panel: then there is a way back to the prompts.
    panel: bool,
    /// Settings on their way to the background.
    pending: Option<Settings>,
    /// Whether the user has chosen a target of their own, which may not stand there yet.
    own: bool,
    /// What stands in its field, while it is no target.
    draft: Option<String>,
    /// Saves when the user stops typing.
    typing: Option<Timeout>,
    /// Incidents shown beyond the newest ones.
    older: usize,
    /// Whether the next click deletes the log.
    doomed: bool,
    notice: Option<Say>,
}

/// What the user can do here.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Hold the figures against this target, in thousandths of a per cent.
    Target(u32),
    /// Hold them against one of the user's own.
    Own,
    /// That one, as it is typed.
    OwnValue,
    /// Make a receipt.
    Export(What, Form),
    /// Show more of the list.
    Older,
    /// Ask before deleting the log.
    Doom,
    /// Keep it.
    Spare,
    /// Delete it.
    Forget,
}

/// What a receipt is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// One incident.
    Incident(u64),
    /// A month with all its incidents.
    Month(Month),
}

/// What the page shows.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The log, the oldest first.
    pub records: &'a [Record],
    /// The incident that is open.
    pub open: Option<u64>,
    /// The observed minutes.
    pub watch: &'a Watch,
    /// The target that is set, thousandths of a per cent.
    pub target: Option<u32>,
    /// Wall-clock milliseconds.
    pub now: Millis,
    /// Minutes by which the local clock is ahead of UTC.
    pub zone: i64,
}

impl Scene for History {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, now: Millis) -> Vec<Part<Deed>> {
        let stored = read.engine.settings();
        if self.pending.as_ref() == Some(&stored) {
            self.pending = None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "within a day")]
        let zone = understudy_browser::zone(now) as i64;
        self.page(&Shown {
            records: &read.records(),
            open: read.engine.open_record().map(|record| record.id),
            watch: &read.engine.watch(),
            target: self.pending.as_ref().unwrap_or(&stored).target,
            now,
            zone,
        })
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, entered: Entered) {
        match deed {
            Deed::Target(target) => {
                host.look(|page, _| (page.own, page.draft) = (false, None));
                configure(host, target);
            }
            Deed::Own => {
                host.change(|page| page.own = true);
                host.focus_next("own-target");
            }
            Deed::OwnValue => {
                let later = Rc::clone(host);
                let save = move || own_target(&later, &entered.value);
                if entered.typing {
                    let timeout = Timeout::new(TYPING_MS, save);
                    host.look(|page, _| page.typing = Some(timeout));
                } else {
                    host.look(|page, _| page.typing = None);
                    save();
                }
            }
            Deed::Export(what, form) => {
                let notice = host.look(|page, read| export(page, read?, what, form));
                host.change(|page| page.notice = Some(notice.unwrap_or_else(|| say("page_save_refused"))));
            }
            Deed::Older => host.change(|page| page.older += incidents::AT_ONCE),
            Deed::Doom => {
                host.change(|page| page.doomed = true);
                host.focus("keep");
            }
            Deed::Spare => {
                host.change(|page| page.doomed = false);
                host.focus("forget");
            }
            Deed::Forget => {
                host.look(|page, _| page.doomed = false);
                let host = Rc::clone(host);
                begin(async move {
                    let done = send(&Act::Forget { entry: LOG.to_owned() }).await.is_ok();
                    let notice = if done { "page_forgotten_log" } else { "page_trouble_send" };
                    host.change(|page| page.notice = Some(say(notice)));
                });
            }
        }
    }
}

impl History {
    /// In the panel, or in a tab of its own.
    pub fn new(panel: bool) -> Self {
        Self { panel, ..Self::default() }
    }

    /// The whole page.
    pub fn page(&self, shown: &Shown<'_>) -> Vec<Part<Deed>> {
        let notice = el("p").class("notice").attr("role", "status").attr("id", "notice");
        let notice = match &self.notice {
            Some(words) => notice.text(words),
            None => notice,
        };
        let back = self
            .panel
            .then(|| el("p").and(el("a").attr("href", "panel.html").attr("id", "back").text(say("page_back_prompts"))));
        let main = el("main")
            .class("sheet history")
            .and(brand())
            .with(back)
            .and(el("h1").text(say("page_title_history")))
            .and(el("p").class("lead").text(say("page_history_lead")))
            .and(notice);
        let main = if shown.records.is_empty() {
            main.and(
                el("section")
                    .class("nothing")
                    .attr("aria-labelledby", "nothing-title")
                    .and(el("h2").attr("id", "nothing-title").text(say("page_history_empty")))
                    .and(el("p").class("explain").text(say("page_history_empty_next"))),
            )
        } else {
            main.with(timeline::timelines(shown))
        };
        let main = main.with(self.months(shown)).with(self.incidents(shown)).with(self.log(shown));
        vec![Part::El(main)]
    }

    fn log(&self, shown: &Shown<'_>) -> Option<El<Deed>> {
        let empty = shown.records.is_empty() && shown.watch.months().is_empty();
        let deeds = el("div").class("deeds").with(if self.doomed {
            vec![
                el("span").class("ask").text(say("page_forget_log_ask")),
                button("secondary danger", say("page_forget_all_yes"), Deed::Forget).key("yes").attr("id", "yes"),
                button("secondary", say("page_forget_no"), Deed::Spare).key("no").attr("id", "keep"),
            ]
        } else {
            vec![button("secondary", say("page_forget_log"), Deed::Doom).key("forget").attr("id", "forget")]
        });
        (!empty).then(|| {
            el("section")
                .attr("aria-labelledby", "log-title")
                .and(el("h2").attr("id", "log-title").text(say("page_log")))
                .and(el("p").class("explain").text(say("page_log_explain")))
                .and(deeds)
        })
    }
}

/// The three forms of a receipt, as buttons described by the heading with this id.
fn receipts(what: What, heading: &str) -> El<Deed> {
    let forms =
        [(Form::Markdown, "page_receipt_md"), (Form::Csv, "page_receipt_csv"), (Form::Json, "page_receipt_json")];
    let buttons = forms.map(|(form, label)| {
        button("quiet", say(label), Deed::Export(what, form))
            .key(form.name())
            .attr("aria-describedby", format!("receipt-{heading} {heading}"))
    });
    el("div")
        .class("deeds receipt")
        .and(el("span").class("ask").attr("id", format!("receipt-{heading}")).text(say("page_receipt")))
        .with(buttons)
}

/// Makes a receipt and hands it to the browser; what came of it, or `None` if nothing did.
fn export(page: &History, read: &Read, what: What, form: Form) -> Option<Say> {
    let (records, watch, now) = (read.records(), read.engine.watch(), crate::host::now());
    let target = target(page.pending.as_ref().unwrap_or(&read.engine.settings()).target);
    let receipt = match what {
        What::Incident(id) => Receipt::of_incident(id, &records, &watch, target, now)?,
        What::Month(month) => Receipt::of_month(month, &records, &watch, target, now),
    };
    let name = file_name(&receipt, form);
    let kind = match form {
        Form::Markdown => "text/markdown;charset=utf-8",
        Form::Csv => "text/csv;charset=utf-8",
        Form::Json => "application/json",
    };
    save(&name, kind, &receipt.write(form, &understudy_browser::say)).ok()?;
    Some(Say::new("page_saved_as").text(name))
}

/// For example `claude-2026-03.csv`, or `claude-2026-03-02T11-37-02Z.md` for one incident. No file system minds it.
fn file_name(receipt: &Receipt, form: Form) -> String {
    let of = match receipt.records.first().filter(|_| receipt.single) {
        Some(record) => {
            rfc3339(record.since).chars().take(19).map(|c| if c == ':' { '-' } else { c }).chain(['Z']).collect()
        }
        None => receipt.month.month.name(),
    };
    format!("claude-{of}.{}", form.name())
}

/// The target in force.
fn target(set: Option<u32>) -> Target {
    set.map_or(Target::USUAL, Target)
}

/// A usable target is saved; an unusable one stays in the field with the reason below it.
fn own_target(host: &Rc<Host<History>>, typed: &str) {
    match Target::parse(typed) {
        Some(target) => {
            host.look(|page, _| page.draft = None);
            configure(host, target.0);
        }
        None => host.change(|page| page.draft = Some(typed.to_owned())),
    }
}

fn configure(host: &Rc<Host<History>>, target: u32) {
    let changed = host.look(|page, read| {
        let mut settings = page.pending.clone().or_else(|| read.map(|read| read.engine.settings()))?;
        let before = settings.target.replace(target);
        (before != Some(target)).then_some(settings)
    });
    let Some(settings) = changed else {
        host.change(|_| ());
        return;
    };
    host.change(|page| page.pending = Some(settings.clone()));
    let host = Rc::clone(host);
    begin(async move {
        let sent = send(&Act::Configure { settings }).await.is_ok();
        host.change(|page| {
            if !sent {
                page.pending = None;
            }
            page.notice = Some(say(if sent { "page_saved" } else { "page_trouble_send" }));
        });
    });
}

/// So long after the last key the field is saved, without waiting for the user to leave it.
const TYPING_MS: u32 = 600;
