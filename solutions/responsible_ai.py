# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Responsible AI
#
# A model that is right on average can be wrong about the same people again and again, say 0.99
# where it should say 0.7, or give away who was in its data. Each of these can be **measured**. In
# this notebook you write the measures by hand, find a bias that was put into the data, and mend it
# in two ways, with the price stated. Then you look at calibration, at what a model relies on, and
# at privacy.
#
# Run the cells from top to bottom. Write where it says `YOUR CODE HERE`, and run
# `grader.check(...)` below a question to check yourself. When you submit, further tests run, with
# other inputs. 20 points are given by tests and 4 by a person, for question 9.
#
# The book behind much of this is Barocas, Hardt and Narayanan, [Fairness and Machine
# Learning](https://fairmlbook.org), 2023. It also says what no measure can: which one is the right
# one for a decision is not a question of mathematics.

# %%
import otter
grader = otter.Notebook("responsible_ai.ipynb")

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
np.random.seed(0)

# %% [markdown]
# ## The data
#
# Applications for a loan, generated, so that the truth is known. Each applicant is in group A or B,
# and has four features: income, savings (both standardised), a number of the district, and the day
# of the month.
#
# * `X`, shape (3000, 4), float32: the features. The group is **not** one of them.
# * `group`: "A" or "B".
# * `recorded`: 1 where the files say that the loan was repaid, 0 where they say it was not.
# * `repays`: what really happened. It is there for the audited applicants alone (`valid`).
#
# In both groups as many repay. But the files are not fair: some loans of group B that **were**
# repaid are recorded as if they were not. Nobody told the model.

# %%
loans = np.load("data/loans.npz")
X_train, group_train, recorded_train = loans["X_train"], loans["group_train"], loans["recorded_train"]
X_valid, group_valid, recorded_valid = loans["X_valid"], loans["group_valid"], loans["recorded_valid"]
repays_valid = loans["repays_valid"]
features = ["income", "savings", "district", "day"]
for name in ("A", "B"):
    print(name, f"recorded as repaid {recorded_train[group_train == name].mean():.3f}")

figure, axes = plt.subplots(1, 4, figsize=(11, 2.2), sharey=True)
for column, axis in enumerate(axes):
    for name in ("A", "B"):
        axis.hist(X_train[group_train == name, column], bins=30, alpha=0.5, label=name)
    axis.set_title(features[column])
axes[0].legend()

# %% [markdown]
# The histograms show why leaving the group out of the features ("fairness through unawareness")
# does not help: the district gives it away. Such a feature is called a *proxy*.
#
# If you like real data, set `USE_ADULT = True` for the Adult census data (48,842 people; it is
# downloaded, about 5 MB). Nothing below needs it, and grading runs without it. Read what is wrong
# with that data set, too: Ding and others, [Retiring Adult](https://arxiv.org/abs/2108.04884),
# 2021.

# %%
USE_ADULT = False
if USE_ADULT:
    from sklearn.datasets import fetch_openml

    adult = fetch_openml("adult", version=2, as_frame=True).frame
    print((adult["class"] == ">50K").groupby(adult["sex"], observed=True).mean())

# %% [markdown]
# ## Question 1: how different are the groups? (3 points)
#
# Let $\hat y$ be the decision (1: selected, here: gets the loan), $y$ the outcome and $g$ the
# group. For each group there are three rates:
#
# * the **selection rate** $P(\hat y = 1 \mid g)$;
# * the **true positive rate** $P(\hat y = 1 \mid y = 1, g)$: of those who repay, how many get a
#   loan;
# * the **false positive rate** $P(\hat y = 1 \mid y = 0, g)$: of those who do not, how many get
#   one.
#
# A gap is the largest value of a rate over all groups less the smallest, so it is never negative,
# and there may be three groups or more:
#
# * `demographic_parity`: the gap of selection rates;
# * `equal_opportunity`: the gap of true positive rates;
# * `equalized_odds`: the larger of the gaps of true positive rates and of false positive rates.
#
# The last two are from Hardt, Price and Srebro, [Equality of Opportunity in Supervised
# Learning](https://arxiv.org/abs/1610.02413), 2016. When as large a share of each group repays, all
# three can be zero at once. When not, all are zero only for decisions whose true positive rate is
# their false positive rate, which are no better than a coin: one has to choose (Barocas, Hardt and
# Narayanan, chapter 3).
#
# An example: group A has outcomes 1 1 0 0 and decisions 1 1 1 0, group B outcomes 1 1 0 0 and
# decisions 1 0 0 0. The selection rates are 3/4 and 1/4, the true positive rates 1 and 1/2, the
# false positive rates 1/2 and 0. So the gaps are 1/2, 1/2 and 1/2.
#
# Where people stumble: the condition comes first. A true positive rate divides by the number of
# *positives of that group*, not by the size of the group or of the data. In the tests each group
# has both outcomes.

