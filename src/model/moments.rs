//! What counted rows make of a loss that is a parabola: all of it, in as many numbers as there are pairs of weights.

use super::{DrawnDesign, Model};
use crate::lanes::{Compiled, Vectors, compiled};
use rayon::prelude::*;

/// The weighted means of products of counted rows, each row less the mean of all where there is an intercept.
///
/// L(w) = 1/2 w'Gw - c'w + y/2 with G = `gram`, c = `slopes`, y = `square`; the slope at w is G w - c. For losses that are no
/// parabolas `gram` alone has a use: with each row times its bend ([`OfRows::bend`](crate::problem::OfRows::bend)) it is how much they curve.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Means of the columns and of the response; 0 where nothing is centred.
    pub means: Vec<f64>,
    pub mean_response: f64,
    /// D x D, row by row.
    pub gram: Vec<f64>,
    pub slopes: Vec<f64>,
    pub square: f64,
}

impl Moments {
    /// Those of the rows of `model`, each counted so often.
    pub fn new(model: &Model, counts: &[u32]) -> Moments {
        if let Some(moments) = &model.moments {
            return moments.clone();
        }
        let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
        let rows: Vec<usize> = (0..counts.len()).filter(|row| counts[*row] > 0).collect();
        let shares: Vec<f64> = rows.iter().map(|&row| f64::from(counts[row]) / total).collect();
        let mean = |values: &[f64]| match model.centred {
            true => rows.iter().zip(&shares).map(|(&row, share)| share * values[row]).sum(),
            false => 0.0,
        };
        let means: Vec<f64> = model.columns.iter().map(|column| mean(column)).collect();
        let mean_response = mean(&model.responses);
        let usual: f64 = rows.iter().zip(&shares).map(|(&row, share)| share * model.responses[row]).sum();
        // Each column times the root of the shares, so that one product of two columns is left of each pair.
        let root = |(&row, share): (&usize, &f64)| (share * model.of_rows.bend(model.responses[row], usual)).sqrt();
        let roots: Vec<f64> = rows.iter().zip(&shares).map(root).collect();
        let rooted = |values: &[f64], mean: f64| -> Vec<f64> {
            rows.iter().zip(&roots).map(|(&row, root)| root * (values[row] - mean)).collect()
        };
        let columns: Vec<Vec<f64>> =
            model.columns.iter().zip(&means).map(|(column, mean)| rooted(column, *mean)).collect();
        let response = rooted(&model.responses, mean_response);
        Moments { means, mean_response, ..Moments::of_columns(&columns, &response, 1.0) }
    }

    /// The sums of products of these columns and this response, over `rows`.
    fn of_columns(columns: &[Vec<f64>], response: &[f64], rows: f64) -> Moments {
        let weights = columns.len();
        let mut gram = products(columns);
        gram.iter_mut().for_each(|product| *product /= rows);
        let slopes = columns.iter().map(|column| dot(column, response) / rows).collect();
        let square = dot(response, response) / rows;
        Moments { means: vec![0.0; weights], mean_response: 0.0, gram, slopes, square }
    }

    /// Those of all rows of a design.
    pub fn of_design(design: &DrawnDesign) -> Moments {
        let DrawnDesign { columns, responses, .. } = design;
        Moments::of_columns(columns, responses, responses.len() as f64)
    }

    /// Those of 1/2 (w - minimum)' matrix (w - minimum).
    pub fn of_matrix(matrix: &[Vec<f64>], minimum: &[f64]) -> Moments {
        let slopes: Vec<f64> = matrix.iter().map(|row| dot(row, minimum)).collect();
        let square = dot(&slopes, minimum);
        Moments { means: vec![0.0; minimum.len()], mean_response: 0.0, gram: matrix.concat(), slopes, square }
    }

    fn row(&self, place: usize) -> &[f64] {
        let weights = self.slopes.len();
        &self.gram[place * weights..(place + 1) * weights]
    }

