// Tsuruoka, Tsujii and Ananiadou (ACL 2009): b is what is due to weights above zero and c to those below. With u all that was due
// and q what the weight has paid, with its sign, b = u + q and c = u - q.
fn paid(after: State, due: f32) -> State {
    let above = min(after.b + abs(due), 1.7014118e38);
    let below = min(after.c + abs(due), 1.7014118e38);
    let down = max(after.w - above, 0.0);
    let up = min(after.w + below, 0.0);
    let w = select(up, down, after.w > 0.0);
    let moved = select(w - after.w, 0.0, after.w == 0.0);
    return State(w, after.a, max(above + moved, 0.0), max(below - moved, 0.0));
}
