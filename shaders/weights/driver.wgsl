// The loop over steps of trajectories of many weights on the device: the twin of `src/backend/cpu/weights/course.rs`.
//
// A team of TEAM invocations has a trajectory, each of them OWN of its weights. What a team does together stands in `alone.wgsl`, where
// it is of one, and in `together.wgsl`, where it is a workgroup. Loops that are marked so are unrolled in the text, as far as it says.

const WORKGROUP: u32 = 64;
const NEVER: u32 = 0xffffffff;

// Weights, and those that are there to make all teams' shares alike; these stay 0.
const OWN: u32 = (WEIGHTS + TEAM - 1) / TEAM;
const PADDED: u32 = OWN * TEAM;

// What a draw of rows is, from its place in `draws` on: in Gram form the slopes at 0 and then the matrix, in the other the rows.
const AT_ZERO: u32 = 1;
const GRAM: u32 = AT_ZERO + PADDED;
const RESPONSES: u32 = 1;
const SHARES: u32 = RESPONSES + ROWS;
const FORTH: u32 = SHARES + ROWS;
const BACK: u32 = FORTH + ROWS * PADDED;

struct Job {
    // Trajectories that are listed, and lanes that there are for them.
    listed: u32,
    lanes: u32,
    // Steps that the slice takes at the most.
    len: u32,
    steps: u32,
    tail: u32,
    divergence: f32,
    tolerance: f32,
}

@group(0) @binding(0) var<uniform> job: Job;
// The factor of lambda of each weight, then what is said of groups, then the draws.
@group(0) @binding(1) var<storage, read> draws: array<f32>;
// The words of each weight of each lane's trajectory.
@group(0) @binding(2) var<storage, read_write> courses: array<u32>;
// The words of each lane's trajectory, word after word.
@group(0) @binding(3) var<storage, read_write> heads: array<u32>;
// The lanes that are listed; behind them what begins there, or what has ended.
@group(0) @binding(4) var<storage, read_write> messages: array<u32>;

// Words of a head: steps taken, what `Step` says of the last one, the rate that it had, the draw, the bound on residuals, parameters.
const TAKEN: u32 = 0;
const BEYOND: u32 = 1;
const MOVED: u32 = 2;
const RATE: u32 = 3;
const DRAW: u32 = 4;
const BOUND: u32 = 5;
const VALUES: u32 = 6;

// Words of a weight, from its state on.
const FIRST_CROSSING: u32 = 4;
const FIRST_ZERO: u32 = 5;
const FIRST_WITHIN: u32 = 6;
const ARRIVAL: u32 = 7;
const JUMPED: u32 = 8;
const LOW: u32 = 9;
const HIGH: u32 = 10;
const DIRECTION: u32 = 11;
const REVERSALS: u32 = 12;
const WORDS: u32 = 13;

// Words that a trajectory brings: its draw, its bound, its parameters, its start; and that each weight leaves.
const ARRIVING: u32 = 2 + SLOTS + WEIGHTS;
const LEFT: u32 = 9;

// What all weights of a trajectory have done in a step.
struct Step {
    // How far one went at the most, from where its slope was taken.
    moved: f32,
    // The sum of (y - w') (w' - w), with y that place and w' the new weight.
    against: f32,
    beyond: u32,
}

fn head(lane: u32, word: u32) -> u32 {
    return heads[word * job.lanes + lane];
}

fn put_head(lane: u32, word: u32, value: u32) {
    heads[word * job.lanes + lane] = value;
}

fn number(lane: u32, weight: u32, word: u32) -> f32 {
    return bitcast<f32>(courses[place_of(lane, weight, word)]);
}

fn count(lane: u32, weight: u32, word: u32) -> u32 {
    return courses[place_of(lane, weight, word)];
}

fn put_number(lane: u32, weight: u32, word: u32, value: f32) {
    courses[place_of(lane, weight, word)] = bitcast<u32>(value);
}

fn put_count(lane: u32, weight: u32, word: u32, value: u32) {
    courses[place_of(lane, weight, word)] = value;
}

