// Small kernels that do one thing as fast as they can.

const WORKGROUP: u32 = 64;

struct Asked {
    iterations: u32,
    samples: u32,
}

@group(0) @binding(0) var<uniform> asked: Asked;
@group(0) @binding(1) var<storage, read> samples: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> answers: array<f32>;

// Sixteen links of a chain, two operations each.
fn linked(start: f32, a: f32, b: f32) -> f32 {
    var x = start;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    x = x * a + b;
    return x;
}

// One chain.
@compute @workgroup_size(WORKGROUP)
fn dependent(@builtin(global_invocation_id) id: vec3<u32>) {
    let a = samples[0].x;
    let b = samples[0].y;
    var x = f32(id.x);
    var taken = 0u;
    while taken < asked.iterations {
        x = linked(x, a, b);
        taken += 1u;
    }
    // Never true, which no compiler knows.
    if x == a {
        answers[0] = x;
    }
}

// Eight chains beside each other, two links each.
@compute @workgroup_size(WORKGROUP)
fn independent(@builtin(global_invocation_id) id: vec3<u32>) {
    let a = samples[0].x;
    let b = samples[0].y;
    var x = vec4<f32>(f32(id.x)) + vec4<f32>(0.0, 1.0, 2.0, 3.0);
    var y = x + vec4<f32>(4.0);
    var taken = 0u;
    while taken < asked.iterations {
        x = x * a + vec4<f32>(b);
        y = y * a + vec4<f32>(b);
        x = x * a + vec4<f32>(b);
        y = y * a + vec4<f32>(b);
        taken += 1u;
    }
    let all = x + y;
    if all.x + all.y + all.z + all.w == a {
        answers[0] = all.x;
    }
}

// Eight roots beside each other, twice.
@compute @workgroup_size(WORKGROUP)
fn special(@builtin(global_invocation_id) id: vec3<u32>) {
    var x = vec4<f32>(f32(id.x)) + vec4<f32>(2.0, 3.0, 4.0, 5.0);
    var y = x + vec4<f32>(4.0);
    var taken = 0u;
    while taken < asked.iterations {
        x = sqrt(x);
        y = sqrt(y);
        x = sqrt(x);
        y = sqrt(y);
        taken += 1u;
    }
    let all = x + y;
    if all.x + all.y + all.z + all.w == samples[0].x {
        answers[0] = all.x;
    }
}

// Reads 16 bytes and writes 4.
@compute @workgroup_size(WORKGROUP)
fn stream(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < asked.samples {
        let four = samples[id.x];
        answers[id.x] = (four.x + four.y) + (four.z + four.w);
    }
}
