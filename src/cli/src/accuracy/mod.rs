//! `understudy accuracy`: what the verdict is worth on one person's traffic, and what other rules are worth on the same.

mod ours;
mod rivals;
mod rng;
mod workload;

use ours::{Ours, Told};
use rng::Rng;
use understudy_engine::verdict::State;
use understudy_engine::{Class, Millis};
use workload::{Fate, GRACE_S, Kind, Outage, Rates, Session, millis};

/// What is to be simulated.
pub struct Plan {
    pub seed: u64,
    pub years: u32,
    pub outages: u32,
    pub stress: bool,
}

/// What one rule achieved.
#[derive(Clone, Debug, Default)]
pub struct Score {
    pub name: String,
    pub false_alarms: u32,
    /// By kind of outage: how many there were, and of each that was detected the delay in milliseconds and the failed actions.
    pub met: [u32; 4],
    pub found: [Vec<(Millis, u32)>; 4],
    pub offered: u32,
}

const DAY_MS: Millis = 86_400_000;

pub fn run(plan: &Plan, progress: &mut dyn FnMut(f64)) -> Vec<Score> {
    let rates = if plan.stress { Rates::STRESS } else { Rates::STANDARD };
    let names = rivals::all().into_iter().map(|(name, _)| name).chain(["ours, without probes", "ours, with probes"]);
    let mut scores: Vec<Score> = names.map(|name| Score { name: name.to_owned(), ..Score::default() }).collect();
    for year in 0..plan.years {
        healthy_year(plan.seed, u64::from(year), rates, &mut scores);
        progress(f64::from(year) / f64::from(plan.years));
    }
    let mut rng = Rng::new(plan.seed, 1 << 40);
    let mut met = 0;
    let mut index = 0;
    while met < plan.outages {
        index += 1;
        met += u32::from(outage(plan.seed, index, rates, &mut rng, &mut scores));
    }
    scores
}

fn healthy_year(seed: u64, year: u64, rates: Rates, scores: &mut [Score]) {
    let mut rng = Rng::new(seed, 3 * year);
    let mut rules = if std::env::var("TUNE").is_ok() { Vec::new() } else { rivals::all() };
    let mut on = vec![false; rules.len()];
    let mut ours = [false, true].map(|probing| Ours::new(probing, Rng::new(seed, 3 * year + 1)));
    let mut free: Millis = 0;
    let debug = std::env::var("DEBUG").is_ok();
    for day in 0..365 {
        let mut starts: Vec<f64> = (0..rng.poisson(3.0)).map(|_| rng.uniform(9.0, 22.0) * 3_600.0).collect();
        starts.sort_by(f64::total_cmp);
        for start in starts {
            let start = (DAY_MS * (400 + day) + millis(start)).max(free);
            let session = Session::new(start, rates, &mut rng, |_, _| None);
            free = session.end + millis(GRACE_S);
            for event in &session.events {
                for ((rule, on), score) in rules.iter_mut().map(|(_, rule)| rule).zip(&mut on).zip(scores.iter_mut()) {
                    let now = rule.see(event);
                    score.false_alarms += u32::from(now && !*on);
                    *on = now;
                }
            }
            let first = scores.len() - 2;
            for (probing, (ours, score)) in ours.iter_mut().zip(&mut scores[first..]).enumerate() {
                let mut was = ours.judge.state();
                let mut log = Vec::new();
                ours.session(&session, &mut |told| {
                    if let Told::State(at, state) = told {
                        let fresh = state == State::Down && !matches!(was, State::Recovering | State::Flapping);
                        score.false_alarms += u32::from(fresh);
                        if fresh { log.push(at); }
                        was = state;
                    }
                });
                if debug {
                    for at in log {
                        eprintln!("FALSE {probing} y{year} at {}", (at - session.start) / 1000);
                        for (t,su,f) in ours.log.iter().filter(|e| e.0 + 120_000 > at && e.0 <= at) { eprintln!("   {:>6.1} probe {su:?} {f:?}", (*t as f64 - at as f64)/1000.0); }
                        for e in session.events.iter().filter(|e| e.at + 120_000 > at && e.at <= at + 1000 && e.surface.is_some()) {
                            eprintln!("   {:>6.1} {:?} {:?}", (e.at as f64 - at as f64) / 1000.0, e.surface.unwrap(), e.fate);
                        }
                    }
                }
            }
        }
    }
}

