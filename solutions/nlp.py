# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Natural language: reading reviews, placing words
#
# In the first half you build a text classifier in seven steps: **tokenise, make a vocabulary,
# encode, pad, build a model, train, predict**. It tells favourable reviews from unfavourable ones,
# and you compare it with naive Bayes, which does not know in which order words stand. In the second
# half you make vectors of words and of documents by counting and one matrix factorisation, and
# solve analogies with them.
#
# Run the cells from top to bottom. Write where it says `YOUR CODE HERE`, and run
# `grader.check(...)` below a question to check yourself. When you submit, further tests run, with
# other inputs. 20 points are given by tests and 4 by a person, for question 10.
#
# What is used here is told at more length in two books that are free to read: Jurafsky and Martin,
# [*Speech and Language Processing*](https://web.stanford.edu/~jurafsky/slp3/) (3rd edition, draft),
# and Manning, Raghavan and Schütze,
# [*Introduction to Information Retrieval*](https://nlp.stanford.edu/IR-book/) (2008).

# %%
import otter
grader = otter.Notebook("nlp.ipynb")

# %%
import re
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
np.random.seed(0)
torch.set_num_threads(1)  # layers this small are not worth sharing out, and slow when they are

# %% [markdown]
# ## The data
#
# 2200 short reviews of hotels, each with a label: 1 favourable, 0 not. They were written by a
# small grammar that was made for this course, so no guest was ever unhappy. A column `kind` says
# how each one was made:
#
# * `plain`: what is called good is meant to be good;
# * `negated`: opinions are said by denying their opposite ("the soup was never bad");
# * `contrast`: one thing is praised and another is not, and the review is decided by the one that
#   the sentence leads up to ("the soup was bad, but we remember the lovely garden" is favourable).
#
# We learn from the first 1800 and keep 400 aside. The grader makes new ones for its tests.

# %%
reviews = pd.read_csv("data/reviews.csv")
train_texts, train_labels = reviews["text"][:1800].tolist(), reviews["label"][:1800].to_numpy(copy=True)
valid_texts, valid_labels = reviews["text"][1800:].tolist(), reviews["label"][1800:].to_numpy(copy=True)
valid_kinds = reviews["kind"][1800:].to_numpy()
print(reviews["kind"].value_counts(normalize=True))
for text, label in zip(train_texts[:5], train_labels):
    print(label, text)


def by_kind(said):
    """The accuracy of the answers `said` (400,) to the reviews kept aside, for each kind and for all."""
    right = np.asarray(said) == valid_labels
    return {kind: round(float(right[valid_kinds == kind].mean()), 3) for kind in np.unique(valid_kinds)} | {
        "all": round(float(right.mean()), 3)
    }

# %% [markdown]
# If you like real texts, set `USE_NEWSGROUPS = True` to look at two of the 20 newsgroups (messages
# of 1993; scikit-learn downloads about 14 MB). Nothing below needs it, and grading runs without it.
# Your functions work on them too, with a larger vocabulary and the texts cut to their first 100 tokens.

# %%
USE_NEWSGROUPS = False
if USE_NEWSGROUPS:
    from sklearn.datasets import fetch_20newsgroups

    news = fetch_20newsgroups(categories=["rec.autos", "sci.space"], remove=("headers", "footers", "quotes"))
    print(len(news.data), news.target_names)

# %% [markdown]
# ## Question 1: clean and tokenise (1 point)
#
# A model reads numbers, so text is first cut into *tokens*. Ours are words, by these rules:
#
# * Tags such as `<br />` or `</i>` are dropped; what stands on their two sides is not joined.
# * Everything is put into lower case.
# * The typographic apostrophe ’ becomes the plain one, `'`. Both are in the data, and `wasn’t` and
#   `wasn't` must be one word, not two.
# * A token is a run of letters, in which single apostrophes may stand **between** letters:
#   `wasn't`, `chef's`, `o'clock`. All else separates tokens and is dropped: blanks, punctuation,
#   digits, hyphens, quotation marks around a word.
# * Letters with accents are letters: `crème brûlée` is two tokens.
#
# So `The chef's "crème" was well-made,<br />I'd say: 10/10` gives
# `the chef's crème was well made i'd say`.
#
# Where people stumble: `[a-z]` knows no accents, and `\w` also takes digits and the underscore. In
# Python's `re`, `[^\W\d_]` is one letter of any alphabet.
#
# What a tokeniser throws away is lost for everything behind it. Whoever drops `n't` has turned
# "wasn't good" into "was good".

