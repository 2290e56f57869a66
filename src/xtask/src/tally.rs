//! Counting the results of every kind of test runner.

use std::fmt;

/// How many tests passed, failed and were skipped, and which steps had a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
    /// Names of gates and steps with a failure, for the end of a long run.
    pub failures: Vec<String>,
}

impl Tally {
    /// Counts one test.
    pub fn count(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.failures.push(name.to_owned());
        }
    }

    /// Adds the results of a whole step. A step that ended badly without naming a failed test counts as one.
    pub fn add(&mut self, name: &str, mut step: Self, ok: bool) {
        if !ok && step.failed == 0 {
            step.failed = 1;
        }
        if step.failed > 0 && step.failures.is_empty() {
            self.failures.push(name.to_owned());
        }
        self.passed += step.passed;
        self.failed += step.failed;
        self.skipped += step.skipped;
        self.failures.extend(step.failures);
    }

    /// Whether nothing was run.
    pub fn is_empty(&self) -> bool {
        self.passed + self.failed + self.skipped == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Reads the `test result:` lines of cargo's test binaries, of the wasm runner and of the end-to-end runner: they all
/// write `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
pub fn cargo(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output.lines().filter_map(|line| line.trim().strip_prefix("test result:")) {
        let number = |word: &str| {
            line.split([';', '.'])
                .find_map(|part| part.trim().strip_suffix(word)?.trim().parse::<u32>().ok())
                .unwrap_or(0)
        };
        tally.passed += number("passed");
        tally.failed += number("failed");
        tally.skipped += number("ignored");
    }
    tally
}

/// The same by package, for a run of several: cargo runs the unit tests of a package first, then its integration tests. The
/// name is that of the crate the unit tests are of.
pub fn by_crate(output: &str) -> Vec<(String, Tally)> {
    let mut groups: Vec<(String, Tally)> = Vec::new();
    for line in output.lines() {
        let line = line.trim();
        if let Some((_, file)) = line.strip_prefix("Running unittests ").and_then(|rest| rest.split_once(" (")) {
            // `target/debug/deps/understudy_engine-0123456789abcdef)`
            let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
            let name = file.rsplit_once('-').map_or(file, |(name, _)| name);
            groups.push((name.to_owned(), Tally::default()));
        } else if let Some(name) = line.strip_prefix("Doc-tests ") {
            groups.push((name.to_owned(), Tally::default()));
        } else if let Some((_, tally)) = groups.last_mut() {
            let more = cargo(line);
            tally.passed += more.passed;
            tally.failed += more.failed;
            tally.skipped += more.skipped;
        }
    }
    groups.into_iter().fold(Vec::new(), |mut merged: Vec<(String, Tally)>, (name, tally)| {
        match merged.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => all.add(&name, tally, true),
            None => merged.push((name, tally)),
        }
        merged
    })
}

/// Reads the summary at the end of node's TAP report (`# pass 3`).
pub fn tap(output: &str) -> Tally {
    let number = |word: &str| {
        output
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("# ")?.strip_prefix(word)?.trim().parse::<u32>().ok())
            .unwrap_or(0)
    };
    // Tests that a filter left out are "skipped" for node; nobody skipped them.
    let filtered = output.lines().filter(|line| line.contains("# SKIP test name does not match pattern")).count();
    let skipped = number("skipped ") + number("todo ");
    Tally {
        passed: number("pass "),
        failed: number("fail ") + number("cancelled "),
        skipped: skipped.saturating_sub(u32::try_from(filtered).unwrap_or(u32::MAX)),
        failures: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, by_crate, cargo, tap};

    #[test]
    fn results_of_several_binaries_add_up() {
        let output = "\
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.50s
";
        let tally = cargo(output);
        assert_eq!((tally.passed, tally.failed, tally.skipped), (7, 2, 1));
        let wasm = cargo("    test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.01s");
        assert_eq!(wasm.passed, 4);
    }

    #[test]
    fn results_are_told_apart_by_crate() {
        let output = "\
     Running unittests src/main.rs (target/debug/deps/understudy-77aa0c98e1b4a0f1)
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/diagnose.rs (target/debug/deps/diagnose-77aa0c98e1b4a0f2)
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running unittests src/lib.rs (/a b (c)/debug/deps/understudy_engine-77aa0c98e1b4a0f3)
test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests understudy_engine
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        let groups: Vec<String> = by_crate(output).iter().map(|(name, tally)| format!("{name}: {tally}")).collect();
        assert_eq!(
            groups,
            ["understudy: 5 passed, 0 failed, 1 skipped", "understudy_engine: 5 passed, 1 failed, 0 skipped"]
        );
    }

    #[test]
    fn node_reports_at_its_end() {
        let output =
            "ok 1 - frames\n1..1\n# tests 9\n# suites 1\n# pass 6\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 1\n";
        let tally = tap(output);
        assert_eq!((tally.passed, tally.failed, tally.skipped), (6, 1, 2));
        let filtered =
            "ok 1 - frames # SKIP test name does not match pattern\nok 2 - odd # SKIP later\n# pass 3\n# skipped 2\n";
        assert_eq!(tap(filtered).skipped, 1);
    }

    #[test]
    fn a_step_that_died_without_a_word_is_a_failure() {
        let mut tally = Tally::default();
        tally.add("lab", cargo("error: could not compile"), false);
        tally.add("engine", cargo("test result: ok. 2 passed; 0 failed; 0 ignored"), true);
        assert_eq!(tally.to_string(), "2 passed, 1 failed, 0 skipped");
        assert_eq!(tally.failures, ["lab"]);
    }
}
