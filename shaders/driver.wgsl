// The loop over steps on the device: the twin of `src/backend/cpu/driver.rs`, which explains quiet and watched steps.

const WORKGROUP: u32 = 64;
const SEGMENT: u32 = 32;
const LEAST_NORMAL: i32 = 0x00800000;
const NEVER: u32 = 0xffffffff;
const SLOTS: u32 = 6;
const FATES: u32 = 7;
// Words of `tallies` before the first cell: trajectories that have not come to their last step.
const HEADER: u32 = 1;
// Octaves of a tail's amplitude.
const OCTAVES: u32 = 96;
// Counters of a cell that one workgroup can gather: fates, crossed, 8 tolerances, octaves, two histograms of 448 buckets.
const GATHERED: u32 = 1008;

// One axis, fastest first: its slot (in the order of `Parameters`, then the start), its place in `tables`, its length,
// and the digit of the batch's first trajectory.
struct Dimension {
    slot: u32,
    offset: u32,
    len: u32,
    first_digit: u32,
}

struct Job {
    trajectories: u32,
    steps: u32,
    tail: u32,
    divergence: f32,
    tolerance: f32,
    // Trajectories of the batch in its first cell, and in each later one.
    first_pool: u32,
    pool: u32,
    // Buckets of a histogram.
    buckets: u32,
    tolerance_count: u32,
    // The slice ends at this step.
    until: u32,
    padding_1: u32,
    padding_2: u32,
    tolerances: array<vec4<f32>, 2>,
    dimensions: array<Dimension, SLOTS>,
}

struct State {
    w: f32,
    step: u32,
    first_crossing: u32,
    first_zero: u32,
    first_within: u32,
    diverged: u32,
    jumped: u32,
    tail_low: f32,
    tail_high: f32,
    direction: f32,
    reversals: u32,
}

struct Outcome {
    fate: u32,
    first_crossing: u32,
    first_zero: u32,
    first_within: u32,
    tail_low: f32,
    tail_high: f32,
    last: f32,
    last_step: u32,
}

@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> tables: array<f32>;
@group(0) @binding(2) var<storage, read_write> states: array<State>;
@group(0) @binding(3) var<storage, read_write> tallies: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> outcomes: array<Outcome>;

var<workgroup> gathered: array<atomic<u32>, GATHERED>;

// The numbers of a trajectory: the digits of the batch's first one plus `trajectory`, with carry.
fn decode(trajectory: u32) -> array<f32, SLOTS> {
    var values: array<f32, SLOTS>;
    var carry = trajectory;
    for (var i = 0u; i < SLOTS; i++) {
        let dimension = job.dimensions[i];
        let digit = dimension.first_digit + carry % dimension.len;
        carry = carry / dimension.len + select(0u, 1u, digit >= dimension.len);
        values[dimension.slot] = tables[dimension.offset + select(digit, digit - dimension.len, digit >= dimension.len)];
    }
    return values;
}

fn parameters_of(values: array<f32, SLOTS>) -> Parameters {
    return Parameters(values[0], values[1], values[2], values[3], values[4]);
}

fn trajectory_of(workgroup: vec3<u32>, width: u32, lane: u32) -> u32 {
    return (workgroup.y * width + workgroup.x) * WORKGROUP + lane;
}

@compute @workgroup_size(WORKGROUP)
fn begin(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let trajectory = trajectory_of(workgroup, width.x, lane);
    if trajectory >= job.trajectories {
        return;
    }
    let w = stored(decode(trajectory)[5]);
    var state = State(w, 0, NEVER, NEVER, NEVER, NEVER, 0, 3.4028235e38, -3.4028235e38, 0.0, 0);
    state.first_zero = first_step(NEVER, is_zero(w), 0);
    state.first_within = first_step(NEVER, abs(w) <= job.tolerance, 0);
    state.diverged = first_step(NEVER, is_diverged(w, job.divergence), 0);
    state.jumped = select(0u, 1u, is_zero(w));
    if job.tail > job.steps {
        state.tail_low = w;
        state.tail_high = w;
    }
    states[trajectory] = state;
}

