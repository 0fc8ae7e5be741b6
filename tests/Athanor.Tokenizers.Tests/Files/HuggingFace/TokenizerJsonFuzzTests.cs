using System.Text;
using Athanor.Tokenizers.Tests.Testing;

namespace Athanor.Tokenizers.Tests.Files.HuggingFace;

public class TokenizerJsonFuzzTests
{
    private static readonly byte[][] _words =
    [
        "null"u8.ToArray(), "true"u8.ToArray(), "-1"u8.ToArray(), "1e999"u8.ToArray(), "99999999999"u8.ToArray(), "\"\""u8.ToArray(), "{}"u8.ToArray(), "[]"u8.ToArray(), "\"Regex\""u8.ToArray(),
        "\\ud83d"u8.ToArray(), "\\u0000"u8.ToArray(), "(((a*)*)*)*"u8.ToArray(), "\"Sequence\""u8.ToArray(), "ByteLevel"u8.ToArray(), "Precompiled"u8.ToArray(), "\"type\":"u8.ToArray(), ","u8.ToArray(), ":"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(),
    ];

    [Fact]
    public void Mutated_files_load_or_are_refused() => Fuzz(1_000, seed: 1);

    [Fact]
    [Trait("Category", "Long")]
    public void A_hundred_and_fifty_thousand_mutated_files_load_or_are_refused() => Fuzz(150_000, seed: 2);

    private static void Fuzz(int count, int seed)
    {
        byte[][] files = [.. VectorTokenizers.Names.Select(name => Encoding.UTF8.GetBytes(VectorTokenizers.Json(name)))];
        byte[] text = Encoding.UTF8.GetBytes("Hello the café  \uD83D\uDE00 <s> [MASK] 123\n");
        var random = new Random(seed);
        int loaded = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] file = Mutate(files[random.Next(files.Length)], random);
            Tokenizer tokenizer;
            try
            {
                tokenizer = Tokenizer.FromJson(file);
            }
            catch (TokenizerFormatException)
            {
                continue;
            }
            loaded++;
            var buffer = new TokenBuffer(withRanges: true);
            tokenizer.Encode(text.AsSpan(), buffer, (EncodeOptions)random.Next(4));
            string whole = tokenizer.Decode(buffer.Ids);
            DecodeStream stream = tokenizer.CreateStream();
            string parts = string.Concat(buffer.Ids.ToArray().Select(stream.Append)) + stream.Flush();
            Assert.True(whole == parts, Encoding.UTF8.GetString(file));
            using var saved = new MemoryStream();
            tokenizer.WriteJson(saved);
            Assert.Equal(Encode(tokenizer, text), Encode(Tokenizer.FromJson(saved.ToArray()), text));
        }
        Assert.InRange(loaded, count / 100, count);
    }

    private static int[] Encode(Tokenizer tokenizer, byte[] text)
    {
        var buffer = new TokenBuffer();
        tokenizer.Encode(text.AsSpan(), buffer, EncodeOptions.ParseSpecial | EncodeOptions.AddSpecial);
        return buffer.Ids.ToArray();
    }

    private static byte[] Mutate(byte[] file, Random random)
    {
        List<byte> bytes = [.. file];
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            // The components stand at the start; the vocabulary is most of the file.
            int at = random.Next(random.Next(2) == 0 ? Math.Min(1200, bytes.Count) : bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 30), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, _words[random.Next(_words.Length)]);
                    break;
                case 3:
                    int length = Math.Min(random.Next(1, 200), bytes.Count - at);
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 4:
                    int digit = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes[digit] = (byte)('0' + random.Next(10));
                    break;
                case 5:
                    int flag = Encoding.UTF8.GetString([.. bytes]).IndexOf(random.Next(2) == 0 ? "false" : "true", StringComparison.Ordinal);
                    if (flag >= 0)
                        bytes[Math.Min(flag, bytes.Count - 1)] = (byte)'n';
                    break;
                default:
                    int letter = bytes.FindIndex(at, value => value is >= (byte)'a' and <= (byte)'z');
                    if (letter >= 0)
                        bytes[letter] = (byte)('a' + random.Next(26));
                    break;
            }
            if (bytes.Count == 0)
                bytes.Add((byte)' ');
        }
        return [.. bytes];
    }
}
