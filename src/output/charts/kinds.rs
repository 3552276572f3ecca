//! One bar a penalty and optimizer: the shares of the ways in which trajectories end.

use super::{Counted, Name, cut, penalty};
use crate::output::drawing::colour::fate_colour;
use crate::output::drawing::page::{
    Anchor, Block, Fill, MARGIN, NOTE_SIZE, Page, SOFT_INK, Stroke, TICK_GAP, TICK_LENGTH, TICK_SIZE,
};
use crate::output::drawing::text::{HALF_CAPITAL, widest};
use crate::output::drawing::{Caption, Colour, Picture, svg};
use crate::output::percent;
use crate::statistics::{GroupSummary, Kind, thinned};
use crate::verdict::Fate;

/// Bars that one picture holds.
const MOST_BARS: usize = 40;

/// Length of a bar, its height, the way from one to the next, and from one penalty to the next.
const LENGTH: f64 = 400.0;
const HEIGHT: f64 = 14.0;
const PITCH: f64 = 18.0;
const GAP: f64 = 8.0;

/// Space between columns.
const SPACE: f64 = 10.0;

/// Draws `groups`, those of a penalty beside each other, which are of what is `counted`.
pub fn draw(groups: &[&GroupSummary], name: Name, tolerances: &[f32], caption: &Caption, counted: Counted) -> Picture {
    let [one, all] = counted;
    let shown = &thinned(groups, tolerances, MOST_BARS, MOST_BARS)[..];
    let penalties: Vec<String> = shown.iter().map(|group| penalty(&group.group, groups)).collect();
    let rules: Vec<&str> = shown.iter().map(|group| name(group.group.optimizer)).collect();
    let rule_at = MARGIN + widest(&penalties, NOTE_SIZE) + SPACE;
    let left = (rule_at + widest(&rules, NOTE_SIZE) + SPACE).ceil();
    let mut page = Page::new(left + LENGTH + 110.0, format!("{}: how {all} end", caption.sweep));
    let note = format!("Each {one} counts once; near_zero is small by that tolerance alone, and no exact zero.");
    page.heading("", caption, &format!("{note}{}", cut(shown, groups)));
    legend(&mut page, shown, tolerances);
    let mut y = (page.height + 34.0).round();
    page.label("exact zeros", (left + LENGTH + SPACE, y - 8.0), TICK_SIZE, Anchor::Start).ink = SOFT_INK;
    for (index, group) in shown.iter().enumerate() {
        let is_new = index == 0 || penalties[index] != penalties[index - 1];
        if is_new && index > 0 {
            y += GAP;
        }
        let baseline = y + HEIGHT / 2.0 + NOTE_SIZE * HALF_CAPITAL;
        if is_new {
            page.label(&penalties[index], (MARGIN, baseline), NOTE_SIZE, Anchor::Start);
        }
        page.label(rules[index], (rule_at, baseline), NOTE_SIZE, Anchor::Start);
        bar(&mut page, group, tolerances, (left, y));
        page.label(&zeros(group), (left + LENGTH + SPACE, baseline), NOTE_SIZE, Anchor::Start);
        y += PITCH;
    }
    scale(&mut page, left, y - PITCH + HEIGHT + 3.0);
    Picture::new("kinds", svg::write(&page, |_| ()))
}

/// The colour of a fate; tolerances share that of `near_zero`, darker where they are less than the largest.
fn colour(kind: Kind, tolerances: &[f32]) -> Colour {
    let base = fate_colour(kind.fate());
    let Kind::NearZero(tolerance) = kind else { return base };
    let greater = tolerances.iter().filter(|&&other| other > tolerance).count();
    let share = |byte: u32| byte * (10 * tolerances.len() - 7 * greater) as u32 / (10 * tolerances.len()) as u32;
    share(base >> 16) << 16 | share(base >> 8 & 255) << 8 | share(base & 255)
}

/// The kinds that some bar holds.
fn legend(page: &mut Page, groups: &[&GroupSummary], tolerances: &[f32]) {
    let all: Vec<Vec<(Kind, u64)>> = groups.iter().map(|group| group.summary.kinds(tolerances)).collect();
    let kinds = (0..all[0].len()).filter(|&place| all.iter().any(|kinds| kinds[place].1 > 0));
    let kinds: Vec<Kind> = kinds.map(|place| all[0][place].0).collect();
    let names: Vec<String> = kinds.iter().map(Kind::to_string).collect();
    let fills = kinds.iter().map(|kind| Fill::Colour(colour(*kind, tolerances)));
    let entries: Vec<(&str, Fill)> = names.iter().map(String::as_str).zip(fills).collect();
    page.swatches(&entries, MARGIN);
}

/// Segments end at the nearest half pixel; one that holds anything is at least half a pixel wide.
fn bar(page: &mut Page, group: &GroupSummary, tolerances: &[f32], (left, top): (f64, f64)) {
    let total = group.summary.trajectories as f64;
    let (mut sum, mut from) = (0, 0.0);
    for (kind, count) in group.summary.kinds(tolerances) {
        sum += count;
        let exact = (2.0 * LENGTH * sum as f64 / total).round() / 2.0;
        let to = if count > 0 { exact.max(from + 0.5).min(LENGTH) } else { from };
        let fill = Fill::Colour(colour(kind, tolerances));
        if to > from {
            page.blocks.push(Block { left: left + from, top, width: to - from, height: HEIGHT, fill });
        }
        from = to;
    }
}

fn zeros(group: &GroupSummary) -> String {
    let (count, total) = (group.summary.fates[Fate::Zero as usize], group.summary.trajectories);
    format!("{} %", percent(count, total))
}

/// Shares from 0 to 100 % below the bars.
fn scale(page: &mut Page, left: f64, top: f64) {
    page.strokes.push(Stroke { from: (left, top), to: (left + LENGTH, top) });
    for (share, text) in [(0.0, "0"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1.0, "100 %")] {
        page.x_tick(left + share * LENGTH, top, Some(text));
    }
    page.height = (top + TICK_LENGTH + TICK_GAP + TICK_SIZE + MARGIN).ceil();
}
