// The loop over steps on the device: the twin of `src/backend/cpu/driver.rs`. The contract of both stands in
// `src/backend/mod.rs`.

const WORKGROUP: u32 = 64;
const SEGMENT: u32 = 32;
const LEAST_NORMAL: i32 = 0x00800000;
const NEVER: u32 = 0xffffffff;

// Slots that a job has room for, and those that there are, in vectors of four.
const SLOT_VECTORS: u32 = 6;
const USED_VECTORS: u32 = (SLOTS + 3) / 4;

// What one digit of a trajectory's index counts: how many values there are, the digit of the batch's first trajectory, and for each
// slot how far the next digit leads in its table.
struct Dimension {
    len: u32,
    first_digit: u32,
    strides: array<vec4<u32>, SLOT_VECTORS>,
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
    // Counters of a cell, and those of its first zeros.
    words: u32,
    buckets: u32,
    tolerance_count: u32,
    // The slice ends at this step.
    until: u32,
    dimension_count: u32,
    // The first trajectory's place in its cell.
    first_place: u32,
    // The place of a cell's first trajectory.
    base_place: u32,
    // Where `tables` holds the places of an excerpt's trajectories, two halves each; 0 where they are counted.
    places: u32,
    // Whether invocations take their trajectories from `listed`.
    is_compacted: u32,
    tolerances: array<vec4<f32>, 2>,
    // Where the table of each slot (in the order of `Parameters`) begins in `tables`.
    offsets: array<vec4<u32>, SLOT_VECTORS>,
    // Fastest first.
    dimensions: array<Dimension, SLOTS>,
}

// A trajectory on its way.
struct Course {
    state: State,
    step: u32,
    first_crossing: u32,
    first_zero: u32,
    first_within: u32,
    arrival: u32,
    diverged: u32,
    jumped: u32,
    tail: Tail,
}

struct Tail {
    low: f32,
    high: f32,
    direction: f32,
    reversals: u32,
}

struct Outcome {
    fate: u32,
    first_crossing: u32,
    first_zero: u32,
    first_within: u32,
    arrival: u32,
    tail_low: f32,
    tail_high: f32,
    last: f32,
    last_step: u32,
}

@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read> tables: array<f32>;
// Word after word of all courses, so that lanes beside each other find theirs beside each other.
@group(0) @binding(2) var<storage, read_write> courses: array<u32>;
@group(0) @binding(3) var<storage, read_write> tallies: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> outcomes: array<Outcome>;

// The trajectories that a slice advances. They lie where outcomes will be written at the end.
struct Listed {
    count: atomic<u32>,
    trajectories: array<u32>,
}

@group(0) @binding(4) var<storage, read_write> listed: Listed;

var<workgroup> gathered: array<atomic<u32>, MOST_WORDS>;

// The numbers of a trajectory: the digits of the batch's first one plus `trajectory`, with carry.
fn decode(trajectory: u32) -> Parameters {
    var places: array<vec4<u32>, USED_VECTORS>;
    for (var vector = 0u; vector < USED_VECTORS; vector++) {
        places[vector] = job.offsets[vector];
    }
    var carry = trajectory;
    for (var i = 0u; i < job.dimension_count; i++) {
        let len = job.dimensions[i].len;
        let sum = job.dimensions[i].first_digit + carry % len;
        let turns = sum >= len;
        carry = carry / len + select(0u, 1u, turns);
        let digit = select(sum, sum - len, turns);
        for (var vector = 0u; vector < USED_VECTORS; vector++) {
            places[vector] += digit * job.dimensions[i].strides[vector];
        }
    }
    var values: array<f32, SLOTS>;
    for (var slot = 0u; slot < SLOTS; slot++) {
        values[slot] = tables[places[slot / 4][slot % 4]];
    }
    return parameters_of(values, place_of(trajectory));
}

// The trajectory's place in its cell, by which it draws random numbers.
fn place_of(trajectory: u32) -> u32 {
    if job.places != 0 {
        let at = job.places + 2 * trajectory;
        return (u32(tables[at]) << 16) | u32(tables[at + 1]);
    }
    if trajectory < job.first_pool {
        return job.first_place + trajectory;
    }
    return job.base_place + (trajectory - job.first_pool) % job.pool;
}

// The places of two words of a course.
const STEP: u32 = 4;
const DIVERGED: u32 = 9;

