//! The vector instructions of the processor: one compilation of the driver each, chosen at run time.

use super::driver::{self, Block};
use crate::formula::Model;
use crate::plan::Limits;

/// A set of vector instructions that the driver is compiled for. All of them compute the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vectors {
    /// What every processor of the target has: SSE2 on x86-64, NEON on aarch64.
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Vectors {
    /// What this processor can run, the widest last.
    pub fn available() -> Vec<Vectors> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "the baseline is all there is"))]
        let mut available = vec![Vectors::Baseline];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            available.extend(avx2.then_some(Vectors::Avx2));
            available.extend((avx2 && avx512).then_some(Vectors::Avx512));
        }
        available
    }

    /// The widest that this processor can run.
    pub fn widest() -> Vectors {
        *Vectors::available().last().expect("every processor should run the baseline")
    }

    pub fn name(self) -> &'static str {
        match self {
            Vectors::Baseline if cfg!(target_arch = "aarch64") => "NEON",
            Vectors::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => "AVX-512",
        }
    }

    /// Advances `block` to the step `until` with these instructions, which must be among [`Vectors::available`].
    pub fn advance<M: Model>(self, block: &mut Block, limits: &Limits, until: u32) {
        match self {
            Vectors::Baseline => driver::advance::<M>(block, limits, until),
            // SAFETY: `available` lists these only after the processor has said that it has them.
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => unsafe { advance_avx2::<M>(block, limits, until) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => unsafe { advance_avx512::<M>(block, limits, until) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2")]
fn advance_avx2<M: Model>(block: &mut Block, limits: &Limits, until: u32) {
    driver::advance::<M>(block, limits, until);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2,avx512f,avx512bw,avx512dq,avx512vl")]
fn advance_avx512<M: Model>(block: &mut Block, limits: &Limits, until: u32) {
    driver::advance::<M>(block, limits, until);
}
