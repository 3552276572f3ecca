// The penalty on weights by groups: on some of each weight alone, then on the norm of each group.
const IS_GROUPED: bool = true;

// Behind the factors: what lambda is multiplied by for each norm, where the weights of each group begin in a list, and the list.
const STRENGTHS: u32 = PADDED;
const FIRSTS: u32 = STRENGTHS + GROUPS;
const MEMBERS: u32 = FIRSTS + GROUPS + 1;

// Where the penalty on a weight alone takes it from x.
fn left_alone(x: f32, rate: f32, given: Parameters, factor: f32) -> f32 {
    let share = share_alone(given);
    if share == 0.0 || factor == 0.0 {
        return x;
    }
    return prox_of_penalty(x, rate, of_weight(given, 0.0, factor * share));
}

// Takes a group x, whose weights stand in `places`, to v x / |x|_2 with v the proximal map at its norm. They are divided by the
// largest first, whose square f32 may not hold.
fn shorten(group: u32, rate: f32, given: Parameters) {
    let strength = draws[STRENGTHS + group];
    if strength == 0.0 {
        return;
    }
    let first = MEMBERS + u32(draws[FIRSTS + group]);
    let end = MEMBERS + u32(draws[FIRSTS + group + 1]);
    var largest = 0.0;
    for (var place = first; place < end; place++) {
        largest = max(largest, abs(places[u32(draws[place])]));
    }
    var sum = 0.0;
    for (var place = first; place < end; place++) {
        let part = select(0.0, places[u32(draws[place])] / largest, largest > 0.0);
        sum += part * part;
    }
    let norm = largest * sqrt(sum);
    let left = prox_of_penalty(norm, rate, of_weight(given, 0.0, strength * (1.0 - share_alone(given))));
    for (var place = first; place < end; place++) {
        let weight = u32(draws[place]);
        let x = places[weight];
        places[weight] = select(select(left * (x / norm), 0.0, left == 0.0), x, left == norm);
    }
}
