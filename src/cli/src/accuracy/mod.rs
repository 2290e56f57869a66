//! `understudy accuracy`: what the verdict is worth on one person's traffic, and what other rules are worth on the same.

mod ours;
mod report;
pub mod rivals;
pub mod rng;
pub mod workload;

pub use report::{json, text};

use ours::{Ours, Told};
use rivals::Rule;
use rng::Rng;
use understudy_engine::Millis;
use understudy_engine::verdict::State;
use understudy_engine::wait::{Lengths, remaining};
use workload::{Fate, GRACE_S, Kind, Outage, Rates, Session, millis};

/// What is to be simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: u64,
    /// User-years without an outage, for the false verdicts.
    pub years: u32,
    /// Outages that the user meets.
    pub outages: u32,
    /// Twice the independent failures, longer and more frequent blips.
    pub stress: bool,
}

/// What one rule achieved.
#[derive(Clone, Debug)]
pub struct Score {
    /// Its name.
    pub name: &'static str,
    /// Verdicts while there was no outage.
    pub false_verdicts: u32,
    /// By kind of outage: how many were met.
    pub met: [u32; 4],
    /// Of each that was detected in time the delay and the user's failed actions up to then.
    pub found: [Vec<(Millis, u32)>; 4],
    /// Outages with an offer within the first failed action; `None` for rules that offer nothing.
    pub offered: Option<u32>,
}

/// How good the range is when an outage has lasted so long already, as the user knows.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Minutes since the user's first failure.
    pub elapsed: u64,
    /// Outages that were still on.
    pub cases: u32,
    /// Of them, those that ended within the range from 10 to 90 %.
    pub covered: u32,
    /// Mean pinball loss over the quantiles, in minutes, …
    pub loss: f64,
    /// … and that of saying the median of all outages at any time.
    pub constant: f64,
}

/// Everything that was found.
pub struct Found {
    /// One for each rule, ours last.
    pub scores: Vec<Score>,
    /// The recovery range.
    pub ranges: Vec<Range>,
    /// Requests and completions of a day, to compare with a real one.
    pub per_day: (f64, f64),
}

/// Runs the simulation; `progress` is told the share that is done.
pub fn run(plan: Plan, progress: &mut dyn FnMut(f64)) -> Found {
    let rates = if plan.stress { Rates::STRESS } else { Rates::STANDARD };
    let mut scores: Vec<Score> = rivals::all()
        .iter()
        .map(|(name, _)| (*name, None))
        .chain(OURS.map(|name| (name, Some(0))))
        .map(|(name, offered)| Score {
            name,
            false_verdicts: 0,
            met: [0; 4],
            found: std::array::from_fn(|_| Vec::new()),
            offered,
        })
        .collect();
    let mut traffic = (0, 0);
    for year in 0..plan.years {
        healthy_year(plan.seed, u64::from(year), rates, &mut scores, &mut traffic);
        progress(0.8 * f64::from(year + 1) / f64::from(plan.years));
    }
    let mut rng = Rng::new(plan.seed, OUTAGES);
    let (mut met, mut index) = (0, 0);
    let mut lasted = Vec::new();
    while met < plan.outages {
        index += 1;
        if let Some(rest) = outage(plan.seed, index, rates, &mut rng, &mut scores) {
            met += 1;
            lasted.push(rest);
            if met % 50 == 0 {
                progress(0.8 + 0.2 * f64::from(met) / f64::from(plan.outages));
            }
        }
    }
    progress(1.0);
    let days = f64::from(plan.years.max(1)) * 365.0;
    Found {
        scores,
        ranges: ELAPSED.iter().map(|elapsed| range(*elapsed, &lasted)).collect(),
        per_day: (f64::from(traffic.0) / days, f64::from(traffic.1) / days),
    }
}

