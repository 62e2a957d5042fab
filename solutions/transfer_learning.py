# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Transfer learning
#
# Someone else had 30,000 images and trained a network on them. You have four images of each class.
# In this notebook you take that network's *backbone*, put a new head on it, train the head alone,
# and see by how much that beats training from scratch on the same forty images. Then you let the
# backbone learn too, with care, and export what came of it, to look at in a viewer.
#
# Run the cells from top to bottom. Write where it says `YOUR CODE HERE`, and run
# `grader.check(...)` below a question to check yourself. When you submit, further tests run, with
# other inputs. 20 points are given by tests and 4 by a person, for question 8.

# %%
import otter
grader = otter.Notebook("transfer_learning.ipynb")

# %%
import copy

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.export
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

torch.manual_seed(0)
np.random.seed(0)

# %% [markdown]
# ## Two tasks
#
# The terms are those of [Pan and Yang (2010)](https://doi.org/10.1109/TKDE.2009.191), "A survey on
# transfer learning". The *source task* is to read 120 letters of an alphabet that was invented for
# this course. The *target task*, yours, is to read ten other letters of it. A letter is four strokes;
# each image of it is drawn anew: turned, stretched, moved and noisy. You get 40 images of each of the
# ten, 16 by 16 pixels, from 0 (white) to 1 (black). Images of them that you never see stay with the
# grader.

# %%
letters = np.load("data/letters.npz")
labels = letters["labels"]
X = torch.from_numpy(letters["images"][:, None] / 255).float()
y = torch.from_numpy(labels)
print(X.shape, y.shape)

figure, axes = plt.subplots(4, 10, figsize=(8, 3.4))
for letter in range(10):
    axes[0, letter].set_title(letter)
    for axis, image in zip(axes[:, letter], X[y == letter]):
        axis.imshow(image[0], cmap="gray_r")
        axis.axis("off")

# %% [markdown]
# ## The network
#
# The backbone turns an image into 48 features; the head turns features into scores. Both tasks use
# this network, with heads of different width.
#
# Batch normalisation ([Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167)) gives for each
# channel $\gamma\,(x - \mu) / \sqrt{\sigma^2 + \epsilon} + \beta$. The weights $\gamma$ and $\beta$
# are learned. In training mode, $\mu$ and $\sigma^2$ are those of the batch, and a running average of
# them is kept: $\mu_\text{running} \leftarrow 0.9\,\mu_\text{running} + 0.1\,\mu_\text{batch}$. In
# evaluation mode the running averages are used and stay as they are. They are no parameters: **no
# gradient reaches them, and they move all the same.** This matters in question 2.

# %%
class LetterNet(nn.Module):
    """(N, 1, 16, 16) -> (N, classes)."""

    def __init__(self, classes):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2, bias=False), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(48, classes))

    def forward(self, x):
        return self.head(self.backbone(x))

# %% [markdown]
# The trained network's weights lie in a [safetensors](https://huggingface.co/docs/safetensors) file:
# names, shapes and numbers, and nothing that runs when it is opened. (A pickle, which `torch.save`
# writes, can run code: open those of strangers with `weights_only=True`, or not at all.)

# %%
PRETRAINED = "data/backbone.safetensors"
for name, value in load_file(PRETRAINED).items():
    print(f"{name:40s}{tuple(value.shape)}")

# %% [markdown]
# ## Question 1: a new head (3 points)
#
# The file holds all of the source network: `backbone.` and a `head.` for 120 letters. Write
# `load_pretrained`: a `LetterNet` with as many classes as asked for, all of the backbone (the running
# averages as well) from the file, and a new head as PyTorch initialises it.
#
# `load_state_dict` is strict for good reasons: it complains about names that are missing, are too
# many, or have another shape. `strict=False` silences the first two. Whoever uses it on names that
# begin differently loads **nothing**, and is told nothing. So make the names match instead: the
# state of `model.backbone` has no `backbone.` in front.

