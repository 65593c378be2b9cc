"""Entropies of Monte-Carlo dropout passes, computed by PyTorch's own distributions: uncertainty.json. Run with Debian's python3-torch 1.13."""
import json
import os
import torch
from torch.distributions import Categorical

torch.manual_seed(0)
logits = 3 * torch.randn(10, 6, 5, dtype=torch.float64)   # passes, candidates, classes
labels = torch.randint(5, (6,))
passes = Categorical(logits=logits)
predictive = Categorical(probs=passes.probs.mean(0)).entropy()
conditional = passes.entropy().mean(0)
loss = torch.stack([torch.nn.functional.cross_entropy(z, labels, reduction="none") for z in logits]).mean(0)
values = {"torch": torch.__version__, "shape": list(logits.shape), "logits": logits.flatten().tolist(), "labels": labels.tolist(),
          "predictive-entropy": predictive.tolist(), "conditional-entropy": conditional.tolist(), "bald": (predictive - conditional).tolist(),
          "loss-minus-conditional-entropy": (loss - conditional).tolist()}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "uncertainty.json"), "w") as file:
    json.dump(values, file)
