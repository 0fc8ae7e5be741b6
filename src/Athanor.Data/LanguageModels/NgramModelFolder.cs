using System.Runtime.InteropServices;
using System.Text;
using Athanor.Runs.Files;
using Athanor.Tokenizers;

namespace Athanor.Data.LanguageModels;

/// <summary>
/// A model with what its words are, as a folder: <c>ngram.bin</c>, and a tokenizer where the words are its tokens. The file, little-endian:
/// <code>
/// "ATHNGRAM"; u32 version 1; u32 order; u32 unit; u32 quantized
/// u32 words; each u32 bytes and UTF-8
/// each unigram f32 probability, f32 backoff
/// for each order from 2 on: u64 n-grams, u64 places, and the places: u64 hash, f32, f32; quantized 256 f32 probabilities, 256 f32 backoffs and places of u64
/// u32 CRC-32C of all that
/// </code>
/// </summary>
public sealed class NgramModelFolder
{
    private const string FileName = "ngram.bin";
    private const int Version = 1, LongestWord = 1 << 16;

    /// <summary>Joins a model with the units that it was trained on.</summary>
    public NgramModelFolder(NgramModel model, NgramUnit unit, Tokenizer? tokenizer = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (unit == NgramUnit.Tokens && tokenizer is null)
            throw new ArgumentException("Tokens need their tokenizer.", nameof(tokenizer));
        (Model, Unit, Tokenizer) = (model, unit, tokenizer);
    }

    /// <summary>The model.</summary>
    public NgramModel Model { get; }

    /// <summary>What its words are.</summary>
    public NgramUnit Unit { get; }

    /// <summary>Where the words are tokens, what makes them.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>Scores texts; one for each thread.</summary>
    public NgramScorer Scorer() => new(Model, new NgramText(Unit, Model.Vocabulary, Tokenizer));

    /// <summary>Writes the folder.</summary>
    public void Save(string folder)
    {
        Tokenizer?.Save(folder);
        AtomicFile.Write(Path.Combine(folder, FileName), stream =>
        {
            using var checksum = new ChecksumWriter(stream);
            checksum.Write("ATHNGRAM"u8);
            foreach (uint number in (uint[])[Version, (uint)Model.Order, (uint)Unit, Model.IsQuantized ? 1u : 0])
                checksum.Write(number);
            checksum.Write((uint)Model.Vocabulary.Count);
            for (uint word = 0; word < Model.Vocabulary.Count; word++)
            {
                byte[] text = Encoding.UTF8.GetBytes(Model.Vocabulary[word]);
                checksum.Write((uint)text.Length);
                checksum.Write(text);
            }
            checksum.Write(MemoryMarshal.AsBytes(Model.Unigrams.AsSpan()));
            foreach (INgramTable table in Model.Tables)
                Write(checksum, table);
            checksum.End();
        });
    }

    /// <summary>Reads a folder, or an ARPA file, whose words are those of <paramref name="arpaUnit"/>.</summary>
    /// <exception cref="InvalidDataException">It is damaged or something else; the message says where.</exception>
    public static NgramModelFolder Load(string path, NgramUnit arpaUnit = NgramUnit.Words, CancellationToken cancellation = default)
    {
        if (path.EndsWith(".arpa", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".arpa.gz", StringComparison.OrdinalIgnoreCase))
        {
            return arpaUnit != NgramUnit.Tokens ? new NgramModelFolder(ArpaFile.Read(path, cancellation), arpaUnit)
                : throw new InvalidDataException($"{path} does not say which tokens its words are. Give a model folder, or use words.");
        }
        string file = Path.Combine(path, FileName);
        if (!File.Exists(file))
            throw new InvalidDataException($"{path} is no n-gram model: a folder with {FileName}, or an .arpa file. `train_ngram` makes one.");
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        (NgramModel model, NgramUnit unit) = Read(file, stream);
        return new NgramModelFolder(model, unit, unit == NgramUnit.Tokens ? Tokenizers.Tokenizer.Load(path) : null);
    }

