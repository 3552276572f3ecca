//! cells.parquet, read back beside cells.csv.

use crate::support::{audited, on_cpu, spec, statistics};
use parquet::basic::Type;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use zerosweep::backend::RunOptions;
use zerosweep::output::{CellsParquet, cells};
use zerosweep::plan::Plan;

/// Both files of a sweep.
fn tables(text: &str) -> (String, Vec<u8>) {
    let plan = Plan::new(&spec(text));
    let statistics = statistics(&plan, on_cpu(&plan, &RunOptions::default()));
    let (mut csv, mut bytes) = (Vec::new(), Vec::new());
    let mut typed = CellsParquet::new(&plan, None, &mut bytes).unwrap();
    cells((&plan, None), &statistics, &audited(&plan, &statistics, 20), |lines, rows| {
        csv.extend_from_slice(lines);
        typed.add(rows)
    })
    .unwrap();
    typed.finish().unwrap();
    (String::from_utf8(csv).unwrap(), bytes)
}

/// The file, opened.
fn reader(bytes: &[u8]) -> SerializedFileReader<std::fs::File> {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    SerializedFileReader::new(file).unwrap()
}

#[test]
fn both_tables_say_the_same_and_the_typed_one_says_what_it_is() {
    let (csv, bytes) = tables(
        "steps = 40
        problem = { kind = 'quadratic', target = { linspace = [-1.0, 1.0, 5] } }
        penalty = [{ kind = 'lk', k = [1.0, 2.0], lambda = [0.1, 1.0] }, { kind = 'mcp', lambda = [0.1, 1.0] }]
        optimizer = { kind = ['subgradient', 'proximal'], learning_rate = 0.1 }
        start = { w = { uniform = [-2.0, 2.0], count = 16, seed = 5 } }",
    );
    let reader = reader(&bytes);
    let schema = reader.metadata().file_metadata().schema_descr();
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    let names: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    let types = [
        ("optimizer", Type::BYTE_ARRAY),
        ("penalty.lambda", Type::FLOAT),
        ("trajectories", Type::INT64),
        ("zero_rate", Type::DOUBLE),
        // Blank in the first rows.
        ("arrival_p50", Type::INT64),
        ("predicted_fate", Type::BYTE_ARRAY),
    ];
    for (name, expected) in types {
        let place = names.iter().position(|own| own == name).unwrap();
        assert_eq!(schema.column(place).physical_type(), expected, "{name}");
    }
    let mut count = 0;
    for (record, row) in table.records().zip(reader.get_row_iter(None).unwrap()) {
        let (record, row) = (record.unwrap(), row.unwrap());
        let fields: Vec<(&String, &Field)> = row.get_column_iter().collect();
        assert_eq!(fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
        for (text, (name, field)) in record.iter().zip(fields) {
            let same = match field {
                Field::Null => text.is_empty(),
                Field::Str(own) => own == text,
                Field::Float(own) => text.parse() == Ok(*own),
                Field::Long(own) => text.parse() == Ok(*own),
                Field::Double(own) => format!("{own:.6}") == text,
                _ => false,
            };
            assert!(same, "{name}: {text} and {field:?}");
        }
        count += 1;
    }
    assert_eq!(count, csv.lines().count() - 1);
}

/// More rows than a row group holds.
#[test]
fn a_large_table_is_whole() {
    let (csv, bytes) = tables(
        "steps = 1
        penalty = { kind = 'lk', k = 1.0, lambda = { linspace = [0.1, 1.0, 70000] } }
        optimizer = { kind = 'proximal', learning_rate = 0.1 }
        start.w = 1.0",
    );
    let reader = reader(&bytes);
    assert_eq!(reader.num_row_groups(), 2);
    assert_eq!(reader.metadata().file_metadata().num_rows(), 70_000);
    let last = reader.get_row_iter(None).unwrap().last().unwrap().unwrap().to_string();
    assert!(last.contains("penalty.lambda: 1.0"), "{last}");
    assert_eq!(csv.lines().count(), 70_001);
}
