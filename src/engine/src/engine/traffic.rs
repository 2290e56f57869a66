//! Requests and the tap's facts become observations: one for each request, once.

use super::Engine;
use super::offers::fingerprint;
use super::session::{self, OfferKind, Pending, Tab, Unanswered};
use crate::cause::{Cause, Class, Surface};
use crate::claude::{self, Answer, Role, StreamMark};
use crate::input::{EntryId, Fact, Headers, Millis, Request, RequestStep, StreamEnd, TabId};
use crate::json::numbered;
use crate::judge::{Heard, Seen, Way};
use crate::outbox::{EntryState, TILL_ANSWER};
use crate::output::{Area, Output, sent_key};
use crate::search::has;

/// Before the name of a request of which only the tap has told.
const TAPPED: &str = "tap:";
/// Firefox's word on a request came up to 20 ms after the tap's in measured runs; a busy machine may need much longer.
const EARLY_MS: Millis = 5_000;

/// A stream that ended cleanly without its terminal event is ambiguous: it counts a quarter unless repeated.
const CUT_WEIGHT: f64 = 0.25;
/// A slow or silent stream; it may still end well.
const SLOW_WEIGHT: f64 = 0.6;
/// A failure without an answer waits this long for the neutral check.
const NEUTRAL_MS: Millis = 60_000;
/// A gap of more than a minute without any event: pings come about every 15 s, and gaps of 15 to 60 s do recover.
const STALL_MS: u32 = 60_000;
/// Stop is told of by a request of its own, shortly before or after the stream is given up.
const STOP_MS: Millis = 3_000;
/// Temporary chats remembered, so that their later prompts are not stored either.
const MAX_TEMPORARY: usize = 50;
/// Longest URL that is looked at.
const MAX_URL: usize = 4_096;

