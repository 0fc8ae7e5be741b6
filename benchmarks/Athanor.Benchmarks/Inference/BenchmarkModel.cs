using System.Text;
using Athanor.Inference.Gguf;
using Athanor.Tensors.Blocks;

namespace Athanor.Benchmarks.Inference;

/// <summary>A Llama of a size; weights are random, for nothing here depends on what it says.</summary>
/// <param name="Layers">Blocks of the model.</param>
internal sealed record BenchmarkModel(string Name, int Width, int Layers, int Heads, int KeyValueHeads, int FeedForward)
{
    private const int Vocabulary = 32000, RandomRows = 64;

    /// <summary>4 layers, for checks.</summary>
    public static BenchmarkModel Tiny { get; } = new("llama-15m", 256, 4, 4, 2, 768);

    public static BenchmarkModel Small { get; } = new("llama-110m", 768, 12, 12, 12, 2048);

    /// <summary>TinyLlama's shape.</summary>
    public static BenchmarkModel Large { get; } = new("llama-1.1b", 2048, 22, 32, 4, 5632);

    /// <summary>Weights that a token meets in matrix products.</summary>
    public long MatrixParameters => Layers * (2L * Width * Width + 2L * Width * KeyValueWidth + 3L * Width * FeedForward) + (long)Vocabulary * Width;

    private int KeyValueWidth => Width / Heads * KeyValueHeads;

    /// <summary>Writes the file unless it is there. Formats below 8 bits have their head in Q6_K, as llama-quantize does it.</summary>
    /// <returns>Bytes that one token reads: all matrices but the embedding.</returns>
    public long Write(string path, BlockFormat format)
    {
        BlockFormat head = format is BlockFormat.Q4_0 or BlockFormat.Q4_K ? BlockFormat.Q6_K : format;
        var tensors = new List<GgufTensorSource> { Matrix("token_embd", format, Vocabulary, Width), Vector("output_norm", Width), Matrix("output", head, Vocabulary, Width) };
        for (int i = 0; i < Layers; i++)
        {
            string block = FormattableString.Invariant($"blk.{i}.");
            tensors.AddRange(
            [
                Vector(block + "attn_norm", Width), Matrix(block + "attn_q", format, Width, Width), Matrix(block + "attn_k", format, KeyValueWidth, Width),
                Matrix(block + "attn_v", format, KeyValueWidth, Width), Matrix(block + "attn_output", format, Width, Width), Vector(block + "ffn_norm", Width),
                Matrix(block + "ffn_gate", format, FeedForward, Width), Matrix(block + "ffn_up", format, FeedForward, Width), Matrix(block + "ffn_down", format, Width, FeedForward),
            ]);
        }
        long bytes = tensors.Where(tensor => tensor.Shape.Length == 2 && tensor.Name != "token_embd.weight").Sum(tensor => tensor.Length);
        if (!File.Exists(path))
            GgufWriter.Write(path, Keys(format), tensors);
        return bytes;
    }

    private GgufKeys Keys(BlockFormat format)
    {
        var keys = new GgufKeys();
        keys.Add("general.architecture", "llama");
        keys.Add("general.name", Name);
        keys.Add("general.alignment", 32u);
        keys.Add("general.quantization_version", 2u);
        keys.Add("general.file_type", format switch { BlockFormat.F32 => 0u, BlockFormat.F16 => 1, BlockFormat.Q4_0 => 2, BlockFormat.Q8_0 => 7, BlockFormat.Q4_K => 14, _ => 32 });
        keys.Add("llama.context_length", 4096u);
        keys.Add("llama.embedding_length", (uint)Width);
        keys.Add("llama.block_count", (uint)Layers);
        keys.Add("llama.feed_forward_length", (uint)FeedForward);
        keys.Add("llama.rope.dimension_count", (uint)(Width / Heads));
        keys.Add("llama.attention.head_count", (uint)Heads);
        keys.Add("llama.attention.head_count_kv", (uint)KeyValueHeads);
        keys.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        keys.Add("llama.rope.freq_base", 10000f);
        keys.Add("llama.vocab_size", (uint)Vocabulary);
        // The byte alphabet of GPT-2, one merge, and names for the rest.
        byte[][] tokens = new byte[Vocabulary][];
        int[] types = new int[Vocabulary];
        for (int i = 0; i < Vocabulary; i++)
        {
            tokens[i] = Encoding.UTF8.GetBytes(i < 256 ? Letter(i) : i == 256 ? "th" : i == 257 ? "<s>" : i == 258 ? "</s>" : FormattableString.Invariant($"<unused{i}>"));
            types[i] = i <= 256 ? 1 : i <= 258 ? 3 : 5;
        }
        keys.Add("tokenizer.ggml.model", "gpt2");
        keys.Add("tokenizer.ggml.pre", "gpt-2");
        keys.Add("tokenizer.ggml.tokens", tokens);
        keys.Add("tokenizer.ggml.token_type", types);
        keys.Add("tokenizer.ggml.merges", [Encoding.UTF8.GetBytes("t h")]);
        keys.Add("tokenizer.ggml.bos_token_id", 257u);
        keys.Add("tokenizer.ggml.eos_token_id", 258u);
        keys.Add("tokenizer.ggml.add_bos_token", false);
        return keys;
    }

    private static string Letter(int value)
    {
        bool Printable(int i) => i is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        return ((char)(Printable(value) ? value : 256 + Enumerable.Range(0, value).Count(i => !Printable(i)))).ToString();
    }

    private static GgufTensorSource Vector(string name, int length) => new(name + ".weight", BlockFormat.F32, [length], (stream, _) =>
    {
        for (int i = 0; i < length; i++)
            stream.Write(BitConverter.GetBytes(1f));
    });

    // A few random rows again and again: sums are as exact as of others, and writing them waits for the disk alone.
    private static GgufTensorSource Matrix(string name, BlockFormat format, int rows, int columns) => new(name + ".weight", format, [rows, columns], (stream, cancellation) =>
    {
        var random = new Random(columns + rows);
        int rowBytes = (int)format.RowBytes(columns);
        byte[] some = new byte[Math.Min(RandomRows, rows) * rowBytes];
        float[] values = new float[columns];
        for (int i = 0; i < Math.Min(RandomRows, rows); i++)
        {
            for (int j = 0; j < columns; j++)
                values[j] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 1.5 / Math.Sqrt(columns));
            BlockCodec.EncodeRow(format, values, some.AsSpan(i * rowBytes, rowBytes));
        }
        for (int row = 0; row < rows; row += RandomRows)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Write(some, 0, Math.Min(RandomRows, rows - row) * rowBytes);
        }
    });
}
