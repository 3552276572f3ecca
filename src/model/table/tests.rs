use super::*;
use ::parquet::basic::{Compression, Encoding, GzipLevel};
use ::parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use ::parquet::file::metadata::{ParquetMetaData, ParquetMetaDataWriter};
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use ::parquet::file::reader::SerializedFileReader;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// The names and the values of the columns asked for (all where none is), or the error's text without the folder.
fn table(name: &str, bytes: impl AsRef<[u8]>, columns: &[usize]) -> Result<(Vec<String>, Vec<Vec<f64>>), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let text = |error: TableError| within(folder.path(), &error);
    let table = TableFile::open(&path).map_err(text)?;
    let all: Vec<usize> = (0..table.names.len()).collect();
    let values = table.read(if columns.is_empty() { &all } else { columns }).map_err(text)?;
    Ok((table.names, values))
}

fn within(folder: &Path, error: &TableError) -> String {
    let folder = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
    error.to_string().strip_prefix(&folder).expect("the path should come first").to_owned()
}

fn fault(name: &str, bytes: impl AsRef<[u8]>) -> String {
    table(name, bytes, &[]).expect_err("there should be an error")
}

fn refusal<T>(result: Result<T, TableError>) -> TableError {
    result.err().expect("there should be an error")
}

#[test]
fn a_csv_file_is_read_in_each_of_its_guises() {
    let guises: &[&[u8]] = &[
        b"age,bmi\n1,2.5\n-3,4\n",
        b"age,bmi\n1,2.5\n-3,4",
        b"age,bmi\r\n1,2.5\r\n-3,4\r\n",
        b"age,bmi\r1,2.5\r-3,4\r",
        b"\xef\xbb\xbfage,bmi\n1,2.5\n-3,4\n",
        b"\xef\xbb\xbf\"age\",\"bmi\"\n\"1\",\"2.5\"\n\"-3\",4\n",
        b"\n\nage,bmi\n\n1,2.5\n  \n\t\n-3,4\n\n \n",
        b"\xef\xbb\xbf\r\nage,bmi\r\n\r\n1,2.5\r\n-3,4\r\n\r\n",
        b" age , bmi \n 1 ,\t2.5 \n -3 , 4 \n",
        b"age, \"bmi\"\n1, \"2.5\"\n\" -3 \", 4 \n",
    ];
    let expected = (vec!["age".to_owned(), "bmi".to_owned()], vec![vec![1.0, -3.0], vec![2.5, 4.0]]);
    for guise in guises {
        assert_eq!(table("x.csv", guise, &[]), Ok(expected.clone()), "{}", guise.escape_ascii());
    }
    assert_eq!(table("PARQUET", guises[0], &[]), Ok(expected));
}

