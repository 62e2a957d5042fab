import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


def table(names, size=90):
    """Outcomes, decisions and groups of unequal sizes, each with both outcomes."""
    shares = np.arange(1, len(names) + 1) / sum(range(1, len(names) + 1))
    who = np.concatenate([np.repeat(np.arange(len(names)), 4), np.random.choice(len(names), size, p=shares)])
    y = (np.random.uniform(size=len(who)) < 0.4).astype(int)
    y[: 4 * len(names)] = np.tile([0, 0, 1, 1], len(names))
    chance = np.random.uniform(0.1, 0.9, size=(len(names), 2))
    said = (np.random.uniform(size=len(who)) < chance[who, y]).astype(int)
    order = np.random.permutation(len(who))
    return y[order], said[order], np.array(names)[who][order]


def expected_rates(y, said, group):
    def share(rows):
        return said[rows].sum() / rows.sum()

    return {
        one: {"selection_rate": share(group == one), "tpr": share((group == one) & (y > 0)),
              "fpr": share((group == one) & (y < 1))}
        for one in sorted(set(group.tolist()))
    }  # fmt: skip


@test_case(
    points=1, hidden=True, failure_message="Groups may be numbers, of unequal size, and more than two."
)
def test_rates(group_rates):
    for names in (["A", "B"], [1, 2, 7], ["north", "south", "east", "west"]):
        y, said, group = table(names)
        came = group_rates(y, said, group)
        for one, rates in expected_rates(y, said, group).items():
            for which, rate in rates.items():
                check.close(came[one][which], rate, rtol=1e-5, atol=1e-6, because=which)


@test_case(
    points=1,
    hidden=True,
    failure_message="The largest rate of all groups less the smallest, of the right rates.",
)
def test_gaps(gaps):
    for _ in range(4):
        y, said, group = table(["A", "C", "B"])
        # With all turned round, what was a true positive rate is one less a false positive rate.
        for outcomes, decisions in ((y, said), (1 - y, 1 - said)):
            rates = expected_rates(outcomes, decisions, group).values()
            width = {
                which: np.ptp([one[which] for one in rates]) for which in ("selection_rate", "tpr", "fpr")
            }
            came = gaps(outcomes, decisions, group)
            for which, wanted in (
                ("demographic_parity", width["selection_rate"]),
                ("equal_opportunity", width["tpr"]),
                ("equalized_odds", max(width["tpr"], width["fpr"])),
            ):
                check.close(came[which], wanted, rtol=1e-5, atol=1e-6, because=which)
