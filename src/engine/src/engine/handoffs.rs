//! From the click to the text in another composer: one step of the ladder at a time.

use super::home::thread_of;
use super::{AGREED_KEY, Engine, Platform};
use crate::claude::thread;
use crate::handoff::{self, JOB_LIFE_MS, Job, Stage, Way};
use crate::input::{CONSENT, EntryId, FillOutcome, FillReport, JobId, Millis, TabId, Technique};
use crate::json::numbered;
use crate::left;
use crate::outbox::Handed;
use crate::output::{Area, FillOrder, Output, Target};
use crate::provider::{self, CLAUDE, CUSTOM, CUSTOM_BUDGET, Provider, Template};
use crate::secrets;
use crate::text::UserText;
use crate::words::Say;

/// Wait this long for a composer to appear after the page has loaded (cold single-page apps; hydration).
const APPEAR_MS: u32 = 12_000;
/// How long the line that asks to paste by hand stands, and the page is heard about input.
const HINT_MS: u32 = 60_000;
/// Handoffs under way at once.
const MAX_JOBS: usize = 8;
/// Tabs remembered as loaded.
const MAX_COMPLETED: usize = 12;
/// A second click within this time is the first one again; one that comes later may be about a page that was closed.
const AGAIN_MS: Millis = 10_000;
/// A page that was asked for and of whose tab no word has come is one that loads within this time, on a slow day too.
const LOST_MS: Millis = 60_000;

impl Engine {
    /// The user clicked on a fallback; `copied` says that the text is on the clipboard, whatever happens on the way.
    /// Back into Claude another text may go than the prompt: with an answer from elsewhere behind it.
    pub(super) fn hand_off(
        &mut self,
        id: &str,
        entry: Option<EntryId>,
        other: Option<UserText>,
        copied: bool,
        now: Millis,
    ) {
        let custom = id == CUSTOM && !self.settings.custom_url.is_empty();
        if (provider::find(id).is_none() && !custom) || self.settings.never.iter().any(|never| never == id) {
            return;
        }
        let text = entry.as_ref().and_then(|entry| self.outbox.get(entry)).and_then(|entry| entry.text.clone());
        let entry = entry.filter(|_| text.is_some());
        // Without a question what is written in its attachments would stay behind.
        let inside = entry.as_ref().and_then(|id| self.outbox.get(id)).is_some_and(|entry| entry.inside);
        if id == CLAUDE.id {
            let Some(entry) = &entry else { return };
            if !self.may_go_back(entry, now) {
                return;
            }
            let mine = |job: &Job| job.provider == CLAUDE.id && job.entry.as_ref() == Some(entry);
            if let Some(old) = self.session.jobs.iter().position(mine) {
                let job = &self.session.jobs[old];
                if job.stage != Stage::Hinted && now.abs_diff(job.at) < AGAIN_MS {
                    return;
                }
                self.session.jobs.remove(old);
            }
        }
        self.session.job_counter = self.session.job_counter.wrapping_add(1);
        let job = Job {
            id: numbered("j", self.session.job_counter.into()),
            entry,
            provider: id.to_owned(),
            at: now,
            stage: Stage::Opening,
            tab: None,
            rung: 0,
            linked: false,
            copied: copied && text.is_some(),
            hinted: false,
            // Nothing is changed, and nothing is held back, without a question; and without a reason there is none.
            // What goes back to where it came from does not leave.
            asks: id != CLAUDE.id
                && text.as_ref().is_some_and(|text| inside || self.settings.along > 0 || secrets::any(text.reveal())),
            text: other,
            along: 0,
        };
        let (asks, entry) = (job.asks, job.entry.clone());
        if self.session.jobs.len() >= MAX_JOBS {
            self.session.jobs.remove(0);
        }
        self.session.jobs.push(job);
        let job = self.session.jobs.len() - 1;
        let (stage, target) = if asks {
            (Stage::Deciding, Target::HandoffPage)
        } else {
            self.first_way(id, entry.as_ref(), text.as_ref())
        };
        self.open(job, stage, target, None, now);
    }