#[test]
fn columns_come_in_the_order_asked_for_and_others_may_be_text() {
    let text = "id,x,note,y\na,1,\"two\nlines, \"\"quoted\"\"\",3\nb,2,,NA\n";
    assert_eq!(table("x.csv", text, &[1]).unwrap().1, [[1.0, 2.0]]);
    let text = "id,x,y\na;,1,3\n,2,4\n";
    assert_eq!(table("x.csv", text, &[2, 1, 2]).unwrap().1, [[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]);
}

#[test]
fn numbers_are_written_in_decimals() {
    for (text, value) in
        [("1", 1.0), ("-1.5", -1.5), ("1e3", 1000.0), ("1E-3", 0.001), ("+2", 2.0), (".5", 0.5), ("7.", 7.0)]
    {
        assert_eq!(table("x.csv", format!("x\n{text}\n"), &[]).unwrap().1, [[value]], "{text}");
    }
    let none = "is no number; fill it in, or drop the row or the column";
    let infinite = "is no finite number; change it, or drop the row or the column";
    let commas = "is no number; write it without commas, and decimals after a point";
    let word = "is no number; write classes and categories as 0 and 1, a column each, or drop the row or the column";
    let long = format!("{}\\u{{1f}}…", "é".repeat(39));
    let faults = [
        ("NA", "NA", none),
        ("", "", none),
        ("\"\"", "", none),
        ("nan", "nan", none),
        ("-NaN", "-NaN", none),
        ("inf", "inf", infinite),
        ("-Infinity", "-Infinity", infinite),
        ("1e999", "1e999", infinite),
        ("0x10", "0x10", none),
        ("1_000", "1_000", none),
        ("1 2", "1 2", none),
        ("1;5", "1;5", none),
        ("\u{2212}1", "\u{2212}1", none),
        (".", ".", none),
        ("None", "None", none),
        ("yes", "yes", word),
        ("\" Süd \"", "Süd", word),
        ("south 2", "south 2", none),
        ("\"1,5\"", "1,5", commas),
        ("\"1,234,567.5\"", "1,234,567.5", commas),
        ("\"1,x\"", "1,x", none),
        ("\"a\n\"\"\u{1b}\"", "a\\n\\\"\\u{1b}", none),
        (&format!("{}\u{1f}z", "é".repeat(39)), &long, none),
    ];
    for (cell, found, wrong) in faults {
        let expected = format!("x.csv: row 2 (line 3), column \"bmi\": \"{found}\" {wrong}");
        assert_eq!(fault("x.csv", format!("age,bmi\n1,2\n1,{cell}\n")), expected);
    }
}

#[test]
fn csv_errors_say_where_and_what_to_do() {
    let faults: &[(&[u8], &str)] = &[
        (b"", "is empty; give it a name for each column, and rows of numbers"),
        (b"\xef\xbb\xbf\r\n \n", "is empty; give it a name for each column, and rows of numbers"),
        (b"a,b\n", "has names of columns but no rows; add rows of numbers"),
        (b"a,b\n\n  \n", "has names of columns but no rows; add rows of numbers"),
        (b"a;b\n1;2\n", "is separated by semicolons; save it with commas between fields and points in numbers"),
        (b"a;b\n1,5;2\n", "is separated by semicolons; save it with commas between fields and points in numbers"),
        (b"a\tb\n1\t2\n", "is separated by tabs; save it with commas between fields and points in numbers"),
        (b"1,2.5\n3,4\n", "the first line must be names, but has only numbers; put a line of names above it"),
        (b"\"1\"\n3\n", "the first line must be names, but has only numbers; put a line of names above it"),
        (b",b\n1,2\n", "column 1 of 2 has no name; give it one, or leave it out"),
        (b"a,b,\" \"\n1,2,3\n", "column 3 of 3 has no name; give it one, or leave it out"),
        (b"a,b, a\n1,2,3\n", "two columns have the name \"a\"; rename one of them"),
        (
            b"a,b\n1,2\n1\n",
            "row 2 (line 3): the number of fields is 1, but the first line has 2; write one for each column",
        ),
        (
            b"a,b\n1,2,3\n",
            "row 1 (line 2): the number of fields is 3, but the first line has 2; write one for each column",
        ),
        (b"a\n1\n\xff\n", "line 3 is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfea\0\n\0", "line 1 is not UTF-8; save the file as UTF-8"),
        (b"a\r1\r\n2\r\xff", "line 4 is not UTF-8; save the file as UTF-8"),
        (b"a,b\n1,2\n3,\"4\n5,6\n", "a quote is open from line 3 to the end of the file; close it, or take it out"),
        (b"a,b\n1,2\n3,\"4", "a quote is open from line 3 to the end of the file; close it, or take it out"),
        (b"a,\"b\n1,2\n", "a quote is open from line 1 to the end of the file; close it, or take it out"),
    ];
    for (bytes, expected) in faults {
        assert_eq!(fault("x.csv", bytes), format!("x.csv: {expected}"), "{}", bytes.escape_ascii());
    }
    // A quote that is closed at the very end, or stands inside a field, is no open one.
    for text in ["a,b\n1,\"x\"", "a,b\n1,\"x\"\r\n", "a,b\n1,\"x\n\n\"", "a,b\n1,5\" pipe\n"] {
        assert_eq!(table("x.csv", text, &[0]).unwrap().1, [[1.0]], "{text:?}");
    }
}

#[test]
fn lines_are_those_of_the_file_and_rows_those_of_the_table() {
    let error =
        |place| format!("x.csv: {place}, column \"x\": \"?\" is no number; fill it in, or drop the row or the column");
    let texts = [
        ("\n\nx,y\n\n1,2\n \n\n?,2\n", "row 2 (line 8)"),
        ("\r\nx,y\r\n\r\n1,2\r\n \r\n\r\n?,2\r\n", "row 2 (line 7)"),
        ("x,y\r1,2\r\r?,2\r", "row 2 (line 4)"),
        ("\u{feff}x,y\n1,\"2\n3\"\n?,2\n", "row 2 (line 4)"),
    ];
    for (text, place) in texts {
        assert_eq!(table("x.csv", text, &[0]), Err(error(place)), "{text:?}");
    }
}

#[test]
fn tables_have_bounds() {
    let wide = |columns: usize| {
        let names: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
        format!("{}\n{}\n", names.join(","), vec!["1"; columns].join(","))
    };
    assert_eq!(table("x.csv", wide(4096), &[]).unwrap().1.len(), 4096);
    assert_eq!(fault("x.csv", wide(4097)), "x.csv: has 4097 columns, but at most 4096 are read; leave some out");

    let rows = |rows: usize| format!("x\n{}", "1\n".repeat(rows));
    assert_eq!(table("x.csv", rows(MAX_ROWS), &[]).unwrap().1[0].len(), 16_777_216);
    assert_eq!(
        fault("x.csv", rows(MAX_ROWS) + "no number, but a row too many\n"),
        "x.csv: has more than the 16777216 rows that are read; leave some out"
    );

    let parquet =
        |rows| parquet("message m { required boolean x; }", DEFAULT, &[&[Data::Bool(vec![true; rows], None)]]);
    assert_eq!(table("x.parquet", parquet(MAX_ROWS), &[]).unwrap().1[0].len(), 16_777_216);
    let error = "x.parquet: has more than the 16777216 rows that are read; leave some out";
    assert_eq!(fault("x.parquet", parquet(MAX_ROWS + 1)), error);
}

#[test]
fn a_file_beyond_a_gibibyte_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    File::create(&path).unwrap().set_len(MAX_TABLE_BYTES + 1).unwrap();
    let error = "x.csv: has 1073741825 bytes, but at most 1073741824 (1 GiB) are read; leave out rows or columns";
    assert_eq!(within(folder.path(), &refusal(TableFile::open(&path))), error);

    let error = "x.csv: goes on after 1073741824 bytes (1 GiB), where reading ends; leave out rows or columns";
    assert_eq!(TableError::Endless { path: "x.csv".into() }.to_string(), error);
    assert_eq!(read_up_to(io::repeat(7), 3).unwrap(), None);
    assert_eq!(read_up_to(&[7, 8, 9][..], 3).unwrap(), Some(vec![7, 8, 9]));
    assert_eq!(read_up_to(&[7, 8, 9, 10][..], 3).unwrap(), None);
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| within(folder.path(), &refusal(TableFile::open(&folder.path().join(name))));
    assert_eq!(open("x.csv"), "x.csv: there is no such file; check its name and its folder");
    fs::create_dir(folder.path().join("x.parquet")).unwrap();
    assert_eq!(open("x.parquet"), "x.parquet: is a folder; name a .csv or .parquet file");
    let error =
        "a\0b: cannot be read: file name contained an unexpected NUL byte; check that it is a file that you may read";
    assert_eq!(open("a\0b"), error);
}

