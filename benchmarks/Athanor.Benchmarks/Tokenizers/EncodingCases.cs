using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.Files.Tiktoken;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;
using Athanor.Tokenizers.Training;

namespace Athanor.Benchmarks.Tokenizers;

/// <summary>Encoding, counting and decoding rates of byte-level BPE on documents of 8 KiB and on the worst of inputs, one thread unless said.</summary>
internal static class EncodingCases
{
    private sealed record Entry(string Name, ByteLevelEncoder Encoder, PieceScanner Scanner, string? Json);

    public static void Run(Options options, Report report)
    {
        if (!options.Wants("encoding"))
            return;
        IReadOnlyList<Corpus> corpora = Corpus.Find(options);
        if (corpora.Count == 0)
        {
            Console.Error.WriteLine("No corpus was found; give one with --corpus NAME=FILE.");
            return;
        }
        foreach (Entry entry in Entries(options, corpora))
        {
            foreach (Corpus corpus in corpora)
            {
                report.Group($"encoding/{entry.Name}/{corpus.Name}", $"{corpus.Megabytes:F1} MB in documents of {Corpus.DocumentBytes / 1024} KiB");
                Ordinary(options, report, entry, corpus);
            }
            report.Group($"encoding/{entry.Name}/worst", $"texts of 1 MB; the peer is {corpora[0].Name} in turns");
            Worst(options, report, entry, corpora[0]);
        }
    }

    private static IEnumerable<Entry> Entries(Options options, IReadOnlyList<Corpus> corpora)
    {
        List<string> paths = [.. options.Vocabularies];
        if (paths.Count == 0 && options.Peers is not null)
            paths.AddRange((options.Quick ? ["cl100k_base"] : (string[])["cl100k_base", "o200k_base", "gpt2"]).Select(name => Path.Combine(options.Peers, "node_modules", "tiktoken", "encoders", name + ".json")));
        foreach (string path in paths)
        {
            RankFile file = RankFile.Read(path);
            PieceScanner scanner = PieceScanners.ByPattern(file.Pattern) ?? throw new InvalidDataException($"{path}: the pattern {file.Pattern} has no scanner.");
            string json = Path.Combine(Path.GetTempPath(), $"athanor-{Environment.ProcessId}-{file.Name}.json");
            // The Hugging Face peer reads our own tokenizer.json, so equal ids say that too. Without special tokens: it would read them in the text, where ours and tiktoken's take text as text.
            using (FileStream stream = File.Create(json))
                new Tokenizer(TiktokenTokenizer.Build(file.Vocabulary, TiktokenEncoding.ByName(file.Name), path) with { AddedTokens = [], PostProcessor = null }).WriteJson(stream);
            yield return new Entry(file.Name, ByteLevelEncoder.Create(ByteLevelBpe.FromRanks(file.Vocabulary), scanner), scanner, json);
            File.Delete(json);
        }
        if (paths.Count > 0)
            yield break;
        Console.Error.WriteLine("No vocabulary was given (--vocabulary FILE or --peers FOLDER): one of 32,000 tokens is trained on the corpora, which flatters every rate.");
        PieceScanner cl100k = PieceScanners.Cl100k;
        BpeTrainingResult trained = BpeTrainer.Train(
            PieceCounter.Count(DocumentSource.From(corpora.SelectMany(corpus => corpus.Documents)), new PieceCounterOptions(cl100k)), new BpeTrainerOptions(32_000));
        yield return new Entry("trained-32k", ByteLevelEncoder.Create((ByteLevelBpe)trained.ToTokenizer(cl100k).Model, cl100k), cl100k, null);
    }

