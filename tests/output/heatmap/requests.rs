//! What can be asked for, and what comes back.

use resvg::tiny_skia::Pixmap;
use zerosweep::output::drawing::png;
use zerosweep::output::heatmap::{Key, MAX_PANELS, MapTable, choose, draw};

use super::reader::{panels, tree, words};
use super::sweep::{Axis, caption, geomspace, linspace, numbers, pictures, request, role, sweep, zero_of_ten};

#[test]
fn the_longest_two_coordinates_are_the_axes() {
    let lambda = geomspace("penalty.lambda", 0.01, 10.0, 8);
    let target = linspace("problem.target", -2.0, 2.0, 8);
    let k = numbers("penalty.k", &[0.5, 1.0]);
    let optimizer = role("optimizer", &["subgradient", "truncated", "proximal"]);
    let chosen = |axes: &[Axis]| choose(&sweep(axes, |_| zero_of_ten(1)));

    let all = [k.clone(), target.clone(), optimizer.clone(), lambda.clone()];
    assert_eq!(chosen(&all), Some(request("penalty.lambda", "problem.target", &["penalty.k", "optimizer"])));
    let one_number = [optimizer.clone(), lambda.clone()];
    assert_eq!(chosen(&one_number), Some(request("penalty.lambda", "optimizer", &[])));
    assert_eq!(chosen(std::slice::from_ref(&target)), Some(request("problem.target", "", &[])));
    assert_eq!(chosen(&[optimizer.clone(), numbers("penalty.k", &[2.0])]), None);
    // 3 optimizers of 36 panels leave room for no 20 values.
    let crowded = [lambda.clone(), target.clone(), linspace("start.w", 0.0, 1.0, 7), optimizer, k];
    let crowded = [&crowded[..], &[numbers("problem.curvature", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])]].concat();
    let expected = request("penalty.lambda", "problem.target", &["optimizer", "penalty.k"]);
    assert_eq!(chosen(&crowded), Some(expected));
}

/// A map of two coordinates that move together would be a diagonal.
#[test]
fn a_coordinate_that_follows_another_is_not_chosen() {
    let axes = [linspace("a.x", 0.0, 1.0, 9), linspace("a.y", 0.0, 1.0, 3), linspace("a.z", 0.0, 1.0, 2)];
    let mut table = sweep(&axes, |_| zero_of_ten(1));
    assert_eq!(choose(&table), Some(request("a.x", "a.y", &["a.z"])));
    table.columns[0].follows = true;
    assert_eq!(choose(&table), Some(request("a.y", "a.z", &[])));
}

/// A short axis of all cells comes before a long one of some.
#[test]
fn an_axis_that_all_cells_have_is_chosen_first() {
    let axes = [
        role("problem", &["none", "quadratic"]),
        linspace("problem.target", 0.0, 1.0, 9),
        linspace("penalty.lambda", 0.0, 1.0, 3),
        numbers("penalty.k", &[1.0, 2.0]),
    ];
    let mut table = sweep(&axes, |_| zero_of_ten(1));
    table.rows.retain(|row| row.keys[0] == Key::Text("quadratic") || row.keys[1] == Key::Number(0.0));
    for row in table.rows.iter_mut().filter(|row| row.keys[0] == Key::Text("none")) {
        row.keys[1] = Key::Absent;
    }
    let facets = ["problem", "problem.target"];
    assert_eq!(choose(&table), Some(request("penalty.lambda", "penalty.k", &facets)));
    // With one such axis a role takes the other side.
    let table = without(table, 3);
    assert_eq!(choose(&table), Some(request("penalty.lambda", "problem", &["problem.target"])));
    assert_eq!(choose(&without(table, 2)), Some(request("problem.target", "problem", &[])));
}

fn without(mut table: MapTable, column: usize) -> MapTable {
    table.columns.remove(column);
    table.rows.iter_mut().for_each(|row| _ = row.keys.remove(column));
    table
}