# %%
def group_rates(y_true, y_pred, group):
    """A dict of each group's name to a dict of its selection_rate, tpr and fpr, numbers from 0 to 1.

    y_true, y_pred: arrays (N,) of 0 and 1; group: array (N,) of names, which are texts or integers.
    """
    ### BEGIN SOLUTION
    rates = {}
    for name in np.unique(group):
        inside = group == name
        rates[name] = {
            "selection_rate": y_pred[inside].mean(),
            "tpr": y_pred[inside & (y_true == 1)].mean(),
            "fpr": y_pred[inside & (y_true == 0)].mean(),
        }
    return rates
    ### END SOLUTION


def gaps(y_true, y_pred, group):
    """A dict of the names demographic_parity, equal_opportunity and equalized_odds to numbers."""
    ### BEGIN SOLUTION
    rates = group_rates(y_true, y_pred, group).values()

    def gap(which):
        values = [rate[which] for rate in rates]
        return max(values) - min(values)

    return {
        "demographic_parity": gap("selection_rate"),
        "equal_opportunity": gap("tpr"),
        "equalized_odds": max(gap("tpr"), gap("fpr")),
    }
    ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# ## Question 2: a bias with a known size (3 points)
#
# A measure is only worth something when it finds what is known to be there. So first write the bias
# yourself: `biased_labels` turns each label 1 of group B into a 0 with probability `flip`, each on
# its own (a coin for every applicant, not a fixed number of them). All other labels stay. Draw from
# `np.random.default_rng(seed)`, so that one seed gives one result, and leave the array you were
# given as it is.
#
# Then find the size back. If in both groups a share $q$ repays, the files show it as
#
# $$P(\text{recorded} = 1 \mid A) = q, \qquad P(\text{recorded} = 1 \mid B) = (1 - p)\,q.$$
#
# Solve for the flip probability $p$; `estimate_flip` puts the two observed rates in. Note what it
# rests on: that $q$ is the same in both groups. From the recorded labels alone nobody can tell a
# group that repays less from one about which the files lie. That takes an audit, or an assumption
# that is written down.

# %%
def biased_labels(truth, group, flip, seed):
    """truth: array (N,) of 0 and 1; group: array (N,) of "A" and "B"; returns a new array (N,) of 0 and 1."""
    ### BEGIN SOLUTION
    coin = np.random.default_rng(seed).random(len(truth)) < flip
    return np.where(coin & (group == "B"), 0, truth)
    ### END SOLUTION


def estimate_flip(recorded, group):
    """The probability with which a 1 of group B was recorded as 0, if both groups are equally good."""
    ### BEGIN SOLUTION
    return 1 - recorded[group == "B"].mean() / recorded[group == "A"].mean()
    ### END SOLUTION

# %% [markdown]
# What it says of the files, and what the audit says:

# %%
truth = repays_valid.copy()
relabelled = biased_labels(truth, group_valid, 0.5, seed=1)
print(f"estimated {estimate_flip(recorded_train, group_train):.3f}")
audited = recorded_valid[(group_valid == "B") & (repays_valid == 1)]
print(f"audited   {1 - audited.mean():.3f}")

# %%
grader.check("q2")

