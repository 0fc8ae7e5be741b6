using System.Security.Cryptography;
using System.Runtime.InteropServices;
using Athanor.Tokenizers;
using Athanor.Tokenizers.Bpe;
using Athanor.Tokenizers.PreTokenizers;
using Athanor.Tokenizers.PreTokenizers.Scanners;

namespace Athanor.Benchmarks.Tokenizers;

/// <summary>Encoding, counting and decoding rates of byte-level BPE on real text and on the worst of inputs, one thread.</summary>
internal static class EncodingCases
{
    public static void Run(Options options, Report report)
    {
        IReadOnlyList<Corpus> corpora = Corpus.Find(options);
        foreach (string path in options.Vocabularies)
        {
            RankFile file = RankFile.Read(path);
            PieceScanner scanner = PieceScanners.ByPattern(file.Pattern) ?? throw new InvalidDataException($"{path}: the pattern {file.Pattern} has no scanner.");
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            ByteLevelEncoder encoder = ByteLevelEncoder.Create(ByteLevelBpe.FromRanks(file.Vocabulary), scanner);
            Console.Error.WriteLine($"model built in {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:F3} s, monotone {encoder.Model.Symbols.Monotone}, symbols {encoder.Model.Symbols.Count}");
            foreach (Corpus corpus in corpora)
            {
                if (!options.Wants($"encoding/{file.Name}/{corpus.Name}"))
                    continue;
                report.Group($"encoding/{file.Name}/{corpus.Name}");
                Case(options, report, encoder, scanner, corpus);
            }
        }
    }

    private static void Case(Options options, Report report, ByteLevelEncoder encoder, PieceScanner scanner, Corpus corpus)
    {
        var tokens = new TokenBuffer();
        encoder.Encode(corpus.Text, 0, tokens);
        int[] ids = tokens.Ids.ToArray();
        Console.Error.WriteLine($"{ids.Length} tokens {Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<int>(ids)))[..16]}");
        var measure = new Measure();
        var buffer = new TokenBuffer();
        measure.Add("encode", corpus.Megabytes, _ =>
        {
            foreach (ReadOnlyMemory<byte> document in corpus.Documents)
            {
                buffer.Clear();
                encoder.Encode(document.Span, 0, buffer);
            }
        });
        measure.Add("count", corpus.Megabytes, _ =>
        {
            foreach (ReadOnlyMemory<byte> document in corpus.Documents)
                encoder.Count(document.Span);
        });
        measure.Add("pieces", corpus.Megabytes, _ =>
        {
            foreach (ReadOnlyMemory<byte> document in corpus.Documents)
            {
                for (int at = 0; at < document.Length;)
                    at = scanner.NextEnd(document.Span, at);
            }
        });
        var text = new byte[corpus.Text.Length + 16];
        measure.Add("decode", corpus.Megabytes, _ => encoder.Model.Vocabulary.Decode(ids, text));
        measure.Go(options.Quick ? 0.5 : 2);
        foreach (string name in (string[])["encode", "count", "pieces", "decode"])
            report.Add(new Result("", name, measure.Median(name), "MB/s") { Best = measure.Best(name) });
    }
}
