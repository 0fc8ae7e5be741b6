using System.Runtime.InteropServices;
using System.Text;
using Athanor.Data.Deduplication;
using Athanor.Data.Deduplication.MinHash;

namespace Athanor.Data.Tests.Deduplication;

/// <summary>Golden vectors were made by datatrove's own simplify_text, python-xxhash, hashlib and NumPy's RandomState (Python 3.11, NumPy 1.24), words being what white space parts.</summary>
public sealed class SignatureTests
{
    [Theory]
    [InlineData(0, 0UL, 0xef46db3751d8e999UL)]
    [InlineData(1, 0UL, 0xe934a84adb052768UL)]
    [InlineData(3, 0UL, 0xe5c7bb4533bc65ddUL)]
    [InlineData(4, 0UL, 0xffced8604453cc1eUL)]
    [InlineData(7, 5UL, 0xe4878bbf72f59115UL)]
    [InlineData(8, 0UL, 0x884a173614b81b8dUL)]
    [InlineData(15, 0UL, 0xa948f5f0f6abac2dUL)]
    [InlineData(31, 0UL, 0xc346d2b59b4d8ee1UL)]
    [InlineData(32, 0UL, 0xcbf59c5116ff32b4UL)]
    [InlineData(33, 7UL, 0x0c43e57754c778d9UL)]
    [InlineData(64, 0UL, 0xf7c67301db6713f0UL)]
    [InlineData(100, 1UL, 0x3d19a3a2098a7023UL)]
    public void Xxh64_is_that_of_python_xxhash(int length, ulong seed, ulong expected) =>
        Assert.Equal(expected, XxHash64.Of([.. Enumerable.Range(0, length).Select(value => (byte)value)], seed));

    [Fact]
    public void Xxh64_without_branches_is_the_same()
    {
        var random = new Random(1);
        byte[] bytes = new byte[400];
        random.NextBytes(bytes);
        for (int length = 0; length < 300; length++)
            Assert.Equal(XxHash64.Of(bytes.AsSpan(0, length)), XxHash64.OfPadded(ref bytes[0], (nuint)length));
    }

