//! What stands around the cells: panels, headers, ticks, legends.

use zerosweep::output::drawing::Caption;
use zerosweep::output::map_table::MapColumn;
use zerosweep::spec::Key;
use zerosweep::verdict::Fate;

use super::reader::{DARK_END, LIGHT_END, panels, pixel, pixels, texts, words};
use super::sweep::{Made, drawn_under, geomspace, linspace, numbers, pictures, request, role, sweep, zero_of_ten};

/// A coordinate of which every panel has one value, or none, is not summed over.
#[test]
fn what_every_panel_has_one_value_of_is_not_summed_over() {
    let axes = [role("penalty", &["lk", "mcp"]), linspace("a.x", 0.0, 1.0, 3), linspace("a.y", 0.0, 1.0, 3)];
    let mut table = sweep(&axes, |_| zero_of_ten(3));
    table.columns.push(MapColumn::new("penalty.gamma", false, false));
    let lk = table.rows[0].keys[0];
    let of = |key: Key| if key == lk { Key::Absent } else { Key::Number(3.0) };
    let gammas: Vec<Key> = table.rows.iter().map(|row| of(row.keys[0])).collect();
    table.rows.iter_mut().zip(gammas).for_each(|(row, gamma)| row.keys.push(gamma));
    let said = |table: &Made, facets: &[&str]| {
        let [shared, _] = pictures(table, &request("a.x", "a.y", facets));
        words(&shared.svg).join(" ")
    };
    assert!(!said(&table, &["penalty"]).contains("summed over"));
    assert!(said(&table, &[]).contains("Counts are summed over"));
}

/// Where a parameter does not apply, a header names the members that lack it; where another facet does, it stays away.
#[test]
fn a_header_names_what_lacks_the_parameter() {
    let axes =
        [role("penalty", &["lk", "mcp", "l0"]), linspace("a.x", 0.0, 1.0, 3), numbers("penalty.gamma", &[2.0, 3.0])];
    let mut table = sweep(&axes, |_| zero_of_ten(3));
    table.rows.retain(|row| row.keys[0] == Key::Text("mcp") || row.keys[2] == Key::Number(2.0));
    for row in table.rows.iter_mut().filter(|row| row.keys[0] != Key::Text("mcp")) {
        row.keys[2] = Key::Absent;
    }
    let headers = |facets: &[&str]| {
        let [rate, _] = pictures(&table, &request("a.x", "", facets));
        let texts = words(&rate.svg).into_iter().filter(|text| text.contains(" =\u{a0}") || text.contains(" = "));
        texts.map(|text| text.replace('\u{a0}', " ")).collect::<Vec<_>>()
    };
    assert_eq!(headers(&["penalty.gamma"]), ["penalty = lk and l0", "penalty.gamma = 2", "penalty.gamma = 3"]);
    let mut both = headers(&["penalty", "penalty.gamma"]);
    both.sort();
    let mcp =
        ["penalty = l0", "penalty = lk", "penalty = mcp", "penalty = mcp", "penalty.gamma = 2", "penalty.gamma = 3"];
    assert_eq!(both, mcp);
}

/// Columns that another panel has are no gaps of this one.
#[test]
fn panels_of_unequal_values_have_axes_of_their_own() {
    let axes = [numbers("a.k", &[1.0, 2.0]), numbers("a.x", &[0.0, 1.0, 2.0, 7.0]), numbers("a.y", &[5.0, 6.0])];
    let of = |keys: &[Key]| if keys[0] == Key::Number(1.0) { &[0.0, 1.0, 2.0][..] } else { &[0.0, 7.0] };
    let has = |keys: &[Key]| of(keys).iter().any(|&x| keys[1] == Key::Number(x));
    let full = |keys: &[Key]| keys[1] == Key::Number(2.0) || keys[1] == Key::Number(7.0);
    let table = sweep(&axes, |keys| zero_of_ten(if full(keys) { 10 } else { 0 }).filter(|_| has(keys)));
    for (x, y) in [("a.x", "a.y"), ("a.y", "a.x")] {
        let [rate, _] = pictures(&table, &request(x, y, &["a.k"]));
        let (panels, pixels, words) = (panels(&rate.svg), pixels(&rate), words(&rate.svg));
        for (panel, count) in panels.iter().zip([3, 2]) {
            for (own, other) in (0..count).flat_map(|own| [0, 1].map(|other| (own, other))) {
                let (column, row) = if x == "a.x" { (own, other) } else { (other, own) };
                let expected = if own == count - 1 { LIGHT_END } else { DARK_END };
                assert_eq!(pixel(&pixels, panel.centre(column, row)), expected, "{x}: {column} {row}");
            }
        }
        assert!(words.contains(&"Each panel has its own values of a.x.".to_string()), "{words:?}");
        assert!(!words.contains(&"no data".to_string()));
        let labels = |text: &str| words.iter().filter(|word| *word == text).count();
        assert_eq!(["2", "7"].map(labels), [1, 1]);
    }
}

