# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Variational autoencoders
#
# In this notebook you build an autoencoder, see why one cannot draw new images with it, and turn it
# into a variational autoencoder, with which one can. Then you draw digits nobody wrote, and find
# images that are no digits.
#
# Run the cells from top to bottom. Write where it says `YOUR CODE HERE`, and run
# `grader.check(...)` below a question to check yourself. When you submit, further tests run, with
# other inputs. 20 points are given by tests and 4 by a person, for question 10.

# %%
import otter
grader = otter.Notebook("vae.ipynb")

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
# 1437 grey images of digits, 8 by 8 pixels, values from 0 (white) to 1 (black). Another 360 stay
# with the grader: your networks are tested on them. Here an image is a row of 64 numbers. The
# labels are for looking only: nothing below learns from them.

# %%
digits = np.load("data/digits.npz")
images, labels = digits["images"].reshape(-1, 64), digits["labels"]
X_train, X_valid = torch.from_numpy(images[:1200]), torch.from_numpy(images[1200:])
print(X_train.shape, X_valid.shape)


def show(*rows):
    """Draws rows of images; each row is a tensor (N, 64)."""
    tiles = [[F.pad(image.reshape(8, 8), (1, 1, 1, 1)) for image in row] for row in rows]
    picture = torch.cat([torch.cat(row, dim=1) for row in tiles])
    plt.figure(figsize=(0.8 * len(rows[0]), 0.8 * len(rows)))
    plt.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
    plt.axis("off")


show(X_train[:10])

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
# ## Question 1: an autoencoder (3 points)
#
# An autoencoder writes an image down in few numbers, the *code*, and draws it again from them
# ([Hinton and Salakhutdinov 2006](https://doi.org/10.1126/science.1127647)). The *encoder* goes
# from 64 pixels to the code, the *decoder* back. As the code is narrow, they must find out what
# the images have in common.
#
# | attribute | layer |
# |---|---|
# | `encode1`, `encode2` | dense layers, 64 → 128 and 128 → `latent` |
# | `decode1`, `decode2` | dense layers, `latent` → 128 and 128 → 64 |
#
# A ReLU follows `encode1` and `decode1`. Nothing follows `encode2`: a code may be any number. A
# sigmoid follows `decode2`: a pixel is between 0 and 1.
#
# How far an image $x$ is from what was drawn, $\hat x$, is told by the squared error. It is
# **summed** over the pixels of an image and **averaged** over the $N$ images of a batch:
#
# $$\frac1N \sum_{n=1}^{N} \sum_{i=1}^{64} (x_{ni} - \hat x_{ni})^2$$
#
# So it does not depend on how large the batch is. `F.mse_loss` averages over both, and gives a
# number that is 64 times smaller; why that matters shows in question 6.

# %%
class Autoencoder(nn.Module):
    """(N, 64) -> (N, 64), by way of a code (N, latent)."""

    def __init__(self, latent=8):
        super().__init__()
        ### BEGIN SOLUTION
        self.encode1, self.encode2 = nn.Linear(64, 128), nn.Linear(128, latent)
        self.decode1, self.decode2 = nn.Linear(latent, 128), nn.Linear(128, 64)
        ### END SOLUTION

    def encode(self, x):
        """Images (N, 64) -> codes (N, latent)."""
        ### BEGIN SOLUTION
        return self.encode2(F.relu(self.encode1(x)))
        ### END SOLUTION

    def decode(self, code):
        """Codes (N, latent) -> images (N, 64), between 0 and 1."""
        ### BEGIN SOLUTION
        return torch.sigmoid(self.decode2(F.relu(self.decode1(code))))
        ### END SOLUTION

    def forward(self, x):
        """Images (N, 64) -> the same images, drawn again (N, 64)."""
        ### BEGIN SOLUTION
        return self.decode(self.encode(x))
        ### END SOLUTION


def squared_error(x, reconstruction):
    """Two tensors (N, D) -> one number, a tensor (): summed over D, averaged over N."""
    ### BEGIN SOLUTION
    return (x - reconstruction).pow(2).sum(dim=1).mean()
    ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# ## Question 2: training, of any loss (2 points)
