# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Reinforcement learning
#
# An agent acts; a world answers with a new state and a reward, and nobody says which action would
# have been right. In this notebook you write two small worlds and the classical ways to find out
# what their states are worth and how to act in them: TD(0), SARSA, Q-learning and value iteration.
# All of them fit into tables, so NumPy is enough; deep reinforcement learning puts a network in the
# place of the table, and keeps the same updates.
#
# Run the cells from top to bottom. Write where it says `YOUR CODE HERE`, and run
# `grader.check(...)` below a question to check yourself. When you submit, further tests run, with
# other inputs. 20 points are given by tests and 4 by a person, for question 8.
#
# "S&B" below is [Sutton and Barto, *Reinforcement Learning: An Introduction*, 2nd edition,
# 2018](http://incompleteideas.net/book/the-book-2nd.html), which can be read online.

# %%
import otter
grader = otter.Notebook("reinforcement_learning.ipynb")

# %%
import matplotlib.pyplot as plt
import numpy as np

np.random.seed(0)

# %% [markdown]
# ## The words
#
# | word | here |
# |---|---|
# | *state* $s$, *action* $a$ | integers that begin at 0 |
# | *reward* $r$ | the number that comes with each step |
# | *episode* | the steps from the start to a *terminal* state, after which nothing follows |
# | *policy* $\pi$ | how the agent chooses: $\pi(a \mid s)$ is the probability of $a$ in $s$ |
# | *return* $G$ | $r_1 + \gamma r_2 + \gamma^2 r_3 + \dots$, with the *discount* $\gamma$ between 0 and 1 |
# | *value* $v_\pi(s)$ | the mean return of episodes that go on from $s$ by the policy $\pi$ |
#
# So the value of a terminal state is 0: the reward for getting there was paid by the step that led
# there. Each world of ours (an *environment*) has the numbers `n_states` and `n_actions` and two
# methods: `reset()` begins an episode and returns its first state, and `step(action)` returns
# three things, `(state, reward, done)`. `done` is true when that state is terminal.
#
# One environment you are given. It plays any world that is written down as a table: `P[s, a, t]` is
# the probability that action `a` in state `s` leads to state `t`, and `R[s, a, t]` the reward of
# that step. A row of zeros in `P` marks a terminal state. The tests make worlds of their own
# with it.

# %%
class TableWorld:
    """An environment that draws its steps from P and R, arrays (S, A, S), and begins in `start`."""

    def __init__(self, P, R, start=0):
        self.n_states, self.n_actions = len(P), len(P[0])
        self.cumulative, self.rewards = np.cumsum(P, axis=2), np.array(R, dtype=float)
        self.terminal = self.cumulative[:, 0, -1] == 0
        self.start = self.at = start

    def reset(self):
        self.at, self.steps = self.start, 0
        return self.at

    def step(self, action):
        self.steps += 1
        if self.steps > 5000:
            raise RuntimeError("5000 steps in one episode: does the agent explore, does its state move on?")
        chances = self.cumulative[self.at, action]
        there = int(np.searchsorted(chances, np.random.random() * chances[-1], side="right"))
        paid = float(self.rewards[self.at, action, there])
        self.at = there
        return there, paid, bool(self.terminal[there])

# %% [markdown]
# ## Question 1: a random walk (2 points)
#
# Seven states in a row, numbered from 0 to 6. An episode begins in the middle, in state 3, the
# fourth of the seven. Action 0 goes one state to the left, action 1 one to the right. Both ends are
# terminal: entering state 0 pays −1, entering state 6 pays +1, every other step pays 0. (S&B,
# example 6.2, has this walk with other rewards.)
#
# Write it for any odd number of states. Two walks may be under way at the same time, so what
# changes belongs to the object and not to its class.

