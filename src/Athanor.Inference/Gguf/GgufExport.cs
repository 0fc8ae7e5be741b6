using System.Globalization;
using Athanor.Models;
using Athanor.Models.Configuration;
using Athanor.Tensors;
using Athanor.Tensors.Blocks;
using Athanor.Tensors.Safetensors;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Files.Gguf;

namespace Athanor.Inference.Gguf;

/// <summary>What an export made.</summary>
/// <param name="Architecture"><c>general.architecture</c>.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="Parameters">Numbers of all tensors.</param>
/// <param name="Formats">Numbers by format.</param>
/// <param name="Notes">What the file cannot say, in sentences.</param>
public sealed record GgufExportReport(string Architecture, long Bytes, long Parameters, IReadOnlyDictionary<BlockFormat, long> Formats, IReadOnlyList<string> Notes)
{
    /// <summary>Bits of the file that a number takes.</summary>
    public double BitsPerParameter => 8.0 * Bytes / Math.Max(1, Parameters);
}

/// <summary>Writes a decoder with its tokenizer as a GGUF file, which llama.cpp and its kin load.</summary>
public static class GgufExport
{
    private const int Chunk = 1 << 22;

    /// <summary>Writes the file whole or not at all.</summary>
    /// <param name="decoder">A model whose weights are not packed.</param>
    /// <param name="tokenizer">Its tokenizer; without one llama.cpp loads the file for tokens only, and most programs do not.</param>
    /// <param name="name"><c>general.name</c>.</param>
    /// <param name="written">Told the bytes written so far of all.</param>
    /// <exception cref="NotSupportedException">No architecture says the settings, or no keys the tokenizer; the message names what.</exception>
    /// <exception cref="ArgumentException">A weight is not finite; the message names the tensor.</exception>
    public static GgufExportReport Write(Decoder decoder, Tokenizer? tokenizer, string path, GgufMixture mixture, string? name = null, Action<long, long>? written = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(mixture);
        if (decoder.PackedMatrices.Count > 0)
            throw new ArgumentException("This model's weights are quantized already; export the one that they were made of.", nameof(decoder));
        var notes = new List<string>();
        ModelConfig config = Expressible(decoder.Config, notes);
        GgufArchitecture architecture = GgufArchitectures.For(config);
        GgufVocabulary? vocabulary = tokenizer is null ? null : GgufVocabulary.Of(tokenizer, config.VocabularySize);
        if (vocabulary is null)
            notes.Add("The file has no tokenizer.");
        else
            notes.AddRange(vocabulary.Notes);
        GgufKeys keys = Keys(architecture, config, mixture, vocabulary, name ?? Path.GetFileNameWithoutExtension(path));
        List<GgufTensorSource> tensors = Sources(decoder, architecture, config, mixture);
        GgufWriter.Write(path, keys, tensors, written, cancellation);
        Dictionary<BlockFormat, long> formats = [];
        foreach (GgufTensorSource tensor in tensors)
            formats[tensor.Format] = formats.GetValueOrDefault(tensor.Format) + tensor.Shape.Aggregate(1L, (product, extent) => product * extent);
        return new GgufExportReport(architecture.Name, new FileInfo(path).Length, formats.Values.Sum(), formats, notes);
    }

    /// <summary>Whether the settings have an architecture, without writing anything.</summary>
    /// <exception cref="NotSupportedException">They have none; the message says what is in the way.</exception>
    public static string ArchitectureOf(ModelConfig config) => GgufArchitectures.For(Expressible(config, [])).Name;