#
# Two networks are to be trained, with two losses. So write a training loop that is told the loss: a
# function of the model and a batch of images that gives one number, as `reconstruction_loss` below.
#
# In each epoch shuffle the images, go through them in batches, and for each batch: zero the
# gradients, compute `loss(model, batch)`, go backward, take a step of the optimiser (Adam,
# [Kingma and Ba 2015](https://arxiv.org/abs/1412.6980), does well). Return the mean loss of each
# epoch as a list of floats.
#
# Then train an `autoencoder` with a code of 8 numbers on `X_train` for 20 epochs or so, and keep its
# losses as `ae_losses`. An error of less than 2.5 on unseen digits is asked for. Drawing the mean of
# all images each time gives 4.7.

# %%
def reconstruction_loss(model, x):
    """What an autoencoder is trained to make small: one number."""
    return squared_error(x, model(x))

# %%
def train(model, loss, X, epochs=40, lr=0.005, batch_size=100):
    """Trains `model` in place on X (N, D) to make loss(model, batch) small; returns `epochs` mean losses."""
    ### BEGIN SOLUTION
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in X[torch.randperm(len(X))].split(batch_size):
            optimiser.zero_grad()
            value = loss(model, batch)
            value.backward()
            optimiser.step()
            total += value.item() * len(batch)
        losses.append(total / len(X))
    return losses
    ### END SOLUTION

# %%
### BEGIN SOLUTION
autoencoder = Autoencoder()
ae_losses = train(autoencoder, reconstruction_loss, X_train, epochs=20)
plt.plot(ae_losses)
plt.xlabel("epoch")
plt.ylabel("squared error")
print(f"error on the validation images {reconstruction_loss(autoencoder, X_valid).item():.2f}")
### END SOLUTION

# %%
grader.check("q2")

# %% [markdown]
# Above, images the autoencoder has not seen; in the middle, what it makes of them. Below, what its
# decoder makes of codes drawn at random. Why is it good at the one and bad at the other? Nothing
# ever told the codes where to be: they are spread far more widely than the random ones, as the numbers
# printed say, in a shape of their own and with holes in it. Most random codes fall where none is.

# %%
print("deviation of the codes:", autoencoder.encode(X_valid).std(dim=0).detach().numpy().round(1))
show(X_valid[:10], autoencoder(X_valid[:10]).detach(), autoencoder.decode(torch.randn(10, 8)).detach())

# %% [markdown]
# ## Question 3: chance that lets gradients through (3 points)
#
# A *variational* autoencoder ([Kingma and Welling 2013](https://arxiv.org/abs/1312.6114); at the
# same time [Rezende, Mohamed and Wierstra 2014](https://arxiv.org/abs/1401.4082)) does not give one
# code for an image but a cloud of them: a normal distribution $q(z \mid x)$ of mean $\mu$ and standard
# deviation $\sigma$, both found by the encoder, for each of the latent dimensions. The code $z$ is
# drawn from it. As every $z$ of the cloud must give the image back, the holes are filled.
#
# But how does a gradient get from $z$ to $\mu$ and $\sigma$, if $z$ is drawn by lot? By the
# *reparameterisation*: the lot is drawn elsewhere, and only moved and stretched.
#
# $$z = \mu + \sigma\,\varepsilon, \qquad \varepsilon \sim \mathcal N(0, 1) \text{ anew for each number of each image}$$
#
# Now $\partial z / \partial \mu = 1$ and $\partial z / \partial \sigma = \varepsilon$. The encoder gives
# not $\sigma$ but the *log-variance* $\log \sigma^2$, which may be any number, while a variance may
# not be negative. What is $\sigma$ in terms of it? Check your answer for $\log \sigma^2 = \log 9$:
# there, $\sigma$ must be 3.
#
# Where people stumble: a `detach`, a `no_grad`, a `torch.normal(mu, sigma)` or a way through NumPy all
# give the right numbers, and no gradient.

