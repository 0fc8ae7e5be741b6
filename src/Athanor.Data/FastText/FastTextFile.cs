using System.Runtime.InteropServices;

namespace Athanor.Data.FastText;

/// <summary>
/// Files of Facebook's fasttext (its 0.9.2 sources, versions 11 and 12), little-endian:
/// <code>
/// i32 793712314; i32 version
/// i32 dim, ws, epoch, minCount, neg, wordNgrams, loss, model (3 = supervised), bucket, minn, maxn, lrUpdateRate; f64 t
/// i32 entries, words, labels; i64 tokens; i64 pruned (−1: nothing was pruned)
/// for each entry UTF-8 and a NUL; i64 count; i8 0 word or 1 label
/// for each pruned bucket i32 bucket; i32 row
/// u8 whether the input is quantized; the input matrix; u8 whether the output is; the output matrix
/// a matrix: i64 rows, columns; f32 …
/// a quantized one: u8 norms apart; i64 rows, columns; i32 codes; codes; quantizer; with norms apart: a code a row; quantizer
/// a quantizer: i32 dim, parts, part, last part; f32 256 vectors for each part
/// </code>
/// Nothing is allocated that the rest of the file could not fill.
/// </summary>
internal static class FastTextFile
{
    private const int Magic = 793712314, Version = 12, Supervised = 3;

    public static FastTextModel Read(string name, Stream stream)
    {
        var reader = new FastTextReader(name, stream);
        if (reader.Length < 8 || reader.Int32() != Magic)
            throw reader.Damaged("it does not begin as models of fasttext do");
        int version = reader.Int32();
        if (version is not (11 or Version))
            throw reader.Damaged($"its version is {version}; this program reads 11 and {Version}");
        FastTextOptions options = Options(reader, version);
        FastTextDictionary dictionary = Dictionary(reader, options);
        bool quantized = reader.Flag();
        if (!quantized && dictionary.Pruned is not null)
            throw reader.Damaged("its words are pruned but its vectors are not");
        FastTextRows input = quantized ? reader.Quantized() : reader.Dense();
        bool quantizedOutput = reader.Flag() && quantized;
        FastTextRows output = quantizedOutput ? reader.Quantized() : reader.Dense();
        reader.End();
        long hashed = !options.Hashes ? 0 : dictionary.Pruned?.Count ?? options.Buckets;
        if (input.Columns != options.Dimensions || output.Columns != options.Dimensions)
            throw reader.Damaged($"its vectors do not have the {options.Dimensions} numbers of its header");
        if (input.Count < dictionary.Words + hashed || output.Count != dictionary.Count - dictionary.Words)
            throw reader.Damaged("it holds another number of vectors than its words, buckets and labels need");
        return new FastTextModel(options, dictionary, input, output);
    }

    public static void Write(FastTextModel model, Stream stream)
    {
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        FastTextOptions options = model.Options;
        FastTextDictionary dictionary = model.Dictionary;
        foreach (int number in (int[])[Magic, Version, options.Dimensions, options.Window, options.Epochs, options.MinCount, options.Negatives, options.WordNgrams, (int)options.Loss, Supervised,
            options.Buckets, options.MinCharacters, options.MaxCharacters, options.UpdateRate])
        {
            writer.Write(number);
        }
        writer.Write(options.Sampling);
        writer.Write(dictionary.Count);
        writer.Write(dictionary.Words);
        writer.Write(dictionary.Count - dictionary.Words);
        writer.Write(dictionary.Tokens);
        writer.Write(dictionary.Pruned is null ? -1L : dictionary.Pruned.Count);
        for (int id = 0; id < dictionary.Count; id++)
        {
            writer.Write(dictionary[id]);
            writer.Write((byte)0);
            writer.Write(dictionary.Counts[id]);
            writer.Write((byte)(id < dictionary.Words ? 0 : 1));
        }
        foreach ((int bucket, int row) in dictionary.Pruned ?? new Dictionary<int, int>())
        {
            writer.Write(bucket);
            writer.Write(row);
        }
        writer.Write(model.Input is QuantizedRows);
        Write(writer, model.Input);
        writer.Write(model.Output is QuantizedRows);
        Write(writer, model.Output);
    }

