// Small kernels that ask a driver how it computes. They stand after the prelude and math.

const WORKGROUP: u32 = 64;
const QUESTIONS: u32 = 14;

struct Asked {
    iterations: u32,
    samples: u32,
}

@group(0) @binding(0) var<uniform> asked: Asked;
@group(0) @binding(1) var<storage, read> samples: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> answers: array<f32>;
// Invocations, the fewest and the most iterations, the sum of the mixed words.
@group(0) @binding(3) var<storage, read_write> counters: array<atomic<u32>>;

// What the driver makes of each sample, in the order of `Answers` in src/probe.rs.
@compute @workgroup_size(WORKGROUP)
fn answer(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= asked.samples {
        return;
    }
    let sample = samples[id.x];
    let a = sample.x;
    let b = sample.y;
    let c = sample.z;
    let at = id.x * QUESTIONS;
    answers[at] = a;
    answers[at + 1] = a * b;
    answers[at + 2] = a * b + c;
    answers[at + 3] = fma(a, b, c);
    answers[at + 4] = a / b;
    answers[at + 5] = sqrt(a);
    answers[at + 6] = log2(a);
    answers[at + 7] = exp2(c);
    answers[at + 8] = portable_log2(a);
    answers[at + 9] = portable_exp2(c);
    answers[at + 10] = select(0.0, 1.0, a != a);
    answers[at + 11] = select(0.0, 1.0, a * 0.5 == a);
    answers[at + 12] = select(0.0, 1.0, (bits(a) & 0x7fffffff) > 0x7f800000);
    answers[at + 13] = select(0.0, 1.0, (bits(a) & 0x7fffffff) >= 0x7f800000);
}

// Loops until asked to stop, over words that no compiler sums up in advance.
@compute @workgroup_size(WORKGROUP)
fn loops(@builtin(local_invocation_index) lane: u32) {
    var taken = 0u;
    var mixed = lane;
    while taken < asked.iterations {
        mixed = mixed * 1664525u + 1013904223u;
        taken += 1u;
    }
    atomicAdd(&counters[0], 1u);
    atomicMin(&counters[1], taken);
    atomicMax(&counters[2], taken);
    atomicAdd(&counters[3], mixed);
}

// Plain steps, for the time they take.
@compute @workgroup_size(WORKGROUP)
fn steps(@builtin(global_invocation_id) id: vec3<u32>) {
    var taken = 0u;
    var w = 1.0 + f32(id.x);
    while taken < asked.iterations {
        w = w - 0.01 * ((w - 0.1) + 0.5 * sign(w));
        taken += 1u;
    }
    atomicMax(&counters[2], u32(bits(w)));
}
