//! The figures of each month, against the user's target and beside what others have published.

use super::incidents::span;
use super::{Deed, History, Shown, What, receipts, target};
use crate::marks::{mark, tone_name};
use crate::tree::{El, Words, el, lasted, say};
use understudy_engine::Tone;
use understudy_engine::moment::Month;
use understudy_engine::receipt::percent;
use understudy_engine::statistics::{Basis, MonthFigures, PUBLISHED, Target, figures};
use understudy_engine::words::Say;

impl History {
    /// The target, and each month that has something to tell, the newest first.
    pub(super) fn months(&self, shown: &Shown<'_>) -> Option<El<Deed>> {
        let mut months = shown.watch.months();
        months.extend(shown.records.iter().map(|record| Month::of(record.since)));
        Month::each_once(&mut months);
        let target = target(shown.target);
        let mut cards = months
            .iter()
            .rev()
            .map(|month| card(&figures(*month, shown.records, shown.watch, shown.now), target))
            .collect::<Vec<_>>();
        let earlier = cards.split_off(cards.len().min(AT_ONCE));
        let earlier = (!earlier.is_empty())
            .then(|| el("details").class("earlier").and(el("summary").text(say("page_months_earlier"))).with(earlier));
        let published = PUBLISHED.iter().map(|figure| {
            let uptime = format!("{}.{:02}", figure.uptime / 100, figure.uptime % 100);
            let say = Say::new("receipt_published_figure").text(figure.of).text(figure.date).text(uptime);
            el("li").text(say.count(figure.median_recovery_min.into()))
        });
        (!months.is_empty()).then(|| {
            el("section")
                .class("months")
                .attr("aria-labelledby", "months-title")
                .and(el("h2").attr("id", "months-title").text(say("page_months")))
                .and(el("p").class("explain").text(say("page_months_explain")))
                .and(self.targets(target, shown.target.is_some()))
                .with(cards)
                .with(earlier)
                .and(el("p").class("explain published").text(say("receipt_published")))
                .and(el("ul").class("plain").with(published))
        })
    }

    /// 99.5 %, 99.9 %, or what the user has agreed on with somebody.
    fn targets(&self, target: Target, set: bool) -> El<Deed> {
        let own = self.own || (set && !USUAL.contains(&target));
        let radio = |id: String, checked: bool, label: Words, deed: Deed| {
            el("label")
                .key(id.clone())
                .and(
                    el("input")
                        .attr("type", "radio")
                        .attr("name", "target")
                        .attr("id", id)
                        .flag("checked", checked)
                        .does(deed),
                )
                .and(el("span").text(label))
        };
        let usual = USUAL.map(|usual| {
            let label = Words::Say(Say::new("page_per_cent").text(usual.name()));
            radio(format!("target-{}", usual.0), !own && usual == target, label, Deed::Target(usual.0))
        });
        let typed = self.draft.clone().unwrap_or_else(|| target.name());
        let bad = own && self.draft.is_some();
        // In its place from the start, so that nothing jumps.
        let field = el("input")
            .attr("type", "text")
            .attr("id", "own-target")
            .attr("inputmode", "decimal")
            .attr("dir", "ltr")
            .attr("autocomplete", "off")
            .attr("size", "7")
            .attr("maxlength", "8")
            .attr("aria-label", say("page_target_own_value"))
            .attr("aria-describedby", "target-problem")
            .attr("aria-invalid", if bad { "true" } else { "false" })
            .flag("disabled", !own)
            .attr("value", Words::Plain(typed))
            .does(Deed::OwnValue);
        let problem = el("p").class("problem").attr("id", "target-problem").attr("role", "status");
        let problem = if bad { problem.text(say("page_target_problem")) } else { problem };
        el("fieldset")
            .class("targets")
            .and(el("legend").text(say("page_target")))
            .with(usual)
            .and(radio("target-own".to_owned(), own, Words::Say(say("page_target_own")), Deed::Own))
            .and(field)
            .and(problem)
    }
}

fn card(month: &MonthFigures, target: Target) -> El<Deed> {
    let (uptime, id) = (month.uptime, format!("month-{}", month.month.name()));
    // Calendar minutes would be a figure of minutes that nobody looked at.
    let observed = uptime.basis == Basis::Observed;
    let held = observed.then(|| {
        let (tone, word) =
            if uptime.reaches(target) { (Tone::Calm, "page_target_met") } else { (Tone::Warn, "page_target_missed") };
        el("p")
            .class("held")
            .attr("data-tone", tone_name(tone))
            .and(mark(tone))
            .and(el("span").text(Say::new(word).text(target.name())))
    });
    let none = || Words::Say(say("page_figure_none"));
    let available =
        if observed { Words::Say(Say::new("page_per_cent").text(percent(uptime.percent()))) } else { none() };
    let lag = month.median_lag_ms.map_or_else(none, Words::Lasted);
    let row = [
        ("page_figure_availability", available),
        ("page_figure_recovery", month.median_recovery_ms.map_or_else(none, lasted)),
        ("page_figure_lag", lag),
        ("page_time_lost", span(month.lost)),
    ];
    let row = row.map(|(key, value)| el("div").and(el("dt").text(say(key))).and(el("dd").text(value)));
    let minutes = if observed {
        Say::new("page_month_minutes")
            .count(uptime.minutes)
            .count(uptime.bad)
            .text(target.name())
            .count(uptime.allowed(target))
    } else {
        say("page_month_unobserved")
    };
    let counts = Say::new("page_month_counts")
        .count(month.incidents as u64)
        .count(month.verdicts as u64)
        .count(month.failed_sends)
        .count(month.handed);
    el("article")
        .class("month")
        .key(id.clone())
        .attr("aria-labelledby", id.clone())
        .and(el("div").class("head").and(el("h3").attr("id", id.clone()).text(Words::Month(month.month))).with(held))
        .and(el("dl").class("figures").with(row))
        .and(el("p").class("fine").text(minutes))
        .and(el("p").class("fine").text(counts))
        .and(receipts(What::Month(month.month), &id))
}

/// The targets that most agreements have.
const USUAL: [Target; 2] = [Target(99_500), Target(99_900)];
/// Months shown at once.
const AT_ONCE: usize = 3;
