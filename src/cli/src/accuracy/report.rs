//! The figures, for people and for programs.

use super::workload::Kind;
use super::{Found, Plan, Range, Score};
use serde::Serialize;
use std::io::{self, Write};
use understudy_engine::Millis;

/// One rule's figures.
#[derive(Serialize)]
struct Row {
    rule: &'static str,
    false_verdicts: u32,
    false_per_year: f64,
    /// 95 %, exact for a Poisson count (Garwood 1936).
    false_per_year_95: (f64, f64),
    outages: u32,
    detected: f64,
    delay_s: Delays,
    failed_actions: f64,
    offered_at_first: Option<f64>,
    kinds: Vec<KindRow>,
}

#[derive(Serialize)]
struct KindRow {
    kind: &'static str,
    outages: u32,
    detected: f64,
    delay_s: Delays,
}

#[derive(Serialize)]
struct Delays {
    p50: Option<f64>,
    p80: Option<f64>,
    p95: Option<f64>,
}

#[derive(Serialize)]
struct RangeRow {
    elapsed_min: u64,
    outages: u32,
    coverage_of_10_to_90: f64,
    pinball_loss_min: f64,
    pinball_loss_of_constant_median_min: f64,
}

/// One object, one line.
pub fn json(plan: Plan, found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Row> = found.scores.iter().map(|score| row(plan, score)).collect();
    let ranges: Vec<RangeRow> = found.ranges.iter().map(range_row).collect();
    let page = serde_json::json!({
        "seed": plan.seed, "years": plan.years, "outages": plan.outages, "stress": plan.stress,
        "requests_per_day": found.per_day.0, "completions_per_day": found.per_day.1, "rules": rows, "recovery": ranges,
    });
    serde_json::to_writer(&mut *out, &page)?;
    out.write_all(b"\n")
}

/// Tables to read, in Markdown.
pub fn text(plan: Plan, found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let workload = if plan.stress { "stress" } else { "standard" };
    writeln!(
        out,
        "Workload {workload}, seed {}: {} user-years without an outage ({:.0} requests and {:.0} completions a day), and {} \
         outages.\n",
        plan.seed, plan.years, found.per_day.0, found.per_day.1, plan.outages
    )?;
    let rows: Vec<Row> = found.scores.iter().map(|score| row(plan, score)).collect();
    let mut table = vec![words(&[
        "rule",
        "false verdicts a user-year (95 %)",
        "detected",
        "delay p50",
        "p80",
        "p95",
        "failed actions",
        "offer at the first",
    ])];
    for row in &rows {
        let (low, high) = row.false_per_year_95;
        table.push(vec![
            row.rule.to_owned(),
            format!("{:.2} ({low:.2} to {high:.2})", row.false_per_year),
            percent(row.detected),
            seconds(row.delay_s.p50),
            seconds(row.delay_s.p80),
            seconds(row.delay_s.p95),
            format!("{:.1}", row.failed_actions),
            row.offered_at_first.map_or_else(String::new, percent),
        ]);
    }
    print(&table, out)?;

    writeln!(out, "\nDetected, and the median delay, by kind of outage:\n")?;
    let mut head = vec!["rule".to_owned()];
    for kind in rows.first().map_or(&[][..], |row| &row.kinds) {
        head.push(format!("{} ({})", kind.kind, kind.outages));
    }
    let mut table = vec![head];
    for row in &rows {
        let mut line = vec![row.rule.to_owned()];
        for kind in &row.kinds {
            line.push(format!("{}, {}", percent(kind.detected), seconds(kind.delay_s.p50)));
        }
        table.push(line);
    }
    print(&table, out)?;

    writeln!(out, "\nThe range still to wait, 10 to 90 %, said so long after the user's first failure:\n")?;
    let mut table =
        vec![words(&["after", "outages still on", "ended within it", "pinball loss", "of a constant median"])];
    for row in found.ranges.iter().map(range_row) {
        table.push(vec![
            format!("{} min", row.elapsed_min),
            row.outages.to_string(),
            percent(row.coverage_of_10_to_90),
            format!("{:.1} min", row.pinball_loss_min),
            format!("{:.1} min", row.pinball_loss_of_constant_median_min),
        ]);
    }
    print(&table, out)
}

