# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Generative adversarial networks
#
# Two networks play against each other. The *generator* turns random numbers into samples, the
# *discriminator* says of a sample whether it is real or made. Each learns from the other: in the end
# nobody has told the generator what a digit looks like, and it draws digits. The idea is from
# [Goodfellow et al. (2014)](https://arxiv.org/abs/1406.2661).
#
# You write both networks, their losses, one step of each, and the training; you try it on points
# in the plane, where you can see all of it, and then on digits. At last you measure whether made
# digits help a classifier that has seen too few real ones.
#
# Run the cells from top to bottom. Write where it says `YOUR CODE HERE`, and run
# `grader.check(...)` below a question to check yourself. When you submit, further tests run, with
# other inputs. 20 points are given by tests and 4 by a person, for question 9.

# %%
import otter
grader = otter.Notebook("gan.ipynb")

# %%
import copy

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from torch import nn

torch.set_num_threads(1)  # networks this small are slower on several
torch.manual_seed(0)
np.random.seed(0)

# %% [markdown]
# ## The data
#
# 1437 grey images of digits, 8 by 8 pixels, values from 0 (white) to 1 (black). Another 360 stay
# with the grader: what your generator draws is compared with them. The last 237 of ours we keep
# aside, to test the classifier of question 8 on.

# %%
digits = np.load("data/digits.npz")
images, labels = digits["images"][:1200], digits["labels"][:1200]
images_valid, labels_valid = digits["images"][1200:], digits["labels"][1200:]
print(images.shape, images_valid.shape)

# %% [markdown]
# If you like a bigger data set, set `USE_MNIST = True` to look at MNIST (28 by 28, 70,000 images;
# it is downloaded, about 15 MB). Nothing below needs it, and grading runs without it.

# %%
USE_MNIST = False
if USE_MNIST:
    from sklearn.datasets import fetch_openml

    mnist = fetch_openml("mnist_784", version=1, as_frame=False)
    print(mnist.data.shape)

# %% [markdown]
# ## Question 1: the two networks (2 points)
#
# Both are made of three dense layers, `fc1`, `fc2` and `fc3`. An image is a row of 64 pixels.
#
# | | input | `fc1` | `fc2` | `fc3` | at the end |
# |---|---|---|---|---|---|
# | `Generator` | 16 random numbers | 128 | 256 | 64 | tanh |
# | `Discriminator` | 64 pixels | 256 | 128 | 1 | nothing: a logit |
#
# After `fc1` and `fc2` comes a *leaky* ReLU, $x$ for $x > 0$ and $0.2\,x$ otherwise. A plain ReLU
# passes no gradient where it is zero, and the generator learns only from gradients that came
# through the whole discriminator. The slope of 0.2, and tanh at the end of the generator, are
# advice from [Radford et al. (2015)](https://arxiv.org/abs/1511.06434).
#
# Tanh gives values in $(-1, 1)$, so the real images will be scaled to the same range: otherwise the
# discriminator could tell them apart by their range alone. The discriminator gives a *logit* $\ell$,
# any real number; $\sigma(\ell) = 1 / (1 + e^{-\ell})$ is then the probability that a sample is real.

# %%
class Generator(nn.Module):
    """Random numbers (N, 16) -> images (N, 64), values in (-1, 1)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.fc1 = nn.Linear(16, 128)
        self.fc2 = nn.Linear(128, 256)
        self.fc3 = nn.Linear(256, 64)
        ### END SOLUTION

    def forward(self, z):
        ### BEGIN SOLUTION
        z = F.leaky_relu(self.fc1(z), 0.2)
        z = F.leaky_relu(self.fc2(z), 0.2)
        return torch.tanh(self.fc3(z))
        ### END SOLUTION


class Discriminator(nn.Module):
    """Images (N, 64) -> logits (N, 1)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.fc1 = nn.Linear(64, 256)
        self.fc2 = nn.Linear(256, 128)
        self.fc3 = nn.Linear(128, 1)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        x = F.leaky_relu(self.fc1(x), 0.2)
        x = F.leaky_relu(self.fc2(x), 0.2)
        return self.fc3(x)
        ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# ## Question 2: the losses (3 points)