# %%
def load_pretrained(path, classes):
    """A LetterNet(classes) with the backbone of the file at `path` and a new head."""
    ### BEGIN SOLUTION
    model = LetterNet(classes)
    prefix = "backbone."
    state = {name: value for name, value in load_file(path).items() if name.startswith(prefix)}
    model.backbone.load_state_dict({name.removeprefix(prefix): value for name, value in state.items()})
    return model
    ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# ### What the backbone has learned
#
# The twelve filters of the first layer, 5 by 5, red for positive and blue for negative weights. **Look
# for** filters that answer to an edge or a stroke in one direction: a red side next to a blue one, or a
# red band between two blue ones. Below are the filters of a network that has learned nothing, for
# comparison. Question 8 comes back to this figure.
#
# [Yosinski et al. (2014)](https://arxiv.org/abs/1411.1792), "How transferable are features in deep
# neural networks?", found that first layers come out much alike whatever the task, and that layers
# further up are more and more of their own task.

# %%
def show_filters(title, filters):
    figure, axes = plt.subplots(1, len(filters), figsize=(8, 1.1))
    figure.suptitle(title, y=1.15)
    for axis, one in zip(axes, filters):
        axis.imshow(one, cmap="bwr", vmin=-abs(one).max(), vmax=abs(one).max())
        axis.axis("off")


pretrained_net, random_net = load_pretrained(PRETRAINED, classes=10), LetterNet(classes=10)
show_filters("learned on the source task", pretrained_net.backbone[0].weight.detach()[:, 0])
show_filters("not learned", random_net.backbone[0].weight.detach()[:, 0])

# %% [markdown]
# If you like to see the filters of a large network, set `USE_RESNET = True`: the weights of a
# ResNet-18 that was trained on a million photographs are downloaded (45 MB), and its first layer is
# shown. Nothing below needs it, and grading runs without it.

# %%
USE_RESNET = False
if USE_RESNET:
    try:
        resnet = torch.hub.load_state_dict_from_url(
            "https://download.pytorch.org/models/resnet18-f37072fd.pth", weights_only=True
        )
    except OSError as error:
        print("no download, so no figure:", error)
    else:
        filters = resnet["conv1.weight"].permute(0, 2, 3, 1)  # (64, 7, 7, 3), in colour
        figure, axes = plt.subplots(4, 16, figsize=(8, 2.2))
        for axis, one in zip(axes.flat, filters):
            axis.imshow((one - one.min()) / (one.max() - one.min()))
            axis.axis("off")

# %% [markdown]
# ## Question 2: freeze (3 points)
#
# With forty images, 14,000 weights would learn them by heart. So the backbone is *frozen*. That
# has two halves, and the second is often forgotten:
#
# * `freeze(model)`: no parameter of the backbone asks for a gradient, those of batch normalisation
#   included; every parameter of the head does. It is `requires_grad` of each **parameter** that
#   counts. A module has no such attribute, and Python lets you set it without a word.
# * `train_mode(model)`: called before an epoch of training. The network goes to training mode, so
#   that dropout works; but a backbone of which **no parameter learns** goes to evaluation mode, so
#   that its running averages stay where they are. A backbone that learns trains as usual.
#
# How many parameters are left to learn, with ten classes? Work it out before you check.

# %%
def freeze(model):
    """Only the head of `model` (a LetterNet) learns from now on. Changes `model`, returns nothing."""
    ### BEGIN SOLUTION
    model.backbone.requires_grad_(False)
    model.head.requires_grad_(True)
    ### END SOLUTION


def train_mode(model):
    """Training mode, but for a frozen backbone. Changes `model`, returns nothing."""
    ### BEGIN SOLUTION
    model.train()
    if not any(parameter.requires_grad for parameter in model.backbone.parameters()):
        model.backbone.eval()
    ### END SOLUTION

# %%
grader.check("q2")