#[test]
fn rows_without_a_coordinate_are_left_out_and_counted() {
    let axes =
        [role("penalty", &["none", "l1"]), linspace("penalty.lambda", 0.0, 1.0, 3), linspace("a.y", 0.0, 1.0, 3)];
    let mut table = sweep(&axes, |keys| zero_of_ten(if keys[0] == Key::Text("none") { 0 } else { 10 }));
    table.rows.retain(|row| row.keys[0] == Key::Text("l1") || row.keys[1] == Key::Number(0.0));
    for row in table.rows.iter_mut().filter(|row| row.keys[0] == Key::Text("none")) {
        row.keys[1] = Key::Absent;
    }
    let [rate, _] = pictures(&table, &request("penalty.lambda", "a.y", &["penalty"]));
    assert_eq!(panels(&rate.svg).len(), 1);
    let note = "penalty = l1 throughout. Cells without penalty.lambda or a.y are left out: 3.";
    assert!(words(&rate.svg).contains(&note.to_string()), "{:?}", words(&rate.svg));
}

#[test]
fn impossible_requests_say_what_to_ask_instead() {
    let axes = [linspace("a.x", 0.0, 1.0, 2), linspace("a.y", 0.0, 1.0, 2), linspace("start.w", 0.0, 1.0, 101)];
    let table = sweep(&axes, |_| zero_of_ten(1));
    let fails = |x: &str, y: &str, facets: &[&str]| draw(&table, &request(x, y, facets), &caption()).unwrap_err();
    assert_eq!(
        fails("a.z", "a.y", &[]).to_string(),
        "map axis `a.z` is no coordinate of this sweep; name one of: a.x, a.y, start.w"
    );
    assert_eq!(MAX_PANELS, 100);
    assert_eq!(
        fails("a.x", "a.y", &["start.w"]).to_string(),
        "map of `a.x` and `a.y` needs 101 panels but a picture holds at most 100; \
         name fewer facets than `start.w`: the others are pooled"
    );
    let empty = MapTable { rows: Vec::new(), ..table.clone() };
    let error = draw(&empty, &request("a.x", "a.y", &[]), &caption()).unwrap_err();
    assert_eq!(error.to_string(), "no cell of this sweep has a.x and a.y; name axes of the same alternative");
    assert!(png("<svg").is_err());
}

#[test]
fn files_of_different_requests_differ() {
    let axes = [linspace("a.x", 0.0, 1.0, 2), linspace("a.y", 0.0, 1.0, 2), role("optimizer", &["p", "q"])];
    let table = sweep(&axes, |_| zero_of_ten(1));
    let requests =
        [request("a.x", "a.y", &[]), request("a.x", "a.y", &["optimizer"]), request("a.x", "optimizer", &["a.y"])];
    let stems: Vec<String> = requests.iter().flat_map(|r| pictures(&table, r)).map(|picture| picture.stem).collect();
    assert_eq!(
        stems,
        [
            "zero_rate-a.x-a.y",
            "fate-a.x-a.y",
            "zero_rate-a.x-a.y-by-optimizer",
            "fate-a.x-a.y-by-optimizer",
            "zero_rate-a.x-optimizer-by-a.y",
            "fate-a.x-optimizer-by-a.y"
        ]
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let axes = [role("optimizer", &["a", "b"]), linspace("a.x", -1.0, 1.0, 9), geomspace("a.y", 0.1, 1.0, 7)];
    let table = sweep(&axes, |keys| zero_of_ten(if keys[0] == Key::Text("a") { 3 } else { 7 }));
    let request = choose(&table).unwrap();
    let [first, second] = [pictures(&table, &request), pictures(&table, &request)];
    assert_eq!(first, second);
    for (a, b) in first.iter().zip(&second) {
        let bytes = png(&a.svg).unwrap();
        assert_eq!(bytes, png(&b.svg).unwrap());
        let size = tree(&a.svg).size();
        let pixels = Pixmap::decode_png(&bytes).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (2 * size.width() as u32, 2 * size.height() as u32));
        assert!(pixels.pixels().iter().all(|pixel| pixel.alpha() == 255), "the page is opaque");
    }
}
