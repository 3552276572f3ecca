//! What is made of a sweep's counts, and where it goes.

use super::{Failure, say};
use serde_json::{Map, Value};
use zerosweep::audit::Audit;
use zerosweep::backend::Cancel;
use zerosweep::output::{CELLS, CHARTS, CURVE, Folder, MACHINE, MachineRecord, Maps, RECORD, RunRecord, SPEC};
use zerosweep::output::{cells_csv, charts, curve_csv, maps};
use zerosweep::plan::Plan;
use zerosweep::spec::Spec;
use zerosweep::statistics::Statistics;
use zerosweep::theory::forecasts;

/// The files of every run that are known before it begins, but for the record.
pub const NAMES: [&str; 8] = [SPEC, CELLS, CURVE, MACHINE, CHARTS[0], CHARTS[1], CHARTS[2], CHARTS[3]];

/// A sweep, or as much of it as was counted.
pub struct Counted<'a> {
    pub spec: &'a Spec,
    /// The spec as run.
    pub text: &'a str,
    pub plan: &'a Plan,
    pub statistics: &'a Statistics,
}

/// What a sweep leaves behind.
pub struct Results {
    audit: Audit,
    /// Names and contents.
    files: Vec<(String, Vec<u8>)>,
}

impl Counted<'_> {
    /// Draws, audits and writes down beside each other what does not wait for the other.
    pub fn results(&self, audit: impl FnOnce() -> Result<Audit, Failure> + Send) -> Result<Results, Failure> {
        let Counted { spec, plan, statistics, .. } = *self;
        let (charts, (forecasts, audit)) =
            rayon::join(|| charts(spec, plan, statistics), || (forecasts(plan), audit()));
        let audit = audit?;
        let (maps, cells) = rayon::join(
            || maps(spec, plan, statistics, &forecasts, &audit),
            || cells_csv(plan, statistics, &forecasts, &audit),
        );
        let Maps { files: maps, notes } = maps?;
        notes.iter().for_each(|note| say(&format!("note: {note}")));
        let tables = [(CELLS, cells), (CURVE, curve_csv(statistics))].map(|(name, text)| (name.to_owned(), text));
        let files = tables.into_iter().chain(maps).chain(charts?).collect();
        Ok(Results { audit, files })
    }

    /// Audits, draws and publishes the whole of it; gives what the records say. `stopped` is the failure if it was cancelled.
    pub fn publish(
        &self,
        mut folder: Folder,
        machine: MachineRecord,
        audit: impl FnOnce() -> Result<Audit, Failure> + Send,
        (cancel, stopped): (&Cancel, Failure),
    ) -> Result<Map<String, Value>, Failure> {
        let results = self.results(audit);
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
        let Counted { spec, text, plan, statistics } = *self;
        folder.add(SPEC, text.as_bytes())?;
        results.files.iter().try_for_each(|(name, contents)| folder.add(name, contents))?;
        let records = machine.iter().map(|_| MACHINE).chain([RECORD]).map(str::to_owned);
        let files = folder.files().into_iter().chain(records).collect();
        let record = RunRecord { name: &spec.name, spec_hash: folder.spec_hash().to_owned(), files };
        let record = record.json(plan, statistics, &results.audit);
        let machine = machine.map(|machine| machine.json()).unwrap_or_default();
        if !machine.is_empty() {
            folder.add(MACHINE, json_text(&machine).as_bytes())?;
        }
        folder.add(RECORD, json_text(&record).as_bytes())?;
        Ok(record.into_iter().chain(machine).collect())
    }
}

/// A record as text.
pub fn json_text(object: &Map<String, Value>) -> String {
    format!("{}\n", serde_json::to_string_pretty(object).expect("a record should be JSON"))
}
