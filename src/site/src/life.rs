//! One person's day in a story, lived through by the engine as in the extension: the same inputs, the same outputs carried out.

use crate::story::{Day, Story};
use crate::world::World;
use understudy_cli::accuracy::rivals;
use understudy_cli::accuracy::rng::Rng;
use understudy_cli::accuracy::workload::{Event, seconds, traffic};
use understudy_engine::verdict::State;
use understudy_engine::{Millis, Tone, claude};

/// What happened, complete.
#[derive(Default)]
pub struct Life {
    /// The stretch of time.
    pub span: (Millis, Millis),
    /// Every change of what the popup says.
    pub said: Vec<Said>,
    /// The first offer to go on elsewhere.
    pub offered: Option<Millis>,
    /// When each of the user's actions failed that failed.
    pub failed: Vec<Millis>,
    /// When the other rule changed its mind, and to what.
    pub rival: Vec<(Millis, bool)>,
    /// When the status page changed, and whether it says that claude.ai is down.
    pub official: Vec<(Millis, bool)>,
    /// When claude.ai was asked by the extension itself.
    pub probes: Vec<Millis>,
}

/// What the popup says from some moment on.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The moment.
    pub at: Millis,
    /// The verdict.
    pub state: State,
    /// The role of its colour.
    pub tone: Tone,
    /// The verdict in words.
    pub headline: String,
    /// What to do next.
    pub advice: Option<String>,
    /// Why.
    pub evidence: Vec<(Millis, String)>,
}

impl Life {
    /// Lives through a story; `probing` is whether claude.ai may be asked.
    pub fn live(story: &Story, probing: bool) -> Self {
        let (from, to) = story.span();
        let mut day = Day { story: story.clone(), met: Vec::new() };
        let events = traffic(&mut day, from, seconds(to - from), &mut Rng::new(SEED, 0));
        let mut events: Vec<_> = events.into_iter().zip(day.met).collect();
        events.sort_by_key(|(event, _)| event.at);
        let mut world = World::new(story, probing);
        for (event, wrong) in &events {
            world.request(event, wrong.as_ref());
        }
        world.run();

        let mut life = world.life;
        life.span = (from, to);
        let mut actions: Vec<&Event> =
            events.iter().map(|(event, _)| event).filter(|event| event.critical() && event.fate.failed()).collect();
        actions.dedup_by_key(|event| event.action);
        life.failed = actions.iter().map(|event| event.at).collect();
        if let Some((_, mut rule)) = rivals::all().into_iter().find(|(name, _)| *name == RIVAL) {
            for (event, _) in &events {
                note(&mut life.rival, event.at, rule.see(event));
            }
        }
        for (at, body) in story.posts() {
            note(&mut life.official, at, claude::parse_status(body).is_some_and(|page| page.says_down()));
        }
        life
    }

    /// What the popup says at a moment.
    pub fn said(&self, at: Millis) -> Option<&Said> {
        self.said.iter().rev().find(|said| said.at <= at)
    }

    /// When the verdict was first that Claude is down.
    pub fn down(&self) -> Option<Millis> {
        self.said.iter().find(|said| is_down(said.state)).map(|said| said.at)
    }

    /// When that verdict was taken back for good.
    pub fn over(&self) -> Option<Millis> {
        let last = self.said.iter().rposition(|said| is_down(said.state))?;
        self.said.get(last + 1).map(|said| said.at)
    }
}

/// Whether this is said of Claude.
pub const fn is_down(state: State) -> bool {
    matches!(state, State::Down | State::Flapping)
}

fn note(changes: &mut Vec<(Millis, bool)>, at: Millis, now: bool) {
    if changes.last().map_or(now, |(_, before)| *before != now) {
        changes.push((at, now));
    }
}

/// One person; another number is another one.
const SEED: u64 = 302;
/// The rule that stands beside ours, by its name in `understudy accuracy`.
const RIVAL: &str = "resilience4j defaults";

#[cfg(test)]
mod tests {
    use super::Life;
    use crate::story::{Story, stories};
    use understudy_engine::Tone;
    use understudy_engine::moment::parse_rfc3339;
    use understudy_engine::verdict::State;

    fn story(id: &str) -> Story {
        stories().into_iter().find(|story| story.id == id).expect(id)
    }

    #[test]
    fn the_verdict_of_the_second_of_march_comes_before_the_status_page() {
        let life = Life::live(&story("2026-03-02"), true);
        let (first, down) = (life.failed[0], life.down().expect("a verdict"));
        let posted = parse_rfc3339("2026-03-02T11:49:00Z").expect("a time");
        assert_eq!(life.official.first(), Some(&(posted, true)));
        assert_eq!(life.offered, Some(first), "one failure is enough for an offer");
        assert!(first < down && down < posted, "{first} {down} {posted}");
        assert_eq!(life.said(down).expect("words").headline, "Claude is down");
        assert!(!life.said(down).expect("words").evidence.is_empty());
        // What the page says half an hour later is heard.
        let later = life.said(posted + 10 * 60_000).expect("words");
        assert!(later.headline.contains("API is up"), "{later:?}");
        let over = life.over().expect("an end");
        assert!(over < life.official.last().expect("an end").0, "we see it work before the page says so");
        assert_eq!(life.said.last().map(|said| (said.state, said.tone)), Some((State::Clear, Tone::Calm)));
    }

    #[test]
    fn without_probes_the_verdict_is_later_and_nobody_is_asked() {
        let story = story("2026-03-02");
        let (with, without) = (Life::live(&story, true), Life::live(&story, false));
        assert!(!with.probes.is_empty() && without.probes.is_empty());
        assert!(without.down() > with.down());
        assert_eq!(with.failed, without.failed, "the person does the same");
        assert_eq!(with.rival, without.rival);
    }

    #[test]
    fn a_dead_network_is_nobodys_outage_but_the_other_rules() {
        let story = story("dead-network");
        let life = Life::live(&story, true);
        assert!(story.innocent() && life.down().is_none() && life.official.is_empty());
        assert!(life.rival.first().is_some_and(|(_, on)| *on));
        assert!(life.said.iter().any(|said| said.headline == "Your network does not answer"), "{:?}", life.said);
    }

    #[test]
    fn the_status_page_never_admits_what_we_see() {
        for id in ["overloaded-529", "green-status-page"] {
            let life = Life::live(&story(id), true);
            assert!(life.down().is_some() && life.over().is_some() && life.official.is_empty(), "{id}");
        }
    }

    #[test]
    fn a_life_can_be_lived_again() {
        for story in stories() {
            let (one, two) = (Life::live(&story, true), Life::live(&story, true));
            assert_eq!((one.said, one.probes, one.rival), (two.said, two.probes, two.rival), "{}", story.id);
        }
    }
}