/// Traffic without any outage: every verdict is a false one.
fn healthy_year(seed: u64, year: u64, rates: Rates, scores: &mut [Score], traffic: &mut (u32, u32)) {
    let mut rng = Rng::new(seed, 2 * year);
    let mut rules: Vec<(Box<dyn Rule>, bool)> = rivals::all().into_iter().map(|(_, rule)| (rule, false)).collect();
    let mut ours = [false, true].map(|probing| Ours::new(probing, Rng::new(seed, 2 * year + 1)));
    let mut free: Millis = 0;
    for day in 0..365 {
        let mut starts: Vec<f64> = (0..rng.poisson(3.0)).map(|_| rng.uniform(9.0, 22.0) * 3_600.0).collect();
        starts.sort_by(f64::total_cmp);
        for start in starts {
            // One person is in one place: a session that would begin in the middle of another one follows it.
            let start = (DAY_MS * (BEGINNING + day) + millis(start)).max(free);
            let session = Session::new(start, rates, &mut rng, |_, _| None);
            free = session.end + millis(GRACE_S);
            traffic.0 += u32::try_from(session.events.len()).unwrap_or(0);
            for event in &session.events {
                traffic.1 += u32::from(event.surface == Some(understudy_engine::Surface::Completion));
                for ((rule, on), score) in rules.iter_mut().zip(scores.iter_mut()) {
                    let now = rule.see(event);
                    score.false_verdicts += u32::from(now && !*on);
                    *on = now;
                }
            }
            let first = rules.len();
            for (ours, score) in ours.iter_mut().zip(&mut scores[first..]) {
                let mut was = ours.judge.state();
                ours.session(&session, &mut |told| {
                    if let Told::State(_, state) = told {
                        // A recovery that is taken back is the same verdict still.
                        let fresh = speaks(state) && !speaks(was) && was != State::Recovering;
                        score.false_verdicts += u32::from(fresh);
                        was = state;
                    }
                });
            }
        }
    }
}

const fn speaks(state: State) -> bool {
    matches!(state, State::Down | State::Flapping)
}

/// One outage that begins during a session: how long it lasted after the user's first failure, or `None` if the user never
/// met it (then it is none of this user's).
fn outage(seed: u64, index: u64, rates: Rates, rng: &mut Rng, scores: &mut [Score]) -> Option<Millis> {
    let session = Session::new(DAY_MS * BEGINNING, rates, rng, |length, rng| {
        let kind = Kind::draw(rng);
        let from = rng.uniform(0.0, length);
        Some(Outage { kind, from, until: from + 60.0 * rng.lognormal(62.0, 1.27) })
    });
    let outage = session.outage()?;
    let (from, until) = (session.start + millis(outage.from), session.start + millis(outage.until));
    let first = session.events.iter().find(|event| {
        let met = event.critical() && matches!(event.fate, Fate::Error | Fate::Silent);
        met && (from..until).contains(&event.began) && event.at <= session.end
    })?;
    let deadline = session.end.min(until) + millis(GRACE_S);
    let failed_until = |at: Millis| {
        let failed = session.events.iter().filter(|event| event.critical() && event.fate.failed());
        let mut actions: Vec<u32> =
            failed.filter(|event| (first.at..=at).contains(&event.at)).map(|event| event.action).collect();
        actions.dedup();
        u32::try_from(actions.len()).unwrap_or(u32::MAX)
    };
    let note = |score: &mut Score, at: Option<Millis>| {
        score.met[outage.kind as usize] += 1;
        if let Some(at) = at.filter(|at| *at <= deadline) {
            let delay = at.saturating_sub(first.at);
            score.found[outage.kind as usize].push((delay, failed_until(first.at + delay)));
        }
    };
    let mut rules = rivals::all();
    for ((_, rule), score) in rules.iter_mut().zip(scores.iter_mut()) {
        let mut at = None;
        for event in &session.events {
            if rule.see(event) && event.at >= first.at {
                at.get_or_insert(event.at);
            }
        }
        note(score, at);
    }
    let place = rules.len();
    for (probing, score) in [false, true].into_iter().zip(&mut scores[place..]) {
        let mut ours = Ours::new(probing, Rng::new(seed, PROBES + index));
        let (mut at, mut offered) = (None, false);
        ours.session(&session, &mut |told| match told {
            Told::Offer(event) => offered |= event.action == first.action,
            Told::State(now, state) if speaks(state) && now >= from => at = at.or(Some(now)),
            Told::State(..) => {}
        });
        score.offered = score.offered.map(|count| count + u32::from(offered));
        note(score, at);
    }
    Some(until.saturating_sub(first.at))
}