    /// The best way that is open at the click.
    fn first_way(&self, id: &str, entry: Option<&EntryId>, text: Option<&UserText>) -> (Stage, Target) {
        let Some(text) = text else {
            return (Stage::OpeningFinal(Way::Empty), self.page(id, entry));
        };
        if id != CLAUDE.id && !(self.agreed(id) && self.consented()) {
            return (Stage::Deciding, Target::HandoffPage);
        }
        let prompt = handoff::normalised(text.reveal());
        if let Some(found) = provider::find(id) {
            if self.may_type(found) {
                return (Stage::Opening, self.page(id, entry));
            }
            return match found.filling_link(&prompt) {
                Some(url) => (Stage::OpeningFinal(Way::Link), Target::Web { url }),
                None if found.editor.is_some() => (Stage::Deciding, Target::HandoffPage),
                // There is nothing to ask for: the clipboard is the way.
                None => (Stage::Refused, Target::HandoffPage),
            };
        }
        match Template::parse(&self.settings.custom_url) {
            Ok(template) if template.len_for(&prompt) <= CUSTOM_BUDGET => {
                (Stage::OpeningFinal(Way::Link), Target::Web { url: template.url(&prompt) })
            }
            // No permission is ever asked for an address of the user's own: the clipboard is the way for long text.
            _ => (Stage::Refused, Target::HandoffPage),
        }
    }

    /// The text that goes: what was chosen, else the prompt. None if the prompt is not there any more, or not at hand.
    fn goes(&self, index: usize) -> Option<UserText> {
        let job = &self.session.jobs[index];
        let entry = self.outbox.get(job.entry.as_ref()?)?;
        job.text.as_ref().or(entry.text.as_ref()).cloned()
    }

    pub(super) fn on_choose(&mut self, id: &JobId, text: Option<UserText>, along: u32, copied: bool) {
        let Some(index) = self.job(id) else { return };
        let job = &mut self.session.jobs[index];
        if !matches!(job.stage, Stage::Deciding | Stage::Refused) {
            return;
        }
        // The place of the click has put the prompt itself there, which is not what goes now.
        job.copied = copied || (job.copied && text == job.text);
        job.asks = false;
        job.text = text;
        job.along = along;
    }

    /// `asked` is the tab of the page that asked: word that it was opened may be on its way still, or have come to a background that
    /// is gone, and whoever is asked is not left behind.
    pub(super) fn on_decided(&mut self, id: &JobId, granted: bool, asked: Option<TabId>, now: Millis) {
        let Some(index) = self.job(id) else { return };
        let job = &mut self.session.jobs[index];
        if job.asks || !matches!(job.stage, Stage::Deciding | Stage::Refused) {
            return;
        }
        self.dirty = true;
        job.stage = Stage::Refused;
        job.tab = asked.or(job.tab);
        let (tab, id) = (job.tab, job.provider.clone());
        let Some(text) = self.goes(index).filter(|_| granted) else { return };
        self.agree(&id);
        for right in [self.wanted_host(&id, &text), Some(CONSENT.to_owned())].into_iter().flatten() {
            if !self.allowed(&right) {
                self.session.allowed.push(right);
            }
        }
        let entry = self.session.jobs[index].entry.clone();
        let (stage, target) = self.first_way(&id, entry.as_ref(), Some(&text));
        if target != Target::HandoffPage {
            self.open(index, stage, target, tab, now);
        }
    }

    pub(super) fn on_paste_by_hand(&mut self, id: &JobId, asked: Option<TabId>, now: Millis) {
        let Some(index) = self.job(id) else { return };
        let job = &mut self.session.jobs[index];
        if job.asks {
            return;
        }
        job.copied = true;
        job.tab = asked.or(job.tab);
        let (tab, provider, entry) = (job.tab, job.provider.clone(), job.entry.clone());
        self.agree(&provider);
        let target = self.page(&provider, entry.as_ref());
        self.open(index, Stage::OpeningFinal(Way::Clipboard), target, tab, now);
    }

    pub(super) fn on_opened(&mut self, id: &JobId, tab: Option<TabId>, now: Millis) {
        let Some(index) = self.job(id) else { return };
        self.dirty = true;
        let job = &mut self.session.jobs[index];
        job.tab = tab.or(job.tab);
        match (job.stage, tab) {
            (_, None) => self.end(index, Way::Clipboard, false, now),
            (Stage::OpeningFinal(way), Some(_)) => self.end(index, way, false, now),
            (Stage::Opening | Stage::Waiting, Some(tab)) => {
                job.stage = Stage::Waiting;
                let since = job.at;
                // The page that the prompt goes back into stands there already: it does not load again.
                let stands =
                    job.provider == CLAUDE.id && self.session.tabs.get(&tab).is_some_and(|page| page.hello < since);
                if stands || self.session.completed.iter().any(|(done, at)| *done == tab && *at >= since) {
                    self.fill(index, false);
                }
            }
            _ => {}
        }
    }