/// Cells are as wide as each other, whatever lies between their values.
#[test]
fn an_axis_without_a_scale_says_so() {
    let said = |x: &[f32], y: &[f32]| {
        let table = sweep(&[numbers("a.x", x), numbers("a.y", y)], |_| zero_of_ten(5));
        let [rate, fate] = pictures(&table, &request("a.x", "a.y", &[]));
        let said = [rate, fate].map(|picture| words(&picture.svg).join(" "));
        let sentence = said[0].split(". ").find(|sentence| sentence.contains("not to scale")).map(str::to_owned);
        assert_eq!(said[0].contains("not to scale"), said[1].contains("not to scale"));
        sentence.unwrap_or_default()
    };
    let (even, uneven) = (&[0.0, 1.0, 2.0], &[0.0, 1.0, 3.0]);
    assert!(said(uneven, even).ends_with("Cells stand in the order of a.x, not to scale"), "{}", said(uneven, even));
    assert!(said(even, uneven).ends_with("Cells stand in the order of a.y, not to scale"));
    assert!(said(uneven, uneven).ends_with("Cells stand in the order of a.x and a.y, not to scale"));
    assert_eq!(said(even, even), "");
    // Two values are on any scale, and one is on none.
    assert_eq!(said(&[0.0, 7.0], &[2.0]), "");
}

/// Of a column that one alternative spaces linearly and another one geometrically, each panel has its own scale.
#[test]
fn panels_of_unequal_values_have_scales_of_their_own() {
    let values: Vec<f32> =
        (0..21).map(|i| 0.01 * 10f32.powf(i as f32 / 10.0)).chain((2..14).map(|i| i as f32)).collect();
    let axes = [numbers("a.k", &[1.0, 2.0]), numbers("a.x", &values)];
    let low = |keys: &[Key]| keys[0] == Key::Number(1.0);
    let table = sweep(&axes, |keys| zero_of_ten(5).filter(|_| low(keys) == (keys[1] < Key::Number(1.5))));
    let [rate, _] = pictures(&table, &request("a.x", "", &["a.k"]));
    let (panel, texts) = (panels(&rate.svg)[0], texts(&rate.svg));
    // Ten cells a decade.
    for (label, column) in [("0.01", 0), ("0.1", 10)] {
        let place = texts.iter().find(|(text, place)| text == label && place.top() > panel.bottom).unwrap().1;
        assert!(((place.left() + place.right()) / 2.0 - panel.centre(column, 0).0).abs() < 0.02, "{label}");
    }
    assert!(texts.iter().any(|(text, _)| text == "4" || text == "5"), "{texts:?}");
    assert!(!texts.iter().any(|(text, _)| text == "0.03162"), "{texts:?}");
}

#[test]
fn every_combination_of_facets_has_a_panel_in_order_of_appearance() {
    let axes = [
        numbers("penalty.k", &[2.0, 0.5, 1.0]),
        role("optimizer", &["truncated", "proximal"]),
        linspace("a.x", 0.0, 1.0, 4),
        linspace("a.y", 0.0, 1.0, 4),
    ];
    let table = sweep(&axes, |keys| zero_of_ten(if keys[0] == Key::Number(0.5) { 10 } else { 0 }));
    let [shared, _] = pictures(&table, &request("a.x", "a.y", &["penalty.k", "optimizer"]));
    assert_eq!(panels(&shared.svg).len(), 6);
    let headers =
        ["penalty.k = 2", "penalty.k = 0.5", "penalty.k = 1", "optimizer = truncated", "optimizer = proximal"];
    let found: Vec<String> = words(&shared.svg).into_iter().filter(|text| headers.contains(&text.as_str())).collect();
    assert_eq!(found, headers, "one header above each column, one beside each row");
    let pixels_shared = pixels(&shared);
    let light = panels(&shared.svg).into_iter().filter(|p| pixel(&pixels_shared, p.centre(0, 0)) == LIGHT_END);
    let lefts: Vec<f32> = light.map(|panel| panel.left).collect();
    assert!(lefts.len() == 2 && lefts[0] == lefts[1], "k = 0.5 fills one column: {lefts:?}");

    let [own, _] = pictures(&table, &request("a.x", "a.y", &["penalty.k"]));
    assert_eq!(panels(&own.svg).len(), 3);
    assert!(words(&own.svg).contains(&"Counts are summed over optimizer (truncated and proximal).".to_string()));
    let light: Vec<bool> =
        panels(&own.svg).iter().map(|panel| pixel(&pixels(&own), panel.centre(3, 3)) == LIGHT_END).collect();
    assert_eq!(light, [false, true, false]);
}

