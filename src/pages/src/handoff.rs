//! The handoff page: it stands between the click and the provider only when something must be decided.

use crate::host::{Host, Read, Scene, begin, copy, send};
use crate::marks::{brand, button};
use crate::stage::Entered;
use crate::tree::{El, Part, Words, el, say};
use std::rc::Rc;
use understudy_browser::permissions;
use understudy_engine::view::HandoffView;
use understudy_engine::words::Say;
use understudy_engine::{Act, JobId, Millis};

/// What the page remembers.
#[derive(Debug)]
pub struct Handoff {
    job: JobId,
    step: Step,
    /// The key that goes with V to paste on this machine.
    mac: bool,
    /// The last view: when the way is free the job is done before this tab has left.
    last: Option<HandoffView>,
    notice: Option<Say>,
}

/// How far the user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The question stands.
    Open,
    /// The browser asks.
    Asking,
    /// The user (or a policy) said no.
    Refused,
    /// The provider's page is on its way.
    Leaving,
    /// The same, with the text on the clipboard.
    LeavingByHand,
}

/// What the user can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Ask the browser for the host.
    Allow,
    /// Take the clipboard.
    ByHand,
}

impl Handoff {
    /// For one job.
    pub fn new(job: JobId, mac: bool) -> Self {
        Self { job, step: Step::Open, mac, last: None, notice: None }
    }

    /// The whole page.
    pub fn page(&self, view: Option<&HandoffView>) -> Vec<Part<Deed>> {
        let main = el("main").class("sheet").and(brand());
        let Some(view) = view else {
            return vec![Part::El(
                main.and(el("h1").text(say("page_handoff_gone")))
                    .and(el("p").class("lead").text(say("page_handoff_gone_next"))),
            )];
        };
        let by_hand = self.by_hand(view);
        let title = if by_hand { "page_handoff_title_by_hand" } else { "page_handoff_title" };
        // The engine's lines are about the question as it stands; once it is answered here, they are out of date.
        let current = view.refused || matches!(self.step, Step::Open | Step::Asking);
        let lines = view.lines.iter().filter(|_| current).map(|line| el("p").class("line").text(line));
        let main = main
            .and(el("h1").text(Say::new(title).text(&view.name)))
            .and(el("div").class("lines").attr("role", "status").with(self.lead(view)).with(lines))
            .and(preview(view))
            .and(self.deeds(view))
            .with(by_hand.then(|| el("p").class("fine").text(say("page_handoff_promise"))));
        vec![Part::El(main)]
    }

    fn by_hand(&self, view: &HandoffView) -> bool {
        view.refused
            || (view.origin.is_none() && !view.consent)
            || matches!(self.step, Step::Refused | Step::LeavingByHand)
    }

    fn lead(&self, view: &HandoffView) -> Option<El<Deed>> {
        let lead = match self.step {
            _ if self.notice.is_some() => self.notice.clone()?,
            Step::Asking => say("page_handoff_asking"),
            Step::Leaving => Say::new("page_handoff_leaving").text(&view.name),
            Step::LeavingByHand => Say::new(self.paste_key("page_handoff_left_by_hand")).text(&view.name),
            Step::Open | Step::Refused => return None,
        };
        Some(el("p").class("lead").text(lead))
    }

    fn deeds(&self, view: &HandoffView) -> El<Deed> {
        let row = el("div").class("decide");
        let busy = if matches!(self.step, Step::Open | Step::Refused) { "false" } else { "true" };
        if self.by_hand(view) {
            let main = button("primary", Say::new("page_copy_and_open").text(&view.name), Deed::ByHand)
                .attr("id", "by-hand")
                .attr("aria-describedby", "then");
            return row
                .and(main)
                .and(el("p").class("then").attr("id", "then").text(say(self.paste_key("page_then_paste"))));
        }
        row.and(button("primary", say("page_allow"), Deed::Allow).attr("id", "allow").attr("aria-disabled", busy)).and(
            button("secondary", say("page_rather_copy"), Deed::ByHand)
                .attr("id", "by-hand")
                .attr("aria-disabled", busy),
        )
    }

    fn paste_key(&self, key: &'static str) -> &'static str {
        match (key, self.mac) {
            ("page_then_paste", true) => "page_then_paste_mac",
            ("page_handoff_left_by_hand", true) => "page_handoff_left_by_hand_mac",
            _ => key,
        }
    }
}

impl Scene for Handoff {
    type Deed = Deed;

    fn draw(&mut self, read: &Read, _: Millis) -> Vec<Part<Deed>> {
        let view = read.engine.handoff_view(&self.job);
        if view.is_some() {
            self.last.clone_from(&view);
        }
        let leaving = matches!(self.step, Step::Leaving | Step::LeavingByHand);
        let view = view.or_else(|| self.last.clone().filter(|_| leaving));
        self.page(view.as_ref())
    }

