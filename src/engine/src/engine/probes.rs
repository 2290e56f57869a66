//! Asking claude.ai whether it is back: when the judge wants it, from a page that is open, one GET at a time.
//!
//! The bridge of that page sends it and looks at nothing. What comes of it is told where everything is told, by the browser, and is
//! evidence for the judge alone: no card, no turn, nothing that a person did, no line of the log.

use super::Engine;
use super::offers::fingerprint;
use super::session::{Probe, Tab};
use crate::cause::{Class, Surface};
use crate::claude::{self, Answer, Endpoint, Role};
use crate::input::{Millis, Request, RequestStep, TabId};
use crate::judge::{Heard, Seen, Way};
use crate::output::Output;

/// What has not begun by then went to a page without our script, or to one that the browser has put to sleep: that tab is
/// not asked again until its next page.
const BEGIN_MS: Millis = 4_000;
/// `bridge.js` gives up after 5 s, for what is small and has no answer by then has failed; what the browser tells of that is here by now.
const END_MS: Millis = 8_000;
/// What was given up so late was given up by us: nothing had come.
const GIVEN_UP_MS: Millis = 4_500;

impl Engine {
    /// Sends the probe that is due, if there is somebody to send it.
    pub(super) fn ask_claude(&mut self, now: Millis) {
        let due = self.session.judge.probe().filter(|(at, _)| *at <= now);
        let Some((_, surface)) = due.filter(|_| self.session.online && self.waits_until(now).is_none()) else { return };
        let Some(tab) = self.listening(now) else { return };
        let Some(page) = self.session.tabs.get_mut(&tab) else { return };
        let path = claude::probe(surface, &page.organization);
        let url = [claude::SITE, &path].concat();
        let Some(endpoint) = claude::endpoint("GET", &url) else { return };
        let key = fingerprint(&url.as_str());
        page.probe = Some(Probe { url: key, surface: endpoint.surface, at: now, request: String::new() });
        self.session.judge.probed(now);
        self.outputs.push(Output::Probe { tab, path });
        self.dirty = true;
    }

    /// When there will be something to ask again; nothing, where nobody could ask it.
    pub(super) fn probe_due(&self, now: Millis) -> Option<Millis> {
        let (at, _) = self.session.judge.probe().filter(|_| self.session.online)?;
        match self.waits_until(now) {
            Some(end) => Some(at.max(end)),
            None => self.listening(now).map(|_| at),
        }
    }

    /// Takes a step of a request of our own; false if it is none.
    pub(super) fn on_probe(&mut self, request: &Request, now: Millis) -> bool {
        let here = |tab: TabId| tab == request.tab || request.tab < 0;
        let mine = |probe: &Probe| probe.request == request.id;
        if let RequestStep::Started { url, document: false, .. } = &request.step {
            let awaited = |probe: &Probe| probe.request.is_empty() && probe.url == fingerprint(&url.as_str());
            for (tab, page) in &mut self.session.tabs.0 {
                let Some(probe) = page.probe.as_mut().filter(|probe| mine(probe) || here(*tab) && awaited(probe))
                else {
                    continue;
                };
                probe.request.clone_from(&request.id);
                self.dirty = true;
                return true;
            }
            return false;
        }
        let page = self.session.tabs.values_mut().find(|page| page.probe.as_ref().is_some_and(mine));
        let Some(probe) = page.and_then(|page| page.probe.take()) else { return false };
        self.dirty = true;
        let found = match &request.step {
            RequestStep::Headers { status, headers } => {
                if *status >= 100 {
                    self.browser_says(true);
                }
                let answer = Answer {
                    status: *status,
                    content_type: headers.content_type.as_deref(),
                    cf_mitigated: headers.cf_mitigated.as_deref(),
                    location: headers.location.as_deref(),
                    body: None,
                };
                Some((claude::classify(&probe.endpoint(), &answer).class, Way::Answered))
            }
            RequestStep::Failed { error } => match claude::transport(error, self.session.online).class {
                Class::Aborted if now.abs_diff(probe.at) < GIVEN_UP_MS => None,
                Class::Aborted => Some((Class::Unknown, Way::Silent)),
                class => Some((class, Way::Silent)),
            },
            _ => None,
        };
        if let Some((class, way)) = found {
            self.weigh_probe(probe.surface, class, way, now);
        }
        true
    }

    /// Tells the judge, and nobody else.
    fn weigh_probe(&mut self, surface: Surface, class: Class, way: Way, now: Millis) {
        let seen = Seen { surface, class, worth: 1.0, way, model: None, turn: None };
        self.session.weighed_at = now;
        match self.session.judge.observe(&seen, now) {
            Heard::Failed => {
                self.follow(now);
                if let Some(incident) = &mut self.session.incident {
                    incident.asked = incident.asked.saturating_add(1);
                    incident.asked_at = now;
                }
            }
            Heard::Worked => self.follow(now),
            Heard::Nothing | Heard::Held => {}
        }
    }

    /// Until when an answer is waited for, if one is.
    fn waits_until(&self, now: Millis) -> Option<Millis> {
        let probes = self.session.tabs.values().filter_map(|tab| tab.probe.as_ref());
        probes.filter(|probe| !probe.is_over(now)).map(|probe| probe.at.saturating_add(probe.lasts())).max()
    }

    /// The tab to ask from: the page that began last, of those that are not deaf.
    fn listening(&self, now: Millis) -> Option<TabId> {
        let deaf = |tab: &Tab| tab.probe.as_ref().is_some_and(|probe| probe.request.is_empty() && probe.is_over(now));
        let pages = self.session.tabs.iter().filter(|(_, tab)| !deaf(tab));
        pages.max_by_key(|(_, tab)| tab.hello).map(|(id, _)| *id)
    }
}

impl Probe {
    fn lasts(&self) -> Millis {
        if self.request.is_empty() { BEGIN_MS } else { END_MS }
    }

    fn is_over(&self, now: Millis) -> bool {
        now.abs_diff(self.at) >= self.lasts()
    }

    fn endpoint(&self) -> Endpoint<'static> {
        let role = if self.surface == Surface::Document { Role::Document } else { Role::Plain };
        Endpoint { surface: self.surface, weight: 1.0, role, conversation: None, row: "" }
    }
}
