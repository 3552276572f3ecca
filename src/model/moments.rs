//! What counted rows make of a loss that is a parabola: all of it, in as many numbers as there are pairs of weights.

use super::{DrawnDesign, Model};
use crate::lanes::{Compiled, Vectors, compiled};

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
        let mut gram = vec![0.0; weights * weights];
        let mut slopes = vec![0.0; weights];
        let dots = DOTS.get(Vectors::widest());
        for (place, column) in columns.iter().enumerate() {
            let (before, own) = (&mut slopes[..=place], &columns[..=place]);
            // SAFETY: this processor runs the widest.
            unsafe { dots(own, column, before) };
            for (before, product) in before.iter().enumerate() {
                let product = product / rows;
                (gram[place * weights + before], gram[before * weights + place]) = (product, product);
            }
        }
        // SAFETY: as above.
        unsafe { dots(columns, response, &mut slopes) };
        slopes.iter_mut().for_each(|slope| *slope /= rows);
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

/// Puts the inner product of each column with another.
type Dots = unsafe fn(&[Vec<f64>], &[f64], &mut [f64]);

/// The inner products, for each instruction set; all give the same bits.
static DOTS: Compiled<Dots> = compiled!(dots(columns: &[Vec<f64>], other: &[f64], products: &mut [f64]));

#[inline(always)]
fn dots(_: Vectors, columns: &[Vec<f64>], other: &[f64], products: &mut [f64]) {
    products.iter_mut().zip(columns).for_each(|(product, column)| *product = dot(column, other));
}

/// The inner product, in an order of its own that vectors like: the same on every processor.
#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    const WAYS: usize = 8;
    let mut sums = [0.0; WAYS];
    let (a_chunks, b_chunks) = (a.chunks_exact(WAYS), b.chunks_exact(WAYS));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for way in 0..WAYS {
            sums[way] += a[way] * b[way];
        }
    }
    sums.iter().sum::<f64>() + rest
}
