//! Every row of the fault matrix; `cargo xtask matrix` prints them as a table.

use crate::suite::Suite;
use anyhow::{Context, Result};
use understudy_tests::Kind;
use understudy_tests::matrix::{ROWS, Row};

pub fn add(suite: &mut Suite) {
    for row in ROWS.iter().filter(|row| !row.is_alone()) {
        suite.both(&format!("matrix_{}", row.name), |stage| row.live(stage).verdict());
    }
    suite.both_alone("matrix_of_a_browser_that_ends", ending);
}

/// The rows after which the extension or the browser is another one, in one browser.
fn ending(kind: Kind) -> Result<()> {
    let mut stage = Row::stage(kind)?;
    for row in ROWS.iter().filter(|row| row.is_alone()) {
        stage.fresh().with_context(|| row.name)?;
        row.live_alone(&mut stage).verdict()?;
    }
    Ok(())
}
