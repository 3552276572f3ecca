//! `zerosweep draw`.

use super::answers::{PictureFormat, write_pictures};
use super::backend::cancel_on_interrupt;
use super::parts::{Finished, Held, is_finished, record, so_far};
use super::results::{Counted, NAMES, has_room_for_maps};
use super::{Failure, bytes, print, say};
use bytesize::ByteSize;
use clap::Args;
use serde_json::Value;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use zerosweep::audit::Audit;
use zerosweep::estimate::{Memory, map_bytes};
use zerosweep::output::{
    CELLS, COEFFICIENTS, CONTOURS, ChosenLambdas, Folder, OutputError, PARTIAL, PROGRESS, Pictures, RECORD, REPORT,
    Report, Tabulated, WeightCells, open_read, places, put, weight_pictures, without_cell,
};
use zerosweep::plan::Plan;
use zerosweep::spec::{MapRequest, Spec};

#[derive(Args)]
pub struct DrawArgs {
    /// The folder of the results
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// What goes to the right: the path of a swept parameter [default: chosen, with y and facets, by what changes most]
    #[arg(long, value_name = "PATH")]
    x: Option<String>,
    /// What goes up, or has a line each: a path or a role
    #[arg(long, value_name = "PATH")]
    y: Option<String>,
    /// What has panels of its own: paths or roles
    #[arg(long, value_name = "PATHS", value_delimiter = ',')]
    facets: Vec<String>,
    /// What is shown: columns of cells.csv, or fate [default: zero_rate,fate]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    measure: Vec<String>,
    /// Leave out cells that have other values of a coordinate, for example --where 'penalty.k = 0.5, 1'; may be
    /// given for several coordinates
    #[arg(long = "where", value_name = "PATH = VALUES")]
    only: Vec<String>,
    /// Show a measure at one value less the same at another, for example --difference 'optimizer = proximal, subgradient'
    #[arg(long, value_name = "PATH = A, B")]
    difference: Option<String>,
    /// Show how wide the 95 % interval of a share is
    #[arg(long)]
    interval: bool,
    /// Draw lines over x, one for each value of y, with intervals as bands
    #[arg(long)]
    line: bool,
    /// Files of each picture
    #[arg(long, value_enum, value_name = "FORMATS", value_delimiter = ',', default_values = ["svg", "png"])]
    format: Vec<PictureFormat>,
    /// Folder of the pictures [default: DIR/drawn]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// As in run
    #[arg(long, value_name = "SIZE", default_value = super::MEMORY, value_parser = super::size, allow_negative_numbers = true)]
    memory: ByteSize,
}

/// What errors in options are found in.
const OPTIONS: &str = "the options of draw, as a map of a spec";

impl DrawArgs {
    /// Whether an option asks for other pictures than those of the run.
    fn has_request(&self) -> bool {
        let lists = [&self.facets, &self.measure, &self.only];
        let texts = [&self.x, &self.y, &self.difference];
        lists.iter().any(|list| !list.is_empty())
            || texts.iter().any(|text| text.is_some())
            || self.interval
            || self.line
    }

    /// The request of the options; `None` where there is none.
    fn request(&self, spec: &Spec) -> Result<Option<MapRequest>, Failure> {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let list = |texts: &[String]| {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text.trim())).collect();
            format!("[{}]", texts.join(", "))
        };
        let mut text = String::new();
        let mut line = |key: &str, value: Option<String>| text.extend(value.map(|value| format!("{key} = {value}\n")));
        line("x", self.x.as_deref().map(quoted));
        line("y", self.y.as_deref().map(quoted));
        line("facets", (!self.facets.is_empty()).then(|| list(&self.facets)));
        line("measure", (!self.measure.is_empty()).then(|| list(&self.measure)));
        line("interval", self.interval.then(|| true.to_string()));
        line("line", self.line.then(|| true.to_string()));
        for (table, conditions) in [("where", &self.only[..]), ("difference", self.difference.as_slice())] {
            text.extend((!conditions.is_empty()).then(|| format!("[{table}]\n")));
            for condition in conditions {
                let Some((name, values)) = condition.split_once('=') else {
                    let message = format!("--{table} must be 'PATH = VALUES', found '{condition}'");
                    return Err(Failure::Usage(format!("{message}; for example --{table} 'penalty.k = 0.5, 1'")));
                };
                text += &format!("{} = {}\n", quoted(name.trim()), values_of(values, quoted));
            }
        }
        if text.is_empty() { Ok(None) } else { Ok(Some(spec.map(&text, OPTIONS)?)) }
    }
}