# %%
class RandomWalk1D:
    """States 0, ..., n_states - 1 (odd) in a row; both ends are terminal."""

    n_actions = 2

    def __init__(self, n_states=7):
        self.n_states = n_states

    def reset(self):
        """Begins an episode in the middle; returns the state, an int."""
        ### BEGIN SOLUTION
        self.state = self.n_states // 2
        return self.state
        ### END SOLUTION

    def step(self, action):
        """action: 0 (left) or 1 (right); returns (state, reward, done): an int, a float, a bool."""
        ### BEGIN SOLUTION
        self.state += 1 if action == 1 else -1
        if self.state == 0:
            return self.state, -1.0, True
        if self.state == self.n_states - 1:
            return self.state, 1.0, True
        return self.state, 0.0, False
        ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# ## Question 2: what is a state worth? (4 points)
#
# Let the walker go right with probability $p$ and left with $1 - p$. Its next step decides where it
# goes on from, so the values hang together (the *Bellman equation*, after R. Bellman, *Dynamic
# Programming*, 1957; S&B, section 3.5):
#
# $$v(s) = \sum_{t} P(s, t)\,\bigl(r(s, t) + \gamma\,v(t)\bigr), \qquad v(0) = v(n - 1) = 0$$
#
# where $P(s, t)$ is $p$ for $t = s + 1$ and $1 - p$ for $t = s - 1$. That is one linear equation
# for each state that is not terminal. With the mean reward of a step,
# $\bar r(s) = \sum_t P(s, t)\,r(s, t)$, and rows of zeros in $P$ for both ends, all of them together
# are $(I - \gamma P)\,v = \bar r$. Write `walk_values`, which makes that system and solves it.
#
# An example for paper: five states, $p = 1$, $\gamma = 0.5$. From state 3 the next step pays 1; each
# state further to the left halves it. So $v = (0,\ 0.25,\ 0.5,\ 1,\ 0)$.
#
# Then the same without knowing $P$, from experience alone. *TD(0)* ([Sutton
# 1988](https://doi.org/10.1007/BF00115009); S&B, section 6.1) begins with a table of zeros and after
# each step from $s$ to $s'$ with reward $r$ moves the value of $s$ a little towards what that step
# promises:
#
# $$V(s) \leftarrow V(s) + \alpha\,\bigl(r + \gamma V(s') - V(s)\bigr)$$
#
# It learns at every step and does not wait for the end of the episode. Write `td0` for the policy
# that chooses among all `env.n_actions` actions with equal probability, in any environment.

# %%
def walk_values(n_states, gamma, right=0.5):
    """The true values (n_states,) of the walk that goes right with probability `right`."""
    ### BEGIN SOLUTION
    last = n_states - 1
    P, r = np.zeros((n_states, n_states)), np.zeros(n_states)
    for s in range(1, last):
        P[s, s - 1], P[s, s + 1] = 1 - right, right
    r[1] -= 1 - right
    r[last - 1] += right
    return np.linalg.solve(np.eye(n_states) - gamma * P, r)
    ### END SOLUTION


def td0(env, episodes, alpha, gamma):
    """The values (env.n_states,) of random actions, learned in `episodes` episodes from zeros."""
    ### BEGIN SOLUTION
    V = np.zeros(env.n_states)
    for _ in range(episodes):
        state, done = env.reset(), False
        while not done:
            next_state, reward, done = env.step(np.random.randint(env.n_actions))
            V[state] += alpha * (reward + gamma * (not done) * V[next_state] - V[state])
            state = next_state
    return V
    ### END SOLUTION

# %%
grader.check("q2")

# %% [markdown]
# The truth, and what is learned after more and more episodes. The first episodes change little but
# the states next to the ends: a value spreads by one state each time it is passed. Later the curve
# lies along the true one and trembles about it, the more so the larger $\alpha$ is.

# %%
plt.plot(walk_values(7, 0.99)[1:-1], "k--", label="true")
for count in (1, 10, 100, 1000):
    plt.plot(td0(RandomWalk1D(), count, alpha=0.05, gamma=0.99)[1:-1], "o-", label=f"{count} episodes")