# %%
def tokenise(text):
    """A list of the tokens of `text`, in order."""
    ### BEGIN SOLUTION
    text = re.sub(r"<[^>]*>", " ", text).lower().replace("’", "'")
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text)
    ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# ## Question 2: a vocabulary, and numbers for words (2 points)
#
# Each word of the *vocabulary* gets a number, which will be its row in the table of embeddings.
# Rare words are left out: what was seen once or twice cannot be learned from, and each word costs
# a row. Two entries are not words: `<pad>` (number 0) fills up short texts, and `<unk>` (number 1)
# stands for every word that is not listed.
#
# `build_vocabulary` gives `<pad>` 0, `<unk>` 1, and then the commonest words 2, 3, ... in order:
# the commonest first, and **of equally common ones the alphabetically smaller first**. Without
# such a rule the numbers would depend on the order of the texts, and a model that was saved
# yesterday would read other words today. `size` is the number of all entries, the two special ones
# included; when there are fewer words, the vocabulary is smaller.
#
# An example: of `no soup` and `no tea soup no`, with `size=4`, come
# `{"<pad>": 0, "<unk>": 1, "no": 2, "soup": 3}`, and then `soup no tea` is encoded as 3 2 1.

# %%
def build_vocabulary(documents, size):
    """documents: lists of tokens; returns a dict of at most `size` entries to their numbers."""
    ### BEGIN SOLUTION
    counts = Counter(token for document in documents for token in document)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return {token: number for number, token in enumerate(["<pad>", "<unk>", *ranked[: size - 2]])}
    ### END SOLUTION


def encode(tokens, vocabulary):
    """The numbers of `tokens`, a list of ints as long as `tokens`; what is not listed gives 1."""
    ### BEGIN SOLUTION
    return [vocabulary.get(token, 1) for token in tokens]
    ### END SOLUTION

# %%
grader.check("q2")

# %% [markdown]
# The vocabulary is made of the training texts **only**: a word that is first met in validation must
# be unknown there, as it would be in the world.

# %%
vocabulary = build_vocabulary([tokenise(text) for text in train_texts], 100)
encoded = [encode(tokenise(text), vocabulary) for text in train_texts]
valid_encoded = [encode(tokenise(text), vocabulary) for text in valid_texts]
print(list(vocabulary)[:12])
print(train_texts[0], encoded[0])
print(f"unknown: {np.mean([number == 1 for row in encoded for number in row]):.1%} of the tokens")

# %% [markdown]
# ## Question 3: pad and mask (1 point)
#
# A batch is a rectangle and texts are not. Short ones are filled up **at their end** with 0; texts
# longer than `length` lose what is behind. Beside the numbers goes a *mask*, true where a real
# token stands, so that everything later can leave the padding out of account.
#
# `pad([[5, 3], [2, 7, 4]])` gives the numbers $\begin{pmatrix} 5 & 3 & 0 \\ 2 & 7 & 4 \end{pmatrix}$
# and the mask $\begin{pmatrix} 1 & 1 & 0 \\ 1 & 1 & 1 \end{pmatrix}$. A text may be empty; its row
# is all padding. `ids` is of type `torch.int64` (an embedding takes no other), `mask` of `torch.bool`.

# %%
def pad(sequences, length=None):
    """sequences: N lists of ints; returns the tensors ids (N, length) and mask (N, length).

    Without `length`, that of the longest sequence.
    """
    ### BEGIN SOLUTION
    if length is None:
        length = max(len(row) for row in sequences)
    ids = torch.zeros(len(sequences), length, dtype=torch.int64)
    mask = torch.zeros(len(sequences), length, dtype=torch.bool)
    for number, row in enumerate(sequences):
        kept = row[:length]
        ids[number, : len(kept)] = torch.tensor(kept, dtype=torch.int64)
        mask[number, : len(kept)] = True
    return ids, mask
    ### END SOLUTION

# %%
grader.check("q3")