    /// Puts the slopes of the parabola at `w` into `slopes`. Weights that are 0 cost nothing.
    pub fn slopes_into(&self, w: &[f64], slopes: &mut [f64]) {
        slopes.iter_mut().zip(&self.slopes).for_each(|(own, at_zero)| *own = -at_zero);
        for (place, w) in w.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            // G is symmetric: its rows are its columns.
            slopes.iter_mut().zip(self.row(place)).for_each(|(own, gram)| *own += gram * w);
        }
    }

    /// The parabola at `w`, whose slopes are known.
    pub fn loss(&self, w: &[f64], slopes: &[f64]) -> f64 {
        let twice: f64 = w.iter().zip(slopes).zip(&self.slopes).map(|((w, at), zero)| w * (at - zero)).sum();
        (twice + self.square) / 2.0
    }

    /// Where the parabola is least: of all such weights, if columns are dependent, the shortest. By conjugate gradients from 0, which go where the
    /// rows lead and nowhere else (Hestenes and Stiefel, J. Res. Natl. Bur. Stand. 49, 1952).
    pub fn least_squares(&self) -> Vec<f64> {
        let weights = self.slopes.len();
        let (mut w, mut left, mut way) = (vec![0.0; weights], self.slopes.clone(), self.slopes.clone());
        let mut square = dot(&left, &left);
        let enough = 1e-26 * square;
        let mut bent = vec![0.0; weights];
        for _ in 0..10 * weights {
            bent.iter_mut().enumerate().for_each(|(place, own)| *own = dot(self.row(place), &way));
            let bend = dot(&way, &bent);
            if square <= enough || bend <= 0.0 {
                break;
            }
            let length = square / bend;
            w.iter_mut().zip(&way).for_each(|(w, way)| *w += length * way);
            left.iter_mut().zip(&bent).for_each(|(left, bent)| *left -= length * bent);
            let next = dot(&left, &left);
            way.iter_mut().zip(&left).for_each(|(way, left)| *way = left + next / square * *way);
            square = next;
        }
        w
    }

    /// The parabola of other rows, with the intercept that is best for these.
    pub fn loss_of(&self, others: &Moments, w: &[f64]) -> f64 {
        let along = |(place, own): (usize, &f64)| own * (dot(others.row(place), w) - 2.0 * others.slopes[place]);
        let nonzero = w.iter().enumerate().filter(|(_, w)| **w != 0.0);
        let inner = (nonzero.map(along).sum::<f64>() + others.square) / 2.0;
        let shift = |own: &Moments| own.mean_response - dot(&own.means, w);
        let between = shift(others) - shift(self);
        inner + between * between / 2.0
    }

    /// A bound on the greatest eigenvalue of G, within 1 % or so: what power iteration finds, and as much beyond it as its last steps may
    /// have left, and never more than the greatest sum of a row.
    pub fn greatest_eigenvalue(&self) -> f64 {
        let weights = self.slopes.len();
        let most =
            (0..weights).map(|place| self.row(place).iter().map(|own| own.abs()).sum::<f64>()).fold(0.0, f64::max);
        // Nothing is orthogonal to all of these but by chance, and then the sums of rows hold.
        let mut vector: Vec<f64> =
            (0..weights).map(|place| 1.0 + (place as f64 * 0.618_033_988_749_895).fract()).collect();
        let mut found = 0.0;
        let mut next = vector.clone();
        for _ in 0..POWERS {
            next.iter_mut().enumerate().for_each(|(place, next)| *next = dot(self.row(place), &vector));
            let (length, before) = (dot(&next, &next).sqrt(), found);
            if length == 0.0 {
                return most;
            }
            found = length / dot(&vector, &vector).sqrt();
            vector.iter_mut().zip(&next).for_each(|(own, next)| *own = next / length);
            if found - before <= 1e-4 * found {
                break;
            }
        }
        (1.01 * found).min(most)
    }
}

/// Steps of a power iteration at the most.
const POWERS: u32 = 200;

/// The inner products of all columns with each other, row by row: tile by tile, on all cores where that takes long. Each is that of [`dot`], on
/// any number of them.
pub(super) fn products(columns: &[Vec<f64>]) -> Vec<f64> {
    let (count, rows) = (columns.len(), columns.first().map_or(0, Vec::len));
    let first = || (0..count).step_by(TILE);
    let tiles: Vec<(usize, usize)> = first().flat_map(|own| first().map(move |other| (own, other))).collect();
    let tiles: Vec<(usize, usize)> = tiles.into_iter().filter(|(own, other)| other <= own).collect();
    let of_tile = |&(own, other): &(usize, usize)| {
        let of = |first: usize| &columns[first..count.min(first + TILE)];
        let mut products = [0.0; TILE * TILE];
        // SAFETY: this processor runs the widest.
        unsafe { PRODUCTS.get(Vectors::widest())(of(own), of(other), &mut products) };
        products
    };
    let found: Vec<[f64; TILE * TILE]> = match count * count * rows < MANY_PRODUCTS {
        true => tiles.iter().map(of_tile).collect(),
        false => tiles.par_iter().map(of_tile).collect(),
    };
    let mut all = vec![0.0; count * count];
    for ((own, other), products) in tiles.into_iter().zip(found) {
        for (place, row) in (own..count).zip(products.chunks_exact(TILE)) {
            for (other, product) in (other..=place).zip(row) {
                (all[place * count + other], all[other * count + place]) = (*product, *product);
            }
        }
    }
    all
}

/// Columns on either side of a tile, rows that these take together, so that they lie near a core, and columns that meet another at once, whose
/// sums do not wait for each other.
const TILE: usize = 16;
const TOGETHER: usize = 1 << 8;
const AT_ONCE: usize = 4;

/// Multiplications that are worth sharing out.
const MANY_PRODUCTS: usize = 1 << 25;