fn word_at(trajectory: u32, place: u32) -> u32 {
    return courses[place * job.trajectories + trajectory];
}

fn number_at(trajectory: u32, place: u32) -> f32 {
    return bitcast<f32>(word_at(trajectory, place));
}

fn course_of(i: u32) -> Course {
    return Course(
        State(number_at(i, 0), number_at(i, 1), number_at(i, 2), number_at(i, 3)),
        word_at(i, STEP),
        word_at(i, 5),
        word_at(i, 6),
        word_at(i, 7),
        word_at(i, 8),
        word_at(i, DIVERGED),
        word_at(i, 10),
        Tail(number_at(i, 11), number_at(i, 12), number_at(i, 13), word_at(i, 14)),
    );
}

fn put(trajectory: u32, place: u32, word: u32) {
    courses[place * job.trajectories + trajectory] = word;
}

fn keep(i: u32, course: Course) {
    put(i, 0, bitcast<u32>(course.state.w));
    put(i, 1, bitcast<u32>(course.state.a));
    put(i, 2, bitcast<u32>(course.state.b));
    put(i, 3, bitcast<u32>(course.state.c));
    put(i, STEP, course.step);
    put(i, 5, course.first_crossing);
    put(i, 6, course.first_zero);
    put(i, 7, course.first_within);
    put(i, 8, course.arrival);
    put(i, DIVERGED, course.diverged);
    put(i, 10, course.jumped);
    put(i, 11, bitcast<u32>(course.tail.low));
    put(i, 12, bitcast<u32>(course.tail.high));
    put(i, 13, bitcast<u32>(course.tail.direction));
    put(i, 14, course.tail.reversals);
}

fn trajectory_of(workgroup: vec3<u32>, width: u32, lane: u32) -> u32 {
    return (workgroup.y * width + workgroup.x) * WORKGROUP + lane;
}

// Whether the iterate of `step` belongs to the tail.
fn is_tail(step: u32) -> bool {
    return step + job.tail > job.steps;
}

// Of stored iterates the difference is one of rounded numbers; of others a driver may take it from the step itself, which f32
// may have lost beside the weight.
fn with_iterate(tail: Tail, previous: f32, w: f32, turns: bool) -> Tail {
    let difference = select(0.0, stored(w) - stored(previous), turns);
    return Tail(
        min(tail.low, w),
        max(tail.high, w),
        next_direction(tail.direction, difference),
        tail.reversals + select(0u, 1u, is_reversal(tail.direction, difference)),
    );
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
    let w = stored(decode(trajectory).start);
    let zero = is_zero(w);
    let in_tail = is_tail(0u);
    keep(trajectory, Course(
        State(w, 0.0, 0.0, 0.0),
        0,
        NEVER,
        first_step(NEVER, zero, 0),
        first_step(NEVER, abs(w) <= job.tolerance, 0),
        first_step(NEVER, zero, 0),
        first_step(NEVER, is_diverged(w, job.divergence), 0),
        select(0u, 1u, zero),
        Tail(select(3.4028234663852886e38, w, in_tail), select(-3.4028234663852886e38, w, in_tail), 0.0, 0),
    ));
}

// Lists the trajectories that have steps to take in the slice, so that no lane waits beside one that has ended. Which of them stand
// beside each other shows in no result.
@compute @workgroup_size(WORKGROUP)
fn compact(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let trajectory = trajectory_of(workgroup, width.x, lane);
    var advances = false;
    if trajectory < job.trajectories {
        advances = word_at(trajectory, STEP) < job.until && word_at(trajectory, DIVERGED) == NEVER;
    }
    if lane == 0 {
        atomicStore(&gathered[0], 0u);
    }
    workgroupBarrier();
    var place = 0u;
    if advances {
        place = atomicAdd(&gathered[0], 1u);
    }
    workgroupBarrier();
    if lane == 0 {
        let first = atomicAdd(&listed.count, atomicLoad(&gathered[0]));
        atomicStore(&gathered[0], first);
    }
    workgroupBarrier();
    if advances {
        listed.trajectories[atomicLoad(&gathered[0]) + place] = trajectory;
    }
}

