//! A picture as a PDF: what its page draws.

use crate::heatmap::sweep::{linspace, pictures, request, sweep, zero_of_ten};
use miniz_oxide::inflate::decompress_to_vec_zlib;
use zerosweep::output::drawing::pdf;
use zerosweep::spec::Key;

/// The operators of the page.
fn content(bytes: &[u8]) -> String {
    let find = |text: &[u8]| bytes.windows(text.len()).position(|window| window == text).unwrap();
    let (from, to) = (find(b"stream\n") + 7, find(b"\nendstream"));
    String::from_utf8(decompress_to_vec_zlib(&bytes[from..to]).unwrap()).unwrap()
}

#[test]
fn a_pdf_draws_what_the_svg_draws() {
    let made = sweep(&[linspace("a.x", 0.0, 1.0, 3)], |keys| match keys[0] {
        Key::Number(0.0) => zero_of_ten(10),
        Key::Number(0.5) => zero_of_ten(0),
        // Never run: a hatching.
        _ => Some([0; 7]),
    });
    let [rate, _] = pictures(&made, &request("a.x", "", &[]));
    let bytes = pdf(&rate.svg).unwrap();
    assert!(bytes.starts_with(b"%PDF-") && bytes.ends_with(b"%%EOF"));
    assert_eq!(bytes, pdf(&rate.svg).unwrap());
    let content = content(&bytes);
    let fills = |[red, green, blue]: [u8; 3]| {
        let share = |byte: u8| f32::from(byte) / 255.0;
        let operator = format!("{} {} {} rg", share(red), share(green), share(blue));
        content.lines().filter(|line| *line == operator).count()
    };
    // The end of the legend's bar, and the cell.
    assert_eq!(fills([0xfe, 0xe8, 0x38]), 2);
    assert_eq!(fills([0x00, 0x22, 0x4e]), 2);
    // The hatching of the legend's sample and of the cell is cut at their edges.
    assert_eq!(content.lines().filter(|line| *line == "W").count(), 2);
    let size =
        |name: &str| rate.svg.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = format!("[0 0 {} {}]", size("width"), size("height"));
    assert!(String::from_utf8_lossy(&bytes).contains(&page), "{page}");
}
