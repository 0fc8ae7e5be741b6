using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Athanor.Tokenizers.Files.HuggingFace;

/// <summary>
/// What a tokenizer makes of a fixed text that is hard on tokenizers. Stored beside the tokenizer and compared on load, so that a model never silently
/// meets other ids than it was trained on.
/// </summary>
internal static class Fingerprint
{
    /// <summary>The file in the tokenizer's folder; other tools do not look at it.</summary>
    public const string FileName = "tokenizer_fingerprint.json";

    // Prose and code, contractions in both cases and with the long s, numbers of several scripts, runs of each kind of white space, line breaks, combining marks in both
    // orders, Hangul parts, ligatures, full-width forms, emoji with joiners and flags, right-to-left and Indic text, controls, markup of special tokens.
    private const string Text =
        "The quick brown fox jumps over the lazy dog, and there is more of this in every language that people write. "
        + "for (int i = 0; i < values.Length; i++)\n{\n    total += values[i] * 2.5e-3;\n}\n"
        + "Hello, World! It's WE'LL you'Ve \u0027\u017F I'd  don't\u2019t 1234567 3.14159 \u0663\u0664\u0665 \uFF11\uFF12 \u2167 \u00BD\n\n\t\t  indented\r\n"
        + "   trailing   \n \u00A0\u3000\u2028x\u0085y e\u0301\u0323 \u00E9 \u1EB9\u0301 \u1100\u1161\u11A8 \uAC01 \uFB01 \u212B \u2460\uFF21 "
        + "\u041F\u0440\u0438\u0432\u0435\u0442 \u4F60\u597D\uFF0C\u4E16\u754C\u3002 \u3053\u3093\u306B\u3061\u306F\u30AB\u30BF\u30AB\u30CA \uD55C\uAD6D\uC5B4 "
        + "\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35 \u0645\u0631\u062D\u0628\u0627 \u05E9\u05DC\u05D5\u05DD \u0928\u092E\u0938\u094D\u0924\u0947 "
        + "\uD83D\uDE00\uD83D\uDC69\u200D\uD83D\uDCBB\uD83C\uDDE9\uD83C\uDDEA\u2764\uFE0F \uD835\uDD4F\uD800\uDF48 snake_case camelCase HTTPServer x=y+z; /* a-b */ "
        + "\u0001\u007F\uFEFF\uFFFD \u2581\u0120\u010A <0x41> ## </w> <s> </s> <unk> [CLS] <|endoftext|> <|im_start|>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    /// <summary>The text, with bytes at its end that are not UTF-8.</summary>
    private static readonly byte[] _probe = [.. Encoding.UTF8.GetBytes(Text), 0xFF, 0xC3, 0x28, 0xE2, 0x82];

    public static void Write(Stream stream, Tokenizer tokenizer)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        int[] ids = Ids(tokenizer, EncodeOptions.AddSpecial), parsed = Ids(tokenizer, EncodeOptions.ParseSpecial);
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("probe", Hash(_probe));
        json.WriteString("ids_sha256", Hash(ids, parsed));
        json.WriteStartArray("ids");
        foreach (int id in ids)
            json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <exception cref="TokenizerFormatException">The tokenizer makes other ids than the file says, or the file is damaged.</exception>
    public static void Check(byte[] file, string source, Tokenizer tokenizer)
    {
        JsonElement root;
        try
        {
            using JsonDocument document = JsonDocument.Parse(file);
            root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new TokenizerFormatException(source, $"line {e.LineNumber + 1}", $"is not valid JSON; delete it if the tokenizer is known to be right. {e.Message}", e);
        }
        var part = new JsonPart(source, "$", root);
        // Another version of the probe says nothing about this one.
        if (part.Int("version") != 1 || part.Text("probe") != Hash(_probe))
            return;
        int[] ids = Ids(tokenizer, EncodeOptions.AddSpecial);
        if (part.Text("ids_sha256") == Hash(ids, Ids(tokenizer, EncodeOptions.ParseSpecial)))
            return;
        int[] stored = part.Value("ids") is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray().Select(id => id.TryGetInt32(out int value) ? value : -1)] : [];
        int same = ids.AsSpan().CommonPrefixLength(stored);
        string difference = same == ids.Length && same == stored.Length
            ? "special tokens in text are read otherwise"
            : $"token {same} is {(same < ids.Length ? ids[same].ToString(System.Globalization.CultureInfo.InvariantCulture) : "missing")} "
                + $"and was {(same < stored.Length ? stored[same].ToString(System.Globalization.CultureInfo.InvariantCulture) : "missing")}";
        throw new TokenizerFormatException(source, "$.ids_sha256",
            $"this tokenizer makes other ids of the probe text than the one that was saved ({difference}). Restore the tokenizer files that belong together; "
            + "delete this file only if the change is meant and no model depends on the old ids.");
    }

    /// <summary>The ids of the text.</summary>
    public static int[] Ids(Tokenizer tokenizer, EncodeOptions options)
    {
        var buffer = new TokenBuffer();
        tokenizer.Encode(_probe.AsSpan(), buffer, options);
        return buffer.Ids.ToArray();
    }

    private static string Hash(params ReadOnlySpan<int[]> lists)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[4];
        foreach (int[] list in lists)
        {
            foreach (int id in (int[])[list.Length, .. list])
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes, id);
                hash.AppendData(bytes);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
