//! cells.csv, read back for pictures.

use crate::support::{audited, on_cpu, spec, statistics, table_of_cells};
use zerosweep::backend::RunOptions;
use zerosweep::output::map_table::{CellsError, MapTable};
use zerosweep::plan::Plan;
use zerosweep::spec::{Event, Key, Measure, Only, Side, Trait};
use zerosweep::verdict::Fate;

const SWEEP: &str = "steps = 40
    problem = { kind = 'quadratic', target = { linspace = [-1.0, 1.0, 5] } }
    penalty = [
        { kind = 'lk', k = [1.0, 2.0], lambda = { geomspace = [0.1, 10.0, 4] } },
        { kind = 'mcp', lambda = [0.1, 1.0] },
    ]
    optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1, noise = { normal = 0.01, seed = 3 } }
    start = { w = { uniform = [-2.0, 2.0], count = 16, seed = 5 } }";

fn read(csv: &str, only: &[Only], wanted: &[Measure]) -> Result<MapTable, CellsError> {
    MapTable::read(&Plan::new(&spec(SWEEP)), None, false, only, wanted, csv.as_bytes())
}

fn csv() -> String {
    let plan = Plan::new(&spec(SWEEP));
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    table_of_cells(&plan, &statistics, &audited(&plan, &statistics, 20))
}

/// What a reader of CSV finds, column by column.
fn column(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let place = reader.headers().unwrap().iter().position(|own| own == name).unwrap();
    reader.records().map(|record| record.unwrap()[place].to_owned()).collect()
}

const WANTED: [Measure; 5] = [
    Measure::Fate,
    Measure::PredictedFate,
    Measure::Share(Trait::Within(1e-3), Side::Low),
    Measure::Step(Event::Arrival, 50),
    Measure::Share(Trait::Crossed, Side::Rate),
];

#[test]
fn every_column_is_that_of_the_file() {
    let csv = csv();
    let table = read(&csv, &[], &WANTED).unwrap();
    assert_eq!(table.rows(), csv.lines().count() - 1);
    let names = ["trajectories", "draws", "crossed", "within_0.001", "arrival_p50", "zero", "predicted_zero", "moving"];
    for name in names {
        let text = |row| table.numbers(name).get(row).map_or(String::new(), |number| number.to_string());
        assert_eq!((0..table.rows()).map(text).collect::<Vec<_>>(), column(&csv, name), "{name}");
    }
    let fates = table.numbers("predicted_fate");
    let fate = |row| fates.get(row).map_or("", |fate| Fate::NAMES[fate as usize]).to_owned();
    assert_eq!((0..table.rows()).map(fate).collect::<Vec<_>>(), column(&csv, "predicted_fate"));
    for own in &table.columns {
        let key = |row: usize| match own.keys[own.codes[row] as usize] {
            // Without the noise that all optimizers have.
            Key::Text(text) => format!("{text}{}", if own.name == "optimizer" { " noise seed 3" } else { "" }),
            Key::Number(value) => zerosweep::output::Number(value).to_string(),
            Key::Absent => String::new(),
        };
        assert_eq!((0..table.rows()).map(key).collect::<Vec<_>>(), column(&csv, &own.name), "{}", own.name);
    }
    let names: Vec<&str> = table.columns.iter().map(|own| own.name.as_str()).collect();
    assert_eq!(names, ["penalty", "optimizer", "problem.target", "penalty.k", "penalty.lambda"]);
}

/// Windows' line ends, quotes and the order of columns are the writer's choice; the file may be a spreadsheet's.
#[test]
fn what_a_spreadsheet_makes_of_the_file_is_read_alike() {
    let csv = csv();
    let plain = format!("{:?}", read(&csv, &[], &WANTED).unwrap());
    let quoted: Vec<String> = csv.lines().map(|line| format!("\"{}\"", line.replace(',', "\",\""))).collect();
    let reversed: Vec<String> = csv.lines().map(|line| line.split(',').rev().collect::<Vec<_>>().join(",")).collect();
    for other in [csv.replace('\n', "\r\n"), quoted.join("\n"), reversed.join("\n"), csv.trim_end().to_owned()] {
        assert_eq!(format!("{:?}", read(&other, &[], &WANTED).unwrap()), plain);
    }
}