@compute @workgroup_size(WORKGROUP)
fn advance(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let trajectory = trajectory_of(workgroup, width.x, lane);
    if trajectory >= job.trajectories {
        return;
    }
    var state = states[trajectory];
    let parameters = parameters_of(decode(trajectory));
    let tail_start = job.steps - min(job.steps, job.tail);
    let head_end = min(job.until, tail_start);
    while state.step < head_end && state.diverged == NEVER {
        let before = state;
        if state.step + SEGMENT <= head_end {
            quiet(&state, parameters);
        }
        if state.step == before.step {
            watched(&state, parameters, min(SEGMENT, head_end - state.step), false);
        } else if state.step == before.step + SEGMENT && bits(state.w) == bits(before.w) {
            // It repeats for ever: on to the tail, by whole segments.
            state.step += (tail_start - state.step) / SEGMENT * SEGMENT;
        }
        if state.step == before.step {
            break;
        }
    }
    while state.step >= tail_start && state.step < job.until && state.diverged == NEVER {
        let before = state.step;
        watched(&state, parameters, min(SEGMENT, job.until - state.step), true);
        if state.step == before {
            break;
        }
    }
    states[trajectory] = state;
}

// Takes a segment of steps if none of them holds an event. Steps are counted as they are taken: where a driver ends a
// loop early, the count shows it.
fn quiet(state: ptr<function, State>, parameters: Parameters) {
    let start = (*state).w;
    var w = start;
    var least = 0x7fffffff;
    var greatest = 0;
    var flips = 0;
    var taken = 0u;
    while taken < SEGMENT {
        let w1 = step(w, parameters);
        let w2 = step(w1, parameters);
        let w3 = step(w2, parameters);
        let w4 = step(w3, parameters);
        let size1 = bits(w1) & 0x7fffffff;
        let size2 = bits(w2) & 0x7fffffff;
        let size3 = bits(w3) & 0x7fffffff;
        let size4 = bits(w4) & 0x7fffffff;
        least = min(min(least, min(size1, size2)), min(size3, size4));
        greatest = max(max(greatest, max(size1, size2)), max(size3, size4));
        flips |= (bits(w1) | bits(w2) | bits(w3) | bits(w4)) ^ (bits(w1) & bits(w2) & bits(w3) & bits(w4));
        flips |= bits(w1) ^ bits(start);
        w = w4;
        taken += 4;
    }
    let blew_up = greatest > bits(job.divergence);
    let crossed = (flips < 0) & ((*state).first_crossing == NEVER);
    let came_within = (least <= bits(job.tolerance)) & ((*state).first_within == NEVER);
    let touched_zero = (least < LEAST_NORMAL) & ((greatest | bits(start)) != 0);
    if !(blew_up | crossed | came_within | touched_zero) {
        (*state).w = stored(w);
        (*state).step += taken;
    }
}

// Takes `len` steps and notes every event; in the tail its statistics, too.
fn watched(state: ptr<function, State>, parameters: Parameters, len: u32, in_tail: bool) {
    var taken = 0u;
    while taken < len && (*state).diverged == NEVER {
        let turns = taken > 0 || (*state).step + job.tail > job.steps;
        let previous = (*state).w;
        let w = stored(step(previous, parameters));
        taken += 1;
        let now = (*state).step + taken;
        let lives = !is_diverged(w, job.divergence);
        (*state).diverged = first_step((*state).diverged, !lives, now);
        (*state).first_crossing = first_step((*state).first_crossing, lives & is_crossing(previous, w), now);
        (*state).first_zero = first_step((*state).first_zero, lives & is_zero(w), now);
        (*state).first_within = first_step((*state).first_within, lives & (abs(w) <= job.tolerance), now);
        (*state).jumped = select((*state).jumped, select(0u, 1u, is_jump(previous)), is_landing(previous, w));
        if in_tail {
            (*state).tail_low = min((*state).tail_low, w);
            (*state).tail_high = max((*state).tail_high, w);
            let difference = select(0.0, w - previous, turns);
            (*state).reversals += select(0u, 1u, is_reversal((*state).direction, difference));
            (*state).direction = next_direction((*state).direction, difference);
        }
        (*state).w = w;
    }
    (*state).step += taken;
}