plt.xticks(range(5), range(1, 6))
plt.xlabel("state")
plt.ylabel("value")
plt.legend()

# %% [markdown]
# ## Question 3: explore or exploit? (2 points)
#
# From here on the agent chooses for itself, by its table of *action values*: `Q[s, a]` is its guess
# at the return after action $a$ in state $s$. Who always takes the action with the largest value
# never finds out whether another would have been better. The *ε-greedy* choice (S&B, section 2.2)
#
# * with probability $\varepsilon$ takes any of the actions, all with equal probability, the best
#   among them;
# * otherwise takes the action with the largest value. If several share it, any of those, with
#   equal probability.
#
# So with three actions and $\varepsilon = 0.3$ a single best action is taken with probability
# $0.7 + 0.1$, each of the other two with 0.1. In a new table all values are equal: who then always
# takes the first walks into the same wall for a long time (`argmax` gives the first).

# %%
def epsilon_greedy(values, epsilon):
    """values: array (A,), the action values of one state; returns an action, an int."""
    ### BEGIN SOLUTION
    if np.random.random() < epsilon:
        return np.random.randint(len(values))
    return np.random.choice(np.flatnonzero(values == values.max()))
    ### END SOLUTION

# %%
grader.check("q3")

# %% [markdown]
# ## Question 4: two updates (3 points)
#
# Both move one entry of the table towards a target, as TD(0) did: $Q(s, a) \leftarrow Q(s, a) +
# \alpha\,(\text{target} - Q(s, a))$. They differ in what they think will happen in the next state
# $s'$:
#
# | | target |
# |---|---|
# | SARSA | $r + \gamma\,Q(s', a')$, where $a'$ is the action the agent will take there |
# | Q-learning | $r + \gamma \max_b Q(s', b)$, whatever it will take there |
# | both, if $s'$ is terminal | $r$ alone |
#
# SARSA is named after what it uses, $s, a, r, s', a'$; it learns the value of what the agent does,
# its exploring included (*on-policy*). It is due to [Rummery and Niranjan
# 1994](http://citeseerx.ist.psu.edu/viewdoc/summary?doi=10.1.1.17.2539). Q-learning learns the value
# of the best actions while the agent takes others (*off-policy*); it is from Watkins's thesis
# of 1989, and [Watkins and Dayan 1992](https://doi.org/10.1007/BF00992698) prove that it converges.
# (S&B, sections 6.4 and 6.5.)
#
# With $Q(s', \cdot) = (4, 8)$, $Q(s, a) = 1$, $r = 2$, $a' = 0$, $\gamma = 0.5$ and $\alpha = 0.1$
# SARSA's target is $2 + 0.5 \cdot 4 = 4$ and the new value 1.3; that of Q-learning is 6, and the
# new value 1.5.
#
# Go by `done`: what stands in the table at a terminal state must not matter. In a table that
# begins with other numbers than zeros it would.

# %%
def sarsa_update(Q, state, action, reward, next_state, next_action, done, alpha, gamma):
    """Returns the table Q (S, A), one entry of it changed. If `done`, `next_action` means nothing."""
    ### BEGIN SOLUTION
    target = reward if done else reward + gamma * Q[next_state, next_action]
    Q[state, action] += alpha * (target - Q[state, action])
    return Q
    ### END SOLUTION


def q_learning_update(Q, state, action, reward, next_state, done, alpha, gamma):
    """Returns the table Q (S, A), one entry of it changed."""
    ### BEGIN SOLUTION
    target = reward if done else reward + gamma * Q[next_state].max()
    Q[state, action] += alpha * (target - Q[state, action])
    return Q
    ### END SOLUTION

# %%
grader.check("q4")

