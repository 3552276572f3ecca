//! The pictures of a sweep's cells: those that its spec asks for, or some that show most of it.

use super::caption::caption;
use super::choice::{Chosen, choose};
use super::drawing::{Picture, PictureError, files};
use super::figure::{MAX_PANELS, MapError};
use super::map_table::{CellsError, MapColumn, MapTable, Run};
use super::marks::Marks;
use super::{grouped, heatmap, lines, words};
use crate::plan::Plan;
use crate::spec::{Difference, Key, MapRequest, Measure, Only, Refine, Spec};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Pictures as files, and what a reader should know of those that were not drawn.
#[derive(Debug, Default)]
pub struct Maps {
    /// Name and contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// Where the cells of heatmaps are, by the names of their files without an ending.
    pub places: Vec<(String, Value)>,
    pub notes: Vec<String>,
}

/// Why no picture can be drawn at all.
#[derive(Debug, thiserror::Error)]
pub enum MapsError {
    #[error("{0}")]
    Cells(#[from] CellsError),
    #[error("cannot read the table of cells: {0}")]
    Unreadable(#[from] io::Error),
    #[error("cannot draw a heatmap: {0}")]
    Picture(#[from] PictureError),
}

/// Whether a spec asks for maps, or leaves it open.
pub fn wants_maps(spec: &Spec) -> bool {
    !spec.report.maps.as_ref().is_some_and(Vec::is_empty)
}

/// A sweep whose cells stand in a table.
pub struct Tabulated<'a> {
    pub spec: &'a Spec,
    pub plan: &'a Plan,
    /// Trajectories that are counted, all cells together.
    pub counted: u64,
    /// Opens cells.csv.
    pub open: &'a dyn Fn() -> io::Result<Box<dyn Read + Send>>,
}

impl Tabulated<'_> {
    /// Draws every map as SVG and PNG, with the boundaries of zero that theory predicts, dots where it is silent, and a
    /// hatching where the audit found another fate.
    ///
    /// # Errors
    /// Where the table cannot be read, or a picture cannot be rasterized.
    pub fn maps(&self) -> Result<Maps, MapsError> {
        let mut maps = Maps::default();
        let pictures = match &self.spec.report.maps {
            Some(requests) => requests.iter().map(|request| self.pictures(request)).collect::<Result<Vec<_>, _>>()?,
            None => vec![self.pictures(&MapRequest::default())?],
        };
        let pictures = pictures.into_iter().chain(self.beside()?);
        let mut drawn = Vec::new();
        for pictures in pictures {
            match pictures {
                Ok(Pictures { pictures, notes }) => {
                    drawn.extend(pictures);
                    maps.notes.extend(notes);
                }
                Err(error) => maps.notes.push(format!("no map drawn: {error}")),
            }
        }
        maps.places = places(&drawn);
        maps.files = files(drawn)?;
        Ok(maps)
    }

    /// Where cells were run, for a spec whose own maps do not show that.
    fn beside(&self) -> Result<Option<Result<Pictures, MapError>>, MapsError> {
        let first = self.spec.report.maps.iter().flatten().next();
        let is_shown =
            |request: &MapRequest| request.measures.is_empty() || request.measures.contains(&Measure::StandsFor);
        let is_missing = !self.spec.report.maps.iter().flatten().any(is_shown);
        let (Some(first), true) = (first, is_missing && self.spec.report.refine.is_some()) else { return Ok(None) };
        let MapRequest { x, y, facets, .. } = first.clone();
        let measures = vec![Measure::StandsFor];
        self.pictures(&MapRequest { x, y, facets, measures, ..MapRequest::default() }).map(Some)
    }

    /// The pictures of a request; of one without an x those that show most.
    ///
    /// # Errors
    /// Where the table cannot be read; the inner one where it holds nothing to draw.
    pub fn pictures(&self, request: &MapRequest) -> Result<Result<Pictures, MapError>, MapsError> {
        let refine = self.spec.report.refine.as_ref();
        if !request.x.is_empty() {
            let usual = refine.filter(|_| request.measures.is_empty());
            let wanted =
                usual.map_or_else(|| request.measures.clone(), |refine| vec![refine.measure, Measure::StandsFor]);
            let table = self.table(&request.only, &wanted)?;
            let measures = usual.map_or(wanted, |refine| refined_measures(refine, &table));
            let request = &MapRequest { measures, ..request.clone() };
            return Ok(self.draw(&table, request, None).map(|pictures| Pictures { pictures, notes: Vec::new() }));
        }
        let usual = refine.map_or(heatmap::USUAL, |refine| [refine.measure, Measure::StandsFor]);
        let wanted: Vec<Measure> = request.measures.iter().copied().chain(usual).collect();
        let table = self.table(&request.only, &wanted)?;
        if table.rows() == 0 {
            return Ok(Err(MapError::NoneLeft));
        }
        let along = request.difference.as_ref().map(|difference| difference.name.as_str());
        let chosen = match refine {
            None => choose(&table, along),
            Some(refine) => vec![along_refined(&table, refine, along)],
        };
        let mut found = Pictures::default();
        if chosen.is_empty() {
            let none = "no map drawn: no parameter is swept outside the pool; give one a list, linspace or geomspace";
            found.notes.push(none.to_owned());
        }
        for Chosen { request: chosen, note } in chosen {
            let sliced = chosen.only.clone();
            let Some(chosen) = fitted(chosen, request) else { continue };
            let narrowed = if sliced.is_empty() { None } else { Some(self.table(&chosen.only, &wanted)?) };
            match self.draw(narrowed.as_ref().unwrap_or(&table), &chosen, note.as_deref()) {
                Ok(pictures) => found.pictures.extend(pictures),
                Err(error) => return Ok(Err(error)),
            }
            found.notes.extend(note.filter(|note| !found.notes.contains(note)));
        }
        Ok(Ok(found))
    }

    fn table(&self, only: &[Only], measures: &[Measure]) -> Result<MapTable, MapsError> {
        let wanted = if measures.is_empty() { &heatmap::USUAL } else { measures };
        let is_whole = self.counted == self.plan.trajectories;
        let refine = self.spec.report.refine.as_ref();
        Ok(MapTable::read(self.plan, refine, is_whole, only, wanted, (self.open)()?)?)
    }

    fn draw(&self, table: &MapTable, request: &MapRequest, note: Option<&str>) -> Result<Vec<Picture>, MapError> {
        let mut caption = caption(self.spec, self.plan, self.counted, &[]);
        if let (Some(Run { cells: run, uncut }), Some(refine)) = (table.run(), &self.spec.report.refine) {
            caption.detail += &format!(
                ". {} of {} cells were run, close together where {} changes, and stand for the others",
                grouped(run),
                grouped(self.plan.cells),
                refine.measure.name()
            );
            if uncut > 0 {
                caption.detail += &format!("; {} of them would stand for fewer if more were run", grouped(uncut));
            }
            let is_other = |measure: &Measure| *measure != refine.measure && !Measure::OF_REFINED.contains(measure);
            let others: Vec<String> =
                request.measures.iter().filter(|own| is_other(own)).map(|own| own.name()).collect();
            if !others.is_empty() {
                caption.detail += &format!(". Edges of {} may be coarse, or missed", others.join(" and "));
            }
        }
        caption.detail.extend(note.map(|note| format!(". {note}")));
        let noun = words::noun(self.plan);
        if request.line {
            lines::draw(table, request, &caption, noun, &Marks::default())
        } else {
            heatmap::draw(table, request, &caption, noun, &Marks::default())
        }
    }
}

/// What pictures of a refined sweep show: what is sharp, where cells were run, and where more would have to be.
fn refined_measures(refine: &Refine, table: &MapTable) -> Vec<Measure> {
    let uncut = table.run().filter(|run| run.uncut > 0).map(|_| Measure::Uncut);
    [refine.measure, Measure::StandsFor].into_iter().chain(uncut).collect()
}

/// The picture of a refined sweep along its refined paths, a panel for all else but what a difference is taken `along`.
fn along_refined(table: &MapTable, refine: &Refine, along: Option<&str>) -> Chosen {
    let name = |place: usize| refine.along.get(place).cloned().unwrap_or_default();
    let is_facet = |column: &&MapColumn| {
        let name = column.name.as_str();
        column.keys.len() > 1 && !column.follows && !refine.along.iter().any(|own| own == name) && along != Some(name)
    };
    let measures = refined_measures(refine, table);
    let places = table.column(&name(0)).map_or(0, |column| table.columns[column].keys.len());
    let line = refine.along.len() == 1 && refine.measure.is_number() && places <= MOST_OF_LINES;
    let mut request = MapRequest { x: name(0), y: name(1), measures, line, ..MapRequest::default() };
    let mut others: Vec<&MapColumn> = table.columns.iter().filter(is_facet).collect();
    others.sort_by_key(|column| column.keys.len());
    let (mut panels, mut notes) = (1, Vec::new());
    for column in others {
        panels *= column.keys.len();
        if line && request.y.is_empty() {
            // Lines for what makes panels else.
            request.y.clone_from(&column.name);
        } else if panels <= MAX_PANELS {
            request.facets.push(column.name.clone());
        } else {
            let key = column.keys[column.keys.len() / 2];
            request.only.push(Only { name: column.name.clone(), keys: vec![key] });
            notes.push(format!("{} = {key}, one of {} values", column.name, column.keys.len()));
        }
    }
    let note = format!("Shown: {}. For others: zerosweep draw DIR --where 'PATH = VALUE'", notes.join(", "));
    Chosen { request, note: Some(note).filter(|_| !notes.is_empty()) }
}

/// Places of an axis beyond which no lines are drawn.
const MOST_OF_LINES: usize = 10_000;

/// Where the cells of heatmaps are, by the names of their files without an ending.
pub fn places(pictures: &[Picture]) -> Vec<(String, Value)> {
    pictures.iter().filter_map(|picture| Some((picture.stem.clone(), picture.places.clone()?))).collect()
}

/// Pictures, and what a reader should know of them.
#[derive(Debug, Default)]
pub struct Pictures {
    pub pictures: Vec<Picture>,
    pub notes: Vec<String>,
}

/// A chosen request as far as another one, without axes, leaves it open; `None` where it asks for something else.
fn fitted(chosen: MapRequest, asked: &MapRequest) -> Option<MapRequest> {
    let measures = if asked.measures.is_empty() { chosen.measures } else { asked.measures.clone() };
    let has_number = measures.iter().all(|measure| measure.is_number());
    let is_line = asked.line || chosen.line && has_number;
    if chosen.line && !is_line {
        return None;
    }
    let difference = asked.difference.clone();
    let only = chosen.only.into_iter().filter(|own| !asked.only.iter().any(|other| other.name == own.name));
    let only = only.chain(asked.only.clone()).collect();
    Some(MapRequest { measures, only, difference, line: is_line, ..chosen })
}

/// The longest name of a file without its ending.
const LONGEST_STEM: usize = 180;

/// `zero_rate-penalty.lambda-problem.target-by-penalty.k-optimizer`: every request of a sweep has its own.
pub(super) fn stem(measure: Measure, request: &MapRequest) -> String {
    let mut parts = vec![measure.name()];
    parts.extend(request.line.then(|| "line".to_owned()));
    parts.extend([&request.x, &request.y].into_iter().filter(|name| !name.is_empty()).cloned());
    if !request.facets.is_empty() {
        parts.push("by".to_owned());
        parts.extend(request.facets.iter().cloned());
    }
    if let Some(Difference { name, of, minus }) = &request.difference {
        parts.extend([name.clone(), of.to_string(), "minus".to_owned(), minus.to_string()]);
    }
    for Only { name, keys } in &request.only {
        parts.extend(["where".to_owned(), name.clone()]);
        parts.extend(keys.iter().filter(|key| **key != Key::Absent).map(Key::to_string));
    }
    file_stem(&parts)
}

/// Words as the name of a file without its ending, cut short where it is too long, and then distinct all the same.
pub(super) fn file_stem(parts: &[String]) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let whole = parts.join("-");
    let stem: String = whole.chars().map(safe).collect();
    if stem.len() <= LONGEST_STEM {
        return stem;
    }
    let digest = Sha256::digest(whole.as_bytes());
    let end: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{end}", &stem[..LONGEST_STEM - 1 - end.len()])
}
