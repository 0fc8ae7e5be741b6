using System.Text;
using System.Text.Json;

namespace Athanor.Tokenizers.Tests.Files.HuggingFace;

/// <summary>Ids, offsets and decoded texts of Hugging Face tokenizers 0.23.2 for small tokenizers of every component, made by generate-vectors.js.</summary>
public class VectorTests
{
    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (string file in Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal))
            names.Add(Path.GetFileNameWithoutExtension(file));
        return names;
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Files", "HuggingFace", "Vectors");

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_offsets_and_texts_are_those_of_Hugging_Face(string name)
    {
        using JsonDocument file = Load(name);
        Check(Tokenizer.FromJson(Encoding.UTF8.GetBytes(file.RootElement.GetProperty("tokenizer").GetRawText()), name), file.RootElement);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tokenizer_that_was_saved_and_loaded_does_the_same(string name)
    {
        using JsonDocument file = Load(name);
        Tokenizer original = Tokenizer.FromJson(Encoding.UTF8.GetBytes(file.RootElement.GetProperty("tokenizer").GetRawText()), name);
        using var saved = new MemoryStream();
        original.WriteJson(saved);
        Tokenizer loaded = Tokenizer.FromJson(saved.ToArray(), name);
        Check(loaded, file.RootElement);
        using var again = new MemoryStream();
        loaded.WriteJson(again);
        Assert.Equal(saved.ToArray(), again.ToArray());
    }

    private static JsonDocument Load(string name) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));

    private static void Check(Tokenizer tokenizer, JsonElement vectors)
    {
        var buffer = new TokenBuffer(withRanges: true);
        foreach (JsonElement entry in vectors.GetProperty("cases").EnumerateArray())
        {
            string text = entry.GetProperty("text").GetString()!;
            int[] ids = Ids(entry.GetProperty("ids"));
            buffer.Clear();
            tokenizer.Encode(text.AsSpan(), buffer, EncodeOptions.ParseSpecial);
            Same(ids, buffer.Ids.ToArray(), text, tokenizer);
            Assert.Equal(ids, tokenizer.Encode(text, EncodeOptions.ParseSpecial));
            Assert.Equal(ids.Length, tokenizer.CountTokens(text.AsSpan(), EncodeOptions.ParseSpecial));
            if (entry.TryGetProperty("offsets", out JsonElement offsets))
                CheckOffsets(text, offsets, buffer);
            if (entry.TryGetProperty("full", out JsonElement full))
                Same(Ids(full), tokenizer.Encode(text, EncodeOptions.ParseSpecial | EncodeOptions.AddSpecial), text, tokenizer);
            if (entry.TryGetProperty("pair", out JsonElement pair))
            {
                buffer.Clear();
                tokenizer.EncodePair(Encoding.UTF8.GetBytes(text), "the pair"u8, buffer, EncodeOptions.ParseSpecial | EncodeOptions.AddSpecial);
                Same(Ids(pair), buffer.Ids.ToArray(), text, tokenizer);
            }
            if (entry.TryGetProperty("decoded", out _))
                CheckDecoding(tokenizer, tokenizer.Encode(text, EncodeOptions.ParseSpecial | EncodeOptions.AddSpecial), entry);
        }
        foreach (JsonElement entry in vectors.GetProperty("decodes").EnumerateArray())
            CheckDecoding(tokenizer, Ids(entry.GetProperty("ids")), entry);
    }

    private static void CheckDecoding(Tokenizer tokenizer, int[] ids, JsonElement entry)
    {
        foreach (bool skip in (bool[])[false, true])
        {
            string expected = entry.GetProperty(skip ? "skipped" : "decoded").GetString()!;
            Assert.Equal(expected, tokenizer.Decode(ids, skip));
            DecodeStream stream = tokenizer.CreateStream(skip);
            for (int round = 0; round < 2; round++)
            {
                var parts = new StringBuilder();
                foreach (int id in ids)
                {
                    string part = stream.Append(id);
                    Assert.False(part.Length > 0 && (char.IsLowSurrogate(part[0]) || char.IsHighSurrogate(part[^1])), "half a character");
                    parts.Append(part);
                }
                Assert.Equal(expected, parts.Append(stream.Flush()).ToString());
            }
        }
    }

    // Hugging Face counts code points.
    private static void CheckOffsets(string text, JsonElement offsets, TokenBuffer buffer)
    {
        int[] points = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++)
            points[i + 1] = points[i] + (char.IsLowSurrogate(text[i]) ? 0 : 1);
        int token = 0;
        foreach (JsonElement pair in offsets.EnumerateArray())
        {
            ByteRange range = buffer.Ranges[token];
            Assert.True((points[range.Start], points[range.End]) == (pair[0].GetInt32(), pair[1].GetInt32()),
                $"token {token} of '{text}' lies at {points[range.Start]}..{points[range.End]}, not at {pair}");
            token++;
        }
    }

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private static void Same(int[] expected, int[] actual, string text, Tokenizer tokenizer)
    {
        string Show(int[] ids) => string.Join(' ', ids.Select(id => $"{id}'{tokenizer.GetToken(id)}'"));
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"'{text}'\nexpected {Show(expected)}\nactual   {Show(actual)}");
    }
}
