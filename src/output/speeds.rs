//! What `bench` measured, in two pictures: a bar a kernel, and each kernel under the roof of its device.

use super::drawing::axis::Axis;
use super::drawing::mesh::Mesh;
use super::drawing::number::{exponent, power_of_ten};
use super::drawing::page::{
    Anchor, Block, Curve, Dash, Direction, Fill, MARGIN, NOTE_SIZE, Page, Plot, SOFT_INK, Stroke, TICK_GAP,
    TICK_LENGTH, TICK_SIZE,
};
use super::drawing::text::{HALF_CAPITAL, widest};
use super::drawing::ticks::{apart_sideways, apart_upwards, ticks};
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
    let power = exponent(greatest);
    let unit = libm::exp10(f64::from(power));
    let axis = Axis::span("rate", 0.0, greatest / unit, false, LENGTH as usize);
    let at = |rate: f64| left + axis.position(rate / unit).unwrap_or_default();
    let mut y = top;
    for speed in speeds {
        let rates = speed.steps_per_second;
        let middle = y + HEIGHT / 2.0;
        let baseline = middle + NOTE_SIZE * HALF_CAPITAL;
        page.label(&speed.kernel, (MARGIN, baseline), NOTE_SIZE, Anchor::Start);
        let (left, width) = (at(0.0), at(rates.p50) - at(0.0));
        page.blocks.push(Block { left, top: y, width, height: HEIGHT, fill: Fill::Colour(BLUE) });
        let points = vec![(at(rates.p25), middle), (at(rates.p75), middle)];
        page.curves.push(Curve { points, ink: ORANGE, width: 2.0, dash: Dash::Solid });
        let share = format!("{:.0} %", 100.0 * speed.share(roofs));
        page.label(&share, (at(rates.p75) + 8.0, baseline), NOTE_SIZE, Anchor::Start).ink = SOFT_INK;
        y += PITCH;
    }
    let bottom = y - PITCH + HEIGHT + 4.0;
    page.strokes.push(Stroke { from: (left, bottom), to: (left + LENGTH, bottom) });
    for tick in ticks(&axis, |ticks| apart_sideways(&Mesh::pixels(&axis), ticks)).labelled {
        page.x_tick(left + tick.at, bottom, Some(&tick.label));
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
    let power = |power: i32| libm::exp10(f64::from(power));
    let (cheapest, dearest) = (1.0, power(exponent(most) + 1));
    let rates = speeds.iter().map(|speed| speed.steps_per_second.p50);
    let least = rates.clone().chain([roofs.dependent_operations_per_second / most]).fold(f64::MAX, f64::min);
    let (slowest, fastest) = (power(exponent(least)), power(exponent(rates.chain([sums]).fold(0.0, f64::max)) + 1));
    let plot = Plot { left: MARGIN + 60.0, top: (page.height + 8.0).round(), width: PLOT.0, height: PLOT.1 };
    let across = Axis::span("cost", cheapest, dearest, true, plot.width as usize);
    let up = Axis::span("rate", slowest, fastest, true, plot.height as usize);
    let bottom = plot.top + plot.height;
    let x = |cost: f64| plot.left + across.position(cost).unwrap_or_default();
    let y = |rate: f64| bottom - up.position(rate).unwrap_or_default();
    for tick in ticks(&across, |ticks| apart_sideways(&Mesh::pixels(&across), ticks)).labelled {
        page.x_tick(plot.left + tick.at, bottom, Some(&tick.label));
    }
    for tick in ticks(&up, |ticks| apart_upwards(&Mesh::pixels(&up), ticks)).labelled {
        page.y_tick(bottom - tick.at, plot.left, Some(&tick.label));
    }
    for (roof, dash) in [(sums, Dash::Solid), (roofs.dependent_operations_per_second, Dash::Dashed)] {
        // As far as the plot goes.
        let last = dearest.min(roof / slowest);
        let points = [cheapest, last].map(|cost| (x(cost), y(roof / cost)));
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