#[test]
fn the_digest_is_that_of_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    fs::write(&path, "abc").unwrap();
    // FIPS 180-2, appendix B.1.
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(TableFile::open(&path).unwrap().digest(), expected);
}

#[test]
fn a_column_is_found_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let open = |names: &[String]| {
        let path = folder.path().join("x.csv");
        fs::write(&path, names.join(",")).unwrap();
        TableFile::open(&path).unwrap()
    };
    let few = open(&["ages", "age", "sex", "body mass"].map(String::from));
    assert_eq!(few.names(), ["ages", "age", "sex", "body mass"]);
    assert_eq!(few.column("sex").unwrap(), 2);
    let many = open(&(0..13).map(|column| format!("x{column}")).collect::<Vec<_>>());
    let faults = [
        (&few, "Age", "has no column \"Age\"; did you mean \"age\" or \"ages\"?"),
        (&few, "bodymass", "has no column \"bodymass\"; did you mean \"body mass\"?"),
        (&few, "height", "has no column \"height\"; it has \"ages\", \"age\", \"sex\", \"body mass\""),
        (&few, "", "has no column \"\"; it has \"ages\", \"age\", \"sex\", \"body mass\""),
        (&many, "height", "has no column \"height\"; it has 13 columns, from \"x0\" to \"x12\""),
        (&many, "x", "has no column \"x\"; did you mean \"x0\" or \"x1\" or \"x2\"?"),
    ];
    for (table, name, expected) in faults {
        assert_eq!(within(folder.path(), &refusal(table.column(name))), format!("x.csv: {expected}"));
    }
    let error = within(folder.path(), &refusal(few.read(&[3, 4])));
    assert_eq!(error, "x.csv: has no column of index 4; its 4 columns are counted from 0");
    // Of long names no distance is taken, as it would take their product in time.
    let long = open(&["x".repeat(1 << 14)]);
    let error = within(folder.path(), &refusal(long.column(&"x".repeat((1 << 14) + 1))));
    let start = "x".repeat(40);
    assert_eq!(error, format!("x.csv: has no column \"{start}…\"; it has \"{start}…\""));
}

