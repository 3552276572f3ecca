// Beck and Teboulle's FISTA. State: the iterate w, the one before it, a, the number t that grows by half a step, b, and the place
// where the slope was taken, c.
// The next t, and the share of the last move that is taken once more.
fn momentum(t: f32) -> Factors {
    let next = (1.0 + sqrt(1.0 + 4.0 * t * t)) / 2.0;
    return Factors(next, max(t - 1.0, 0.0) / next);
}

fn ahead(state: State, momentum: Factors) -> State {
    let place = state.w + momentum.second * (state.w - state.a);
    return State(place, state.w, momentum.first, place);
}

fn moved(state: State, slope: f32, rate: f32, factors: Factors, learning_rate: f32) -> State {
    return State(state.w - rate * slope, state.a, state.b, state.c);
}