#[test]
fn headers_stand_over_their_panels() {
    let axes = [
        numbers("penalty.k", &[0.5, 1.0, 2.0]),
        role("optimizer", &["subgradient", "proximal"]),
        numbers("a.x", &[1.0]),
    ];
    let mut table = sweep(&axes, |_| zero_of_ten(1));
    // Not the whole product any more: each panel has its own header, in the table's order.
    table.rows.pop();
    let [rate, _] = pictures(&table, &request("a.x", "", &["optimizer", "penalty.k"]));
    let texts = texts(&rate.svg);
    let ks = texts.iter().filter(|(text, _)| text.starts_with("penalty.k = "));
    let panels = panels(&rate.svg);
    assert_eq!(panels.len(), 5);
    let named = ["0.5", "0.5", "1", "1", "2"].map(|k| format!("penalty.k = {k}"));
    for ((panel, (text, place)), name) in panels.iter().zip(ks).zip(named) {
        assert_eq!(*text, name);
        assert!((panel.centre(0, 0).0 - (place.left() + place.right()) / 2.0).abs() <= 1.0, "{text} at {place:?}");
        assert!(place.bottom() < panel.bottom - panel.up);
    }
}

#[test]
fn the_legend_names_the_fates_of_the_picture_in_order() {
    let named = |fates: &[[u64; 7]]| {
        let values: Vec<f32> = (0..fates.len()).map(|x| x as f32).collect();
        let of = |keys: &[Key]| fates.iter().zip(&values).find(|(_, x)| keys[0] == Key::Number(**x)).map(|(of, _)| *of);
        let [_, fate] = pictures(&sweep(&[numbers("a.x", &values)], of), &request("a.x", "", &[]));
        words(&fate.svg).into_iter().filter(|text| Fate::NAMES.contains(&text.as_str())).collect::<Vec<_>>()
    };
    let all: Vec<[u64; 7]> = (0..7).rev().map(|fate| std::array::from_fn(|own| u64::from(own == fate))).collect();
    assert_eq!(named(&all), Fate::SHOWN.map(Fate::name));
    // What is nowhere the commonest has no colour.
    assert_eq!(named(&[[0, 2, 3, 0, 0, 0, 0], [0, 5, 4, 0, 0, 0, 0]]), ["zero", "decayed"]);
    assert_eq!(named(&[[0, 2, 1, 1, 1, 1, 1], [2, 3, 0, 2, 2, 2, 2]]), ["zero"]);
    let table = sweep(&[linspace("a.x", 0.0, 1.0, 2)], |_| zero_of_ten(10));
    let [rate, _] = pictures(&table, &request("a.x", "", &[]));
    let shares = words(&rate.svg);
    assert!(["0", "0.2", "0.4", "0.6", "0.8", "1"].iter().all(|share| shares.contains(&share.to_string())));
}

#[test]
fn ticks_name_the_cells_that_they_stand_at() {
    let axes = [linspace("problem.target", -2.0, 2.0, 41), geomspace("penalty.lambda", 0.01, 10.0, 31)];
    let table = sweep(&axes, |_| zero_of_ten(5));
    let [_, fate] = pictures(&table, &request("penalty.lambda", "problem.target", &[]));
    let panel = panels(&fate.svg)[0];
    let texts = texts(&fate.svg);
    let place = |label: &str| texts.iter().rfind(|(text, _)| text == label).map(|(_, place)| *place).unwrap();
    // Ten cells a decade.
    for (label, column) in [("0.01", 0), ("0.1", 10), ("1", 20), ("10", 30)] {
        let place = texts.iter().find(|(text, place)| text == label && place.top() > panel.bottom).unwrap().1;
        let middle = (place.left() + place.right()) / 2.0;
        // The box is that of the ink's advance: its middle is the anchor, written to a hundredth.
        assert!((middle - panel.centre(column, 0).0).abs() < 0.02, "{label} at {middle}");
    }
    for (label, row) in [("−2", 0), ("−1", 10), ("2", 40)] {
        let place = place(label);
        // A digit's middle lies above its box's middle by less than a twelfth of 11 pixels.
        assert!(((place.top() + place.bottom()) / 2.0 - panel.centre(0, row).1).abs() < 1.0, "{label}");
        assert!(place.right() < panel.left);
    }
}

#[test]
fn markup_in_names_stays_text() {
    let table = sweep(&[linspace("a.x", 0.0, 1.0, 2)], |_| zero_of_ten(10));
    let hostile = Caption { sweep: "a<b> & \"c\"".to_string(), detail: "</svg><rect/>&amp;\u{1}".to_string() };
    let drawn = drawn_under(&table, &request("a.x", "", &[]), &hostile).unwrap();
    for picture in drawn {
        let words = words(&picture.svg);
        assert!(words[0].starts_with("a<b> & \"c\": "), "{words:?}");
        assert_eq!(words[2], "</svg><rect/>&amp;\u{fffd}");
    }
}