    private static void Ordinary(Options options, Report report, Entry entry, Corpus corpus)
    {
        ByteLevelEncoder encoder = entry.Encoder;
        var buffer = new TokenBuffer();
        var batch = new TokenBatch();
        int[] ids = Ids(encoder, corpus, out string digest);
        var text = new byte[corpus.Text.Length];
        var measure = new Measure();
        measure.Add("encode", corpus.Megabytes, _ => Encode(encoder, corpus, buffer));
        measure.Add("count", corpus.Megabytes, _ => Count(encoder, corpus));
        measure.Add("pre-tokenize", corpus.Megabytes, _ => Cut(entry.Scanner, corpus));
        measure.Add("decode", corpus.Megabytes, _ => encoder.Model.Vocabulary.Decode(ids, text));
        measure.Add("encode 2 threads", corpus.Megabytes, _ => batch.Fill(corpus.Documents.Count, 2, (i, output) => encoder.Encode(corpus.Documents[i].Span, 0, output), default));
        measure.Go(options.Quick ? 0.4 : 1.5);
        if (!text.AsSpan().SequenceEqual(corpus.Text))
            throw new InvalidOperationException($"{entry.Name} does not decode {corpus.Name} to what was encoded.");
        report.Add(new Result("", "encode", measure.Median("encode"), "MB/s") { Best = measure.Best("encode") });
        foreach (NpmPeer.Figures peer in options.Peers is null ? [] : NpmPeer.Run(options.Peers, entry.Name, entry.Json, corpus, options.Quick ? 1 : 3))
        {
            if (peer.Ids != digest)
                Console.Error.WriteLine($"MISMATCH: {peer.Peer} has other ids than Athanor on {corpus.Name} ({peer.Tokens} tokens against {ids.Length}).");
            report.Add(new Result("", "encode against " + peer.Peer.Split(' ')[0] + (peer.Ids == digest ? ", same ids" : ", OTHER IDS"), measure.Median("encode"), "MB/s")
            {
                Best = measure.Best("encode"),
                Peer = peer.Peer,
                PeerValue = peer.Median,
                BestRatio = measure.Best("encode") / peer.Best,
            });
        }
        foreach (string name in (string[])["count", "pre-tokenize", "decode"])
            report.Add(new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) });
        report.Add(new Result("", "encode 2 threads, peer 1 thread", measure.Median("encode 2 threads"), "MB/s")
        {
            Best = measure.Best("encode 2 threads"),
            Threads = 2,
            Peer = "1 thread",
            PeerValue = measure.Median("encode"),
            BestRatio = measure.Best("encode 2 threads") / measure.Best("encode"),
        });
        report.Add(new Result("", "bytes a token", (double)corpus.Text.Length / ids.Length, "bytes"));
    }

    private static void Worst(Options options, Report report, Entry entry, Corpus ordinary)
    {
        var random = new Random(1);
        var bytes = new byte[1 << 20];
        random.NextBytes(bytes);
        var measure = new Measure();
        var buffer = new TokenBuffer();
        measure.Add("ordinary", ordinary.Megabytes, _ => Encode(entry.Encoder, ordinary, buffer));
        (string Name, byte[] Text)[] cases =
        [
            ("one letter", Fill("a")), ("spaces", Fill(" ")), ("line breaks", Fill("\n")), ("one digit", Fill("7")), ("two letters in turns", Fill("ab")), ("one ideograph", Fill("\u65e5")),
            ("random bytes", bytes), ("random letters without spaces", [.. bytes.Select(value => (byte)('a' + value % 26))]),
            ("base64", Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes))), ("capitals and small letters in turns", Fill("aB")),
        ];
        foreach ((string name, byte[] text) in cases)
        {
            measure.Add(name, text.Length / 1e6, _ =>
            {
                buffer.Clear();
                entry.Encoder.Encode(text, 0, buffer);
            });
        }
        measure.Go(options.Quick ? 0.15 : 0.5);
        foreach ((string name, _) in cases)
        {
            report.Add(new Result("", name, measure.Median(name), "MB/s")
            {
                Best = measure.Best(name),
                Peer = "ordinary text",
                PeerValue = measure.Median("ordinary"),
                BestRatio = measure.Best(name) / measure.Best("ordinary"),
            });
        }

        static byte[] Fill(string unit) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(unit, (1 << 20) / Encoding.UTF8.GetByteCount(unit))));
    }

    private static void Encode(ByteLevelEncoder encoder, Corpus corpus, TokenBuffer buffer)
    {
        foreach (ReadOnlyMemory<byte> document in corpus.Documents)
        {
            buffer.Clear();
            encoder.Encode(document.Span, 0, buffer);
        }
    }

    private static void Count(ByteLevelEncoder encoder, Corpus corpus)
    {
        foreach (ReadOnlyMemory<byte> document in corpus.Documents)
            encoder.Count(document.Span);
    }

    private static void Cut(PieceScanner scanner, Corpus corpus)
    {
        foreach (ReadOnlyMemory<byte> document in corpus.Documents)
        {
            ReadOnlySpan<byte> text = document.Span;
            for (int at = 0; at < text.Length;)
                at = scanner.NextEnd(text, at);
        }
    }

    /// <summary>The ids of all documents and their digest, which the peers' must equal.</summary>
    private static int[] Ids(ByteLevelEncoder encoder, Corpus corpus, out string digest)
    {
        var buffer = new TokenBuffer();
        foreach (ReadOnlyMemory<byte> document in corpus.Documents)
            encoder.Encode(document.Span, 0, buffer);
        digest = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(buffer.Ids)));
        return buffer.Ids.ToArray();
    }
}
