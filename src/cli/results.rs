//! What is made of a sweep's counts, and where it goes.

use super::sweep::Selection;
use super::{Failure, say};
use serde_json::{Map, Value};
use std::io::Read;
use zerosweep::audit::Audit;
use zerosweep::backend::Cancel;
use zerosweep::estimate::Memory;
use zerosweep::output::{
    CELLS, CELLS_PARQUET, CHARTS, CHOSEN, COEFFICIENTS, CURVE, CellsParquet, END_POINTS, Folder, MACHINE,
    MachineRecord, Maps, OutputError, RECORD, REPORT, Report, RunRecord, SPEC, STABILITY, Standings, Tabulated,
    WeightTables, cells, charts, curve_csv, wants_maps,
};
use zerosweep::output::{ChosenLambdas, StableSet, WeightCells, chosen_csv, has_end_points, weight_maps};
use zerosweep::plan::Plan;
use zerosweep::spec::Spec;
use zerosweep::statistics::Statistics;

/// The files of every run that are known before it begins, but for the record.
pub const NAMES: [&str; 9] = [SPEC, CELLS, CURVE, MACHINE, REPORT, CHARTS[0], CHARTS[1], CHARTS[2], CHARTS[3]];

/// A sweep, or as much of it as was counted.
pub struct Counted<'a> {
    pub spec: &'a Spec,
    /// The spec as run.
    pub text: &'a str,
    pub plan: &'a Plan,
    /// What the statistics are of, where weights are counted, and what they say of them.
    pub by_weight: Option<(&'a Plan, &'a WeightCells)>,
    /// The lambdas that draws of rows speak for.
    pub lambdas: &'a ChosenLambdas,
    /// The cells that were run, where not all were; the statistics are then of these.
    pub selection: Option<&'a Selection>,
    pub statistics: &'a Statistics,
    /// Whether memory has room for maps.
    pub has_room_for_maps: bool,
    /// Whether the table of cells is written as Parquet, too.
    pub as_parquet: bool,
}

/// What a sweep leaves behind.
pub struct Results {
    audit: Audit,
    /// Names and contents.
    files: Vec<(String, Vec<u8>)>,
    /// Where the cells of its heatmaps are.
    places: Vec<(String, Value)>,
}