# %% [markdown]
# ## Question 4: a baseline, naive Bayes (3 points)
#
# Before a network is trained, see what counting does. The *bag of words* of a text is how often
# each word stands in it; the order is gone. Multinomial naive Bayes (Jurafsky and Martin, the
# chapter on naive Bayes; Manning and others,
# [chapter 13](https://nlp.stanford.edu/IR-book/html/htmledition/naive-bayes-text-classification-1.html))
# takes the words of a text of class $c$ for independent draws of one distribution $\theta_c$. With
# $N_c$ of $N$ training texts in class $c$, and word $w$ standing $T_{cw}$ times in all of them
# together,
#
# $$\log P(c) = \log \frac{N_c}{N} \qquad
#   \log \theta_{cw} = \log \frac{T_{cw} + \alpha}{\sum_{v=1}^{V} (T_{cv} + \alpha)}$$
#
# The $\alpha$ is Laplace's smoothing: without it, one word that was never seen in a class makes the
# whole text impossible there. For a text with counts $x$, Bayes' rule gives
#
# $$\log P(c \mid x) = s_c - \log \sum_{k} e^{s_k} \qquad
#   s_c = \log P(c) + \sum_{w} x_w \log \theta_{cw}$$
#
# All is done in logarithms. A text of 300 words has a probability below $10^{-300}$ and in plain
# floating point that is 0, for both classes, and 0 / 0 afterwards. The last sum vanishes in the same
# way: take the largest $s_k$ out of it first, $\log \sum_k e^{s_k} = m + \log \sum_k e^{s_k - m}$
# with $m = \max_k s_k$. (`np.logaddexp.reduce` and `torch.logsumexp` do that.)
#
# Labels are 0, 1, ... up to the largest; there may be more than two classes.

# %%
def bag_of_words(sequences, size):
    """sequences: N lists of numbers below `size`; returns an array (N, size) of how often each stands."""
    ### BEGIN SOLUTION
    return np.array([np.bincount(np.array(row, dtype=int), minlength=size) for row in sequences], dtype=float)
    ### END SOLUTION


def fit_naive_bayes(counts, labels, alpha=1.0):
    """counts: array (N, V); labels: ints (N,); returns log_prior (C,) and log_likelihood (C, V)."""
    ### BEGIN SOLUTION
    classes = np.arange(labels.max() + 1)
    log_prior = np.log([np.mean(labels == c) for c in classes])
    smoothed = np.array([counts[labels == c].sum(axis=0) for c in classes]) + alpha
    return log_prior, np.log(smoothed) - np.log(smoothed.sum(axis=1, keepdims=True))
    ### END SOLUTION


def log_posterior(counts, log_prior, log_likelihood):
    """counts: array (N, V); returns an array (N, C), the log probability of each class given the text."""
    ### BEGIN SOLUTION
    joint = log_prior + counts @ log_likelihood.T
    return joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)
    ### END SOLUTION

# %%
grader.check("q4")

# %% [markdown]
# How good is it? Keep these four numbers for question 10.

# %%
log_prior, log_likelihood = fit_naive_bayes(bag_of_words(encoded, len(vocabulary)), train_labels)
baseline = log_posterior(bag_of_words(valid_encoded, len(vocabulary)), log_prior, log_likelihood)
print("naive Bayes", by_kind(np.asarray(baseline).argmax(axis=1)))
words = np.array(list(vocabulary))
order = (log_likelihood[1] - log_likelihood[0]).argsort()
print("says unfavourable:", *words[order[:8]])
print("says favourable:", *words[order[::-1][:8]])

# %% [markdown]
# ## Question 5: a network that reads in order (3 points)
#
# Each word becomes a vector, and a *gated recurrent unit* (Cho and others 2014,
# [Learning Phrase Representations](https://arxiv.org/abs/1406.1078)) goes over them from left to
# right. At word $x_t$ it makes a new state $h_t$ of the last one. As PyTorch writes it,
#
# $$r = \sigma(W_r x_t + U_r h_{t-1} + b_r) \qquad z = \sigma(W_z x_t + U_z h_{t-1} + b_z)$$
# $$n = \tanh(W_n x_t + b_n + r \odot (U_n h_{t-1} + b'_n)) \qquad
#   h_t = (1 - z) \odot n + z \odot h_{t-1}$$
#
# The gate $z$ says how much of the old state stays, $r$ how much of it the proposal $n$ sees. So a
# state can hold "there was a *not*" until the word comes that it turns round.
#
# Of the states $h_1, \dots, h_L$ we take the mean, but only over real tokens: with mask $m_t$,
#
# $$\bar h = \frac{\sum_t m_t h_t}{\max(1, \sum_t m_t)}$$
#
# | attribute | layer |
# |---|---|
# | `embedding` | `size` vectors of 32 numbers, one for each entry of the vocabulary |
# | `gru` | one GRU layer, 32 → 32, left to right (mind `batch_first`) |
# |  | the masked mean of its outputs |
# | `head` | a dense layer, 32 → 2: two scores (logits), without softmax |
#
# Write `masked_mean` first; an empty text gives zeros, not NaN. No dropout, please: the test works
# out the same scores from your weights.
#
# Where people stumble: `nn.GRU` takes (time, batch, features) unless told otherwise, and says
# nothing when batch and time are exchanged. It returns a pair, the outputs (N, L, 32) and the last
# state. And $h$ behind the end of a short text is not zero: the GRU has read the padding too. A
# score that changes with the number of zeros behind the text is a sign of that.

