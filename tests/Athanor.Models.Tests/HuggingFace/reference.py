"""Logits of tiny models by plain PyTorch in double precision, one function a family, written from the published modelling code.

    python3 reference.py            writes Golden/<case>.json beside this file

Weights are functions of the tensor's name and the element's index, with values that F32, F16 and BF16 hold exactly, so that the tests can write the
same checkpoint without Python: a case holds config.json, the tensors' names and shapes, the ids and the logits.
"""
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

IDS = [3, 17, 5, 21, 0, 9, 14, 2, 22, 11, 7, 19, 4, 13]
T = len(IDS)
M64 = (1 << 64) - 1


class Weights:
    """w(name, shape...): the tensor of that name, noted down for the case."""

    def __init__(self):
        self.tensors = []

    def __call__(self, name, *shape, gain=False):
        known = [t for t in self.tensors if t[0] == name]
        if not known:
            self.tensors.append([name, list(shape), gain])
        seed = 14695981039346656037
        for c in name.encode():
            seed = ((seed ^ c) * 1099511628211) & M64
        with np.errstate(over="ignore"):
            z = np.uint64(seed) + np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        b = (z >> np.uint64(57)).astype(np.int64) - 64
        v = 1 + (b >> 1) / 128.0 if gain else b / 256.0
        return torch.tensor(v, dtype=torch.float64).reshape(*shape)


