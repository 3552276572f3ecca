//! What can be asked for, and what comes back.

use resvg::tiny_skia::Pixmap;
use zerosweep::output::choose;
use zerosweep::output::drawing::png;
use zerosweep::output::figure::MAX_PANELS;
use zerosweep::output::heatmap::USUAL;
use zerosweep::spec::{Key, MapRequest, Measure};

use super::reader::{panels, tree, words};
use super::sweep::{Axis, Made, drawn, geomspace, linspace, numbers, pictures, request, role, sweep, zero_of_ten};

/// The first request that is chosen for a sweep.
fn first(made: &Made) -> Option<MapRequest> {
    choose(&made.table(&USUAL), None).into_iter().next().map(|chosen| chosen.request)
}

/// Zeros of ten where a coordinate is beyond its middle, and everywhere some that depend on no coordinate.
fn changing(along: &'static [(usize, f32)]) -> impl Fn(&[Key]) -> Option<[u64; 7]> {
    move |keys| {
        let is_beyond = |(column, middle): &&(usize, f32)| keys[*column] > Key::Number(*middle);
        zero_of_ten(2 + 2 * along.iter().filter(is_beyond).count() as u64)
    }
}

#[test]
fn what_changes_most_is_on_the_axes_and_what_changes_nothing_is_pooled() {
    let axis = |name| linspace(name, 0.0, 1.0, 13);
    let axes = [axis("a.one"), axis("a.two"), axis("a.three"), role("optimizer", &["p", "q"])];
    for (along, x, y) in [
        (&[(0, 0.3), (2, 0.5)][..], "a.one", "a.three"),
        (&[(1, 0.3), (2, 0.5)], "a.two", "a.three"),
        (&[(0, 0.5), (1, 0.5)], "a.one", "a.two"),
    ] {
        let request = first(&sweep(&axes, changing(along))).unwrap();
        assert_eq!((&request.x[..], &request.y[..]), (x, y));
        // A role is never summed over.
        assert_eq!((request.facets, request.only), (vec!["optimizer".to_owned()], vec![]));
    }
}

/// What has too many values for a panel each is shown at some of them, never summed to grey.
#[test]
fn what_has_too_many_values_is_shown_at_some_and_said_so() {
    let axis = |name| linspace(name, 0.0, 1.0, 41);
    let made = sweep(&[axis("a.one"), axis("a.two"), axis("a.three")], changing(&[(0, 0.5), (1, 0.5), (2, 0.9)]));
    let [chosen] = &choose(&made.table(&USUAL), None)[..] else { panic!("one map") };
    assert_eq!((&chosen.request.x[..], &chosen.request.y[..]), ("a.one", "a.two"));
    assert_eq!(chosen.request.facets, ["a.three"]);
    let places: Vec<f32> = chosen.request.only[0].keys.iter().filter_map(|key| key.number()).collect();
    assert_eq!(places, [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_eq!(
        chosen.note.as_deref(),
        Some(
            "a.three is shown at 0, 0.25, 0.5, 0.75, 1 alone, of its 41 values; zerosweep draw DIR --where 'a.three = 0.025' shows \
             another."
        )
    );
}

#[test]
fn x_is_the_logarithmic_coordinate_or_the_longer() {
    let of = |axes: [Axis; 2]| {
        let request = first(&sweep(&axes, changing(&[(0, 0.5), (1, 0.5)]))).unwrap();
        (request.x, request.y)
    };
    let names = |x: &str, y: &str| (x.to_owned(), y.to_owned());
    let (plain, long) = (linspace("a.plain", 0.0, 1.0, 13), linspace("a.long", 0.0, 1.0, 14));
    assert_eq!(of([plain.clone(), geomspace("a.log", 0.01, 1.0, 12)]), names("a.log", "a.plain"));
    assert_eq!(of([plain, long]), names("a.long", "a.plain"));
}

/// One axis alone: its rates are a line, its fates a strip.
#[test]
fn a_sweep_of_one_axis_is_a_line() {
    let made = sweep(&[role("optimizer", &["p", "q"]), linspace("a.x", 0.0, 1.0, 9)], changing(&[(1, 0.5)]));
    let [line, strip] = &choose(&made.table(&USUAL), None)[..] else { panic!("two pictures") };
    let common = request("a.x", "optimizer", &[]);
    let expected = MapRequest { measures: vec![Measure::ZERO_RATE], line: true, ..common.clone() };
    assert_eq!((&line.request, &line.note), (&expected, &None));
    assert_eq!(strip.request, MapRequest { measures: vec![Measure::Fate], ..common });
    let alone = first(&sweep(&[linspace("a.x", 0.0, 1.0, 9)], changing(&[(0, 0.5)]))).unwrap();
    assert_eq!((&alone.x[..], &alone.y[..], alone.line), ("a.x", "", true));
    assert_eq!(first(&sweep(&[role("optimizer", &["p", "q"]), numbers("a.x", &[2.0])], |_| zero_of_ten(1))), None);
}

/// A map of two coordinates that move together would be a diagonal.
#[test]
fn a_coordinate_that_follows_another_is_not_chosen() {
    let axes = [linspace("a.x", 0.0, 1.0, 9), linspace("a.y", 0.0, 1.0, 3), linspace("a.z", 0.0, 1.0, 2)];
    let mut made = sweep(&axes, changing(&[(0, 0.5), (1, 0.5), (2, 0.5)]));
    assert_eq!(first(&made), Some(request("a.x", "a.y", &["a.z"])));
    made.columns[0].follows = true;
    assert_eq!(first(&made), Some(request("a.y", "a.z", &[])));
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
    let mut made = sweep(&axes, changing(&[(1, 0.5), (2, 0.5), (3, 1.0)]));
    made.rows.retain(|row| row.keys[0] == Key::Text("quadratic") || row.keys[1] == Key::Number(0.0));
    for row in made.rows.iter_mut().filter(|row| row.keys[0] == Key::Text("none")) {
        row.keys[1] = Key::Absent;
    }
    let facets = ["problem", "problem.target"];
    assert_eq!(first(&made), Some(request("penalty.lambda", "penalty.k", &facets)));
    // With one such axis a role takes the other side.
    let made = without(made, 3);
    let request = first(&made).unwrap();
    assert_eq!((&request.x[..], &request.y[..], request.line), ("penalty.lambda", "problem", true));
    assert_eq!(request.facets, ["problem.target"]);
}

fn without(mut made: Made, column: usize) -> Made {
    made.columns.remove(column);
    made.rows.iter_mut().for_each(|row| _ = row.keys.remove(column));
    made
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
    let fails = |x: &str, y: &str, facets: &[&str]| drawn(&table, &request(x, y, facets)).unwrap_err();
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
    let empty = Made { rows: Vec::new(), ..table.clone() };
    let error = drawn(&empty, &request("a.x", "a.y", &[])).unwrap_err();
    assert_eq!(error.to_string(), "no cell is left of this sweep that has all that `where` asks for; ask for less");
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
    let request = request("a.x", "a.y", &["optimizer"]);
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
