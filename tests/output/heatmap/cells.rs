//! Cells: their places and colours.

use resvg::tiny_skia::{Pixmap, Transform};
use zerosweep::output::drawing::Picture;
use zerosweep::spec::Key;

use super::reader::{DARK_END, LIGHT_END, panels, pixel, pixels, tree, words};
use super::sweep::{geomspace, linspace, numbers, pictures, request, role, sweep, zero_of_ten};

#[test]
fn cells_have_the_colours_of_their_counts() {
    let axes = [linspace("problem.target", -1.0, 1.0, 3), geomspace("penalty.lambda", 0.1, 10.0, 5)];
    // Zero everywhere but where lambda and the target are largest.
    let corner = |keys: &[Key]| keys[0] == Key::Number(1.0) && keys[1] > Key::Number(5.0);
    let table = sweep(&axes, |keys| zero_of_ten(if corner(keys) { 0 } else { 10 }));
    let [rate, fate] = pictures(&table, &request("penalty.lambda", "problem.target", &[]));
    let [rate_panel, fate_panel] = [&rate, &fate].map(|picture| panels(&picture.svg)[0]);
    let [rate, fate] = [&rate, &fate].map(pixels);
    for (column, row) in (0..5).flat_map(|column| (0..3).map(move |row| (column, row))) {
        let at_corner = (column, row) == (4, 2);
        let rate_colour = pixel(&rate, rate_panel.centre(column, row));
        assert_eq!(rate_colour, if at_corner { DARK_END } else { LIGHT_END }, "cell {column}, {row}");
        let fate_colour = pixel(&fate, fate_panel.centre(column, row));
        assert_eq!(fate_colour, if at_corner { 0xa0d9e5 } else { LIGHT_END }, "cell {column}, {row}");
    }
}

#[test]
fn cells_meet_without_seams() {
    let axes = [linspace("a.x", 0.0, 1.0, 37), linspace("a.y", 0.0, 1.0, 37)];
    let checks = |keys: &[Key]| match (keys[0], keys[1]) {
        (Key::Number(x), Key::Number(y)) => ((x * 36.0).round() + (y * 36.0).round()) as u64 % 2,
        _ => unreachable!("both axes are numeric"),
    };
    let table = sweep(&axes, |keys| zero_of_ten(10 * checks(keys)));
    let [rate, _] = pictures(&table, &request("a.x", "a.y", &[]));
    let panel = panels(&rate.svg)[0];
    // At this scale no cell ends where a pixel does: nothing but whole pixels keeps neighbours from blending.
    let scale = 1.37;
    let tree = tree(&rate.svg);
    let size = tree.size().to_int_size().scale_by(scale).unwrap();
    let mut pixels = Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let [left, right] = [panel.left, panel.left + 37.0 * panel.across].map(|x| (x * scale) as u32);
    let [top, bottom] = [panel.bottom - 37.0 * panel.up, panel.bottom].map(|y| (y * scale) as u32);
    for (x, y) in (left + 2..right - 1).flat_map(|x| (top + 2..bottom - 1).map(move |y| (x, y))) {
        let colour = pixels.pixel(x, y).unwrap().demultiply();
        let colour = u32::from_be_bytes([0, colour.red(), colour.green(), colour.blue()]);
        assert!(colour == DARK_END || colour == LIGHT_END, "#{colour:06x} at {x}, {y}");
    }
}

#[test]
fn the_commonest_fate_wins_and_the_last_of_equals() {
    let axes = [numbers("a.x", &[0.0, 1.0, 2.0])];
    let table = sweep(&axes, |keys| match keys[0] {
        Key::Number(0.0) => Some([1, 0, 0, 0, 0, 2, 0]),
        Key::Number(1.0) => Some([0, 0, 3, 3, 0, 0, 3]),
        _ => Some([1, 1, 1, 1, 1, 1, 1]),
    });
    let [_, fate] = pictures(&table, &request("a.x", "", &[]));
    let (panel, pixels) = (panels(&fate.svg)[0], pixels(&fate));
    let colours = [0, 1, 2].map(|column| pixel(&pixels, panel.centre(column, 0)));
    // Oscillating; moving, of decayed, near_zero and moving; diverged.
    assert_eq!(colours, [0x9e1b18, 0x704aac, 0x090200]);
}