impl Engine {
    pub(super) fn on_request(&mut self, request: Request, now: Millis) {
        if self.on_probe(&request, now) {
            return;
        }
        let Request { id, tab, step } = request;
        if self.session.requests.get(&id).is_some_and(|pending| !pending.is_remembered(now)) {
            self.session.requests.remove(&id);
        }
        match step {
            RequestStep::Started { method, url, document, body } => {
                self.on_started(id, tab, &method, &url, document, body.as_deref(), now);
            }
            RequestStep::Headers { status, headers } => self.on_headers(&id, status, headers, now),
            RequestStep::Body { text } => self.on_body(&id, &text, now),
            RequestStep::Done => self.on_done(&id, now),
            RequestStep::Failed { error } => self.on_transport(&id, &error, now),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one step, taken apart once")]
    fn on_started(
        &mut self,
        id: String,
        tab: TabId,
        method: &str,
        url: &str,
        document: bool,
        body: Option<&[u8]>,
        now: Millis,
    ) {
        if url.len() > MAX_URL {
            return;
        }
        if document && claude::is_forced_logout(url) {
            self.settle_dead_session(tab, now);
        }
        let endpoint = if document { claude::page(url) } else { claude::endpoint(method, url) };
        let Some(endpoint) = endpoint.filter(|endpoint| endpoint.role != Role::Ignored) else { return };
        if !id.starts_with(TAPPED) {
            // The browser tells of it too.
            self.look(tab, &endpoint, url, now);
        }
        self.note_organization(tab, url);
        let key = key(if document { "" } else { method }, url);
        // A redirect or a repeated navigation starts the same request again.
        if self.session.requests.get(&id).is_some_and(|pending| pending.done_at.is_none() && pending.url == key) {
            return;
        }
        let entry = match endpoint.role {
            Role::Send => self.capture(endpoint.conversation, body, now),
            Role::Retry => self.repeated(endpoint.conversation, body),
            Role::Stop => {
                self.on_stop(tab, endpoint.conversation, now);
                None
            }
            _ => None,
        };
        if self.adopt(&id, tab, key, entry.as_ref(), now) {
            return;
        }
        let sent = entry.as_ref().and_then(|id| self.outbox.get(id));
        // A page that sends again by itself names the same message; what a person sends again is a turn of its own.
        let turn =
            sent.and_then(|sent| sent.human_message.as_ref()).filter(|_| endpoint.role == Role::Send).map(fingerprint);
        let late = now.saturating_add(self.session.judge.late_after(sent.and_then(|sent| sent.model.as_deref())));
        let pending = Pending {
            tab,
            url: key,
            chat: endpoint.conversation.map(|id| fingerprint(&id)),
            surface: endpoint.surface,
            weight: endpoint.weight,
            role: endpoint.role,
            started: now,
            late,
            turn,
            entry,
            status: None,
            headers: Headers::default(),
            seq: None,
            accepted: false,
            stopped: false,
            slow: false,
            halted: false,
            unread: false,
            limit: None,
            fallback: None,
            done_at: None,
            settled: None,
        };
        self.dirty |= pending.counts() || self.session.requests.get(&id).is_some_and(Pending::counts);
        self.session.forget_requests(now);
        self.session.requests.insert(id, pending);
    }

    /// Whose data the page asks for.
    fn note_organization(&mut self, tab: TabId, url: &str) {
        if let Some(id) = claude::organization(url)
            && let Some(page) = self.session.tabs.get_mut(&tab).filter(|page| page.organization != id)
        {
            id.clone_into(&mut page.organization);
            self.dirty = true;
        }
    }

    /// The page gives up because its session is dead, before its tap could tell the body of the refusal.
    fn settle_dead_session(&mut self, tab: TabId, now: Millis) {
        let refused = |pending: &Pending| {
            pending.tab == tab && pending.done_at.is_none() && matches!(pending.status, Some(401 | 403))
        };
        let ids: Vec<String> =
            self.session.requests.iter().filter(|(_, pending)| refused(pending)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let status = self.session.requests.get(&id).and_then(|pending| pending.status);
            self.settle(&id, &Cause { status, ..Cause::bare(Class::Session) }, now);
        }
    }

    /// Firefox may tell of a request only after the tap has told of its answer: then the request is known already, under
    /// a name of the tap's and without its prompt. It gets both here.
    fn adopt(&mut self, id: &str, tab: TabId, url: u64, entry: Option<&EntryId>, now: Millis) -> bool {
        if id.starts_with(TAPPED) {
            return false;
        }
        let early = self.session.requests.iter().find(|(known, pending)| {
            known.starts_with(TAPPED)
                && (pending.tab == tab || tab < 0)
                && pending.url == url
                && now.abs_diff(pending.started) < EARLY_MS
        });
        let Some(known) = early.map(|(known, _)| known.clone()) else { return false };
        let Some(mut pending) = self.session.requests.remove(&known) else { return false };
        pending.entry = entry.cloned().or(pending.entry);
        if let Some(tab) = self.session.tabs.get_mut(&pending.tab) {
            for stream in tab.streams.values_mut().filter(|stream| **stream == known) {
                id.clone_into(stream);
            }
            // What was said of it already was said without the prompt.
            if let Some(offer) = tab.offer.as_mut()
                && pending.settled.is_some()
                && pending.is_send()
                && offer.entry.is_none()
                && offer.surface == pending.surface
            {
                offer.entry.clone_from(&pending.entry);
            }
        }
        self.dirty |= pending.counts();
        self.session.requests.insert(id.to_owned(), pending.clone());
        if let Some(cause) = pending.settled.as_ref().filter(|_| pending.is_send()) {
            self.note_fate(&pending, cause, now);
            // Only now it is known which model was asked, and which prompt it is: one whose card was closed, or another one than the
            // card that stands there is about.
            self.after_settling(&pending, cause, now);
            let untold = |tab: &Tab| match &tab.offer {
                Some(offer) => offer.entry != pending.entry,
                None => tab.dismissed.is_some(),
            };
            let nothing = matches!(cause.class, Class::Ok | Class::Aborted | Class::OwnNetwork | Class::Unknown);
            if !nothing && self.session.tabs.get(&pending.tab).is_some_and(untold) {
                self.offer(pending.tab, pending.surface, cause, kind_of(&pending, cause), pending.entry.clone(), now);
            }
            if cause.class == Class::Ok {
                self.withdraw(pending.tab, pending.surface, pending.entry.as_ref());
            }
        }
        true
    }

    /// The prompt that a retry asks to be answered anew: its body names the message. Without a body it can only be the last one.
    fn repeated(&self, conversation: Option<&str>, body: Option<&[u8]>) -> Option<EntryId> {
        let entry = match body.and_then(claude::parse_send).and_then(|retry| retry.parent) {
            Some(message) => self.outbox.of_message(&message),
            None => self.outbox.last_of(conversation?).filter(|entry| entry.state != EntryState::Confirmed),
        };
        entry.map(|entry| entry.id.clone())
    }

    /// The user pressed Stop: what comes to its end now, or was given up a moment ago, is their own wish.
    fn on_stop(&mut self, tab: TabId, conversation: Option<&str>, now: Millis) {
        let Some(chat) = conversation.map(|id| fingerprint(&id)) else { return };
        let mut stopped = None;
        for pending in self.session.requests.values_mut() {
            let here = pending.is_send() && pending.tab == tab && pending.chat == Some(chat);
            if here && pending.done_at.is_none_or(|done| now.abs_diff(done) < STOP_MS) {
                pending.halted = true;
                self.dirty = true;
                if pending.done_at.is_some() && pending.accepted {
                    stopped.clone_from(&pending.entry);
                }
            }
        }
        if let Some(id) = stopped {
            let changed = self.outbox.answered(&id);
            self.keep_all(&changed);
        }
    }

    /// Stores the prompt before anything else happens to it.
    fn capture(&mut self, conversation: Option<&str>, body: Option<&[u8]>, now: Millis) -> Option<EntryId> {
        let body = body?;
        let send = claude::parse_send(body)?;
        let known = conversation.is_some_and(|id| self.session.temporary_chats.iter().any(|chat| chat == id));
        if send.temporary && !known {
            self.session.temporary_chats.extend(conversation.map(str::to_owned));
            let surplus = self.session.temporary_chats.len().saturating_sub(MAX_TEMPORARY);
            self.session.temporary_chats.drain(..surplus);
        }
        let temporary = send.temporary || known;
        let entry = self.outbox.dispatched(&send, conversation, temporary, now)?;
        let (id, inside) = (entry.id.clone(), entry.inside && entry.attempts == 1);
        self.keep(&id);
        if inside {
            self.persist(Area::Local, sent_key(&id), Some(claude::body_text(body).to_owned()));
        }
        // What was typed is the prompt now.
        for draft in self.outbox.drafts_of(&id) {
            self.outbox.forget(&draft);
            self.unkeep(&draft);
        }
        Some(id)
    }

    fn on_headers(&mut self, id: &str, status: u16, headers: Headers, now: Millis) {
        if status >= 100 && !self.session.online {
            // Whatever answers, the browser is not offline.
            self.browser_says(true);
        }
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if pending.done_at.is_some() {
            return;
        }
        pending.status = Some(status);
        pending.headers = headers;
        self.dirty |= pending.counts();
        if pending.is_stream() {
            let sent = pending.entry.as_ref().and_then(|id| self.outbox.get(id));
            if let Some(model) = sent.and_then(|sent| sent.model.as_deref()) {
                self.session.judge.first_byte(model, now.saturating_sub(pending.started));
            }
            return;
        }
        let (role, cause) = (pending.role, pending.answer(None));
        // What headers alone decide is told at once; a 4xx may have its meaning in its body.
        let decided = match cause.class {
            Class::Ok | Class::Unknown => false,
            Class::Service | Class::Capacity | Class::Challenge | Class::Region => true,
            _ => role == Role::Document,
        };
        if decided {
            pending.unread = role != Role::Document;
            self.settle(id, &cause, now);
        } else if status >= 400 && pending.counts() {
            pending.unread = true;
            pending.fallback = Some((cause, now.saturating_add(session::HANG_MS)));
        }
    }

    /// The body of an error that its headers have settled already: the same failure, but perhaps better told.
    fn reread(&mut self, id: &str, body: &str, now: Millis) {
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if !std::mem::take(&mut pending.unread) {
            return;
        }
        self.dirty |= pending.counts();
        let (tab, surface, status, entry) = (pending.tab, pending.surface, pending.status, pending.entry.clone());
        let (cause, weight, since) = (pending.answer(Some(body)), pending.weight, pending.done_at);
        let told = pending.clone();
        self.log_request_id(&told, &cause);
        if cause.class == Class::Unknown {
            return;
        }
        if let Some(entry) = entry.as_ref().and_then(|id| self.outbox.get_mut(id)).filter(|_| told.is_send()) {
            entry.limit = limit_of(&cause);
            let id = entry.id.clone();
            self.keep(&id);
        }
        self.outputs.push(Output::Observed { request: id.to_owned(), surface, cause: cause.clone() });
        if !told.counts() {
            return;
        }
        let mut known = false;
        if let Some(incident) = &mut self.session.incident {
            let told = incident.evidence.iter_mut().rev().find(|(at, on, was)| {
                Some(*at) == since && *on == surface && was.status == status && was.transport.is_none()
            });
            if let Some((_, _, was)) = told {
                *was = cause.clone();
                known = true;
            }
        }
        if !known && cause.class.votes() && weight > 0.0 {
            self.witness(&told, &cause, Way::Answered, 1.0, now);
        }
        let offer = self.session.tabs.get_mut(&tab).and_then(|tab| tab.offer.as_mut());
        if let Some(offer) = offer.filter(|offer| offer.surface == surface && offer.entry == entry) {
            offer.cause = cause;
        }
    }

    fn on_body(&mut self, id: &str, text: &str, now: Millis) {
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if pending.done_at.is_some() {
            self.reread(id, text, now);
            return;
        }
        // What a stream says is told event by event.
        if !pending.is_stream() {
            let cause = pending.answer(Some(text));
            self.settle(id, &cause, now);
        }
    }

    fn on_done(&mut self, id: &str, now: Millis) {
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if pending.done_at.is_some() {
            return;
        }
        self.dirty |= pending.counts();
        if pending.is_stream() && pending.counts() {
            // A page may read more slowly than the stream comes (in a hidden tab, for one): where the tap watches, its word on the end
            // is waited for, however long. Without a tap this end tells nothing.
            if pending.seq.is_none() {
                pending.fallback.get_or_insert((Cause::bare(Class::Unknown), now.saturating_add(session::CLOSE_MS)));
            }
            return;
        }
        let cause = pending.answer(None);
        let fine = cause.class == Class::Ok && pending.status.is_some_and(|status| status < 400);
        // What counts for nothing need not be understood either.
        if fine || !pending.counts() || pending.role == Role::Document || pending.seq.is_some() {
            self.settle(id, &cause, now);
        } else {
            pending.fallback = Some((cause, now.saturating_add(session::BODY_MS)));
        }
    }

    fn on_transport(&mut self, id: &str, error: &str, now: Millis) {
        let online = self.session.online;
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if pending.done_at.is_some() {
            return;
        }
        let mut cause = claude::transport(error, online);
        cause.status = pending.status;
        if pending.is_send() && pending.status.is_some_and(|status| status >= 400) {
            // The answer has come, and only its body is lost: the page leaves with a dead session, most likely. What the
            // headers say stands, unless where the page goes says more.
            pending.fallback = Some((pending.answer(None), now.saturating_add(session::CLOSE_MS)));
            self.dirty = true;
            return;
        }
        if claude::may_be_abort(error) && pending.is_send() && !pending.halted {
            // The tap knows whether the page gave up.
            let given_up = pending.fallback.as_ref().is_some_and(|(cause, _)| cause.class == Class::Aborted);
            if pending.seq.is_some() && !given_up {
                cause.class = if pending.fallback.is_some() { Class::Unknown } else { cause.class };
                pending.fallback = Some((cause, now.saturating_add(session::CLOSE_MS)));
                self.dirty = true;
                return;
            }
        }
        self.settle(id, &cause, now);
    }

    pub(super) fn on_fact(&mut self, tab: TabId, fact: Fact, now: Millis) {
        {
            let tab = self.session.tab(tab, now);
            self.dirty |= !tab.tap;
            tab.tap = true;
        }
        match fact {
            Fact::Ready {} => self.dirty |= self.session.sight.ready(),
            Fact::Response { seq, method, url, status, content_type, cf_mitigated, body } => {
                let Some(id) = self.bind(tab, seq, &method, &url, now) else { return };
                let Some(pending) = self.session.requests.get_mut(&id) else { return };
                if pending.done_at.is_some() {
                    self.reread(&id, &body, now);
                    return;
                }
                pending.status = Some(status);
                pending.headers.content_type = content_type.or(pending.headers.content_type.take());
                pending.headers.cf_mitigated = cf_mitigated.or(pending.headers.cf_mitigated.take());
                let cause = pending.answer(Some(&body));
                self.settle(&id, &cause, now);
            }
            Fact::Stream { seq, method, url, status } => {
                let Some(id) = self.bind(tab, seq, &method, &url, now) else { return };
                if let Some(pending) = self.session.requests.get_mut(&id) {
                    pending.status = Some(status);
                    pending.headers.content_type.get_or_insert_with(|| "text/event-stream".to_owned());
                    self.dirty |= pending.counts();
                    if pending.is_send() {
                        self.session.tab(tab, now).streams.insert(seq, id);
                    }
                }
            }
            Fact::Event { seq, name, data } => {
                if let Some(id) = self.stream_of(tab, seq) {
                    self.on_mark(&id, claude::stream_event(&name, &data), now);
                }
            }
            Fact::Progress { seq, silent_ms, .. } => {
                if let Some(id) = self.stream_of(tab, seq).filter(|_| silent_ms >= STALL_MS) {
                    self.on_slow(&id, now);
                }
            }
            Fact::Closed { seq, end, .. } => {
                if let Some(id) = self.stream_of(tab, seq) {
                    self.session.tab(tab, now).streams.remove(&seq);
                    self.on_stream_end(&id, end, now);
                }
            }
            Fact::Rejected { seq, method, url, aborted, online } => {
                self.browser_says(online);
                let Some(id) = self.bind(tab, seq, &method, &url, now) else { return };
                let Some(pending) = self.session.requests.get_mut(&id) else { return };
                // The browser's own word comes by webRequest and says more; this is for the case that it does not.
                let class = if aborted { Class::Aborted } else { Class::Unknown };
                if let Some((cause, _)) = &mut pending.fallback
                    && cause.transport.is_some()
                    && !aborted
                {
                    // The browser's word left open whether the page gave up: it did not.
                    cause.class = class;
                    self.dirty = true;
                }
                if pending.done_at.is_none() && pending.fallback.is_none() && pending.counts() {
                    pending.fallback = Some((Cause::bare(class), now.saturating_add(session::CLOSE_MS)));
                    self.dirty = true;
                }
            }
        }
    }

    /// The request that a fetch of the tap is: the newest one of its tab (or of no tab) with its URL.
    fn bind(&mut self, tab: TabId, seq: u32, method: &str, url: &str, now: Millis) -> Option<String> {
        if url.len() > MAX_URL {
            return None;
        }
        let key = key(method, url);
        let mine = |pending: &Pending| {
            pending.tab == tab && pending.seq == Some(seq) && pending.url == key && pending.is_remembered(now)
        };
        if let Some((id, _)) = self.session.requests.iter().find(|(_, pending)| mine(pending)) {
            return Some(id.clone());
        }
        let free = |pending: &Pending| {
            let here = pending.tab == tab || pending.tab < 0;
            pending.seq.is_none() && pending.url == key && here && pending.is_remembered(now)
        };
        let found = self.session.requests.iter().filter(|(_, pending)| free(pending));
        let id = if let Some(id) = found.max_by_key(|(_, pending)| pending.started).map(|(id, _)| id.clone()) {
            // The browser may not have known whose it is.
            self.note_organization(tab, url);
            id
        } else {
            // A tap counts from 1 again in each page: the time keeps their numbers apart.
            let id = numbered(&(numbered(TAPPED, tab.cast_unsigned()) + ":"), seq.into());
            let id = numbered(&(id + ":"), now);
            self.on_started(id.clone(), tab, method, url, false, None, now);
            id
        };
        let pending = self.session.requests.get_mut(&id)?;
        pending.seq = Some(seq);
        pending.tab = tab;
        self.dirty |= pending.counts();
        Some(id)
    }

    fn stream_of(&self, tab: TabId, seq: u32) -> Option<String> {
        self.session.tabs.get(&tab)?.streams.get(&seq).cloned()
    }

    fn on_mark(&mut self, id: &str, mark: StreamMark, now: Millis) {
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if pending.done_at.is_some() || !pending.is_send() {
            return;
        }
        match mark {
            StreamMark::Start { .. } => {
                pending.accepted = true;
                self.dirty = true;
            }
            StreamMark::Stopped => {
                pending.stopped = true;
                self.dirty = true;
            }
            StreamMark::Terminal => self.settle(id, &Cause::bare(Class::Ok), now),
            StreamMark::Error(cause) => {
                let cause = Cause { status: pending.status, ..cause };
                self.settle(id, &cause, now);
            }
            // The answer usually still comes to its end, and the limit meets the next prompt.
            StreamMark::Limit(cause) => {
                pending.limit = Some(cause);
                self.dirty = true;
            }
            StreamMark::Other => {}
        }
    }

    fn on_stream_end(&mut self, id: &str, end: StreamEnd, now: Millis) {
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if pending.done_at.is_some() {
            return;
        }
        if !pending.is_send() || pending.stopped {
            // Another product's stream tells nothing; an answer whose stop reason was seen is whole.
            let class = if pending.stopped { Class::Ok } else { Class::Unknown };
            self.settle(id, &Cause::bare(class), now);
            return;
        }
        if let Some(limit) = pending.limit.take() {
            self.settle(id, &limit, now);
            return;
        }
        match end {
            StreamEnd::End if pending.halted => self.settle(id, &Cause::bare(Class::Aborted), now),
            StreamEnd::End => self.settle(id, &Cause { status: Some(200), ..Cause::bare(Class::Unknown) }, now),
            // Firefox shows a reset as an abort: the browser's own word decides, if it comes.
            StreamEnd::Abort | StreamEnd::Error => {
                let class = if end == StreamEnd::Abort { Class::Aborted } else { Class::Unknown };
                pending.fallback = Some((Cause::bare(class), now.saturating_add(session::CLOSE_MS)));
                self.dirty = true;
            }
        }
    }

    /// Requests that have waited long enough are taken for what they look like.
    pub(super) fn settle_requests(&mut self, now: Millis) {
        let due: Vec<String> = self
            .session
            .requests
            .iter()
            .filter(|(_, pending)| pending.deadline().is_some_and(|at| at <= now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            match self.session.requests.get(&id).and_then(|pending| pending.fallback.clone()) {
                Some((cause, _)) => self.settle(&id, &cause, now),
                None => self.on_slow(&id, now),
            }
        }
    }

    /// A send without a first byte, or a stream without a sign of life: told once, and it may still end well.
    fn on_slow(&mut self, id: &str, now: Millis) {
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        if pending.slow || pending.done_at.is_some() {
            return;
        }
        pending.slow = true;
        self.dirty = true;
        let (tab, surface, entry) = (pending.tab, pending.surface, pending.entry.clone());
        let cause = Cause { status: pending.status, ..Cause::bare(Class::Unknown) };
        let pending = pending.clone();
        self.witness(&pending, &cause, Way::Doubtful, SLOW_WEIGHT, now);
        self.offer(tab, surface, &cause, OfferKind::Slow, entry, now);
    }

    /// Tells the judge what one request was found to be.
    fn witness(&mut self, pending: &Pending, cause: &Cause, way: Way, worth: f64, now: Millis) -> Heard {
        let model = pending.entry.as_ref().and_then(|id| self.outbox.get(id)).and_then(|entry| entry.model.as_deref());
        let seen = Seen {
            surface: pending.surface,
            class: cause.class,
            worth: f64::from(pending.weight) * worth,
            way,
            model,
            turn: pending.turn,
        };
        let heard = self.session.judge.observe(&seen, now);
        match heard {
            Heard::Failed => self.failed(pending.surface, cause, now),
            Heard::Worked => self.follow(now),
            Heard::Nothing | Heard::Held => {}
        }
        self.dirty |= heard != Heard::Nothing;
        heard
    }

    /// One request has got its cause: the one place where observations are made.
    fn settle(&mut self, id: &str, cause: &Cause, now: Millis) {
        let Some(pending) = self.session.requests.get_mut(id) else { return };
        pending.done_at = Some(now);
        pending.fallback = None;
        if id.starts_with(TAPPED) {
            pending.settled = Some(cause.clone());
        }
        let taken = pending.clone();
        if pending.is_over() {
            // What is over is only remembered, and the snapshot is written after every event.
            pending.headers = Headers::default();
        }
        let pending = taken;
        self.dirty |= pending.counts();
        self.outputs.push(Output::Observed { request: id.to_owned(), surface: pending.surface, cause: cause.clone() });
        if pending.counts() {
            self.take_into_account(&pending, cause, now);
        }
        if cause.class == Class::Ok && !pending.is_send() && !id.starts_with(TAPPED) {
            // Nothing more is heard of what has worked, and the snapshot is written after nearly every event.
            self.session.requests.remove(id);
        }
    }

    /// What an outcome means for the prompt, the judgement and the cards.
    fn take_into_account(&mut self, pending: &Pending, cause: &Cause, now: Millis) {
        let entry = pending.entry.as_ref().and_then(|id| self.outbox.get(id));
        let answered = pending.role == Role::Send && entry.is_some_and(|entry| entry.state == EntryState::Confirmed);
        if pending.is_send() {
            self.note_fate(pending, cause, now);
        }
        if answered && cause.class != Class::Ok {
            // An older attempt of a turn that was answered since: the final outcome counts.
            return;
        }
        let (tab, surface, entry) = (pending.tab, pending.surface, pending.entry.clone());
        match cause.class {
            Class::Ok if pending.weight > 0.0 => {
                self.witness(pending, cause, Way::Answered, 1.0, now);
                self.withdraw(tab, surface, entry.as_ref());
            }
            Class::Service | Class::Capacity if pending.weight > 0.0 => {
                self.witness(pending, cause, Way::Answered, 1.0, now);
                self.offer(tab, surface, cause, kind_of(pending, cause), entry, now);
            }
            Class::OwnNetwork | Class::Unknown if pending.weight > 0.0 => self.no_answer(pending, cause, now),
            Class::UserLimit | Class::Session | Class::Account | Class::Challenge | Class::Region => {
                self.witness(pending, cause, Way::Answered, 1.0, now);
                // The edge answers, and the answer concerns this user: worth words where a person waits for something.
                let waits = pending.is_send() || matches!(pending.role, Role::Document | Role::Load);
                if waits {
                    self.offer(tab, surface, cause, OfferKind::Refused, entry, now);
                }
            }
            // Nobody's outage, and no answer all the same.
            Class::ClientFault if pending.is_send() => {
                self.offer(tab, surface, cause, OfferKind::Refused, entry, now);
            }
            _ => {}
        }
        self.after_settling(pending, cause, now);
    }

    /// What the outcome says of the prompt.
    fn note_fate(&mut self, pending: &Pending, cause: &Cause, now: Millis) {
        let Some(id) = pending.entry.clone() else { return };
        let Some(entry) = self.outbox.get_mut(&id) else { return };
        entry.touched = now;
        entry.limit = limit_of(cause);
        entry.state = match cause.class {
            Class::Ok => EntryState::Confirmed,
            // What was answered once stays so, whatever becomes of another attempt.
            _ if entry.state == EntryState::Confirmed => EntryState::Confirmed,
            // Stopped by the user while the answer was coming: the server has it.
            Class::Aborted if pending.accepted && pending.halted => EntryState::Confirmed,
            _ if pending.is_stream() => EntryState::Unknown,
            // Turned away by the application itself.
            Class::Capacity
            | Class::UserLimit
            | Class::Session
            | Class::Account
            | Class::Challenge
            | Class::Region
            | Class::ClientFault => EntryState::NotSent,
            Class::Service | Class::Unknown if pending.was_turned_away() => EntryState::NotSent,
            _ if cause.transport.as_deref().is_some_and(claude::never_left) => EntryState::NotSent,
            _ => EntryState::Unknown,
        };
        let answered = entry.state == EntryState::Confirmed;
        // The page will not have it for long.
        let untold = pending.accepted || entry.title.is_none();
        if !answered && untold && !entry.temporary && pending.tab >= 0 {
            self.outputs.push(Output::Listen { tab: pending.tab, entry: id.clone() });
        }
        let changed = if answered { self.outbox.answered(&id) } else { vec![id] };
        self.keep_all(&changed);
    }

    /// Nothing came back, or something that is not Claude's: whose fault, the neutral check will say.
    fn no_answer(&mut self, pending: &Pending, cause: &Cause, now: Millis) {
        let (tab, surface, entry) = (pending.tab, pending.surface, pending.entry.clone());
        if !self.session.online {
            if pending.is_send() {
                self.offer(tab, surface, cause, OfferKind::Offline, entry, now);
            }
            return;
        }
        if cause.class == Class::Unknown && pending.is_send() && cause.transport.is_none() {
            let plain = !pending.is_stream() && pending.status.is_some();
            // Not known, so not called an outage; but the prompt was not answered, and that is worth a word.
            if plain || cause.code.is_some() {
                let kind = if plain { OfferKind::Refused } else { OfferKind::Broken };
                self.offer(tab, surface, cause, kind, entry, now);
                return;
            }
        }
        // Without the tap nothing is known of a stream's end.
        let watched = pending.seq.is_some() || pending.accepted || cause.transport.is_some();
        if pending.is_stream() && pending.is_send() && watched {
            // The answer stopped in its middle. That alone does not say by whose fault.
            self.offer(tab, surface, cause, OfferKind::Cut, entry.clone(), now);
            if cause.transport.is_none() {
                self.witness(pending, cause, Way::Doubtful, CUT_WEIGHT, now);
                return;
            }
        }
        if cause.class == Class::OwnNetwork && cause.transport.is_none() {
            // A page that is not Claude's came in its place: something in between answers.
            if pending.is_send() || pending.role == Role::Document {
                self.offer(tab, surface, cause, OfferKind::Refused, entry, now);
            }
            return;
        }
        if cause.transport.is_none() {
            // Its end could not be seen: too many of those, and we are blind.
            self.witness(pending, cause, Way::Answered, 1.0, now);
            return;
        }
        if pending.weight < 1.0 {
            return;
        }
        if pending.is_send() && !pending.is_stream() {
            self.offer(tab, surface, cause, OfferKind::Silent, entry.clone(), now);
        }
        if self.witness(pending, cause, Way::Silent, 1.0, now) != Heard::Held {
            self.revise_offer(tab, entry.as_ref(), OfferKind::OwnNetwork);
            return;
        }
        self.session.unanswered.push(Unanswered { at: now, tab, surface, cause: cause.clone(), entry });
        self.session.unanswered.truncate(16);
        self.ask_status(now);
    }

    /// The neutral check has come back: anything that answers proves the network.
    pub(super) fn settle_unanswered(&mut self, network: bool, now: Millis) {
        self.session.judge.neutral(network, now);
        // A probe of ours may have been among the silent.
        self.follow(now);
        for silent in std::mem::take(&mut self.session.unanswered) {
            let kind = if network { OfferKind::NoAnswer } else { OfferKind::OwnNetwork };
            self.revise_offer(silent.tab, silent.entry.as_ref(), kind);
            if now.abs_diff(silent.at) > NEUTRAL_MS {
                // Too long ago to be evidence of anything; the card has its answer.
                continue;
            }
            if network {
                self.failed(silent.surface, &silent.cause, now);
                if silent.surface == Surface::Document {
                    self.offer(silent.tab, silent.surface, &silent.cause, kind, silent.entry, now);
                }
            }
        }
    }
}

/// What an answer that is no answer is called: a stream that breaks had begun.
fn kind_of(pending: &Pending, cause: &Cause) -> OfferKind {
    if cause.class.votes() && pending.is_stream() { OfferKind::Broken } else { OfferKind::Refused }
}

/// What tells requests apart: how and where to. A page that is loaded has no method here, for no script has fetched it.
fn key(method: &str, url: &str) -> u64 {
    fingerprint(&method) ^ fingerprint(&url)
}

/// When the limit ends that a prompt was refused by.
fn limit_of(cause: &Cause) -> Option<Millis> {
    (cause.class == Class::UserLimit).then(|| cause.resets_at.unwrap_or(TILL_ANSWER))
}

impl Pending {
    fn answer(&self, body: Option<&str>) -> Cause {
        let answer = Answer {
            status: self.status.unwrap_or(0),
            content_type: self.headers.content_type.as_deref(),
            cf_mitigated: self.headers.cf_mitigated.as_deref(),
            location: self.headers.location.as_deref(),
            body,
        };
        let endpoint = claude::Endpoint {
            surface: self.surface,
            weight: self.weight,
            role: self.role,
            conversation: None,
            row: "",
        };
        claude::classify(&endpoint, &answer)
    }

    /// Whether the error answer shows that the prompt was not taken: the application's own JSON, or an edge that says
    /// that it reached nobody. Other gateway errors (502, 504, 52x) leave it open.
    fn was_turned_away(&self) -> bool {
        let json = self.headers.content_type.as_deref().is_some_and(|kind| has(kind, "json"));
        match self.status {
            Some(429 | 503 | 529) => true,
            // A 409 may mean that the message is there already.
            Some(status) => json && status >= 400 && status != 409,
            None => false,
        }
    }
}