# %% [markdown]
# ## Question 5: SARSA and Q-learning (3 points)
#
# Put the pieces together. Both begin with a table of zeros, choose by `epsilon_greedy` and update
# after each step; both return the table and, for each episode, the plain sum of its rewards.
#
# * **SARSA** needs the next action for its update, and that same action is then the one it takes.
#   It chooses the first action before the loop over the steps.
# * **Q-learning** chooses an action at the beginning of each step.
#
# Where people stumble:
#
# * $\alpha$ says how far a value moves, $\varepsilon$ how often the agent explores, $\gamma$ how
#   much the future counts. They are all numbers between 0 and 1, and nothing complains when two are
#   swapped.
# * The state has to move on at the end of each step, in SARSA the action too.
# * The table is kept from one episode to the next; only the environment is reset.

# %%
def sarsa(env, episodes, alpha, gamma, epsilon):
    """Returns Q (env.n_states, env.n_actions) and a list of `episodes` sums of rewards."""
    ### BEGIN SOLUTION
    Q, returns = np.zeros((env.n_states, env.n_actions)), []
    for _ in range(episodes):
        state, done, total = env.reset(), False, 0.0
        action = epsilon_greedy(Q[state], epsilon)
        while not done:
            next_state, reward, done = env.step(action)
            next_action = epsilon_greedy(Q[next_state], epsilon)
            Q = sarsa_update(Q, state, action, reward, next_state, next_action, done, alpha, gamma)
            state, action = next_state, next_action
            total += reward
        returns.append(total)
    return Q, returns
    ### END SOLUTION


def q_learning(env, episodes, alpha, gamma, epsilon):
    """Returns Q (env.n_states, env.n_actions) and a list of `episodes` sums of rewards."""
    ### BEGIN SOLUTION
    Q, returns = np.zeros((env.n_states, env.n_actions)), []
    for _ in range(episodes):
        state, done, total = env.reset(), False, 0.0
        while not done:
            action = epsilon_greedy(Q[state], epsilon)
            next_state, reward, done = env.step(action)
            Q = q_learning_update(Q, state, action, reward, next_state, done, alpha, gamma)
            state = next_state
            total += reward
        returns.append(total)
    return Q, returns
    ### END SOLUTION

# %% [markdown]
# On the walk both should find that going right is better in every state but the ends, whose rows
# stay zero: the right column is the larger one.

# %%
for learn in (sarsa, q_learning):
    Q, _ = learn(RandomWalk1D(), 300, alpha=0.1, gamma=0.99, epsilon=0.2)
    print(learn.__name__, np.round(Q, 2), sep="\n")

# %%
grader.check("q5")

# %% [markdown]
# ## Question 6: a grid as a table (3 points)
#
# Now a world in the plane. The cells of a grid are numbered row by row, from 0 in the upper left:
# cell $(i, j)$ of a grid with $c$ columns is state $i c + j$. The four actions go, in this order,
# up, right, down and left, as `MOVES` says. Who would leave the grid or enter an obstacle stays in
# its cell. `endings` holds the terminal cells and the reward paid **on entering** each; all other
# steps pay 0.
#
# The ground may be slippery: with probability `slip` the agent goes where the action to the *left*
# of its own would lead, with probability `slip` where that to the right would, and else, with
# $1 - 2 \cdot \text{slip}$, where it meant to. For `slip=0.15` and the action up that is 0.7 up, 0.15
# left, 0.15 right. Several of these may end in the same cell; then their probabilities add up.
#
# Write the tables `P` and `R` of this world, as `TableWorld` wants them. Rows of `P` for terminal
# cells and for obstacles are zeros: nobody goes on from there. Entries of `R` where `P` is zero
# never matter.

# %%
MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]  # up, right, down, left: (rows down, columns right)

