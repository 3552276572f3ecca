//! Puts the questions of a [`Probe`] to a device, and measures its [`Roofs`].

use super::GpuError;
use super::device::{OpenDevice, WORKGROUP, WORKGROUPS, for_workgroup};
use crate::backend::roofs::{Roofs, rate};
use crate::probe::{self, Answers, Probe};
use futures_channel::oneshot;
use web_time::{Duration, Instant};
use wgpu::{
    BindGroup, Buffer, BufferUsages, CommandEncoder, CommandEncoderDescriptor, ComputePipeline, MapMode, ShaderModule,
    SubmissionIndex,
};

/// Loop iterations that are asked for.
const ITERATIONS: u32 = 1 << 20;

/// Iterations over which integers are checked: fewer than any device ends loops after.
const FEW_ITERATIONS: u32 = 1000;

/// How much faster a size of workgroups must be than those before it to be worth a change.
const MUCH_FASTER: f64 = 1.05;

/// Loop iterations that every device takes.
const FEWEST_LOOPS: u32 = 1 << 15;

/// Bytes that are copied for their speed.
const COPIED: u64 = 4 << 20;

/// A run of steps that takes this long is long enough to tell how many fit into 50 ms.
const LONG_ENOUGH: Duration = Duration::from_millis(10);

struct Bench<'a> {
    device: &'a OpenDevice,
    asked: Buffer,
    answers: Buffer,
    counters: Buffer,
    staging: Buffer,
    bindings: BindGroup,
}

/// Runs the probe on `device`.
pub async fn probe(device: &OpenDevice) -> Result<Probe, GpuError> {
    let began = Instant::now();
    let bench = Bench::new(device, bytemuck::cast_slice(&probe::samples()), COPIED);
    let module = device.trusted_module("probe", probe::wgsl());
    let asked = bench.questions(&module).await?;
    let steps = device.pipeline(&module, "steps");
    let (upload, download) = bench.copies().await?;
    Ok(Probe {
        best_workgroup: Some(bench.best_workgroup()?),
        steps_in_50_ms: Some(bench.steps_in(Duration::from_millis(50), &steps)?),
        upload_bytes_per_second: Some(upload),
        download_bytes_per_second: Some(download),
        seconds: probe::thousandths(began.elapsed().as_secs_f64()),
        ..asked
    })
}

/// Asks `device` how it computes, and not how fast.
pub async fn questions(device: &OpenDevice) -> Result<Probe, GpuError> {
    let bench = Bench::new(device, bytemuck::cast_slice(&probe::samples()), COPIED);
    bench.questions(&device.trusted_module("probe", probe::wgsl())).await
}

/// Puts the questions of the samples alone.
pub async fn answers(device: &OpenDevice) -> Result<Vec<Answers>, GpuError> {
    let samples = probe::samples();
    let module = device.trusted_module("probe", probe::wgsl());
    let bench = Bench::new(device, bytemuck::cast_slice(&samples), COPIED);
    bench.answers(&device.pipeline(&module, "answer"), samples.len()).await
}

/// Numbers, in fours, that are read for the device's bandwidth: as many as one dispatch of one dimension takes.
const STREAMED: u32 = 65_535 * WORKGROUP;

/// Measures the limits of `device`.
pub async fn roofs(device: &OpenDevice) -> Result<Roofs, GpuError> {
    let allowed = device.handle.limits().max_storage_buffer_binding_size / 16;
    let streamed = (allowed.min(u64::from(STREAMED)) as u32).min(device.max_width * WORKGROUP);
    let samples: Vec<[f32; 4]> = vec![[0.999, 0.001, 0.0, 0.0]; streamed as usize];
    let bench = Bench::new(device, bytemuck::cast_slice(&samples), u64::from(streamed) * 4);
    let module = device.trusted_module("roofs", include_str!("../../../shaders/roofs.wgsl").to_owned());
    let groups = full(device, WORKGROUP);
    // Loop iterations of a device full of invocations.
    let loops = |entry: &str| {
        let pipeline = device.pipeline(&module, entry);
        let iterations =
            rate(FEWEST_LOOPS, |iterations| device.wait(bench.submit(&pipeline, [iterations, 0], groups, |_| ())));
        iterations.map(|iterations| iterations * f64::from(groups * WORKGROUP))
    };
    let stream = device.pipeline(&module, "stream");
    let dispatches = rate(1 << 12, |dispatches| {
        let mut last = None;
        for _ in 0..dispatches {
            last = Some(bench.submit(&stream, [0, streamed], streamed.div_ceil(WORKGROUP), |_| ()));
        }
        last.map_or(Ok(()), |last| device.wait(last))
    });
    Ok(Roofs {
        dependent_operations_per_second: 32.0 * loops("dependent")?,
        independent_operations_per_second: 32.0 * loops("independent")?,
        special_operations_per_second: 16.0 * loops("special")?,
        bytes_per_second: 20.0 * f64::from(streamed) * dispatches?,
    })
}

/// Workgroups of this size that fill a device.
fn full(device: &OpenDevice, workgroup: u32) -> u32 {
    (device.default_batch as u32 / workgroup).min(device.max_width)
}