#[test]
fn rates_use_the_whole_scale() {
    let axes = [linspace("a.x", 0.0, 10.0, 11)];
    let table = sweep(&axes, |keys| match keys[0] {
        Key::Number(x) => zero_of_ten(x as u64),
        _ => None,
    });
    let [rate, _] = pictures(&table, &request("a.x", "", &[]));
    let (panel, pixels) = (panels(&rate.svg)[0], pixels(&rate));
    let colours: Vec<u32> = (0..11).map(|column| pixel(&pixels, panel.centre(column, 0))).collect();
    assert_eq!((colours[0], colours[10]), (DARK_END, LIGHT_END));
    // Rec. 709 luma of sRGB values: enough to order shades of one scale.
    let luma = |c: &u32| 2126 * (c >> 16) + 7152 * (c >> 8 & 255) + 722 * (c & 255);
    assert!(colours.windows(2).all(|pair| luma(&pair[0]) < luma(&pair[1])), "{colours:06x?}");
}

#[test]
fn pooled_counts_are_summed() {
    let axes = [linspace("a.x", 0.0, 1.0, 2), role("optimizer", &["subgradient", "proximal"])];
    let table = sweep(&axes, |keys| zero_of_ten(if keys[1] == Key::Text("proximal") { 10 } else { 0 }));
    let [rate, fate] = pictures(&table, &request("a.x", "", &[]));
    // A half is between the 128th and the 129th of 256 shades; it rounds up.
    assert_eq!(pixel(&pixels(&rate), panels(&rate.svg)[0].centre(0, 0)), 0x7d7c78);
    assert_eq!(pixel(&pixels(&fate), panels(&fate.svg)[0].centre(0, 0)), 0xa0d9e5);
}

#[test]
fn cells_that_were_not_run_are_hatched() {
    let axes = [linspace("a.x", 0.0, 1.0, 3), linspace("a.y", 0.0, 1.0, 3)];
    let whole = sweep(&axes, |_| zero_of_ten(5));
    let holed = sweep(&axes, |keys| if keys[..] == [Key::Number(0.5); 2] { None } else { zero_of_ten(5) });
    let request = request("a.x", "a.y", &[]);
    for (whole, holed) in pictures(&whole, &request).iter().zip(&pictures(&holed, &request)) {
        assert!(!words(&whole.svg).contains(&"no data".to_string()));
        assert!(words(&holed.svg).contains(&"no data".to_string()));
        let (panel, pixels) = (panels(&holed.svg)[0], pixels(holed));
        let (x, y) = panel.centre(1, 1);
        for step in 0..20 {
            let colour = pixel(&pixels, (x + step as f32, y));
            let [_, red, green, blue] = colour.to_be_bytes();
            assert!(red == green && green == blue && red > 0xa0, "#{colour:06x}");
        }
    }
}

/// Where one of two cells is summed and what is not on the map was not run, the sum is not what the picture says.
#[test]
fn sums_that_lack_a_part_are_left_blank() {
    let axes = [linspace("a.x", 0.0, 1.0, 3), linspace("a.y", 0.0, 1.0, 3), numbers("b.z", &[1.0, 2.0])];
    let lacks = |keys: &[Key]| keys == [Key::Number(0.5), Key::Number(0.5), Key::Number(2.0)];
    let table = sweep(&axes, |keys| if lacks(keys) { Some([0; 7]) } else { zero_of_ten(5) });
    for picture in pictures(&table, &request("a.x", "a.y", &[])) {
        assert!(words(&picture.svg).contains(&"no data".to_string()));
        let [_, red, green, blue] = pixel(&pixels(&picture), panels(&picture.svg)[0].centre(1, 1)).to_be_bytes();
        assert!(red == green && green == blue && red > 0xa0);
    }
}

/// Where neighbours are drawn as one, it shows those that were run, and a note says so.
#[test]
fn neighbours_that_lack_one_show_the_others() {
    let axes = [linspace("a.x", 0.0, 1.0, 1500), linspace("a.y", 0.0, 1.0, 3)];
    let whole = sweep(&axes, |_| zero_of_ten(10));
    let gap = |keys: &[Key]| matches!(keys[0], Key::Number(x) if !(0.5 / 1499.0..=0.9).contains(&x));
    let holed = sweep(&axes, |keys| if gap(keys) { Some([0; 7]) } else { zero_of_ten(10) });
    let note = "Some drawn cells sum only those of their cells that are whole.";
    let says = |picture: &Picture| words(&picture.svg).join(" ").contains(note);
    let request = request("a.x", "a.y", &[]);
    let ([whole, _], [holed, _]) = (pictures(&whole, &request), pictures(&holed, &request));
    assert!(!says(&whole) && says(&holed), "{:?}", words(&holed.svg));
    let (panel, pixels) = (panels(&holed.svg)[0], pixels(&holed));
    assert_eq!([0, 1, 600].map(|column| pixel(&pixels, panel.centre(column, 1))), [LIGHT_END; 3]);
    assert_ne!(pixel(&pixels, panel.centre(740, 1)), LIGHT_END);
}