    /// <summary>Blocks of letters are cut by masks; here against a plain loop, at every offset within a block.</summary>
    [Fact]
    public void Words_are_cut_the_same_wherever_blocks_begin()
    {
        var random = new Random(8);
        var words = new WordScanner(CharacterFolds.Datatrove);
        for (int round = 0; round < 400; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(200)).Select(_ => random.Next(12) switch { 0 => " ", 1 => "--", 2 => "7", 3 => "\u00e9", 4 => new string('Q', random.Next(40)), _ => $"{(char)('a' + random.Next(26))}" }));
            words.Scan(text);
            string expected = string.Concat(text.Select(c => c is ' ' or '-' ? ' ' : c == '\u00e9' ? 'e' : char.ToLowerInvariant(c)));
            expected = System.Text.RegularExpressions.Regex.Replace(expected, "7+", "0");
            Assert.Equal(string.Join(' ', expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)), Encoding.UTF8.GetString(words.Bytes));
            Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, words.Count);
            Assert.Equal(words.Bytes.Length + 1, words.Count == 0 ? words.Bytes.Length + 1 : words.Starts[^1]);
        }
    }

    [Fact]
    public void Residues_at_the_edge_of_the_modulus_are_exact()
    {
        // x·a + b for x = 0 is b: sums that are the modulus or a little more, whose residues are least of all.
        ulong[] b = [MersenneMinima.Modulus, MersenneMinima.Modulus - 1, MersenneMinima.Modulus + 5, ulong.MaxValue, 0, 1, 7, 8, 1UL << 61, (1UL << 61) + 3], a = new ulong[b.Length];
        foreach (int lanes in new[] { 1, 2, 4, 8 })
        {
            ulong[] minima = [.. Enumerable.Repeat(ulong.MaxValue, b.Length)];
            MersenneMinima.Update([0], a, b, minima, low32: false, lanes);
            Assert.Equal(b.Select(value => value % MersenneMinima.Modulus), minima);
        }
    }

    [Fact]
    public void Constants_are_those_that_numpy_draws()
    {
        var random = new NumpyRandom(1);
        ulong[] a = [.. Enumerable.Range(0, 112).Select(_ => random.Next(1, MersenneMinima.Modulus))], b = [.. Enumerable.Range(0, 112).Select(_ => random.Next(0, MersenneMinima.Modulus))];
        Assert.Equal(new ulong[] { 775169054918279404, 1758426461858698313, 223865076026037746 }, new[] { a[0], a[1], a[111] });
        Assert.Equal(new ulong[] { 1062448801025099917, 1324811268927594100, 1097409548522419201 }, new[] { b[0], b[1], b[111] });
    }

    public static IEnumerable<object[]> Datatrove()
    {
        yield return ["The quick brown fox jumps over the lazy dog, and then it sleeps for 3,141.59 hours (or 12 days)!", "the quick brown fox jumps over the lazy dog and then it sleeps for 0 0 hours or 0 days", 0x34178792197cd2beUL, 0x711b7bed6150a0abUL, 85330943174081874UL];
        yield return ["\u00c0\u00c9\u00ce\u00f5\u00fc Stra\u00dfe na\u00efve caf\u00e9 \u2014 \u201cquoted\u201d text\u2026 with \u2018curly\u2019 quotes; \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u03a3\u039f\u03a6\u039f\u03a3 \u0130stanbul 1.2.3 and 4,5 x", "aeiou stra\u00dfe naive cafe quoted text with \u2018curly quotes \u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2 \u03c3\u03bf\u03c6\u03bf\u03c2 istanbul 0 0 and 0 x", 0x47b464fa0c9795b0UL, 0x835dc89c78b45668UL, 234362660121710496UL];
        yield return ["\u4e2d\u6587 \u6587\u5b57 \u6ca1\u6709 \u7a7a\u683c \u4f46\u662f \u8fd9\u91cc \u6709 \u7a7a\u683c \uff11\uff12\uff13 \u3002\u6807\u70b9 \u7b26\u53f7 \uff0c\u5f88 \u591a \ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8 \ub3c4 \uc788\ub2e4 ok", "\u4e2d\u6587 \u6587\u5b57 \u6ca1\u6709 \u7a7a\u683c \u4f46\u662f \u8fd9\u91cc \u6709 \u7a7a\u683c 0 \u6807\u70b9 \u7b26\u53f7 \u5f88 \u591a \u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165 \u1110\u1166\u11a8\u1109\u1173\u1110\u1173 \u1103\u1169 \u110b\u1175\u11bb\u1103\u1161 ok", 0xf97475f65d33e1b0UL, 0xba14c71ea7e2fd68UL, 545091186704052834UL];
        yield return ["tabs\u0009and\u000anew\u000d\u000alines\u00a0non\u2003breaking\u200bzero width\u001cfs \u0663\u066b\u0661\u0664 arabic \u0967\u0968\u0969 deva e\u0301clair a\u0327\u0301b x\u20e3", "tabs and new lines non breaking\u200bzero width fs 0 arabic 0 deva eclair ab x\u20e3", 0x98546bbfaa468a1fUL, 0xa48a7e59f6dc8d9cUL, 1427727495385161UL];
        yield return ["Emoji \U0001f600 and astral \U00020000\U0001d7d9 math \u1e9b\u0323 \ufb01 ligature \u2167 \u00bd \u00b2 K \u00c5 \u015f\u0307 \u0133 _under_score_ a|b ~tilde~ ok then", "emoji \U0001f600 and astral \U000200000 math \u017f \ufb01 ligature \u2177 \u00bd \u00b2 k a s \u0133 under score a b tilde ok then", 0xf0323d55d9f518f4UL, 0x1f3d279bc94599d9UL, 63379715865867067UL];
        yield return ["\U0001d518\U0001d52b\U0001d526\U0001d520\U0001d52c\U0001d521\U0001d522 \u0415\u0401\u0439\u043a\u0430 \u0419\u041e\u0422 \u01c4 \u01c5 \u1e9e \u0345 \u0345x \u03a9 \u1f48\u0394\u039f\u03a3\u0301 \u1fbc \u0391\u03a3. \u0391\u03a3\u0391 \u03a3 word word word word", "\U0001d518\U0001d52b\U0001d526\U0001d520\U0001d52c\U0001d521\U0001d522 \u0435\u0435\u0438\u043a\u0430 \u0438\u043e\u0442 \u01c6 \u01c6 \u00df x \u03c9 \u03bf\u03b4\u03bf\u03c2 \u03b1 \u03b1\u03c2 \u03b1\u03c3\u03b1 \u03c3 word word word word", 0xb915fc0194ca5b2aUL, 0xa80463abd053d795UL, 243599248635685444UL];
    }

    [Theory]
    [MemberData(nameof(Datatrove))]
    public void Datatrove_signatures_are_the_same_to_the_bit(string text, string folded, ulong xxhash, ulong sha1, ulong first)
    {
        var words = new WordScanner(CharacterFolds.Datatrove);
        words.Scan(text);
        Assert.Equal(folded, Encoding.UTF8.GetString(words.Bytes));
        foreach ((ShingleHash hash, ulong expected) in new[] { (ShingleHash.Xxhash, xxhash), (ShingleHash.Sha1, sha1) })
        {
            var hasher = new MinHasher(new MinHashPlan(MinHashScheme.Datatrove, 5, new LshBands(14, 8), hash));
            Assert.True(hasher.Sign(text));
            if (hash == ShingleHash.Xxhash)
                Assert.Equal(first, hasher.Minima[0]);
            Assert.Equal(expected, XxHash64.Of(MemoryMarshal.AsBytes(hasher.Minima)));
        }
    }

    public static IEnumerable<object[]> Slimpajama()
    {
        yield return ["The quick brown fox jumps over the lazy dog, and then it sleeps for 3,141.59 hours (or 12 days)!", 0x194c2db2da2c79e1UL, 4709635UL];
        yield return ["\u00c0\u00c9\u00ce\u00f5\u00fc Stra\u00dfe na\u00efve caf\u00e9 \u2014 \u201cquoted\u201d text\u2026 with \u2018curly\u2019 quotes; \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u03a3\u039f\u03a6\u039f\u03a3 \u0130stanbul 1.2.3 and 4,5 x", 0xcf6fff8d298ed92fUL, 25061014UL];
        yield return ["\u4e2d\u6587 \u6587\u5b57 \u6ca1\u6709 \u7a7a\u683c \u4f46\u662f \u8fd9\u91cc \u6709 \u7a7a\u683c \uff11\uff12\uff13 \u3002\u6807\u70b9 \u7b26\u53f7 \uff0c\u5f88 \u591a \ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8 \ub3c4 \uc788\ub2e4 ok", 0x188e01dbade23b60UL, 230745677UL];
        yield return ["tabs\u0009and\u000anew\u000d\u000alines\u00a0non\u2003breaking\u200bzero width\u001cfs \u0663\u066b\u0661\u0664 arabic \u0967\u0968\u0969 deva e\u0301clair a\u0327\u0301b x\u20e3", 0xc21f2f0c8d794d3fUL, 33536985UL];
        yield return ["Emoji \U0001f600 and astral \U00020000\U0001d7d9 math \u1e9b\u0323 \ufb01 ligature \u2167 \u00bd \u00b2 K \u00c5 \u015f\u0307 \u0133 _under_score_ a|b ~tilde~ ok then", 0xd729e0eabe7cd208UL, 218538918UL];
        yield return ["\U0001d518\U0001d52b\U0001d526\U0001d520\U0001d52c\U0001d521\U0001d522 \u0415\u0401\u0439\u043a\u0430 \u0419\u041e\u0422 \u01c4 \u01c5 \u1e9e \u0345 \u0345x \u03a9 \u1f48\u0394\u039f\u03a3\u0301 \u1fbc \u0391\u03a3. \u0391\u03a3\u0391 \u03a3 word word word word", 0x8a1a3cc5c3ddb7e5UL, 66581180UL];
    }

    [Theory]
    [MemberData(nameof(Slimpajama))]
    public void SlimPajama_signatures_are_the_same_to_the_bit(string text, ulong all, ulong first)
    {
        var hasher = new MinHasher(new MinHashPlan(MinHashScheme.Slimpajama, 13, new LshBands(9, 13)));
        Assert.True(hasher.Sign(text));
        Assert.Equal(first, hasher.Minima[0]);
        Assert.Equal(all, XxHash64.Of(MemoryMarshal.AsBytes(hasher.Minima)));
    }

    [Theory]
    [InlineData(MinHashScheme.Own, 14, 8)]
    [InlineData(MinHashScheme.Own, 9, 13)]
    [InlineData(MinHashScheme.Own, 3, 5)]
    [InlineData(MinHashScheme.Datatrove, 14, 8)]
    [InlineData(MinHashScheme.Datatrove, 20, 13)]
    [InlineData(MinHashScheme.Slimpajama, 9, 13)]
    public void Every_width_gives_the_same_bits(MinHashScheme scheme, int bands, int rows)
    {
        var plan = new MinHashPlan(scheme, 5, new LshBands(bands, rows));
        string[] texts = [.. Testing.Corpus.Make(20).Select(document => document.Text + " and six more words to be long enough")];
        MinHasher[] hashers = [.. new[] { 64, 128, 256, 512, 0 }.Select(width => new MinHasher(plan, width))];
        foreach (string text in texts)
        {
            Assert.All(hashers, hasher => Assert.True(hasher.Sign(text)));
            ulong[] expected = hashers[0].Minima.ToArray();
            Assert.All(hashers, hasher => Assert.Equal(expected, hasher.Minima.ToArray()));
        }
    }

    [Theory]
    [InlineData(MinHashScheme.Datatrove, "only four words here", false)]
    [InlineData(MinHashScheme.Datatrove, "here are five words now", true)]
    [InlineData(MinHashScheme.Own, "one", true)]
    [InlineData(MinHashScheme.Own, " -- !\u0301 ", false)]
    [InlineData(MinHashScheme.Own, "", false)]
    [InlineData(MinHashScheme.Slimpajama, "a, b, c", false)]
    public void Texts_that_are_too_short_have_no_signature(MinHashScheme scheme, string text, bool signed) =>
        Assert.Equal(signed, new MinHasher(new MinHashPlan(scheme, scheme == MinHashScheme.Slimpajama ? 13 : 5, new LshBands(14, 8))).Sign(text));

    [Fact]
    public void Characters_of_scripts_without_spaces_are_words_of_our_own_mode_alone()
    {
        const string Text = "\u4E2D\u6587mixed \u6587\u5B57 ok\u3002\u0E44\u0E17\u0E22";
        Assert.Equal("\u4E2D \u6587 mixed \u6587 \u5B57 ok \u0E44 \u0E17 \u0E22", Fold(CharacterFolds.Split, Text));
        Assert.Equal("\u4E2D\u6587mixed \u6587\u5B57 ok \u0E44\u0E17\u0E22", Fold(CharacterFolds.Datatrove, Text));

        static string Fold(CharacterFolds folds, string text)
        {
            var words = new WordScanner(folds);
            words.Scan(text);
            Assert.Equal(words.Count == 0 ? [] : Encoding.UTF8.GetString(words.Bytes).Split(' '), Words(words));
            return Encoding.UTF8.GetString(words.Bytes);
        }

        static IEnumerable<string> Words(WordScanner words)
        {
            var found = new List<string>();
            for (int i = 0; i < words.Count; i++)
                found.Add(Encoding.UTF8.GetString(words.Bytes[words.Starts[i]..(words.Starts[i + 1] - 1)]));
            return found;
        }
    }

    [Fact]
    public void Lone_surrogates_and_long_words_do_no_harm()
    {
        var words = new WordScanner(CharacterFolds.Split);
        words.Scan("a\ud800b \udc00" + new string('x', 100_000) + string.Concat(Enumerable.Repeat("\ud55c", 5000)));
        Assert.Equal(2, words.Count);
        Assert.StartsWith("a\uFFFDb \uFFFDxxx", Encoding.UTF8.GetString(words.Bytes), StringComparison.Ordinal);
    }

    /// <summary>RedPajama-v2 and SlimPajama chose theirs with datasketch from 128 minima.</summary>
    [Theory]
    [InlineData(0.7, 128, 14, 9)]
    [InlineData(0.8, 128, 9, 13)]
    [InlineData(0.9, 128, 5, 25)]
    public void Bands_follow_from_the_threshold_as_in_datasketch(double threshold, int hashes, int bands, int rows) =>
        Assert.Equal(new LshBands(bands, rows), LshBands.For(threshold, hashes));

    [Fact]
    public void Probabilities_are_those_published_for_fineweb()
    {
        var bands = new LshBands(14, 8);
        Assert.Equal(new[] { 0.56, 0.77, 0.92, 0.988 }, new[] { 0.7, 0.75, 0.8, 0.85 }.Select(j => Math.Round(bands.Probability(j), j == 0.85 ? 3 : 2)));
        Assert.Equal(0.72, bands.Threshold, 2);
    }

    /// <summary>Random words, one of the two texts with some of them changed; the similarity is counted naively on strings.</summary>
    [Theory]
    [InlineData(MinHashScheme.Own)]
    [InlineData(MinHashScheme.Datatrove)]
    public void Recall_follows_theory_within_three_points(MinHashScheme scheme)
    {
        const int Pairs = 5000, Words = 100;
        var bands = new LshBands(14, 8);
        var hasher = new MinHasher(new MinHashPlan(scheme, 5, bands));
        var random = new Random(11);
        var hits = new double[5];
        var expected = new double[5];
        var counts = new int[5];
        ulong[] first = new ulong[14], second = new ulong[14];
        for (int pair = 0; pair < Pairs; pair++)
        {
            string[] a = [.. Enumerable.Range(0, Words).Select(_ => $"w{(char)('a' + random.Next(26))}{(char)('a' + random.Next(26))}{(char)('a' + random.Next(26))}")], b = [.. a];
            for (int edits = random.Next(1, 12); edits > 0; edits--)
                b[random.Next(Words)] = $"x{(char)('a' + random.Next(26))}{(char)('a' + random.Next(26))}{(char)('a' + random.Next(26))}";
            double similarity = Jaccard(a, b);
            int bin = (int)((similarity - 0.5) / 0.1);
            if (similarity < 0.5 || bin > 4)
                continue;
            Assert.True(hasher.Sign(string.Join(' ', a)));
            hasher.Bands(first);
            uint[] set = hasher.Set().ToArray();
            Assert.True(hasher.Sign(string.Join(' ', b)));
            hasher.Bands(second);
            Assert.Equal(similarity, MinHasher.Jaccard(set, hasher.Set()), 6);
            hits[bin] += first.Zip(second).Any(band => band.First == band.Second) ? 1 : 0;
            expected[bin] += bands.Probability(similarity);
            counts[bin]++;
        }
        for (int bin = 0; bin < 5; bin++)
        {
            Assert.True(counts[bin] > 300, $"{counts[bin]} pairs");
            Assert.True(Math.Abs(hits[bin] - expected[bin]) / counts[bin] <= 0.03, $"at {0.5 + 0.1 * bin:F1}: {hits[bin] / counts[bin]:P1} of {counts[bin]} pairs against {expected[bin] / counts[bin]:P1}");
        }

        static double Jaccard(string[] a, string[] b)
        {
            HashSet<string> x = [.. Grams(a)], y = [.. Grams(b)];
            int common = x.Count(y.Contains);
            return (double)common / (x.Count + y.Count - common);
        }

        static IEnumerable<string> Grams(string[] words) => Enumerable.Range(0, words.Length - 4).Select(at => string.Join(' ', words, at, 5));
    }
}