fn state_of(lane: u32, weight: u32) -> State {
    return State(number(lane, weight, 0), number(lane, weight, 1), number(lane, weight, 2), number(lane, weight, 3));
}

fn put_state(lane: u32, weight: u32, state: State) {
    put_number(lane, weight, 0, state.w);
    put_number(lane, weight, 1, state.a);
    put_number(lane, weight, 2, state.b);
    put_number(lane, weight, 3, state.c);
}

fn flat(workgroup: vec3<u32>, width: u32) -> u32 {
    return workgroup.y * width + workgroup.x;
}

// Whether the iterate of `step` belongs to the tail.
fn is_tail(step: u32) -> bool {
    return step + job.tail > job.steps;
}

// Puts the trajectories that arrive at their starts, an invocation a weight.
@compute @workgroup_size(WORKGROUP)
fn begin(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) member: u32,
) {
    let place = flat(workgroup, width.x) * WORKGROUP + member;
    if place >= job.listed * PADDED {
        return;
    }
    let listed = place / PADDED;
    let weight = place % PADDED;
    let lane = messages[listed];
    let message = job.lanes + listed * ARRIVING;
    if weight == 0 {
        put_head(lane, TAKEN, 0);
        put_head(lane, BEYOND, 0);
        put_head(lane, MOVED, bitcast<u32>(1.0));
        put_head(lane, RATE, bitcast<u32>(1.0));
        put_head(lane, DRAW, messages[message]);
        put_head(lane, BOUND, messages[message + 1]);
        for (var slot = 0u; slot < SLOTS; slot++) {
            put_head(lane, VALUES + slot, messages[message + 2 + slot]);
        }
    }
    var start = 0.0;
    if weight < WEIGHTS {
        start = stored(bitcast<f32>(messages[message + 2 + SLOTS + weight]));
    }
    let zero = is_zero(start);
    put_state(lane, weight, State(start, 0.0, 0.0, 0.0));
    put_count(lane, weight, FIRST_CROSSING, NEVER);
    put_count(lane, weight, FIRST_ZERO, first_step(NEVER, zero, 0));
    put_count(lane, weight, FIRST_WITHIN, first_step(NEVER, abs(start) <= job.tolerance, 0));
    put_count(lane, weight, ARRIVAL, first_step(NEVER, zero, 0));
    put_count(lane, weight, JUMPED, select(0u, 1u, zero));
    put_number(lane, weight, LOW, select(3.4028234663852886e38, start, is_tail(0)));
    put_number(lane, weight, HIGH, select(-3.4028234663852886e38, start, is_tail(0)));
    put_number(lane, weight, DIRECTION, 0.0);
    put_count(lane, weight, REVERSALS, 0);
}