# %% [markdown]
# ## Question 3: a classifier whose examples weigh (2 points)
#
# Write `fit`, which trains a logistic regression, one `nn.Linear` layer with one output, with the
# weighted cross-entropy
#
# $$L = \frac{\sum_i w_i\, \ell(z_i, y_i)}{\sum_i w_i}, \qquad \ell(z, y) = -y \log \sigma(z) - (1 - y) \log(1 - \sigma(z)),$$
#
# where $z$ is the score (logit) and $\sigma$ the logistic function. `weights=None` means that all
# weigh the same. Going over all examples at once, a few hundred steps of Adam are enough. Then
# train `model` on the **recorded** training labels: they are all that a bank would have.
#
# `probability` gives $\sigma(z)$ for each applicant.
#
# Where people stumble:
#
# * The layer gives shape (N, 1), the labels have (N,). Subtracted or multiplied, these *broadcast*
#   to (N, N) without a complaint.
# * `F.binary_cross_entropy_with_logits` takes scores, not probabilities, and averages over the
#   examples unless told `reduction="none"`. After the average it is too late to weigh.
# * Labels and weights come as NumPy arrays of other types; the loss wants float32 tensors.

# %%
def fit(X, y, weights=None, epochs=300, lr=0.05):
    """Trains on X (N, d), y (N,) of 0 and 1 and weights (N,), which are arrays.

    Returns a network that takes a float32 tensor (M, d) and gives M logits, as (M, 1) or (M,).
    """
    ### BEGIN SOLUTION
    X, y = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
    w = torch.ones(len(y)) if weights is None else torch.as_tensor(weights, dtype=torch.float32)
    network = nn.Linear(X.shape[1], 1)
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    for _ in range(epochs):
        optimiser.zero_grad()
        each = F.binary_cross_entropy_with_logits(network(X)[:, 0], y, reduction="none")
        loss = (w * each).sum() / w.sum()
        loss.backward()
        optimiser.step()
    return network
    ### END SOLUTION