    pub(super) fn on_tab_complete(&mut self, tab: TabId, now: Millis) {
        // Only tabs of handoffs are remembered; one whose number is not known yet may be any.
        if self.session.jobs.is_empty() {
            return;
        }
        self.session.completed.push((tab, now));
        if self.session.completed.len() > MAX_COMPLETED {
            self.session.completed.remove(0);
        }
        self.dirty = true;
        // Word that the page was opened may be on its way still, or have come to a background that is gone.
        let stage = |job: &Job| matches!(job.stage, Stage::Opening | Stage::Waiting | Stage::Hinted);
        let waiting = |job: &Job| job.tab == Some(tab) && stage(job);
        // Where the word is lost, the next page that loads is tried; only one of the provider's is written into.
        let claude = self.session.tabs.get(&tab).is_some();
        let lost = |job: &Job| {
            job.tab.is_none()
                && job.stage == Stage::Waiting
                && now.abs_diff(job.at) < LOST_MS
                && (job.provider == CLAUDE.id) == claude
        };
        let jobs = &self.session.jobs;
        if let Some(index) = jobs.iter().position(waiting).or_else(|| jobs.iter().position(lost)) {
            let job = &mut self.session.jobs[index];
            job.tab = Some(tab);
            job.rung = 0;
            self.fill(index, false);
        }
    }

    pub(super) fn on_filled(&mut self, id: &JobId, report: &FillReport, now: Millis) {
        let Some(index) = self.job(id) else { return };
        let job = &mut self.session.jobs[index];
        if job.stage == Stage::Hinted && report.outcome == FillOutcome::Occupied {
            // The user types or pastes there: whatever comes after is the user's own.
            self.session.jobs.remove(index);
            self.dirty = true;
            return;
        }
        if job.stage != Stage::Filling {
            return;
        }
        self.dirty = true;
        let provider = job.provider.clone();
        // A page that cannot be reached may be a login on the way; what is typed later takes it back.
        let missed = matches!(report.outcome, FillOutcome::NoComposer | FillOutcome::Unreachable);
        self.note_missed(&provider, missed, now);
        let Some(sent) = self.goes(index) else {
            self.end(index, Way::Empty, false, now);
            return;
        };
        match report.outcome {
            FillOutcome::Written => {
                let read = report.read.as_ref().map_or("", UserText::reveal);
                if handoff::same_text(sent.reveal(), read) {
                    let way = if self.session.jobs[index].linked { Way::Link } else { Way::Typed };
                    self.end(index, way, true, now);
                } else {
                    // What stands there now is this job's own writing: the next rung may replace it.
                    let job = &mut self.session.jobs[index];
                    job.rung = job.rung.saturating_add(1);
                    self.step_down(index, &sent, now);
                }
            }
            // The page went on (a redirect, a login) before the script could speak: the next load is served.
            FillOutcome::Unreachable => self.session.jobs[index].stage = Stage::Waiting,
            FillOutcome::NoComposer | FillOutcome::Occupied => self.hint(index, false, now),
        }
    }

    /// The last technique was wrong: the next one, then the provider's link, then the clipboard.
    fn step_down(&mut self, index: usize, sent: &UserText, now: Millis) {
        let job = &self.session.jobs[index];
        let Some(found) = provider::find(&job.provider) else { return };
        let prompt = handoff::normalised(sent.reveal());
        let Some(editor) = found.editor else { return };
        if usize::from(job.rung) < handoff::techniques(editor, self.config.platform, &prompt).len() {
            self.fill(index, true);
            return;
        }
        match found.filling_link(&prompt) {
            Some(url) if !job.linked => {
                let tab = job.tab;
                self.session.jobs[index].linked = true;
                self.session.jobs[index].rung = 0;
                // Where Understudy may look, the link's work is read back as well.
                self.open(index, Stage::Opening, Target::Web { url }, tab, now);
            }
            _ => self.hint(index, true, now),
        }
    }

