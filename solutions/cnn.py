# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Convolutional networks
#
# In this notebook you build a convolutional network twice: first its parts by hand in NumPy, then
# the whole in PyTorch, and you train it to read handwritten digits.
#
# Run the cells from top to bottom. Write where it says `YOUR CODE HERE`, and run
# `grader.check(...)` below a question to check yourself. When you submit, further tests run, with
# other inputs. 20 points are given by tests and 4 by a person, for question 8.

# %%
import otter
grader = otter.Notebook("cnn.ipynb")

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import make_moons
from sklearn.metrics import confusion_matrix
from torch import nn

torch.manual_seed(0)
np.random.seed(0)

# %% [markdown]
# ## The data
#
# 1437 grey images of digits, 8 by 8 pixels, values from 0 (white) to 1 (black). The labels of
# another 360 stay with the grader: your network is tested on them. The last 237 of ours we keep
# aside for question 8.

# %%
digits = np.load("data/digits.npz")
images, labels = digits["images"], digits["labels"]
X_train, y_train = torch.from_numpy(images[:1200, None]), torch.from_numpy(labels[:1200])
X_valid, y_valid = torch.from_numpy(images[1200:, None]), torch.from_numpy(labels[1200:])
print(X_train.shape, y_train.shape)

figure, axes = plt.subplots(1, 8, figsize=(8, 1.3))
for axis, image, label in zip(axes, images, labels):
    axis.imshow(image, cmap="gray_r")
    axis.set_title(label)
    axis.axis("off")

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
# ## Question 1: convolution by hand (3 points)
#
# What deep learning calls a convolution is a *cross-correlation*: the kernel slides over the image
# and is **not** flipped ([Goodfellow, Bengio and Courville 2016, section 9.1](https://www.deeplearningbook.org/contents/convnets.html)).
# Without padding ("valid") the output is smaller than the image:
#
# $$\text{out}[i, j] = \sum_{u=0}^{k_h - 1} \sum_{v=0}^{k_w - 1} \text{image}[i + u, j + v]\;\text{kernel}[u, v]$$
#
# An image of shape $(H, W)$ and a kernel of shape $(k_h, k_w)$ give
# $(H - k_h + 1, W - k_w + 1)$. Kernels need not be square.
#
# An example, with a kernel that takes from each pixel the one below and to the right:
#
# $$\begin{pmatrix} 3 & 1 & 4 \\ 1 & 5 & 9 \end{pmatrix} \star
#   \begin{pmatrix} 1 & 0 \\ 0 & -1 \end{pmatrix}
#   = \begin{pmatrix} 3 - 5 & 1 - 9 \end{pmatrix} = \begin{pmatrix} -2 & -8 \end{pmatrix}$$

# %%
def conv2d(image, kernel):
    """Valid cross-correlation.

    image: array (H, W); kernel: array (kh, kw); returns an array (H - kh + 1, W - kw + 1).
    """
    ### BEGIN SOLUTION
    kh, kw = kernel.shape
    height, width = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out
    ### END SOLUTION

# %%
grader.check("q1")

# %% [markdown]
# ## Question 2: kernels with names (3 points)
#
# Before networks learned their kernels, people designed them (the two below that find edges are due to
# Irwin Sobel and Gary Feldman, 1968). Fill in four, each 3 by 3:
#
# * `blur`: the mean of the nine pixels;
# * `sharpen`: five times the pixel less its four direct neighbours;
# * `sobel_x`: answers to brightness that grows **to the right**, with weights 1, 2, 1 down the rows;
# * `sobel_y`: the same for brightness that grows **downwards**.
#
# Then `edges`, the strength of the edge at each place: $\sqrt{g_x^2 + g_y^2}$, where $g_x$ and
# $g_y$ are what the two Sobel kernels give.

# %%
def named_kernels():
    """A dict of the names blur, sharpen, sobel_x, sobel_y to arrays (3, 3)."""
    ### BEGIN SOLUTION
    sobel_x = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    return {
        "blur": np.ones((3, 3)) / 9,
        "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "sobel_x": sobel_x,
        "sobel_y": sobel_x.T,
    }
    ### END SOLUTION


def edges(image):
    """The strength of the edge, (H, W) -> (H - 2, W - 2)."""
    ### BEGIN SOLUTION
    named = named_kernels()
    across, down = conv2d(image, named["sobel_x"]), conv2d(image, named["sobel_y"])
    return np.sqrt(across**2 + down**2)
    ### END SOLUTION

