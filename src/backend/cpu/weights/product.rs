//! A matrix times the weights of all lanes.

use crate::lanes::{Compiled, Lane, Vectors, compiled};
use std::ops::Range;

/// For each row of a matrix, row by row, the sum over its columns of each times a value a lane, in the order of the columns: in these lanes,
/// which are whole vectors.
pub type Product = unsafe fn(&[f32], &[Lane<f32>], &mut [Lane<f32>], Range<usize>);

/// The product, for each instruction set; all give the same bits.
pub static PRODUCT: Compiled<Product> =
    compiled!(product(matrix: &[f32], columns: &[Lane<f32>], rows: &mut [Lane<f32>], lanes: Range<usize>));

#[inline(always)]
fn product(vectors: Vectors, matrix: &[f32], columns: &[Lane<f32>], rows: &mut [Lane<f32>], lanes: Range<usize>) {
    assert_eq!(matrix.len(), columns.len() * rows.len(), "a product should be of a matrix of that many columns");
    match vectors {
        // Sums of two vectors a row, of as many rows as the registers hold beside what is read.
        Vectors::Baseline => tiles::<8, 4>(matrix, columns, rows, lanes),
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx2 => tiles::<16, 4>(matrix, columns, rows, lanes),
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx512 => tiles::<32, 8>(matrix, columns, rows, lanes),
    }
}

/// Sums of `WIDE` lanes of `HIGH` rows stay in registers while the columns go by.
#[inline(always)]
fn tiles<const WIDE: usize, const HIGH: usize>(
    matrix: &[f32],
    columns: &[Lane<f32>],
    rows: &mut [Lane<f32>],
    lanes: Range<usize>,
) {
    let count = columns.len();
    let mut first = 0;
    while first + HIGH <= rows.len() {
        tile::<WIDE, HIGH>(
            &matrix[first * count..(first + HIGH) * count],
            columns,
            &mut rows[first..first + HIGH],
            lanes.clone(),
        );
        first += HIGH;
    }
    while first < rows.len() {
        tile::<WIDE, 1>(
            &matrix[first * count..(first + 1) * count],
            columns,
            &mut rows[first..first + 1],
            lanes.clone(),
        );
        first += 1;
    }
}

#[inline(always)]
fn tile<const WIDE: usize, const HIGH: usize>(
    matrix: &[f32],
    columns: &[Lane<f32>],
    rows: &mut [Lane<f32>],
    lanes: Range<usize>,
) {
    let count = columns.len();
    let lines: [&[f32]; HIGH] = std::array::from_fn(|row| &matrix[row * count..(row + 1) * count]);
    for from in lanes.step_by(WIDE) {
        let mut sums = [[0.0_f32; WIDE]; HIGH];
        for (place, column) in columns.iter().enumerate() {
            let values: &[f32; WIDE] = column[from..from + WIDE].try_into().expect("a part of the lanes");
            for row in 0..HIGH {
                let factor = lines[row][place];
                for lane in 0..WIDE {
                    sums[row][lane] += factor * values[lane];
                }
            }
        }
        for (row, sums) in rows.iter_mut().zip(&sums) {
            row[from..from + WIDE].copy_from_slice(sums);
        }
    }
}