#[test]
fn cells_are_left_out_by_their_values() {
    let csv = csv();
    let only = |name: &str, keys: &[Key]| Only { name: name.to_owned(), keys: keys.to_vec() };
    let k = only("penalty.k", &[Key::Number(2.0)]);
    let rule = only("optimizer", &[Key::Text("proximal noise seed 3")]);
    let expected = column(&csv, "penalty.k").into_iter().zip(column(&csv, "optimizer"));
    let expected = expected.filter(|(k, rule)| k == "2" && rule.starts_with("proximal")).count();
    let table = read(&csv, &[k.clone(), rule], &WANTED).unwrap();
    assert_eq!(table.rows(), expected);
    let two = table.columns.iter().find(|own| own.name == "penalty.k").unwrap();
    assert!(two.codes.iter().all(|code| two.keys[*code as usize] == Key::Number(2.0)));
    // Of cells that lack the coordinate none has the value.
    assert_eq!(read(&csv, &[k], &WANTED).unwrap().rows(), 2 * expected);
}

#[test]
fn cells_without_a_line_were_not_run() {
    let csv = csv();
    let lines: Vec<&str> = csv.lines().collect();
    let some: Vec<&str> =
        lines.iter().enumerate().filter(|(at, _)| *at == 0 || at % 3 == 1).map(|(_, line)| *line).collect();
    let (whole, some) = (read(&csv, &[], &WANTED).unwrap(), read(&some.join("\n"), &[], &WANTED).unwrap());
    assert_eq!(some.rows(), whole.rows());
    for row in 0..whole.rows() {
        let [whole, some] = [&whole, &some].map(|table| table.numbers("trajectories").get(row));
        assert_eq!(some, if row % 3 == 0 { whole } else { Some(0) }, "{row}");
    }
    for (whole, some) in whole.columns.iter().zip(&some.columns) {
        assert_eq!((&whole.keys, &whole.codes), (&some.keys, &some.codes));
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let csv = csv();
    let says = |csv: &str| read(csv, &[], &WANTED).unwrap_err().to_string();
    let (header, rest) = csv.split_once('\n').unwrap();
    assert_eq!(
        says(&format!("{}\n{rest}", header.replace("arrival_p50", "arrival"))),
        "the table of cells has no column `arrival_p50`; this version of zerosweep writes one: run the sweep again"
    );
    let line = csv.lines().nth(7).unwrap();
    let broken = |new: &str| csv.replace(line, new);
    let fields: Vec<&str> = line.split(',').collect();
    let with = |place: usize, text: &str| {
        let mut fields = fields.clone();
        fields[place] = text;
        broken(&fields.join(","))
    };
    let place = |name: &str| header.split(',').position(|own| own == name).unwrap();
    assert_eq!(
        says(&with(place("penalty.lambda"), "0.7")),
        "line 8 of the table of cells says `0.7` in the column `penalty.lambda`, and no cell of this spec has that"
    );
    assert_eq!(
        says(&with(place("optimizer"), "adam")),
        "line 8 of the table of cells says `adam` in the column `optimizer`, and no cell of this spec has that"
    );
    assert_eq!(
        says(&with(place("zero"), "-3")),
        "line 8 of the table of cells says `-3` in the column `zero`, and a count or a step belongs there"
    );
    assert_eq!(
        says(&with(place("predicted_fate"), "lost")),
        "line 8 of the table of cells says `lost` in the column `predicted_fate`, and a fate belongs there"
    );
    let cells = csv.lines().count() - 1;
    assert_eq!(
        says(&format!("{csv}{line}\n")),
        format!(
            "the table has {} cells, and this sweep has {cells}, in another order: it is of another spec",
            cells + 1
        )
    );
    // As many lines as cells or fewer, but two of one cell.
    let twice: Vec<&str> = csv.lines().take(5).chain(csv.lines().skip(1).take(2)).collect();
    assert_eq!(
        says(&twice.join("\n")),
        format!("the table has 6 cells, and this sweep has {cells}, in another order: it is of another spec")
    );
    assert!(says("").contains("has no column"));
    let short: Vec<&str> = csv.lines().take(5).collect();
    let error =
        MapTable::read(&Plan::new(&spec(SWEEP)), None, true, &[], &WANTED, short.join("\n").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the table has 4 cells, and this sweep has {cells}: some are missing; run the sweep again")
    );
    let long = says(&with(place("zero"), &"x".repeat(100_000)));
    assert!(long.len() < 300, "{}", long.len());
}