/// Values of a column in a group of rows, and where there are any.
enum Data {
    Bool(Vec<bool>, Option<Vec<i16>>),
    Int32(Vec<i32>, Option<Vec<i16>>),
    Int64(Vec<i64>, Option<Vec<i16>>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>, Option<Vec<i16>>),
    Text(Vec<ByteArray>),
}

const DEFAULT: fn(WriterPropertiesBuilder) -> WriterPropertiesBuilder = |builder| builder;

fn parquet(
    schema: &str,
    properties: impl Fn(WriterPropertiesBuilder) -> WriterPropertiesBuilder,
    groups: &[&[Data]],
) -> Vec<u8> {
    fn put<T: DataType>(mut column: SerializedColumnWriter, values: &[T::T], levels: Option<&[i16]>) {
        column.typed::<T>().write_batch(values, levels, levels.map(|levels| vec![0; levels.len()]).as_deref()).unwrap();
        column.close().unwrap();
    }
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let properties = Arc::new(properties(WriterProperties::builder()).build());
    let mut file = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    for columns in groups {
        let mut group = file.next_row_group().unwrap();
        for data in *columns {
            let column = group.next_column().unwrap().unwrap();
            match data {
                Data::Bool(values, levels) => put::<BoolType>(column, values, levels.as_deref()),
                Data::Int32(values, levels) => put::<Int32Type>(column, values, levels.as_deref()),
                Data::Int64(values, levels) => put::<Int64Type>(column, values, levels.as_deref()),
                Data::Int96(values) => put::<Int96Type>(column, values, None),
                Data::Float(values) => put::<FloatType>(column, values, None),
                Data::Double(values, levels) => put::<DoubleType>(column, values, levels.as_deref()),
                Data::Text(values) => put::<ByteArrayType>(column, values, None),
            }
        }
        group.close().unwrap();
    }
    file.close().unwrap();
    bytes
}

/// A file with this footer in place of its own.
fn with_metadata(bytes: &[u8], change: impl Fn(ParquetMetaData) -> ParquetMetaData) -> Vec<u8> {
    let file = super::parquet::shared(bytes.to_vec(), ::parquet::column::page::Page::buffer);
    let metadata = change(SerializedFileReader::new(file).unwrap().metadata().clone());
    let mut changed = bytes.to_vec();
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &metadata).finish().unwrap();
    changed.extend(footer);
    changed
}

const PLAIN: &str =
    "message m { required boolean b; required int32 i; optional int64 l; required float f; optional double d; }";

fn plain() -> Vec<Data> {
    let all = Some(vec![1, 1, 1]);
    vec![
        Data::Bool(vec![true, false, true], None),
        Data::Int32(vec![-1, 2, i32::MAX], None),
        Data::Int64(vec![-1, 2, 1 << 40], all.clone()),
        Data::Float(vec![0.5, -0.25, 3.0]),
        Data::Double(vec![0.1, -1e300, 3.0], all),
    ]
}

#[test]
fn a_parquet_file_is_read_in_each_of_its_guises() {
    let group = [
        vec![1.0, 0.0, 1.0],
        vec![-1.0, 2.0, 2_147_483_647.0],
        vec![-1.0, 2.0, 1_099_511_627_776.0],
        vec![0.5, -0.25, 3.0],
        vec![0.1, -1e300, 3.0],
    ];
    let expected: Vec<Vec<f64>> = group.iter().map(|values| values.repeat(2)).collect();
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for dictionary in [true, false] {
            for limit in [1, 20_000] {
                let properties = |builder: WriterPropertiesBuilder| {
                    let builder = builder.set_writer_version(version).set_dictionary_enabled(dictionary);
                    builder.set_data_page_row_count_limit(limit).set_write_batch_size(limit)
                };
                let bytes = parquet(PLAIN, properties, &[&plain(), &plain()]);
                let (names, values) = table("X.PARQUET", bytes, &[]).unwrap();
                assert_eq!(names, ["b", "i", "l", "f", "d"]);
                assert_eq!(values, expected, "{version:?}, dictionary: {dictionary}, rows of a page: {limit}");
            }
        }
    }
    let split = |builder: WriterPropertiesBuilder| {
        builder.set_dictionary_enabled(false).set_encoding(Encoding::BYTE_STREAM_SPLIT)
    };
    let bytes = parquet("message m { required double d; }", split, &[&[Data::Double(vec![1.5, -2.0], None)]]);
    assert_eq!(table("x.parquet", bytes, &[]).unwrap().1, [[1.5, -2.0]]);
    // More rows than are decoded at once.
    let long: Vec<i32> = (0..200_000).collect();
    let bytes = parquet("message m { required int32 i; }", DEFAULT, &[&[Data::Int32(long.clone(), None)]]);
    let long: Vec<f64> = long.into_iter().map(f64::from).collect();
    assert_eq!(table("x.parquet", bytes, &[]).unwrap().1, [long]);
}