# %%
def reparameterise(mu, log_variance):
    """Two tensors (N, latent) -> one draw (N, latent) from the normal distribution they describe."""
    ### BEGIN SOLUTION
    return mu + torch.exp(0.5 * log_variance) * torch.randn_like(mu)
    ### END SOLUTION

# %%
grader.check("q3")

# %% [markdown]
# ## Question 4: the variational autoencoder (3 points)
#
# The encoder now has two heads on one trunk:
#
# | attribute | layer |
# |---|---|
# | `hidden` | dense layer, 64 → 128, followed by a ReLU |
# | `mean` | dense layer, 128 → `latent`, of what `hidden` gives |
# | `log_variance` | dense layer, 128 → `latent`, also of what `hidden` gives |
# | `decode1`, `decode2` | as in question 1 |
#
# Nothing follows the two heads: a mean may be negative, and a log-variance is negative whenever
# $\sigma < 1$, which is nearly always. `forward` encodes, draws a code by your `reparameterise`, and
# decodes it. It draws always, whether in `train()` or `eval()` mode.

# %%
class VAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.latent = latent
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(64, 128)
        self.mean, self.log_variance = nn.Linear(128, latent), nn.Linear(128, latent)
        self.decode1, self.decode2 = nn.Linear(latent, 128), nn.Linear(128, 64)
        ### END SOLUTION

    def encode(self, x):
        """Images (N, 64) -> a tuple: means (N, latent), log-variances (N, latent)."""
        ### BEGIN SOLUTION
        trunk = F.relu(self.hidden(x))
        return self.mean(trunk), self.log_variance(trunk)
        ### END SOLUTION

    def decode(self, z):
        """Codes (N, latent) -> images (N, 64), between 0 and 1."""
        ### BEGIN SOLUTION
        return torch.sigmoid(self.decode2(F.relu(self.decode1(z))))
        ### END SOLUTION

    def forward(self, x):
        """Images (N, 64) -> a tuple: images (N, 64), means (N, latent), log-variances (N, latent)."""
        ### BEGIN SOLUTION
        mu, log_variance = self.encode(x)
        return self.decode(reparameterise(mu, log_variance)), mu, log_variance
        ### END SOLUTION

# %%
grader.check("q4")

# %% [markdown]
# ## Question 5: how far from the prior? (2 points)
#
# New images will be made from codes drawn from the *prior* $p(z) = \mathcal N(0, 1)$, so the clouds of all
# images together should cover just that. What keeps each of them near is the Kullback-Leibler
# divergence. For two normal distributions it has a closed form
# ([Kingma and Welling 2013](https://arxiv.org/abs/1312.6114), appendix B):
#
# $$\text{KL}\big(q(z \mid x) \,\|\, p(z)\big) = \frac12 \sum_{j} \left(\mu_j^2 + \sigma_j^2 - \log \sigma_j^2 - 1\right)$$
#
# The sum is over the latent dimensions; each image keeps a number of its own. Read the terms: $\mu^2$ pulls
# the clouds to the middle; $\sigma^2 - \log \sigma^2 - 1$ is zero at $\sigma = 1$ and grows without end
# as $\sigma \to 0$, so that no cloud may shrink to a point. The divergence is never negative. If
# yours is, look at the signs, and at which of your numbers is $\sigma$, $\sigma^2$ and $\log \sigma^2$.

# %%
def kl_divergence(mu, log_variance):
    """Two tensors (N, latent) -> the divergence from the prior of each image, (N,)."""
    ### BEGIN SOLUTION
    return 0.5 * (mu.pow(2) + log_variance.exp() - log_variance - 1).sum(dim=1)
    ### END SOLUTION

# %%
grader.check("q5")