    /// Writes with the job's current technique.
    fn fill(&mut self, index: usize, overwrite: bool) {
        let Some(text) = self.goes(index) else { return };
        let job = &mut self.session.jobs[index];
        let Some(found) = provider::find(&job.provider) else { return };
        let Some(tab) = job.tab else { return };
        let text = handoff::normalised(text.reveal());
        let Some(editor) = found.editor else { return };
        let ways = handoff::techniques(editor, self.config.platform, &text);
        let Some(technique) = ways.get(usize::from(job.rung)).or(ways.last()).copied() else { return };
        job.stage = Stage::Filling;
        self.dirty = true;
        self.outputs.push(Output::Fill {
            job: job.id.clone(),
            tab,
            order: FillOrder {
                origin: found.origin(),
                selectors: found.composer,
                technique,
                text: UserText::new(text),
                appear_ms: APPEAR_MS,
                settle_ms: handoff::settle_ms(editor, technique, self.config.platform),
                overwrite,
                hint: None,
            },
        });
    }

    /// The last way: the text is on the clipboard, the page says so in one line. If it is not, the handoff page puts it there.
    /// `ours` says that what stands in the composer was written by this job, and is no text: what is pasted replaces it.
    fn hint(&mut self, index: usize, ours: bool, now: Millis) {
        let job = &mut self.session.jobs[index];
        let (Some(found), Some(tab)) = (provider::find(&job.provider), job.tab) else { return };
        if std::mem::replace(&mut job.hinted, true) {
            self.session.jobs.remove(index);
            self.dirty = true;
            return;
        }
        if !job.copied {
            self.open(index, Stage::Refused, Target::HandoffPage, None, now);
            return;
        }
        job.stage = Stage::Hinted;
        let (id, entry, name) = (job.id.clone(), job.entry.clone(), job.provider.clone());
        self.outputs.push(Output::Fill {
            job: id,
            tab,
            order: FillOrder {
                origin: found.origin(),
                selectors: found.composer,
                technique: Technique::ByHand,
                text: UserText::default(),
                appear_ms: 0,
                settle_ms: HINT_MS,
                overwrite: ours,
                hint: Some(Say::new("hint_paste")),
            },
        });
        self.note_left(index, Way::Clipboard, now);
        self.note_handed(entry.as_ref(), &name, Way::Clipboard, false, now);
    }

    /// One more line of what left; an empty page is nothing.
    fn note_left(&mut self, index: usize, way: Way, now: Millis) {
        let job = &self.session.jobs[index];
        let Some(entry) = job.entry.as_ref().and_then(|id| self.outbox.get(id)) else { return };
        if job.provider == CLAUDE.id {
            return;
        }
        let chars = job.text.as_ref().map_or(entry.chars, UserText::chars);
        left::add(&mut self.left, now, &job.provider, way, chars, job.along);
        let log = self.left.clone();
        self.persist(Area::Local, left::KEY.to_owned(), Some(log));
    }

    fn open(&mut self, index: usize, stage: Stage, target: Target, tab: Option<TabId>, now: Millis) {
        let job = &mut self.session.jobs[index];
        job.stage = stage;
        job.at = now;
        self.dirty = true;
        self.outputs.push(Output::Open { job: job.id.clone(), target, tab });
    }

    fn end(&mut self, index: usize, way: Way, verified: bool, now: Millis) {
        let copied = self.session.jobs[index].copied;
        let way = match way {
            Way::Link if !copied => Way::LinkOnly,
            _ => way,
        };
        // No tab, and nothing to paste: nothing was done.
        let done = way != Way::Clipboard || copied;
        if done {
            self.note_left(index, way, now);
        }
        let job = self.session.jobs.remove(index);
        self.dirty = true;
        if !done {
            return;
        }
        if let Some(text) = &job.text
            && let Some(kept) = job.entry.as_ref().and_then(|id| self.outbox.get_mut(id))
        {
            kept.went = Some(text.print());
        }
        self.note_handed(job.entry.as_ref(), &job.provider, way, verified, now);
    }

    fn note_handed(&mut self, entry: Option<&EntryId>, name: &str, way: Way, verified: bool, now: Millis) {
        self.dirty = true;
        let back = name == CLAUDE.id;
        if !back {
            self.log_handed(entry, now);
        }
        if let Some(kept) = entry.and_then(|id| self.outbox.get_mut(id)) {
            if back {
                // What is sent from there now is this prompt again.
                kept.touched = now;
                if verified {
                    kept.later = None;
                }
            }
            kept.handed = Some(Handed { provider: name.to_owned(), at: now, way, verified });
            let id = kept.id.clone();
            self.keep(&id);
        }
        if !back {
            self.tell_card(entry, name, way, verified);
        } else if verified {
            self.close_recovered(entry);
        }
    }

