from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(
    points=1, failure_message="From the middle of seven states the third step to one side is the last."
)
def test_straight_to_both_ends(RandomWalk1D):
    for action, way, end in ((1, [4, 5, 6], 1), (0, [2, 1, 0], -1)):
        walk = RandomWalk1D()
        start = walk.reset()
        assert start == 3, f"expected reset() to return 3, got {start}"
        for expected in way:
            answer = walk.step(action)
            assert answer is not None, "step() returned nothing: is a `return` missing?"
            state, reward, done = answer
            assert state == expected, f"action {action}: expected state {expected}, got {state}"
            paid = end if expected == way[-1] else 0
            assert reward == paid, f"entering state {state}: expected a reward of {paid}, got {reward}"
            assert bool(done) == (expected == way[-1]), f"entering state {state}: done is {done}"