def rms(x, g, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * g


def rotate_half(x):
    a, b = x.chunk(2, -1)
    return torch.cat((-b, a), -1)


def rope(x, inv, scale=1.0):  # x [H, T, K]
    freqs = torch.outer(torch.arange(x.shape[1], dtype=torch.float64), inv)
    emb = torch.cat((freqs, freqs), -1)
    r = emb.shape[-1]
    turned = x[..., :r] * emb.cos() * scale + rotate_half(x[..., :r]) * emb.sin() * scale
    return torch.cat((turned, x[..., r:]), -1)


def inv_freq(dim, base=10000.0):
    return 1.0 / base ** (torch.arange(0, dim, 2, dtype=torch.float64) / dim)


def heads(x, n):  # [T, n*K] -> [n, T, K]
    return x.view(T, n, -1).transpose(0, 1)


def attend(q, k, v, scale, window=0, bias=None):
    group = q.shape[0] // k.shape[0]
    k, v = k.repeat_interleave(group, 0), v.repeat_interleave(group, 0)
    s = q @ k.transpose(-1, -2) * scale
    if bias is not None:
        s = s + bias
    i, j = torch.arange(T)[:, None], torch.arange(T)[None, :]
    mask = j > i
    if window:
        mask = mask | (j <= i - window)
    p = s.masked_fill(mask, float("-inf")).softmax(-1)
    return (p @ v).transpose(0, 1).reshape(T, -1)


def llama_inv(c, dim):
    base, s = c.get("rope_theta", 10000.0), c.get("rope_scaling")
    inv = inv_freq(dim, base)
    if not s:
        return inv, 1.0
    kind, factor = s.get("rope_type", s.get("type")), s["factor"]
    if kind == "linear":
        return inv / factor, 1.0
    if kind == "dynamic":
        old = c["max_position_embeddings"]
        n = max(T, old)
        return inv_freq(dim, base * ((factor * n / old) - (factor - 1)) ** (dim / (dim - 2))), 1.0
    if kind == "llama3":
        low, high, old = s["low_freq_factor"], s["high_freq_factor"], s["original_max_position_embeddings"]
        wave = 2 * math.pi / inv
        out = torch.where(wave > old / low, inv / factor, inv)
        smooth = (old / wave - low) / (high - low)
        mid = (1 - smooth) * out / factor + smooth * out
        return torch.where(~(wave < old / high) & ~(wave > old / low), mid, out), 1.0
    old = s.get("original_max_position_embeddings", c["max_position_embeddings"])

    def corr(turns):
        return dim * math.log(old / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = max(math.floor(corr(s.get("beta_fast", 32))), 0), min(math.ceil(corr(s.get("beta_slow", 1))), dim - 1)
    if low == high:
        high += 0.001
    keep = 1 - torch.clamp((torch.arange(dim // 2, dtype=torch.float64) - low) / (high - low), 0, 1)
    return inv / factor * (1 - keep) + inv * keep, s.get("attention_factor", 0.1 * math.log(factor) + 1)


def llama(c, w, norm=None, post=False, qkv_bias=False, o_bias=False, qk=None, gain_less_one=False, window=0, clip=None, act=F.silu, emb=1.0, res=1.0, att=None, out=1.0):
    D, H, V, eps = c["hidden_size"], c["num_attention_heads"], c["vocab_size"], c.get("rms_norm_eps", 1e-6)
    G, K, I = c.get("num_key_value_heads", H), c.get("head_dim", D // H), c["intermediate_size"]
    inv, mag = llama_inv(c, K)

    def ln(x, name):
        if norm is not None:
            return norm(x)
        g = w(name + ".weight", D, gain=not gain_less_one)
        return rms(x, g + 1 if gain_less_one else g, eps)

    def linear(x, name, rows, cols, bias):
        return F.linear(x, w(name + ".weight", rows, cols), w(name + ".bias", rows) if bias else None)

    e = w("model.embed_tokens.weight", V, D)
    x = e[IDS] * emb
    for n in range(c["num_hidden_layers"]):
        p = f"model.layers.{n}."
        h = x if post else ln(x, p + "input_layernorm")
        q, k, v = (linear(h, p + f"self_attn.{a}_proj", r * K, D, qkv_bias) for a, r in (("q", H), ("k", G), ("v", G)))
        if clip:
            q, k, v = (t.clamp(-clip, clip) for t in (q, k, v))
        if qk == "full":
            q, k = rms(q, w(p + "self_attn.q_norm.weight", H * K, gain=True), eps), rms(k, w(p + "self_attn.k_norm.weight", G * K, gain=True), eps)
        q, k, v = heads(q, H), heads(k, G), heads(v, G)
        if qk == "head":
            q, k = rms(q, w(p + "self_attn.q_norm.weight", K, gain=True), eps), rms(k, w(p + "self_attn.k_norm.weight", K, gain=True), eps)
        a = attend(rope(q, inv, mag), rope(k, inv, mag), v, att or K ** -0.5, window)
        a = linear(a, p + "self_attn.o_proj", D, H * K, o_bias)
        x = x + (ln(a, p + "post_attention_layernorm") if post else a) * res
        h = x if post else ln(x, p + "post_attention_layernorm")
        f = linear(act(linear(h, p + "mlp.gate_proj", I, D, False)) * linear(h, p + "mlp.up_proj", I, D, False), p + "mlp.down_proj", D, I, False)
        x = x + (ln(f, p + "post_feedforward_layernorm") if post else f) * res
    x = ln(x, "model.norm")
    return F.linear(x, e if c.get("tie_word_embeddings") else w("lm_head.weight", V, D)) * out


def layer_norm(w, x, name, D, eps, bias=True):
    return F.layer_norm(x, (D,), w(name + ".weight", D, gain=True), w(name + ".bias", D) if bias else None, eps)


def alibi_slopes(n):
    def power(m):
        start = 2.0 ** (-(2.0 ** -(math.log2(m) - 3)))
        return [start * start ** i for i in range(m)]
    if math.log2(n).is_integer():
        return torch.tensor(power(n), dtype=torch.float64)
    m = 2 ** math.floor(math.log2(n))
    return torch.tensor(power(m) + power(2 * m)[0::2][: n - m], dtype=torch.float64)


def alibi(slopes):
    return slopes[:, None, None] * (torch.arange(T)[None, None, :] - torch.arange(T)[None, :, None])


def gpt2(c, w):
    D, H, V = c["n_embd"], c["n_head"], c["vocab_size"]
    eps, I = c["layer_norm_epsilon"], c.get("n_inner") or 4 * D

    def conv1d(x, name, nin, nout):
        return x @ w(name + ".weight", nin, nout) + w(name + ".bias", nout)

    e = w("transformer.wte.weight", V, D)
    swiglu, x = c["activation_function"] == "swiglu", e[IDS]
    btlm = c["model_type"] == "btlm"
    if btlm:
        x = x * c["mup_embeddings_scale"]
        bias, scale = alibi(alibi_slopes(H)), 1.0 / (D // H)
    else:
        x, bias, scale = x + w("transformer.wpe.weight", c["n_positions"], D)[:T], None, (D // H) ** -0.5
    for n in range(c["n_layer"]):
        p = f"transformer.h.{n}."
        h = layer_norm(w, x, p + "ln_1", D, eps)
        q, k, v = (heads(t, H) for t in conv1d(h, p + "attn.c_attn", D, 3 * D).split(D, -1))
        x = x + conv1d(attend(q, k, v, scale, bias=bias), p + "attn.c_proj", D, D)
        h = layer_norm(w, x, p + "ln_2", D, eps)
        if swiglu:
            h2 = conv1d(h, p + "mlp.c_fc2", D, I)
            h = conv1d(h, p + "mlp.c_fc", D, I) * F.silu(h2)
        else:
            h = conv1d(h, p + "mlp.c_fc", D, I)
            h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h ** 3)))
        x = x + conv1d(h, p + "mlp.c_proj", I, D)
    logits = F.linear(layer_norm(w, x, "transformer.ln_f", D, eps), e)
    return logits * (c["mup_output_alpha"] * c["mup_width_scale"]) if btlm else logits


def gpt_bigcode(c, w):
    D, H, V, eps = c["n_embd"], c["n_head"], c["vocab_size"], c["layer_norm_epsilon"]
    K, I = D // H, c["n_inner"]

    def linear(x, name, nout, nin):
        return F.linear(x, w(name + ".weight", nout, nin), w(name + ".bias", nout))

    e = w("transformer.wte.weight", V, D)
    x = e[IDS] + w("transformer.wpe.weight", c["n_positions"], D)[:T]
    for n in range(c["n_layer"]):
        p = f"transformer.h.{n}."
        h = layer_norm(w, x, p + "ln_1", D, eps)
        if c["multi_query"]:
            q, kv = linear(h, p + "attn.c_attn", D + 2 * K, D).split((D, 2 * K), -1)
            k, v = kv.split((K, K), -1)
            q, k, v = heads(q, H), heads(k, 1), heads(v, 1)
        else:
            q, k, v = linear(h, p + "attn.c_attn", 3 * D, D).view(T, H, 3 * K).transpose(0, 1).split(K, -1)
        x = x + linear(attend(q, k, v, K ** -0.5), p + "attn.c_proj", D, D)
        h = linear(layer_norm(w, x, p + "ln_2", D, eps), p + "mlp.c_fc", I, D)
        h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h ** 3)))
        x = x + linear(h, p + "mlp.c_proj", D, I)
    return F.linear(layer_norm(w, x, "transformer.ln_f", D, eps), e)


def falcon(c, w):
    D, H, V, eps = c["hidden_size"], c["num_attention_heads"], c["vocab_size"], c["layer_norm_epsilon"]
    K, new, bias = D // H, c["new_decoder_architecture"], c["bias"]
    G = c["num_kv_heads"] if new else 1 if c["multi_query"] else H

    def linear(x, name, nout, nin):
        return F.linear(x, w(name + ".weight", nout, nin), w(name + ".bias", nout) if bias else None)

    e = w("transformer.word_embeddings.weight", V, D)
    x, inv = e[IDS], inv_freq(K)
    for n in range(c["num_hidden_layers"]):
        p = f"transformer.h.{n}."
        two = new and c.get("num_ln_in_parallel_attn", 2) == 2
        h = layer_norm(w, x, p + ("ln_attn" if two else "input_layernorm"), D, eps)
        fused = linear(h, p + "self_attention.query_key_value", (H + 2 * G) * K, D)
        if new:
            qkv = fused.view(T, G, H // G + 2, K)
            q, k, v = qkv[:, :, :-2].flatten(1, 2), qkv[:, :, -2], qkv[:, :, -1]
        elif c["multi_query"]:
            qkv = fused.view(T, H + 2, K)
            q, k, v = qkv[:, :-2], qkv[:, [-2]], qkv[:, [-1]]
        else:
            qkv = fused.view(T, H, 3, K)
            q, k, v = qkv[:, :, 0], qkv[:, :, 1], qkv[:, :, 2]
        q, k, v = (t.transpose(0, 1) for t in (q, k, v))
        if c["alibi"]:
            a = attend(q, k, v, K ** -0.5, bias=alibi(alibi_slopes(H)) * K ** -0.5)
        else:
            a = attend(rope(q, inv), rope(k, inv), v, K ** -0.5)
        a = linear(a, p + "self_attention.dense", D, D)
        if c["parallel_attn"]:
            m = layer_norm(w, x, p + "ln_mlp", D, eps) if two else h
        else:
            x = x + a
            m = layer_norm(w, x, p + "post_attention_layernorm", D, eps)
        m = linear(F.gelu(linear(m, p + "mlp.dense_h_to_4h", 4 * D, D)), p + "mlp.dense_4h_to_h", D, 4 * D)
        x = x + m + a if c["parallel_attn"] else x + m
    return F.linear(layer_norm(w, x, "transformer.ln_f", D, eps), e if c.get("tie_word_embeddings", True) else w("lm_head.weight", V, D))


def mpt(c, w):
    D, H, V, eps, clip = c["d_model"], c["n_heads"], c["vocab_size"], 1e-5, c["attn_config"]["clip_qkv"]
    e = w("transformer.wte.weight", V, D)
    h2, top = 2 ** math.ceil(math.log2(H)), c["attn_config"].get("alibi_bias_max", 8)
    slopes = 1.0 / 2.0 ** (torch.arange(1, h2 + 1, dtype=torch.float64) * top / h2)
    if h2 != H:
        slopes = torch.cat([slopes[1::2], slopes[::2]])[:H]
    x = e[IDS]
    for n in range(c["n_layers"]):
        p = f"transformer.blocks.{n}."
        qkv = F.linear(layer_norm(w, x, p + "norm_1", D, eps, bias=False), w(p + "attn.Wqkv.weight", 3 * D, D)).clamp(-clip, clip)
        q, k, v = (heads(t, H) for t in qkv.chunk(3, -1))
        x = x + F.linear(attend(q, k, v, (D // H) ** -0.5, bias=alibi(slopes)), w(p + "attn.out_proj.weight", D, D))
        h = layer_norm(w, x, p + "norm_2", D, eps, bias=False)
        I = int(c["expansion_ratio"] * D)
        x = x + F.linear(F.gelu(F.linear(h, w(p + "ffn.up_proj.weight", I, D))), w(p + "ffn.down_proj.weight", D, I))
    return F.linear(layer_norm(w, x, "transformer.norm_f", D, eps, bias=False), e)


def qwen(c, w):
    D, H, V, eps, L0 = c["hidden_size"], c["num_attention_heads"], c["vocab_size"], c["layer_norm_epsilon"], c["seq_length"]
    K, I = c["kv_channels"], c["intermediate_size"] // 2
    alpha = max(2 ** math.ceil(math.log(T / L0, 2) + 1) - 1, 1)
    inv = inv_freq(K, c["rotary_emb_base"] * alpha ** (K / (K - 2)))
    logn = torch.tensor([math.log(i, L0) if i > L0 else 1.0 for i in range(1, T + 1)], dtype=torch.float64)
    x = w("transformer.wte.weight", V, D)[IDS]
    for n in range(c["num_hidden_layers"]):
        p = f"transformer.h.{n}."
        h = rms(x, w(p + "ln_1.weight", D, gain=True), eps)
        q, k, v = F.linear(h, w(p + "attn.c_attn.weight", 3 * H * K, D), w(p + "attn.c_attn.bias", 3 * H * K)).split(H * K, -1)
        q, k, v = rope(heads(q, H), inv), rope(heads(k, H), inv), heads(v, H)
        x = x + F.linear(attend(q * logn[None, :, None], k, v, K ** -0.5), w(p + "attn.c_proj.weight", D, H * K))
        h = rms(x, w(p + "ln_2.weight", D, gain=True), eps)
        a1, a2 = F.linear(h, w(p + "mlp.w1.weight", I, D)), F.linear(h, w(p + "mlp.w2.weight", I, D))
        x = x + F.linear(a1 * F.silu(a2), w(p + "mlp.c_proj.weight", D, I))
    return F.linear(rms(x, w("transformer.ln_f.weight", D, gain=True), eps), w("lm_head.weight", V, D))


def sizes(family, **more):
    return {"architectures": ["X"], "model_type": family, "vocab_size": 24, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "hidden_act": "silu", "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2, **more}


def gpt(family, **more):
    return {"model_type": family, "vocab_size": 24, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 20, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new", "n_inner": None, **more}


def falcons(**more):
    return {"model_type": "falcon", "vocab_size": 24, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "layer_norm_epsilon": 1e-5, "bias": False, "alibi": False,
            "new_decoder_architecture": False, "multi_query": True, "parallel_attn": True, **more}


CASES = {
    "llama": (sizes("llama", rope_theta=500000.0), llama),
    "llama-tied-bias": (sizes("llama", tie_word_embeddings=True, attention_bias=True, head_dim=16), lambda c, w: llama(c, w, qkv_bias=True, o_bias=True)),
    "llama-linear": (sizes("llama", rope_scaling={"type": "linear", "factor": 4.0}), llama),
    "llama-dynamic": (sizes("llama", max_position_embeddings=8, rope_scaling={"type": "dynamic", "factor": 2.0}), llama),
    "llama3": (sizes("llama", head_dim=16, rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}), llama),
    "llama-yarn": (sizes("llama", head_dim=16, rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "beta_fast": 4.0}), llama),
    "granite": (sizes("granite", embedding_multiplier=12.0, residual_multiplier=0.22, attention_multiplier=0.125, logits_scaling=8.0), lambda c, w: llama(c, w, emb=12.0, res=0.22, att=0.125, out=1 / 8)),
    "mistral": (sizes("mistral", sliding_window=5), lambda c, w: llama(c, w, window=5)),
    "qwen2": (sizes("qwen2", use_sliding_window=False, sliding_window=4, max_window_layers=28), lambda c, w: llama(c, w, qkv_bias=True)),
    "qwen3": (sizes("qwen3", head_dim=16), lambda c, w: llama(c, w, qk="head")),
    "gemma": (sizes("gemma", head_dim=16, hidden_act="gelu", tie_word_embeddings=True), lambda c, w: llama(c, w, gain_less_one=True, act=lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))), emb=32 ** 0.5)),
    "olmo": ({k: v for k, v in sizes("olmo", clip_qkv=0.5).items() if k != "rms_norm_eps"}, lambda c, w: llama(c, w, norm=lambda x: F.layer_norm(x, (32,), None, None, 1e-5), clip=0.5)),
    "olmo2": (sizes("olmo2"), lambda c, w: llama(c, w, post=True, qk="full")),
    "gpt2": (gpt("gpt2"), gpt2),
    "btlm": (gpt("btlm", activation_function="swiglu", n_inner=44, position_embedding_type="alibi", mup_scale_qk_dot_by_d=True, mup_embeddings_scale=3.0, mup_output_alpha=2.0, mup_width_scale=0.25), gpt2),
    "gpt_bigcode": (gpt("gpt_bigcode", multi_query=True, activation_function="gelu_pytorch_tanh", n_inner=48), gpt_bigcode),
    "gpt_bigcode-heads": (gpt("gpt_bigcode", multi_query=False, activation_function="gelu_pytorch_tanh", n_inner=48), gpt_bigcode),
    "falcon-7b": (falcons(), falcon),
    "falcon-40b": (falcons(new_decoder_architecture=True, num_kv_heads=2, tie_word_embeddings=False), falcon),
    "falcon-11b": (falcons(new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1), falcon),
    "falcon-rw": (falcons(alibi=True, multi_query=False, parallel_attn=False, bias=True), falcon),
    "mpt": ({"model_type": "mpt", "vocab_size": 24, "d_model": 48, "n_heads": 6, "n_layers": 2, "expansion_ratio": 2, "max_seq_len": 64, "no_bias": True, "attn_config": {"alibi": True, "alibi_bias_max": 4, "clip_qkv": 0.5, "attn_impl": "torch", "qk_ln": False}}, mpt),
    "qwen": ({"model_type": "qwen", "vocab_size": 24, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "kv_channels": 16, "intermediate_size": 80, "layer_norm_epsilon": 1e-6, "seq_length": 8, "max_position_embeddings": 32,
              "rotary_emb_base": 10000, "rotary_pct": 1.0, "use_dynamic_ntk": True, "use_logn_attn": True, "no_bias": True, "tie_word_embeddings": False}, qwen),
}

if __name__ == "__main__":
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Golden")
    for name, (config, forward) in CASES.items():
        weights = Weights()
        logits = forward(config, weights)
        with open(os.path.join(folder, name + ".json"), "w") as out:
            out.write('{"config": ' + json.dumps(config) + ',\n"tensors": ' + json.dumps(weights.tensors) + ',\n"ids": ' + json.dumps(IDS) + ',\n"logits": [' + ",".join("%.9g" % v for v in logits.flatten().tolist()) + "]}\n")
        print(name, tuple(logits.shape), "%.3f" % logits.abs().max())