# %%
def masked_mean(x, mask):
    """x: float tensor (N, L, D); mask: bool tensor (N, L); returns (N, D), the mean over true places."""
    ### BEGIN SOLUTION
    weights = mask.unsqueeze(-1).to(x.dtype)
    return (x * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
    ### END SOLUTION


class ReviewNet(nn.Module):
    """ids (N, L) and mask (N, L) -> scores (N, 2), for a vocabulary of `size` entries."""

    def __init__(self, size):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(size, 32, padding_idx=0)
        self.gru = nn.GRU(32, 32, batch_first=True)
        self.head = nn.Linear(32, 2)
        ### END SOLUTION

    def forward(self, ids, mask):
        ### BEGIN SOLUTION
        states, _ = self.gru(self.embedding(ids))
        return self.head(masked_mean(states, mask))
        ### END SOLUTION

# %%
grader.check("q5")

# %% [markdown]
# ## Question 6: train and predict (3 points)
#
# `train` is the loop you know: in each epoch shuffle, go through batches, and for each batch zero
# the gradients, take the cross-entropy, go backward, take a step. Numbers, masks and labels must be
# shuffled **together**. Return the mean loss of each epoch.
#
# Then make a `model` and train it on the 1800 reviews, keeping its `losses`, and write `predict`, all
# seven steps in one: it is given **texts** as people write them, and returns a label for each. New
# words will be among them. 90 % is asked for on reviews that nobody has seen; aim for 94 % or more
# of those kept aside. (Twelve epochs of Adam with a rate of 0.01 do, and take a few seconds.)
#
# Where people stumble:
#
# * The loss stays near $\ln 2 \approx 0.69$ for an epoch or two, and then falls. Wait a little.
# * The texts that are predicted must go through the *same* vocabulary as those that were learned
#   from. A vocabulary made anew gives the words other numbers.
# * `predict` may be asked about one text, or about a thousand.

# %%
def train(model, ids, mask, labels, epochs=12, lr=0.01, batch_size=64):
    """Trains `model` in place on ids (N, L), mask (N, L) and labels (N,); returns `epochs` mean losses."""
    ### BEGIN SOLUTION
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(ids)).split(batch_size):
            optimiser.zero_grad()
            loss = F.cross_entropy(model(ids[batch], mask[batch]), labels[batch])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(ids))
    return losses
    ### END SOLUTION


def predict(texts):
    """texts: list of N strings; returns N labels, 0 or 1 (an integer array or tensor)."""
    ### BEGIN SOLUTION
    rows = [encode(tokenise(text), vocabulary) for text in texts]
    with torch.no_grad():
        return model(*pad(rows)).argmax(dim=1).numpy()
    ### END SOLUTION

# %%
### BEGIN SOLUTION
model = ReviewNet(len(vocabulary))
losses = train(model, *pad(encoded), torch.from_numpy(train_labels))
plt.plot(losses)
plt.xlabel("epoch")
plt.ylabel("cross-entropy")
print("network", by_kind(predict(valid_texts)))
### END SOLUTION

# %%
grader.check("q6")

# %% [markdown]
# Now watch it read. Each bar is what the network would say of the text **if it ended there**: the
# probability that it is favourable, after the first word, after the first two, and so on. Look for
# the words at which it changes its mind, and try sentences of your own. (What
# it says of one or two words means little: it has only learned from whole reviews.)

# %%
def chances(text):
    """The tokens of `text`, and the probability of label 1 after each of them."""
    tokens = tokenise(text)
    ids, mask = pad([encode(tokens[: end + 1], vocabulary) for end in range(len(tokens))])
    return tokens, model(ids, mask).detach().softmax(dim=1)[:, 1]


figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), sharey=True)
axes[0].set_ylabel("P(favourable)")
for axis, text in zip(axes, [
    "The soup was particularly good.",
    "The soup was not particularly good.",
    "The soup was bad, but we remember the lovely garden.",
]):
    tokens, favourable = chances(text)
    axis.bar(range(len(tokens)), favourable, color=np.where(favourable > 0.5, "tab:blue", "tab:red"))
    axis.set_xticks(range(len(tokens)), tokens, rotation=60, ha="right")
    axis.axhline(0.5, color="grey", linewidth=0.5)
    axis.set_ylim(0, 1)

# %% [markdown]
# ## Question 7: vectors of words, by counting (3 points)
#
# Words that keep the same company mean similar things. `data/farm.txt` holds 2400 sentences on
# twelve animals, again from a small grammar: each animal has a name when it is grown, one when it is
# young, a home, and a few things of its own (the dog has *puppy*, *kennel* and *bone*). Nobody says
# that a puppy is to a dog what a calf is to a cow. It follows from what stands around these words.
#
# `cooccurrence` counts how often word $j$ stands at most `window` places to the left or right of
# word $i$: in `tea and soup` with a window of 1, *and* meets *tea* once and *soup* once. A word is
# no neighbour of itself; of another token of the same word it is. Words that are not in the
# vocabulary are not counted, but they keep their place.
#
# Raw counts are ruled by *the* and *of*. *Pointwise mutual information* compares with what chance
# would give (Church and Hanks 1990, [Word association norms](https://aclanthology.org/J90-1003/)).
# With $P(i, j)$ the counts $C_{ij}$ divided by their sum over the whole matrix, and $P(i)$ the sum
# of row $i$ of that,
#
# $$\text{PPMI}_{ij} = \max\left(0, \log \frac{P(i, j)}{P(i) P(j)}\right)$$
#
# with 0 where $C_{ij} = 0$ (also for words that were never met at all). Last, the matrix $M$, of
# $V$ rows, is made small by a singular value decomposition $M = U \Sigma V^\top$: keep the $d$
# largest singular values and let word $i$ be row $i$ of
#
# $$W = U_d\, \Sigma_d^{1/2}$$
#
# word2vec (Mikolov and others 2013, [Efficient Estimation](https://arxiv.org/abs/1301.3781)) learns
# its vectors by predicting neighbours, but Levy and Goldberg showed (2014,
# [Neural Word Embedding as Implicit Matrix Factorization](https://papers.nips.cc/paper/5477-neural-word-embedding-as-implicit-matrix-factorization))
# that with negative sampling it factorises a shifted matrix of the very same information. The square
# root shares the singular values between words and neighbours, as word2vec does
# ([Levy, Goldberg and Dagan 2015](https://aclanthology.org/Q15-1016/)).

# %%
def cooccurrence(documents, vocabulary, window):
    """documents: lists of tokens; vocabulary: dict of V words to rows 0 to V - 1; returns (V, V) counts."""
    ### BEGIN SOLUTION
    counts = np.zeros((len(vocabulary), len(vocabulary)))
    for document in documents:
        rows = [vocabulary.get(token) for token in document]
        for at, row in enumerate(rows):
            for other in rows[max(0, at - window) : at]:
                if row is not None and other is not None:
                    counts[row, other] += 1
                    counts[other, row] += 1
    return counts
    ### END SOLUTION


def ppmi(counts):
    """counts: symmetric array (V, V); returns an array (V, V) of numbers that are at least 0."""
    ### BEGIN SOLUTION
    joint = counts / counts.sum()
    expected = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    seen = counts > 0
    out = np.zeros(counts.shape)
    out[seen] = np.log(joint[seen] / expected[seen])
    return np.maximum(out, 0)
    ### END SOLUTION


def word_vectors(matrix, dim):
    """matrix: array (V, V); returns an array (V, dim)."""
    ### BEGIN SOLUTION
    left, values, _ = np.linalg.svd(matrix)
    return left[:, :dim] * np.sqrt(values[:dim])
    ### END SOLUTION

# %%
grader.check("q7")

# %%
farm = [tokenise(line) for line in Path("data/farm.txt").read_text(encoding="utf-8").splitlines()]
farm_words = sorted({token for sentence in farm for token in sentence})
farm_rows = {word: row for row, word in enumerate(farm_words)}
vectors = np.asarray(word_vectors(ppmi(cooccurrence(farm, farm_rows, 4)), 24))
print(vectors.shape)

