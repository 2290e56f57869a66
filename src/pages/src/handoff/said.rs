//! What the handoff page tells the background.

use super::along::Goes;
use super::{Handoff, Step};
use crate::host::{Host, send};
use crate::tree::say;
use std::rc::Rc;
use understudy_engine::Act;
use understudy_engine::view::HandoffView;

/// What is told, in order: what is to be remembered, what goes, and by which way.
pub(super) fn said(host: &Rc<Host<Handoff>>, view: &HandoffView, goes: &Goes, copied: bool, way: Act) -> Vec<Act> {
    let mut acts = Vec::new();
    let remembered = host.look(|page, read| {
        let mut settings = read?.engine.settings();
        settings.along = page.choice.turns.filter(|_| page.choice.remember)?;
        Some(settings)
    });
    acts.extend(remembered.map(|settings| Act::Configure { settings }));
    if !view.chosen {
        let text = goes.changed.then(|| goes.text.clone());
        // What is too long to be told is only ever pasted by hand.
        let text = text.filter(|_| !goes.too_long);
        acts.push(Act::Choose { job: view.job.clone(), text, along: goes.along.0, copied });
    }
    acts.push(way);
    acts
}

/// Tells it, and says so where that fails.
pub(super) async fn decide(host: &Rc<Host<Handoff>>, acts: Vec<Act>, step: Step) {
    host.change(|page| {
        page.notice = None;
        page.step = step;
    });
    for act in acts {
        if send(&act).await.is_err() {
            host.change(|page| {
                page.notice = Some(say("page_trouble_send"));
                page.step = if step == Step::Leaving { Step::Open } else { Step::Refused };
            });
            return;
        }
    }
}