# %% [markdown]
# ## Question 6: the loss, a negative ELBO (2 points)
#
# The images should be likely under the model: $\log p(x)$ should be large. It cannot be computed, as it
# takes all codes into account, but a bound below it can, the *evidence lower bound*:
#
# $$\log p(x) \;\ge\; \text{ELBO}(x) = \mathbb E_{z \sim q(z \mid x)}\big[\log p(x \mid z)\big] - \text{KL}\big(q(z \mid x) \,\|\, p(z)\big)$$
#
# We take the pixels to be normally distributed around what the decoder draws, with a standard deviation
# $s$ that we choose, `noise`. Then, up to a constant that no weight changes and that we leave out,
# $\log p(x \mid z) = -\lVert x - \hat x \rVert^2 / (2 s^2)$. What is minimised is the negative ELBO,
# averaged over the images; one draw of $z$ for each is enough:
#
# $$\frac1N \sum_{n=1}^N \left( \frac{1}{2 s^2} \sum_{i} (x_{ni} - \hat x_{ni})^2 + \text{KL}_n \right)$$
#
# The two terms pull against each other, and $s$ says how hard. Multiply by $2 s^2$: the squared error plus
# $\beta = 2 s^2$ times the divergence, the $\beta$-VAE of
# [Higgins et al. 2017](https://openreview.net/forum?id=Sy2fzU9gl). Too large a $\beta$, and the encoder
# gives every image the prior, the decoder the same grey blot (*posterior collapse*,
# [Bowman et al. 2016](https://arxiv.org/abs/1511.06349)). That is why sum and mean must not be mixed
# up: an error that is averaged over 64 pixels makes $\beta$ 64 times as large.

# %%
def negative_elbo(x, reconstruction, kl, noise=0.2):
    """x, reconstruction: tensors (N, D); kl: (N,), of each image; returns one number, a tensor ()."""
    ### BEGIN SOLUTION
    error = (x - reconstruction).pow(2).sum(dim=1)
    return (error / (2 * noise**2) + kl).mean()
    ### END SOLUTION

# %%
grader.check("q6")

# %% [markdown]
# ## Question 7: training it (2 points)
#
# Write `vae_loss`, which your `train` can use: run the model on the batch, take the divergence, and
# give the negative ELBO with the `noise` of 0.2. Then train `vae`, with 8 latent dimensions, on
# `X_train`, and keep its losses as `vae_losses`. On unseen digits a negative ELBO below 40 is asked
# for. Less than 28 is to be had in 40 epochs; drawing the mean image each time gives 59.
#
# Look at the two terms by themselves as well. A divergence near 0 means that the codes say nothing of
# the images: the collapse of question 6. One of 50 or more means that the divergence does not count
# in your loss.

# %%
def vae_loss(model, x):
    """The negative ELBO of a VAE on images (N, 64): one number, a tensor ()."""
    ### BEGIN SOLUTION
    reconstruction, mu, log_variance = model(x)
    return negative_elbo(x, reconstruction, kl_divergence(mu, log_variance))
    ### END SOLUTION

# %%
### BEGIN SOLUTION
vae = VAE()
vae_losses = train(vae, vae_loss, X_train)
plt.plot(vae_losses)
plt.xlabel("epoch")
plt.ylabel("negative ELBO")
print(f"negative ELBO on the validation images {vae_loss(vae, X_valid).item():.1f}")
print(f"of which divergence {kl_divergence(*vae.encode(X_valid)).mean().item():.1f}")
### END SOLUTION

# %%
grader.check("q7")

# %% [markdown]
# ## Question 8: digits nobody wrote (2 points)
#
# Draw codes from the prior, as many as asked for, and decode them. The images come from the model that is
# handed in, which has a `latent` and a `decode`.
#
# The grader holds a classifier that knows ten digits and an eleventh class, *no digit* (noise, shuffled
# pixels, blots that are the mean of many digits). It is shown your samples: at least a quarter must pass for a digit,
# and at least six of the ten digits must be among them, each with 2 % of the samples or more. Both are asked for, as in the inception
# score ([Salimans et al. 2016](https://arxiv.org/abs/1606.03498)): one clear digit again and again is no
# variety, and variety alone is noise. Of what a good network draws 70 % pass; the rest lies between two digits.