/// A TOML value as it is; else a list of numbers and words between commas.
fn values_of(text: &str, quoted: impl Fn(&str) -> String) -> String {
    let text = text.trim();
    if text.parse::<toml::Value>().is_ok() && text.lines().count() == 1 {
        return text.to_owned();
    }
    let item = |item: &str| match item.parse::<f64>() {
        Ok(number) => format!("{number:?}"),
        Err(_) => quoted(item),
    };
    let items: Vec<String> = text.split(',').map(|text| item(text.trim())).collect();
    format!("[{}]", items.join(", "))
}

/// Draws what is known of a sweep: of one that is done from its table of cells, of one that is not after that is made.
pub fn draw(args: &DrawArgs) -> Result<(), Failure> {
    if is_finished(&args.folder) { draw_results(args) } else { draw_so_far(args) }
}

fn draw_results(args: &DrawArgs) -> Result<(), Failure> {
    let Finished { spec, text, plan, told } = Finished::load(&args.folder)?;
    if spec.model.is_some() {
        return draw_weights(args, &spec, &text, &plan, &told);
    }
    let request = args.request(&spec)?;
    let only = request.as_ref().map_or(&[][..], |request| &request.only);
    let (needed, bound) = (map_bytes(&spec, &plan, only), args.memory.as_u64());
    if needed > bound {
        let (needed, bound) = (bytes(needed), bytes(bound));
        return Err(Failure::Other(format!(
            "a picture of so many cells needs {needed} of memory, more than {bound}; give more with --memory, or leave cells out \
             with --where"
        )));
    }
    let cells = args.folder.join(CELLS);
    let open = || open_read(&cells).map(|file| Box::new(file) as Box<dyn Read + Send>);
    let table = Tabulated { spec: &spec, plan: &plan, counted: plan.trajectories, open: &open };
    let requests = match request {
        Some(request) => vec![request],
        None => match spec.report.maps.as_deref() {
            Some([]) | None => vec![MapRequest::default()],
            Some(requests) => requests.to_vec(),
        },
    };
    let mut drawn = Pictures::default();
    for request in &requests {
        let Pictures { pictures, notes } =
            table.pictures(request)?.map_err(|error| Failure::Other(error.to_string()))?;
        drawn.pictures.extend(pictures);
        drawn.notes.extend(notes);
    }
    put_pictures(args, &table, &text, &told, drawn, None)
}

/// Draws the pictures of many weights from the tables of the run.
fn draw_weights(args: &DrawArgs, spec: &Spec, text: &str, plan: &Plan, told: &Value) -> Result<(), Failure> {
    if args.has_request() {
        return Err(Failure::Usage(
            "draw makes the pictures of a run of many weights again as they are: --x, --y, --facets, --measure, --where, --difference, --interval and \
             --line are for problems of one weight; leave them out"
                .to_owned(),
        ));
    }
    let by_weight = plan.by_weight();
    let open = |name: &str| {
        let path = args.folder.join(name);
        open_read(&path).map_err(|error| Failure::Other(format!("cannot read {}: {error}", path.display())))
    };
    let cells = WeightCells::read(&by_weight, open(COEFFICIENTS)?, open(CELLS)?)
        .map_err(|error| Failure::Other(format!("cannot draw {}: {error}", args.folder.display())))?;
    if let Some(of) = without_cell(told, &cells) {
        let folder = args.folder.display();
        return Err(Failure::Other(format!(
            "cannot draw {folder}: {RECORD} tells of a lambda of {of:?} that no cell has; run the sweep again with --force"
        )));
    }
    let of_record = told.as_object().cloned().unwrap_or_default();
    let mut drawn = weight_pictures(spec, plan, &by_weight, &cells, &of_record);
    if of_record["files"].as_array().is_some_and(|files| files.iter().filter_map(Value::as_str).any(is_contours)) {
        drawn.notes.push("contours are drawn by a run alone, which follows trajectories for them".to_owned());
    }
    let open = || open_read(&args.folder.join(CELLS)).map(|file| Box::new(file) as Box<dyn Read + Send>);
    let table = Tabulated { spec, plan, counted: plan.trajectories, open: &open };
    put_pictures(args, &table, text, told, drawn, Some(&cells))
}