/// What `loops` counts where integers are integers.
fn expected_counters(iterations: u32) -> [u32; 4] {
    let mix =
        |lane| (0..iterations).fold(lane, |word: u32, _| word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    [WORKGROUP, iterations, iterations, (0..WORKGROUP).map(mix).fold(0, u32::wrapping_add)]
}

impl<'a> Bench<'a> {
    fn new(device: &'a OpenDevice, samples: &[u8], answer_bytes: u64) -> Bench<'a> {
        let storage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let buffer = |label, size, usage| device.buffer(label, size, usage);
        let asked = buffer("asked", 16, BufferUsages::UNIFORM);
        let answers = buffer("answers", answer_bytes, storage);
        let counters = buffer("counters", 16, storage);
        let staging = buffer("staging", COPIED, BufferUsages::MAP_READ);
        let samples = device.storage("samples", samples);
        // The driver's layout has one buffer more.
        let unused = buffer("unused", 16, storage);
        let bindings = device.bind([&asked, &samples, &answers, &counters, &unused]);
        Bench { device, asked, answers, counters, staging, bindings }
    }

    fn submit(
        &self,
        pipeline: &ComputePipeline,
        asked: [u32; 2],
        groups: u32,
        then: impl FnOnce(&mut CommandEncoder),
    ) -> SubmissionIndex {
        self.device.queue.write_buffer(&self.asked, 0, bytemuck::cast_slice(&asked));
        let mut encoder = self.device.handle.create_command_encoder(&CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(groups, 1, 1);
        drop(pass);
        then(&mut encoder);
        self.device.queue.submit([encoder.finish()])
    }

    /// What does not depend on how fast the device is; the samples must be the probe's.
    async fn questions(&self, module: &ShaderModule) -> Result<Probe, GpuError> {
        let [answer, loops] = ["answer", "loops"].map(|entry| self.device.pipeline(module, entry));
        let answers = self.answers(&answer, probe::samples().len()).await?;
        Ok(Probe {
            counts_are_exact: self.loops(&loops, FEW_ITERATIONS).await? == expected_counters(FEW_ITERATIONS),
            loops_end_after: Some(self.loops(&loops, ITERATIONS).await?[1]).filter(|&end| end < ITERATIONS),
            ..Probe::judge(&answers)
        })
    }

    async fn answers(&self, pipeline: &ComputePipeline, samples: usize) -> Result<Vec<Answers>, GpuError> {
        let bytes = (samples * size_of::<Answers>()) as u64;
        let groups = (samples as u32).div_ceil(WORKGROUP);
        let submission = self.submit(pipeline, [0, samples as u32], groups, |encoder| {
            encoder.copy_buffer_to_buffer(&self.answers, 0, &self.staging, 0, bytes);
        });
        Ok(bytemuck::pod_collect_to_vec(&self.read(submission, bytes).await?))
    }

    async fn loops(&self, pipeline: &ComputePipeline, iterations: u32) -> Result<[u32; 4], GpuError> {
        self.device.queue.write_buffer(&self.counters, 0, bytemuck::cast_slice(&[0, u32::MAX, 0, 0]));
        let submission = self.submit(pipeline, [iterations, 0], 1, |encoder| {
            encoder.copy_buffer_to_buffer(&self.counters, 0, &self.staging, 0, 16);
        });
        let bytes = self.read(submission, 16).await?;
        Ok(bytemuck::pod_read_unaligned(&bytes))
    }

    /// Steps of a full batch that take `time`, by doubling.
    fn steps_in(&self, time: Duration, pipeline: &ComputePipeline) -> Result<u32, GpuError> {
        let groups = full(self.device, WORKGROUP);
        let mut steps = 64;
        loop {
            let began = Instant::now();
            self.device.wait(self.submit(pipeline, [steps, 0], groups, |_| ()))?;
            let took = began.elapsed();
            if took > LONG_ENOUGH || steps >= 1 << 15 {
                return Ok((f64::from(steps) * time.as_secs_f64() / took.as_secs_f64()) as u32);
            }
            steps *= 2;
        }
    }

    /// The size of a workgroup with which plain steps of a full batch are fastest; that of the texts where no other is much faster.
    fn best_workgroup(&self) -> Result<u32, GpuError> {
        let mut best = (WORKGROUP, 0.0);
        let others = WORKGROUPS.into_iter().filter(|size| *size != WORKGROUP);
        for size in [WORKGROUP].into_iter().chain(others) {
            let module = self.device.trusted_module("probe", for_workgroup(&probe::wgsl(), size));
            let pipeline = self.device.pipeline(&module, "steps");
            let groups = full(self.device, size);
            let steps =
                rate(FEWEST_LOOPS, |steps| self.device.wait(self.submit(&pipeline, [steps, 0], groups, |_| ())))?;
            let speed = steps * f64::from(groups * size);
            if speed > best.1 * MUCH_FASTER {
                best = (size, speed);
            }
        }
        Ok(best.0)
    }

    /// Bytes a second to the device and back.
    async fn copies(&self) -> Result<(u64, u64), GpuError> {
        let speed = |began: Instant| (COPIED as f64 / began.elapsed().as_secs_f64()) as u64;
        let contents = vec![1; COPIED as usize];
        let began = Instant::now();
        self.device.queue.write_buffer(&self.answers, 0, &contents);
        self.device.wait(self.device.queue.submit([]))?;
        let upload = speed(began);
        let began = Instant::now();
        let mut encoder = self.device.handle.create_command_encoder(&CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(&self.answers, 0, &self.staging, 0, COPIED);
        self.read(self.device.queue.submit([encoder.finish()]), COPIED).await?;
        Ok((upload, speed(began)))
    }

    async fn read(&self, submission: SubmissionIndex, bytes: u64) -> Result<Vec<u8>, GpuError> {
        let slice = self.staging.slice(..bytes);
        let (sender, receiver) = oneshot::channel();
        slice.map_async(MapMode::Read, move |result| _ = sender.send(result));
        self.device.wait(submission)?;
        let refused = |error: &dyn std::fmt::Display| GpuError::Device(error.to_string());
        self.device.arrival(receiver).await?.map_err(|error| refused(&error))?;
        let contents = slice.get_mapped_range().map_err(|error| refused(&error))?.to_vec();
        self.staging.unmap();
        Ok(contents)
    }
}