def probability(network, X):
    """The probability of label 1 for each of X (N, d), an array: an array (N,) from 0 to 1."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        scores = network(torch.as_tensor(X, dtype=torch.float32))
    return torch.sigmoid(scores).reshape(-1).numpy()
    ### END SOLUTION

# %%
### BEGIN SOLUTION
model = fit(X_train, recorded_train)
### END SOLUTION

# %%
grader.check("q3")

# %% [markdown]
# What did it learn? The decisions at probability one half, held against the files and against the
# truth:

# %%
def report(title, decisions):
    for against, y in (("files", recorded_valid), ("truth", repays_valid)):
        found = gaps(y, decisions, group_valid)
        told = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
        print(f"{title}, against the {against}: accuracy {np.mean(decisions == y):.3f}, {told}")


report("plain model", (probability(model, X_valid) > 0.5).astype(int))

# %% [markdown]
# Against the files the model looks good: it has learned their bias, from the district alone. An
# accuracy that is measured on biased labels rewards the bias. Keep both lines in mind for what
# follows.

# %% [markdown]
# ## Question 4: reweighing, and its price (3 points)
#
# Kamiran and Calders ([Data preprocessing techniques for classification without
# discrimination](https://doi.org/10.1007/s10115-011-0463-8), 2012) mend the training data by
# weights. If label and group had nothing to do with each other, the pair $(g, y)$ would be seen
# with probability $P(g) P(y)$; it is seen with $P(g, y)$. So each example gets the weight
#
# $$w(g, y) = \frac{P(g)\, P(y)}{P(g, y)},$$
#
# all three counted on the training data. A pair that is too rare weighs more than 1. In the
# weighted data the label is independent of the group, and the weights sum to $N$.
#
# An example: groups A A A B, labels 1 1 0 0. The pair (A, 1) is expected with 3/4 · 1/2 and seen
# with 2/4, so it weighs 3/4; (A, 0) is seen with 1/4 and weighs 3/2; (B, 0) weighs 1/4 · 1/2 over
# 1/4, which is 1/2. The sum is 4.
#
# Write `reweigh`. Then train `fair_model` with the weights of the training data, and measure its
# `price`: the accuracy of `model` less that of `fair_model`, both on the validation applicants and
# deciding at probability 1/2, once against what was recorded and once against who repays. A
# negative price is a gain.

# %%
def reweigh(y, group):
    """The weights (N,) of Kamiran and Calders. y: array (N,) of 0 and 1; group: array (N,) of names."""
    ### BEGIN SOLUTION
    weights = np.empty(len(y))
    for name in np.unique(group):
        for label in (0, 1):
            pair = (group == name) & (y == label)
            if pair.any():
                weights[pair] = (group == name).mean() * (y == label).mean() / pair.mean()
    return weights
    ### END SOLUTION

# %%
# fair_model: a network as fit returns it; price: a dict of "recorded" and "repays" to numbers.
### BEGIN SOLUTION
fair_model = fit(X_train, recorded_train, reweigh(recorded_train, group_train))
price = {}
for against, outcome in (("recorded", recorded_valid), ("repays", repays_valid)):
    plain, fair = ((probability(m, X_valid) > 0.5) == outcome for m in (model, fair_model))
    price[against] = plain.mean() - fair.mean()
print(price)
### END SOLUTION

# %%
grader.check("q4")

# %%
report("reweighed", (probability(fair_model, X_valid) > 0.5).astype(int))

# %% [markdown]
# ## Question 5: a threshold for each group (2 points)
#
# The other way leaves the model alone and changes the decision. Hardt, Price and Srebro give each
# group its own threshold, chosen so that the true positive rates agree: select those with $p \geq
# t_g$, where $t_g$ is the **highest** threshold at which the group's true positive rate is at least
# a target. (It takes knowing the group when deciding, which the law does not allow everywhere.)
#
# If the positives of a group have probabilities 0.2, 0.4, 0.7 and 0.9 and the target is 0.75, three
# of the four must be selected: 0.4 does it, as does all down to just above 0.2. The tests look at
# the rate that comes out, so a threshold between two values of $p$ is as good.
#
# A nice fact: of the applicants of B who repay, *which* ones the files lie about is a matter of
# chance. So the rate among the recorded positives is that among all who repay, and this measure
# sees through the bias, which the false positive rate does not.

# %%
def group_thresholds(p, y, group, tpr=0.8):
    """A dict of each group's name to its threshold.

    p: array (N,) of probabilities; y: array (N,) of 0 and 1; group: array (N,) of names.
    """
    ### BEGIN SOLUTION
    thresholds = {}
    for name in np.unique(group):
        positives = np.sort(p[(group == name) & (y == 1)])[::-1]
        # Rounded first: 0.7 * 10 is a little more than 7.
        needed = int(np.ceil(round(tpr * len(positives), 6)))
        thresholds[name] = positives[needed - 1]
    return thresholds
    ### END SOLUTION


def decide(p, group, thresholds):
    """An integer array (N,): 1 where p reaches the threshold of its group, else 0."""
    ### BEGIN SOLUTION
    return (p >= np.array([thresholds[name] for name in group])).astype(int)
    ### END SOLUTION

# %%
grader.check("q5")

# %% [markdown]
# Both ways in one picture. To the left it is fairer, upwards more accurate. The curve of reweighing
# goes from no weights (strength 0) to the weights of question 4 (strength 1) and half as far again, $w = 1 +
# s\,(w(g, y) - 1)$; the star is one threshold for each group with the true positive rate of 0.7.

# %%
p_train, p_valid = probability(model, X_train), probability(model, X_valid)
thresholds = group_thresholds(p_train, recorded_train, group_train, tpr=0.7)
by_group = decide(p_valid, group_valid, thresholds)
w = reweigh(recorded_train, group_train)
half, beyond = (fit(X_train, recorded_train, 1 + strength * (w - 1)) for strength in (0.5, 1.5))
networks = (model, half, fair_model, beyond)
curve = [(probability(network, X_valid) > 0.5).astype(int) for network in networks]

figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
for axis, (title, y) in zip(axes, (("against the files", recorded_valid), ("against the truth", repays_valid))):
    gap = [gaps(y, decisions, group_valid)["demographic_parity"] for decisions in curve]
    axis.plot(gap, [np.mean(decisions == y) for decisions in curve], "o-", label="reweighing")
    star = gaps(y, by_group, group_valid)["demographic_parity"]
    axis.plot(star, np.mean(by_group == y), "*", ms=12, label="thresholds")
    axis.set_title(title)
    axis.set_xlabel("gap of selection rates")
axes[0].set_ylabel("accuracy")
axes[0].legend()
report("thresholds", by_group)

# %% [markdown]
# Read the two panels against each other. Held against the files, fairness costs accuracy, which is
# how the "trade-off" is usually told. Held against the truth, the same step *gains* accuracy. Who
# has only the files sees the left one.

# %% [markdown]
# ## Question 6: does 0.8 mean 80 %? (3 points)
#
# A model is *calibrated* when, of the applicants to whom it gives 0.8, about 80 % have label 1. To
# see it, cut $[0, 1]$ into equal bins and compare in each bin $b$ the mean probability
# $\text{conf}_b$ with the share of ones $\text{freq}_b$. The expected calibration error weighs each
# bin by the number $n_b$ of examples in it:
#
# $$\text{ECE} = \sum_b \frac{n_b}{N}\, \lvert \text{freq}_b - \text{conf}_b \rvert$$
#
# An example with two bins: $p$ = 0.2, 0.4, 0.9 and $y$ = 0, 1, 1. The lower bin has conf 0.3 and
# freq 0.5, the upper one conf 0.9 and freq 1, which gives
# $\text{ECE} = \frac23 \cdot 0.2 + \frac13 \cdot 0.1 = 0.1667$.
#
# A probability of exactly 1 belongs to the last bin, of exactly 0 to the first; empty bins are left
# out. (Guo and others, [On Calibration of Modern Neural
# Networks](https://arxiv.org/abs/1706.04599), 2017, bin the probability of the *predicted* class
# instead; for two classes ours is the more direct.)
#
# They also found what mends most networks: divide all logits by one positive number, the temperature
# $T$, which is chosen so that the mean cross-entropy of $\sigma(z / T)$ on held-out data is
# smallest. $T > 1$ takes back confidence, $T < 1$ adds it, and no decision at 1/2 changes.
# Temperatures from 0.1 to 10 are enough here. The cross-entropy has one minimum in $T$: search on a
# fine grid, or go down the gradient of $\log T$.

# %%
def reliability(p, y, bins=10):
    """Three arrays (B,) for the B bins that are not empty, from low to high: conf, freq and n.

    p: array (N,) of probabilities; y: array (N,) of 0 and 1; bins: into how many equal ones [0, 1] is cut.
    """
    ### BEGIN SOLUTION
    place = np.minimum((p * bins).astype(int), bins - 1)
    filled = np.unique(place)
    conf = np.array([p[place == b].mean() for b in filled])
    freq = np.array([y[place == b].mean() for b in filled])
    return conf, freq, np.array([(place == b).sum() for b in filled])
    ### END SOLUTION


def ece(p, y, bins=10):
    """The expected calibration error, a number from 0 to 1."""
    ### BEGIN SOLUTION
    conf, freq, n = reliability(p, y, bins)
    return (n * np.abs(freq - conf)).sum() / n.sum()
    ### END SOLUTION


def temperature(logits, y):
    """The T that makes the mean cross-entropy of sigmoid(logits / T) smallest. logits, y: arrays (N,)."""
    ### BEGIN SOLUTION
    grid = np.exp(np.linspace(np.log(0.1), np.log(10), 500))
    z = logits / grid[:, None]
    # log(1 + exp(z)) - y z is the cross-entropy, without an overflow for large z.
    losses = (np.logaddexp(0, z) - y * z).mean(axis=1)
    return grid[losses.argmin()]
    ### END SOLUTION

# %%
grader.check("q6")

# %% [markdown]
# A network that is too large for its data, trained too long, is too sure of itself. Its temperature
# is found on one half of the validation applicants and tried on the other. In the reliability
# diagram points on the diagonal are calibrated; a curve that is **flatter** than the diagonal
# belongs to a model that is too confident at both ends.

# %%
large = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 1))
few, their_labels = torch.from_numpy(X_train[:300]), torch.from_numpy(recorded_train[:300]).float()
optimizer = torch.optim.Adam(large.parameters(), lr=0.02)
for _ in range(300):
    optimizer.zero_grad()
    F.binary_cross_entropy_with_logits(large(few).squeeze(1), their_labels).backward()
    optimizer.step()
logits = large(torch.from_numpy(X_valid)).detach().squeeze(1).numpy().astype(float)
tuned, tried = slice(0, 1500), slice(1500, None)

T = temperature(logits[tuned], recorded_valid[tuned])
figure, axis = plt.subplots(figsize=(4, 4))
axis.plot([0, 1], [0, 1], "k--", lw=0.8)
for title, divisor in (("T = 1", 1.0), (f"T = {T:.1f}", T)):
    p = 1 / (1 + np.exp(-logits[tried] / divisor))
    found = ece(p, recorded_valid[tried])
    conf, freq, n = reliability(p, recorded_valid[tried])
    axis.plot(conf, freq, "o-", label=f"{title}, ECE {found:.3f}")
axis.set_xlabel("mean probability")
axis.set_ylabel("share of ones")
axis.legend()

# %% [markdown]
# Calibrated against *what*? Against the recorded labels. A perfectly calibrated model of biased
# files repeats the bias with confidence. Also try calibrating on group B alone.

# %% [markdown]
# ## Question 7: what does the model rely on? (2 points)
#
# Permutation importance (Breiman, [Random Forests](https://doi.org/10.1023/A:1010933404324), 2001)
# asks the model alone: shuffle **one** column of `X`, so that the feature keeps its values and
# loses its meaning, and see by how much the accuracy falls:
#
# $$I_j = \text{accuracy}(X, y) - \text{mean over repeats of } \text{accuracy}(X \text{ with column } j \text{ shuffled}, y)$$
#
# One shuffle is one draw; the mean over `repeats` different ones is asked for. A feature that the
# model does not use has importance 0 exactly.
#
# Where people stumble: shuffling a column *in place* damages the data for all columns that follow.
# The labels stay where they are, and the rows must not be shuffled as a whole.

# %%
def rule(weights, bias=0.0):
    """A classifier of which one knows what it uses: 1 where the weighted sum of the features is above -bias."""
    weights = np.asarray(weights, dtype=float)
    return lambda X: (np.asarray(X) @ weights + bias > 0).astype(int)

# %%
def permutation_importance(predict, X, y, repeats=20, seed=0):
    """The importance of each column, an array (d,). The same seed gives the same result.

    predict: a function of an array (N, d) that gives an array (N,) of labels; X: array (N, d); y: array (N,).
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    base = (predict(X) == y).mean()
    importance = np.zeros(X.shape[1])
    for j in range(X.shape[1]):
        for _ in range(repeats):
            shuffled = X.copy()
            shuffled[:, j] = rng.permutation(X[:, j])
            importance[j] += (base - (predict(shuffled) == y).mean()) / repeats
    return importance
    ### END SOLUTION