/// One outage that begins during a session; false if the user never met it.
fn outage(seed: u64, index: u64, rates: Rates, rng: &mut Rng, scores: &mut [Score]) -> bool {
    let session = Session::new(DAY_MS * 400, rates, rng, |length, rng| {
        let kind = Kind::draw(rng);
        let from = rng.uniform(0.0, length);
        Some(Outage { kind, from, until: from + 60.0 * rng.lognormal(62.0, 1.27) })
    });
    let Some(outage) = session.outage() else { return false };
    let (from, until) = (session.start + millis(outage.from), session.start + millis(outage.until));
    let met = |fate: Fate| matches!(fate, Fate::Error | Fate::Silent);
    let Some(first) = session
        .events
        .iter()
        .filter(|event| event.critical() && met(event.fate) && (from..until).contains(&event.began))
        .find(|event| event.at <= session.end)
        .copied()
    else {
        return false;
    };
    let deadline = session.end.min(until) + millis(GRACE_S);
    let kind = outage.kind as usize;
    let failed_until = |at: Millis| {
        let mut actions: Vec<u32> = session
            .events
            .iter()
            .filter(|event| event.critical() && event.fate.failed() && (first.at..=at).contains(&event.at))
            .map(|event| event.action)
            .collect();
        actions.dedup();
        u32::try_from(actions.len()).unwrap_or(u32::MAX)
    };
    let mut note = |score: &mut Score, at: Option<Millis>| {
        score.met[kind] += 1;
        if let Some(at) = at.filter(|at| *at <= deadline) {
            score.found[kind].push((at.saturating_sub(first.at), failed_until(at.max(first.at))));
        }
    };
    let mut rules = if std::env::var("TUNE").is_ok() { Vec::new() } else { rivals::all() };
    for ((_, rule), score) in rules.iter_mut().zip(scores.iter_mut()) {
        let mut at = None;
        for event in &session.events {
            if rule.see(event) && event.at >= first.at {
                at.get_or_insert(event.at);
            }
        }
        note(score, at);
    }
    let place = scores.len() - 2;
    for (probing, score) in [false, true].into_iter().zip(&mut scores[place..]) {
        let mut ours = Ours::new(probing, Rng::new(seed, (1 << 41) + index));
        let (mut at, mut offered) = (None, false);
        ours.session(&session, &mut |told| match told {
            Told::Offer(event) => offered |= event.action == first.action,
            Told::State(now, State::Down) if now >= from => at = at.or(Some(now)),
            Told::State(..) => {}
        });
        score.offered += u32::from(offered);
        note(score, at);
    }
    true
}

pub fn print(plan: &Plan, scores: &[Score]) {
    for score in scores {
        let mut all: Vec<(Millis, u32)> = score.found.iter().flatten().copied().collect();
        all.sort_unstable();
        let met: u32 = score.met.iter().sum();
        let q = |list: &[(Millis, u32)], q: f64| list.get(((list.len() as f64 - 1.0) * q).round() as usize).map_or(0.0, |d| d.0 as f64 / 1000.0);
        print!("{:<40} FA {:>7.2}/y  det {:>5.1}%  p50 {:>6.1} p80 {:>6.1} p95 {:>6.1}  acts {:.1} offer {:.3} |", score.name,
            f64::from(score.false_alarms) / f64::from(plan.years.max(1)), all.len() as f64 * 100.0 / f64::from(met.max(1)), q(&all, 0.5), q(&all, 0.8), q(&all, 0.95),
            all.iter().map(|x| f64::from(x.1)).sum::<f64>() / all.len().max(1) as f64, f64::from(score.offered) / f64::from(met.max(1)));
        for kind in Kind::ALL {
            let mut list = score.found[kind as usize].clone();
            list.sort_unstable();
            print!(" {}: {:.0}% {:.0}s", kind.name(), list.len() as f64 * 100.0 / f64::from(score.met[kind as usize].max(1)), q(&list, 0.5));
        }
        println!();
    }
}
