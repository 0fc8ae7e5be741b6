using System.Text;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Tests.Testing;
using Athanor.Tokenizers.Training;

namespace Athanor.Tokenizers.Tests.Training;

public sealed class PieceCounterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athanor-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Counts_are_those_of_a_dictionary_for_every_pre_tokenizer()
    {
        var random = new Random(11);
        foreach (PieceScanner scanner in PieceScanners.All)
        {
            byte[][] documents = [.. Enumerable.Range(0, 30).Select(_ => NastyText.Create(random, 300))];
            PieceCounts counts = PieceCounter.Count(Source(documents), new PieceCounterOptions(scanner) { Threads = 2 });
            Assert.Equal(Expected(documents, scanner), Text(counts));
            Assert.Equal(30, counts.Statistics.Documents);
            Assert.Equal(documents.Sum(document => document.Length), counts.Statistics.Bytes);
        }
    }

    [Fact]
    public void Threads_memory_and_order_of_documents_change_nothing_not_even_the_order()
    {
        byte[][] documents = [.. MixedDocuments(21, 60, 8000)];
        PieceCounts whole = PieceCounter.Count(Source(documents), Options() with { Threads = 1 });
        Assert.Equal(0, whole.Statistics.SpilledRuns);
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            foreach (long memory in (long[])[1 << 16, 1 << 18, 1 << 30])
            {
                Array.Reverse(documents);
                PieceCounts counts = PieceCounter.Count(Source(documents), Options() with { Threads = threads, MemoryLimit = memory });
                Assert.Equal(Flat(whole), Flat(counts));
                if (memory != 1 << 18)
                    Assert.Equal(memory == 1 << 16, counts.Statistics.SpilledRuns > 0);
                Assert.True(counts.Statistics.PeakTableBytes <= memory, $"{counts.Statistics.PeakTableBytes} bytes of {memory}");
            }
        }
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Many_spilled_runs_are_merged_in_levels()
    {
        byte[][] documents = [.. MixedDocuments(5, 200, 8000)];
        PieceCounts counts = PieceCounter.Count(Source(documents), Options() with { Threads = 2, MemoryLimit = 1 << 16 });
        Assert.True(counts.Statistics.SpilledRuns > 40, $"{counts.Statistics.SpilledRuns} runs");
        Assert.Equal(Expected(documents, PieceScanners.Cl100k), Text(counts));
    }

    [Fact]
    public void One_huge_line_has_the_pieces_of_the_whole_text_and_costs_no_more_memory()
    {
        var random = new Random(9);
        var text = new MemoryStream();
        while (text.Length < 1_200_000)
            text.Write(NastyText.Create(random, 50));
        foreach (PieceScanner scanner in (PieceScanner[])[PieceScanners.Gpt2, PieceScanners.O200k, UnigramTrainerOptions.Words])
        {
            byte[] document = text.ToArray();
            PieceCounts counts = PieceCounter.Count(Source(document), Options() with { Scanner = scanner, Threads = 3 });
            Assert.Equal(Expected([document], scanner), Text(counts));
        }
    }

    [Fact]
    public void Safe_cuts_change_no_piece_wherever_they_fall()
    {
        var random = new Random(17);
        for (int round = 0; round < 3000; round++)
        {
            byte[] text = round % 2 == 0 ? NastyText.CreateAscii(random, random.Next(2, 60))
                : Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 12).Select(_ => random.Next(6) switch
                { 0 => "\u3001", 1 => "\u3002", 2 => "\u65e5\u672c", 3 => "\u4dc0", 4 => " \n", _ => "a b" })));
            int cut = SafeCut.FindLast(text, 0, CutPlaces.All);
            if (cut < 0)
                continue;
            foreach (PieceScanner scanner in PieceScanners.All)
                Assert.Equal(Pieces(text, scanner), [.. Pieces(text.AsSpan(0, cut), scanner), .. Pieces(text.AsSpan(cut), scanner)]);
        }
    }

    [Fact]
    public void Text_without_a_place_to_cut_is_one_piece_cut_at_the_cap_between_characters()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("\u65e5", 1_000_000)));
        PieceCounts counts = PieceCounter.Count(Source(text), Options() with { MaxPieceBytes = 100 });
        Assert.Equal(1, counts.Statistics.CutPieces);
        Assert.Equal((99, 30303L), (counts.Max(piece => piece.Key.Length), counts.Max(piece => piece.Value)));
        Assert.All(counts, piece => Assert.Equal(0, piece.Key.Length % 3));
    }

    [Fact]
    public void Invalid_utf8_keeps_its_bytes()
    {
        byte[] text = [0xFF, 0xFE, (byte)'a', 0x80, 0xC3];
        PieceCounts counts = PieceCounter.Count(Source(text), Options());
        Assert.Equal(Expected([text], PieceScanners.Cl100k), Text(counts));
        Assert.Equal(text.Order(), counts.SelectMany(piece => piece.Key.ToArray()).Order());
    }

    [Fact]
    public void An_empty_corpus_has_no_pieces()
    {
        Assert.Equal(0, PieceCounter.Count(Source(), Options()).Length);
        Assert.Equal(0, PieceCounter.Count(Source([], []), Options()).Length);
    }

    [Fact]
    public async Task Asynchronous_documents_count_like_synchronous_ones()
    {
        byte[][] documents = [.. MixedDocuments(2, 20, 1000)];
        PieceCounts counts = await PieceCounter.CountAsync(Later(documents), Options());
        Assert.Equal(Flat(PieceCounter.Count(Source(documents), Options())), Flat(counts));

        static async IAsyncEnumerable<ReadOnlyMemory<byte>> Later(byte[][] documents)
        {
            foreach (byte[] document in documents)
            {
                await Task.Yield();
                yield return document;
            }
        }
    }

    [Fact]
    public void Rare_pieces_are_left_out_after_all_have_been_counted()
    {
        byte[][] documents = [.. MixedDocuments(4, 40, 5000)];
        PieceCounts all = PieceCounter.Count(Source(documents), Options());
        PieceCounts frequent = PieceCounter.Count(Source(documents), Options() with { MinimumCount = 3, MemoryLimit = 1 << 16 });
        Assert.Equal(Flat(all).Where(piece => piece.Item2 >= 3), Flat(frequent));
        Assert.Equal(all.Length - frequent.Length, frequent.Statistics.RarePieces);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Cancelling_leaves_no_temporary_files(int threads)
    {
        using var stop = new CancellationTokenSource();
        int seen = 0;
        IEnumerable<ReadOnlyMemory<byte>> documents = MixedDocuments(3, int.MaxValue, 8000).Select(document =>
        {
            if (Directory.Exists(_folder) && Directory.GetFileSystemEntries(_folder).Length > 0 && ++seen > 3)
                stop.Cancel();
            return (ReadOnlyMemory<byte>)document;
        });
        Assert.ThrowsAny<OperationCanceledException>(() =>
            PieceCounter.Count(DocumentSource.From(documents), Options() with { Threads = threads, MemoryLimit = 1 << 16 }, null, stop.Token));
        Assert.True(seen > 3);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_spill_folder_that_cannot_be_written_is_named_with_the_remedy(int threads)
    {
        string file = Path.Combine(_folder, "a-file");
        File.WriteAllText(file, "");
        IOException error = Assert.Throws<IOException>(() =>
            PieceCounter.Count(Source([.. MixedDocuments(3, 200, 8000)]), Options() with { SpillFolder = file, Threads = threads, MemoryLimit = 1 << 16 }));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains("raise MemoryLimit", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_full_disk_is_reported_and_leaves_no_temporary_files(int threads)
    {
        IOException error = Assert.Throws<IOException>(() => PieceCounter.Count(Source([.. MixedDocuments(3, 200, 8000)]), Options() with
        {
            Threads = threads,
            MemoryLimit = 1 << 16,
            CreateSpillFile = path => new FullDisk(path),
        }));
        Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
        Assert.Contains("SpillFolder", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_result_beyond_its_limit_is_refused_with_the_remedy()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
            PieceCounter.Count(Source([.. MixedDocuments(3, 20, 8000)]), Options() with { ResultLimit = 10_000 }));
        Assert.Contains("Raise MinimumCount", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_of_the_source_passes_through()
    {
        Assert.Throws<FormatException>(() => PieceCounter.Count(DocumentSource.From(Broken()), Options()));

        static IEnumerable<ReadOnlyMemory<byte>> Broken()
        {
            foreach (byte[] document in MixedDocuments(3, 30, 100_000))
                yield return document;
            throw new FormatException();
        }
    }

    private PieceCounterOptions Options() => new(PieceScanners.Cl100k) { Threads = 2, SpillFolder = _folder };

    private static DocumentSource Source(params byte[][] documents) => DocumentSource.From(documents.Select(document => (ReadOnlyMemory<byte>)document));

    private static IEnumerable<byte[]> MixedDocuments(int seed, int count, int length)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            while (text.Length < length)
                text.Append(random.Next(30) == 0 ? new string('x', random.Next(200)) : random.Next(2000).ToString("x3")).Append(random.Next(9) == 0 ? '\n' : ' ');
            yield return Encoding.UTF8.GetBytes(text.ToString());
        }
    }

    private static List<string> Pieces(ReadOnlySpan<byte> text, PieceScanner scanner)
    {
        List<string> pieces = [];
        for (int at = 0; at < text.Length;)
        {
            int end = scanner.NextEnd(text, at);
            pieces.Add(Encoding.Latin1.GetString(text[at..end]));
            at = end;
        }
        return pieces;
    }

    private static SortedDictionary<string, long> Expected(byte[][] documents, PieceScanner scanner)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (string piece in documents.SelectMany(document => Pieces(document, scanner)))
            counts[piece] = counts.GetValueOrDefault(piece) + 1;
        return counts;
    }

    private static SortedDictionary<string, long> Text(PieceCounts counts) =>
        new(counts.ToDictionary(piece => Encoding.Latin1.GetString(piece.Key.Span), piece => piece.Value), StringComparer.Ordinal);

    private static List<(string, long)> Flat(PieceCounts counts) => [.. counts.Select(piece => (Encoding.Latin1.GetString(piece.Key.Span), piece.Value))];

    private sealed class FullDisk(string path) : FileStream(path, FileMode.CreateNew)
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left on device");
    }
}