# %%
grader.check("q7")

# %% [markdown]
# Both models, asked what they rely on. Look at the district: against the files it *looks* useful.

# %%
def decisions_of(network):
    return lambda X: (probability(network, X) > 0.5).astype(int)


for offset, title, network in ((-0.2, "plain", model), (0.2, "reweighed", fair_model)):
    found = permutation_importance(decisions_of(network), X_valid, recorded_valid)
    plt.barh(np.arange(4) + offset, found, height=0.4, label=title)
plt.yticks(range(4), features)
plt.xlabel("fall of the accuracy against the files")
plt.legend()

# %% [markdown]
# ## Question 8: a count that gives nobody away (2 points)
#
# Who knows that 417 people defaulted yesterday and 418 today, and that one person was added, knows
# all about that person. An answer is *differentially private* when adding or removing one person
# changes the probability of each output by a factor of at most $e^\varepsilon$. For a count, one
# person changes the true value by at most 1 (its *sensitivity*), and it is enough to add noise from
# the Laplace distribution with mean 0 and scale $b = 1 / \varepsilon$, whose density is
#
# $$\frac{1}{2b}\, e^{-\lvert x \rvert / b}, \qquad P(\lvert x \rvert > t) = e^{-t / b}.$$
#
# (Dwork and others, [Calibrating Noise to Sensitivity in Private Data
# Analysis](https://doi.org/10.1007/11681878_14), 2006; Dwork and Roth, [The Algorithmic Foundations
# of Differential Privacy](https://www.cis.upenn.edu/~aaroth/Papers/privacybook.pdf), 2014, chapter
# 3.)
#
# `private_counts` gives `times` independent noisy counts of the ones in `flags`, as they are:
# neither rounded nor clipped at zero, which would spoil their mean. Draw from
# `np.random.default_rng(seed)`. We look at many of them only to see the distribution; in earnest
# each answer spends $\varepsilon$, and a hundred answers at $\varepsilon$ are only promised what
# one at $100\,\varepsilon$ is.
#
# `epsilon_for` answers the question that comes first in practice: which $\varepsilon$ gives a count
# that misses the true one by more than `error` with probability `chance`? Solve the right-hand
# formula for it.