# %%
def grid_world(shape, obstacles, endings, slip=0.0):
    """P and R, both (S, 4, S), of a grid.

    shape: (rows, columns); obstacles: a list of cells; endings: a dict of terminal cells to the
    reward for entering them; slip: the probability of going astray to each of the two sides.
    """
    ### BEGIN SOLUTION
    rows, columns = shape
    P = np.zeros((rows * columns, 4, rows * columns))
    R = np.zeros_like(P)
    for cell, reward in endings.items():
        R[:, :, cell] = reward
    for cell in range(rows * columns):
        if cell in obstacles or cell in endings:
            continue
        i, j = divmod(cell, columns)
        for action in range(4):
            for turn, chance in ((0, 1 - 2 * slip), (-1, slip), (1, slip)):
                down, across = MOVES[(action + turn) % 4]
                there = (i + down) * columns + j + across
                inside = 0 <= i + down < rows and 0 <= j + across < columns
                P[cell, action, there if inside and there not in obstacles else cell] += chance
    return P, R
    ### END SOLUTION

# %%
grader.check("q6")

# %% [markdown]
# ## Question 7: value iteration (3 points)
#
# Who knows `P` and `R` need not try anything out: the best values can be computed. They obey
# Bellman's *optimality* equation (S&B, sections 3.6 and 4.4), in which the best action takes the
# place of the mean over the policy's:
#
# $$v(s) = \max_a \sum_{t} P(s, a, t)\,\bigl(R(s, a, t) + \gamma\,v(t)\bigr)$$
#
# The maximum makes it not linear, so there is no system to solve. But the right-hand side brings
# any two guesses closer together by the factor $\gamma$. So begin with zeros, put the guess into
# the right-hand side, take what comes out as the next guess, and go on until no state changes by
# more than `tolerance`.
#
# Then `greedy_policy`: for each state the action with the largest sum on the right-hand side, given
# `V`. It looks one step ahead: a neighbour of little value may be worth the visit for the reward on
# the way.
#
# A corridor for paper, $\gamma = 0.8$: from cell 1 one gets to the terminal cell 2, which pays 5,
# from cell 0 to cell 1. So $v(1) = 5$ and $v(0) = 0 + 0.8 \cdot 5 = 4$. The 5 is not paid again in
# the terminal cell, whose own value is 0.

# %%
def value_iteration(P, R, gamma, tolerance=1e-8):
    """The best values (S,) for P and R (S, A, S)."""
    ### BEGIN SOLUTION
    V = np.zeros(len(P))
    while True:
        improved = (P * (R + gamma * V)).sum(axis=2).max(axis=1)
        if np.abs(improved - V).max() < tolerance:
            return improved
        V = improved
    ### END SOLUTION


def greedy_policy(V, P, R, gamma):
    """For each state the action (S,), integers, that is best if `V` (S,) is what follows."""
    ### BEGIN SOLUTION
    return (P * (R + gamma * V)).sum(axis=2).argmax(axis=1)
    ### END SOLUTION

# %%
grader.check("q7")

# %% [markdown]
# ## What came of it
#
# First a grid of 3 by 3 with an obstacle in its middle and a goal of +5 in the upper right, for
# $\gamma = 0.8$. The start, in the upper left, is two steps from the goal: one step that pays
# nothing and one that pays 5, so its value should be $0.8 \cdot 5 = 4.0$. On slippery ground every
# value is smaller. An arrow says which action is best; where two are equally good, the first.

# %%
def draw(axis, shape, values, actions, obstacles, endings):
    """The values as colours and numbers, the actions as arrows; terminal cells show their reward."""
    shown = np.array(values, dtype=float)
    for cell, paid in endings.items():
        shown[cell] = paid
    shown[obstacles] = np.nan
    axis.imshow(shown.reshape(shape), cmap="RdYlGn", vmin=-5, vmax=5)
    for cell in range(len(shown)):
        row, column = divmod(cell, shape[1])
        if cell in endings:
            axis.text(column, row, f"{endings[cell]:+g}", ha="center", va="center", weight="bold")
        elif cell not in obstacles:
            axis.text(column, row, f"{shown[cell]:.2f}\n{'↑→↓←'[actions[cell]]}", ha="center", va="center")
    axis.set_xticks([])
    axis.set_yticks([])

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 4))
for axis, slip in zip(axes, (0.0, 0.15)):
    tables = grid_world((3, 3), obstacles=[4], endings={2: 5}, slip=slip)
    values = value_iteration(*tables, gamma=0.8)
    draw(axis, (3, 3), values, greedy_policy(values, *tables, gamma=0.8), [4], {2: 5})
    axis.set_title(f"slip {slip:g}: start is worth {values[0]:.2f}")