#
# The discriminator is a classifier with two classes: real samples have the label 1, made ones 0. With
# $D = \sigma(\ell)$ its loss is the binary cross-entropy of both batches,
#
# $$L_D = -\frac{1}{N}\sum_{i=1}^{N} \ln D(x_i) \;-\; \frac{1}{M}\sum_{j=1}^{M} \ln\bigl(1 - D(G(z_j))\bigr),$$
#
# the **sum of two means**, not halved. The generator wants its samples to be taken for real. Its
# *non-saturating* loss is the cross-entropy with the label 1 for what it made:
#
# $$L_G = -\frac{1}{M}\sum_{j=1}^{M} \ln D(G(z_j)).$$
#
# A discriminator that knows nothing says $\ell = 0$ everywhere; then $L_D = 2 \ln 2 \approx 1.386$
# and $L_G = \ln 2 \approx 0.693$. Remember the two numbers: a loss of the discriminator near 1.39 means
# that it cannot tell, and near 0 that the generator has lost contact.
#
# Where people stumble: a sigmoid that is followed by a logarithm. In 32 bits $\sigma(-120)$ is
# exactly 0 and its logarithm $-\infty$; the loss that was asked for is 120. PyTorch has functions that work on the logits.

# %%
def discriminator_loss(real_logits, fake_logits):
    """Logits of real samples (N, 1) and of made ones (M, 1); returns a tensor with one number."""
    ### BEGIN SOLUTION
    on_real = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    on_fake = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return on_real + on_fake
    ### END SOLUTION


def generator_loss(fake_logits):
    """Logits of made samples (M, 1); returns a tensor with one number."""
    ### BEGIN SOLUTION
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
    ### END SOLUTION

# %%
grader.check("q2")

# %% [markdown]
# ## Question 3: why not the other loss? (2 points)
#
# In the game as Goodfellow et al. first write it, the generator minimises what the discriminator
# maximises, for one sample $\ln(1 - \sigma(\ell))$. That is called *saturating*. The other one is
# $-\ln \sigma(\ell)$. Both fall as $\ell$ grows, so both pull in the same direction. What differs
# is how hard.
#
# Work out on paper the derivative of each by $\ell$, with $\sigma' = \sigma (1 - \sigma)$, and
# return the two. At $\ell = 0$ both are $-\tfrac{1}{2}$.

# %%
def slopes(logits):
    """logits: array (N,); returns two arrays (N,), the derivatives by the logit of the saturating loss
    and of the non-saturating one, in this order."""
    ### BEGIN SOLUTION
    probability = 1 / (1 + np.exp(-logits))
    return -probability, probability - 1
    ### END SOLUTION

# %%
grader.check("q3")

# %% [markdown]
# Read the figure from the left: there the discriminator is sure that a sample is made, as it is of
# everything early in the training. Which of the two losses still tells the generator to move? And on
# the right, where the sample already passes for real?

# %%
logits = np.linspace(-8, 8, 200)
for curve, name in zip(slopes(logits), ("saturating", "non-saturating")):
    plt.plot(logits, curve, label=name)
plt.xlabel("logit: made ← → real")
plt.ylabel("slope of the generator's loss")
plt.legend()

# %% [markdown]
# ## Points in the plane
#
# The first data are 2000 points in two round clouds, around (2, 2) and (−2, −2), with a standard
# deviation of 0.3. [Metz et al. (2016)](https://arxiv.org/abs/1611.02163) made such mixtures the
# place to look for *mode collapse*: a generator that draws one cloud only fools the discriminator for
# a while, and nothing in its loss says that a mode is missing.
#
# Given are two small networks for the plane, and the optimiser. Three things in them are
# there because a plain GAN is fragile:
#
# * `Blur` adds normal noise to all that the discriminator sees, real or made. Two narrow clouds that do
#   not touch are told apart by any discriminator, and then it has no useful slope in between; blurred
#   ones overlap ([Sønderby et al. (2016)](https://arxiv.org/abs/1610.04490) call it instance noise).
# * Adam with $\beta_1 = 0.5$ instead of 0.9, again from Radford et al.: the opponent moves, so old
#   gradients go stale soon.
# * The average of the generator's weights, which you write in question 6.

# %%
def mixture(n, centre=(2.0, 2.0), sd=0.3):
    """n points around `centre` and its opposite: a tensor (n, 2)."""
    sides = torch.randint(0, 2, (n, 1)) * 2 - 1
    return sides * torch.tensor(centre) + sd * torch.randn(n, 2)