# %% [markdown]
# ## Question 8: analogies (2 points)
#
# How alike are two words? By the angle between their vectors, whatever their lengths (common words
# tend to have longer ones):
#
# $$\cos(u, v) = \frac{u \cdot v}{\lVert u \rVert\, \lVert v \rVert}$$
#
# and 0, by agreement, when one of the two is all zeros.
#
# *Puppy* is to *dog* as what is to *cow*? If the step from grown to young is the same for all
# animals, the answer lies near $a - b + c$ with $a$ = puppy, $b$ = dog, $c$ = cow (Mikolov, Yih and
# Zweig 2013, [Linguistic Regularities](https://aclanthology.org/N13-1090/)). `analogy` gives the word
# whose vector has the largest cosine with that, **other than the three given**. Take the vectors as
# they are.
#
# That last rule is less innocent than it looks: without it the answer is often $c$ itself, since
# $a - b$ is short. Linzen (2016, [Issues in evaluating semantic spaces](https://aclanthology.org/W16-2503/))
# shows how much of the fame of analogies rests on it.
#
# Where people stumble: a vector of zeros gives 0 / 0, that is NaN, and `argmax` takes NaN for the
# largest of all.

# %%
def cosine(u, v):
    """u, v: arrays (d,); returns a float between -1 and 1, 0 beside a vector of zeros."""
    ### BEGIN SOLUTION
    lengths = np.linalg.norm(u) * np.linalg.norm(v)
    return float(u @ v / lengths) if lengths > 0 else 0.0
    ### END SOLUTION


def analogy(a, b, c, words, vectors):
    """The word nearest to a - b + c. words: list of V strings; vectors: array (V, d), in the same order."""
    ### BEGIN SOLUTION
    row = {word: number for number, word in enumerate(words)}
    target = vectors[row[a]] - vectors[row[b]] + vectors[row[c]]
    return max((word for word in words if word not in (a, b, c)), key=lambda word: cosine(vectors[row[word]], target))
    ### END SOLUTION

# %%
grader.check("q8")

# %%
for a, b, c in [("puppy", "dog", "cow"), ("foal", "horse", "hen"), ("hive", "bee", "pig"), ("kitten", "basket", "den")]:
    print(f"{a} - {b} + {c} = {analogy(a, b, c, farm_words, vectors)}")

# %% [markdown]
# Six animals in the plane: the 24 numbers of each word are projected to the two directions in which
# the words shown differ most (principal components). Each arrow leads from the grown animal to its
# young. **How to read it:** arrows that are parallel and equally long mean that one and the same
# step leads from *dog* to *puppy* and from *cow* to *calf*; that is why analogies work. Where an arrow
# begins tells which animal it is, but only a part of that fits into a plane: words that are near
# each other here need not be near in 24 dimensions.

# %%
pairs = [("dog", "puppy"), ("cow", "calf"), ("hen", "chick"), ("bee", "larva"), ("bear", "cub"), ("deer", "fawn")]
points = vectors[[farm_rows[word] for pair in pairs for word in pair]]
points = points - points.mean(axis=0)
plane = points @ np.linalg.svd(points, full_matrices=False)[2][:2].T
plt.figure(figsize=(7, 4.5))
plt.xlim(1.3 * plane[:, 0].min(), 1.3 * plane[:, 0].max())
plt.ylim(1.3 * plane[:, 1].min(), 1.3 * plane[:, 1].max())
for (grown, young), (start, end) in zip(pairs, plane.reshape(-1, 2, 2)):
    plt.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "grey"})
    plt.text(*start, grown, color="tab:blue")
    plt.text(*end, young, color="tab:orange")