    // What files cannot say but means the same in other words.
    private static ModelConfig Expressible(ModelConfig config, List<string> notes)
    {
        if (config.SlidingWindow > 0 && config.Position == PositionKind.Rotary)
        {
            int context = Math.Min(config.ContextLength, config.SlidingWindow);
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"The window of {config.SlidingWindow} positions has no key in these architectures: the file's context is {context}, within which the model is the same."));
            config = config with { SlidingWindow = 0, ContextLength = context };
        }
        if (config.RopeScaling is { Kind: RopeScalingKind.Ntk } scaling)
        {
            double theta = config.RopeTheta * Math.Pow(scaling.Factor, config.RotarySize / (double)Math.Max(1, config.RotarySize - 2));
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"NTK scaling by {scaling.Factor} is written as the base {theta:0.#} of the rotary frequencies."));
            config = config with { RopeScaling = null, RopeTheta = theta };
        }
        return config;
    }

    private static GgufKeys Keys(GgufArchitecture architecture, ModelConfig config, GgufMixture mixture, GgufVocabulary? vocabulary, string name)
    {
        var keys = new GgufKeys();
        keys.Add("general.architecture", architecture.Name);
        keys.Add("general.type", "model");
        keys.Add("general.name", name);
        keys.Add("general.alignment", (uint)GgufHeader.DefaultAlignment);
        keys.Add("general.quantization_version", 2u);
        keys.Add("general.file_type", mixture.FileType);
        architecture.Write(config, keys);
        if (vocabulary is null)
        {
            keys.Add("tokenizer.ggml.model", "none");
            return keys;
        }
        keys.Add("tokenizer.ggml.model", vocabulary.Model);
        keys.Add("tokenizer.ggml.pre", vocabulary.Pre ?? "default");
        keys.Add("tokenizer.ggml.tokens", vocabulary.Tokens);
        if (vocabulary.Scores is { } scores)
            keys.Add("tokenizer.ggml.scores", [.. scores]);
        keys.Add("tokenizer.ggml.token_type", (ReadOnlySpan<int>)[.. vocabulary.Types]);
        if (vocabulary.Merges is { } merges)
            keys.Add("tokenizer.ggml.merges", merges);
        foreach ((string key, int id) in vocabulary.Special)
            keys.Add($"tokenizer.ggml.{key}", (uint)id);
        keys.Add("tokenizer.ggml.add_bos_token", vocabulary.AddBos);
        keys.Add("tokenizer.ggml.add_eos_token", vocabulary.AddEos);
        if (vocabulary.AddSpacePrefix is { } prefix)
            keys.Add("tokenizer.ggml.add_space_prefix", prefix);
        if (vocabulary.ChatTemplate is { } template)
            keys.Add("tokenizer.chat_template", template);
        return keys;
    }

    private static List<GgufTensorSource> Sources(Decoder decoder, GgufArchitecture architecture, ModelConfig config, GgufMixture mixture)
    {
        Dictionary<string, Parameter> parameters = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal);
        var map = new GgufMap(config);
        architecture.Map(map);
        var sources = new List<GgufTensorSource>();
        foreach (MappedTensor tensor in map.Tensors)
        {
            // Vectors and positions stay whole, as llama-quantize leaves them.
            bool plain = tensor.Columns == 0 || tensor.Name == "position_embd.weight";
            BlockFormat format = plain ? BlockFormat.F32 : mixture.FormatOf(tensor.Name, tensor.Columns, Layer(tensor.Name), config, architecture.Name);
            var order = new HeadOrder(config, fileInterleaved: architecture.Interleaved, modelInterleaved: decoder.Config.RopeInterleaved);
            sources.Add(new GgufTensorSource(tensor.Name, format, [.. tensor.Shape], (stream, cancellation) => WriteTensor(stream, tensor, format, parameters[tensor.Parameter], order, cancellation)));
        }
        if (config.RopeScaling is { Kind: RopeScalingKind.Llama3 })
        {
            float[] factors = GgufArchitectureReader.Factors(config);
            sources.Insert(0, new GgufTensorSource("rope_freqs.weight", BlockFormat.F32, [factors.Length], (stream, _) => stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(factors.AsSpan()))));
        }
        return sources;
    }

    private static int Layer(string name) => name.StartsWith("blk.", StringComparison.Ordinal) ? int.Parse(name.AsSpan(4, name.IndexOf('.', 4) - 4), CultureInfo.InvariantCulture) : -1;

    private static void WriteTensor(Stream stream, MappedTensor tensor, BlockFormat format, Parameter parameter, HeadOrder order, CancellationToken cancellation)
    {
        int columns = Math.Max(1, tensor.Columns), rowBytes = tensor.Columns == 0 ? sizeof(float) : (int)format.RowBytes(columns);
        // Whole heads, so that their rows can be reordered within a chunk.
        int step = Math.Max(1, Chunk / columns / order.HeadSize) * order.HeadSize;
        float[] values = new float[Math.Min(step, tensor.Rows) * columns];
        byte[] bytes = new byte[Math.Min(step, tensor.Rows) * rowBytes];
        for (int row = 0; row < tensor.Rows; row += step)
        {
            int rows = Math.Min(step, tensor.Rows - row);
            Span<float> chunk = values.AsSpan(0, rows * columns);
            ParameterRows.Read(parameter, tensor.FirstRow + row, rows, chunk);
            if (tensor.Turns)
                order.Apply(chunk, columns);
            try
            {
                Parallel.For(0, rows, new ParallelOptions { CancellationToken = cancellation }, i =>
                    BlockCodec.EncodeRow(format, values.AsSpan(i * columns, columns), bytes.AsSpan(i * rowBytes, rowBytes)));
            }
            catch (AggregateException e) when (e.InnerException is ArgumentException wrong)
            {
                throw new ArgumentException($"The tensor '{tensor.Name}' cannot be written as {format}: {wrong.Message}", wrong);
            }
            stream.Write(bytes, 0, rows * rowBytes);
        }
    }
}