class Blur(nn.Module):
    """Adds normal noise of standard deviation `sd`."""

    def __init__(self, sd):
        super().__init__()
        self.sd = sd

    def forward(self, x):
        return x + self.sd * torch.randn_like(x)


def plane_networks(blur=1.0):
    """A new generator, (N, 4) -> (N, 2), and a new discriminator, (N, 2) -> (N, 1)."""
    def layers(inputs, outputs):
        first, second = nn.Linear(inputs, 32), nn.Linear(32, 32)
        return first, nn.LeakyReLU(0.2), second, nn.LeakyReLU(0.2), nn.Linear(32, outputs)

    return nn.Sequential(*layers(4, 2)), nn.Sequential(Blur(blur), *layers(2, 1))


def adam(model, lr=0.002):
    """An optimiser of this model's parameters, and of no others."""
    return torch.optim.Adam(model.parameters(), lr=lr, betas=(0.5, 0.999))


plane = mixture(2000)
plt.scatter(*plane.T, s=4)

# %% [markdown]
# ## Question 4: one step of the discriminator (3 points)
#
# Make a batch from `noise`, compute the loss of the discriminator on the real and the made batch, go
# backward, and take one step of `optimiser`, which holds the discriminator's parameters. Return the
# loss as a plain number.
#
# * Only the discriminator moves. After the step every parameter of the generator is what it
#   was, to the last bit.
# * No gradient may reach the generator either: it costs time, and what has gathered there would be
#   taken for its own later. `.detach()` cuts a tensor off from what made it.
# * Zero the discriminator's gradients first: the generator's steps leave some in it.

# %%
def discriminator_step(generator, discriminator, optimiser, real, noise):
    """real: samples (N, d); noise: random numbers (N, latent). Returns the loss, a float."""
    ### BEGIN SOLUTION
    fake = generator(noise).detach()
    optimiser.zero_grad()
    loss = discriminator_loss(discriminator(real), discriminator(fake))
    loss.backward()
    optimiser.step()
    return loss.item()
    ### END SOLUTION

# %%
grader.check("q4")

# %% [markdown]
# ## Question 5: one step of the generator (2 points)
#
# The other half. Now the made batch stays attached: the gradient goes from the loss **through** the
# discriminator into the generator. The discriminator is passed through but does not move, since
# `optimiser` holds the generator's parameters only.

# %%
def generator_step(generator, discriminator, optimiser, noise):
    """noise: random numbers (N, latent). Returns the loss, a float."""
    ### BEGIN SOLUTION
    optimiser.zero_grad()
    loss = generator_loss(discriminator(generator(noise)))
    loss.backward()
    optimiser.step()
    return loss.item()
    ### END SOLUTION

# %%
grader.check("q5")

# %% [markdown]
# ## Question 6: the training (3 points)
#
# Two networks that answer each other do not settle, they circle. The average over the circle is
# better than any point on it ([Yazıcı et al. (2018)](https://arxiv.org/abs/1806.04498);
# [Salimans et al. (2016)](https://arxiv.org/abs/1606.03498) propose a relative of it). Beside the
# generator keep a copy of it, and after each step move every parameter $\bar\theta$ of the copy a
# little towards the generator's $\theta$, with decay $d$:
#
# $$\bar\theta \leftarrow d\,\bar\theta + (1 - d)\,\theta$$
#
# `update_average` does that **in place** (no gradient wanted: `torch.no_grad()`). `train_gan` then
# makes the copy with `copy.deepcopy` and one optimiser for each network with `adam`, and in each of
# `steps` rounds
#
# 1. draws `batch_size` rows of `data` at random, and as many rows of `latent` normal random numbers;
# 2. takes a step of the discriminator, then, with new random numbers, one of the generator;
# 3. updates the average.
#
# It trains both networks in place and **returns the average**, from which samples are drawn.
# The loss says little here, unlike for a classifier: it does not fall when things go well.
# Look at samples.