# %% [markdown]
# ## Question 9: latent semantic analysis (2 points)
#
# Who searches for *kitten* should also find texts that only say *cat*. Latent semantic analysis
# (Deerwester and others 1990,
# [Indexing by latent semantic analysis](https://doi.org/10.1002/%28SICI%291097-4571%28199009%2941:6%3C391::AID-ASI1%3E3.0.CO;2-9))
# does for documents what you did for words.
#
# First weigh the counts, documents in rows and words in columns. With $n$ documents, of which
# $\text{df}_w$ hold word $w$ (once or often, that is the same), the natural logarithm, and 0 for words
# that stand in none,
#
# $$\text{tf-idf}_{dw} = \text{count}_{dw} \cdot \log \frac{n}{\text{df}_w}$$
#
# There are many variants; this is the plain one of Manning and others,
# [chapter 6](https://nlp.stanford.edu/IR-book/html/htmledition/tf-idf-weighting-1.html), with another base.
# scikit-learn's adds 1 here and there.
#
# Then approximate the matrix $X = U \Sigma V^\top$ by its $k$ largest singular values. Document
# $d$ gets as coordinates row $d$ of $U_k \Sigma_k$, and the components are the $k$ rows of
# $V_k^\top$, each of length 1. Their product is the best approximation of $X$ of rank $k$ (Eckart and
# Young 1936). New documents, and queries, are taken into the same space by $q V_k$.

# %%
def tf_idf(counts):
    """counts: array (n, V); returns the weights, an array (n, V)."""
    ### BEGIN SOLUTION
    present = (counts > 0).sum(axis=0)
    return counts * np.where(present > 0, np.log(len(counts) / np.maximum(present, 1)), 0)
    ### END SOLUTION


def lsa(matrix, rank):
    """matrix: array (n, V); returns the documents (n, rank) and the components (rank, V)."""
    ### BEGIN SOLUTION
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    return left[:, :rank] * values[:rank], right[:rank]
    ### END SOLUTION

# %%
grader.check("q9")

# %% [markdown]
# A search in the sentences on animals. None of those that are shown holds the word that was asked for:
# a search for words alone would have found none of them.

# %%
sequences = [[farm_rows[token] for token in sentence] for sentence in farm]
weights = np.asarray(tf_idf(bag_of_words(sequences, len(farm_rows))))
documents, components = (np.asarray(part) for part in lsa(weights, 24))
for query in ("kitten", "hive"):
    place = components[:, farm_rows[query]]
    found = np.argsort([-cosine(document, place) for document in documents])
    others = dict.fromkeys(" ".join(farm[at]) for at in found if query not in farm[at])
    print(f"{query}:", *list(others)[:4], sep="\n    ")

# %% [markdown]
# ## Question 10: what does the bag not see? (4 points, graded by a person)
#
# Put the two rows side by side, that of naive Bayes (question 4) and that of your network, and look
# again at the bars below question 6.

# %%
print("naive Bayes ", by_kind(np.asarray(baseline).argmax(axis=1)))
print("your network", by_kind(predict(valid_texts)))

# %% [markdown]
# 1. Naive Bayes is right nearly always on one kind, about half of the time on another, and far below
#    guessing on the third. Explain each of the three by what it counts.
# 2. At which words does the network change its mind in the bars, and what must its state
#    have kept until then? If it does so in the third text before it has read *lovely*, how can it know?
# 3. How could naive Bayes be given a chance without giving up counting? And what would your change
#    still not solve?
# 4. These reviews were made by a grammar. Why does that make the network's accuracy say little
#    about reviews of real guests?
#
# Write about twelve lines.

# %% [markdown] manual="q10" points=4
# 1. In plain reviews the words vote for what is meant. In negated ones every *good* stands in an
#    unfavourable review, so the votes are not noise but turned round, and accuracy goes towards 0
#    rather than one half. *not* itself leans to neither side: it stands before good and bad words
#    alike, and in asides as well. In contrasts one word votes for each side and the bag cannot know
#    which came last. (1 point; half of it if the kind far below guessing is called "random")
#
# 2. The first text ends in blue, at *good*; the second ends in red at the same word, so the state has
#    kept the *not*, past *particularly*. The third is red at *bad* and turns to blue between *but* and
#    *lovely*. It can do so early because in this grammar what follows *but* is always the opposite of
#    what went before, so *bad* and *but* decide, and the state has kept both. (1 point for naming
#    words and what was kept; the explanation of an early turn may stand for one of them)
#
# 3. Count pairs of neighbours, or put a mark on all words behind a negation up to the next full stop
#    (`NOT_good`), as Pang, Lee and Vaithyanathan did
#    ([2002](https://aclanthology.org/W02-1011/)). Pairs miss "not particularly good", and neither
#    solves the contrasts, since these need to know which clause leads. (1 point: a change and its limit)
#
# 4. The new reviews come from the same grammar, with the same few words and patterns. Real guests
#    have others: irony, spelling, negations that were never seen, long texts, doubtful labels. The number
#    says that the network has learned this grammar; what it is worth elsewhere must be measured
#    there. (1 point)