/// The recovery range, said `elapsed` minutes after the user's first failure, against what came.
fn range(elapsed: u64, lasted: &[Millis]) -> Range {
    let now = elapsed * MINUTE_MS;
    let say = |quantile| remaining(quantile, now, Lengths::PUBLISHED);
    let (low, high) = (say(0.1), say(0.9));
    let constant = remaining(0.5, 0, Lengths::PUBLISHED);
    let mut found = Range { elapsed, cases: 0, covered: 0, loss: 0.0, constant: 0.0 };
    for left in lasted.iter().filter(|lasted| **lasted > now).map(|lasted| lasted - now) {
        found.cases += 1;
        found.covered += u32::from((low..=high).contains(&left));
        for quantile in QUANTILES {
            found.loss += pinball(quantile, say(quantile), left);
            found.constant += pinball(quantile, constant, left);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "five")]
    let count = f64::from(found.cases.max(1)) * QUANTILES.len() as f64;
    Range { loss: found.loss / count, constant: found.constant / count, ..found }
}

/// In minutes: what it costs to have said `said` for the quantile, when `came` came.
fn pinball(quantile: f64, said: Millis, came: Millis) -> f64 {
    let short = (workload::seconds(came) - workload::seconds(said)) / 60.0;
    short * if short > 0.0 { quantile } else { quantile - 1.0 }
}

const OURS: [&str; 2] = ["Understudy, without probes", "Understudy, with probes"];
const DAY_MS: Millis = 86_400_000;
const MINUTE_MS: Millis = 60_000;
/// The day on which the simulated years begin: the engine has no use for 1970.
const BEGINNING: u64 = 20_000;
/// Streams of random numbers: each has its own, so that probes change nothing for others.
const OUTAGES: u64 = 1 << 40;
const PROBES: u64 = 1 << 41;
/// Minutes since the user's first failure at which a range is said.
const ELAPSED: [u64; 6] = [0, 15, 30, 60, 120, 240];
const QUANTILES: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

#[cfg(test)]
mod tests {
    use super::{Plan, Range, run};

    fn small(seed: u64, stress: bool) -> super::Found {
        run(Plan { seed, years: 2, outages: 200, stress }, &mut |_| ())
    }

    #[test]
    fn a_seed_gives_one_result() {
        let say = |found: &super::Found| {
            let mut page = Vec::new();
            super::json(Plan { seed: 1, years: 2, outages: 200, stress: false }, found, &mut page).expect("written");
            page
        };
        let (first, second, other) = (small(1, false), small(1, false), small(2, false));
        assert_eq!(say(&first), say(&second));
        assert_ne!(say(&first), say(&other));
    }

    #[test]
    fn the_traffic_is_one_persons() {
        let (requests, completions) = small(3, false).per_day;
        assert!((300.0..400.0).contains(&requests), "{requests} requests a day");
        assert!((30.0..45.0).contains(&completions), "{completions} completions a day");
    }

    /// What the page promises holds on a seed that nothing was tuned on, as far as so few cases can tell.
    #[test]
    fn ours_is_what_it_is_said_to_be() {
        let found = small(9, false);
        let [.., plain, probing] = found.scores.as_slice() else { unreachable!() };
        for (score, share, median) in [(plain, 0.86, 60_000), (probing, 0.92, 36_000)] {
            let met: u32 = score.met.iter().sum();
            let mut delays: Vec<_> = score.found.iter().flatten().map(|(delay, _)| *delay).collect();
            delays.sort_unstable();
            let detected = f64::from(u32::try_from(delays.len()).expect("few")) / f64::from(met);
            assert!(detected >= share, "{}: {detected}", score.name);
            assert!(delays[delays.len() / 2] <= median, "{}: {}", score.name, delays[delays.len() / 2]);
            assert!(score.false_verdicts <= 3, "{}: {}", score.name, score.false_verdicts);
            assert!(f64::from(score.offered.expect("counted")) >= 0.99 * f64::from(met));
        }
        let rivals = &found.scores[..found.scores.len() - 2];
        assert!(rivals.iter().all(|rival| rival.false_verdicts > probing.false_verdicts));
    }

    #[test]
    fn the_range_is_calibrated() {
        for Range { elapsed, cases, covered, loss, constant } in small(4, false).ranges {
            assert!(loss < constant, "{elapsed}: {loss} against {constant}");
            if cases > 100 {
                let coverage = f64::from(covered) / f64::from(cases);
                assert!((0.68..0.92).contains(&coverage), "{elapsed}: {coverage}");
            }
        }
    }
}