# %%
def private_counts(flags, epsilon, times=1, seed=0):
    """An array (times,) of floats. flags: array (N,) of 0 and 1, or of booleans; epsilon: a number > 0."""
    ### BEGIN SOLUTION
    return np.sum(flags) + np.random.default_rng(seed).laplace(0, 1 / epsilon, size=times)
    ### END SOLUTION


def epsilon_for(error, chance):
    """The epsilon at which the noise is larger than `error`, up or down, with probability `chance`."""
    ### BEGIN SOLUTION
    return np.log(1 / chance) / error
    ### END SOLUTION

# %%
grader.check("q8")

# %%
for epsilon in (0.1, 1.0):
    draws = private_counts(repays_valid, epsilon, times=2000)
    plt.hist(draws - repays_valid.sum(), bins=np.arange(-40, 41), alpha=0.5, label=f"epsilon {epsilon}")
plt.xlabel("noise")
plt.legend()

# %% [markdown]
# ## Question 9: a model card (4 points, graded by a person)
#
# A model card (Mitchell and others, [Model Cards for Model
# Reporting](https://arxiv.org/abs/1810.03993), 2019) is the page that goes with a model: what it is
# for, what it was made from, how well it does and **for whom**, and what it must not be used for.
# These are the figures of your `fair_model`:

