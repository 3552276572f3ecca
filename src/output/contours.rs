//! The picture of the textbooks, of a plan with two weights: lines of equal loss, the set of weights whose penalty is no more than at the
//! solution, and the courses of trajectories. All of it is of the first draw of rows, loss and penalty are in f64, and courses are those of the CPU in f32.

mod choice;
mod marks;
mod panel;
mod set;
mod surface;

use super::caption::caption;
use super::drawing::axis::Axis;
use super::drawing::mesh::Mesh;
use super::drawing::page::{Anchor, Band, Curve, Dash, MARGIN, Page, Plot, SWATCH, TICK_SIZE};
use super::drawing::text::wrap;
use super::drawing::{Colour, Picture, svg};
use super::figure::{Figure, Frame, Grid, Layout, MapError, Side};
use super::map_table::{MapColumn, MapTable};
use super::maps::file_stem;
use super::{grouped, words};
use crate::model::{DrawnRows, Draws, INTERCEPT, Model};
use crate::plan::Plan;
use crate::replay::WeightCourse;
use crate::spec::{MapRequest, Spec};
use choice::{Choice, ChosenCell, choose};
use marks::{Mark, clipped, thinned};
use panel::{Seen, is_unfinished};
use rayon::prelude::*;
use surface::{Place, Surface, loss};

/// How the name of the picture begins.
pub const CONTOURS: &str = "contours";

/// The most cells that are chosen from.
const MOST_CELLS: u64 = 100_000;

/// The most rows, where every place of the picture goes through all of them.
const MOST_ROWS: usize = 10_000;

/// How much farther than all points a picture goes at the most, to show the whole of a set.
const FARTHER: f64 = 1.5;

/// Room beyond what must be seen.
const ROOM: f64 = 1.08;

/// Weights that are so many times as large as the other ones have a scale of their own.
const OWN_SCALE: f64 = 25.0;

const AXIS: Colour = 0x999999;
const LINE: Colour = 0xbababa;
const THROUGH: Colour = 0x444444;
const SET: Colour = 0xe69f00;
const COURSE: Colour = 0x0072b2;

/// Draws a plan of two weights, beside which there may be an intercept; nothing of other plans.
///
/// # Errors
/// Why there is no picture, for a reader.
pub fn contours(spec: &Spec, plan: &Plan) -> Result<Option<Picture>, String> {
    let Some(model) = plan.model.as_deref().filter(|model| has_two(model)) else { return Ok(None) };
    if model.designs.as_ref().is_some_and(|designs| designs.pairs() > 1) {
        return Err(
            "no contours: designs of several sizes have no draw in common; give `rows` and `support` one value each"
                .to_owned(),
        );
    }
    if plan.cells > MOST_CELLS {
        return Err(format!("no contours: there are more than {} cells", grouped(MOST_CELLS)));
    }
    if !model.is_parabola() && model.rows() > MOST_ROWS {
        return Err(format!("no contours: there are more than {} rows", grouped(MOST_ROWS)));
    }
    let (draws, by_draw) = (Draws::new(model), plan.by_draw());
    let rows = DrawnRows::new(&draws, 0);
    let mut table = MapTable::of(plan, &[]);
    let choice = choose(plan, &by_draw, &table);
    if choice.cells.is_empty() {
        return Err("no contours: the penalty is on factors of the weights, or lambda's cells are pooled".to_owned());
    }
    for cell in &choice.cells {
        table.push(&cell.keys, &[("trajectories", cell.locals.len() as u64)]);
    }
    let all: Vec<usize> = (0..model.weights()).collect();
    let least = rows.at_best(&all, vec![0.0; model.weights()]);
    let see = |cell: &ChosenCell| {
        let section = &by_draw.sections[cell.section];
        Seen::of(cell, section, &draws, &rows, least.as_deref(), &plan.limits)
    };
    let mut seen: Vec<Seen> = choice.cells.par_iter().map(see).collect();
    let reach = reach(&mut seen, least.as_deref());
    let request = request(&table);
    let contours =
        Contours { spec, plan, rows: &rows, least: least.as_deref(), surface: Surface::of(&rows, reach), reach };
    contours.draw(&table, &request, &choice, seen).map(Some).map_err(|error| format!("no contours: {error}"))
}