#[test]
fn integers_without_a_sign_have_none() {
    let schema =
        "message m { required int32 i (INTEGER(32,false)); required int64 l (UINT_64); required int32 s (INT_8); }";
    let minus = [Data::Int32(vec![-1], None), Data::Int64(vec![-1], None), Data::Int32(vec![-1], None)];
    let (_, values) = table("x.parquet", parquet(schema, DEFAULT, &[&minus]), &[]).unwrap();
    assert_eq!(values, [[4_294_967_295.0], [18_446_744_073_709_551_615.0], [-1.0]]);
}

#[test]
fn parquet_cells_that_are_no_numbers_are_refused() {
    let none = "is no number; fill it in, or drop the row or the column";
    let infinite = "is no finite number; change it, or drop the row or the column";
    let double = |value| Data::Double(vec![1.0, value], Some(vec![1, 1]));
    let faults = [
        (double(f64::NAN), format!("NaN {none}")),
        (double(f64::INFINITY), format!("inf {infinite}")),
        (double(f64::NEG_INFINITY), format!("-inf {infinite}")),
        (Data::Double(vec![1.0, 3.0], Some(vec![1, 0, 1])), format!("null {none}")),
    ];
    for (data, wrong) in faults {
        let first = Data::Double(vec![1.0, 2.0, 3.0], Some(vec![1, 1, 1]));
        let bytes = parquet("message m { optional double bmi; }", DEFAULT, &[&[first], &[data]]);
        assert_eq!(fault("x.parquet", bytes), format!("x.parquet: row 5, column \"bmi\": {wrong}"));
    }
}

#[test]
fn other_parquet_types_are_refused_where_they_are_read() {
    let all = [
        ("required binary y (STRING)", Data::Text(vec![ByteArray::from("a")]), "y", "BYTE_ARRAY"),
        ("required int96 y", Data::Int96(vec![Int96::new()]), "y", "INT96"),
        ("required int32 y (DATE)", Data::Int32(vec![1], None), "y", "decimals, dates or times"),
        ("required int32 y (DECIMAL(9,2))", Data::Int32(vec![1], None), "y", "decimals, dates or times"),
        ("required int64 y (TIMESTAMP(NANOS,true))", Data::Int64(vec![1], None), "y", "decimals, dates or times"),
        ("required group y { required int32 z; }", Data::Int32(vec![1], None), "y.z", "nested values"),
        ("repeated int32 y", Data::Int32(vec![1], Some(vec![1])), "y", "nested values"),
    ];
    for (field, data, name, kind) in all {
        let separator = if field.ends_with('}') { "" } else { ";" };
        let schema = format!("message m {{ required int32 x; {field}{separator} }}");
        let bytes = parquet(&schema, DEFAULT, &[&[Data::Int32(vec![7], None), data]]);
        assert_eq!(table("x.parquet", &bytes, &[0]).unwrap().1, [[7.0]], "{field}");
        let expected = format!(
            "x.parquet: column \"{name}\" holds {kind}, not plain BOOLEAN, INT32, INT64, FLOAT or DOUBLE; convert it"
        );
        assert_eq!(fault("x.parquet", bytes), expected);
    }
}

