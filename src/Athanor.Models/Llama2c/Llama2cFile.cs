using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Athanor.Models.Configuration;
using Athanor.Tensors;

namespace Athanor.Models.Llama2c;

/// <summary>
/// A checkpoint of llama2.c in its first format: seven int32 (width, feed-forward width, layers, heads, key heads, vocabulary, negative
/// for an untied head, context), then fp32 tensors, each kind for all layers together. Rotary pairs are neighbours.
/// </summary>
public static partial class Llama2cFile
{
    private const int HeaderBytes = 7 * sizeof(int);

    /// <summary>Reads the settings of a checkpoint without its weights.</summary>
    /// <exception cref="ModelFormatException">The header is impossible or the length is not what it says.</exception>
    public static ModelConfig ReadConfig(string path)
    {
        var header = new byte[HeaderBytes];
        using FileStream stream = File.OpenRead(path);
        return ReadConfig(path, header.AsSpan(0, stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false)), stream.Length);
    }

    /// <summary>The tokenizer beside a checkpoint by llama2.c's own names: tok512.bin for a vocabulary of 512, tokenizer.bin; null where there is none.</summary>
    /// <exception cref="ModelFormatException">The checkpoint's header is impossible or the length is not what it says.</exception>
    public static string? TokenizerBeside(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string[] names = [$"tok{ReadConfig(path).VocabularySize}.bin", "tokenizer.bin"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Reads a checkpoint whole.</summary>
    /// <exception cref="ModelFormatException">The header is impossible or the length is not what it says.</exception>
    public static Decoder Load(string path, Device device, DType type = DType.F32)
    {
        byte[] file = File.ReadAllBytes(path);
        ModelConfig config = ReadConfig(path, file, file.Length);
        int head = config.HeadSize, shared = config.KeyValueHeads * head, width = config.Width, inner = config.FeedForwardWidth, layers = config.Layers;
        var floats = new FloatReader(file.AsMemory(HeaderBytes));
        var decoder = new Decoder(device, config, type);
        try
        {
            Dictionary<string, Parameter> parameters = decoder.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value);
            device.Upload(parameters["embedding.weight"], floats.Next((long)config.VocabularySize * width));
            float[][] norm1 = floats.Split(layers, width), q = floats.Split(layers, (long)width * width), k = floats.Split(layers, (long)shared * width);
            float[][] v = floats.Split(layers, (long)shared * width), o = floats.Split(layers, (long)width * width), norm2 = floats.Split(layers, width);
            float[][] gate = floats.Split(layers, (long)inner * width), down = floats.Split(layers, (long)inner * width), up = floats.Split(layers, (long)inner * width);
            device.Upload(parameters["norm.weight"], floats.Next(width));
            // Cosines and sines follow, which the decoder computes itself.
            floats.Next((long)config.ContextLength * head);
            if (!config.TieEmbeddings)
                device.Upload(parameters["head.weight"], floats.Next((long)config.VocabularySize * width));
            for (int i = 0; i < layers; i++)
            {
                device.Upload(parameters[$"layers.{i}.norm1.weight"], norm1[i]);
                device.Upload(parameters[$"layers.{i}.attention.qkv.weight"], [.. q[i], .. k[i], .. v[i]]);
                device.Upload(parameters[$"layers.{i}.attention.out.weight"], o[i]);
                device.Upload(parameters[$"layers.{i}.norm2.weight"], norm2[i]);
                device.Upload(parameters[$"layers.{i}.feed_forward.gate_up.weight"], [.. gate[i], .. up[i]]);
                device.Upload(parameters[$"layers.{i}.feed_forward.down.weight"], down[i]);
            }
            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    private static ModelConfig ReadConfig(string path, ReadOnlySpan<byte> header, long length)
    {
        if (header.Length < HeaderBytes)
            throw new ModelFormatException(path, "header", $"the file has {length} bytes; the header alone takes {HeaderBytes}. It is cut off or no llama2.c checkpoint.");
        var sizes = new int[HeaderBytes / sizeof(int)];
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = BinaryPrimitives.ReadInt32LittleEndian(header[(i * sizeof(int))..]);
        int width = sizes[0], inner = sizes[1], layers = sizes[2], heads = sizes[3], shared = sizes[4], vocabulary = sizes[5], context = sizes[6];
        long rows = Math.Abs((long)vocabulary);
        if (width is <= 0 or > 1 << 20 || inner is <= 0 or > 1 << 22 || layers is <= 0 or > 4096 || heads <= 0 || shared <= 0 || heads % shared != 0 || width % heads != 0 || width / heads % 2 != 0 || rows is 0 or > 1 << 24 || context is <= 0 or > 1 << 24)
            throw new ModelFormatException(path, "header", $"width {width}, feed-forward {inner}, layers {layers}, heads {heads}, key heads {shared}, vocabulary {vocabulary}, context {context} make no model. It is no llama2.c checkpoint of the first format.");
        Int128 floats = (Int128)rows * width * (vocabulary < 0 ? 2 : 1) + (Int128)layers * (2L * width + 2L * width * width + 2L * width * (width / heads * shared) + 3L * width * inner) + width + (Int128)context * (width / heads);
        if (floats * sizeof(float) + HeaderBytes != length)
            throw new ModelFormatException(path, "length", $"the header promises {floats * sizeof(float) + HeaderBytes} bytes, the file has {length}. It is cut off or of another version.");
        return new ModelConfig
        {
            VocabularySize = (int)rows,
            Width = width,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = shared,
            FeedForwardWidth = inner,
            ContextLength = context,
            RopeInterleaved = true,
            TieEmbeddings = vocabulary > 0,
        };
    }

    private struct FloatReader(ReadOnlyMemory<byte> bytes)
    {
        private long _at;

        public float[] Next(long count)
        {
            float[] values = MemoryMarshal.Cast<byte, float>(bytes.Span.Slice(checked((int)_at), checked((int)(count * sizeof(float))))).ToArray();
            _at += count * sizeof(float);
            return values;
        }

        public float[][] Split(int parts, long count)
        {
            var all = new float[parts][];
            for (int i = 0; i < parts; i++)
                all[i] = Next(count);
            return all;
        }
    }
}
