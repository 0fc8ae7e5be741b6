using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Safetensors;

namespace Athanor.Models.Llama2c;

public static partial class Llama2cFile
{
    private const float Epsilon = 1e-5f;
    private const double Theta = 10000;

    /// <summary>Writes a checkpoint in llama2.c's first format, fp32; rows of query and key heads become neighbouring pairs. The file appears whole or not at all.</summary>
    /// <exception cref="ArgumentException">The model has settings that llama2.c's program does not know; all are named.</exception>
    public static void Save(Decoder decoder, string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ModelConfig config = decoder.Config;
        if (Unsayable(config) is { Count: > 0 } reasons)
            throw new ArgumentException($"llama2.c cannot run this model: {string.Join(", ", reasons)}. Write a Hugging Face folder instead.", nameof(decoder));
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                Write(decoder, stream, cancellation);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Write(Decoder decoder, Stream stream, CancellationToken cancellation)
    {
        ModelConfig config = decoder.Config;
        Dictionary<string, Parameter> parameters = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
        int size = config.HeadSize, query = config.Heads * size, shared = config.KeyValueHeads * size, inner = config.FeedForwardWidth;
        var header = new byte[HeaderBytes];
        int[] sizes = [config.Width, inner, config.Layers, config.Heads, config.KeyValueHeads, config.TieEmbeddings ? config.VocabularySize : -config.VocabularySize, config.ContextLength];
        for (int i = 0; i < sizes.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(i * sizeof(int)), sizes[i]);
        stream.Write(header);

        void Rows(string name, int first, int count)
        {
            cancellation.ThrowIfCancellationRequested();
            ParameterRows.Write(stream, parameters[name], first, count, SafetensorsType.F32, cancellation);
        }
        void Whole(string name) => Rows(name, 0, (int)parameters[name].Shape[0]);
        void Each(Action<string> part)
        {
            for (int layer = 0; layer < config.Layers; layer++)
                part($"layers.{layer}");
        }
        // In files of halves, pair i of a head is rows i and i + K/2.
        void Turning(string layer, int first, int count)
        {
            if (config.RopeInterleaved)
            {
                Rows($"{layer}.attention.qkv.weight", first, count);
                return;
            }
            for (int row = 0; row < count; row++)
                Rows($"{layer}.attention.qkv.weight", first + row / size * size + row % size / 2 + (row % 2 == 0 ? 0 : size / 2), 1);
        }

        Whole("embedding.weight");
        Each(layer => Whole($"{layer}.norm1.weight"));
        Each(layer => Turning(layer, 0, query));
        Each(layer => Turning(layer, query, shared));
        Each(layer => Rows($"{layer}.attention.qkv.weight", query + shared, shared));
        Each(layer => Whole($"{layer}.attention.out.weight"));
        Each(layer => Whole($"{layer}.norm2.weight"));
        Each(layer => Rows($"{layer}.feed_forward.gate_up.weight", 0, inner));
        Each(layer => Whole($"{layer}.feed_forward.down.weight"));
        Each(layer => Rows($"{layer}.feed_forward.gate_up.weight", inner, inner));
        Whole("norm.weight");
        stream.Write(MemoryMarshal.AsBytes<float>(Turns(config, Math.Cos)));
        stream.Write(MemoryMarshal.AsBytes<float>(Turns(config, Math.Sin)));
        if (!config.TieEmbeddings)
            Whole("head.weight");
    }

    /// <summary>The table of cosines or sines, which today's programs compute themselves and pass over.</summary>
    private static float[] Turns(ModelConfig config, Func<double, double> function)
    {
        int pairs = config.HeadSize / 2;
        var table = new float[(long)config.ContextLength * pairs];
        for (int position = 0; position < config.ContextLength; position++)
        {
            for (int pair = 0; pair < pairs; pair++)
                table[(long)position * pairs + pair] = (float)function(position * Math.Pow(Theta, -2.0 * pair / config.HeadSize));
        }
        return table;
    }

    private static List<string> Unsayable(ModelConfig config)
    {
        // A Llama is what the format means; anything that computes otherwise has no place in it.
        var plain = new ModelConfig
        {
            VocabularySize = config.VocabularySize,
            Width = config.Width,
            Layers = config.Layers,
            Heads = config.Heads,
            KeyValueHeads = config.KeyValueHeads,
            FeedForwardWidth = config.FeedForwardWidth,
            ContextLength = config.ContextLength,
            TieEmbeddings = config.TieEmbeddings,
            NormEpsilon = Epsilon,
        };
        var reasons = new List<string>();
        void Same<T>(string name, T value, T known)
        {
            if (!EqualityComparer<T>.Default.Equals(value, known))
                reasons.Add($"{name} is {value?.ToString() ?? "none"}, not {known?.ToString() ?? "none"}");
        }
        Same("the head size", config.HeadSize, plain.HeadSize);
        Same("the norm", config.Norm, plain.Norm);
        Same("its epsilon", config.NormEpsilon, plain.NormEpsilon);
        Same("its gain", config.NormGain, plain.NormGain);
        Same("the block", config.Layout, plain.Layout);
        Same("the feed-forward part", config.FeedForward, plain.FeedForward);
        Same("a bias of queries, keys and values", config.QkvBias, plain.QkvBias);
        Same("a bias behind attention", config.AttentionOutputBias, plain.AttentionOutputBias);
        Same("a bias of the feed-forward part", config.FeedForwardBias, plain.FeedForwardBias);
        Same("the position", config.Position, plain.Position);
        Same("the rotary base", config.RopeTheta, Theta);
        Same("the rotary share", config.RotaryShare, plain.RotaryShare);
        Same("the rotary scaling", config.RopeScaling, plain.RopeScaling);
        Same("the sliding window", config.SlidingWindow >= config.ContextLength ? 0 : config.SlidingWindow, plain.SlidingWindow);
        Same("LogN attention", config.LogNAttention, plain.LogNAttention);
        Same("a norm of queries and keys", config.QkNorm, plain.QkNorm);
        Same("the clip of queries, keys and values", config.ClipQkv, plain.ClipQkv);
        Same("the soft cap of logits", config.LogitSoftCap, plain.LogitSoftCap);
        Same("the soft cap of scores", config.AttentionSoftCap, plain.AttentionSoftCap);
        Same("the scale of scores", config.AttentionScale, plain.AttentionScale);
        Same("the scale of embeddings", config.EmbeddingScale, plain.EmbeddingScale);
        Same("the scale of residual branches", config.ResidualScale, plain.ResidualScale);
        Same("the scale of logits", config.LogitScale, plain.LogitScale);
        return reasons;
    }
}