@compute @workgroup_size(WORKGROUP)
fn advance(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    var trajectory = trajectory_of(workgroup, width.x, lane);
    if job.is_compacted != 0 {
        if trajectory >= atomicLoad(&listed.count) {
            return;
        }
        trajectory = listed.trajectories[trajectory];
    }
    if trajectory >= job.trajectories {
        return;
    }
    var course = course_of(trajectory);
    let parameters = decode(trajectory);
    let tail_start = job.steps - min(job.steps, job.tail);
    while course.step < job.until && course.diverged == NEVER {
        let before = course;
        let in_tail = course.step >= tail_start;
        let end = select(min(job.until, tail_start), job.until, in_tail);
        if course.step + SEGMENT <= end {
            quiet(&course, parameters, in_tail);
        }
        if course.step == before.step {
            watched(&course, parameters, min(SEGMENT, end - course.step), in_tail);
        } else if AUTONOMOUS && !in_tail && course.step == before.step + SEGMENT && is_same(course.state, before.state) {
            // It repeats for ever: on to the tail, by whole segments.
            course.step += (tail_start - course.step) / SEGMENT * SEGMENT;
        }
        if course.step == before.step {
            break;
        }
    }
    keep(trajectory, course);
}

fn is_same(a: State, b: State) -> bool {
    return bits(a.w) == bits(b.w) && bits(a.a) == bits(b.a) && bits(a.b) == bits(b.b) && bits(a.c) == bits(b.c);
}

// The weight as it is stored.
fn in_format(state: State) -> State {
    return State(narrowed(state.w), state.a, state.b, state.c);
}

// Takes a segment of steps if none of them holds an event, in the tail with its statistics. Steps are counted as they are
// taken: where a driver ends a loop early, the count shows it.
fn quiet(course: ptr<function, Course>, parameters: Parameters, in_tail: bool) {
    let start = (*course).state.w;
    let first = (*course).step;
    let began = is_tail(first);
    var state = (*course).state;
    var tail = (*course).tail;
    var least = 0x7fffffff;
    var greatest = 0;
    var flips = 0;
    var taken = 0u;
    while taken < SEGMENT {
        let state1 = in_format(advance_state(state, i32(first + taken), parameters));
        let state2 = in_format(advance_state(state1, i32(first + taken + 1), parameters));
        let state3 = in_format(advance_state(state2, i32(first + taken + 2), parameters));
        let state4 = in_format(advance_state(state3, i32(first + taken + 3), parameters));
        let word1 = bits(state1.w);
        let word2 = bits(state2.w);
        let word3 = bits(state3.w);
        let word4 = bits(state4.w);
        let size1 = word1 & 0x7fffffff;
        let size2 = word2 & 0x7fffffff;
        let size3 = word3 & 0x7fffffff;
        let size4 = word4 & 0x7fffffff;
        least = min(min(least, min(size1, size2)), min(size3, size4));
        greatest = max(max(greatest, max(size1, size2)), max(size3, size4));
        flips |= (word1 | word2 | word3 | word4) ^ (word1 & word2 & word3 & word4);
        flips |= word1 ^ bits(start);
        if in_tail {
            tail = with_iterate(tail, state.w, state1.w, began || taken > 0);
            tail = with_iterate(tail, state1.w, state2.w, true);
            tail = with_iterate(tail, state2.w, state3.w, true);
            tail = with_iterate(tail, state3.w, state4.w, true);
        }
        state = state4;
        taken += 4;
    }
    let blew_up = greatest > bits(job.divergence);
    let crossed = (flips < 0) & ((*course).first_crossing == NEVER);
    let came_within = (least <= bits(job.tolerance)) & ((*course).first_within == NEVER);
    let touched_zero = (least < LEAST_NORMAL) & ((greatest | bits(start)) != 0);
    if !(blew_up | crossed | came_within | touched_zero) {
        (*course).state = State(stored(state.w), state.a, state.b, state.c);
        (*course).tail = tail;
        (*course).step += taken;
    }
}

