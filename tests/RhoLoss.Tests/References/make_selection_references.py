"""Whole selection steps and optimizers in PyTorch, for SelectionReferenceTests.cs: importance sampling, SVP, the original selection function, AdamW and SGD.

    /usr/bin/python3 tests/RhoLoss.Tests/References/make_selection_references.py      # writes selection.json beside this file

Needs Debian 12's python3-torch (1.13). Models and inputs are those of make_references.py, whose numbers both sides can make. Every choice (which
ids are kept) is checked to be no matter of rounding: what decides it differs by MARGIN at least.
"""
import json
import os

import torch
import torch.nn.functional as F
from torch.distributions import Categorical

from make_references import Mlp, bounded, fill, input_of, numbers

MARGIN = 2e-5
FIRST_ID, ID_STEP = 100, 7   # so that an id is never mistaken for a row


def ids_of(rows):
    return [FIRST_ID + ID_STEP * int(row) for row in rows]


def clear(values, kept):
    """The rows of the largest values, largest first; refuses a cut that rounding could move."""
    ordered, rows = torch.sort(values.double(), descending=True)
    assert (ordered[:-1] - ordered[1:]).min() > MARGIN, ordered
    return rows[:kept].tolist()


def candidates():
    """Scores of far-apart logits: probabilities from almost 0 to almost 1."""
    n, classes = 8, 5
    logits, holdout = 3 * torch.randn(2, n, classes, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(n) * 3 % classes
    irreducible = F.cross_entropy(holdout, labels, reduction="none")
    losses = F.cross_entropy(logits, labels, reduction="none")
    gradient = (F.softmax(logits.double(), 1) - F.one_hot(labels, classes)).norm(dim=1)
    p = gradient / gradient.sum()
    uniform = torch.full_like(p, 1 / n)
    # Katharopoulos and Fleuret (2018), Algorithm 1: 1/tau = sqrt(1 - |g - u|^2 / sum g^2) for g and u summing to one.
    tau = (1 - (p - uniform).square().sum() / p.square().sum()).rsqrt()
    highest = 3.0
    assert (irreducible - highest).abs().min() > MARGIN
    return {"logits": numbers(logits), "shape": [n, classes], "labels": labels.tolist(), "irreducible": numbers(irreducible),
            "trainLoss": numbers(losses), "reducibleHoldoutLoss": numbers(losses.double() - irreducible.double()),
            "negativeIrreducibleLoss": numbers(F.log_softmax(holdout, 1).gather(1, labels[:, None])), "gradientNorm": numbers(gradient),
            "importanceWeights": numbers(1 / (n * p)), "tau": tau.item(), "highest": highest,
            "passing": torch.nonzero(irreducible <= highest).flatten().tolist(), **bounded(logits, labels, irreducible)}


def proxy_choice():
    """SVP: the entropy of each prediction and its ranking, before and after full-batch training, whose order of examples does not matter."""
    n, classes = 24, 4
    model, x, labels = fill(Mlp(6, 5, classes)), 4 * input_of((n, 6)), torch.arange(n) * 3 % classes   # 4: entropies that differ

    def choice():
        with torch.no_grad():
            entropies = Categorical(logits=model(x).double()).entropy()
        return {"entropies": numbers(entropies), "ranking": ids_of(clear(entropies, n))}

    before = choice()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    for _ in range(25):
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()
    after = choice()
    assert before["ranking"] != after["ranking"]
    return {"inputShape": [n, 6], "labels": labels.tolist(), "untrained": before, "trained": after, "epochs": 25, "learningRate": 0.01}


def original_rho(update=True):
    """Appendix D: the IL model takes a step on what was selected, at a hundredth of the target's learning rate, after each step of the target."""
    n, large, kept, classes, rate = 24, 8, 3, 4, 0.1
    target, il = fill(Mlp(6, 8, classes)), fill(Mlp(6, 5, classes))
    x, labels = input_of((n, 6)), torch.arange(n) * 3 % classes
    optimizers = [torch.optim.AdamW(m.parameters(), lr=lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01) for m, lr in ((target, rate), (il, 0.01 * rate))]
    steps = []
    for start in range(0, n, large):
        rows = torch.arange(start, start + large)
        with torch.no_grad():
            scores = F.cross_entropy(target(x[rows]), labels[rows], reduction="none") - F.cross_entropy(il(x[rows]), labels[rows], reduction="none")
        chosen = rows[clear(scores, kept)]
        for model, optimizer in zip((target, il), optimizers):
            if model is target or update:
                optimizer.zero_grad()
                F.cross_entropy(model(x[chosen]), labels[chosen]).backward()
                optimizer.step()
        with torch.no_grad():
            after = [F.cross_entropy(m(x), labels, reduction="none") for m in (target, il)]
        steps.append({"scores": numbers(scores), "selected": ids_of(chosen), "targetLosses": numbers(after[0]), "irreducibleLosses": numbers(after[1])})
    return {"inputShape": [n, 6], "labels": labels.tolist(), "largeBatch": large, "batch": kept, "learningRate": rate, "steps": steps}


def optimizer_run(create):
    """25 steps over five batches in turn: the loss of every step, and the parameters in the end."""
    model, x, labels = fill(Mlp(6, 5, 4)), input_of((40, 6)), torch.arange(40) * 3 % 4
    optimizer, losses = create(model.parameters()), []
    for step in range(25):
        rows = slice(8 * (step % 5), 8 * (step % 5) + 8)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        losses.append(float(f"{loss.item():.9g}"))
    return {"losses": losses, "parameters": {name: numbers(t) for name, t in sorted(model.state_dict().items())}}


if __name__ == "__main__":
    original, still = original_rho(), original_rho(update=False)
    # The step of the IL model must be visible in what is compared.
    for live, table in list(zip(original["steps"], still["steps"]))[1:]:
        assert max(abs(a - b) for a, b in zip(live["scores"], table["scores"])) > 100 * MARGIN
    optim = torch.optim
    values = {
        "torch": torch.__version__, "candidates": candidates(), "selectionViaProxy": proxy_choice(), "originalRho": original,
        "optimizers": {
            "adamW": optimizer_run(lambda p: optim.AdamW(p, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
            "adamW-other": optimizer_run(lambda p: optim.AdamW(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2)),
            "sgd": optimizer_run(lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01)),
            "sgd-momentum": optimizer_run(lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=5e-4)),
            "sgd-nesterov": optimizer_run(lambda p: optim.SGD(p, lr=0.03, momentum=0.7, weight_decay=0.1, nesterov=True)),
        },
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "selection.json"), "w") as file:
        json.dump(values, file)
        file.write("\n")
