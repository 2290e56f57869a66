//! Playing a scenario: its own time, compressed.

use crate::clock::now_ms;
use crate::scenario::{Scenario, When};
use crate::world::World;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A scenario that is being played. Dropping the handle lets it play on; a reset of the lab ends it.
#[derive(Clone, Debug)]
pub struct Playing {
    stage: Arc<Stage>,
}

/// A step that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// Its place in [`Scenario::steps`].
    pub index: usize,
    /// Wall-clock milliseconds since the Unix epoch.
    pub at: u64,
    /// The story's clock, for example `11:49:00`.
    pub clock: String,
    /// What it says of itself.
    pub say: String,
}

#[derive(Debug)]
struct Stage {
    scenario: Scenario,
    /// Seconds of the story in one real second.
    rate: f64,
    time: Mutex<Time>,
    changed: Condvar,
    moved: Notify,
}

#[derive(Debug)]
struct Time {
    /// The story's second at `since`.
    base: f64,
    since: Instant,
    done: Vec<Done>,
    over: bool,
}

impl Playing {
    pub(crate) fn start(
        runtime: &tokio::runtime::Handle,
        world: Arc<World>,
        scenario: Scenario,
        compression: f64,
    ) -> Self {
        let rate = compression.max(0.0) * world.speed;
        let time = Time { base: 0.0, since: Instant::now(), done: Vec::new(), over: false };
        let stage =
            Arc::new(Stage { scenario, rate, time: Mutex::new(time), changed: Condvar::new(), moved: Notify::new() });
        // The steps of second 0 are done before this returns.
        let life = world.lock().life;
        stage.carry_out_due(&world);
        runtime.spawn(run(Arc::clone(&stage), world, life));
        Self { stage }
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.stage.scenario
    }

    /// Seconds of the story since its start.
    pub fn seconds(&self) -> f64 {
        self.stage.now(&self.stage.lock())
    }

    /// The story's clock now.
    pub fn clock(&self) -> String {
        self.stage.scenario.clock(self.seconds())
    }

    /// The story's clock at a real moment (wall-clock milliseconds), as far as its time has run evenly since.
    pub fn clock_at(&self, ms: u64) -> String {
        let time = self.stage.lock();
        let ago = Duration::from_millis(now_ms().saturating_sub(ms)).as_secs_f64();
        self.stage.scenario.clock(self.stage.now(&time) - ago * self.stage.rate)
    }

    /// The steps carried out so far.
    pub fn done(&self) -> Vec<Done> {
        self.stage.lock().done.clone()
    }

    /// Waits until the n-th step (from 0) is carried out.
    pub fn wait_for(&self, index: usize, limit: Duration) -> Option<Done> {
        let deadline = Instant::now() + limit;
        let mut time = self.stage.lock();
        loop {
            if let Some(done) = time.done.iter().find(|done| done.index == index) {
                return Some(done.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || time.over {
                return None;
            }
            time = self.stage.changed.wait_timeout(time, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until every step is carried out.
    pub fn wait(&self, limit: Duration) -> bool {
        match self.stage.scenario.steps.len().checked_sub(1) {
            Some(last) => self.wait_for(last, limit).is_some(),
            None => true,
        }
    }

    /// Moves the story's time forward; what lies between is carried out at once. Returns when it is.
    pub fn skip_to(&self, when: When) {
        let target = self.stage.scenario.seconds(when);
        let due = {
            let mut time = self.stage.lock();
            time.base = self.stage.now(&time).max(target);
            time.since = Instant::now();
            self.stage.scenario.steps.iter().rposition(|step| self.stage.scenario.seconds(step.time) <= target)
        };
        self.stage.moved.notify_one();
        if let Some(due) = due {
            self.wait_for(due, Duration::from_secs(10));
        }
    }

    /// Ends it here: no further step is carried out.
    pub fn stop(&self) {
        self.stage.lock().over = true;
        self.stage.moved.notify_one();
    }
}

async fn run(stage: Arc<Stage>, world: Arc<World>, life: u64) {
    loop {
        if world.lock().life != life {
            stage.lock().over = true;
            stage.changed.notify_all();
            return;
        }
        stage.carry_out_due(&world);
        let wait = {
            let time = stage.lock();
            if time.over {
                return;
            }
            let Some(next) = stage.scenario.steps.get(time.done.len()) else { return };
            (stage.scenario.seconds(next.time) - stage.now(&time)) / stage.rate
        };
        // A held story (rate 0) waits only to be moved; a reset is noticed within the second.
        let wait = if wait.is_finite() { wait.clamp(0.0, 1.0) } else { 1.0 };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs_f64(wait)) => {}
            () = stage.moved.notified() => {}
        }
    }
}

impl Stage {
    fn lock(&self) -> MutexGuard<'_, Time> {
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self, time: &Time) -> f64 {
        time.base + time.since.elapsed().as_secs_f64() * self.rate
    }

    fn carry_out_due(&self, world: &World) {
        let mut time = self.lock();
        while !time.over
            && let Some(step) = self.scenario.steps.get(time.done.len())
            && self.scenario.seconds(step.time) <= self.now(&time)
        {
            step.carry_out(world);
            let clock = self.scenario.clock(self.scenario.seconds(step.time));
            let index = time.done.len();
            time.done.push(Done { index, at: now_ms(), clock, say: step.say.clone() });
        }
        drop(time);
        self.changed.notify_all();
    }
}