# %%
def sample(model, n):
    """n new images, (n, 64)."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        return model.decode(torch.randn(n, model.latent))
    ### END SOLUTION

# %%
grader.check("q8")

# %% [markdown]
# Two rows of samples from your VAE; below them, for comparison, the decoder of the autoencoder of question 2,
# given codes from the same prior.

# %%
show(*(torch.as_tensor(sample(vae, 12)).detach() for _ in range(2)), autoencoder.decode(torch.randn(12, 8)).detach())

# %% [markdown]
# ## Question 9: what does not belong here? (1 point)
#
# A network that has only learned to draw digits draws others badly. So the squared error of each image
# can tell what is no digit. Encode each image, decode the **mean** of its code (a score that changes with
# each call is no score), and give the squared error of each.
#
# Your scores are judged by the area under the ROC curve: the probability that an image that is no digit has
# a higher score than a digit. Unseen digits stand against noise and against the same digits with
# their pixels shuffled, which are exactly as dark. 0.95 is asked for; chance is 0.5.

# %%
def anomaly_score(model, X):
    """X: images (N, 64); returns the squared error of each, (N,)."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        means, _ = model.encode(X)
        return (X - model.decode(means)).pow(2).sum(dim=1)
    ### END SOLUTION

# %%
grader.check("q9")

# %% [markdown]
# The ten validation images with the highest scores, and below them what the VAE draws instead. They
# are digits, but odd ones: would you have read them?

# %%
oddest = torch.as_tensor(anomaly_score(vae, X_valid)).argsort(descending=True)[:10]
show(X_valid[oddest], vae.decode(vae.encode(X_valid[oddest])[0]).detach())

# %% [markdown]
# ## Question 10: a map of the digits (4 points, graded by a person)
#
# A second VAE with only **two** latent dimensions can be drawn as a map. Left, the means of the
# codes of the training images, coloured by their labels, which the network never saw. Right, what the
# decoder draws at each place of a grid from −3 to 3. Both have the same axes: what lies at the lower
# left in one lies there in the other.

# %%
plane = VAE(latent=2)
train(plane, vae_loss, X_train, epochs=25)
codes = plane.encode(X_train)[0].detach().numpy()

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5))
dots = left.scatter(*codes.T, c=labels[:1200], cmap="tab10", s=8)
figure.colorbar(dots, ax=left, ticks=range(10))
left.set_xlim(-3.25, 3.25)
left.set_ylim(-3.25, 3.25)
side = np.linspace(-3, 3, 13)
grid = torch.tensor([[across, up] for up in side[::-1] for across in side], dtype=torch.float32)
tiles = F.pad(plane.decode(grid).detach().reshape(13, 13, 8, 8), (1, 1, 1, 1))
right.imshow(tiles.permute(0, 2, 1, 3).reshape(130, 130), cmap="gray_r", extent=(-3.25, 3.25, -3.25, 3.25))

# %% [markdown]
# Which digits have a region of their own, and which lie upon each other, and why? What does the map show
# between two regions, and why could the map of a plain autoencoder not be read that way? What
# would happen to it with a much smaller, and with a much larger `noise`? Write about ten lines.

# %% [markdown] manual="q10" points=4
# Digits of a shape of their own (0, 2, 4, 6) have regions of their own; 5, 8, 9 and some of the 1s lie upon
# each other, as they differ by few pixels and two numbers are too few to keep them apart. (1 point
# for regions and overlaps that the map shows, with a reason in the images.)
#
# Between two regions the decoder draws something between the two digits, and often it is blurred: the clouds
# of both reach there, and the mean of several images is what makes the squared error smallest. (1 point)
#
# In a plain autoencoder nothing fixes where codes lie, or that what is between them means
# anything: each is a point, and the loss never asks for the rest. The VAE must draw the image from every
# code of a cloud, and the divergence keeps the clouds wide and near to the prior. (1 point)
#
# A much smaller `noise` makes the error heavy against the divergence (a small β): clouds shrink, the map
# spreads and gets holes, as in an autoencoder. A much larger one makes the divergence heavy: all
# clouds become the prior, the classes lie upon each other and each tile is the same mean image. (1 point)
