using Athanor.Models;
using Athanor.Models.Layers;
using Athanor.Tensors;

namespace Athanor.Inference.Tests.Gguf;

/// <summary>The likeliest tokens by the plainest loop.</summary>
internal static class Greedy
{
    public static int[] Continue(Decoder model, int[] prompt, int count)
    {
        using var cache = new KeyValueCache(model.Device, model.Config, DType.F32, 1, prompt.Length + count);
        var made = new int[count];
        int[] next = prompt;
        for (int i = 0; i < count; i++)
        {
            using StepScope scope = StepScope.Begin(model.Device, record: false);
            Tensor hidden = model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, next.Length), next)), cache);
            float[] logits = model.Logits(hidden.Slice(1, next.Length - 1, 1).Contiguous()).ToArray();
            made[i] = Array.IndexOf(logits, logits.Max());
            next = [made[i]];
        }
        return made;
    }

    public static float[] Logits(Decoder model, int[] ids)
    {
        using StepScope scope = StepScope.Begin(model.Device, record: false);
        return model.Logits(model.Hidden(new DecoderInput(Tensor.From(model.Device, new Shape(1, ids.Length), ids)))).ToArray();
    }
}
