// A team of one: an invocation has all weights of its trajectory, in registers.
const TEAM: u32 = 1;

var<private> places: array<f32, PADDED>;
var<private> of_rows: array<f32, TEAM>;

// Where a word of a weight is: lanes beside each other find theirs beside each other.
fn place_of(lane: u32, weight: u32, word: u32) -> u32 {
    return (weight * WORDS + word) * job.lanes + lane;
}

fn team_of(workgroup: u32, invocation: u32) -> u32 {
    return workgroup * WORKGROUP + invocation;
}

fn meet() {}

fn of_all(own: Step, member: u32) -> Step {
    return own;
}

fn agreed(value: u32, member: u32) -> u32 {
    return value;
}

fn is_last(own: bool, member: u32) -> bool {
    return own;
}