# %%
grader.check("q2")

# %% [markdown]
# ## Question 3: max-pooling (2 points)
#
# Max-pooling keeps the largest value of each window. The window moves by `stride` (by its own size
# if `stride` is `None`); what does not fill a whole window at the border is dropped. So the row
# 3 1 4 1 5, pooled by 2, gives 3 4 with stride 2 (the 5 is left over) and 3 4 4 5 with stride 1.
#
# Pixels may be negative: an output that begins at zero is wrong for them.

# %%
def max_pool2d(x, size=2, stride=None):
    """x: array (H, W); returns an array ((H - size) // stride + 1, (W - size) // stride + 1)."""
    ### BEGIN SOLUTION
    stride = stride or size
    height, width = (x.shape[0] - size) // stride + 1, (x.shape[1] - size) // stride + 1
    out = np.empty((height, width), dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            top, left = i * stride, j * stride
            out[i, j] = x[top : top + size, left : left + size].max()
    return out
    ### END SOLUTION

# %%
grader.check("q3")

# %% [markdown]
# ## Question 4: how large is the output? (2 points)
#
# A layer with kernel size $k$, stride $s$ and padding $p$ on both sides turns $n$ pixels in a row
# into how many? Work the formula out on paper first; padding adds pixels, the stride skips places.
# Draw $n = 6$, $k = 3$, $s = 2$, $p = 0$: the kernel can begin at pixels 0 and 2, but not at 4. (Afterwards
# compare with the drawings of [Dumoulin and Visin 2016](https://arxiv.org/abs/1603.07285).)

# %%
def output_size(n, kernel, stride=1, padding=0):
    """The number of outputs along one axis, an int."""
    ### BEGIN SOLUTION
    return (n + 2 * padding - kernel) // stride + 1
    ### END SOLUTION

# %%
grader.check("q4")

# %% [markdown]
# ## Question 5: the architecture (4 points)
#
# Build this network for images of shape (1, 8, 8), in the manner of
# [LeCun, Bottou, Bengio and Haffner 1998](https://doi.org/10.1109/5.726791). Each convolution and each of the first two
# dense layers is followed by a ReLU; the last layer gives ten scores (logits), without softmax.
#
# | attribute | layer |
# |---|---|
# | `conv1` | 5 × 5 convolution, 1 → 16 channels, padded so that 8 × 8 stays 8 × 8 |
# |  | 2 × 2 max-pooling |
# | `conv2` | 3 × 3 convolution, 16 → 16 channels, padded so that the size stays |
# |  | 2 × 2 max-pooling |
# | `fc1`, `fc2`, `fc3` | dense layers of 64, 32 and 10 units |
#
# With the padding of question 4 in mind: which $p$ keeps 8 pixels for $k = 5$, and which for
# $k = 3$? Before the first dense layer each image is flattened; the batch is not.
#
# Also work out **by hand** the shapes after each step (for one image, without the batch) and the
# number of parameters: a convolution has $c_\text{out} (c_\text{in} k^2 + 1)$, a dense layer
# $n_\text{out} (n_\text{in} + 1)$.

# %%
class DigitNet(nn.Module):
    """(N, 1, 8, 8) -> (N, 10)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 2 * 2, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 10)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.flatten(1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
        ### END SOLUTION

# %%
# shape_after: a dict of the steps conv1, pool1, conv2, pool2, fc1, fc2, fc3 to tuples, such as
# {"conv1": (16, 8, 8), ...}; parameter_count: an int.
### BEGIN SOLUTION
shape_after = {
    "conv1": (16, 8, 8),
    "pool1": (16, 4, 4),
    "conv2": (16, 4, 4),
    "pool2": (16, 2, 2),
    "fc1": (64,),
    "fc2": (32,),
    "fc3": (10,),
}
parameter_count = 16 * (25 + 1) + 16 * (16 * 9 + 1) + 64 * 65 + 32 * 65 + 10 * 33
### END SOLUTION

# %%
grader.check("q5")

# %% [markdown]
# ## Question 6: training (4 points)
#
# Write the training loop. In each epoch shuffle the examples, go through them in batches, and for
# each batch: zero the gradients, compute the cross-entropy of the scores, go backward, take a step
# of the optimiser (Adam, [Kingma and Ba 2015](https://arxiv.org/abs/1412.6980), does well). Return the mean loss of each epoch as a list of floats.
#
# Then train a `model` on `X_train`, `y_train`, keeping its `losses`, and write `predict`, which
# gives the most likely digit for each image. Look at the loss first: only when it falls is there a
# point in looking at the accuracy. 90 % is asked for, on unseen digits with a little noise added;
# aim for 92 % or more on `X_valid`.
#
# Where people stumble:
#
# * A loss that stays near $\ln 10 \approx 2.3$ is that of guessing: does the optimiser take its
#   steps, and are the images and their labels shuffled *together*?
# * Cross-entropy takes the scores themselves. A softmax before it slows the learning down.
# * Collect plain numbers: a loss that is kept as a tensor keeps the whole graph behind it.
# * `predict` needs no gradients, and leaves the network's parameters as they are.

# %%
def train(model, X, y, epochs=30, lr=0.003, batch_size=64):
    """Trains `model` in place on X (N, 1, 8, 8) and y (N,); returns `epochs` mean losses."""
    ### BEGIN SOLUTION
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        order, total = torch.randperm(len(X)), 0.0
        for batch in order.split(batch_size):
            optimiser.zero_grad()
            loss = F.cross_entropy(model(X[batch]), y[batch])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses
    ### END SOLUTION


def predict(model, X):
    """The most likely digit for each of X (N, 1, 8, 8): an integer tensor (N,)."""
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        return model(X).argmax(dim=1)
    ### END SOLUTION

# %%
### BEGIN SOLUTION
model = DigitNet()
losses = train(model, X_train, y_train)
plt.plot(losses)
plt.xlabel("epoch")
plt.ylabel("cross-entropy")
print(f"validation accuracy {(predict(model, X_valid) == y_valid).float().mean():.3f}")
### END SOLUTION

# %%
grader.check("q6")

# %% [markdown]
# ## Question 7: a decision boundary in the plane (2 points)
#
# Two classes of points, two interleaved half moons. Train a small network with at least one hidden
# layer on them, and write `predict_plane`, which gives 0 or 1 for each point. A straight line gets
# 87 % right; 93 % on new points is asked for.
#
# Your `train` works here as well, as long as the network gives a score for each of the two classes.
# `predict_plane` is given NumPy arrays of 64-bit numbers; PyTorch's layers hold 32-bit ones.

# %%
plane, side = make_moons(400, noise=0.15, random_state=0)
plt.scatter(*plane.T, c=side, cmap="coolwarm", s=8)

# %%
def predict_plane(points):
    """points: array (N, 2); returns an integer array (N,) of 0 and 1."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        return plane_net(torch.as_tensor(points, dtype=torch.float32)).argmax(dim=1).numpy()
    ### END SOLUTION

# %%
### BEGIN SOLUTION
plane_net = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
train(plane_net, torch.tensor(plane, dtype=torch.float32), torch.tensor(side), epochs=40, lr=0.01)
### END SOLUTION

# %%
grader.check("q7")

# %% [markdown]
# The boundary, drawn by asking your function about every point of a grid:

# %%
across, up = np.meshgrid(np.linspace(-1.5, 2.5, 200), np.linspace(-1, 1.5, 150))
answers = np.asarray(predict_plane(np.column_stack([across.ravel(), up.ravel()])))
plt.contourf(across, up, answers.reshape(across.shape), alpha=0.3, cmap="coolwarm")
plt.scatter(*plane.T, c=side, cmap="coolwarm", s=8)

# %% [markdown]
# ## Question 8: what does it confuse? (4 points, graded by a person)
#
# The rows are the true digits, the columns what your network said.

# %%
confusion = confusion_matrix(y_valid, predict(model, X_valid), labels=range(10))
print(confusion)

# %% [markdown]
# Which digits are confused most, and why might that be? Is the matrix symmetric, and what would it
# mean if it were not? What do its rows tell that the accuracy does not? Write about ten lines.

# %% [markdown] manual="q8" points=4
# Most errors are among 8, 1, 9 and 3: at 8 by 8 pixels a closed loop and an open one differ by
# one or two grey pixels. (1 point for naming pairs that the matrix shows, 1 for a reason in the images.)
#
# The matrix need not be symmetric: an 8 read as a 1 is another error than a 1 read as an 8. A
# column that is too heavy means that the network prefers that digit, as it does when a class is
# frequent or its images vary much. (1 point)
#
# Each row divided by its sum gives the recall of one digit. An accuracy of 97 % can hide a digit
# of which a tenth is lost, which matters when the classes are not equally frequent or errors not
# equally costly. (1 point)