fn has_two(model: &Model) -> bool {
    model.names.iter().filter(|name| *name != INTERCEPT).count() == 2
}

/// A panel for each combination of what takes several values.
fn request(table: &MapTable) -> MapRequest {
    let is_facet = |own: &&MapColumn| own.keys.len() > 1 && !own.follows;
    let facets = table.columns.iter().filter(is_facet).map(|own| own.name.clone()).collect();
    MapRequest { facets, ..MapRequest::default() }
}

/// How far the picture goes along each weight, on both sides of 0: as far as all that it must show, on one scale where that can be.
fn reach(seen: &mut [Seen], least: Option<&[f64]>) -> [f64; 2] {
    let mut points: Vec<Place> = least.iter().map(|w| (w[0], w[1])).collect();
    for own in &*seen {
        points.extend(own.solution.iter().map(|w| (w[0], w[1])));
        for WeightCourse { places, outcomes, end, .. } in &own.courses {
            points.extend(places.first().map(|(_, w)| place(w)));
            points.extend(end.map(|_| (f64::from(outcomes[0].last), f64::from(outcomes[1].last))));
        }
    }
    let most = |weight: usize| points.iter().map(|own| [own.0, own.1][weight].abs()).fold(0.0, f64::max);
    let mut reach = [most(0), most(1)];
    let [less, more] = if reach[0] < reach[1] { reach } else { [reach[1], reach[0]] };
    if more <= OWN_SCALE * less || less == 0.0 {
        reach = [more; 2];
    }
    if more == 0.0 {
        return [1.0; 2];
    }
    let farthest = reach.map(|own| FARTHER * own);
    let mut share: f64 = 1.0 / FARTHER;
    for own in seen {
        let Some(w) = own.solution.clone() else { continue };
        let most = own.penalized.penalty(&w);
        let edge = set::edge(&mut |place| own.penalty(place), most, farthest);
        // Where the set goes on and on no picture shows its end.
        let inside = edge.iter().filter(|(_, goes_on)| !goes_on);
        let far = inside.map(|((x, y), _)| (x / farthest[0]).abs().max((y / farthest[1]).abs()));
        share = far.fold(share, f64::max);
    }
    farthest.map(|own| ROOM * share * own)
}

/// The first two weights of an iterate.
fn place(w: &[f32]) -> Place {
    (w[0].into(), w[1].into())
}

/// What all panels have in common.
struct Contours<'a> {
    spec: &'a Spec,
    plan: &'a Plan,
    rows: &'a DrawnRows<'a>,
    /// The weights of the least loss without a penalty, where there is one place.
    least: Option<&'a [f64]>,
    surface: Surface,
    reach: [f64; 2],
}