    fn done(host: &Rc<Host<Self>>, deed: Deed, _: Entered) {
        let Some(view) = host.look(|page, _| page.last.clone()) else { return };
        let host = Rc::clone(host);
        match deed {
            Deed::Allow => {
                begin(async move {
                    // First of all, while this is still the click.
                    let asked = permissions::request(view.origin.as_deref());
                    host.change(|page| page.step = Step::Asking);
                    let granted = asked.await.unwrap_or(false);
                    let step = if granted { Step::Leaving } else { Step::Refused };
                    decide(&host, Act::Decided { job: view.job, granted }, step).await;
                    host.focus("by-hand");
                });
            }
            Deed::ByHand => {
                let copied = copy(view.text.reveal());
                // The second time the user has copied by hand, and the way must not be barred by the clipboard.
                let told = host.look(|page, _| page.notice.is_some());
                begin(async move {
                    if copied.await || told {
                        decide(&host, Act::PasteByHand { job: view.job }, Step::LeavingByHand).await;
                    } else {
                        host.change(|page| page.notice = Some(say("page_handoff_copy_refused")));
                        host.focus("preview");
                    }
                });
            }
        }
    }
}

async fn decide(host: &Rc<Host<Handoff>>, act: Act, step: Step) {
    host.change(|page| {
        page.notice = None;
        page.step = step;
    });
    if send(&act).await.is_err() {
        host.change(|page| {
            page.notice = Some(say("page_trouble_send"));
            page.step = if step == Step::Leaving { Step::Open } else { Step::Refused };
        });
    }
}

/// Exactly what will go.
fn preview(view: &HandoffView) -> El<Deed> {
    el("figure")
        .class("preview")
        .and(
            el("figcaption")
                .and(el("span").text(say("page_handoff_preview")))
                .and(el("span").class("size").text(Words::Size(view.text.chars()))),
        )
        .and(
            el("pre")
                .attr("id", "preview")
                .attr("tabindex", "0")
                .attr("role", "group")
                .attr("aria-label", say("page_handoff_preview"))
                .attr("dir", "auto")
                .text(&view.text),
        )
}

#[cfg(test)]
mod tests {
    use super::{Deed, Handoff, Step};
    use crate::tree::look::{all, attr, texts};
    use crate::tree::{El, el};
    use understudy_engine::UserText;
    use understudy_engine::view::HandoffView;

    fn view(refused: bool) -> HandoffView {
        HandoffView {
            job: "j1".into(),
            name: "Gemini".into(),
            origin: Some("https://gemini.google.com/*".into()),
            consent: false,
            refused,
            text: UserText::new("two\nlines"),
            lines: Vec::new(),
        }
    }

    fn whole(page: &Handoff, view: Option<&HandoffView>) -> El<Deed> {
        let mut root = el("div");
        root.parts = page.page(view);
        root
    }

    fn deeds(root: &El<Deed>) -> Vec<(Deed, &str)> {
        let all = all(root).into_iter();
        all.filter_map(|element| Some((element.does?, attr(element, "class").unwrap_or_default()))).collect()
    }

    #[test]
    fn it_shows_exactly_what_goes_and_asks() {
        let root = whole(&Handoff::new("j1".into(), false), Some(&view(false)));
        assert_eq!(deeds(&root), [(Deed::Allow, "primary"), (Deed::ByHand, "secondary")]);
        let shown = texts(&root);
        assert!(shown.contains(&"two\nlines".to_owned()) && shown.contains(&"size 9".to_owned()));
    }

    #[test]
    fn after_a_refusal_only_the_clipboard_way_is_left() {
        let mut page = Handoff::new("j1".into(), true);
        for (step, refused) in [(Step::Open, true), (Step::Refused, false)] {
            page.step = step;
            let root = whole(&page, Some(&view(refused)));
            assert_eq!(deeds(&root), [(Deed::ByHand, "primary")]);
            assert!(texts(&root).contains(&"page_then_paste_mac".to_owned()));
        }
    }

    #[test]
    fn a_fallback_without_a_host_to_ask_for_is_pasted_by_hand() {
        let view = HandoffView { origin: None, ..view(false) };
        let root = whole(&Handoff::new("j1".into(), false), Some(&view));
        assert_eq!(deeds(&root), [(Deed::ByHand, "primary")]);
        assert!(texts(&root).contains(&"page_then_paste".to_owned()));
    }

    #[test]
    fn while_the_browser_asks_the_buttons_rest() {
        let mut page = Handoff::new("j1".into(), false);
        page.step = Step::Asking;
        let root = whole(&page, Some(&view(false)));
        let resting = all(&root).into_iter().filter(|element| element.does.is_some());
        assert!(resting.into_iter().all(|button| attr(button, "aria-disabled") == Some("true")));
        assert!(texts(&root).contains(&"page_handoff_asking".to_owned()));
    }

    #[test]
    fn a_job_that_is_over_says_so() {
        let root = whole(&Handoff::new("j9".into(), false), None);
        assert!(deeds(&root).is_empty());
        assert!(texts(&root).contains(&"page_handoff_gone".to_owned()));
    }
}