fn outcome_of(state: State) -> Outcome {
    let diverged = state.diverged != NEVER;
    let fate = fate(diverged, state.tail_low, state.tail_high, state.jumped != 0, job.tolerance, state.reversals);
    return Outcome(
        fate,
        state.first_crossing,
        state.first_zero,
        state.first_within,
        select(state.tail_low, 0.0, diverged),
        select(state.tail_high, 0.0, diverged),
        select(state.w, 0.0, diverged),
        select(state.step, state.diverged, diverged),
    );
}

fn is_unfinished(state: State) -> bool {
    return state.step != job.steps && state.diverged == NEVER;
}

@compute @workgroup_size(WORKGROUP)
fn list(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let trajectory = trajectory_of(workgroup, width.x, lane);
    if trajectory >= job.trajectories {
        return;
    }
    let state = states[trajectory];
    if is_unfinished(state) {
        atomicAdd(&tallies[0], 1u);
    }
    outcomes[trajectory] = outcome_of(state);
}

// The log-linear bucket of a step: exact below 16, then 16 an octave.
fn bucket(step: u32) -> u32 {
    let octave = firstLeadingBit(max(step, 16u));
    return select((octave - 3) * 16 + ((step >> (octave - 4)) & 15), step, step < 16);
}

fn cell_of(trajectory: u32) -> u32 {
    if trajectory < job.first_pool {
        return 0;
    }
    return 1 + (trajectory - job.first_pool) / job.pool;
}

// Counts one in a cell's counter: in workgroup memory where all of the workgroup belongs to one cell.
fn count(cell: u32, stride: u32, counter: u32, together: bool) {
    if together {
        atomicAdd(&gathered[counter], 1u);
    } else {
        atomicAdd(&tallies[HEADER + cell * stride + counter], 1u);
    }
}

// Counters of a cell: fates, crossed, within each tolerance, amplitude by octave, first zero by bucket, first crossing by bucket.
fn tally_one(outcome: Outcome, cell: u32, stride: u32, together: bool) {
    count(cell, stride, outcome.fate, together);
    let octaves = FATES + 1 + job.tolerance_count;
    let histograms = octaves + OCTAVES;
    if outcome.first_crossing != NEVER {
        count(cell, stride, FATES, together);
        count(cell, stride, histograms + job.buckets + bucket(outcome.first_crossing), together);
    }
    if outcome.first_zero != NEVER {
        count(cell, stride, histograms + bucket(outcome.first_zero), together);
    }
    if outcome.fate == 0 {
        return;
    }
    let amplitude = max(abs(outcome.tail_low), abs(outcome.tail_high));
    count(cell, stride, octaves + u32(octave(amplitude)), together);
    for (var i = 0u; i < job.tolerance_count; i++) {
        if amplitude <= job.tolerances[i / 4][i % 4] {
            count(cell, stride, FATES + 1 + i, together);
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn tally(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let first = trajectory_of(workgroup, width.x, 0u);
    let stride = FATES + 1 + job.tolerance_count + OCTAVES + 2 * job.buckets;
    let last = min(first + WORKGROUP, job.trajectories) - 1;
    let together = first < job.trajectories && cell_of(first) == cell_of(last);
    if together {
        for (var i = lane; i < stride; i += WORKGROUP) {
            atomicStore(&gathered[i], 0u);
        }
    }
    workgroupBarrier();
    let trajectory = first + lane;
    if trajectory < job.trajectories {
        let state = states[trajectory];
        if is_unfinished(state) {
            atomicAdd(&tallies[0], 1u);
        }
        tally_one(outcome_of(state), cell_of(trajectory), stride, together);
    }
    workgroupBarrier();
    if together {
        for (var i = lane; i < stride; i += WORKGROUP) {
            let counted = atomicLoad(&gathered[i]);
            if counted != 0 {
                atomicAdd(&tallies[HEADER + cell_of(first) * stride + i], counted);
            }
        }
    }
}
