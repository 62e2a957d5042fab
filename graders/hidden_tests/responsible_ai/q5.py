import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q5"
points = None

# A threshold between two probabilities may miss one of about 400 positives; a grid of them some more.
ROOM = 0.02


@test_case(
    points=1,
    hidden=True,
    failure_message="In every group the rate should just reach the target, and decide must use that group's threshold.",
)
def test_each_group_reaches_the_target(group_thresholds, decide):
    for names, target in ((["A", "B"], 0.8), ([5, 2, 9], 0.7), (["A", "C", "B"], 0.9)):
        who = np.random.randint(len(names), size=800 * len(names))
        y = np.random.randint(2, size=len(who))
        p = 1 / (1 + np.exp(-np.random.normal(1.5 * y - 1.2 * who + 0.5, 1.0)))
        group = np.array(names)[who]
        found = group_thresholds(p, y, group, target)
        for one in names:
            reached = np.mean(p[(group == one) & (y == 1)] >= float(found[one]))
            check.close(reached, target, rtol=0, atol=ROOM, because=f"a target of {target}")
        cut = {one: float(np.random.uniform(0.2, 0.8)) for one in names}
        wanted = sum(((group == one) & (p >= cut[one])).astype(int) for one in names)
        check.close(decide(p, group, cut), wanted)