#[test]
fn compressed_columns_are_refused_where_they_are_read() {
    let numbers = || Data::Int32(vec![1, 2, 3], None);
    let schema = "message m { required int32 x; required int32 y; }";
    let bytes = parquet(schema, DEFAULT, &[&[numbers(), numbers()], &[numbers(), numbers()]]);
    let codecs = [
        (Compression::SNAPPY, "SNAPPY"),
        (Compression::GZIP(GzipLevel::default()), "GZIP"),
        (Compression::LZ4_RAW, "LZ4_RAW"),
    ];
    for (codec, name) in codecs {
        let changed = with_metadata(&bytes, |metadata| {
            let mut groups = metadata.row_groups().to_vec();
            let mut columns = groups[1].columns().to_vec();
            columns[1] = columns[1].clone().into_builder().set_compression(codec).build().unwrap();
            groups[1] = groups[1].clone().into_builder().set_column_metadata(columns).build().unwrap();
            metadata.into_builder().set_row_groups(groups).build()
        });
        assert_eq!(table("x.parquet", &changed, &[0]).unwrap().1, [[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]]);
        let expected =
            format!("x.parquet: is compressed with {name}, which this program does not read; write it uncompressed");
        assert_eq!(fault("x.parquet", &changed), expected);
    }
}

#[test]
fn parquet_errors_say_what_to_do() {
    let x = "message m { required int32 x; }";
    let one = |schema| parquet(schema, DEFAULT, &[&[Data::Int32(vec![1], None), Data::Int32(vec![1], None)]]);
    let claim = |rows: &[i64]| {
        let bytes = parquet(x, DEFAULT, &[&[Data::Int32(vec![1, 2], None)]]);
        with_metadata(&bytes, |metadata| {
            let group = |&rows| metadata.row_group(0).clone().into_builder().set_num_rows(rows).build().unwrap();
            let groups = rows.iter().map(group).collect();
            metadata.into_builder().set_row_groups(groups).build()
        })
    };
    let faults = [
        (
            Vec::new(),
            "cannot be read as Parquet: EOF: Parquet file too small. Size is 0 but need 8; write the file anew",
        ),
        (
            b"a,b\n1,2\n3,4\n".to_vec(),
            "cannot be read as Parquet: Invalid Parquet file. Corrupt footer; write the file anew",
        ),
        (parquet("message m { }", DEFAULT, &[]), "is empty; give it a name for each column, and rows of numbers"),
        (parquet(x, DEFAULT, &[]), "has names of columns but no rows; add rows of numbers"),
        (parquet(x, DEFAULT, &[&[Data::Int32(vec![], None)]]), "has names of columns but no rows; add rows of numbers"),
        (
            one("message m { required int32 x; required int32 x; }"),
            "two columns have the name \"x\"; rename one of them",
        ),
        (claim(&[1]), "cannot be read as Parquet: a column has 2 rows of 1; write the file anew"),
        (claim(&[3]), "cannot be read as Parquet: a column has 2 rows of 3; write the file anew"),
        (claim(&[2, -1]), "cannot be read as Parquet: a group claims -1 rows; write the file anew"),
        (claim(&[i64::MAX, i64::MAX, 4]), "has more than the 16777216 rows that are read; leave some out"),
    ];
    for (bytes, expected) in faults {
        assert_eq!(fault("x.parquet", bytes), format!("x.parquet: {expected}"));
    }
}

#[test]
fn a_dictionary_gets_no_more_room_than_it_has_bytes() {
    let bytes = parquet("message m { required int32 x; }", DEFAULT, &[&[Data::Int32(vec![1, 2, 3], None)]]);
    // In the header of the page, in the compact form of Thrift: a struct, its field 1 (3, in zigzag) and its field 2.
    let count = bytes.windows(4).position(|window| window == [0x4c, 0x15, 6, 0x15]).unwrap() + 2;
    let most = [0xfe, 0xff, 0xff, 0xff, 0x0f];
    let changed = [&bytes[..count], &most, &bytes[count + 1..]].concat();
    let error =
        "x.parquet: cannot be read as Parquet: a dictionary has 2147483647 values in 12 bytes; write the file anew";
    assert_eq!(fault("x.parquet", changed), error);
}

#[test]
fn no_damage_to_a_parquet_file_is_a_panic() {
    let bytes = parquet(PLAIN, DEFAULT, &[&plain(), &plain()]);
    for end in 0..bytes.len() {
        assert!(fault("x.parquet", &bytes[..end]).starts_with("x.parquet: cannot be read as Parquet: "), "{end} bytes");
    }
    let mut random = 1_u64;
    for at in 0..bytes.len() {
        for _ in 0..4 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut damaged = bytes.clone();
            damaged[at] ^= (random >> 56) as u8;
            // Whether it is an error, too, is up to what was hit: a value may be any number.
            let _ = table("x.parquet", damaged, &[]);
        }
    }
}