# %% [markdown]
# Then a cliff, after example 6.6 of S&B. The start is in the lower left, the goal in the lower
# right, and the four cells between them are an abyss that costs 5. The ground is not slippery, but
# the agent explores, with $\varepsilon = 0.3$, and does so to the end. Above: what it earned in
# each episode, as the mean of the last 100 (a single episode is +5 or −5, which nobody can read).
# Below: where the learned tables would have it go, with the largest action value of each cell. Look
# at the row above the abyss.

# %%
def smooth(series, width=100):
    """Means of `width` values in a row: (N,) -> (N - width + 1,)."""
    return np.convolve(series, np.ones(width) / width, mode="valid")


shape, start, endings = (4, 6), 18, {19: -5, 20: -5, 21: -5, 22: -5, 23: 5}
cliff = TableWorld(*grid_world(shape, obstacles=[], endings=endings), start)
learned = {}
for learn in (sarsa, q_learning):
    learned[learn.__name__], earned = learn(cliff, 1500, alpha=0.2, gamma=0.9, epsilon=0.3)
    plt.plot(smooth(earned), label=learn.__name__)
plt.xlabel("episode")
plt.ylabel("sum of rewards, smoothed")
plt.legend()

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.5))
for axis, (title, table) in zip(axes, learned.items()):
    draw(axis, shape, table.max(axis=1), table.argmax(axis=1), [], endings)
    axis.set_title(title)

# %% [markdown]
# If you like a larger world, set `USE_LARGE = True`: a maze of 30 by 30 cells, which value iteration
# solves in some seconds. Nothing below needs it, and grading runs without it.

# %%
USE_LARGE = False
if USE_LARGE:
    walls = (np.random.choice(898, 200, replace=False) + 1).tolist()
    tables = grid_world((30, 30), walls, {899: 5}, slip=0.1)
    values = value_iteration(*tables, gamma=0.98)
    values[walls] = np.nan
    plt.imshow(values.reshape(30, 30), cmap="viridis")

# %% [markdown]
# ## Question 8: the edge and the detour (4 points, graded by a person)
#
# Look at the two pictures of the cliff. Which way does each table lead from the start to the goal,
# and which of the two is shorter? Q-learning promises to find the best way: why does it earn less
# while it learns? What would each do if $\varepsilon$ were lowered to zero in the course of
# time? And on the small slippery grid, why does slipping cost value although nothing there punishes?
# Write about ten lines.

# %% [markdown] manual="q8" points=4
# Q-learning's table leads along the edge, in the row just above the abyss: 7 steps. SARSA's keeps
# one or two rows away from it, which is 9 or 11 steps. (1 point for both ways as the pictures show
# them: on another seed Q-learning may not have found the edge yet.)
#
# Q-learning's target takes the largest value of the next state, as if exploring had ended there, so
# the edge looks safe and is the shortest way. But the agent does explore: at each cell of the edge
# it falls with probability 0.3 / 4, more than one time in four on the whole way, and each fall
# costs 5 in the curve. SARSA's target takes the action really taken, sometimes the fall, so the
# edge has low values and it learns the detour. (1 point for what the targets assume, 1 for the link
# to the falls in the curve.)
#
# With ε going to zero the policy that SARSA evaluates becomes the greedy one: both end on the
# short way, and no longer fall. On the small grid slipping costs time: steps into walls or astray
# delay the reward, and each step of delay multiplies it by 0.8. (1 point for both)
