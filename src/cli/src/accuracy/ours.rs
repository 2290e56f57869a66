//! The judge of the extension, with what the extension would do for it: ask the neutral origin, ask claude.ai.

use super::rng::Rng;
use super::workload::{Event, Fate, GRACE_S, Session, millis};
use understudy_engine::judge::{Heard, Judge, Seen, Way};
use understudy_engine::verdict::State;
use understudy_engine::{Class, Millis, Surface};

/// The judge and what it waits for.
pub struct Ours {
    /// The very one of the extension.
    pub judge: Judge,
    rng: Rng,
    due: Vec<(Millis, Due)>,
    /// Until then the last probe is under way: one is sent at a time.
    busy: Millis,
}

#[derive(Clone, Copy, Debug)]
enum Due {
    /// The neutral origin's answer.
    Neutral(bool),
    /// A probe's.
    Probe(Surface, Fate),
    /// A send has no first byte yet.
    Late(u64),
}

/// What is told to whoever keeps the score.
pub enum Told<'a> {
    /// A request of the user's failed: the extension would offer another way.
    Offer(&'a Event),
    /// The verdict has changed.
    State(Millis, State),
}

/// An answer of the neutral origin takes this long, …
const ANSWER_MS: Millis = 300;
/// … and that there is none is known after this long.
const SILENCE_MS: Millis = 1_000;
/// The extension gives up a probe after this long: what is small and has no answer by then has failed.
const GIVE_UP_MS: Millis = 5_000;
/// The extension calls a send late after this long without a first byte.
const LATE_MS: Millis = 20_000;

impl Ours {
    pub fn new(probing: bool, rng: Rng) -> Self {
        Self { judge: Judge::new(probing), rng, due: Vec::new(), busy: 0 }
    }

    /// Lives through one session.
    pub fn session(&mut self, session: &Session, tell: &mut dyn FnMut(Told<'_>)) {
        let closes = session.end + millis(GRACE_S);
        let mut events = session.events.iter().peekable();
        self.due.clear();
        self.busy = 0;
        let late = session.events.iter().filter(|event| event.surface == Some(Surface::Completion));
        self.due.extend(
            late.filter(|event| event.at >= event.began + LATE_MS)
                .map(|event| (event.began + LATE_MS, Due::Late(u64::from(event.action)))),
        );
        let mut state = self.judge.state();
        let mut now = session.start;
        loop {
            let event = events.peek().map(|event| event.at);
            let answer = self.due.iter().map(|(at, _)| *at).min();
            let probe = self.judge.probe().map(|(at, _)| at.max(self.busy).max(now)).filter(|at| *at <= closes);
            let Some(next) = [event, answer, probe].into_iter().flatten().min() else { break };
            now = next.max(now);
            self.judge.tick(now);
            if answer == Some(next) {
                let index = self.due.iter().position(|(at, _)| *at == next).unwrap_or_default();
                match self.due.swap_remove(index).1 {
                    Due::Neutral(up) => self.judge.neutral(up, now),
                    Due::Late(turn) => {
                        let surface = Surface::Completion;
                        let (class, way) = (Class::Unknown, Way::Doubtful);
                        self.judge
                            .observe(&Seen { surface, class, worth: 0.6, way, model: None, turn: Some(turn) }, now);
                    }
                    Due::Probe(surface, fate) => {
                        self.observe(Some(surface), fate, None, now);
                    }
                }
            } else if event == Some(next) {
                if let Some(event) = events.next() {
                    let turn = (event.surface == Some(Surface::Completion)).then_some(u64::from(event.action));
                    let heard = self.observe(event.surface, event.fate, turn, now);
                    if matches!(heard, Heard::Failed | Heard::Held) {
                        tell(Told::Offer(event));
                    }
                }
            } else if let Some((_, surface)) = self.judge.probe() {
                self.judge.probed(now);
                let (fate, later) = session.probe(surface, now, &mut self.rng);
                let (fate, later) = if later < GIVE_UP_MS { (fate, later) } else { (Fate::Silent, GIVE_UP_MS) };
                self.busy = now + ANSWER_MS + later;
                self.due.push((self.busy, Due::Probe(surface, fate)));
            }
            if self.judge.asks(now) {
                let up = session.network(now);
                self.due.push((now + if up { ANSWER_MS } else { SILENCE_MS }, Due::Neutral(up)));
            }
            let current = self.judge.state();
            if current != state {
                state = current;
                tell(Told::State(now, state));
            }
        }
    }

    fn observe(&mut self, surface: Option<Surface>, fate: Fate, turn: Option<u64>, now: Millis) -> Heard {
        let (class, way) = match fate {
            Fate::Ok => (Class::Ok, Way::Answered),
            Fate::Error => (Class::Service, Way::Answered),
            Fate::Silent | Fate::Offline => (Class::OwnNetwork, Way::Silent),
            Fate::Limit => (Class::UserLimit, Way::Answered),
            Fate::Session => (Class::Session, Way::Answered),
        };
        let Some(surface) = surface else { return Heard::Nothing };
        self.judge.online(fate != Fate::Offline);
        self.judge.observe(&Seen { surface, class, worth: 1.0, way, model: None, turn }, now)
    }
}