// Takes listed trajectories on, each until it may have ended.
@compute @workgroup_size(WORKGROUP)
fn advance(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let listed = team_of(flat(workgroup, width.x), invocation);
    if listed >= job.listed {
        return;
    }
    let member = invocation % TEAM;
    let lane = messages[listed];
    let draw = HEADER + head(lane, DRAW) * DRAW_WORDS;
    let bound = bitcast<f32>(head(lane, BOUND));
    var values: array<f32, SLOTS>;
    for (var slot = 0u; slot < SLOTS; slot++) { // unrolled
        values[slot] = bitcast<f32>(head(lane, VALUES + slot));
    }
    let given = parameters_of(values, 0);
    var states: array<State, OWN>;
    for (var i = 0u; i < OWN; i++) { // unrolled
        states[i] = state_of(lane, member + i * TEAM);
    }
    var n = head(lane, TAKEN);
    for (var taken = 0u; taken < job.len; taken++) {
        let parameters = scheduled(given, i32(n));
        let rate = rate_of(i32(n), parameters);
        let factors = factors_of(i32(n), parameters);
        let momentum = momentum_of(states[0]);
        var begun: array<State, OWN>;
        for (var i = 0u; i < OWN; i++) { // unrolled
            begun[i] = looked_ahead(states[i], momentum);
            places[member + i * TEAM] = begun[i].w;
        }
        meet();
        let slopes = slopes_at(draw, member);
        var moved: array<State, OWN>;
        if IS_GROUPED {
            meet();
            for (var i = 0u; i < OWN; i++) { // unrolled
                let weight = member + i * TEAM;
                moved[i] = moved_by_loss(begun[i], slopes[i], i32(n), rate, factors, parameters);
                if weight < WEIGHTS {
                    places[weight] = left_alone(moved[i].w, rate, parameters, draws[weight]);
                }
            }
            meet();
            for (var group = member; group < GROUPS; group += TEAM) {
                shorten(group, rate, parameters);
            }
            meet();
        }
        n += 1;
        let in_tail = is_tail(n);
        var own = Step(0.0, 0.0, 0);
        for (var i = 0u; i < OWN; i++) { // unrolled
            let weight = member + i * TEAM;
            if weight < WEIGHTS {
                let previous = states[i].w;
                var after: State;
                if IS_GROUPED {
                    after = state_at(places[weight], moved[i], rate);
                } else {
                    after = stepped(begun[i], slopes[i], i32(n) - 1, rate, factors, parameters, draws[weight]);
                }
                let w = stored(narrowed(after.w));
                note(lane, weight, previous, w, after.w, n);
                if in_tail {
                    note_tail(lane, weight, previous, w, n);
                }
                own.moved = max(own.moved, abs(w - begun[i].w));
                own.against += (after.c - w) * (w - after.a);
                own.beyond |= select(0u, 1u, is_diverged(w, job.divergence));
                states[i] = State(w, after.a, after.b, after.c);
            }
        }
        let step = of_all(own, member);
        // The momentum begins anew where the step goes against it, all weights together.
        if RESTARTS && step.against > 0.0 {
            for (var i = 0u; i < OWN; i++) { // unrolled
                states[i].b = 0.0;
            }
        }
        let may_have_ended = step.beyond != 0 || n >= job.steps || step.moved <= bound * rate;
        if is_last(may_have_ended || taken + 1 == job.len, member) {
            if member == 0 {
                put_head(lane, TAKEN, n);
                put_head(lane, BEYOND, step.beyond);
                put_head(lane, MOVED, bitcast<u32>(step.moved));
                put_head(lane, RATE, bitcast<u32>(rate));
            }
            break;
        }
    }
    for (var i = 0u; i < OWN; i++) { // unrolled
        put_state(lane, member + i * TEAM, states[i]);
    }
}

// The state of a weight where the loss, which has this slope, moves it in the step `n`.
fn moved_by_loss(begun: State, slope: f32, n: i32, rate: f32, factors: Factors, given: Parameters) -> State {
    let parameters = of_weight(given, slope, 1.0);
    return state_after(begun, slope_at(begun.w, n, parameters), rate, factors, parameters);
}

// The state of a weight after the step `n`, where the loss has this slope and the weight this factor of lambda.
fn stepped(begun: State, slope: f32, n: i32, rate: f32, factors: Factors, given: Parameters, factor: f32) -> State {
    let parameters = of_weight(given, slope, factor);
    if factor == 0.0 && !MOVES_FACTORS {
        // No penalty does nothing at all, not even a rounding.
        return state_after(begun, slope, rate, factors, parameters);
    }
    let whole = slope_at(begun.w, n, parameters);
    let after = state_after(decayed(begun, rate, parameters), whole, rate, factors, parameters);
    return penalized(after, whole, rate, factors, parameters);
}

