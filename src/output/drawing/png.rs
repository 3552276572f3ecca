//! SVG to PNG, with the bundled font alone.

use std::sync::Arc;

use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::Colour;
use super::text::{FAMILY, FONT};

/// PNG pixels to one SVG pixel: sharp in print, and half an SVG pixel is a whole one.
const SCALE: f32 = 2.0;

/// Why an SVG does not become a PNG.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("picture is no valid SVG: {0}")]
    Svg(#[from] resvg::usvg::Error),
    #[error("picture of {width} x {height} pixels does not fit into memory; ask for a map with fewer panels")]
    TooLarge { width: u32, height: u32 },
    #[error("picture could not be encoded as PNG: {0}")]
    Encode(#[from] EncodingError),
}

/// Rasterizes a picture on white at two pixels for each of the SVG's, without looking at the machine's own fonts.
///
/// # Errors
/// Where `svg` is no valid SVG, or too large to hold in memory.
pub fn png(svg: &str) -> Result<Vec<u8>, PictureError> {
    let tree = tree(svg)?;
    let size = tree.size();
    let (width, height) = ((size.width() * SCALE).ceil() as u32, (size.height() * SCALE).ceil() as u32);
    let mut pixels = Pixmap::new(width, height).ok_or(PictureError::TooLarge { width, height })?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    Ok(encode(&pixels)?)
}

/// A picture laid out with the bundled font alone.
pub(super) fn tree(svg: &str) -> Result<Tree, PictureError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    let options = Options { fontdb: Arc::new(fonts), font_family: FAMILY.to_string(), ..Options::default() };
    Ok(Tree::from_str(svg, &options)?)
}

fn encode(pixels: &Pixmap) -> Result<Vec<u8>, EncodingError> {
    let colours = pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]);
    encode_rgb([pixels.width(), pixels.height()], &colours.collect::<Vec<u8>>(), None)
}

/// Rows of pixels, the uppermost first, as a PNG that says what they are `about`.
pub(in crate::output) fn pixels_png(width: u32, pixels: &[Colour], about: &str) -> Result<Vec<u8>, PictureError> {
    let height = pixels.len() as u32 / width;
    let bytes = pixels.iter().flat_map(|colour| colour.to_be_bytes().into_iter().skip(1));
    Ok(encode_rgb([width, height], &bytes.collect::<Vec<u8>>(), Some(about))?)
}

/// At level 1 a page takes a sixth of the usual level's time and less than twice its bytes.
fn encode_rgb([width, height]: [u32; 2], colours: &[u8], about: Option<&str>) -> Result<Vec<u8>, EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_deflate_compression(DeflateCompression::Level(1));
    if let Some(about) = about {
        encoder.add_itxt_chunk("Description".to_owned(), about.to_owned())?;
    }
    encoder.write_header()?.write_image_data(colours)?;
    Ok(file)
}
