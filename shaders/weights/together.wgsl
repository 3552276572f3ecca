// A team of a workgroup: an invocation has some weights of its trajectory, and all others see where they are.
const TEAM: u32 = 64;

var<workgroup> places: array<f32, PADDED>;
var<workgroup> of_rows: array<f32, TEAM>;
var<workgroup> steps: array<Step, TEAM>;
var<workgroup> shared_word: u32;

// Where a word of a weight is: weights beside each other find theirs beside each other.
fn place_of(lane: u32, weight: u32, word: u32) -> u32 {
    return (lane * WORDS + word) * PADDED + weight;
}

fn team_of(workgroup: u32, invocation: u32) -> u32 {
    return workgroup;
}

// Lets all members see what each has written.
fn meet() {
    workgroupBarrier();
}

// The step of all weights, summed in the same order for each member.
fn of_all(own: Step, member: u32) -> Step {
    steps[member] = own;
    workgroupBarrier();
    var all = Step(0.0, 0.0, 0);
    for (var i = 0u; i < TEAM; i++) {
        let step = steps[i];
        all.moved = max(all.moved, step.moved);
        all.against += step.against;
        all.beyond |= step.beyond;
    }
    return all;
}

// The value of the first member.
fn agreed(value: u32, member: u32) -> u32 {
    if member == 0 {
        shared_word = value;
    }
    return workgroupUniformLoad(&shared_word);
}

fn is_last(own: bool, member: u32) -> bool {
    return agreed(select(0u, 1u, own), member) != 0;
}