# %%
def update_average(average, generator, decay):
    """Moves the parameters of `average` towards those of `generator`; returns nothing."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        for kept, new in zip(average.parameters(), generator.parameters()):
            kept.mul_(decay).add_(new, alpha=1 - decay)
    ### END SOLUTION


def train_gan(generator, discriminator, data, latent, steps=800, batch_size=128, lr=0.002, decay=0.99):
    """data: real samples (N, d); latent: how many random numbers the generator takes.

    Returns the averaged generator.
    """
    ### BEGIN SOLUTION
    average = copy.deepcopy(generator)
    generator_adam, discriminator_adam = adam(generator, lr), adam(discriminator, lr)
    for _ in range(steps):
        real = data[torch.randint(len(data), (batch_size,))]
        discriminator_step(generator, discriminator, discriminator_adam, real, torch.randn(batch_size, latent))
        generator_step(generator, discriminator, generator_adam, torch.randn(batch_size, latent))
        update_average(average, generator, decay=decay)
    return average
    ### END SOLUTION

# %% [markdown]
# 800 rounds on the plane, in three parts so that you can watch. In the first picture the samples are
# one cloud near the middle; then they stretch along the line through both clouds, often past them; then they
# gather in two places. A few stay on the way: the generator is continuous, and something must lie between its
# two clouds. In the last picture count the clouds first, and then compare their width with that
# of the real ones: made clouds are often narrower.

# %%
plane_generator, plane_discriminator = plane_networks()
figure, axes = plt.subplots(1, 3, figsize=(9, 3), sharex=True, sharey=True)
done, trained = 0, plane_generator
for axis, steps in zip(axes, (50, 150, 600)):
    average = train_gan(trained, plane_discriminator, plane, latent=4, steps=steps)
    done += steps
    made = average(torch.randn(500, 4)).detach()
    axis.scatter(*plane[:500].T, s=4, label="real")
    axis.scatter(*made.T, s=4, label="made")
    axis.set_title(f"{done} rounds")
axes[0].legend()
plane_generator = average

# %%
grader.check("q6")

# %% [markdown]
# Without the blur some runs lose a cloud. Set `WATCH_COLLAPSE = True` to see
# it: ten short trainings, each with its share of samples on the upper right. 1.00 or 0.00 is a
# collapse.

# %%
WATCH_COLLAPSE = False
if WATCH_COLLAPSE:
    for _ in range(10):
        made = train_gan(*plane_networks(blur=0.0), plane, latent=4)(torch.randn(1000, 4))
        print(f"{(made.sum(dim=1) > 0).float().mean():.2f}")

# %% [markdown]
# ## Question 7: digits (2 points)
#
# Write `scaled`, which turns images with values in $[0, 1]$ into rows of 64 numbers in $[-1, 1]$, the range of
# your generator. Then train your two networks on the 1200 `images` with `train_gan`, and call what it
# returns `digit_generator`.
#
# This recipe works: `Blur(0.3)` before your `Discriminator` (`nn.Sequential` puts two
# modules in a row), 500 rounds, batches of 64, the rest as it is. It takes a few seconds. The
# tests draw from your generator and ask how far its images are from real ones, and whether they
# differ from one another.

# %%
def scaled(images):
    """Images, an array (N, 8, 8) of values in [0, 1] -> a tensor (N, 64), 32-bit, values in [-1, 1]."""
    ### BEGIN SOLUTION
    return torch.as_tensor(images, dtype=torch.float32).flatten(1) * 2 - 1
    ### END SOLUTION

# %%
### BEGIN SOLUTION
digit_generator = train_gan(
    Generator(),
    nn.Sequential(Blur(0.3), Discriminator()),
    scaled(images),
    latent=16,
    steps=500,
    batch_size=64,
)
### END SOLUTION

# %%
grader.check("q7")

# %% [markdown]
# The upper row is what your generator draws. Below each is the training image that is nearest to it.
# Two things to look for: digits that come too often or never, and pairs that are the same
# image, in which case the generator has learned the training set by heart.

# %%
def show_with_nearest(generator, real):
    """Ten samples, and below each the nearest row of `real` (N, 64)."""
    made = generator(torch.randn(10, 16)).detach()
    nearest = real[torch.cdist(made, real).argmin(dim=1)]
    _, axes = plt.subplots(2, 10, figsize=(9, 2))
    for row, shown in zip(axes, (made, nearest)):
        for axis, pixels in zip(row, shown):
            axis.imshow(pixels.reshape(8, 8), cmap="gray_r", vmin=-1, vmax=1)
            axis.axis("off")


show_with_nearest(digit_generator, scaled(images))

# %% [markdown]
# ## Question 8: do made digits help? (3 points)
#
# Say that nines are rare: of them we have 10 images, of every other digit up to 100. A classifier
# that sees so few nines takes many for something else. Can a GAN, trained on the ten, make
# more?
#
# Write `recall_with`. It fits `LogisticRegression(max_iter=1000)` to `X`, `y` and, if there are
# any, the rows `extra`, all of them with the label `digit`. It returns the **recall** of `digit` on the
# test data: of the test images that are this digit, the share that the classifier calls so.
#
# Then train `rare_generator` on the ten nines alone, `nines`, with the recipe of question 7 but
# 300 rounds.

# %%
def few_nines(images, labels):
    """The images of 10 nines and of up to 100 of each other digit, and their labels."""
    kept = [np.flatnonzero(labels == digit)[: 10 if digit == 9 else 100] for digit in range(10)]
    kept = np.concatenate(kept)
    return images[kept], labels[kept]


X_few, y_few = few_nines(images, labels)
nines = X_few[y_few == 9]
print(X_few.shape, nines.shape)

# %%
def recall_with(X, y, X_test, y_test, digit, extra=None):
    """X: rows (N, d), y: labels (N,), X_test, y_test: the same for testing, extra: None or rows (M, d)
    of `digit`. All are arrays. Returns a number from 0 to 1."""
    ### BEGIN SOLUTION
    if extra is not None:
        X = np.concatenate([X, extra])
        y = np.concatenate([y, np.full(len(extra), digit)])
    classifier = LogisticRegression(max_iter=1000).fit(X, y)
    return float(np.mean(classifier.predict(X_test[y_test == digit]) == digit))
    ### END SOLUTION

# %%
### BEGIN SOLUTION
rare_generator = train_gan(
    Generator(), nn.Sequential(Blur(0.3), Discriminator()), scaled(nines), latent=16, steps=300, batch_size=64
)
### END SOLUTION

# %%
grader.check("q8")

# %% [markdown]
# Now the measurement, on images that no network has seen. Beside nothing and 90 made nines
# stand two *controls*, which cost no GAN: the ten real nines repeated to 90, and those with a
# little noise. Whoever leaves the controls out sees a GAN that helps.

# %%
repeated = np.asarray(scaled(np.tile(nines, (9, 1, 1))))
made = np.asarray(rare_generator(torch.randn(90, 16)).detach())
extras = {
    "nothing": None,
    "repeated": repeated,
    "repeated, with noise": repeated + np.random.normal(0, 0.3, repeated.shape),
    "made by the GAN": made,
}
few, unseen = np.asarray(scaled(X_few)), np.asarray(scaled(images_valid))
recalls = {name: recall_with(few, y_few, unseen, labels_valid, 9, extra) for name, extra in extras.items()}
plt.barh(list(recalls), list(recalls.values()))
plt.xlabel(f"recall of nines, of which {np.sum(labels_valid == 9)} are tested")
plt.xlim(0, 1)
show_with_nearest(rare_generator, scaled(nines))

# %% [markdown]
# ## Question 9: what have you seen? (4 points, graded by a person)
#
# Look at the bars and at the two rows of made nines, and at the pictures of the plane. Does the GAN
# help, compared with nothing, and compared with the controls? Why could one expect that, with ten
# images? How sure can one be of a difference between two bars, with so few nines tested?
# And what is mode collapse, how would you notice it on digits, where you cannot draw the
# plane? Write about twelve lines.

# %% [markdown] manual="q9" points=4
# With 90 made nines the recall rises from about 0.64 to 0.84; with the ten real ones repeated, at no cost, it
# rises as far or further. The gain is that of the balance between the classes, not of new images. (1 point for
# comparing with nothing and with a control, by numbers)
#
# A GAN knows no more about nines than its ten images say. The lower row shows that each made nine is a
# slightly changed copy of one of the ten; a way of writing nines that is not among them does not
# appear. Ravuri and Vinyals (2019, https://arxiv.org/abs/1905.10887) found the same at large scale: classifiers trained
# on generated images are worse than those trained on the real ones. (1 point)
#
# With 25 nines one image is 4 points of recall, and the standard error of 0.9 is
# about 0.06; bars that differ by less than about 0.1 are the same. Other seeds or more held-out images would
# tell. (1 point)
#
# Mode collapse: different random numbers lead to the same few samples, whole parts of the data are
# missing, and the loss does not show it. On digits: label many samples with a classifier and count the
# classes, compare the spread of the samples with that of the data, look for near-equal samples. (1 point)