// Takes `len` steps and notes every event; in the tail its statistics, too.
fn watched(course: ptr<function, Course>, parameters: Parameters, len: u32, in_tail: bool) {
    var taken = 0u;
    let first = (*course).step;
    while taken < len && (*course).diverged == NEVER {
        let turns = taken > 0 || is_tail(first);
        let previous = (*course).state.w;
        let after = advance_state((*course).state, i32(first + taken), parameters);
        let w = stored(narrowed(after.w));
        taken += 1;
        let now = first + taken;
        let lives = !is_diverged(w, job.divergence);
        let lands = lives & is_landing(previous, w);
        (*course).diverged = first_step((*course).diverged, !lives, now);
        (*course).first_crossing = first_step((*course).first_crossing, lives & is_crossing(previous, w), now);
        (*course).first_zero = first_step((*course).first_zero, lives & is_zero(w), now);
        (*course).first_within = first_step((*course).first_within, lives & (abs(w) <= job.tolerance), now);
        (*course).arrival = select((*course).arrival, now, lands);
        (*course).jumped = select((*course).jumped, select(0u, 1u, jumps(previous, after.w)), lands);
        if in_tail {
            (*course).tail = with_iterate((*course).tail, previous, w, turns);
        }
        (*course).state = State(w, after.a, after.b, after.c);
    }
    (*course).step += taken;
}

fn outcome_of(course: Course) -> Outcome {
    let diverged = course.diverged != NEVER;
    let low = stored(course.tail.low);
    let high = stored(course.tail.high);
    let fate = fate(diverged, low, high, course.jumped != 0, job.tolerance, course.tail.reversals);
    return Outcome(
        fate,
        course.first_crossing,
        course.first_zero,
        course.first_within,
        course.arrival,
        select(low, 0.0, diverged),
        select(high, 0.0, diverged),
        select(course.state.w, 0.0, diverged),
        select(course.step, course.diverged, diverged),
    );
}

fn is_unfinished(course: Course) -> bool {
    return course.step != job.steps && course.diverged == NEVER;
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
    let course = course_of(trajectory);
    if is_unfinished(course) {
        atomicAdd(&tallies[0], 1u);
    }
    outcomes[trajectory] = outcome_of(course);
}

// The log-linear bucket of a step: exact below 2^detail, then 2^detail an octave.
fn bucket(step: u32, detail: u32) -> u32 {
    let octave = firstLeadingBit(max(step, 1u << detail));
    let within = (step >> (octave - detail)) & ((1u << detail) - 1);
    return select(((octave - detail + 1) << detail) + within, step, (step >> detail) == 0);
}

fn cell_of(trajectory: u32) -> u32 {
    if trajectory < job.first_pool {
        return 0;
    }
    return 1 + (trajectory - job.first_pool) / job.pool;
}

// Counts one in a cell's counter: in workgroup memory where all of the workgroup belongs to one cell.
fn count(cell: u32, counter: u32, together: bool) {
    if together {
        atomicAdd(&gathered[counter], 1u);
    } else {
        atomicAdd(&tallies[HEADER + cell * job.words + counter], 1u);
    }
}

fn tally_one(outcome: Outcome, cell: u32, together: bool) {
    count(cell, FATES + outcome.fate, together);
    if outcome.first_crossing != NEVER {
        count(cell, CROSSED, together);
        count(cell, FIRST_ZERO + job.buckets + bucket(outcome.first_crossing, COARSE), together);
    }
    if outcome.first_zero != NEVER {
        count(cell, FIRST_ZERO + bucket(outcome.first_zero, COARSE), together);
    }
    if outcome.fate == 1 {
        count(cell, FIRST_ZERO + 2 * job.buckets + bucket(outcome.arrival, FINE), together);
    }
    if outcome.fate == 0 {
        return;
    }
    let amplitude = max(abs(outcome.tail_low), abs(outcome.tail_high));
    count(cell, AMPLITUDES + u32(octave(amplitude)), together);
    for (var i = 0u; i < job.tolerance_count; i++) {
        if amplitude <= job.tolerances[i / 4][i % 4] {
            count(cell, WITHIN + i, together);
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
    let last = min(first + WORKGROUP, job.trajectories) - 1;
    let together = first < job.trajectories && cell_of(first) == cell_of(last);
    if together {
        for (var i = lane; i < job.words; i += WORKGROUP) {
            atomicStore(&gathered[i], 0u);
        }
    }
    workgroupBarrier();
    let trajectory = first + lane;
    if trajectory < job.trajectories {
        let course = course_of(trajectory);
        if is_unfinished(course) {
            atomicAdd(&tallies[0], 1u);
        }
        tally_one(outcome_of(course), cell_of(trajectory), together);
    }
    workgroupBarrier();
    if together {
        for (var i = lane; i < job.words; i += WORKGROUP) {
            let counted = atomicLoad(&gathered[i]);
            if counted != 0 {
                atomicAdd(&tallies[HEADER + cell_of(first) * job.words + i], counted);
            }
        }
    }
}
