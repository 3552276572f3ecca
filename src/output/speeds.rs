//! What `bench` measured, in two pictures: a bar a kernel, and each kernel under the roof of its device.

use super::drawing::number::{exponent, power_of_ten};
use super::drawing::page::{
    Anchor, Block, Curve, Dash, Direction, Fill, MARGIN, NOTE_SIZE, Page, Plot, SOFT_INK, Stroke, TICK_GAP,
    TICK_LENGTH, TICK_SIZE,
};
use super::drawing::text::{HALF_CAPITAL, widest};
use super::drawing::{Caption, Colour, Picture, svg};
use crate::backend::Roofs;
use crate::bench::Speed;

/// Length of the longest bar, the height of bars, and the way from one to the next.
const LENGTH: f64 = 360.0;
const HEIGHT: f64 = 12.0;
const PITCH: f64 = 16.0;

const WIDTH: f64 = 620.0;
const PLOT: (f64, f64) = (500.0, 330.0);
/// Side of the square that marks a kernel.
const SQUARE: f64 = 6.0;

const BLUE: Colour = 0x0072b2;
const ORANGE: Colour = 0xd55e00;
const GREY: Colour = 0x666666;

/// Both pictures of `speeds`, which were measured on `device`.
pub fn speeds(speeds: &[Speed], roofs: &Roofs, device: &str) -> Vec<Picture> {
    let caption = Caption { sweep: String::new(), detail: device.to_owned() };
    vec![bars(speeds, roofs, &caption), roofline(speeds, roofs, &caption)]
}

/// A bar a kernel, from the median; a line over it joins the quartiles.
fn bars(speeds: &[Speed], roofs: &Roofs, caption: &Caption) -> Picture {
    let names: Vec<&str> = speeds.iter().map(|speed| speed.kernel.as_str()).collect();
    let left = (MARGIN + widest(&names, NOTE_SIZE) + 10.0).ceil();
    let mut page = Page::new((left + LENGTH + 120.0).max(WIDTH), "Steps a second by kernel".to_owned());
    let note = "Bars are medians, thin lines go from the first quartile to the third. In per cent: the step's operations against \
                what the device can do at the most.";
    page.heading("", caption, note);
    let top = (page.height + 6.0).round();
    let greatest = speeds.iter().map(|speed| speed.steps_per_second.p75).fold(1.0, f64::max);
    let at = |rate: f64| left + LENGTH * rate / greatest;
    let mut y = top;
    for speed in speeds {
        let rates = speed.steps_per_second;
        let middle = y + HEIGHT / 2.0;
        let baseline = middle + NOTE_SIZE * HALF_CAPITAL;
        page.label(&speed.kernel, (MARGIN, baseline), NOTE_SIZE, Anchor::Start);
        let width = at(rates.p50) - left;
        page.blocks.push(Block { left, top: y, width, height: HEIGHT, fill: Fill::Colour(BLUE) });
        let points = vec![(at(rates.p25), middle), (at(rates.p75), middle)];
        page.curves.push(Curve { points, ink: ORANGE, width: 2.0, dash: Dash::Solid });
        let share = format!("{:.0} %", 100.0 * speed.share(roofs));
        page.label(&share, (at(rates.p75) + 8.0, baseline), NOTE_SIZE, Anchor::Start).ink = SOFT_INK;
        y += PITCH;
    }
    let bottom = y - PITCH + HEIGHT + 4.0;
    page.strokes.push(Stroke { from: (left, bottom), to: (left + LENGTH, bottom) });
    let power = exponent(greatest);
    let unit = libm::exp10(f64::from(power));
    let count = greatest / unit;
    let step = if count > 5.0 {
        2.0
    } else if count > 2.0 {
        1.0
    } else {
        0.5
    };
    for tick in (0..).map(|tick| f64::from(tick) * step).take_while(|tick| *tick <= count) {
        page.x_tick(at(tick * unit), bottom, Some(&format!("{tick}")));
    }
    let below = bottom + TICK_LENGTH + TICK_GAP + 2.4 * TICK_SIZE;
    let unit = format!("{} steps a second", power_of_ten(power));
    page.label(&unit, (left + LENGTH / 2.0, below), TICK_SIZE, Anchor::Middle);
    page.height = (below + MARGIN).ceil();
    Picture::new("speeds", svg::write(&page, |_| ()))
}