    /// The background died while a script was at work: its answer is lost. Asking again changes nothing that stands
    /// there, for a composer that holds the text is left as it is. Or it died before it had word of the tab that it asked for.
    pub(super) fn resume_jobs(&mut self, now: Millis) {
        self.age_jobs(now);
        for index in 0..self.session.jobs.len() {
            let job = &mut self.session.jobs[index];
            if job.stage == Stage::Filling {
                let id = job.id.clone();
                self.resume(id);
            } else if job.stage == Stage::Opening && job.tab.is_none() {
                job.stage = Stage::Waiting;
            }
        }
    }

    /// Goes on with a handoff whose script was at work, at once or when its text is at hand.
    pub(super) fn resume(&mut self, id: JobId) {
        match self.job(&id) {
            Some(index) if self.goes(index).is_some() => self.fill(index, false),
            Some(_) => self.resumed.push(id),
            None => {}
        }
    }

    pub(super) fn age_jobs(&mut self, now: Millis) {
        let before = self.session.jobs.len();
        let never = &self.settings.never;
        self.session.jobs.retain(|job| now.abs_diff(job.at) < JOB_LIFE_MS && !never.contains(&job.provider));
        self.dirty |= self.session.jobs.len() != before;
    }

    pub(super) fn drop_jobs_of(&mut self, tab: TabId) {
        let before = self.session.jobs.len();
        self.session.jobs.retain(|job| job.tab != Some(tab));
        self.dirty |= self.session.jobs.len() != before;
    }

    pub(super) fn job(&self, id: &JobId) -> Option<usize> {
        self.session.jobs.iter().position(|job| job.id == *id)
    }

    pub(super) fn allowed(&self, origin: &str) -> bool {
        self.session.allowed.iter().any(|allowed| allowed == origin)
    }

    /// Whether the user has gone to this fallback before, and knew where that is: from then on one click is one click.
    pub(super) fn agreed(&self, id: &str) -> bool {
        let name = self.agreement(id);
        self.agreed.lines().any(|known| known == name)
    }

    /// The user has seen what goes where, and goes on.
    fn agree(&mut self, id: &str) {
        if self.agreed(id) {
            return;
        }
        let line = [self.agreement(id), "\n"].concat();
        self.agreed.push_str(&line);
        let agreed = self.agreed.clone();
        self.persist(Area::Local, AGREED_KEY.to_owned(), Some(agreed));
    }

    /// What is agreed to: with an address of the user's own that very address, and no later one.
    fn agreement<'a>(&'a self, id: &'a str) -> &'a str {
        if id == CUSTOM { &self.settings.custom_url } else { id }
    }

    /// Whether a prompt may go to the assistant that was clicked, without a further question.
    pub(super) fn consented(&self) -> bool {
        self.config.platform != Platform::Firefox || self.allowed(CONSENT)
    }

    /// Whether Understudy may type into a provider's page.
    pub(super) fn may_type(&self, found: &Provider) -> bool {
        found.pattern().is_some_and(|pattern| self.allowed(&pattern))
    }

    /// The host that must be asked for before this text can go to a provider; `None` if its link, or a granted host, is
    /// enough, and where Understudy never types.
    pub(super) fn wanted_host(&self, id: &str, text: &UserText) -> Option<String> {
        let found = provider::find(id)?;
        let linked = || found.filling_link(&handoff::normalised(text.reveal())).is_some();
        found.pattern().filter(|pattern| !self.allowed(pattern) && !linked())
    }

    /// The page of a provider; for Claude the thread that the prompt belongs to, where there is one.
    fn page(&self, id: &str, entry: Option<&EntryId>) -> Target {
        if id != CLAUDE.id {
            return Target::Web { url: self.home(id) };
        }
        let entry = entry.and_then(|entry| self.outbox.get(entry));
        if let Some(url) = entry.and_then(thread_of) {
            return Target::Thread { url, at: None };
        }
        // The page that it failed in may have it in its composer still, by the site's own doing; not after a reload.
        let at =
            entry.filter(|entry| self.failed_here(entry)).and_then(|entry| entry.conversation.as_deref()).map(thread);
        Target::Thread { url: CLAUDE.home.to_owned(), at }
    }

    /// The page with a provider's composer.
    pub(super) fn home(&self, id: &str) -> String {
        match provider::find(id) {
            Some(found) => found.home.to_owned(),
            None => {
                Template::parse(&self.settings.custom_url).map_or_else(|_| String::new(), |template| template.home())
            }
        }
    }
}
