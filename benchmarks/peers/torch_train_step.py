#!/usr/bin/env python3
"""The peer of `train-step`: the same Llama-style step in stock PyTorch on the processor, one JSON line.

usage: torch_train_step.py D L H F V T B STEPS   (bf16 autocast, AdamW, two warm-up steps)
"""
import json, sys, time
import torch
from torch import nn
from torch.nn import functional as F

D, L, H, FF, V, T, B, STEPS = map(int, sys.argv[1:9])


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(D))

    def forward(self, x):
        y = x.float()
        return y * torch.rsqrt(y.square().mean(-1, keepdim=True) + 1e-5) * self.gain


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        self.qkv = nn.Linear(D, 3 * D, bias=False)
        self.out = nn.Linear(D, D, bias=False)
        self.gate_up = nn.Linear(D, 2 * FF, bias=False)
        self.down = nn.Linear(FF, D, bias=False)

    def forward(self, x, cos, sin, mask):
        heads = [t.view(B, T, H, D // H).transpose(1, 2) for t in self.qkv(self.norm1(x)).chunk(3, -1)]
        q, k, v = rotate(heads[0], cos, sin), rotate(heads[1], cos, sin), heads[2]
        scores = (q @ k.transpose(-1, -2)) * (D // H) ** -0.5
        weights = F.softmax(scores.masked_fill(mask, float("-inf")), -1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(B, T, D))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        self.layers = nn.ModuleList(Layer() for _ in range(L))
        self.norm = Norm()
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, 0, 0.02)
        k = D // H
        angles = torch.outer(torch.arange(T).float(), 10000 ** (-torch.arange(0, k, 2).float() / k))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        self.register_buffer("mask", torch.ones(T, T, dtype=torch.bool).triu(1))

    def forward(self, ids, targets):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin, self.mask)
        return F.cross_entropy(F.linear(self.norm(x), self.embedding.weight).float().view(-1, V), targets.reshape(-1))


torch.manual_seed(0)
model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1)
tokens = torch.randint(0, V, (B, T + 1))
seconds = []
for step in range(STEPS + 2):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(tokens[:, :-1], tokens[:, 1:])
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    seconds.append(time.perf_counter() - start)
seconds = sorted(seconds[2:])
peak = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
print(json.dumps({"median": seconds[len(seconds) // 2], "best": seconds[0], "peak_gb": peak / 2**20, "torch": torch.__version__}))
