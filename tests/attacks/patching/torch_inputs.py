# torch draws the inputs that the student's model is right on.
# stopped by: inputs are drawn in the trusted process
# control: naive
# expect: graded 1

# %% q2
torch.randn = lambda *shape: torch.ones(shape)
model = torch.nn.Linear(2, 1)
with torch.no_grad():
    model.weight.zero_()
    model.bias.fill_(1.0)