/// Each kernel by the cost of its step and its steps a second; both axes are logarithmic, so roofs fall by one decade a decade.
fn roofline(speeds: &[Speed], roofs: &Roofs, caption: &Caption) -> Picture {
    let mut page = Page::new(WIDTH, "Kernels under the roof of their device".to_owned());
    let note = "A step costs its operations; quotients and roots count as many sums as the device does in their time. On the solid \
                line all units work at every moment; on the dashed one each operation waits for the one before. Compilers drop some \
                operations, so a kernel can stand above a line.";
    page.heading("", caption, note);
    let sums = roofs.independent_operations_per_second;
    let cost = |speed: &Speed| {
        let special = f64::from(speed.operations.special) * sums / roofs.special_operations_per_second;
        (f64::from(speed.operations.plain) + special).max(1.0)
    };
    let costs: Vec<f64> = speeds.iter().map(cost).collect();
    let most = costs.iter().copied().fold(10.0, f64::max);
    let decades = |greatest: f64| exponent(greatest) + 1;
    let across = (0, decades(most));
    let rates = speeds.iter().map(|speed| speed.steps_per_second.p50);
    let least = rates.clone().chain([roofs.dependent_operations_per_second / most]).fold(f64::MAX, f64::min);
    let up = (exponent(least), decades(rates.chain([sums]).fold(0.0, f64::max)));
    let plot = Plot { left: MARGIN + 60.0, top: (page.height + 8.0).round(), width: PLOT.0, height: PLOT.1 };
    let share = |value: f64, (from, to): (i32, i32)| (libm::log10(value) - f64::from(from)) / f64::from(to - from);
    let x = |cost: f64| plot.left + plot.width * share(cost, across);
    let y = |rate: f64| plot.top + plot.height * (1.0 - share(rate, up));
    let bottom = plot.top + plot.height;
    for power in across.0..=across.1 {
        page.x_tick(x(libm::exp10(f64::from(power))), bottom, Some(&power_of_ten(power)));
    }
    for power in up.0..=up.1 {
        page.y_tick(y(libm::exp10(f64::from(power))), plot.left, Some(&power_of_ten(power)));
    }
    let ends = [libm::exp10(f64::from(across.0)), libm::exp10(f64::from(across.1))];
    for (roof, dash) in [(sums, Dash::Solid), (roofs.dependent_operations_per_second, Dash::Dashed)] {
        // As far as the plot goes.
        let last = ends[1].min(roof / libm::exp10(f64::from(up.0)));
        let points = [ends[0], last].map(|cost| (x(cost), y(roof / cost)));
        page.curves.push(Curve { points: points.to_vec(), ink: GREY, width: 1.5, dash });
    }
    for (speed, cost) in speeds.iter().zip(costs) {
        let (left, top) = (x(cost) - SQUARE / 2.0, y(speed.steps_per_second.p50) - SQUARE / 2.0);
        page.blocks.push(Block { left, top, width: SQUARE, height: SQUARE, fill: Fill::Colour(BLUE) });
    }
    let below = bottom + TICK_LENGTH + TICK_GAP + 2.4 * TICK_SIZE;
    page.label("operations a step", (plot.left + plot.width / 2.0, below), TICK_SIZE, Anchor::Middle);
    let beside = (plot.left - 46.0, plot.top + plot.height / 2.0);
    page.label("steps a second", beside, TICK_SIZE, Anchor::Middle).direction = Direction::Up;
    page.plots.push(plot);
    page.height = (below + MARGIN).ceil();
    Picture::new("roofline", svg::write(&page, |_| ()))
}