impl Counted<'_> {
    /// The cells that the statistics are of.
    fn counted_plan(&self) -> &Plan {
        self.selection.map_or(self.plan, |selection| &selection.plan)
    }

    /// Trajectories that are counted; all, where some cells stand for others.
    fn counted(&self) -> u64 {
        self.selection.map_or_else(|| self.run(), |_| self.plan.trajectories)
    }

    /// Trajectories that were run: of many weights the statistics count one several times.
    fn run(&self) -> u64 {
        let places = self.by_weight.map_or(1, |(by_weight, _)| by_weight.trajectories / self.plan.trajectories);
        self.statistics.counted() / places
    }

    /// Draws, audits and writes down beside each other what does not wait for the other; the spec and the table of cells go into
    /// `folder`.
    pub fn results(
        &self,
        folder: &mut Folder,
        audit: impl FnOnce() -> Result<Audit, Failure> + Send,
        cancel: &Cancel,
    ) -> Result<Results, Failure> {
        let Counted { spec, text, plan, statistics, .. } = *self;
        folder.add(SPEC, text.as_bytes())?;
        let (charts, audited) = rayon::join(
            || charts(spec, self.counted_plan(), statistics, self.run()),
            || {
                let audit = audit()?;
                match self.by_weight {
                    None => self.write_cells(folder, &audit, cancel)?,
                    Some((plan, cells)) => self.write_weights(plan, cells, folder, cancel)?,
                }
                Ok::<_, Failure>(audit)
            },
        );
        let audit = audited?;
        let open = || folder.reopen(CELLS).map(|file| Box::new(file) as Box<dyn Read + Send>);
        let counted = self.counted();
        let maps = || match self.by_weight {
            Some((by_weight, cells)) => weight_maps(spec, plan, by_weight, cells, &self.lambdas.json(spec)),
            None => Tabulated { spec, plan, counted, open: &open }.maps(),
        };
        let Maps { files: maps, places, notes } = match wants_maps(spec) && self.has_room_for_maps {
            // A picture that fails costs no table.
            true => {
                maps().unwrap_or_else(|error| Maps { notes: vec![format!("no map drawn: {error}")], ..Maps::default() })
            }
            false => Maps::default(),
        };
        notes.iter().for_each(|note| say(&format!("note: {note}")));
        let curve = (CURVE.to_owned(), curve_csv(statistics));
        Ok(Results { audit, places, files: [curve].into_iter().chain(maps).chain(charts?).collect() })
    }

    /// Writes the table of cells.
    fn write_cells(&self, folder: &mut Folder, audit: &Audit, cancel: &Cancel) -> Result<(), Failure> {
        let plan = self.counted_plan();
        let refined = self.selection.map(|selection| &selection.refined).zip(self.spec.report.refine.as_ref());
        let standings = refined.map(|(refined, refine)| Standings { refined, along: &refine.along });
        let path = folder.path().join(CELLS_PARQUET);
        let failed = |source| OutputError::Write { path: path.clone(), source };
        let mut draft = folder.draft(CELLS)?;
        let mut typed = if self.as_parquet { Some(folder.draft(CELLS_PARQUET)?) } else { None };
        let parquet = typed.as_mut().map(|typed| CellsParquet::new(plan, standings, typed.out()));
        let mut parquet = parquet.transpose().map_err(failed)?;
        cells((plan, standings), self.statistics, audit, |lines, rows| {
            if cancel.is_raised() {
                return Err(Failure::Interrupted);
            }
            parquet.iter_mut().try_for_each(|parquet| parquet.add(rows)).map_err(failed)?;
            Ok(draft.write(lines)?)
        })?;
        parquet.into_iter().try_for_each(CellsParquet::finish).map_err(failed)?;
        typed.into_iter().try_for_each(|typed| folder.keep(typed))?;
        Ok(folder.keep(draft)?)
    }

    /// Writes the tables of weights and of cells.
    fn write_weights(
        &self,
        plan: &Plan,
        of_weights: &WeightCells,
        folder: &mut Folder,
        cancel: &Cancel,
    ) -> Result<(), Failure> {
        let (mut coefficients, mut cells) = (folder.draft(COEFFICIENTS)?, folder.draft(CELLS)?);
        let mut end_points = if has_end_points(plan) { Some(folder.draft(END_POINTS)?) } else { None };
        WeightTables::new(plan).write(self.statistics, |lines| {
            if cancel.is_raised() {
                return Err(Failure::Interrupted);
            }
            coefficients.write(&lines.coefficients)?;
            end_points.iter_mut().try_for_each(|draft| draft.write(&lines.end_points))?;
            Ok(cells.write(&lines.cells)?)
        })?;
        [coefficients, cells].into_iter().chain(end_points).try_for_each(|draft| folder.keep(draft))?;
        if let Some(asked) = &self.spec.report.stability {
            folder.add(STABILITY, &StableSet::csv(&self.lambdas.stable, plan, asked))?;
        }
        if !self.lambdas.held_out.is_empty() {
            folder.add(CHOSEN, &chosen_csv(&self.lambdas.held_out, of_weights, plan))?;
        }
        Ok(())
    }

    /// Audits, draws and publishes the whole of it; gives what the records say. `stopped` is the failure if it was cancelled.
    pub fn publish(
        &self,
        mut folder: Folder,
        machine: MachineRecord,
        audit: impl FnOnce() -> Result<Audit, Failure> + Send,
        (cancel, stopped): (&Cancel, Failure),
    ) -> Result<Map<String, Value>, Failure> {
        let results = self.results(&mut folder, audit, cancel);
        if cancel.is_raised() {
            return Err(stopped);
        }
        let results = results?;
        let records = self.put(&mut folder, &results, Some(machine))?;
        if cancel.is_raised() {
            return Err(stopped);
        }
        let spec = folder.path().join(SPEC);
        folder.publish()?;
        super::audit::report(&results.audit, &spec);
        Ok(records)
    }

    /// Puts all of it into `folder`; gives what the records say.
    pub fn put(
        &self,
        folder: &mut Folder,
        results: &Results,
        machine: Option<MachineRecord>,
    ) -> Result<Map<String, Value>, Failure> {
        let Counted { spec, text, plan, statistics, .. } = *self;
        results.files.iter().try_for_each(|(name, contents)| folder.add(name, contents))?;
        let records = machine.iter().map(|_| MACHINE).chain([RECORD, REPORT]).map(str::to_owned);
        let files = folder.files().into_iter().chain(records).collect();
        let refined = self.selection.map(|selection| &selection.refined);
        let record = RunRecord { name: &spec.name, refined, spec_hash: folder.spec_hash().to_owned(), files };
        let mut record = record.json(self.counted_plan(), statistics, &results.audit);
        record.extend(self.lambdas.json(spec));
        let open = || folder.reopen(CELLS).map(|file| Box::new(file) as Box<dyn Read + Send>);
        let tabulated = Tabulated { spec, plan, counted: self.counted(), open: &open };
        let Results { files: pictures, places, .. } = results;
        let weights = self.by_weight.map(|(_, cells)| cells);
        let told = Value::Object(record.clone());
        let report = Report { tabulated: &tabulated, text, record: &told, pictures, places, weights };
        // Nor does a page cost one.
        let counts = report.counts().unwrap_or_else(|error| {
            say(&format!("note: the report's maps are pictures alone: {error}"));
            None
        });
        let mut draft = folder.draft(REPORT)?;
        let failed = |source| OutputError::Write { path: folder.path().join(REPORT), source };
        report.write(counts.as_deref(), draft.out()).map_err(failed)?;
        folder.keep(draft)?;
        let machine = machine.map(|machine| machine.json()).unwrap_or_default();
        if !machine.is_empty() {
            folder.add(MACHINE, json_text(&machine).as_bytes())?;
        }
        folder.add(RECORD, json_text(&record).as_bytes())?;
        Ok(record.into_iter().chain(machine).collect())
    }
}

/// Says that no maps are drawn, where memory has no room for them; else it is true.
pub fn has_room_for_maps(memory: &Memory) -> bool {
    if let Some(needed) = memory.with_maps {
        let needed = memory_option(needed);
        say(&format!("note: no maps, for want of memory: --memory {needed} would do, or more axes in report.pool"));
    }
    memory.with_maps.is_none()
}

/// So many bytes, or somewhat more, as --memory takes them.
pub fn memory_option(bytes: u64) -> String {
    format!("{}MiB", bytes.div_ceil(1 << 20))
}

/// A record as text.
pub fn json_text(object: &Map<String, Value>) -> String {
    format!("{}\n", serde_json::to_string_pretty(object).expect("a record should be JSON"))
}
