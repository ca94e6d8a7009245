"""The training loop, without options: stochastic gradient descent on MNIST in plain PyTorch.

Run it: `python docs/training_loop_in_60_lines.py`. `digitlab.fit` does the same (a test compares the
weights) and adds what a first reader can do without: other optimizers, schedules, early stopping, moving
averages, checkpoints, several seeds at once, and steps that are several times as fast.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from digitlab.data import mnist
from digitlab.networks import build
from digitlab.training.randomness import epoch_order

EPOCHS, BATCH_SIZE, LEARNING_RATE, SEED = 3, 32, 0.1, 0


def train(network: nn.Module, images: Tensor, labels: Tensor) -> None:
    """Trains `network` in place on images `(n, 28, 28)`, ink in [0, 1], and labels `(n,)`."""
    for epoch in range(EPOCHS):
        # Every epoch goes through all examples once, in a new order.
        for batch in epoch_order(SEED, len(images), epoch).split(BATCH_SIZE):
            # Forward pass: from images to logits, from logits to the mean cross-entropy loss.
            logits = network(images[batch])
            loss = cross_entropy(logits, labels[batch])
            # Backward pass: the gradient of the loss with respect to every parameter.
            network.zero_grad()
            loss.backward()
            # Update: a small step against the gradient.
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter -= LEARNING_RATE * parameter.grad
        print(f"epoch {epoch + 1}: loss of the last batch {loss.item():.4f}")


def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of the images whose largest logit is that of their label."""
    with torch.inference_mode():
        return (network(images).argmax(dim=1) == labels).float().mean().item()


def main() -> None:
    """Trains 30 hidden units on 10,000 digits and scores them on the test digits."""
    network = build("mlp", hidden=(30,), seed=SEED)
    digits, test = mnist("train").take(10_000), mnist("test")
    train(network, torch.from_numpy(digits.ink()), torch.tensor(digits.labels))
    score = accuracy(network, torch.from_numpy(test.ink()), torch.tensor(test.labels))
    print(f"test accuracy {score:.2%}")


if __name__ == "__main__":
    main()