    private static void Write(ChecksumWriter writer, INgramTable table)
    {
        writer.Write((ulong)table.Count);
        if (table is QuantizedNgramTable quantized)
        {
            writer.Write((ulong)quantized.Slots.Length);
            writer.Write(MemoryMarshal.AsBytes(quantized.Probabilities.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(quantized.Backoffs.AsSpan()));
            writer.WriteLong(quantized.Slots);
            return;
        }
        var exact = (NgramTable)table;
        writer.Write((ulong)exact.Slots.Length);
        writer.WriteLong(exact.Slots);
    }

    private static (NgramModel Model, NgramUnit Unit) Read(string path, FileStream stream)
    {
        var reader = new ChecksumReader(path, stream);
        Span<byte> magic = stackalloc byte[8];
        reader.Read(magic);
        if (!magic.SequenceEqual("ATHNGRAM"u8))
            throw reader.Damaged("it does not begin with ATHNGRAM");
        uint version = reader.UInt32(), order = reader.UInt32(), unit = reader.UInt32(), quantized = reader.UInt32();
        if (version != Version)
            throw reader.Damaged($"its version is {version}; this program reads {Version}");
        if (order is < 2 or > NgramModel.MaxOrder || unit > (uint)NgramUnit.Tokens || quantized > 1)
            throw reader.Damaged("its header is impossible");
        var vocabulary = new NgramVocabulary();
        uint words = reader.UInt32();
        byte[] text = new byte[LongestWord];
        for (uint id = 0; id < words; id++)
        {
            int length = (int)Math.Min(reader.UInt32(), int.MaxValue);
            if (length > text.Length)
                Array.Resize(ref text, (int)reader.Bounded(length, 1));
            reader.Read(text.AsSpan(0, length));
            if (vocabulary.Add(Encoding.UTF8.GetString(text, 0, length)) != id)
                throw reader.Damaged($"its word {id} is there twice or out of place");
        }
        if (words < 3)
            throw reader.Damaged("it has no words");
        var unigrams = new NgramValue[reader.Bounded(words, 8)];
        reader.Read(MemoryMarshal.AsBytes(unigrams.AsSpan()));
        var tables = new INgramTable[order - 1];
        for (int i = 0; i < tables.Length; i++)
        {
            long count = (long)reader.UInt64(), places = (long)reader.UInt64();
            // At least one free place ends every search.
            if (places < 16 || !System.Numerics.BitOperations.IsPow2(places) || count < 0 || count >= places)
                throw reader.Damaged($"the table of {i + 2}-grams is impossible");
            tables[i] = quantized == 1 ? Quantized(reader, count, places) : Exact(reader, count, places);
        }
        reader.End();
        return (new NgramModel(vocabulary, unigrams, tables), (NgramUnit)unit);
    }

    private static NgramTable Exact(ChecksumReader reader, long count, long places)
    {
        var slots = GC.AllocateUninitializedArray<NgramTable.Slot>((int)reader.Bounded(places, 16), pinned: true);
        reader.ReadLong(slots);
        return slots.LongCount(slot => slot.Key != 0) == count ? new NgramTable(slots, count) : throw reader.Damaged("a table holds another number of n-grams than it says");
    }

    private static QuantizedNgramTable Quantized(ChecksumReader reader, long count, long places)
    {
        float[] probabilities = new float[256], backoffs = new float[256];
        reader.Read(MemoryMarshal.AsBytes(probabilities.AsSpan()));
        reader.Read(MemoryMarshal.AsBytes(backoffs.AsSpan()));
        ulong[] slots = GC.AllocateUninitializedArray<ulong>((int)reader.Bounded(places, 8), pinned: true);
        reader.ReadLong(slots);
        return slots.LongCount(slot => slot != 0) == count ? new QuantizedNgramTable(slots, probabilities, backoffs, count) : throw reader.Damaged("a table holds another number of n-grams than it says");
    }
}