/// Puts the inner products of columns with others, those of a column [`TILE`] after those of the one before. Where both begin with the same,
/// those with later ones are left out.
type Products = unsafe fn(&[Vec<f64>], &[Vec<f64>], &mut [f64; TILE * TILE]);

/// The inner products, for each instruction set; all give the same bits.
static PRODUCTS: Compiled<Products> =
    compiled!(tile(columns: &[Vec<f64>], others: &[Vec<f64>], products: &mut [f64; TILE * TILE]));

#[inline(always)]
fn tile(_: Vectors, columns: &[Vec<f64>], others: &[Vec<f64>], products: &mut [f64; TILE * TILE]) {
    let rows = columns[0].len();
    let whole = rows - rows % WAYS;
    let is_triangle = std::ptr::eq(columns, others);
    let mut sums = [[0.0; WAYS]; TILE * TILE];
    for first in (0..whole).step_by(TOGETHER) {
        let part = first..whole.min(first + TOGETHER);
        for (place, column) in columns.iter().enumerate() {
            let (column, last) = (&column[part.clone()], if is_triangle { place + 1 } else { others.len() });
            let sums = &mut sums[place * TILE..][..last];
            let (fours, rest) = sums.as_chunks_mut::<AT_ONCE>();
            let of = |other: usize| &others[other][part.clone()];
            for (number, sums) in fours.iter_mut().enumerate() {
                add_products(column, std::array::from_fn(|own| of(number * AT_ONCE + own)), sums);
            }
            let taken = last - rest.len();
            for (other, sum) in (taken..).zip(rest) {
                add_products(column, [of(other)], std::array::from_mut(sum));
            }
        }
    }
    for (place, column) in columns.iter().enumerate() {
        let (sums, products) = (&sums[place * TILE..], &mut products[place * TILE..]);
        for ((product, sums), other) in products.iter_mut().zip(sums).zip(others) {
            *product = total(sums, &column[whole..], &other[whole..]);
        }
    }
}

/// Ways that the rows of an inner product go, each with a sum of its own: vectors like that.
const WAYS: usize = 8;

/// Adds the products of a column with some others to sums: way by way, each in the order of the rows. What is left of the rows is left out.
#[inline(always)]
fn add_products<const N: usize>(column: &[f64], others: [&[f64]; N], sums: &mut [[f64; WAYS]; N]) {
    let column = column.as_chunks::<WAYS>().0;
    let others = others.map(|other| &other.as_chunks::<WAYS>().0[..column.len()]);
    let mut own = *sums;
    for (place, values) in column.iter().enumerate() {
        for (sums, other) in own.iter_mut().zip(&others) {
            let other = &other[place];
            for way in 0..WAYS {
                sums[way] += values[way] * other[way];
            }
        }
    }
    *sums = own;
}

/// The sums of all ways together, and the products of the last rows.
#[inline(always)]
fn total(sums: &[f64; WAYS], column: &[f64], other: &[f64]) -> f64 {
    let rest: f64 = column.iter().zip(other).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// The inner product, in an order of its own that vectors like: the same on every processor.
#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [[0.0; WAYS]];
    add_products(a, [b], &mut sums);
    let whole = a.len() - a.len() % WAYS;
    total(&sums[0], &a[whole..], &b[whole..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(count: usize, rows: usize, value: impl Fn(u64) -> f64) -> Vec<Vec<f64>> {
        let scrambled = |number: usize| (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let column = |column: usize| (0..rows).map(|row| value(scrambled(column * rows + row))).collect();
        (0..count).map(column).collect()
    }

    /// Sums of whole numbers are exact in any order: tiles, blocks and what is left of either leave nothing out.
    #[test]
    fn products_are_those_of_the_columns() {
        let sizes = [(1, 1), (2, 7), (3, 8), (5, 300), (16, 255), (17, 256), (33, 1000), (130, 2005)];
        for (count, rows) in sizes {
            let columns = columns(count, rows, |own| (own % 2001) as f64 - 1000.0);
            let found = products(&columns);
            for (place, product) in found.iter().enumerate() {
                let [one, other] = [place / count, place % count].map(|own| &columns[own]);
                let exact: i64 = one.iter().zip(other).map(|(a, b)| *a as i64 * *b as i64).sum();
                assert_eq!(*product, exact as f64, "{count} columns, {rows} rows, product {place}");
            }
        }
    }

    /// Each has the bits of the product of two columns alone, on any number of cores.
    #[test]
    fn products_have_the_same_bits_everywhere() {
        for (count, rows) in [(20, 333), (130, 2005)] {
            let columns = columns(count, rows, |own| 0.1 + own as f64);
            let alone = |place: usize| dot(&columns[place / count], &columns[place % count]);
            let alone: Vec<f64> = (0..count * count).map(alone).collect();
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                assert!(pool.install(|| products(&columns)) == alone, "{count} columns on {threads} threads");
            }
        }
    }
}