    private static FastTextOptions Options(FastTextReader reader, int version)
    {
        int dimensions = reader.Int32(), window = reader.Int32(), epochs = reader.Int32(), minCount = reader.Int32(), negatives = reader.Int32(), run = reader.Int32(), loss = reader.Int32();
        int model = reader.Int32(), buckets = reader.Int32(), shortest = reader.Int32(), longest = reader.Int32(), rate = reader.Int32();
        double sampling = reader.Double();
        if (model != Supervised)
            throw reader.Damaged("it holds word vectors (cbow or skipgram), no classifier; only models of `fasttext supervised` classify");
        if (dimensions <= 0 || loss is < 1 or > 4 || run < 0 || buckets < 0)
            throw reader.Damaged("its header is impossible");
        var options = new FastTextOptions
        {
            Dimensions = dimensions,
            Window = window,
            Epochs = epochs,
            MinCount = minCount,
            Negatives = negatives,
            WordNgrams = run,
            Loss = (FastTextLoss)loss,
            Buckets = buckets,
            MinCharacters = shortest,
            // Models of version 11 were trained without character n-grams whatever they say.
            MaxCharacters = version == 11 ? 0 : longest,
            UpdateRate = rate,
            Sampling = sampling,
        };
        return options.Hashes && buckets == 0 ? throw reader.Damaged("it has n-grams but no buckets for them") : options;
    }

    private static FastTextDictionary Dictionary(FastTextReader reader, FastTextOptions options)
    {
        const int Least = 10, MostCharacters = 100;
        int count = reader.Int32(), words = reader.Int32(), labels = reader.Int32();
        long tokens = reader.Int64(), pruned = reader.Int64();
        if (count < 0 || words < 0 || labels <= 0 || (long)words + labels != count || pruned < -1)
            throw reader.Damaged("its dictionary is impossible");
        reader.Bound(count, Least);
        if (options.MaxCharacters > MostCharacters)
            throw reader.Damaged($"its character n-grams are up to {options.MaxCharacters} long; {MostCharacters} is the most that is read");
        var text = new List<byte>();
        int[] starts = new int[count + 1];
        long[] counts = new long[count];
        for (int id = 0; id < count; id++)
        {
            reader.Word(text);
            starts[id + 1] = text.Count;
            counts[id] = reader.Int64();
            if (reader.Byte() != (id < words ? 0 : 1))
                throw reader.Damaged("its words and labels are mixed up");
        }
        if (options.Loss == FastTextLoss.HierarchicalSoftmax && !HuffmanTree.CanBe(counts.AsSpan(words)))
            throw reader.Damaged("the counts of its labels are impossible");
        if (pruned >= 0)
            reader.Bound(pruned, 2 * sizeof(int));
        Dictionary<int, int>? rows = pruned < 0 ? null : new((int)pruned);
        for (long i = 0; i < pruned; i++)
        {
            int bucket = reader.Int32(), row = reader.Int32();
            if (bucket < 0 || row < 0 || row >= pruned || !rows!.TryAdd(bucket, row))
                throw reader.Damaged("its pruned buckets are impossible");
        }
        return new FastTextDictionary([.. text], starts, counts, words, tokens, rows, options);
    }

    private static void Write(BinaryWriter writer, FastTextRows rows)
    {
        if (rows is DenseRows dense)
        {
            writer.Write((long)dense.Count);
            writer.Write((long)dense.Columns);
            for (int row = 0; row < dense.Count; row++)
                writer.Write(MemoryMarshal.AsBytes(dense[row]));
            return;
        }
        var quantized = (QuantizedRows)rows;
        writer.Write(quantized.NormCodes is not null);
        writer.Write((long)quantized.Count);
        writer.Write((long)quantized.Columns);
        writer.Write(quantized.Codes.Length);
        writer.Write(quantized.Codes);
        Quantizer(writer, quantized.Columns, quantized.Part, quantized.Centroids);
        if (quantized.NormCodes is null)
            return;
        writer.Write(quantized.NormCodes);
        Quantizer(writer, 1, 1, quantized.Norms);
    }

    private static void Quantizer(BinaryWriter writer, int columns, int part, float[] centroids)
    {
        writer.Write(columns);
        writer.Write(QuantizedRows.PartsOf(columns, part));
        writer.Write(part);
        writer.Write(columns % part == 0 ? part : columns % part);
        writer.Write(MemoryMarshal.AsBytes(centroids.AsSpan()));
    }
}