# %%
fair_decisions = (probability(fair_model, X_valid) > 0.5).astype(int)
for against, y in (("files", recorded_valid), ("truth", repays_valid)):
    for name, rates in group_rates(y, fair_decisions, group_valid).items():
        print(against, name, {which: round(float(rate), 3) for which, rate in rates.items()})
report("plain model", (probability(model, X_valid) > 0.5).astype(int))
report("reweighed", fair_decisions)
report("thresholds", by_group)

# %% [markdown]
# Write a model card for `fair_model`, of about fifteen lines, with these four parts:
#
# 1. *Use*: what it is for, and one use that is out of bounds.
# 2. *Data*: where the labels come from and what is wrong with them, with a number.
# 3. *Figures*, by group and against both the files and the truth. Which gap is left, and which way
#    do the two panels of question 5 disagree?
# 4. *Caveats*: what your figures rest on that cannot be checked from the files, and what has to be
#    watched once it is in use.

# %% [markdown] manual="q9" points=4
# *Use.* A first sorting of loan applications like those it was made from, with a person who
# decides. Not to be used for refusing anyone without a person, for setting the interest, for other
# banks or products, or as proof of being creditworthy. (1 point for a use **and** a limit that fit
# this model; a text that would fit any model gets half.)
#
# *Data.* 3000 generated applications; income, savings, district and day. The labels are the bank's
# files, which show about 60 % of the loans that group B repaid as not repaid (0.62 by the ratio of
# the rates, 0.60 by the audit). The group is not a feature, but the district is a proxy of it. (1
# point for the direction and the size of the bias, and the proxy.)
#
# *Figures.* Against the truth the accuracy is 0.78 (plain model: 0.73), against the files 0.785
# (plain: 0.80). The gap of selection rates falls from 0.29 to 0.12: a gap is left, of those who
# repay 70 % of A and 49 % of B are selected. Against the files the mending costs a percent of
# accuracy, against the truth it gains five: the files count the repaired decisions about B as
# errors. (1 point for figures by group and both comparisons, with what the disagreement means.)
#
# *Caveats.* The estimate and the weights rest on both groups repaying equally often; from the files
# alone that cannot be told from a true difference, so an audit must go on. Thresholds for each
# group close more of the gap but need the group when deciding. To be watched: rates by group,
# calibration by group, the share of B among applicants, outcomes of those who were refused (they
# are never recorded). (1 point for the untestable assumption and one thing to watch.)