impl Contours<'_> {
    fn draw(
        &self,
        table: &MapTable,
        request: &MapRequest,
        choice: &Choice,
        mut seen: Vec<Seen>,
    ) -> Result<Picture, MapError> {
        let model = self.rows.model;
        let names = &model.names;
        let shown = [0, 1].map(|weight| words::weight(model, weight));
        let mut figure = Figure::new(table, request, Layout::Each)?;
        let side = side(figure.panels.len());
        for panel in &mut figure.panels {
            let side = |weight: usize| {
                let (name, reach) = (&shown[weight], self.reach[weight]);
                Side::plain(Axis::span(name, -reach, reach, false, side), Mesh::each(side, 1.0))
            };
            (panel.x, panel.y) = (side(0), side(1));
        }
        figure.names = shown.clone();
        let caption = caption(self.spec, self.plan, self.plan.trajectories, &[]);
        let title = format!("{}: loss, penalty and trajectories of two weights", caption.sweep);
        let grid = Grid::new(&figure);
        let frame = Frame::new(&figure, &grid);
        let mut page = Page::new(frame.width, title);
        let notes: Vec<String> = figure.notes.iter().cloned().chain(self.notes(choice, &seen)).collect();
        page.heading(&format!("contours over {}", shown.join(" × ")), &caption, &notes.join(" "));
        self.legend(&mut page, &seen);
        let levels: Vec<Vec<Vec<Place>>> =
            self.surface.levels().into_iter().map(|level| self.surface.lines(level)).collect();
        // A panel has the cell of the row of its number.
        for ((plot, panel), own) in frame.put(&mut page).iter().zip(&figure.panels).zip(&mut seen) {
            let at = |(x, y): Place| {
                let along = |side: &Side, value: f64| side.mesh.offset(side.axis.position(value).unwrap_or_default());
                (plot.left + along(&panel.x, x), plot.top + plot.height - along(&panel.y, y))
            };
            self.panel(&mut page, plot, &at, &levels, own);
        }
        let facets = request.facets.iter().cloned();
        let by = (!request.facets.is_empty()).then(|| "by".to_owned());
        let parts: Vec<String> =
            [CONTOURS.to_owned(), names[0].clone(), names[1].clone()].into_iter().chain(by).chain(facets).collect();
        Ok(Picture::new(file_stem(&parts), svg::write(&page, |_| ())))
    }

    fn panel(
        &self,
        page: &mut Page,
        plot: &Plot,
        at: &dyn Fn(Place) -> (f64, f64),
        levels: &[Vec<Vec<Place>>],
        seen: &mut Seen,
    ) {
        let [across, up] = self.reach;
        let mut curve = |points: &[Place], ink, width| {
            let points = points.iter().map(|own| at(*own)).collect();
            page.curves.push(Curve { points, ink, width, dash: Dash::Solid });
        };
        levels.iter().flatten().for_each(|line| curve(line, LINE, 0.8));
        curve(&[(-across, 0.0), (across, 0.0)], AXIS, 1.0);
        curve(&[(0.0, -up), (0.0, up)], AXIS, 1.0);
        if let Some(w) = &seen.solution {
            self.surface.lines(loss(self.rows, w)).iter().for_each(|line| curve(line, THROUGH, 1.4));
            let most = seen.penalized.penalty(w);
            let edge = set::edge(&mut |place| seen.penalty(place), most, self.reach);
            for run in set::outline(&edge) {
                curve(&run, SET, 1.4);
            }
            let points = edge.iter().map(|(place, _)| at(*place)).collect();
            page.bands.push(Band { points, ink: SET });
        }
        for course in &seen.courses {
            let places: Vec<Place> = course.places.iter().map(|(_, w)| place(w)).collect();
            // What leaves for good comes back on its way, farther each time.
            let most = if course.end.is_none() { 1 } else { usize::MAX };
            for run in clipped(&places, self.reach).into_iter().take(most) {
                let points = thinned(run.into_iter().map(at));
                page.curves.push(Curve { points, ink: COURSE, width: 1.1, dash: Dash::Solid });
            }
        }
        let kkt = self.rows.model.kkt;
        for course in &seen.courses {
            let ends = course.places.first().zip(course.places.last());
            let Some(((_, start), (_, end))) = ends else { continue };
            Mark::Start.draw(page, at(place(start)));
            if course.end.is_some() {
                Mark::of_end(course, is_unfinished(course, kkt)).draw(page, at(place(end)));
            }
        }
        self.least.iter().for_each(|w| Mark::Least.draw(page, at((w[0], w[1]))));
        seen.solution.iter().for_each(|w| Mark::Solution.draw(page, at((w[0], w[1]))));
        let told = seen.told(&self.rows.model.names, kkt);
        let told: Vec<String> = told.iter().flat_map(|line| wrap(line, TICK_SIZE, plot.width - 10.0)).collect();
        for (number, line) in told.iter().rev().enumerate() {
            let y = plot.top + plot.height - 5.0 - number as f64 * TICK_SIZE * 1.2;
            page.label(line, (plot.left + 5.0, y), TICK_SIZE, Anchor::Start);
        }
    }

    /// What a reader must know of it.
    fn notes(&self, choice: &Choice, seen: &[Seen]) -> Vec<String> {
        let model = self.rows.model;
        let draws = model.resample.count;
        let of_draw = match draws {
            1 => String::new(),
            _ => format!(", of draw 1 of the {} {}", grouped(draws), words::draws(model)),
        };
        let mut notes = vec![format!("Loss, penalty and solution are in f64{of_draw}.")];
        if model.weights() > 2 {
            notes.push("The intercept is at its best at every place; trajectories are seen without theirs.".to_owned());
        }
        if self.least.is_none() {
            notes.push("Without a penalty the loss has no single minimum.".to_owned());
        }
        notes.push(
            "The solution is the best minimum that coordinate descent in f64 came to from 0, from the minimum without a penalty, from where one weight of that is 0, and from the ends of the trajectories."
                .to_owned(),
        );
        let courses: usize = seen.iter().map(|own| own.courses.len()).sum();
        let most = seen.iter().map(|own| own.courses.len()).max().unwrap_or_default();
        let pool = self.plan.trajectories / self.plan.cells / u64::from(draws);
        let with_draw = if draws > 1 { " with draw 1" } else { "" };
        let of = if pool > most as u64 {
            format!("{most} of {} trajectories of a cell{with_draw} are drawn", grouped(pool))
        } else {
            format!("All trajectories of a cell{with_draw} are drawn")
        };
        notes.push(format!("{of}, by the steps of the CPU in f32."));
        let [all, shown] = choice.settings;
        let settings = if all > shown {
            format!("{shown} of {all} choices of all but lambda have panels.")
        } else {
            String::new()
        };
        notes.extend(Some(settings).filter(|note| !note.is_empty()));
        let told = [
            ("Diverged, and drawn until they leave the picture", seen.iter().map(Seen::diverged).sum::<usize>()),
            ("Not done", seen.iter().map(|own| own.unfinished(model.kkt)).sum()),
        ];
        let told = told.iter().filter(|(_, count)| *count > 0);
        notes.extend(told.map(|(word, count)| format!("{word}: {count} of {courses}.")));
        notes
    }

    fn legend(&self, page: &mut Page, seen: &[Seen]) {
        const LENGTH: f64 = 22.0;
        let has = |mark: Mark| {
            let of_course = |course: &WeightCourse| {
                course.end.is_some() && Mark::of_end(course, is_unfinished(course, self.rows.model.kkt)) == mark
            };
            seen.iter().flat_map(|own| &own.courses).any(of_course)
        };
        let line = |ink, width| Sample::Line(ink, width);
        let mut entries = vec![
            ("equal loss", line(LINE, 0.8)),
            ("the loss of the solution", line(THROUGH, 1.4)),
            ("penalty no more than the solution’s", Sample::Area),
        ];
        entries.extend(self.least.map(|_| ("minimum without a penalty", Sample::Mark(Mark::Least))));
        entries.push(("solution", Sample::Mark(Mark::Solution)));
        entries.push(("trajectory", line(COURSE, 1.1)));
        entries.push(("start", Sample::Mark(Mark::Start)));
        let ends = [
            ("end", Mark::End),
            ("end with a weight at exact zero", Mark::Zero),
            ("last step, not done", Mark::Unfinished),
        ];
        entries
            .extend(ends.into_iter().filter(|(_, mark)| has(*mark)).map(|(words, mark)| (words, Sample::Mark(mark))));
        page.entries(&entries, MARGIN, LENGTH, |page, sample, (left, top)| {
            let middle = top + SWATCH / 2.0;
            match *sample {
                Sample::Line(ink, width) => {
                    let points = vec![(left, middle), (left + LENGTH, middle)];
                    page.curves.push(Curve { points, ink, width, dash: Dash::Solid });
                }
                Sample::Area => {
                    let (right, bottom) = (left + LENGTH, top + SWATCH);
                    let corners = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
                    page.bands.push(Band { points: corners.clone(), ink: SET });
                    page.curves.push(Curve { points: corners, ink: SET, width: 1.4, dash: Dash::Solid });
                }
                Sample::Mark(mark) => mark.draw(page, (left + LENGTH / 2.0, middle)),
            }
        });
    }
}

/// What stands before a word of the legend.
enum Sample {
    Line(Colour, f64),
    Area,
    Mark(Mark),
}

/// The side of a panel in pixels, where there are so many.
fn side(panels: usize) -> usize {
    match panels {
        0..=1 => 400,
        2..=4 => 260,
        5..=9 => 210,
        _ => 170,
    }
}