fn is_contours(file: &str) -> bool {
    file.split_once('-').is_some_and(|(shown, _)| shown == CONTOURS)
}

/// Writes pictures in the formats that were asked for, and a page of them.
fn put_pictures(
    args: &DrawArgs,
    table: &Tabulated,
    text: &str,
    told: &Value,
    drawn: Pictures,
    weights: Option<&WeightCells>,
) -> Result<(), Failure> {
    drawn.notes.iter().for_each(|note| say(&format!("note: {note}")));
    let out = args.out.clone().unwrap_or_else(|| args.folder.join("drawn"));
    let mut report = Vec::new();
    if args.format.contains(&PictureFormat::Html) {
        let places = places(&drawn.pictures);
        let svgs =
            drawn.pictures.iter().map(|picture| (format!("{}.svg", picture.stem), picture.svg.clone().into_bytes()));
        let pictures: Vec<(String, Vec<u8>)> = svgs.collect();
        let (pictures, places) = (&pictures[..], &places[..]);
        let own = Report { tabulated: table, text, record: told, pictures, places, weights };
        own.write(own.counts()?.as_deref(), &mut report).expect("memory should take what is written");
    }
    let mut written = write_pictures(&out, drawn.pictures, &args.format)?;
    if !report.is_empty() {
        let path = out.join(REPORT);
        put(&path, &report).map_err(|source| OutputError::Picture { path: path.clone(), source })?;
        _ = writeln!(written, "{}", path.display());
    }
    print(&written)
}

fn draw_so_far(args: &DrawArgs) -> Result<(), Failure> {
    let path: &Path = &args.folder;
    let cancel = cancel_on_interrupt();
    let Held { mut spec, text, plan, progress, counts, .. } = Held::load(path)?;
    if spec.model.is_some() {
        let path = path.display();
        return Err(Failure::Other(format!(
            "{path} holds a sweep of many weights that is not done, and draw makes its pictures from the tables at its end; run the same again to go on"
        )));
    }
    let hash = spec.hash();
    if spec.report.refine.is_some() {
        let path = path.display();
        return Err(Failure::Other(format!(
            "the sweep in {path} is refined, and which cells it runs is known at its end alone; run the same again to go on"
        )));
    }
    if let Some(request) = args.request(&spec)? {
        spec.report.maps = Some(vec![request]);
    }
    let share = progress.share();
    let statistics = so_far(&plan, counts, path)?;
    if statistics.groups.is_empty() {
        let path = path.display();
        return Err(Failure::Other(format!("no cell in {path} is whole so far; try again when more of it is done")));
    }
    let out = args.out.clone().unwrap_or_else(|| path.join(PARTIAL));
    refuse_other_results(&out)?;
    let has_room_for_maps = has_room_for_maps(&Memory::of(&spec, &plan, args.memory.as_u64())?);
    let counted = Counted {
        spec: &spec,
        text: &text,
        plan: &plan,
        by_weight: None,
        lambdas: &ChosenLambdas::default(),
        selection: None,
        statistics: &statistics,
        has_room_for_maps,
        as_parquet: false,
    };
    let mut folder = Folder::open(&out, &hash, &NAMES, false)?;
    let results = counted.results(&mut folder, || Ok(Audit::default()), &cancel)?;
    counted.put(&mut folder, &results, None)?;
    if cancel.is_raised() {
        return Err(Failure::Interrupted);
    }
    if is_finished(path) {
        let path = path.display();
        return Err(Failure::Other(format!("the sweep came to its end meanwhile; see the results in {path}")));
    }
    folder.publish()?;
    say(&format!("{share} is done; tables and pictures of the cells that are whole are in {}", out.display()));
    Ok(())
}

/// What is drawn of a sweep that is not done takes the place of nothing but the same.
fn refuse_other_results(out: &Path) -> Result<(), Failure> {
    let is_finished = record(out, RECORD).is_some_and(|told| told["partial"].is_null());
    if is_finished || out.join(PROGRESS).exists() {
        let out = out.display();
        return Err(Failure::Other(format!(
            "{out} holds the work or the results of a sweep; give another folder with --out"
        )));
    }
    Ok(())
}