#[test]
fn large_grids_merge_cells_and_say_so() {
    let axes = [linspace("a.x", 0.0, 1.0, 1500), linspace("a.y", 0.0, 1.0, 3)];
    let table = sweep(&axes, |_| zero_of_ten(10));
    let [rate, _] = pictures(&table, &request("a.x", "a.y", &[]));
    assert!(words(&rate.svg).contains(&"Each drawn cell sums 2 × 1 cells of the grid.".to_string()));
    let panel = panels(&rate.svg)[0];
    assert_eq!(pixel(&pixels(&rate), panel.centre(749, 1)), LIGHT_END);
}

/// Whether a box of pixels about a place holds both inks of a hatching.
fn is_hatched(pixels: &Pixmap, (x, y): (f32, f32), half: f32) -> bool {
    let steps = (half * 4.0) as i32;
    let near = |i: i32| i as f32 / 4.0;
    let mut inks = (-steps..=steps).flat_map(|i| (-steps..=steps).map(move |j| (x + near(i), y + near(j))));
    let colours: Vec<u32> = inks.by_ref().map(|at| pixel(pixels, at)).collect();
    let all = |colour: u32, test: fn(u8) -> bool| colour.to_be_bytes()[1..].iter().all(|&part| test(part));
    colours.iter().any(|&c| all(c, |part| part > 0xf0)) && colours.iter().any(|&c| all(c, |part| part < 0x10))
}

#[test]
fn fates_that_differ_in_f64_are_hatched_on_every_colour() {
    const ENTRIES: [&str; 2] = ["zero in f64 alone, or in f32 alone (audit)", "fate differs in f64 (audit)"];
    let axes = [numbers("a.x", &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), numbers("a.y", &[0.0, 1.0])];
    let fate_of = |keys: &[Key]| (0..7).find(|&fate| keys[0] == Key::Number(fate as f32)).unwrap();
    let mut table = sweep(&axes, |keys| Some(std::array::from_fn(|fate| u64::from(fate == fate_of(keys)))));
    let request = request("a.x", "a.y", &[]);
    let has_entry = |picture: &Picture, entry: &str| words(&picture.svg).iter().any(|word| word == entry);
    for picture in pictures(&table, &request) {
        assert!(!ENTRIES.iter().any(|entry| has_entry(&picture, entry)));
    }
    for row in &mut table.rows {
        row.differs = [u64::from(row.keys[1] == Key::Number(1.0)); 2];
    }
    for (picture, entry) in pictures(&table, &request).iter().zip(ENTRIES) {
        assert!(has_entry(picture, entry));
        let (panel, pixels) = (panels(&picture.svg)[0], pixels(picture));
        for column in 0..7 {
            assert!(is_hatched(&pixels, panel.centre(column, 1), 6.0), "fate {column} above");
            assert!(!is_hatched(&pixels, panel.centre(column, 0), 20.0), "fate {column} below");
        }
    }
}

/// A fate that differs, but is zero in both or in neither, says nothing against the share of zeros.
#[test]
fn zero_rates_are_hatched_where_zero_differs_alone() {
    let axes = [numbers("a.x", &[0.0, 1.0]), numbers("a.y", &[0.0, 1.0])];
    let mut table = sweep(&axes, |_| zero_of_ten(10));
    table.rows[0].differs = [1, 0];
    let hatched = pictures(&table, &request("a.x", "a.y", &[])).map(|picture| picture.svg.contains("class=\"hatch\""));
    assert_eq!(hatched, [false, true]);
}

/// The smallest cells bear a mark that is larger than they are, and that hides no more than the cells about them.
#[test]
fn a_fate_that_differs_in_a_small_cell_is_seen() {
    let axes = [linspace("a.x", 0.0, 1.0, 250), linspace("a.y", 0.0, 1.0, 250)];
    let mut table = sweep(&axes, |_| zero_of_ten(10));
    let request = request("a.x", "a.y", &[]);
    let cell = table.rows.len() / 2 + 125;
    table.rows[cell].differs = [1, 1];
    for picture in pictures(&table, &request) {
        let (panel, pixels) = (panels(&picture.svg)[0], pixels(&picture));
        assert_eq!((panel.across, panel.up), (2.0, 2.0));
        let at = panel.centre(125, 125);
        assert!(is_hatched(&pixels, at, 3.5));
        for (dx, dy) in [(-6.0, 0.0), (6.0, 0.0), (0.0, -6.0), (0.0, 6.0)] {
            assert!(!is_hatched(&pixels, (at.0 + dx, at.1 + dy), 1.0));
        }
    }
}