// The slopes of the loss at `places`, as far as they are the member's own.
fn slopes_at(draw: u32, member: u32) -> array<f32, OWN> {
    var slopes: array<f32, OWN>;
    if IS_GRAM {
        for (var j = 0u; j < WEIGHTS; j++) { // unrolled
            let line = draw + GRAM + j * PADDED + member;
            let place = places[j];
            for (var i = 0u; i < OWN; i++) { // unrolled
                slopes[i] += draws[line + i * TEAM] * place;
            }
        }
        for (var i = 0u; i < OWN; i++) { // unrolled
            slopes[i] -= draws[draw + AT_ZERO + member + i * TEAM];
        }
        return slopes;
    }
    let rows = agreed(u32(draws[draw]), member);
    for (var first = 0u; first < rows; first += TEAM) {
        let row = first + member;
        var predictor = 0.0;
        for (var j = 0u; j < WEIGHTS; j++) { // unrolled
            predictor += draws[draw + BACK + j * ROWS + row] * places[j];
        }
        of_rows[member] = draws[draw + SHARES + row] * slope_of_row(predictor, draws[draw + RESPONSES + row]);
        meet();
        for (var k = 0u; k < TEAM; k++) {
            let line = draw + FORTH + (first + k) * PADDED + member;
            let of_row = of_rows[k];
            for (var i = 0u; i < OWN; i++) { // unrolled
                slopes[i] += draws[line + i * TEAM] * of_row;
            }
        }
        meet();
    }
    return slopes;
}

// Notes the events of a step: a landing or a leave, another sign, or the first iterate within the tolerance.
fn note(lane: u32, weight: u32, previous: f32, w: f32, exact: f32, step: u32) {
    let crosses = is_crossing(previous, w);
    let comes_within = abs(w) <= job.tolerance && abs(previous) > job.tolerance;
    if is_zero(previous) == is_zero(w) && !crosses && !comes_within {
        return;
    }
    put_count(lane, weight, FIRST_CROSSING, first_step(count(lane, weight, FIRST_CROSSING), crosses, step));
    put_count(lane, weight, FIRST_ZERO, first_step(count(lane, weight, FIRST_ZERO), is_zero(w), step));
    put_count(lane, weight, FIRST_WITHIN, first_step(count(lane, weight, FIRST_WITHIN), abs(w) <= job.tolerance, step));
    if is_landing(previous, w) {
        put_count(lane, weight, ARRIVAL, step);
        put_count(lane, weight, JUMPED, select(0u, 1u, jumps(previous, exact)));
    }
}

// Adds an iterate of the tail to its statistics.
fn note_tail(lane: u32, weight: u32, previous: f32, w: f32, step: u32) {
    // Of stored iterates: a driver may take the difference from the step itself, which f32 may have lost beside the weight.
    let difference = select(0.0, stored(w) - stored(previous), is_tail(step - 1));
    let direction = number(lane, weight, DIRECTION);
    put_number(lane, weight, LOW, min(number(lane, weight, LOW), w));
    put_number(lane, weight, HIGH, max(number(lane, weight, HIGH), w));
    put_number(lane, weight, DIRECTION, next_direction(direction, difference));
    let reversal = select(0u, 1u, is_reversal(direction, difference));
    put_count(lane, weight, REVERSALS, count(lane, weight, REVERSALS) + reversal);
}

// Copies what the host wants of listed trajectories, an invocation a weight.
@compute @workgroup_size(WORKGROUP)
fn gather(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) width: vec3<u32>,
    @builtin(local_invocation_index) member: u32,
) {
    let place = flat(workgroup, width.x) * WORKGROUP + member;
    if place >= job.listed * WEIGHTS {
        return;
    }
    let lane = messages[place / WEIGHTS];
    let weight = place % WEIGHTS;
    let message = job.lanes + place * LEFT;
    messages[message] = count(lane, weight, 0);
    messages[message + 1] = count(lane, weight, FIRST_CROSSING);
    messages[message + 2] = count(lane, weight, FIRST_ZERO);
    messages[message + 3] = count(lane, weight, FIRST_WITHIN);
    messages[message + 4] = count(lane, weight, ARRIVAL);
    messages[message + 5] = count(lane, weight, JUMPED);
    messages[message + 6] = count(lane, weight, LOW);
    messages[message + 7] = count(lane, weight, HIGH);
    messages[message + 8] = count(lane, weight, REVERSALS);
}