# %% [markdown]
# ## Question 3: split few labels (2 points)
#
# Of the 40 images of each letter, four are for training and four for validation. The other 32 play
# the future: they are for one look at the end. With so few, chance alone could leave a letter out of
# the training set; so the split is *stratified*: **of each class** `each` examples go to
# training, `each` others to validation, and all that remain to the test set.
#
# Draw them at random, by `seed`: the same seed gives the same split again, another seed another one.
# Classes may be of different sizes, and be named by any numbers.

# %%
def split(labels, each, seed):
    """labels: integer array (N,). Three integer arrays of indices, disjoint, together 0 to N - 1:
    training (each * classes,), validation (each * classes,) and test (all others)."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    train, valid, test = [], [], []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        train.append(members[:each])
        valid.append(members[each : 2 * each])
        test.append(members[2 * each :])
    return np.concatenate(train), np.concatenate(valid), np.concatenate(test)
    ### END SOLUTION

# %%
grader.check("q3")

# %%
def few(seed):
    """One draw of few labels: a training, a validation and a test set, each (images, labels)."""
    return [(X[chosen], y[chosen]) for chosen in split(labels, 4, seed)]

# %% [markdown]
# ## Question 4: early stopping (3 points)
#
# The training loss falls for ever; the validation loss falls, then rises. Where it is lowest is where
# one should have stopped, which one knows only afterwards. So: remember the weights whenever the
# validation loss is lower than ever before, stop once it was not for `patience` epochs in a row, and
# go back to the weights remembered. ([Prechelt, 1998](https://doi.org/10.1007/3-540-49430-8_3), "Early
# stopping, but when?", compares criteria; this one is the most used.)
#
# With a patience of 2 and the losses 3, 2, 2.5, 1.9, 1.9, 2.1, the answers of `update` are False five
# times and then True: the fourth is better than the second, the fifth is only as good as the fourth,
# which is no improvement. `restore` goes back to the weights of the fourth.
#
# Where people stumble: `model.state_dict()` gives the tensors of the model, no copies. The
# optimiser changes tensors in place; so what was put away goes on changing.

# %%
class EarlyStopping:
    """Watches the validation loss, and keeps the weights with which it was lowest."""

    def __init__(self, patience):
        ### BEGIN SOLUTION
        self.patience, self.waited = patience, 0
        self.best, self.weights = float("inf"), None
        ### END SOLUTION

    def update(self, loss, model):
        """Takes the loss (a float) after an epoch; True when it is time to stop, else False."""
        ### BEGIN SOLUTION
        if loss < self.best:
            self.best, self.waited = loss, 0
            self.weights = copy.deepcopy(model.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.patience
        ### END SOLUTION

    def restore(self, model):
        """Puts the best weights, running averages included, back into `model`."""
        ### BEGIN SOLUTION
        model.load_state_dict(self.weights)
        ### END SOLUTION

# %%
grader.check("q4")

# %% [markdown]
# ## Question 5: transfer against scratch (4 points)
#
# Write `fit`. Each epoch goes through the training set in shuffled batches of 8 with your
# `train_mode`, and then computes the validation loss: over the whole validation set, in evaluation
# mode, without gradients. It ends by early stopping or after `max_epochs`, and leaves the best
# weights in the model. It returns the losses, so that they can be drawn.
#
# Write `predict`, which gives the most likely letter for each image, whatever mode the network is in
# when it is called.
#
# Then train, for each of the seeds 0, 1 and 2, on `few(seed)`:
#
# * a network from `load_pretrained`, frozen, with Adam at a learning rate of 0.01 on its head's
#   parameters. Keep the three in the list `transferred`;
# * a new `LetterNet` on the same labels, with Adam at 0.005 on all parameters. Keep them in `scratch`;
# * what `fit` returned, in `curves`: a dict of `"transfer"` and `"scratch"` to a list of three.
#
# Why three? With 40 labels, *which* 40 they are matters about as much as what you do with them. One
# run proves little. The grader shows your three transferred networks new images: on average they must
# get **65 %** right, and **5 percentage points more** than networks that the grader trains from scratch
# with as many labels. (Guessing gets 10 %.)
#
# Where people stumble: the optimiser's gradients are zeroed for each batch; the test set chooses
# nothing, neither the epoch nor the learning rate; `history` holds floats, no tensors.

# %%
def fit(model, optimiser, train, valid, max_epochs=40, patience=6):
    """Trains `model` in place with `optimiser`; stops early and restores the best weights.

    train, valid: (images (N, 1, 16, 16), labels (N,)). Returns a dict of "train" and "valid" to a
    list of floats: the mean cross-entropy of each epoch that was run.
    """
    ### BEGIN SOLUTION
    (images, letters), (valid_images, valid_letters) = train, valid
    stopping, history = EarlyStopping(patience), {"train": [], "valid": []}
    for _ in range(max_epochs):
        train_mode(model)
        total = 0.0
        for batch in torch.randperm(len(images)).split(8):
            optimiser.zero_grad()
            loss = F.cross_entropy(model(images[batch]), letters[batch])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        history["train"].append(total / len(images))
        model.eval()
        with torch.no_grad():
            history["valid"].append(F.cross_entropy(model(valid_images), valid_letters).item())
        if stopping.update(history["valid"][-1], model):
            break
    stopping.restore(model)
    return history
    ### END SOLUTION


def predict(model, images):
    """The most likely letter for each of the images (N, 1, 16, 16): an integer tensor (N,)."""
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        return model(images).argmax(dim=1)
    ### END SOLUTION

# %%
### BEGIN SOLUTION
transferred, scratch, curves = [], [], {"transfer": [], "scratch": []}
for seed in range(3):
    train, valid, _ = few(seed)
    net = load_pretrained(PRETRAINED, 10)
    freeze(net)
    curves["transfer"].append(fit(net, torch.optim.Adam(net.head.parameters(), lr=0.01), train, valid))
    transferred.append(net)
    net = LetterNet(10)
    curves["scratch"].append(fit(net, torch.optim.Adam(net.parameters(), lr=0.005), train, valid))
    scratch.append(net)
### END SOLUTION

# %%
grader.check("q5")

# %% [markdown]
# The learning curves. A thin line is the training loss, a thick one the validation loss. **Read them
# in this order:** Where do the thick lines begin, and how soon are they at their lowest? How far do
# thin and thick come apart in either panel? Which panel would you rather stop early in? The line of
# each run ends where it stopped.

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True)
for axis, (name, histories) in zip(axes, curves.items()):
    for number, history in enumerate(histories):
        axis.plot(history["train"], color=f"C{number}", linewidth=0.7)
        axis.plot(history["valid"], color=f"C{number}", linewidth=2)
    axis.set_title(name)
    axis.set_xlabel("epoch")
axes[0].set_ylabel("cross-entropy")


def accuracy(model, images, letters):
    return float((torch.as_tensor(predict(model, images)) == letters).float().mean())


for name, models in (("transfer", transferred), ("scratch", scratch)):
    shares = [accuracy(model, *few(seed)[2]) for seed, model in enumerate(models)]
    print(f"{name:10s} test accuracy {np.mean(shares):.3f}, each", *(f"{share:.3f}" for share in shares))

# %% [markdown]
# ## Question 6: unfreeze (3 points)
#
# The head is good now, so the gradients that reach the backbone mean something, and it may learn as
# well. But carefully: a learning rate as high as the head's would wash away in a few steps what 30,000
# images taught. [Howard and Ruder (2018)](https://arxiv.org/abs/1801.06146) call lower rates for lower
# layers *discriminative fine-tuning*. In PyTorch an optimiser takes a list of *parameter groups*,
# dicts of `"params"` and of settings of their own such as `"lr"`.
#
# Write `parameter_groups`: it makes every parameter of the network learn again, and returns two groups,
# the backbone's and then the head's, each parameter in exactly one.
#
# Then fine-tune a **copy** of `transferred[0]`, named `tuned`, on `few(0)`: Adam with your groups, 0.0001 for
# the backbone and 0.001 for the head. The backbone should move, but by no more than a few percent of the
# length of its weights. Do not expect much of it here: with forty labels the accuracy may rise or fall a
# little, and the best epoch may be the first. (With more labels fine-tuning wins; Yosinski et al. show it.)

# %%
def parameter_groups(model, backbone_lr, head_lr):
    """Makes all of `model` learn; returns a list of two dicts of "params" and "lr"."""
    ### BEGIN SOLUTION
    model.requires_grad_(True)
    return [
        {"params": list(model.backbone.parameters()), "lr": backbone_lr},
        {"params": list(model.head.parameters()), "lr": head_lr},
    ]
    ### END SOLUTION

# %%
### BEGIN SOLUTION
tuned = copy.deepcopy(transferred[0])
train, valid, test = few(0)
fit(tuned, torch.optim.Adam(parameter_groups(tuned, 0.0001, 0.001)), train, valid)
print(f"test accuracy {accuracy(transferred[0], *test):.3f}, tuned {accuracy(tuned, *test):.3f}")
### END SOLUTION

# %%
grader.check("q6")

# %% [markdown]
# ## Question 7: export (2 points)
#
# To hand a network on, one exports it: its graph of operations with its weights, which opens without
# the class that made it. `torch.export.export(model, example)` runs the model once on the tuple
# of inputs `example` and records what it does; `torch.export.save` writes that to a `.pt2` file.
# Two things are recorded for good unless you see to them:
#
# * the **mode**: what is recorded in training mode drops features for ever;
# * the **shape**: recorded with two images, the graph takes two images, always. `dynamic_shapes`
#   says which axes are free. A dynamic axis has a name, `torch.export.Dim("batch")`, and `dynamic_shapes`
#   is, like `example`, a tuple with one entry an input: a dict of axis to name. Give an example of more
#   than one image: a single one is taken for a constant.

# %%
def export(model, path):
    """Writes `model` (a LetterNet) to the .pt2 file at `path`: evaluation mode, any number of images."""
    ### BEGIN SOLUTION
    model.eval()
    batch = torch.export.Dim("batch")
    program = torch.export.export(model, (torch.zeros(2, 1, 16, 16),), dynamic_shapes=({0: batch},))
    torch.export.save(program, path)
    ### END SOLUTION

# %%
export(tuned, "tuned.pt2")

# %%
grader.check("q7")

# %% [markdown]
# Now look at it. [Netron](https://netron.app) is a viewer of networks: open `tuned.pt2` on its web page, or
# `pip install netron` and run `netron tuned.pt2`. Click on a node to see its weights. Dropout is
# there and does nothing, as its third argument says. `data/backbone.safetensors` opens too, but shows
# weights only: no graph was saved in it.

# %% [markdown]
# ## Question 8: what was transferred? (4 points, graded by a person)
#
# Look at the filters below question 1 and at the learning curves below question 5. What in them shows
# that something was transferred, and what kind of thing is it? Why does training from scratch do
# worse, although the network is the same and fits its training images? What would you expect with 400
# labels of each letter instead of four, and what if the target were photographs of fruit?
# Write about ten lines.

# %% [markdown] manual="q8" points=4
# The learned filters are edges and strokes in several directions, which any letter is made of; the
# random ones show no structure. What was transferred is a description of images in these terms, robust to
# turning, moving and noise, not knowledge of the ten letters. (1 point for the filters, read from the figure)
#
# In the curves, the validation loss of the transferred networks falls further and stays near the
# training loss; from scratch the training loss goes to zero and the validation loss stays high or
# rises. (1 point) The network from scratch fits 40 images with 14,000 weights: it has no way to tell
# stroke from noise, and learns them by heart. The head alone has 490. (1 point: overfitting, by numbers of
# weights and labels or by the gap)
#
# With 400 labels of each letter scratch would catch up, and fine-tuning all layers would beat a frozen backbone.
# Photographs are far from the source: the first layer may still help, the upper ones may not,
# and a frozen backbone could be worse than none (negative transfer). (1 point for both)