fn row(plan: Plan, score: &Score) -> Row {
    let all: Vec<(Millis, u32)> = score.found.iter().flatten().copied().collect();
    let outages = score.met.iter().sum();
    let years = f64::from(plan.years.max(1));
    let (low, high) = garwood(score.false_verdicts);
    let actions: u32 = all.iter().map(|(_, actions)| actions).sum();
    Row {
        rule: score.name,
        false_verdicts: score.false_verdicts,
        false_per_year: f64::from(score.false_verdicts) / years,
        false_per_year_95: (low / years, high / years),
        outages,
        detected: share(all.len(), outages),
        failed_actions: f64::from(actions) / whole(all.len()).max(1.0),
        offered_at_first: score.offered.map(|offered| f64::from(offered) / f64::from(outages.max(1))),
        kinds: Kind::ALL
            .iter()
            .map(|kind| {
                let (found, met) = (&score.found[*kind as usize], score.met[*kind as usize]);
                KindRow { kind: kind.name(), outages: met, detected: share(found.len(), met), delay_s: delays(found) }
            })
            .collect(),
        delay_s: delays(&all),
    }
}

fn range_row(range: &Range) -> RangeRow {
    RangeRow {
        elapsed_min: range.elapsed,
        outages: range.cases,
        coverage_of_10_to_90: f64::from(range.covered) / f64::from(range.cases.max(1)),
        pinball_loss_min: range.loss,
        pinball_loss_of_constant_median_min: range.constant,
    }
}

fn delays(found: &[(Millis, u32)]) -> Delays {
    let mut sorted: Vec<Millis> = found.iter().map(|(delay, _)| *delay).collect();
    sorted.sort_unstable();
    // The smallest delay within which so many percent of the detected ones were.
    let of = |percent: usize| {
        let index = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
        sorted.get(index).map(|delay| super::workload::seconds(*delay))
    };
    Delays { p50: of(50), p80: of(80), p95: of(95) }
}

/// The exact 95 % interval of a Poisson mean when `count` were counted.
fn garwood(count: u32) -> (f64, f64) {
    // The chance of at most `most`, summed in logarithms so that thousands are no trouble.
    let at_most = |most: u32, mean: f64| {
        let mut term = -mean;
        let mut sum = term.exp();
        for n in 1..=most {
            term += (mean / f64::from(n)).ln();
            sum += term.exp();
        }
        sum
    };
    let solve = |test: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (0.0, 2.0 * f64::from(count) + 20.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if test(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    };
    let low = match count {
        0 => 0.0,
        _ => solve(&|mean| 1.0 - at_most(count - 1, mean) < 0.025),
    };
    (low, solve(&|mean| at_most(count, mean) > 0.025))
}

fn share(part: usize, of: u32) -> f64 {
    whole(part) / f64::from(of.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn whole(count: usize) -> f64 {
    count as f64
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.0} s"))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A Markdown table, its columns aligned.
fn print(table: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let columns = table.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|n| table.iter().map(|line| line[n].chars().count()).max().unwrap_or(0)).collect();
    for (index, line) in table.iter().enumerate() {
        for (n, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.chars().count());
            // Names to the left, figures to the right.
            if n == 0 { write!(out, "| {cell}{space} |")? } else { write!(out, " {space}{cell} |")? }
        }
        writeln!(out)?;
        if index == 0 {
            for (n, width) in widths.iter().enumerate() {
                let line = "-".repeat(*width);
                if n == 0 { write!(out, "|-{line}-|")? } else { write!(out, "-{line}:|")? }
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::garwood;

    /// Garwood's own table and its usual continuation.
    #[test]
    fn the_interval_is_exact() {
        for (count, low, high) in
            [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.39), (100, 81.36, 121.63)]
        {
            let found = garwood(count);
            assert!((found.0 - low).abs() < 0.01 && (found.1 - high).abs() < 0.01, "{count}: {found:?}");
        }
        let (low, high) = garwood(5_000);
        assert!((low - 4_862.4).abs() < 1.0 && (high - 5_140.5).abs() < 1.0, "{low} {high}");
    }
}
